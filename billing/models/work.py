"""What people decide about a claim in the work queue."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.choices import ClaimStatus
from billing.models.claims import Claim
from billing.models.fields import money
from billing.models.parties import Practice


class WorkMark(models.Model):
    """A person set a claim aside, or put it back in the queue; append-only.

    Only the newest mark of a claim counts, and it holds no longer than the claim stays as it was:
    a new decision, payment, write-off or appeal brings it back (`billing.work_marks`).
    """

    class Kind(models.TextChoices):
        SNOOZED = "snoozed", "Snoozed"
        DONE = "done", "Done"
        RETURNED = "returned", "Put back"

    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="work_marks")
    kind = models.CharField(max_length=8, choices=Kind)
    until = models.DateField(
        null=True, blank=True, help_text="The day on which a snoozed claim is back."
    )
    reason = models.CharField(max_length=200, blank=True)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    # How the claim stood, to tell whether anything has happened to it since.
    claim_status = models.CharField(max_length=10, choices=ClaimStatus)
    claim_balance = money()
    claim_last_event_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("recorded_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("claim",), condition=Q(replaces=None), name="work_mark_first_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="snoozed", until__isnull=False)
                | ~Q(kind="snoozed") & Q(until__isnull=True),
                name="work_mark_snoozed_until_a_day",
            ),
        )

    def __str__(self) -> str:
        until = f" until {self.until}" if self.until else ""
        return f"{self.get_kind_display()}{until}"
