"""Which claim a decision is about, and which billed line a decided line.

Claims are found within one practice: by claim number (X12 CLP01), else by the payer's own number
(CLP07) where exactly one claim that was ever sent has it. What finds none waits
(`Adjudication.claim` is empty) and is looked at again whenever a claim with its number appears, so
that the order of files does not matter.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db import transaction
from django.db.models import Q, QuerySet

from billing import posting
from billing.choices import LineMatchedBy, MatchedBy
from billing.models import Adjudication, AdjudicationLine, Claim, ClaimLine, Remittance
from billing.projection import Events

BATCH = 500
TOLD_BY = (
    "adjudications",
    "patient_payments",
    "contractual_adjustments",
    "write_offs",
    "appeals",
    "status_changes",
    "notes",
    "activities",
    "submissions",
    "resolutions",
)
ZERO = Decimal(0)
NO_NUMBERS = frozenset({"", "0"})  # what payers send where they do not know the number


@dataclass(frozen=True, slots=True)
class Match:
    """The claim of a decision, and by what it was found."""

    claim_id: int
    by: MatchedBy


class Finder:
    """The claims of a practice that these numbers mean, read in at most three queries.

    `by_number_only` leaves the payer's number out wherever the payer names a claim number: where
    claims are made from remittances, each number makes its own, whatever came first.
    """

    def __init__(
        self,
        practice_id: int,
        wanted: Iterable[tuple[str, str]],
        *,
        by_number_only: bool = False,
    ) -> None:
        pairs = [
            (number, "" if by_number_only and number not in NO_NUMBERS else control)
            for number, control in wanted
        ]
        self._by_number_only = by_number_only
        numbers = {number for number, _ in pairs} - NO_NUMBERS
        rows = Claim.objects.filter(practice_id=practice_id, number__in=numbers)
        self._numbers = dict(rows.values_list("number", "pk"))
        missing = {control for number, control in pairs if control and number not in self._numbers}
        self._controls = _by_control_number(practice_id, missing) if missing else {}

    def find(self, number: str, control_number: str) -> Match | None:
        """The claim that these numbers mean."""
        if (found := self._numbers.get(number)) is not None:
            return Match(found, MatchedBy.NUMBER)
        if self._by_number_only and number not in NO_NUMBERS:
            return None
        named = self._controls.get(control_number, set())
        return Match(min(named), MatchedBy.CONTROL_NUMBER) if len(named) == 1 else None

    def add(self, number: str, claim_id: int) -> None:
        """Know a claim that was made meanwhile."""
        self._numbers[number] = claim_id


def _by_control_number(practice_id: int, wanted: Collection[str]) -> dict[str, set[int]]:
    """The claims that have these payer's numbers, from their decisions or of themselves."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    decided = Adjudication.objects.filter(
        practice_id=practice_id,
        payer_control_number__in=wanted,
        matched_by=MatchedBy.NUMBER,
        claim__is_from_remittance=False,
    )
    own = Claim.objects.filter(
        practice_id=practice_id, payer_control_number__in=wanted, is_from_remittance=False
    )
    for number, pk in decided.values_list("payer_control_number", "claim").distinct():
        found[number].add(pk)
    for number, pk in own.values_list("payer_control_number", "pk"):
        found[number].add(pk)
    return found


# Lines


class Line(Protocol):
    """What lines are matched by; a decided line may also say which code was billed."""

    control_number: str
    procedure_id: str | None
    modifiers: str
    revenue_code: str
    charge: Decimal
    service_date: date | None


@dataclass(slots=True, eq=False)
class BilledLine:
    """A line that a claim billed, as far as it is asked for here."""

    pk: int
    control_number: str
    procedure_id: str | None
    modifiers: str
    revenue_code: str
    charge: Decimal
    service_date: date | None


def billed_lines(claim_ids: Collection[int]) -> defaultdict[int, list[BilledLine]]:
    """The billed lines of these claims by claim, in their order."""
    found: defaultdict[int, list[BilledLine]] = defaultdict(list)
    names = [f.name for f in fields(BilledLine)]
    rows = ClaimLine.objects.filter(claim__in=claim_ids).order_by("claim", "position")
    for claim_id, *values in rows.values_list("claim_id", *names):
        found[claim_id].append(BilledLine(*values))
    return found


def match_lines(
    decided: Sequence[AdjudicationLine], billed: Sequence[BilledLine]
) -> list[tuple[BilledLine, LineMatchedBy] | None]:
    """For each decided line the billed one: by control number, by code and modifiers where that
    leaves no choice, else by code, date and charge. No billed line is taken twice.
    """
    found: list[tuple[BilledLine, LineMatchedBy] | None] = [None] * len(decided)
    left = list(billed)

    def take(position: int, candidates: list[BilledLine], by: LineMatchedBy) -> None:
        if candidates:
            left.remove(candidates[0])
            found[position] = (candidates[0], by)

    def open_lines() -> list[tuple[int, AdjudicationLine]]:
        return [(n, line) for n, line in enumerate(decided) if found[n] is None]

    for position, line in open_lines():
        if line.control_number:
            same = [b for b in left if b.control_number == line.control_number]
            take(position, same[:1] if len(same) == 1 else [], LineMatchedBy.CONTROL_NUMBER)
    for position, line in open_lines():
        same = [b for b in left if (_code(b), b.modifiers) in _codes(line)]
        take(position, same if len(same) == 1 else [], LineMatchedBy.CODE)
    for position, line in open_lines():
        same = [
            b
            for b in left
            if _code(b) in {code for code, _ in _codes(line)}
            and b.charge == abs(line.charge)
            and b.service_date == line.service_date
        ]
        same.sort(key=lambda b: b.modifiers != line.modifiers)
        take(position, same, LineMatchedBy.CHARGE)
    return found


