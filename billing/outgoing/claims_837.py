"""Claims as X12 837P (005010X222A1): what the practice billed, one transaction set a day.

A claim that cannot be said in the guide's terms is left out and counted by its reason.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import TextIO, cast

from billing.choices import Frequency, PayerKind
from billing.models import Claim, ClaimLine, Encounter, Practice
from billing.outgoing.parties import (
    CITY,
    STREET,
    TELEPHONE,
    Segment,
    filing_indicator,
    identified,
    named_patient,
    named_payer,
    named_provider,
    payer_codes,
    tax_id,
)
from billing.outgoing.segments import COMPONENT, Interchange, clean, day, money, number
from billing.querysets import ClaimQuerySet

GUIDE = "005010X222A1"
MOST_CLAIMS, MOST_LINES, LONGEST_NUMBER = 5_000, 50, 38
READ_AT_ONCE = 500
FREQUENCIES = {Frequency.ORIGINAL: "1", Frequency.REPLACEMENT: "7", Frequency.VOID: "8"}
OFFICE = "11"
ILLNESS_UNSPECIFIED = "R69"  # ICD-10-CM, for records that hold no diagnosis
CLEARINGHOUSE = "CLEARINGHOUSE"


def write_837(
    file: TextIO, practice: Practice, claims: ClaimQuerySet, *, now: datetime
) -> tuple[int, Counter[str]]:
    """Write the submitted claims among `claims` by day of submission, in flat memory.

    Returns how many were written, and the others by reason. Raises ValidationError where the
    practice lacks its NPI or tax id.
    """
    identified(practice)
    left_out: Counter[str] = Counter()
    written = 0
    codes = payer_codes(practice)
    with Interchange(
        file, kind="837", code="HC", guide=GUIDE, sender=practice.npi, receiver=CLEARINGHOUSE,
        now=now,
    ) as interchange:  # fmt: skip
        sendable = (claim for claim in _read(practice, claims) if _fits(claim, left_out))
        for sent_on, of_day in groupby(sendable, key=lambda claim: claim.submitted_on):
            for batch in _batches(of_day):
                _write_set(interchange, practice, cast(date, sent_on), batch, codes, now)
                written += len(batch)
    return written, left_out


def _read(practice: Practice, claims: ClaimQuerySet) -> Iterator[Claim]:
    return (
        claims.filter(practice=practice, submitted_on__isnull=False)
        .select_related("payer", "provider", "encounter__patient", "replaces")
        .prefetch_related("lines")
        .order_by("submitted_on", "pk")
        .iterator(chunk_size=READ_AT_ONCE)
    )


def _batches(claims: Iterator[Claim]) -> Iterator[list[Claim]]:
    """At most MOST_CLAIMS claims for one transaction set."""
    batch: list[Claim] = []
    for claim in claims:
        batch.append(claim)
        if len(batch) == MOST_CLAIMS:
            yield batch
            batch = []
    if batch:
        yield batch


def _fits(claim: Claim, left_out: Counter[str]) -> bool:
    reason = _unfit(claim)
    left_out.update([reason] if reason else [])
    return not reason


def _unfit(claim: Claim) -> str:
    """Why a claim cannot be written; blank where it can."""
    lines = list(claim.lines.all())
    if claim.payer.kind == PayerKind.SELF_PAY:
        return "The patient pays: no claim goes to a payer."
    if claim.encounter is None:
        return "The patient is not known."
    if claim.encounter.patient.birth_date is None:
        return "The patient's birth date is not known."
    if len(clean(claim.number)) > LONGEST_NUMBER:
        return f"The claim number is longer than {LONGEST_NUMBER} characters."
    if not lines or any(line.procedure_id is None for line in lines):
        return "The claim has no lines, or one without a procedure code."
    if len(lines) > MOST_LINES:
        return f"The claim has more than {MOST_LINES} lines."
    if any(_served_on(claim, line) is None for line in lines):
        return "A service date is not known."
    if sum(line.charge for line in lines) != claim.billed:
        return "The lines do not add up to what was billed."
    return ""


def _served_on(claim: Claim, line: ClaimLine) -> date | None:
    return line.service_date or claim.service_date


def _write_set(
    interchange: Interchange,
    practice: Practice,
    sent_on: date,
    claims: list[Claim],
    codes: dict[int, str],
    now: datetime,
) -> None:
    control = interchange.begin()
    reference = f"{sent_on:%Y%m%d}{control}"
    interchange.segment("BHT", "0019", "00", reference, day(sent_on), f"{now:%H%M}", "CH")
    interchange.segments(_header(practice))
    for position, claim in enumerate(claims, start=2):
        interchange.segments(_claim(position, claim, codes))
    interchange.end()


def _header(practice: Practice) -> list[Segment]:
    """Submitter, receiver and billing provider."""
    name = clean(practice.name)
    return [
        ("NM1", "41", "2", name, "", "", "", "", "46", practice.npi),
        ("PER", "IC", "BILLING OFFICE", "TE", TELEPHONE),
        ("NM1", "40", "2", CLEARINGHOUSE, "", "", "", "", "46", CLEARINGHOUSE),
        ("HL", "1", "", "20", "1"),
        ("NM1", "85", "2", name, "", "", "", "", "XX", practice.npi),
        STREET,
        CITY,
        ("REF", "EI", tax_id(practice)),
    ]


def _claim(position: int, claim: Claim, codes: dict[int, str]) -> Iterator[Segment]:
    """Subscriber, payer, claim and lines."""
    patient = cast(Encounter, claim.encounter).patient
    yield ("HL", str(position), "1", "22", "0")
    yield ("SBR", "P", "18", "", "", "", "", "", "", filing_indicator(claim.payer, commercial="CI"))
    yield named_patient("IL", patient)
    yield STREET
    yield CITY
    yield ("DMG", "D8", day(cast(date, patient.birth_date)), "U")
    yield named_payer("PR", claim.payer, codes)
    place = COMPONENT.join((OFFICE, "B", FREQUENCIES[Frequency(claim.frequency)]))
    yield ("CLM", clean(claim.number), money(claim.billed), "", "", place, "Y", "A", "Y", "Y")
    if claim.replaces is not None:
        former = claim.replaces.payer_control_number or claim.replaces.number
        yield ("REF", "F8", clean(former, 50))
    yield ("HI", f"ABK{COMPONENT}{ILLNESS_UNSPECIFIED}")
    if claim.provider is not None:
        yield from named_provider(claim.provider)
    for place_of_line, line in enumerate(claim.lines.all(), start=1):
        yield from _line(place_of_line, claim, line)


def _line(position: int, claim: Claim, line: ClaimLine) -> Iterator[Segment]:
    served_on = cast(date, _served_on(claim, line))
    code = COMPONENT.join(("HC", str(line.procedure_id), *filter(None, line.modifiers.split(":"))))
    yield ("LX", str(position))
    yield ("SV1", code, money(line.charge), "UN", number(line.units), "", "", "1")
    yield ("DTP", "472", "D8", day(served_on))
    yield ("REF", "6R", line.control_number or str(line.position))
