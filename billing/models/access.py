"""Who may see which practices."""

from django.conf import settings
from django.db import models

from billing.models.parties import Practice


class PracticeAccess(models.Model):
    """The practices that a user works for; without an entry a user sees none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practice_access"
    )
    all_practices = models.BooleanField(
        default=False, help_text="Sees every practice, also those added later."
    )
    practices = models.ManyToManyField(Practice, blank=True, related_name="+")

    class Meta:
        ordering = ("user",)
        verbose_name_plural = "practice access"

    def __str__(self) -> str:
        return f"Practices of {self.user}"
