"""What payers sent back: remittances and their provider-level adjustments."""

from django.db import models

from billing.models.fields import money, text
from billing.models.parties import Payer, Practice


class Remittance(models.Model):
    """One payment advice (X12 835 ST…SE); known by the digest of its content."""

    class State(models.TextChoices):
        POSTED = "posted", "Posted"
        POSSIBLE_DUPLICATE = "possible-duplicate", "Possible duplicate"
        SET_ASIDE = "set-aside", "Set aside"

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="remittances")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="remittances")
    state = models.CharField(max_length=18, choices=State, default=State.POSTED)
    is_decided = models.BooleanField(
        default=False, help_text="A person has said whether a possible duplicate counts."
    )
    trace_number = text(60, blank=True)
    method = models.CharField(max_length=3, blank=True, help_text="X12 BPR04.")
    amount = money(help_text="Below zero where the payer draws money.")
    paid_on = models.DateField()
    paid_on_assumed = models.BooleanField(default=False)
    payee = models.CharField(max_length=120, blank=True)
    payee_npi = models.CharField("payee NPI", max_length=10, blank=True)
    claim_count = models.PositiveIntegerField(default=0)
    unbalanced_claims = models.PositiveIntegerField(default=0)
    balance_difference = money(default=0, help_text="Amount less claims and provider adjustments.")
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-paid_on", "trace_number")
        constraints = (
            models.UniqueConstraint(fields=("practice", "digest"), name="remittance_once"),
        )
        indexes = (
            # serves: is there another advice of the same payment?
            models.Index(
                fields=("practice", "payer", "trace_number", "paid_on"),
                name="remittance_by_payment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.trace_number or 'No trace number'} of {self.paid_on}"


class ProviderAdjustment(models.Model):
    """Money a payer took or gave outside any claim (X12 PLB)."""

    remittance = models.ForeignKey(
        Remittance, on_delete=models.PROTECT, related_name="provider_adjustments"
    )
    reason = models.CharField(max_length=4)
    reference = models.CharField(max_length=60, blank=True)
    amount = money()

    class Meta:
        ordering = ("remittance", "pk")

    def __str__(self) -> str:
        return f"{self.reason} {self.amount}"
