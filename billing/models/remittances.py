"""What payers sent back: remittances and their provider-level adjustments."""

from django.db import models

from billing.models.fields import money, text
from billing.models.parties import Payer, Practice


class Remittance(models.Model):
    """One payment advice (X12 835 ST…SE); known by the digest of its content."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="remittances")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="remittances")
    trace_number = text(60)
    amount = money()
    paid_on = models.DateField()
    balance_difference = money(default=0, help_text="Amount less claims and provider adjustments.")
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-paid_on", "trace_number")
        constraints = (
            models.UniqueConstraint(fields=("practice", "digest"), name="remittance_once"),
        )

    def __str__(self) -> str:
        return f"{self.trace_number} of {self.paid_on}"


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
