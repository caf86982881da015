"""Reads an 835: what a payer paid and why, claim by claim, as it stands in the file.

Nothing is judged, matched or rounded here. Loops follow the segments that open them: CLP a claim,
SVC a line of it; LX and PLB close the claim.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from billing.adjudication import Reduction
from billing.choices import AdjustmentGroup
from billing.imports.x12.elements import ZERO, amount, day, identifier, units
from billing.imports.x12.envelope import TransactionSet
from billing.imports.x12.faults import DamagedError
from billing.imports.x12.segments import Segment

TRIPLETS = (2, 5, 8, 11, 14, 17)
PLB_PAIRS = (3, 5, 7, 9, 11, 13)
NO_REASON = "?"  # stands for an adjustment that names none, so that its money is kept
KNOWN_GROUPS = frozenset(AdjustmentGroup.values)
MOST_AHEAD = timedelta(days=366)
REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}


class RemittanceLine(NamedTuple):
    """One service as the payer decided it (SVC)."""

    segment: int
    code: str
    modifiers: str
    submitted_code: str
    revenue_code: str
    units: Decimal
    charge: Decimal
    paid: Decimal
    service_date: date | None
    control_number: str
    allowed: Decimal | None
    reductions: tuple[Reduction, ...]
    remark_codes: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """Charge less adjustments less payment: 0 where the line balances."""
        return self.charge - sum((r.amount for r in self.reductions), ZERO) - self.paid


class RemittanceClaim(NamedTuple):
    """One decision (CLP); `patient` is CLP05, None where it is empty."""

    segment: int
    number: str
    status_code: str
    charge: Decimal
    paid: Decimal
    patient: Decimal | None
    control_number: str
    service_date: date | None
    allowed: Decimal | None
    reductions: tuple[Reduction, ...]
    remark_codes: tuple[str, ...]
    lines: tuple[RemittanceLine, ...]

    @property
    def difference(self) -> Decimal:
        """Charge less all adjustments less payment: 0 where the claim balances."""
        of_lines = (r.amount for line in self.lines for r in line.reductions)
        reduced = sum((r.amount for r in self.reductions), ZERO) + sum(of_lines, ZERO)
        return self.charge - reduced - self.paid

    @property
    def is_apart_from_lines(self) -> bool:
        """Whether charges or payments of the lines add up to something else than the claim's."""
        if not self.lines:
            return False
        own = sum((r.amount for r in self.reductions), ZERO)
        return (
            sum((line.charge for line in self.lines), ZERO) != self.charge
            or sum((line.paid for line in self.lines), ZERO) - own != self.paid
        )


@dataclass(frozen=True, slots=True)
class StatedProviderAdjustment:
    """Money outside any claim (one pair of a PLB); positive is taken from the provider."""

    reason: str
    reference: str
    amount: Decimal

    @property
    def stated(self) -> str:
        """Reason and reference as one element, and the amount."""
        return f"{self.reason}:{self.reference}" if self.reference else self.reason


@dataclass(slots=True)
class Party:
    """A payer or payee as N1 names it."""

    name: str = ""
    npi: str = ""
    tax_id: str = ""
    code: str = ""


@dataclass(slots=True)
class RemittanceHeader:
    """What the set says before its first claim; `paid_on_assumed` where GS04 stands in."""

    amount: Decimal = ZERO
    is_debit: bool = False
    method: str = ""
    trace_number: str = ""
    paid_on: date | None = None
    paid_on_assumed: bool = False
    payer: Party = field(default_factory=Party)
    payee: Party = field(default_factory=Party)

    @property
    def dated(self) -> date:
        """The date of the payment; only a set that has one is posted."""
        assert self.paid_on is not None  # noqa: S101 - the loader refuses others
        return self.paid_on

    @property
    def signed_amount(self) -> Decimal:
        """BPR02, below zero where money is drawn from the provider (BPR03 D)."""
        return -self.amount if self.is_debit else self.amount


@dataclass(slots=True)
class _OpenLine:
    segment: Segment
    reductions: list[Reduction] = field(default_factory=list)
    remark_codes: list[str] = field(default_factory=list)
    service_date: date | None = None
    control_number: str = ""
    allowed: Decimal | None = None


@dataclass(slots=True)
class _OpenClaim:
    segment: Segment
    reductions: list[Reduction] = field(default_factory=list)
    remark_codes: list[str] = field(default_factory=list)
    lines: list[RemittanceLine] = field(default_factory=list)
    line: _OpenLine | None = None
    service_date: date | None = None
    covered: Decimal | None = None


