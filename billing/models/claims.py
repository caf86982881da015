"""The claim: what was billed to one payer, and where it stands."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q

from billing.choices import (
    OPEN_STATUSES,
    AdjustmentGroup,
    ClaimStatus,
    Frequency,
    Outcome,
    StatedStatus,
)
from billing.models.encounters import Encounter
from billing.models.fields import money, text
from billing.models.parties import Department, Patient, Payer, Practice, Provider, Staff
from billing.models.reasons import ProcedureCode, ReasonCode
from billing.querysets import ClaimQuerySet

ZERO = Decimal(0)


class Projection(models.Model):
    """What a claim's dated events give; written by `posting` alone (KPIS, "Words")."""

    status = models.CharField(max_length=10, choices=ClaimStatus, default=ClaimStatus.DRAFT)
    paid = money(default=ZERO)
    paid_known = models.BooleanField(default=True)
    patient_paid = money(default=ZERO)
    patient_responsibility = money(default=ZERO)
    patient_responsibility_is_minimum = models.BooleanField(default=False)
    contractual = money(default=ZERO)
    written_off = money(default=ZERO)
    standing_denied = money(default=ZERO)
    balance = money(default=ZERO)
    first_decided_on = models.DateField(null=True, blank=True)
    first_decided_on_assumed = models.BooleanField(default=False)
    first_outcome = models.CharField(max_length=22, choices=Outcome, blank=True)
    days_to_decision = models.IntegerField(null=True, blank=True)
    first_denied_on = models.DateField(null=True, blank=True)
    first_denied_amount = money(default=ZERO)
    main_group = models.CharField(max_length=2, choices=AdjustmentGroup, blank=True)
    main_reason = models.ForeignKey(
        ReasonCode,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    main_remark = models.CharField(max_length=10, blank=True)
    first_patient_non_covered = models.BooleanField(null=True, blank=True)
    first_reduced = models.BooleanField(null=True, blank=True)
    first_paid_on = models.DateField(null=True, blank=True)
    days_to_pay = models.IntegerField(null=True, blank=True)
    overturned_on = models.DateField(null=True, blank=True)
    denial_written_off_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


PROJECTED_COLUMNS = tuple(field.attname for field in Projection._meta.local_fields)


class Claim(Projection):
    """One bill for one encounter to one payer; known by practice and claim number."""

    Status = ClaimStatus
    PROJECTED = PROJECTED_COLUMNS

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="claims")
    number = text(60)
    encounter = models.ForeignKey(
        Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="claims"
    )
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="claims")
    payer_control_number = text(60, blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="claims"
    )
    provider = models.ForeignKey(
        Provider,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claims",
        verbose_name="rendering provider",
    )
    service_date = models.DateField(null=True, blank=True)
    frequency = models.CharField(max_length=12, choices=Frequency, default=Frequency.ORIGINAL)
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    submitted_on = models.DateField(null=True, blank=True)
    is_from_remittance = models.BooleanField(
        default=False, help_text="Made from a remittance alone: its 837 has not been seen."
    )
    billed = money()
    expected = money()
    expected_assumed = models.BooleanField(
        default=True, help_text="No contract rate is known: the billed amount stands in."
    )
    stated_status = models.CharField(
        max_length=14,
        choices=StatedStatus,
        blank=True,
        help_text="What the import said; the status shown comes from the events.",
    )
    assignee = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.SET_NULL, related_name="claims"
    )
    first_event_on = models.DateField(null=True, blank=True, editable=False)
    last_event_on = models.DateField(null=True, blank=True, editable=False)
    submission_lag_days = models.IntegerField(null=True, blank=True, editable=False)
    charge_lag_days = models.IntegerField(null=True, blank=True, editable=False)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ("-service_date", "-pk")
        permissions = (("assign_claim", "Can assign claims to people"),)
        constraints = (
            models.UniqueConstraint(fields=("practice", "number"), name="claim_number_once"),
            models.CheckConstraint(condition=Q(billed__gte=0), name="claim_billed_not_negative"),
            models.CheckConstraint(
                condition=Q(expected__gte=0), name="claim_expected_not_negative"
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="claim_balance_not_negative"),
            models.CheckConstraint(
                condition=Q(standing_denied__gte=0), name="claim_standing_denied_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES) | Q(balance=0),
                name="claim_balance_only_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(replaces=models.F("pk")), name="claim_does_not_replace_itself"
            ),
        )
        indexes = (
            # serves: receivables by age; the claims over 90 days
            models.Index(
                fields=("service_date",),
                condition=Q(status__in=OPEN_STATUSES),
                name="claim_open_by_service_date",
            ),
            # serves: denial rates of a period by payer
            models.Index(fields=("first_decided_on", "payer"), name="claim_by_first_decision"),
            # serves: volumes, lags and maturity of a period
            models.Index(fields=("submitted_on", "payer"), name="claim_by_submission"),
            # serves: days to pay of a period
            models.Index(fields=("first_paid_on", "payer"), name="claim_by_first_payment"),
            # serves: is anything dated after the as-of day?
            models.Index(fields=("last_event_on",), name="claim_by_last_event"),
            # serves: the claim list by number, in either direction, and its search by number
            models.Index(fields=("number", "id"), name="claim_list_by_number"),
            # serves: the claim list by service date, in either direction, and by age
            models.Index(fields=("service_date", "id"), name="claim_list_by_service"),
            # serves: the claim list by billed amount, in either direction
            models.Index(fields=("billed", "id"), name="claim_list_by_billed"),
            # serves: the claim list by balance, in either direction
            models.Index(fields=("balance", "id"), name="claim_list_by_balance"),
            # serves: the work queue, which takes the few claims of three statuses
            models.Index(fields=("status", "submitted_on"), name="claim_by_status"),
            # serves: the shares of denials overturned, by which the work queue ranks
            models.Index(
                fields=("practice", "payer", "main_reason"),
                condition=Q(overturned_on__isnull=False) | Q(denial_written_off_on__isnull=False),
                name="claim_denial_ended",
            ),
            # serves: the search of the claim list by the payer's own number
            models.Index(fields=("payer_control_number",), name="claim_by_control_number"),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether money is still awaited (KPIS, "open")."""
        return self.status in OPEN_STATUSES and self.balance > 0


class ClaimHistory(Projection):
    """How a claim stood from one day up to another, between its first and its last event.

    Only states that are neither the first (no event yet) nor the present one are kept, so most
    claims have none; `ClaimQuerySet.as_of` puts the three kinds together.
    """

    claim = models.ForeignKey(
        Claim, on_delete=models.CASCADE, related_name="history", db_index=False
    )
    begins_on = models.DateField()
    ends_on = models.DateField(help_text="The first day on which it no longer held.")

    class Meta:
        ordering = ("claim", "begins_on")
        verbose_name_plural = "claim histories"
        constraints = (
            models.UniqueConstraint(fields=("claim", "begins_on"), name="claim_history_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=models.F("begins_on")), name="claim_history_has_days"
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim_id} from {self.begins_on} to {self.ends_on}"

    def holds(self, day: date) -> bool:
        """Whether the claim stood so at the end of `day`."""
        return self.begins_on <= day < self.ends_on


class ClaimLine(models.Model):
    """One service as this claim billed it."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    control_number = models.CharField(max_length=60, blank=True)
    procedure = models.ForeignKey(
        ProcedureCode, null=True, blank=True, on_delete=models.PROTECT, related_name="claim_lines"
    )
    revenue_code = models.CharField(max_length=4, blank=True)
    modifiers = models.CharField(max_length=20, blank=True)
    units = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    charge = money()
    service_date = models.DateField(null=True, blank=True)
    diagnosis_pointers = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("claim", "position")
        constraints = (
            models.UniqueConstraint(fields=("claim", "position"), name="claim_line_position_once"),
        )

    def __str__(self) -> str:
        return f"line {self.position}"


class Submission(models.Model):
    """One sending of a claim in one file; append-only."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="submissions")
    submitted_on = models.DateField()
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    transaction_set = models.CharField(max_length=60, blank=True)
    position = models.PositiveIntegerField()
    claim_number = text(60)
    charge = money()
    line_charges = money(default=0)
    patient_paid = money(default=0, help_text="X12 AMT F5.")
    frequency = models.CharField(max_length=12, choices=Frequency, default=Frequency.ORIGINAL)
    frequency_code = models.CharField(max_length=1, blank=True, help_text="X12 CLM05-3.")
    interchange_control = models.CharField(max_length=9, blank=True, help_text="X12 ISA13.")
    original_reference = text(60, blank=True, help_text="X12 REF F8: what it replaces.")
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    payer = models.ForeignKey(
        Payer, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    service_date = models.DateField(null=True, blank=True)
    provider_npi = models.CharField("provider NPI", max_length=10, blank=True)
    facility = models.CharField(max_length=120, blank=True)
    place_of_service = models.CharField(max_length=2, blank=True)
    revenue_code = models.CharField(max_length=4, blank=True)
    diagnoses = models.TextField(blank=True)
    other_payers = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("submitted_on", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("claim", "file_sha256", "transaction_set", "position"),
                name="submission_once",
            ),
        )
        indexes = (
            # serves: was this transaction set loaded?
            models.Index(fields=("file_sha256", "transaction_set"), name="submission_by_file"),
            # serves: the claims that replace one with this number
            models.Index(
                fields=("original_reference",),
                condition=~Q(original_reference=""),
                name="submission_by_original",
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim_number} in {self.file_name}"
