"""Payer decisions as X12 835 (005010X221A1): one transaction set for each payment.

A decision that came in a remittance is written with it; others go together by payer and day. What
a decision leaves open is written as contractual (CO-45), so that every claim and check balances.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TextIO, cast

from django.db.models import Q

from billing.adjudication import BY_STATUS_CODE, remark_codes
from billing.choices import AdjustmentGroup, Outcome
from billing.models import Adjudication, AdjudicationLine, Adjustment, Claim, Practice, Remittance
from billing.outgoing.parties import (
    CITY,
    STREET,
    TELEPHONE,
    Segment,
    filing_indicator,
    identified,
    named_patient,
    payer_codes,
    tax_id,
)
from billing.outgoing.segments import COMPONENT, Interchange, clean, day, money, number
from billing.posting import is_withdrawal

GUIDE = "005010X221A1"
READ_AT_ONCE = 500
LONGEST_NUMBER = 38
MOST_REASONS, MOST_REMARKS = 6, 5
DENIED_STATUS, PRIMARY, REVERSED = "4", "1", "22"
CONTRACT, COPAYMENT, OVERPAID, PENDING = "45", "3", "94", "133"
ZERO = Decimal(0)
Reduction = tuple[str, str, Decimal]  # group, reason, dollars


def write_835(
    file: TextIO,
    practice: Practice,
    *,
    begins_on: date | None = None,
    ends_on: date | None = None,
    now: datetime,
) -> tuple[int, Counter[str]]:
    """Write the practice's decisions of those days, both inclusive; one payment in memory.

    Returns how many were written, and the others by reason. Raises ValidationError where the
    practice lacks its NPI or tax id.
    """
    identified(practice)
    left_out: Counter[str] = Counter()
    written = 0
    codes = payer_codes(practice)
    with Interchange(
        file,
        kind="835",
        code="HP",
        guide=GUIDE,
        sender="PAYER",
        receiver=practice.npi,
        now=now,
        is_guide_in_st=False,
    ) as interchange:
        decisions = (
            decision
            for decision in _read(practice, begins_on, ends_on)
            if _fits(decision, left_out)
        )
        for _, together in groupby(decisions, key=_payment_key):
            payment = Payment.of(practice, list(together), codes)
            interchange.begin()
            interchange.segments(payment.segments())
            interchange.end()
            written += len(payment.decisions)
    return written, left_out


def _read(
    practice: Practice, begins_on: date | None, ends_on: date | None
) -> Iterator[Adjudication]:
    """The decisions as they stand: what was corrected since is left out."""
    days = Q()
    if begins_on:
        days &= Q(decided_on__gte=begins_on)
    if ends_on:
        days &= Q(decided_on__lte=ends_on)
    return (
        Adjudication.objects.filter(
            days, practice=practice, claim__isnull=False, replaced_by__isnull=True
        )
        .select_related("claim__payer", "claim__encounter__patient", "remittance", "reverses")
        .prefetch_related(
            "adjustments",
            "lines__adjustments",
            "lines__claim_line",
            "reverses__adjustments",
            "remittance__provider_adjustments",
        )
        .order_by("decided_on", "remittance", "claim__payer", "pk")
        .iterator(chunk_size=READ_AT_ONCE)
    )


def _payment_key(decision: Adjudication) -> tuple[date, int, int]:
    return decision.decided_on, decision.remittance_id or 0, _claim_of(decision).payer_id


def _fits(decision: Adjudication, left_out: Counter[str]) -> bool:
    reason = _unfit(decision)
    left_out.update([reason] if reason else [])
    return not reason


def _unfit(decision: Adjudication) -> str:
    """Why a decision cannot be written; blank where it can."""
    if is_withdrawal(decision):
        return "The decision was taken back by its own source."
    if decision.paid is None and decision.outcome not in (Outcome.PENDED, Outcome.REVERSAL):
        return "What the payer paid is not known."
    if len(clean(_claim_of(decision).number)) > LONGEST_NUMBER:
        return f"The claim number is longer than {LONGEST_NUMBER} characters."
    return ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One check or transfer: the decisions that it pays and what it settles besides."""

    practice: Practice
    decisions: Sequence[Adjudication]
    payer_code: str
    remittance: Remittance | None

    @classmethod
    def of(
        cls, practice: Practice, decisions: Sequence[Adjudication], codes: dict[int, str]
    ) -> "Payment":
        """The payment of decisions that belong together."""
        claim = _claim_of(decisions[0])
        code = codes.get(claim.payer_id) or claim.payer.name
        return cls(practice, decisions, clean(code, 30), decisions[0].remittance)

    def segments(self) -> Iterator[Segment]:
        """Everything between ST and SE."""
        claim = _claim_of(self.decisions[0])
        total = sum((_paid(decision) for decision in self.decisions), ZERO)
        settled = self._settled(total)
        amount = total - sum((value for *_, value in settled), ZERO)
        on = day(self.decisions[0].decided_on)
        method, direction = ("CHK", "I") if amount else ("NON", "H")
        yield ("BPR", direction, money(amount), "C", method, *[""] * 11, on)
        yield ("TRN", "1", self._trace(on), f"1{tax_id(self.practice):0>9}")
        yield ("DTM", "405", on)
        yield ("N1", "PR", clean(claim.payer.name))
        yield STREET
        yield CITY
        yield ("REF", "2U", self.payer_code)
        yield ("PER", "BL", "PROVIDER RELATIONS", "TE", TELEPHONE)
        yield ("N1", "PE", clean(self.practice.name), "XX", self.practice.npi)
        yield ("REF", "TJ", tax_id(self.practice))
        yield ("LX", "1")
        for decision in self.decisions:
            yield from _decision(decision)
        year_end = f"{self.decisions[0].decided_on.year}1231"
        for reason, reference, value in settled:
            identifier = COMPONENT.join(filter(None, (reason, clean(reference, 50))))
            yield ("PLB", self.practice.npi, year_end, identifier, money(value))

    def _trace(self, on: str) -> str:
        if self.remittance is not None:
            return clean(self.remittance.trace_number, 50)
        return clean(f"{self.payer_code}-{on}", 50)

    def _settled(self, total: Decimal) -> list[tuple[str, str, Decimal]]:
        """Provider-level adjustments: reason, reference, amount; above 0 lowers the payment.

        Where the payer took back more than it paid, the rest is carried forward (FB).
        """
        found = [
            (row.reason, row.reference, row.amount)
            for row in (self.remittance.provider_adjustments.all() if self.remittance else ())
        ]
        left = total - sum((value for *_, value in found), ZERO)
        return [*found, ("FB", "", left)] if left < 0 else found


