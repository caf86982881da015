"""How a balance comes about, step by step (KPIS, "standing denied" and "balance").

Pure functions. `projection` adds the steps up to the stored columns and the page of a claim shows
them, so what is shown is what was counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from billing.choices import OPEN_STATUSES, Outcome
from billing.models import Adjudication, Appeal, Claim, WriteOff

ZERO = Decimal(0)


class StepKind(Enum):
    """What a step stands for."""

    EXPECTED = auto()  # nobody has decided: the whole expected amount is awaited
    DENIED = auto()  # a decision denied this much
    DUPLICATE = auto()  # of it, what was denied as a duplicate (reason 18) never stands
    SETTLED = auto()  # a later decision paid it, moved it to the patient or reduced it
    OVERTURNED = auto()  # an appeal was won and paid: nothing stands denied
    WRITTEN_OFF = auto()
    BEYOND = auto()  # more was written off than was owed: a balance is never below 0
    NOT_OWED = auto()  # a draft or a closed claim owes nothing


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `amount` is signed dollars, `left` is what then remains."""

    kind: StepKind
    amount: Decimal
    left: Decimal
    event: Adjudication | Appeal | WriteOff | None = None


def settled_by(decision: Adjudication) -> Decimal:
    """How much denied money a decision can settle: paid, moved or reduced; never below 0."""
    settled = (decision.paid or ZERO) + decision.patient_responsibility + decision.contractual
    return max(settled, ZERO)


def standing_steps(deciding: Iterable[Adjudication], won: Appeal | None) -> Iterator[Step]:
    """How denied money came to stand or fall, over the decisions in the order in which they count.

    `won` is an appeal that ended won on a claim with an insurer payment, if there is one.
    """
    left = ZERO
    for decision in deciding:
        settled = min(left, settled_by(decision))
        if settled:
            left -= settled
            yield Step(StepKind.SETTLED, -settled, left, decision)
        if decision.outcome != Outcome.DUPLICATE and decision.denied_amount:
            left += decision.denied_amount
            yield Step(StepKind.DENIED, decision.denied_amount, left, decision)
            if decision.duplicate_amount:
                left -= decision.duplicate_amount
                yield Step(StepKind.DUPLICATE, -decision.duplicate_amount, left, decision)
    if won is not None and left:
        yield Step(StepKind.OVERTURNED, -left, ZERO, won)


def balance_steps(
    claim: Claim,
    deciding: list[Adjudication],
    won: Appeal | None,
    write_offs: Iterable[WriteOff],
) -> Iterator[Step]:
    """The way to the balance of a claim as its events stand; `claim.status` is the present one."""
    left = ZERO
    if deciding:
        for step in standing_steps(deciding, won):
            left = step.left
            yield step
    else:
        left = claim.expected
        yield Step(StepKind.EXPECTED, left, left)
    for write_off in write_offs:
        left -= write_off.amount
        yield Step(StepKind.WRITTEN_OFF, -write_off.amount, left, write_off)
    if left < 0:
        yield Step(StepKind.BEYOND, -left, ZERO)
    elif left and claim.status not in OPEN_STATUSES:
        yield Step(StepKind.NOT_OWED, -left, ZERO)
