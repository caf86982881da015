"""Why payers adjust: reason codes, their categories, and procedure codes."""

from django.db import models

from billing.choices import StaffRole
from billing.models.fields import text


class ReasonCategory(models.Model):
    """A group of reasons that one role can act on (KPIS, "Categories")."""

    code = text(10, primary_key=True)
    name = models.CharField(max_length=60)
    owner_role = models.CharField(max_length=24, choices=StaffRole, blank=True)

    class Meta:
        ordering = ("code",)
        verbose_name_plural = "reason categories"

    def __str__(self) -> str:
        return self.name


class ReasonCode(models.Model):
    """A claim adjustment reason code with our wording and what to do about it."""

    class Preventable(models.TextChoices):
        YES = "yes", "Yes"
        PARTLY = "partly", "Partly"
        NO = "no", "No"

    class Recovery(models.TextChoices):
        NONE = "", "Not applicable"
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    code = text(10, primary_key=True)
    wording = models.CharField(max_length=200, blank=True)
    category = models.ForeignKey(ReasonCategory, on_delete=models.PROTECT, related_name="reasons")
    preventable = models.CharField(max_length=6, choices=Preventable, default=Preventable.PARTLY)
    recovery = models.CharField(max_length=6, choices=Recovery, blank=True)
    first_step = models.CharField(max_length=60, blank=True)
    is_denial = models.BooleanField("denial", default=True)
    is_unknown = models.BooleanField(
        "unknown",
        default=False,
        help_text="Met in a file but not in the table; counts as a denial in OTHER until edited.",
    )

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} · {self.wording}" if self.wording else self.code


class ProcedureCode(models.Model):
    """A CPT or HCPCS code; the wording is ours or the user's own licensed text."""

    code = text(18, primary_key=True)
    wording = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} · {self.wording}" if self.wording else self.code
