"""What happened to a claim, in order: by the payer, the patient, the team, the billing system."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.utils import timezone

from analytics.claims.decisions import Decision
from billing.choices import DENIALS, AppealResult
from billing.models import (
    Appeal,
    Claim,
    ContractualAdjustment,
    Note,
    PatientPayment,
    StaffActivity,
    StatusChange,
    Submission,
    WorkMark,
    WriteOff,
)

BY_BILLING, BY_PAYER, BY_PATIENT, BY_TEAM = "Billing", "Payer", "Patient", "Team"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened on a day; `counts` is off for what was corrected or taken back."""

    day: date
    by: str
    what: str
    detail: str = ""
    who: str = ""
    amount: Decimal | None = None
    counts: bool = True
    is_error: bool = False
    at: datetime = field(default=datetime.min.replace(tzinfo=UTC))


@dataclass(slots=True)
class Happenings:
    """The stored events of a claim, replaced ones too; newest activities and notes only."""

    submissions: Sequence[Submission] = ()
    patient_payments: Sequence[PatientPayment] = ()
    contractual_adjustments: Sequence[ContractualAdjustment] = ()
    write_offs: Sequence[WriteOff] = ()
    appeals: Sequence[Appeal] = ()
    status_changes: Sequence[StatusChange] = ()
    notes: Sequence[Note] = ()
    work_marks: Sequence[WorkMark] = ()
    activities: Sequence[StaffActivity] = ()


def timeline(claim: Claim, decided: Sequence[Decision], events: Happenings) -> list[Moment]:
    """Everything, oldest first."""
    moments = [
        *_billing(claim, events),
        *_payer(decided, events),
        *_patient(events),
        *people(events),
    ]
    return sorted(moments, key=lambda m: (m.day, m.at))


def people(events: Happenings) -> list[Moment]:
    """What people did, oldest first."""
    moments = [*_deeds(events), *_appeals(events.appeals), *_said(events)]
    return sorted(moments, key=lambda m: (m.day, m.at))


def name_of(user: User | None) -> str:
    """A person as colleagues know them; empty where an import did it."""
    return (user.get_full_name() or user.get_username()) if user else ""


def _billing(claim: Claim, events: Happenings) -> Iterator[Moment]:
    if claim.service_date:
        yield Moment(claim.service_date, BY_BILLING, "Service given")
    for sent in events.submissions:
        what = f"Sent ({sent.get_frequency_display().lower()})"
        yield Moment(sent.submitted_on, BY_BILLING, what, sent.file_name, amount=sent.charge)
    if claim.submitted_on and not events.submissions:
        yield Moment(claim.submitted_on, BY_BILLING, "Sent to the payer", amount=claim.billed)


def _payer(decided: Sequence[Decision], events: Happenings) -> Iterator[Moment]:
    for decision in decided:
        event = decision.event
        yield Moment(
            event.decided_on,
            BY_PAYER,
            decision.outcome,
            decision.standing,
            amount=(event.denied_amount if event.outcome in DENIALS else event.paid) or None,
            counts=not decision.is_void,
            at=event.recorded_at,
        )
    for row in events.contractual_adjustments:
        yield Moment(
            row.adjusted_on,
            BY_PAYER,
            "Reduced by contract",
            row.reason,
            amount=row.amount,
            counts=not hasattr(row, "replaced_by"),
            at=row.recorded_at,
        )


def _patient(events: Happenings) -> Iterator[Moment]:
    for row in events.patient_payments:
        yield Moment(
            row.paid_on,
            BY_PATIENT,
            "Patient paid" if row.amount >= 0 else "Refunded to the patient",
            amount=row.amount,
            counts=not hasattr(row, "replaced_by"),
            at=row.recorded_at,
        )


def _deeds(events: Happenings) -> Iterator[Moment]:
    for row in events.write_offs:
        yield Moment(
            row.written_off_on,
            BY_TEAM,
            "Written off because of a denial" if row.for_denial else "Written off",
            row.reason,
            name_of(row.who),
            row.amount,
            counts=not hasattr(row, "replaced_by"),
            at=row.recorded_at,
        )
    for change in events.status_changes:
        yield Moment(
            change.changed_on,
            BY_TEAM,
            f"{change.get_change_display()} by hand",
            change.reason,
            name_of(change.who),
            counts=not hasattr(change, "replaced_by"),
            at=change.recorded_at,
        )


def _appeals(appeals: Sequence[Appeal]) -> Iterator[Moment]:
    for row in appeals:
        counts = not hasattr(row, "replaced_by")
        yield Moment(
            row.filed_on,
            BY_TEAM,
            "Appeal filed",
            who=name_of(row.who),
            counts=counts,
            at=row.recorded_at,
        )
        if row.result != AppealResult.OPEN and row.counted_on:
            detail = "day of the end assumed" if row.counted_on_assumed else ""
            what = f"Appeal {row.get_result_display().lower()}"
            yield Moment(row.counted_on, BY_TEAM, what, detail, counts=counts, at=row.recorded_at)


def _said(events: Happenings) -> Iterator[Moment]:
    for note in events.notes:
        at = timezone.localtime(note.written_at)
        yield Moment(at.date(), BY_TEAM, "Note", note.text, name_of(note.who), at=note.written_at)
    for mark in events.work_marks:
        at = timezone.localtime(mark.recorded_at)
        what = f"Work queue: {str(mark).lower()}"
        yield Moment(at.date(), BY_TEAM, what, mark.reason, name_of(mark.who), at=mark.recorded_at)
    for activity in events.activities:
        at = timezone.localtime(activity.occurred_at)
        yield Moment(
            at.date(),
            BY_TEAM,
            activity.get_action_display(),
            who=activity.staff.name,
            is_error=activity.is_error,
            at=activity.occurred_at,
        )