def _claim_of(decision: Adjudication) -> Claim:
    """The claim decided on; unlinked decisions are not read."""
    return cast(Claim, decision.claim)


def _paid(decision: Adjudication) -> Decimal:
    return decision.paid or ZERO


def _decision(decision: Adjudication) -> Iterator[Segment]:
    """One claim payment: amounts, adjustments, patient and services."""
    claim = _claim_of(decision)
    lines = list(decision.lines.all())
    open_on_lines = sum((_left(line) for line in lines), ZERO)
    on_claim = [row for row in decision.adjustments.all() if row.line_id is None]
    left = decision.charge - _paid(decision) - sum((_reduced(line) for line in lines), ZERO)
    reductions = _balanced(decision, on_claim, left - open_on_lines)
    patient = claim.encounter.patient if claim.encounter else None
    owed = decision.patient_responsibility
    yield (
        "CLP", clean(claim.number), _status(decision), money(decision.charge),
        money(_paid(decision)), money(owed) if owed > 0 else "",
        filing_indicator(claim.payer, commercial="12"),
        clean(decision.payer_control_number or claim.payer_control_number or claim.number, 50),
        "11", "1",
    )  # fmt: skip
    yield from _cas(reductions)
    if patient is not None:
        yield named_patient("QC", patient)
    else:
        yield ("NM1", "QC", "1", "UNKNOWN")
    remarks = _remarks(on_claim)
    if remarks:
        yield ("MOA", "", "", *remarks)
    if not lines and claim.service_date is not None:
        yield ("DTM", "232", day(claim.service_date))
    for line in lines:
        yield from _line(claim.service_date, line)


