"""What a claim's dated events give (KPIS, "Words"): pure functions, no database.

`project` sets a claim's projected columns and returns the states between its first and its last
event, so that any past day can be asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.arithmetic import Step, balance_steps, standing_steps
from billing.choices import (
    DENIALS,
    NO_DECISION,
    OPEN_STATUSES,
    AppealResult,
    ClaimStatus,
    Frequency,
    Outcome,
)
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ClaimHistory,
    ContractualAdjustment,
    PatientPayment,
    StatusChange,
    WriteOff,
)

ZERO = Decimal(0)


@dataclass(slots=True)
class Events:
    """The effective events of one claim; an event that another replaces is left out."""

    adjudications: list[Adjudication] = field(default_factory=list)
    patient_payments: list[PatientPayment] = field(default_factory=list)
    contractual_adjustments: list[ContractualAdjustment] = field(default_factory=list)
    write_offs: list[WriteOff] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)
    status_changes: list[StatusChange] = field(default_factory=list)

    def days(self) -> list[date]:
        """Every day on which something happened, in order."""
        return sorted(
            {
                *(e.decided_on for e in self.adjudications),
                *(e.paid_on for e in self.patient_payments),
                *(e.adjusted_on for e in self.contractual_adjustments),
                *(e.written_off_on for e in self.write_offs),
                *(e.filed_on for e in self.appeals),
                *(e.counted_on for e in self.appeals if e.counted_on),
                *(e.changed_on for e in self.status_changes),
            }
        )

    def until(self, day: date) -> "Events":
        """The events of business date `day` or before."""
        return Events(
            [e for e in self.adjudications if e.decided_on <= day],
            [e for e in self.patient_payments if e.paid_on <= day],
            [e for e in self.contractual_adjustments if e.adjusted_on <= day],
            [e for e in self.write_offs if e.written_off_on <= day],
            [e for e in self.appeals if e.filed_on <= day],
            [e for e in self.status_changes if e.changed_on <= day],
        )


def project(claim: Claim, events: Events) -> list[ClaimHistory]:
    """Set the projected columns of `claim` from `events`; return its states in between.

    Also dates the end of each appeal (`counted_on`). Needs no saved rows.
    """
    _date_appeals(events)
    days = events.days()
    claim.first_event_on = days[0] if days else None
    claim.last_event_on = days[-1] if days else None
    states = [_state(claim, events.until(day), day) for day in days] or [
        _state(claim, events, None)
    ]
    _date_closings(days, states)
    for name, value in states[-1].items():
        setattr(claim, name, value)
    between = zip(days[:-1], days[1:], states[:-1], strict=True) if days else ()
    return [
        ClaimHistory(claim=claim, begins_on=begins, ends_on=ends, **state)
        for begins, ends, state in between
    ]


def explain(claim: Claim, events: Events) -> list[Step]:
    """How the balance of a projected claim comes about; the last step leaves exactly that."""
    decisions = effective(events.adjudications)
    deciding = [a for a in decisions if a.outcome not in NO_DECISION]
    has_payment = any((a.paid or ZERO) > 0 for a in decisions)
    write_offs = sorted(events.write_offs, key=lambda w: (w.written_off_on, w.pk or 0))
    won = _won(events.appeals, has_payment, day=None)
    return list(balance_steps(claim, deciding, won, write_offs))


State = dict[str, object]


def effective(adjudications: Iterable[Adjudication]) -> list[Adjudication]:
    """The decisions that no reversal cancels, in the order in which they count.

    Predeterminations are counted nowhere: they promise and decide nothing. A reversal cancels the
    decision it names, else the one of opposite charge and payment with the same payer control
    number, else of opposite charge and payment (X12 CLP02 = 22).
    """
    standing = sorted(
        (a for a in adjudications if a.outcome not in (Outcome.REVERSAL, Outcome.PREDETERMINATION)),
        key=_decision_order,
    )
    for reversal in sorted(
        (a for a in adjudications if a.outcome == Outcome.REVERSAL), key=_decision_order
    ):
        original = _reversed_by(reversal, standing)
        if original is not None:
            standing.remove(original)
    return standing


def _reversed_by(reversal: Adjudication, standing: list[Adjudication]) -> Adjudication | None:
    if reversal.reverses_id is not None:
        return next((a for a in standing if _is_named(a, reversal)), None)
    opposite = [
        a
        for a in standing
        if a.charge == -reversal.charge and (a.paid or ZERO) == -(reversal.paid or ZERO)
    ]
    opposite.sort(key=lambda a: a.payer_control_number != reversal.payer_control_number)
    return opposite[0] if opposite else None


def _is_named(adjudication: Adjudication, reversal: Adjudication) -> bool:
    """Whether a reversal names this decision, or an earlier revision of the same source row."""
    if adjudication.pk == reversal.reverses_id:
        return True
    key = adjudication.source_key
    return bool(key) and reversal.reverses is not None and reversal.reverses.source_key == key


def _decision_order(a: Adjudication) -> tuple[object, ...]:
    """By date; on one day a denial first, then the lower remittance, then the source's key."""
    digest = a.remittance.digest if a.remittance_id and a.remittance else ""
    return (a.decided_on, a.outcome not in DENIALS, digest, a.source_key, a.revision, a.pk or 0)


