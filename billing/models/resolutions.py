"""What people decide about remittances where no rule can."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.models.claims import Claim
from billing.models.events import Adjudication
from billing.models.parties import Practice
from billing.models.remittances import Remittance


class Resolution(models.Model):
    """A person said what becomes of a remittance, or of a decision that has found no claim.

    Append-only; written by `billing.resolving` alone. The newest one of a remittance or decision
    says how it stands.
    """

    class Kind(models.TextChoices):
        LINKED = "linked", "Linked to a claim"
        KEPT_ASIDE = "kept-aside", "Kept aside"
        RETURNED = "returned", "Put back in the queue"
        POSTED = "posted", "Posted"
        SET_ASIDE = "set-aside", "Set aside"

    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, related_name="resolutions")
    adjudication = models.ForeignKey(
        Adjudication, null=True, blank=True, on_delete=models.PROTECT, related_name="resolutions"
    )
    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="resolutions"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=200, blank=True)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("recorded_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="linked", claim__isnull=False, adjudication__isnull=False)
                | ~Q(kind="linked") & Q(claim__isnull=True),
                name="resolution_claim_where_linked",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("posted", "set-aside"), adjudication__isnull=True)
                | Q(kind__in=("linked", "kept-aside", "returned"), adjudication__isnull=False),
                name="resolution_of_a_decision_or_a_remittance",
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()
