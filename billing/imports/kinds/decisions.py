"""What a payer decided, as one row of a flat file tells it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.choices import AdjustmentGroup, Outcome, StatedStatus
from billing.imports.columns import Row
from billing.imports.errors import BadValueError
from billing.imports.kinds.denials import NOT_APPEALED, OPEN

ZERO = Decimal(0)
DECIDED = (
    StatedStatus.PAID,
    StatedStatus.PARTIALLY_PAID,
    StatedStatus.DENIED,
    StatedStatus.APPEALED,
)
SAYING = frozenset({"status", "paid", "patient_responsibility", "denial_reason"})
DENIED = (StatedStatus.DENIED, StatedStatus.APPEALED)


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of a flat row; `paid` is None where the file does not say."""

    status: str
    decided_on: date | None
    is_assumed: bool
    paid: Decimal | None
    patient_responsibility: Decimal
    contractual: Decimal
    group: str
    code: str
    denied_amount: Decimal
    appeal_status: str | None
    patient_payment: dict[str, Any] | None
    write_off: dict[str, Any] | None

    @property
    def is_decided(self) -> bool:
        """Whether the payer has decided at all."""
        return self.status in DECIDED

    @property
    def is_denial(self) -> bool:
        """Whether it denied all or part: by status, or by a reason beside a payment."""
        return self.status in DENIED or (
            self.status == StatedStatus.PARTIALLY_PAID and bool(self.code)
        )

    @property
    def outcome(self) -> Outcome:
        """What a decision without a denial comes to."""
        if self.paid == 0 and self.patient_responsibility > 0:
            return Outcome.PATIENT_RESPONSIBILITY
        return Outcome.PAID


def says_decision(row: Row) -> bool:
    """Whether the file has a column that tells what the payer decided."""
    return not SAYING.isdisjoint(row.values)


def read_decision(row: Row) -> Decision:
    """The decision of a row; raises BadValueError where a date or a reason is missing."""
    group, code = row.get("denial_reason") or ("", "")
    status = row.get("status") or _status(row, code)
    decided_on = row.get("decided_on")
    if status in DECIDED and decided_on is None:
        raise BadValueError(
            "is blank; a decided claim needs the date of the decision.", "decided_on"
        )
    if status in DENIED and not code:
        raise BadValueError("is blank; a denied claim needs its reason.", "denial_reason")
    paid = row.get("paid")
    patient = row.get("patient_responsibility") or ZERO
    contractual = row.get("contractual") or ZERO
    rest = row["billed"] - (paid or ZERO) - patient - contractual
    denied_amount = row.get("denied_amount")
    return Decision(
        status=status,
        decided_on=decided_on,
        is_assumed="decided_on" in row.assumed,
        paid=paid,
        patient_responsibility=patient,
        contractual=contractual,
        group=row.get("group") or group or AdjustmentGroup.CONTRACTUAL,
        code=code,
        denied_amount=max(rest, ZERO) if denied_amount is None else denied_amount,
        appeal_status=_appeal_status(row, status),
        patient_payment=_payment(row, decided_on),
        write_off=_write_off(row, decided_on),
    )


def _status(row: Row, code: str) -> str:
    """The status of a row that states none, from its amounts."""
    paid = row.get("paid") or ZERO
    if code:
        return StatedStatus.PARTIALLY_PAID if paid > 0 else StatedStatus.DENIED
    if paid > 0 or row.get("patient_responsibility"):
        return StatedStatus.PAID
    return StatedStatus.PENDING if row.get("submitted_on") else StatedStatus.NONE


def _appeal_status(row: Row, status: str) -> str | None:
    """An appealed claim has an open appeal unless the row says how it stands."""
    stated: str | None = row.get("appeal_status")
    if status == StatedStatus.APPEALED and stated in (None, "", NOT_APPEALED):
        return OPEN
    return stated


def _payment(row: Row, decided_on: date | None) -> dict[str, Any] | None:
    money = row.get("patient_paid")
    if not money:
        return None
    return {"amount": money, "paid_on": _dated(row, "patient_paid_on", decided_on)}


def _write_off(row: Row, decided_on: date | None) -> dict[str, Any] | None:
    money = row.get("written_off")
    if not money:
        return None
    when = _dated(row, "written_off_on", decided_on)
    return {"amount": money, "written_off_on": when, "reason": "Write-off"}


def _dated(row: Row, name: str, decided_on: date | None) -> date:
    when: date | None = row.get(name) or decided_on
    if when is None:
        raise BadValueError("is blank; the amount beside it needs its date.", name)
    return when
