"""What a claim owes and why: the steps of `billing.arithmetic` in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.values import cents
from billing.arithmetic import Step, StepKind, settled_by
from billing.choices import ClaimStatus, Outcome
from billing.models import Adjudication, Appeal, Claim, WriteOff

TERMS = {
    StepKind.EXPECTED: "expected",
    StepKind.DENIED: "denied",
    StepKind.DUPLICATE: "duplicate",
    StepKind.SETTLED: "settled later",
    StepKind.OVERTURNED: "won on appeal",
    StepKind.WRITTEN_OFF: "written off",
    StepKind.BEYOND: "written off beyond",
    StepKind.NOT_OWED: "not owed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the arithmetic: its day, in words, signed dollars, and what is left."""

    day: date | None
    words: str
    amount: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the sum in a single line: its sign, its name, its dollars without sign."""

    sign: str
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """The balance, the steps to it and the sum of like steps."""

    balance: Decimal
    lines: Sequence[Line]
    terms: Sequence[Term]
    reason: str


def owed(claim: Claim, steps: Sequence[Step]) -> Owed:
    """The arithmetic of a claim's balance; the terms always name what was written off."""
    balance = cents(steps[-1].left) if steps else cents(0)
    lines = [_line(claim, step) for step in steps]
    return Owed(balance, lines, list(_terms(steps)), _reason(claim, balance))


def money(amount: Decimal) -> str:
    """Dollars and cents, with a real minus sign."""
    return f"−${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def _terms(steps: Iterable[Step]) -> Iterable[Term]:
    sums = {StepKind.WRITTEN_OFF: Decimal(0)}
    for step in steps:
        sums[step.kind] = sums.get(step.kind, Decimal(0)) + step.amount
    if not sums.keys() & {StepKind.EXPECTED, StepKind.DENIED}:
        sums[StepKind.DENIED] = Decimal(0)
    for kind, name in TERMS.items():
        if kind in sums:
            amount = cents(sums[kind])
            is_plus = amount > 0 or kind in (StepKind.EXPECTED, StepKind.DENIED)
            yield Term("+" if is_plus else "−", name, abs(amount))


def _line(claim: Claim, step: Step) -> Line:
    return Line(_day(step), _words(claim, step), cents(step.amount), cents(step.left))


def _day(step: Step) -> date | None:
    event = step.event
    if isinstance(event, Adjudication):
        return event.decided_on
    if isinstance(event, Appeal):
        return event.counted_on
    return event.written_off_on if isinstance(event, WriteOff) else None


def _words(claim: Claim, step: Step) -> str:
    event = step.event
    if step.kind == StepKind.DUPLICATE:
        return (
            "Of it denied as a duplicate (reason 18): never stands, the original claim carries it"
        )
    if isinstance(event, Adjudication):
        return _denied(event) if step.kind == StepKind.DENIED else _settled(event, -step.amount)
    if isinstance(event, WriteOff):
        return f"Written off: {event.reason}" if event.reason else "Written off"
    if step.kind == StepKind.EXPECTED:
        basis = "assumed: the billed amount" if claim.expected_assumed else "by contract"
        return f"Expected ({basis}); no payer has decided"
    if step.kind == StepKind.OVERTURNED:
        return "Appeal won and paid: nothing stands denied"
    if step.kind == StepKind.BEYOND:
        return "More was written off than owed: a balance is never below zero"
    if claim.status == ClaimStatus.DRAFT:
        return "Draft: nothing is owed before it is sent"
    return "Closed: nothing is awaited any more"


def _denied(decision: Adjudication) -> str:
    reason = decision.main_reason
    if reason is None:
        return "Denied, no reason given"
    return f"Denied: {decision.main_group}-{reason.code} · {reason.wording or 'no wording yet'}"


def _settled(decision: Adjudication, counted: Decimal) -> str:
    """What a later decision did to the denied money; more than stood denied does not count."""
    parts = (
        (decision.paid, "paid"),
        (decision.patient_responsibility, "moved to the patient"),
        (decision.contractual, "reduced by contract"),
    )
    said = ", ".join(f"{money(amount)} {verb}" for amount, verb in parts if amount)
    beyond = settled_by(decision) - counted
    tail = f" ({money(beyond)} of it settled what was not denied)" if beyond > 0 else ""
    return f"Later decision: {said}{tail}"


def _reason(claim: Claim, balance: Decimal) -> str:
    """Why this is the balance, in one sentence."""
    if claim.status == ClaimStatus.DRAFT:
        return "It has not been sent, so nothing is owed yet."
    if claim.status == ClaimStatus.CLOSED:
        if claim.first_outcome == Outcome.DUPLICATE:
            return "The payer called it a duplicate: the original claim carries the money."
        return "It is closed, so nothing is awaited any more."
    if claim.first_decided_on is None:
        return "No payer has decided, so the whole expected amount is awaited."
    if balance > 0:
        return "Denied money stays in the balance until it is paid, won or written off."
    return "Decided, and nothing stands denied."