def _line(service_date: date | None, line: AdjudicationLine) -> Iterator[Segment]:
    code = COMPONENT.join(
        ("HC", line.procedure_id or "99199", *filter(None, line.modifiers.split(":")))
    )
    yield ("SVC", code, money(line.charge), money(line.paid), "", number(line.units))
    served_on = (line.claim_line and line.claim_line.service_date) or service_date
    if served_on is not None:
        yield ("DTM", "472", day(served_on))
    rows = list(line.adjustments.all())
    reductions = [(row.group, row.reason_id, row.amount) for row in rows]
    yield from _cas([*reductions, *_open(_left(line), line.charge)])
    if line.claim_line is not None:
        yield ("REF", "6R", line.claim_line.control_number or str(line.claim_line.position))
    for remark in _remarks(rows):
        yield ("LQ", "HE", remark)


def _reduced(line: AdjudicationLine) -> Decimal:
    return sum((row.amount for row in line.adjustments.all()), ZERO)


def _left(line: AdjudicationLine) -> Decimal:
    """What the payer left unsaid on a line."""
    return line.charge - line.paid - _reduced(line)


def _balanced(
    decision: Adjudication, stored: Sequence[Adjustment], left: Decimal
) -> list[Reduction]:
    """Claim-level reductions that explain exactly `left` dollars."""
    if decision.reverses is not None and not stored:
        former = decision.reverses
        found = [
            (row.group, row.reason_id, -row.amount)
            for row in former.adjustments.all()
            if row.line_id is None
        ]
    else:
        found = [(row.group, row.reason_id, row.amount) for row in stored] or _summed(decision)
    return [*found, *_open(left - sum((value for *_, value in found), ZERO), decision.charge)]


def _summed(decision: Adjudication) -> list[Reduction]:
    """The reductions of a decision that was entered in sums."""
    group = decision.main_group or AdjustmentGroup.CONTRACTUAL
    found: list[Reduction] = [
        (AdjustmentGroup.CONTRACTUAL, CONTRACT, decision.contractual),
        (AdjustmentGroup.PATIENT, COPAYMENT, decision.patient_responsibility),
        (group, decision.main_reason_id or "A1", decision.denied_amount),
    ]
    if decision.outcome == Outcome.PENDED:
        found.append((AdjustmentGroup.OTHER, PENDING, decision.charge))
    return [reduction for reduction in found if reduction[2]]


def _open(left: Decimal, charge: Decimal) -> list[Reduction]:
    """What is left unexplained, as contractual; what was paid beyond the charge, as in excess."""
    if not left:
        return []
    is_within = (left > 0) == (charge >= 0)  # a reversal has it all below zero
    return [(AdjustmentGroup.CONTRACTUAL, CONTRACT if is_within else OVERPAID, left)]


def _cas(reductions: Iterable[Reduction]) -> Iterator[Segment]:
    """CAS segments: one for each group, at most six reasons in each."""
    by_group: defaultdict[str, list[Reduction]] = defaultdict(list)
    for reduction in reductions:
        by_group[reduction[0]].append(reduction)
    for group, of_group in by_group.items():
        for start in range(0, len(of_group), MOST_REASONS):
            elements: list[str] = []
            for _, reason, amount in of_group[start : start + MOST_REASONS]:
                elements += [reason, money(amount), ""]
            yield ("CAS", group, *elements)


def _remarks(rows: Iterable[Adjustment]) -> list[str]:
    """The different remark codes of adjustments, in their order."""
    found = [code for row in rows for code in remark_codes(row.remark_codes)]
    return list(dict.fromkeys(found))[:MOST_REMARKS]


def _status(decision: Adjudication) -> str:
    """CLP02 as stored, else as the outcome gives it."""
    if decision.status_code:
        return decision.status_code
    for code, outcome in BY_STATUS_CODE.items():
        if decision.outcome == outcome:
            return code
    return DENIED_STATUS if decision.outcome == Outcome.DENIED else PRIMARY
