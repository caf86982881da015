"""What was done for a patient: encounters and their line items."""

import uuid

from django.db import models
from django.db.models import Q

from billing.models.fields import money, text
from billing.models.parties import Department, Patient, Practice, Provider
from billing.models.reasons import ProcedureCode


class Encounter(models.Model):
    """One visit or stay; `number` is the practice's key, blank when entered by hand."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="encounters")
    number = text(60, blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    date = models.DateField(null=True, help_text="Unknown only where an import lacks it.")
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="encounters"
    )
    provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="encounters"
    )

    class Meta:
        ordering = ("-date", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("practice", "number"),
                condition=~Q(number=""),
                name="encounter_number_once",
            ),
        )

    def __str__(self) -> str:
        return self.number or f"Encounter of {self.date}"


class LineItem(models.Model):
    """One charge of an encounter: what was done, how often, for how much."""

    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="line_items")
    number = text(60, blank=True)
    procedure = models.ForeignKey(
        ProcedureCode, on_delete=models.PROTECT, related_name="line_items"
    )
    modifiers = models.CharField(max_length=20, blank=True, help_text="Separated by colons.")
    units = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    charge = money()
    entered_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("number", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("practice", "number"),
                condition=~Q(number=""),
                name="line_item_number_once",
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="line_item_units_positive"),
            models.CheckConstraint(
                condition=Q(charge__gte=0), name="line_item_charge_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.procedure_id} × {self.units:g}"
