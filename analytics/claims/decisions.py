"""What the payers decided on a claim, each decision in order, with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from analytics.values import cents
from billing.choices import NO_DECISION, LineMatchedBy, MatchedBy, Outcome
from billing.models import Adjudication, AdjudicationLine, Adjustment
from billing.posting import is_withdrawal
from billing.projection import effective

# They act or promise, but are no decisions themselves.
UNCOUNTED = (Outcome.REVERSAL, Outcome.PREDETERMINATION)

# How a decision found its claim, and a decided line the billed one.
FOUND: dict[str, str] = {
    MatchedBy.NUMBER: "matched by claim number",
    MatchedBy.CONTROL_NUMBER: "matched by the payer’s number",
    MatchedBy.PERSON: "linked by a person",
}
LINE_FOUND: dict[str, str] = {
    LineMatchedBy.CONTROL_NUMBER: "by its line control number",
    LineMatchedBy.CODE: "by code and modifiers",
    LineMatchedBy.CHARGE: "by code, date and charge",
}


@dataclass(frozen=True, slots=True)
class Reduced:
    """One adjustment in words; `service` names the line it belongs to."""

    code: str
    words: str
    amount: Decimal
    remarks: str
    service: str


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One service as the payer decided it; `found` says how it found the billed line."""

    service: str
    charge: Decimal
    paid: Decimal
    outcome: str
    found: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One adjudication; `is_void` says that it was taken back, `standing` how it counts.

    `found` says how it found this claim, where it came with a remittance.
    """

    event: Adjudication
    is_void: bool
    standing: str
    adjustments: Sequence[Reduced]
    unexplained: Decimal
    lines: Sequence[DecidedLine] = ()
    found: str = ""

    @property
    def outcome(self) -> str:
        """What was decided, in words."""
        return self.event.get_outcome_display()


def decisions(events: Sequence[Adjudication]) -> list[Decision]:
    """Every adjudication of a claim by date, those that were taken back marked."""
    live = [event for event in events if not _is_replaced(event)]
    counting = effective(live)
    deciding = [a for a in counting if a.outcome not in NO_DECISION]
    first = next((a for a in deciding if a.outcome_stated), None) or next(iter(deciding), None)
    counted = {event.pk for event in counting}
    acting = {event.pk for event in live if event.outcome in UNCOUNTED}
    return [
        Decision(
            event,
            _is_replaced(event) or event.pk not in counted | acting,
            _standing(event, counted, first),
            [_reduced(adjustment) for adjustment in event.adjustments.all()],
            _unexplained(event),
            [_decided_line(line) for line in event.lines.all()],
            FOUND.get(event.matched_by, ""),
        )
        for event in sorted(events, key=lambda e: (e.decided_on, e.recorded_at, e.pk))
    ]


def _is_replaced(event: Adjudication) -> bool:
    return hasattr(event, "replaced_by")


def _standing(event: Adjudication, counted: set[int], first: Adjudication | None) -> str:
    if _is_replaced(event):
        if is_withdrawal(event.replaced_by):
            return "Withdrawn: the source no longer has it"
        return f"Replaced by a corrected row, {event.replaced_by.recorded_at:%Y-%m-%d}"
    if is_withdrawal(event):
        return "Stands for the row that was withdrawn"
    if event.outcome == Outcome.REVERSAL:
        original = f" of {event.reverses.decided_on}" if event.reverses else ""
        return f"Cancels the decision{original}"
    if event.outcome == Outcome.PREDETERMINATION:
        return "Promises, and decides nothing"
    if event.pk not in counted:
        return "Reversed: no longer counts"
    if event.outcome in NO_DECISION:
        return "Counts, but decides nothing yet"
    return "Counts as the first decision" if first and event.pk == first.pk else "Counts"


def _reduced(adjustment: Adjustment) -> Reduced:
    line = adjustment.line
    return Reduced(
        f"{adjustment.group}-{adjustment.reason_id}",
        adjustment.reason.wording or "no wording yet",
        adjustment.amount,
        adjustment.remark_codes,
        (line.procedure_id or "line") if line else "",
    )


def _decided_line(line: AdjudicationLine) -> DecidedLine:
    service = line.procedure_id or (
        f"revenue code {line.revenue_code}" if line.revenue_code else ""
    )
    words = f"{service or 'line'} {line.modifiers}".strip()
    outcome, found = line.get_outcome_display(), LINE_FOUND.get(line.matched_by, "")
    return DecidedLine(words, line.charge, line.paid, outcome, found)


def _unexplained(event: Adjudication) -> Decimal:
    """What charge, payment and adjustments leave open, in dollars; it settles the balance."""
    if event.paid is None or event.outcome in UNCOUNTED:
        return cents(0)
    explained = sum((a.amount for a in event.adjustments.all()), event.paid)
    return max(cents(event.charge - explained), cents(0))