def _code(line: Line) -> str:
    return line.procedure_id or f"revenue {line.revenue_code}"


def _codes(line: AdjudicationLine) -> set[tuple[str, str]]:
    """Code and modifiers as decided, and as billed where the payer changed them."""
    code, _, modifiers = line.submitted_code.partition(":")
    billed = {(code, modifiers)} if code else set()
    return {(_code(line), line.modifiers)} | billed


def rematch_lines(claim_ids: Collection[int]) -> None:
    """Match the decided lines of these claims anew, as their billed lines are now."""
    billed = billed_lines(claim_ids)
    decided: defaultdict[tuple[int, int], list[AdjudicationLine]] = defaultdict(list)
    lines = AdjudicationLine.objects.filter(adjudication__claim__in=claim_ids)
    for line in lines.select_related("adjudication").order_by("pk"):
        assert line.adjudication.claim_id is not None  # noqa: S101 - narrows the type
        decided[line.adjudication.claim_id, line.adjudication_id].append(line)
    changed: list[AdjudicationLine] = []
    for (claim_id, _), group in decided.items():
        for line, match in zip(group, match_lines(group, billed[claim_id]), strict=True):
            changed += _set_match(line, match)
    AdjudicationLine.objects.bulk_update(changed, ["claim_line", "matched_by"], batch_size=BATCH)


def _set_match(
    line: AdjudicationLine, match: tuple[BilledLine, LineMatchedBy] | None
) -> list[AdjudicationLine]:
    key, by = (match[0].pk, match[1]) if match is not None else (None, "")
    if line.claim_line_id == key and line.matched_by == by:
        return []
    line.claim_line_id, line.matched_by = key, by
    return [line]


# What decisions say of a claim


def restate(claim: Claim, events: Events) -> None:
    """Give a claim what its decisions tell: the payer's number; all facts where nothing else does.

    A claim that was made from remittances alone is billed the largest charge among its decisions.
    """
    decisions = sorted(events.adjudications, key=lambda a: (a.decided_on, a.source_key, a.revision))
    numbers = [a.payer_control_number for a in decisions if a.payer_control_number]
    if numbers:
        claim.payer_control_number = numbers[-1]
    if not claim.is_from_remittance or not decisions:
        return
    claim.billed = claim.expected = max(ZERO, *(a.charge for a in decisions))
    claim.service_date = min((a.service_date for a in decisions if a.service_date), default=None)
    payers = [a.remittance.payer_id for a in decisions if a.remittance is not None]
    if payers:
        claim.payer_id = payers[0]


# Waiting decisions


def waiting(practice_id: int) -> QuerySet[Adjudication]:
    """The decisions of posted remittances that have found no claim."""
    return Adjudication.objects.filter(
        practice_id=practice_id, claim__isnull=True, remittance__state=Remittance.State.POSTED
    )


@transaction.atomic
def link_waiting(
    practice_id: int, *, numbers: Collection[str] = (), control_numbers: Collection[str] = ()
) -> int:
    """Link the waiting decisions that a claim with one of these numbers answers; how many."""
    wanted = Q(claim_number__in=set(numbers) - NO_NUMBERS)
    wanted |= Q(payer_control_number__in=set(control_numbers) - {""})
    rows = waiting(practice_id).filter(wanted, is_kept_aside=False).order_by("pk")
    rows = rows.select_for_update(of=("self",))  # a person may be linking one of them
    return attach(practice_id, list(rows))


def attach(practice_id: int, rows: Sequence[Adjudication]) -> int:
    """Link those of these stored decisions whose claim is known now; how many."""
    finder = Finder(practice_id, ((a.claim_number, a.payer_control_number) for a in rows))
    linked = []
    for row in rows:
        match = finder.find(row.claim_number, row.payer_control_number)
        if match is not None:
            row.claim_id, row.matched_by = match.claim_id, match.by
            linked.append(row)
    _store_links(linked)
    return len(linked)


@transaction.atomic
def link(decision: Adjudication, claim: Claim) -> None:
    """A person says which claim of the same practice a decision is about."""
    decision.claim, decision.matched_by = claim, MatchedBy.PERSON
    decision.is_kept_aside = False
    decision.save(update_fields=("claim", "matched_by", "is_kept_aside"))
    rematch_lines([claim.pk])
    posting.refresh([claim.pk], restate)


@transaction.atomic
def detach(remittance: Remittance) -> None:
    """Take the decisions of a remittance off their claims: it does not count any more."""
    rows = list(remittance.adjudications.filter(claim__isnull=False).order_by("pk"))
    touched = {row.claim_id for row in rows if row.claim_id is not None}
    keys = [row.pk for row in rows]
    AdjudicationLine.objects.filter(adjudication__in=keys).update(claim_line=None, matched_by="")
    Adjudication.objects.filter(pk__in=keys).update(claim=None, matched_by="")
    posting.refresh(touched, restate)
    _drop_empty(touched)


def _drop_empty(claim_ids: Collection[int]) -> None:
    """Take claims away that a remittance alone had made and that nothing tells of any more."""
    nothing = {f"{name}__isnull": True for name in TOLD_BY}
    Claim.objects.filter(
        pk__in=claim_ids, is_from_remittance=True, assignee=None, **nothing
    ).delete()


def _store_links(linked: Sequence[Adjudication]) -> None:
    if not linked:
        return
    Adjudication.objects.bulk_update(linked, ["claim", "matched_by"], batch_size=BATCH)
    touched = {row.claim_id for row in linked if row.claim_id is not None}
    rematch_lines(touched)
    posting.refresh(touched, restate)
