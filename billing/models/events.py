"""What happened to a claim: dated, append-only events. A correction is a new event.

`source_key` names the row of the billing system that an event came from (`payments:PAY001`), so
that the same row again changes nothing; `replaces` names the event that a corrected row stands for.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.choices import (
    AdjustmentGroup,
    AppealResult,
    LineMatchedBy,
    LineOutcome,
    MatchedBy,
    Outcome,
    StaffAction,
)
from billing.models.claims import Claim, ClaimLine
from billing.models.fields import money, text
from billing.models.parties import Practice, Staff
from billing.models.reasons import ProcedureCode, ReasonCode
from billing.models.remittances import Remittance


class ClaimEvent(models.Model):
    """What every event that can change a claim carries."""

    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source_key = text(120, blank=True)
    revision = models.PositiveSmallIntegerField(default=0)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


def once_per_source(name: str) -> models.UniqueConstraint:
    """The same row of the same source is posted once per revision."""
    return models.UniqueConstraint(
        fields=("practice", "source_key", "revision"),
        condition=~Q(source_key=""),
        name=f"{name}_source_once",
    )


class Adjudication(ClaimEvent):
    """One payer decision on a claim (KPIS, "adjudication")."""

    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudications"
    )
    remittance = models.ForeignKey(
        Remittance, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudications"
    )
    claim_number = text(60, blank=True, help_text="X12 CLP01, also where no claim has it.")
    matched_by = models.CharField(max_length=14, choices=MatchedBy, blank=True)
    is_kept_aside = models.BooleanField(
        default=False, help_text="Matches no claim, and a person has said that it need not."
    )
    payer_control_number = text(60, blank=True)
    service_date = models.DateField(null=True, blank=True)
    decided_on = models.DateField()
    decided_on_assumed = models.BooleanField(default=False)
    status_code = models.CharField(max_length=2, blank=True, help_text="X12 CLP02.")
    charge = money(default=0)
    paid = money(null=True, blank=True, help_text="Empty: the source does not say.")
    allowed = money(null=True, blank=True)
    patient_responsibility = money(default=0)
    stated_patient_responsibility = money(null=True, blank=True, help_text="X12 CLP05.")
    contractual = money(default=0)
    balance_difference = money(
        default=0, help_text="Charge less adjustments less payment; 0 where it balances."
    )
    unbalanced_lines = models.PositiveIntegerField(default=0)
    remark_codes = models.CharField(max_length=120, blank=True)
    denied_amount = money(default=0)
    duplicate_amount = money(
        default=0, help_text="Of the denied amount, what reason 18 denied: it never stands."
    )
    main_group = models.CharField(max_length=2, choices=AdjustmentGroup, blank=True)
    main_reason = models.ForeignKey(
        ReasonCode,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjudications",
    )
    main_remark = models.CharField(
        max_length=10, blank=True, help_text="The first remark code beside the main reason."
    )
    is_patient_non_covered = models.BooleanField(
        null=True,
        blank=True,
        help_text="A line was left to the patient as not covered. Empty: the source does not say.",
    )
    is_reduced = models.BooleanField(
        null=True,
        blank=True,
        help_text="A line was paid less for a denial reason. Empty: the source does not say.",
    )
    outcome = models.CharField(max_length=22, choices=Outcome)
    outcome_stated = models.BooleanField(
        default=False, help_text="A denial row of an export: it is the first decision."
    )
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )

    class Meta:
        ordering = ("decided_on", "pk")
        constraints = (
            once_per_source("adjudication"),
            models.CheckConstraint(
                condition=Q(denied_amount__gte=0), name="adjudication_denied_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    duplicate_amount__gte=0, duplicate_amount__lte=models.F("denied_amount")
                ),
                name="adjudication_duplicate_within_denied",
            ),
        )
        indexes = (
            # serves: the decisions that wait for their claim, by number
            models.Index(
                fields=("practice", "claim_number"),
                condition=Q(claim__isnull=True),
                name="adjudication_unmatched",
            ),
            # serves: which claim has the payer's own number?
            models.Index(
                fields=("practice", "payer_control_number"),
                condition=~Q(payer_control_number=""),
                name="adjudication_by_control_number",
            ),
            # serves: the decisions that do not balance
            models.Index(
                fields=("practice", "decided_on"),
                condition=~Q(balance_difference=0) | Q(unbalanced_lines__gt=0),
                name="adjudication_unbalanced",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} on {self.decided_on}"


class AdjudicationLine(models.Model):
    """One service as the payer decided it."""

    adjudication = models.ForeignKey(Adjudication, on_delete=models.PROTECT, related_name="lines")
    claim_line = models.ForeignKey(
        ClaimLine, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudications"
    )
    procedure = models.ForeignKey(
        ProcedureCode, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    modifiers = models.CharField(max_length=20, blank=True)
    units = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    charge = money()
    paid = money()
    revenue_code = models.CharField(max_length=4, blank=True)
    service_date = models.DateField(null=True, blank=True)
    control_number = models.CharField(max_length=60, blank=True, help_text="X12 REF 6R.")
    submitted_code = models.CharField(
        max_length=40,
        blank=True,
        help_text="Code and modifiers as billed, where the payer changed them (X12 SVC06).",
    )
    matched_by = models.CharField(max_length=14, choices=LineMatchedBy, blank=True)
    outcome = models.CharField(max_length=22, choices=LineOutcome, blank=True)
    remark_codes = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("adjudication", "pk")

    def __str__(self) -> str:
        return f"{self.procedure_id or 'line'}: {self.paid} of {self.charge}"


class Adjustment(models.Model):
    """Why a payer paid less than charged (X12 CAS), at the claim or at one of its lines."""

    adjudication = models.ForeignKey(
        Adjudication, on_delete=models.PROTECT, related_name="adjustments"
    )
    line = models.ForeignKey(
        AdjudicationLine,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjustments",
    )
    group = models.CharField(max_length=2, choices=AdjustmentGroup)
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="adjustments")
    amount = money()
    remark_codes = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("adjudication", "pk")

    def __str__(self) -> str:
        return f"{self.group}-{self.reason_id} {self.amount}"


class PatientPayment(ClaimEvent):
    """Money from the patient; a refund is negative."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="patient_payments")
    paid_on = models.DateField()
    amount = money()

    class Meta:
        ordering = ("paid_on", "pk")
        constraints = (once_per_source("patient_payment"),)

    def __str__(self) -> str:
        return f"{self.amount} on {self.paid_on}"