def _date_appeals(events: Events) -> None:
    """A won appeal ends on its first insurer payment on or after filing, else as stated.

    An end without a date counts on the day of filing and is marked as assumed.
    """
    paid_days = sorted(
        a.decided_on for a in effective(events.adjudications) if (a.paid or ZERO) > 0
    )
    for appeal in events.appeals:
        appeal.counted_on, appeal.counted_on_assumed = None, False
        if appeal.result == AppealResult.OPEN:
            continue
        stated = appeal.ended_on
        if appeal.result == AppealResult.WON:
            stated = next((day for day in paid_days if day >= appeal.filed_on), stated)
        appeal.counted_on = stated or appeal.filed_on
        appeal.counted_on_assumed = stated is None


def _state(claim: Claim, events: Events, day: date | None) -> State:
    """How the claim stands after these events; `day` is the last of them."""
    decisions = effective(events.adjudications)
    deciding = [a for a in decisions if a.outcome not in NO_DECISION]
    payments = [a for a in decisions if (a.paid or ZERO) > 0]
    first = next((a for a in deciding if a.outcome_stated), None) or next(iter(deciding), None)
    first_denial = next((a for a in deciding if a.outcome in DENIALS), None)
    if first is not None and first.outcome in DENIALS:
        first_denial = first
    first_payment = payments[0] if payments else None
    reason_of = first_denial or next((a for a in deciding if a.outcome == Outcome.DUPLICATE), None)

    stated_responsibility = sum((a.patient_responsibility for a in decisions), ZERO)
    patient_paid = sum((p.amount for p in events.patient_payments), ZERO)
    written_off = sum((w.amount for w in events.write_offs), ZERO)
    standing_denied = _standing_denied(deciding, events.appeals, bool(payments), day)
    owed = claim.expected if first is None else standing_denied
    balance = max(owed - written_off, ZERO)
    status = _status(claim, events, deciding, owed=owed, balance=balance, day=day)
    return {
        "status": status,
        "paid": sum((a.paid or ZERO for a in decisions), ZERO),
        "paid_known": all(a.paid is not None for a in decisions),
        "patient_paid": patient_paid,
        "patient_responsibility": max(stated_responsibility, patient_paid),
        "patient_responsibility_is_minimum": patient_paid > stated_responsibility,
        "contractual": sum((a.contractual for a in decisions), ZERO)
        + sum((c.amount for c in events.contractual_adjustments), ZERO),
        "written_off": written_off,
        "standing_denied": standing_denied,
        "balance": balance if status in OPEN_STATUSES else ZERO,
        "first_decided_on": first and first.decided_on,
        "first_decided_on_assumed": first is not None and first.decided_on_assumed,
        "first_outcome": first.outcome if first else "",
        "days_to_decision": _days(claim.submitted_on, first),
        "first_denied_on": first_denial and first_denial.decided_on,
        "first_denied_amount": first_denial.denied_amount if first_denial else ZERO,
        "main_group": reason_of.main_group if reason_of else "",
        "main_reason_id": reason_of.main_reason_id if reason_of else None,
        "main_remark": reason_of.main_remark if reason_of else "",
        "first_patient_non_covered": first.is_patient_non_covered if first else None,
        "first_reduced": first.is_reduced if first else None,
        "first_paid_on": first_payment and first_payment.decided_on,
        "days_to_pay": _days(claim.submitted_on, first_payment),
        **_end_of_denial(first_denial, payments, events, standing_denied),
    }


