"""Who takes part in a claim: practice, department, provider, payer, staff, patient."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from billing.choices import PayerKind, StaffRole
from billing.models.fields import text

LONGEST_LIMIT = 3_650  # days


def limit_in_days(
    name: str, help_text: str
) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    """How many days a payer gives; empty where nobody has said so."""
    return models.PositiveSmallIntegerField(
        name,
        null=True,
        blank=True,
        help_text=help_text,
        validators=(MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)),
    )


class Practice(models.Model):
    """A client whose claims are billed; everything but payers belongs to one."""

    name = text(120, unique=True)
    npi = models.CharField("NPI", max_length=10, blank=True)
    tax_id = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """Where in the practice a service was given."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="departments")
    name = text(120)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("practice", "name"), name="department_name_once"),
        )

    def __str__(self) -> str:
        return self.name


class Provider(models.Model):
    """A clinician who renders services; `code` is the billing system's key."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="providers")
    code = text(60)
    name = text(120)
    npi = models.CharField("NPI", max_length=10, blank=True)
    spelling = text(
        120,
        blank=True,
        help_text="As files spell the name; where they differ, the first in the alphabet.",
    )
    specialty = models.CharField(max_length=120, blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="providers"
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("practice", "code"), name="provider_code_once"),
        )

    def __str__(self) -> str:
        return self.name


class DepartmentRule(models.Model):
    """Which department a claim of an 837 belongs to; blank fits everything, the closest fits best.

    X12 knows no departments, so that the practice says what stands for one.
    """

    CONDITIONS = ("provider_npi", "facility", "place_of_service", "revenue_code")

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="rules")
    provider_npi = models.CharField("provider NPI", max_length=10, blank=True)
    facility = text(120, blank=True)
    place_of_service = models.CharField(max_length=2, blank=True)
    revenue_code = models.CharField(max_length=4, blank=True)

    class Meta:
        ordering = ("department__name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "practice",
                    "provider_npi",
                    "facility",
                    "place_of_service",
                    "revenue_code",
                ),
                name="department_rule_once",
            ),
        )

    def __str__(self) -> str:
        given = (getattr(self, name) for name in self.CONDITIONS)
        return f"{', '.join(filter(None, given)) or 'everything'} → {self.department}"


class Payer(models.Model):
    """Who pays: an insurer, a program or the patient. Shared by all practices, known by name."""

    name = text(120, unique=True)
    kind = models.CharField(max_length=24, choices=PayerKind, default=PayerKind.UNKNOWN)
    is_capitated = models.BooleanField(
        "capitated",
        default=False,
        help_text="Pays a fixed amount per member, so that reason 24 is no denial.",
    )
    filing_limit_days = limit_in_days(
        "filing limit in days",
        "From the service. Empty: one calendar year for Medicare (42 CFR 424.44), else not known.",
    )
    appeal_limit_days = limit_in_days(
        "appeal limit in days", "From the decision that denied. Empty: not known."
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PayerIdentifier(models.Model):
    """The key by which one practice's billing system or files know a payer."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    code = text(80)
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="identifiers")

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("practice", "code"), name="payer_identifier_once"),
        )

    def __str__(self) -> str:
        return self.code


class ContractLimits(models.Model):
    """The limits in one practice's contract with a payer; what is empty is the payer's own."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="contract_limits")
    filing_limit_days = limit_in_days("filing limit in days", "From the service.")
    appeal_limit_days = limit_in_days("appeal limit in days", "From the decision that denied.")

    class Meta:
        ordering = ("payer", "practice")
        verbose_name = verbose_name_plural = "limits by contract"
        constraints = (
            models.UniqueConstraint(fields=("practice", "payer"), name="contract_limits_once"),
            models.CheckConstraint(
                condition=Q(filing_limit_days__isnull=False) | Q(appeal_limit_days__isnull=False),
                name="contract_limits_say_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payer_id} for {self.practice_id}"


class Staff(models.Model):
    """A person who works claims; `code` is the billing system's key."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="staff")
    code = text(60)
    name = text(120)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=24, choices=StaffRole, default=StaffRole.BILLER)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="staff"
    )
    is_active = models.BooleanField("active", default=True)
    login = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "staff"
        constraints = (
            models.UniqueConstraint(fields=("practice", "code"), name="staff_code_once"),
        )

    def __str__(self) -> str:
        return self.name


class Patient(models.Model):
    """A person treated; `record_number` is the practice's key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="patients")
    record_number = text(60)
    last_name = text(80, blank=True)
    first_name = text(80, blank=True)
    birth_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("record_number",)
        indexes = (
            # serves: patient search by name
            models.Index(fields=("last_name", "first_name"), name="patient_by_name"),
            # serves: a practice's patients by name, capital or small, page by page
            models.Index(
                F("practice"),
                Upper("last_name"),
                Upper("first_name"),
                F("id"),
                name="patient_list_by_name",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("practice", "record_number"), name="patient_record_number_once"
            ),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.last_name, self.first_name))) or self.record_number