class ContractualAdjustment(ClaimEvent):
    """A reduction under the contract that an export states outside a payer decision."""

    claim = models.ForeignKey(
        Claim, on_delete=models.PROTECT, related_name="contractual_adjustments"
    )
    adjusted_on = models.DateField()
    amount = money()
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("adjusted_on", "pk")
        constraints = (once_per_source("contractual_adjustment"),)

    def __str__(self) -> str:
        return f"{self.amount} on {self.adjusted_on}"


class WriteOff(ClaimEvent):
    """Money the practice gave up, with the reason and who did it."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="write_offs")
    written_off_on = models.DateField()
    amount = money()
    reason = models.CharField(max_length=60)
    for_denial = models.BooleanField(
        default=False, help_text="Given up because of a denial (KPIS, denial-writeoffs)."
    )
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("written_off_on", "pk")
        constraints = (once_per_source("write_off"),)

    def __str__(self) -> str:
        return f"{self.amount} on {self.written_off_on}"


class Appeal(ClaimEvent):
    """A request to think again; ended once, by `posting.end_appeal` or by an import."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="appeals")
    filed_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    result = models.CharField(max_length=4, choices=AppealResult, blank=True)
    counted_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The end by KPIS: the first payment of a won appeal, else the stated end.",
    )
    counted_on_assumed = models.BooleanField(default=False, editable=False)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering = ("filed_on", "pk")
        constraints = (
            once_per_source("appeal"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("filed_on")),
                name="appeal_ends_after_filing",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | ~Q(result=""), name="appeal_end_has_result"
            ),
        )
        indexes = (
            # serves: appeals won among those ended in a period
            models.Index(fields=("counted_on",), name="appeal_by_end"),
        )

    def __str__(self) -> str:
        return f"Appeal of {self.filed_on}"


class StatusChange(ClaimEvent):
    """A person closed a claim or opened it again."""

    class Change(models.TextChoices):
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="status_changes")
    changed_on = models.DateField()
    change = models.CharField(max_length=8, choices=Change)
    reason = models.CharField(max_length=200)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("changed_on", "pk")

    def __str__(self) -> str:
        return f"{self.get_change_display()} on {self.changed_on}"


class Note(models.Model):
    """What a person wants others to know of a claim; changes nothing."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="notes")
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    text = models.TextField(max_length=2000)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("written_at", "pk")

    def __str__(self) -> str:
        return f"Note of {self.written_at:%Y-%m-%d}"


class StaffActivity(models.Model):
    """One thing a staff member did, and whether it was an error."""

    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    staff = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="activities", db_index=False
    )
    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    action = models.CharField(max_length=16, choices=StaffAction)
    is_error = models.BooleanField("error", default=False)
    occurred_at = models.DateTimeField()
    source_key = text(120, blank=True)

    class Meta:
        ordering = ("-occurred_at", "-pk")
        verbose_name_plural = "staff activities"
        constraints = (
            models.UniqueConstraint(
                fields=("practice", "source_key"),
                condition=~Q(source_key=""),
                name="staff_activity_source_once",
            ),
        )
        indexes = (
            # serves: claims worked and error rate per person of a period
            models.Index(fields=("staff", "occurred_at"), name="activity_by_staff_and_time"),
            # serves: the team's activity of a period
            models.Index(fields=("occurred_at",), name="activity_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} at {self.occurred_at:%Y-%m-%d %H:%M}"
