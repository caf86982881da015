"""Reads an 837: the claims that were sent, as they stand in the file.

HL opens billing provider (20), subscriber (22) and patient (23); CLM opens a claim, SBR after it
another payer, SV1, SV2 or SV3 a line, SVD what another payer decided on that line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from billing.adjudication import Reduction
from billing.imports.x12.elements import ZERO, amount, day, identifier, units
from billing.imports.x12.envelope import TransactionSet
from billing.imports.x12.faults import DamagedError
from billing.imports.x12.kinds import Kind
from billing.imports.x12.remittances import adjustments
from billing.imports.x12.segments import Segment

SERVICES = {"SV1": (1, 2, 4), "SV2": (2, 3, 5), "SV3": (1, 2, 6)}  # code, charge, units
DIAGNOSES = frozenset({"BK", "ABK", "BF", "ABF", "BJ", "ABJ", "PR", "APR", "BN", "ABN"})
RENDERING, ATTENDING, FACILITY = "82", "71", ("77", "FA", "LI", "TL")
LEVELS = {"20": 0, "22": 1, "23": 2}


@dataclass(frozen=True, slots=True)
class Named:
    """A person or an organization as NM1 names it."""

    last_name: str = ""
    first_name: str = ""
    is_person: bool = False
    npi: str = ""
    code: str = ""

    @property
    def name(self) -> str:
        """The whole name."""
        return ", ".join(filter(None, (self.last_name, self.first_name)))[:120]


NOBODY = Named()


@dataclass(frozen=True, slots=True)
class SubmittedLine:
    """One service as it was billed (SV1, SV2, SV3)."""

    segment: int
    kind: str
    code: str
    modifiers: str
    revenue_code: str
    units: Decimal
    charge: Decimal
    service_date: date | None
    control_number: str
    diagnosis_pointers: str
    provider: Named


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """Another payer of the same claim and what it decided (loops 2320 and 2430)."""

    name: str
    code: str
    sequence: str
    paid: Decimal
    reductions: tuple[Reduction, ...]

    def as_json(self) -> dict[str, Any]:
        """As the submission keeps it."""
        return {
            "name": self.name,
            "code": self.code,
            "sequence": self.sequence,
            "paid": str(self.paid),
            "adjustments": [[r.group, r.reason, str(r.amount)] for r in self.reductions],
        }


@dataclass(frozen=True, slots=True)
class SubmittedClaim:
    """One CLM with the parties of its loops."""

    segment: int
    number: str
    charge: Decimal
    place_of_service: str
    frequency_code: str
    original_reference: str
    service_date: date | None
    diagnoses: tuple[str, ...]
    patient_paid: Decimal
    payer: Named
    patient: Named
    birth_date: date | None
    member_id: str
    billing: Named
    billing_tax_id: str
    provider: Named
    facility: Named
    lines: tuple[SubmittedLine, ...]
    other_payers: tuple[OtherPayer, ...]

    @property
    def line_charges(self) -> Decimal:
        """What the lines add up to."""
        return sum((line.charge for line in self.lines), ZERO)

    @property
    def revenue_code(self) -> str:
        """Of the first line that has one."""
        return next((line.revenue_code for line in self.lines if line.revenue_code), "")


@dataclass(slots=True)
class SubmissionHeader:
    """What the set says of itself."""

    reference: str = ""
    submitted_on: date | None = None
    submitted_on_assumed: bool = False
    purpose: str = ""


@dataclass(slots=True)
class _Person:
    named: Named = NOBODY
    birth_date: date | None = None


@dataclass(slots=True)
class _OpenPayer:
    sequence: str
    named: Named = NOBODY
    paid: Decimal = ZERO
    reductions: list[Reduction] = field(default_factory=list)


@dataclass(slots=True)
class _OpenLine:
    segment: Segment
    service_date: date | None = None
    control_number: str = ""
    provider: Named = NOBODY


@dataclass(slots=True)
class _OpenClaim:
    segment: Segment
    payer: Named
    patient: _Person
    subscriber: _Person
    billing: Named
    billing_tax_id: str
    original_reference: str = ""
    dates: dict[str, date] = field(default_factory=dict)
    diagnoses: list[str] = field(default_factory=list)
    patient_paid: Decimal = ZERO
    named: dict[str, Named] = field(default_factory=dict)
    lines: list[SubmittedLine] = field(default_factory=list)
    payers: list[_OpenPayer] = field(default_factory=list)
    line: _OpenLine | None = None


class SubmissionReader:
    """Reads one transaction set; the header is whole when `claims` has ended."""

    def __init__(self, found: TransactionSet, kind: Kind, warnings: list[str]) -> None:
        self.header = SubmissionHeader()
        self.lines_outside = 0
        self._found, self._kind, self._warnings = found, kind, warnings
        self._billing, self._billing_tax_id = NOBODY, ""
        self._subscriber, self._patient, self._payer = _Person(), _Person(), NOBODY
        self._level = 0
        self._is_at_billing = False
        self._claim: _OpenClaim | None = None
        self._said: set[str] = set()

    def claims(self, body: Iterable[Segment]) -> Iterator[SubmittedClaim]:
        """Every claim of the set; raises DamagedError where one cannot be read."""
        for segment in body:
            name = segment.name
            if name == "HL":
                yield from self._closed()
                self._open_level(segment)
            elif name == "CLM":
                yield from self._closed()
                self._open_claim(segment)
            elif self._claim is not None:
                self._of_claim(self._claim, segment)
            else:
                self._before_claim(segment)
        yield from self._closed()
        self._date()

    def _warn(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._warnings.append(text)

    def _open_level(self, segment: Segment) -> None:
        self._level = LEVELS.get(segment.get(3), self._level)
        if self._level == 0:
            self._billing, self._billing_tax_id = NOBODY, ""
        if self._level <= 1:
            self._subscriber, self._payer = _Person(), NOBODY
        self._patient = _Person()

    def _before_claim(self, segment: Segment) -> None:
        person = self._patient if self._level == 2 else self._subscriber
        match segment.name, segment.get(1):
            case "BHT", _:
                self.header.reference = segment.get(3)[:60]
                self.header.submitted_on = day(segment.get(4))
                self.header.purpose = segment.get(2)
            case "NM1", "85":
                self._billing = _named(segment)
            case "NM1", "IL":
                self._subscriber.named = _named(segment)
            case "NM1", "QC":
                self._patient.named = _named(segment)
            case "NM1", "PR":
                self._payer = _named(segment)
            case "DMG", _:
                person.birth_date = day(segment.get(2))
            case "REF", "EI" if self._level == 0:
                self._billing_tax_id = segment.get(2).replace("-", "")[:12]
            case "SV1" | "SV2" | "SV3", _:
                raise DamagedError(
                    "stands outside any claim.", segment=segment.number, field=segment.name
                )
            case "CAS", _:
                raise DamagedError("stands outside any claim.", segment=segment.number, field="CAS")
            case _:
                pass

    def _open_claim(self, segment: Segment) -> None:
        self._claim = _OpenClaim(
            segment,
            payer=self._payer,
            patient=self._patient,
            subscriber=self._subscriber,
            billing=self._billing,
            billing_tax_id=self._billing_tax_id,
        )

    def _of_claim(self, claim: _OpenClaim, segment: Segment) -> None:
        name = segment.name
        if name in SERVICES:
            self._close_line(claim)
            claim.line = _OpenLine(segment)
        elif name == "LX":
            self._close_line(claim)
        elif name == "SBR" and claim.line is None:
            claim.payers.append(_OpenPayer(segment.get(1)))
        elif name in ("CAS", "SVD"):
            self._of_other_payer(claim, segment)
        elif claim.line is not None:
            self._of_line(claim.line, segment)
        elif claim.payers:
            self._of_payer(claim.payers[-1], segment)
            if name == "AMT" and segment.get(1) == "F5":
                claim.patient_paid += amount(segment, 2)
        else:
            self._of_claim_itself(claim, segment)

    def _of_claim_itself(self, claim: _OpenClaim, segment: Segment) -> None:
        qualifier = segment.get(1)
        match segment.name:
            case "DTP":
                if (found := day(segment.get(3))) is not None:
                    claim.dates.setdefault(qualifier, found)
            case "REF" if qualifier == "F8":
                claim.original_reference = identifier(segment, 2, 60)
            case "HI":
                claim.diagnoses += _diagnoses(segment)
            case "AMT" if qualifier == "F5":
                claim.patient_paid += amount(segment, 2)
            case "NM1":
                claim.named.setdefault(qualifier, _named(segment))
            case _:
                pass

    def _of_line(self, line: _OpenLine, segment: Segment) -> None:
        match segment.name, segment.get(1):
            case "DTP", "472":
                line.service_date = day(segment.get(3))
            case "REF", "6R":
                line.control_number = identifier(segment, 2, 60)
            case "NM1", "82":
                line.provider = _named(segment)
            case "AMT", "F5" if self._claim is not None:
                self._claim.patient_paid += amount(segment, 2)
            case _:
                pass

    @staticmethod
    def _of_payer(payer: _OpenPayer, segment: Segment) -> None:
        match segment.name, segment.get(1):
            case "NM1", "PR":
                payer.named = _named(segment)
            case "AMT", "D":
                payer.paid = amount(segment, 2)
            case _:
                pass

    def _of_other_payer(self, claim: _OpenClaim, segment: Segment) -> None:
        """A CAS belongs to the payer at hand; SVD01 says which one decided on the line."""
        if segment.name == "SVD":
            named = [p for p in claim.payers if p.named.code == segment.get(1)]
            if named:
                claim.payers.remove(named[0])
                claim.payers.append(named[0])
            return
        if not claim.payers:
            self._warn("adjustments of another payer that is not named")
            claim.payers.append(_OpenPayer(""))
        claim.payers[-1].reductions += adjustments(segment)

    def _close_line(self, claim: _OpenClaim) -> None:
        line, claim.line = claim.line, None
        if line is None:
            return
        service = line.segment
        code_at, charge_at, units_at = SERVICES[service.name]
        parts = service.parts(code_at)
        code = parts[1] if len(parts) > 1 else ""
        if len(code) > 18:
            raise DamagedError(
                "has a code too long.", segment=service.number, field=f"{service.name}{code_at:02d}"
            )
        if not service.get(charge_at):
            self._warn(f"{service.name}{charge_at:02d} is missing: read as 0.00")
        revenue_code = service.get(1).split(".")[0] if service.name == "SV2" else ""
        claim.lines.append(
            SubmittedLine(
                segment=service.number,
                kind=service.name,
                code=code,
                modifiers=":".join(m for m in parts[2:6] if m)[:20],
                revenue_code=revenue_code if len(revenue_code) <= 4 else "",
                units=units(service, units_at),
                charge=amount(service, charge_at),
                service_date=line.service_date,
                control_number=line.control_number,
                diagnosis_pointers=":".join(filter(None, service.parts(7)))[:20]
                if service.name == "SV1"
                else "",
                provider=line.provider,
            )
        )

    def _closed(self) -> Iterator[SubmittedClaim]:
        claim, self._claim = self._claim, None
        if claim is None:
            return
        self._close_line(claim)
        clm = claim.segment
        number = identifier(clm, 1, 60)
        for position, text in ((1, number), (2, clm.get(2))):
            if not text:
                raise DamagedError("is missing.", segment=clm.number, field=f"CLM{position:02d}")
        place, _, frequency, *_ = *clm.parts(5), "", ""
        frequency = frequency[:1]
        if not frequency:
            self._warn("a claim has no frequency (CLM05-3): read as original")
        patient = claim.patient if claim.patient.named.name else claim.subscriber
        found = SubmittedClaim(
            segment=clm.number,
            number=number,
            charge=amount(clm, 2),
            place_of_service=place if place.isalnum() and len(place) == 2 else "",
            frequency_code=frequency,
            original_reference=claim.original_reference,
            service_date=self._service_date(claim),
            diagnoses=tuple(claim.diagnoses),
            patient_paid=claim.patient_paid,
            payer=claim.payer,
            patient=patient.named,
            birth_date=patient.birth_date,
            member_id=claim.subscriber.named.code or patient.named.code,
            billing=claim.billing,
            billing_tax_id=claim.billing_tax_id,
            provider=self._provider(claim),
            facility=next((claim.named[q] for q in FACILITY if q in claim.named), NOBODY),
            lines=tuple(claim.lines),
            other_payers=tuple(
                OtherPayer(
                    p.named.name, p.named.code[:80], p.sequence[:2], p.paid, tuple(p.reductions)
                )
                for p in claim.payers
            ),
        )
        if found.charge < 0:
            raise DamagedError("is below zero.", segment=clm.number, field="CLM02")
        if not found.payer.name:
            self._warn("a claim names no payer (NM1*PR)")
        if not found.patient.name:
            self._warn("a claim names no patient (NM1*IL, NM1*QC): loaded without one")
        yield found

    def _service_date(self, claim: _OpenClaim) -> date | None:
        """The first day: of the statement for a hospital, else of the lines."""
        of_lines = min((n.service_date for n in claim.lines if n.service_date), default=None)
        stated = claim.dates.get("434") or claim.dates.get("472")
        if self._kind is Kind.INSTITUTIONAL:
            return stated or of_lines or claim.dates.get("435")
        return of_lines or stated or claim.dates.get("435")

    @staticmethod
    def _provider(claim: _OpenClaim) -> Named:
        """Who rendered the service: as the claim, its first line or the billing party says."""
        of_lines = next((line.provider for line in claim.lines if line.provider.name), NOBODY)
        named = claim.named.get(RENDERING) or claim.named.get(ATTENDING) or NOBODY
        return next((n for n in (named, of_lines, claim.billing) if n.name), NOBODY)

    def _date(self) -> None:
        header = self.header
        if header.submitted_on is None:
            self._warn("BHT04 holds no date: the date of GS04 stands in")
            header.submitted_on = day(self._found.group_date)
            header.submitted_on_assumed = True


def _named(segment: Segment) -> Named:
    code = segment.get(9)
    return Named(
        last_name=" ".join(segment.get(3).split())[:80],
        first_name=" ".join(segment.get(4).split())[:80],
        is_person=segment.get(2) == "1",
        npi=code[:10] if segment.get(8) == "XX" else "",
        code=code[:80],
    )


def _diagnoses(segment: Segment) -> Iterator[str]:
    for position in range(1, len(segment.elements)):
        qualifier, code, *_ = *segment.parts(position), "", ""
        if qualifier in DIAGNOSES and code:
            yield code[:10]