def _standing_denied(
    deciding: list[Adjudication], appeals: list[Appeal], has_payment: bool, day: date | None
) -> Decimal:
    """Denied money that still stands: less what later decisions paid, moved or reduced."""
    standing = ZERO
    for step in standing_steps(deciding, _won(appeals, has_payment, day)):
        standing = step.left
    return standing


def _won(appeals: list[Appeal], has_payment: bool, day: date | None) -> Appeal | None:
    """An appeal that ended won by then, on a claim that an insurer paid."""
    won = (a for a in appeals if a.result == AppealResult.WON and _ended(a, day))
    return next(won, None) if has_payment else None


def _ended(appeal: Appeal, day: date | None) -> bool:
    return appeal.counted_on is not None and (day is None or appeal.counted_on <= day)


def _status(
    claim: Claim,
    events: Events,
    deciding: list[Adjudication],
    *,
    owed: Decimal,
    balance: Decimal,
    day: date | None,
) -> ClaimStatus:
    """The first that fits of KPIS, "status"."""
    if not deciding and claim.submitted_on is None and claim.frequency != Frequency.VOID:
        return ClaimStatus.DRAFT
    changes = sorted(events.status_changes, key=lambda c: (c.changed_on, c.recorded_at))
    closed_by_person = bool(changes) and changes[-1].change == StatusChange.Change.CLOSED
    is_duplicate = bool(deciding) and all(a.outcome == Outcome.DUPLICATE for a in deciding)
    is_written_off = owed > 0 and balance == 0
    if claim.frequency == Frequency.VOID or closed_by_person or is_duplicate or is_written_off:
        return ClaimStatus.CLOSED
    if any(not _ended(a, day) for a in events.appeals):
        return ClaimStatus.APPEALED
    if not deciding:
        return ClaimStatus.PENDING
    return ClaimStatus.DENIED if balance > 0 else ClaimStatus.PAID


def _days(submitted_on: date | None, event: Adjudication | None) -> int | None:
    """Whole days from sending to a decision; none where a date is missing, assumed or reversed."""
    if submitted_on is None or event is None or event.decided_on_assumed:
        return None
    days = (event.decided_on - submitted_on).days
    return days if days >= 0 else None


def _end_of_denial(
    denial: Adjudication | None,
    payments: list[Adjudication],
    events: Events,
    standing_denied: Decimal,
) -> State:
    """When a denied claim was paid after all, or else fully written off (overturn-rate)."""
    if denial is None:
        return {"overturned_on": None, "denial_written_off_on": None}
    paid_after = [a.decided_on for a in payments if a.decided_on > denial.decided_on]
    written_off_on, left = None, standing_denied
    for write_off in sorted(events.write_offs, key=lambda w: w.written_off_on):
        if left <= 0:
            break
        left -= write_off.amount
        if left <= 0:
            written_off_on = max(write_off.written_off_on, denial.decided_on)
    return {
        "overturned_on": paid_after[0] if paid_after else None,
        "denial_written_off_on": None if paid_after else written_off_on,
    }


def _date_closings(days: list[date], states: list[State]) -> None:
    """Say since when each state has been paid or closed without a break."""
    since: date | None = None
    for position, state in enumerate(states):
        if state["status"] in (ClaimStatus.PAID, ClaimStatus.CLOSED):
            since = since or (days[position] if days else None)
        else:
            since = None
        state["closed_on"] = since