class RemittanceReader:
    """Reads one transaction set; header, adjustments and digest are whole when `claims` has ended.

    `warnings` gets what is odd and does not keep the set out.
    """

    def __init__(self, found: TransactionSet, warnings: list[str]) -> None:
        self.header = RemittanceHeader()
        self.adjustments: list[StatedProviderAdjustment] = []
        self._found, self._warnings = found, warnings
        self._digest = hashlib.sha256(b"835")
        self._claim: _OpenClaim | None = None
        self._party: Party | None = None
        self._production_date = ""
        self._effective_date = ""
        self._has_amount = False
        self._said: set[str] = set()

    @property
    def digest(self) -> str:
        """Of the content without control numbers, line ends and the choice of delimiters."""
        return self._digest.hexdigest()

    def claims(self, body: Iterable[Segment]) -> Iterator[RemittanceClaim]:
        """Every claim of the set; raises DamagedError where one cannot be read."""
        for segment in body:
            self._digest.update(normalised(segment))
            match segment.name:
                case "CLP":
                    yield from self._closed()
                    self._claim = _OpenClaim(segment)
                case "SVC":
                    self._open_line(segment)
                case "CAS":
                    self._adjust(segment)
                case "LX":
                    yield from self._closed()
                case "PLB":
                    yield from self._closed()
                    self.adjustments += provider_adjustments(segment)
                case "DTM" | "REF" | "AMT" | "LQ" | "MIA" | "MOA":
                    self._detail(segment)
                case "BPR" | "TRN" | "N1":
                    self._head(segment)
                case _:
                    pass
        yield from self._closed()
        self._date()

    def _warn(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._warnings.append(text)

    def _head(self, segment: Segment) -> None:
        header = self.header
        if segment.name == "BPR":
            self._has_amount = True
            header.amount = amount(segment, 2)
            header.is_debit = segment.get(3) == "D"
            header.method = segment.get(4)[:3]
            self._effective_date = segment.get(16)
        elif segment.name == "TRN" and not header.trace_number:
            header.trace_number = identifier(segment, 2, 60)
        elif segment.name == "N1" and self._claim is None:
            self._party = {"PR": header.payer, "PE": header.payee}.get(segment.get(1))
            if self._party is not None:
                self._party.name = " ".join(segment.get(2).split())[:120]
                self._identify(self._party, segment.get(3), segment.get(4))

    @staticmethod
    def _identify(party: Party, qualifier: str, code: str) -> None:
        if qualifier == "XX":
            party.npi = code[:10]
        elif qualifier in ("FI", "TJ"):
            party.tax_id = code.replace("-", "")[:12]
        elif code:
            party.code = code[:80]

    def _detail(self, segment: Segment) -> None:
        claim, qualifier = self._claim, segment.get(1)
        if claim is None:
            if segment.name == "DTM" and qualifier == "405":
                self._production_date = segment.get(2)
            elif segment.name == "REF" and self._party is not None and qualifier in ("TJ", "2U"):
                self._identify(self._party, qualifier, segment.get(2))
            return
        line = claim.line
        match segment.name, qualifier:
            case "DTM", "472" | "150" if line is not None:
                line.service_date = day(segment.get(2))
            case "DTM", "232":
                claim.service_date = day(segment.get(2))
            case "REF", "6R" if line is not None:
                line.control_number = identifier(segment, 2, 60)
            case "AMT", "B6" if line is not None:
                line.allowed = amount(segment, 2)
            case "AMT", "AU" if line is None:
                claim.covered = amount(segment, 2)
            case "LQ", "HE" | "RX":
                (claim if line is None else line).remark_codes.append(segment.get(2)[:10])
            case "MIA" | "MOA", _:
                codes = (segment.get(position)[:10] for position in REMARKS[segment.name])
                claim.remark_codes += filter(None, codes)
            case _:
                pass

    def _open_line(self, segment: Segment) -> None:
        if self._claim is None:
            raise DamagedError("stands outside any claim.", segment=segment.number, field="SVC")
        self._close_line(self._claim)
        self._claim.line = _OpenLine(segment)

    def _adjust(self, segment: Segment) -> None:
        if self._claim is None:
            raise DamagedError("stands outside any claim.", segment=segment.number, field="CAS")
        part = self._claim.line or self._claim
        found = list(adjustments(segment))
        group = segment.get(1)
        if group not in KNOWN_GROUPS:
            self._warn(f"unknown adjustment group {group!r}")
        if any(r.reason == NO_REASON for r in found):
            self._warn("an adjustment names no reason: kept under the reason ?")
        part.reductions += found

    def _close_line(self, claim: _OpenClaim) -> None:
        line, claim.line = claim.line, None
        if line is None:
            return
        svc = line.segment
        qualifier, code, *rest = *svc.parts(1), "", ""
        if code and len(code) > 18:
            raise DamagedError("has a code too long.", segment=svc.number, field="SVC01")
        submitted = ":".join(part for part in svc.parts(6)[1:6] if part)
        for position, name in ((2, "SVC02"), (3, "SVC03")):
            if not svc.get(position):
                self._warn(f"{name} is missing: read as 0.00")
        claim.lines.append(
            RemittanceLine(
                segment=svc.number,
                code="" if qualifier == "NU" else code,
                modifiers=":".join(m for m in rest[:4] if m)[:20],
                submitted_code=submitted[:40],
                revenue_code=(code if qualifier == "NU" else svc.get(4))[:4],
                units=units(svc, 5),
                charge=amount(svc, 2),
                paid=amount(svc, 3),
                service_date=line.service_date,
                control_number=line.control_number,
                allowed=line.allowed,
                reductions=tuple(line.reductions),
                remark_codes=tuple(line.remark_codes),
            )
        )

    def _closed(self) -> Iterator[RemittanceClaim]:
        claim, self._claim = self._claim, None
        if claim is None:
            return
        self._close_line(claim)
        clp, lines = claim.segment, tuple(claim.lines)
        allowed = [line.allowed for line in lines]
        dates = [line.service_date for line in lines if line.service_date]
        found = RemittanceClaim(
            segment=clp.number,
            number=identifier(clp, 1, 60),
            status_code=identifier(clp, 2, 2),
            charge=amount(clp, 3),
            paid=amount(clp, 4),
            patient=amount(clp, 5) if clp.get(5) else None,
            control_number=identifier(clp, 7, 60),
            service_date=claim.service_date or min(dates, default=None),
            allowed=sum((a for a in allowed if a is not None), ZERO)
            if lines and None not in allowed
            else claim.covered,
            reductions=tuple(claim.reductions),
            remark_codes=tuple(claim.remark_codes),
            lines=lines,
        )
        self._check_amounts(clp, found)
        yield found

    def _check_amounts(self, clp: Segment, found: RemittanceClaim) -> None:
        """A missing amount counts as 0.00 only where the claim then balances."""
        for position in (3, 4):
            if clp.get(position):
                continue
            name = f"CLP{position:02d}"
            if found.difference:
                raise DamagedError(
                    "is missing, and without it the claim does not balance.",
                    segment=clp.number,
                    field=name,
                )
            self._warn(f"{name} is missing: 0.00 balances the claim")
        if not found.number:
            self._warn("a claim has no number (CLP01)")
        if not found.status_code:
            self._warn("a claim has no status (CLP02)")

    def _date(self) -> None:
        """Decided on: BPR16, else DTM*405, else GS04 with a warning (KPIS)."""
        group_date = day(self._found.group_date)

        def usable(text: str) -> date | None:
            found = day(text)
            too_late = found and group_date and found > group_date + MOST_AHEAD
            return None if too_late else found

        header = self.header
        if not self._has_amount:
            self._warn("no BPR: the amount of the payment is not stated, read as 0.00")
        if self._effective_date and usable(self._effective_date) is None:
            self._warn("BPR16 is no date near that of the file: DTM*405 counts")
        header.paid_on = usable(self._effective_date) or usable(self._production_date)
        if header.paid_on is None:
            self._warn("neither BPR16 nor DTM*405 holds a date: the date of GS04 stands in")
            header.paid_on, header.paid_on_assumed = group_date, True
        if not header.payer.name:
            self._warn("no payer is named (N1*PR)")


def normalised(segment: Segment) -> bytes:
    """The content of a segment whatever its delimiters and blanks."""
    delimiters = segment.delimiters
    elements = [element.strip() for element in segment.elements]
    while elements and not elements[-1]:
        elements.pop()
    text = "\x1e".join(elements).replace(delimiters.component, "\x1f")
    return text.encode("utf-8", "surrogatepass") + b"\x1d"


def adjustments(segment: Segment) -> Iterator[Reduction]:
    """The adjustments of a CAS, each with the group of the segment."""
    group = identifier(segment, 1, 2)
    for position in TRIPLETS:
        if segment.get(position) or segment.get(position + 1):
            yield Reduction(
                group,
                identifier(segment, position, 10) or NO_REASON,
                amount(segment, position + 1),
            )


def provider_adjustments(segment: Segment) -> Iterator[StatedProviderAdjustment]:
    """The pairs of a PLB."""
    for position in PLB_PAIRS:
        if segment.get(position + 1):
            reason, _, reference = segment.get(position).partition(segment.delimiters.component)
            if len(reason) > 4:
                raise DamagedError(
                    "is longer than 4 characters.", segment=segment.number, field="PLB03"
                )
            yield StatedProviderAdjustment(reason, reference[:60], amount(segment, position + 1))
