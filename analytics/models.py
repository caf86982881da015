"""What a team sets for itself: its own targets."""

from django.db import models


class KpiTarget(models.Model):
    """A team's own target for one KPI page, instead of the default."""

    slug = models.SlugField("KPI", max_length=60, unique=True)
    value = models.DecimalField(
        max_digits=12, decimal_places=2, help_text="In the unit of the KPI: percent, days, dollars."
    )
    source = models.CharField(max_length=120, blank=True, help_text="Who set it, or why.")

    class Meta:
        ordering = ("slug",)
        verbose_name = "KPI target"

    def __str__(self) -> str:
        return f"{self.slug}: {self.value:g}"
