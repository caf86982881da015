"""Posts the claims of an 837: every CLM is a submission, and the newest one says what a claim is.

Newest by BHT04, then ISA13, then the digest of the file, then the place in it (KPIS, "submission"),
so that the order of files does not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from billing import matching, posting
from billing.bulk_insert import insert
from billing.choices import Frequency
from billing.imports.kinds.claims import own_encounter
from billing.imports.plan import Change, Records, update
from billing.imports.x12.envelope import TransactionSet
from billing.imports.x12.parties import OURS, Parties, record_number
from billing.imports.x12.source import Source
from billing.imports.x12.submissions import SubmittedClaim
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Claim,
    ClaimLine,
    Encounter,
    LineItem,
    Patient,
    Submission,
)

FREQUENCIES = {"6": Frequency.REPLACEMENT, "7": Frequency.REPLACEMENT, "8": Frequency.VOID}
FACTS = (
    "payer",
    "provider",
    "department",
    "service_date",
    "frequency",
    "billed",
    "expected",
    "expected_assumed",
    "encounter",
    "submitted_on",
    "is_from_remittance",
)
USED_AGAIN = "a claim number that was sent before for another patient or service date"
CHARGES_DIFFER = "claims whose lines do not add up to CLM02: CLM02 counts"
NO_DEPARTMENT = "claims that no department rule fits"
LINKED = "decisions that had waited for their claim"
Key = tuple[Any, ...]


@dataclass(slots=True)
class _Sent:
    """One CLM with what it becomes."""

    claim: SubmittedClaim
    position: int
    patient: Patient | None


@dataclass(slots=True)
class _Known:
    """What is stored of one claim number: the newest sending and the first day."""

    newest: Key | None = None
    first: date | None = None
    people: set[tuple[Any, Any]] = field(default_factory=set)


class SubmissionPosting:
    """Posts one transaction set, chunk by chunk, inside the caller's transaction."""

    def __init__(
        self, parties: Parties, source: Source, found: TransactionSet, submitted_on: date
    ) -> None:
        self._parties, self._source = parties, source
        self._submitted_on = submitted_on
        self._control = found.interchange_control[:9]
        group = found.group.get(6) if found.group else ""
        name = f"{found.ordinal:06d}/{self._control}/{group}/{found.control}"
        self._set = name[:60]
        self._position = 0
        self.counts: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()

    def is_known(self) -> bool:
        """Whether this transaction set of this file was loaded before."""
        return Submission.objects.filter(
            claim__practice=self._parties.practice,
            file_sha256=self._source.sha256,
            transaction_set=self._set,
        ).exists()

    def post(self, chunks: Iterator[list[SubmittedClaim]]) -> None:
        """Post all claims."""
        is_known = not self._parties.practice._state.adding and self.is_known()
        for chunk in chunks:
            if is_known:
                self.counts[Change.UNCHANGED] += len(chunk)
            else:
                self._post(chunk)
        self.notes += Counter()  # drops the zeros

    def _post(self, chunk: Sequence[SubmittedClaim]) -> None:
        practice = self._parties.practice
        patients = self._patients(chunk)
        sent = []
        for claim in chunk:
            self._position += 1
            number = _patient_number(claim)
            sent.append(_Sent(claim, self._position, patients.get(number) if number else None))
        newest = {one.claim.number: one for one in sent}
        stored = {
            claim.number: claim
            for claim in Claim.objects.select_related("encounter__patient")
            .filter(practice=practice, number__in=newest)
            .order_by("pk")
        }
        known = self._known(stored)
        for claim in chunk:  # also what an older sending names, whatever the order of files
            self._name(claim)
        claims = _Claims(self._parties)
        for number, one in newest.items():
            self._state(claims, stored, known[number], one)
        claims.save()
        self._submit(sent, stored | claims.all, known)
        self._count(chunk, stored, newest)
        self._settle(claims, [one.claim for one in sent])

    def _name(self, claim: SubmittedClaim) -> None:
        self._parties.provider(claim.provider)
        self._parties.payer(claim.payer.name)
        for line in claim.lines:
            self._parties.procedure(line.code)
            if claim.patient.name:
                self._parties.procedure(line.code, line.revenue_code)

    def _key(self, position: int) -> Key:
        return (self._submitted_on, self._control, self._source.sha256, self._set, position)

    def _patients(self, chunk: Sequence[SubmittedClaim]) -> dict[str, Patient]:
        """The patients of the chunk by record number; those not seen before are made."""
        wanted = {_patient_number(claim): claim for claim in chunk}
        wanted.pop("", None)
        found = {
            p.record_number: p
            for p in Patient.objects.filter(
                practice=self._parties.practice, record_number__in=wanted
            )
        }
        new = [
            Patient(
                practice=self._parties.practice,
                record_number=number,
                last_name=claim.patient.last_name.upper(),
                first_name=claim.patient.first_name.upper(),
                birth_date=claim.birth_date,
            )
            for number, claim in wanted.items()
            if number not in found
        ]
        insert(new)
        return found | {patient.record_number: patient for patient in new}

    def _known(self, stored: dict[str, Claim]) -> defaultdict[str, _Known]:
        """The sendings that are stored of these claims."""
        known: defaultdict[str, _Known] = defaultdict(_Known)
        rows: Any = Submission.objects.filter(claim__in=stored.values()).values_list(
            "claim__number",
            "submitted_on",
            "interchange_control",
            "file_sha256",
            "transaction_set",
            "position",
            "patient",
            "service_date",
        )
        for number, *key, patient, service_date in rows:
            of_claim = known[number]
            of_claim.newest = max(of_claim.newest or tuple(key), tuple(key))
            of_claim.first = min(of_claim.first or key[0], key[0])
            of_claim.people.add((patient, service_date))
        return known

    def _state(
        self, claims: "_Claims", stored: dict[str, Claim], known: _Known, one: _Sent
    ) -> None:
        """Make the claim, or bring it up to this sending where it is the newest."""
        number, sent = one.claim.number, one.claim
        claim = stored.get(number)
        first = min(known.first or self._submitted_on, self._submitted_on)
        if claim is not None and claim.submitted_on is not None:
            first = min(first, claim.submitted_on)
        if (
            claim is not None
            and known.newest is not None
            and known.newest > self._key(one.position)
        ):
            if claim.submitted_on != first:
                claim.submitted_on = first
                claims.touch(claim)
            return
        provider = self._parties.provider(sent.provider)
        department = self._parties.department(sent, provider)
        if claim is None:
            claim = Claim(practice=self._parties.practice, number=number)
        if department is not None or claim._state.adding:
            claim.department = department
        claim.payer = self._parties.payer(sent.payer.name)
        claim.provider = provider
        claim.service_date = sent.service_date
        claim.frequency = FREQUENCIES.get(sent.frequency_code, Frequency.ORIGINAL)
        claim.billed = sent.charge
        if claim.expected_assumed:
            claim.expected = sent.charge
        claim.submitted_on = first
        claim.is_from_remittance = False
        claims.put(claim, one)

    def _submit(
        self, sent: Sequence[_Sent], claims: dict[str, Claim], known: dict[str, _Known]
    ) -> None:
        rows = []
        for one in sent:
            claim, people = one.claim, known[one.claim.number].people
            person = (one.patient and one.patient.pk, claim.service_date)
            self.notes[USED_AGAIN] += bool(people) and person not in people
            people.add(person)
            rows.append(
                Submission(
                    claim=claims[claim.number],
                    submitted_on=self._submitted_on,
                    file_name=self._source.name,
                    file_sha256=self._source.sha256,
                    transaction_set=self._set,
                    position=one.position,
                    claim_number=claim.number,
                    charge=claim.charge,
                    line_charges=claim.line_charges,
                    patient_paid=claim.patient_paid,
                    frequency=FREQUENCIES.get(claim.frequency_code, Frequency.ORIGINAL),
                    frequency_code=claim.frequency_code,
                    interchange_control=self._control,
                    original_reference=claim.original_reference,
                    patient=one.patient,
                    payer=self._parties.payer(claim.payer.name),
                    service_date=claim.service_date,
                    provider_npi=claim.provider.npi,
                    facility=claim.facility.name.upper(),
                    place_of_service=claim.place_of_service,
                    revenue_code=claim.revenue_code,
                    diagnoses=" ".join(dict.fromkeys(claim.diagnoses)),
                    other_payers=[payer.as_json() for payer in claim.other_payers],
                )
            )
        self._parties.save()
        insert(rows)

    def _count(
        self,
        chunk: Sequence[SubmittedClaim],
        stored: dict[str, Claim],
        newest: dict[str, _Sent],
    ) -> None:
        created = len([number for number in newest if number not in stored])
        self.counts[Change.CREATED] += created
        self.counts[Change.UPDATED] += len(chunk) - created
        self.notes[CHARGES_DIFFER] += sum(c.charge != c.line_charges for c in chunk)

    def _settle(self, claims: "_Claims", chunk: Sequence[SubmittedClaim]) -> None:
        """What follows from new facts: lines, decisions that waited, replacements, projections."""
        matching.rematch_lines(claims.changed)
        posting.refresh(claims.changed, matching.restate)
        numbers = set(claims.all)
        self.notes[LINKED] += matching.link_waiting(self._parties.practice.pk, numbers=numbers)
        self.notes[NO_DEPARTMENT] += sum(c.department_id is None for c in claims.all.values())
        references = {c.original_reference for c in chunk} - {""}
        link_replacements(self._parties.practice.pk, numbers | references)


class _Claims:
    """The claims of one chunk with their encounters and lines, new and changed."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._records = Records()
        self._new: list[Claim] = []
        self._stated: list[tuple[Claim, _Sent]] = []
        self._touched: list[Claim] = []
        self.all: dict[str, Claim] = {}
        self.changed: list[int] = []

    def touch(self, claim: Claim) -> None:
        """A stored claim of which only the first day changes."""
        self._touched.append(claim)
        self.all[claim.number] = claim

    def put(self, claim: Claim, one: _Sent) -> None:
        """A claim with its present facts; its lines are those of this sending."""
        self.all[claim.number] = claim
        self._stated.append((claim, one))
        (self._new if claim._state.adding else self._touched).append(claim)

    def save(self) -> None:
        """Write encounters, claims and lines; projections follow."""
        self._parties.save()
        self._encounters()
        self._records.save()
        stored = [claim.pk for claim in self._touched]
        posting.create_claims([posting.NewClaim(claim) for claim in self._new])
        if stored:
            update(Claim, self._touched, FACTS)
            self._drop_lines([c.pk for c, _ in self._stated if c.pk in set(stored)])
        self.changed = stored
        insert([line for claim, one in self._stated for line in self._lines(claim, one)])

    def _encounters(self) -> None:
        """One encounter for one claim; those that other sources know stay as they are."""
        numbers = {own_encounter(claim.number): claim for claim, _ in self._stated}
        known = {
            e.number: e
            for e in Encounter.objects.select_related("patient")
            .filter(practice=self._parties.practice, number__in=numbers)
            .order_by("pk")
        }
        new: list[Encounter] = []
        changed: list[Encounter] = []
        for claim, one in self._stated:
            if one.patient is None:
                continue
            present = claim.encounter if claim.encounter_id else None
            present = present or known.get(own_encounter(claim.number))
            if present is not None and not present.patient.record_number.startswith(OURS):
                claim.encounter = present
                continue
            encounter = present or Encounter(
                practice=self._parties.practice, number=own_encounter(claim.number)
            )
            encounter.patient, encounter.date = one.patient, claim.service_date
            encounter.provider, encounter.department = claim.provider, claim.department
            claim.encounter = encounter
            (new if encounter._state.adding else changed).append(encounter)
        insert(new)
        if changed:
            update(Encounter, changed, ("patient", "date", "provider", "department"))
            LineItem.objects.filter(encounter__in=changed).delete()
        ours = {id(encounter) for encounter in (*new, *changed)}
        insert(
            [
                item
                for claim, one in self._stated
                if claim.encounter is not None and id(claim.encounter) in ours
                for item in self._items(claim.encounter, one)
            ]
        )

    def _items(self, encounter: Encounter, one: _Sent) -> Iterator[LineItem]:
        """The charges of the encounter; a line without any code has none."""
        for position, line in enumerate(one.claim.lines, start=1):
            procedure = self._parties.procedure(line.code, line.revenue_code)
            if procedure is None or line.charge < 0 or line.units <= 0:
                continue
            if procedure._state.adding:
                self._parties.save()
            yield LineItem(
                practice=self._parties.practice,
                encounter=encounter,
                number=f"{encounter.number}/{position}"[:60] if len(encounter.number) < 50 else "",
                procedure=procedure,
                modifiers=line.modifiers,
                units=line.units,
                charge=line.charge,
            )

    def _lines(self, claim: Claim, one: _Sent) -> Iterator[ClaimLine]:
        for position, line in enumerate(one.claim.lines, start=1):
            procedure = self._parties.procedure(line.code)
            if procedure is not None and procedure._state.adding:
                self._parties.save()
            yield ClaimLine(
                claim=claim,
                position=position,
                control_number=line.control_number,
                procedure=procedure,
                revenue_code=line.revenue_code,
                modifiers=line.modifiers,
                units=line.units,
                charge=line.charge,
                service_date=line.service_date,
                diagnosis_pointers=line.diagnosis_pointers,
            )

    @staticmethod
    def _drop_lines(claim_ids: Sequence[int]) -> None:
        """The lines of an older sending; decided lines find theirs anew."""
        AdjudicationLine.objects.filter(claim_line__claim__in=claim_ids).update(
            claim_line=None, matched_by=""
        )
        ClaimLine.objects.filter(claim__in=claim_ids).delete()


def _patient_number(claim: SubmittedClaim) -> str:
    if not claim.patient.name:
        return ""
    return record_number(claim.patient, claim.birth_date, claim.member_id)


def link_replacements(practice_id: int, references: set[str]) -> None:
    """Link replacing and voiding claims to what they name (REF F8): a payer's or claim number."""
    rows = (
        Submission.objects.filter(
            Q(original_reference__in=references) | Q(claim__number__in=references),
            claim__practice_id=practice_id,
        )
        .exclude(claim__frequency=Frequency.ORIGINAL)
        .exclude(original_reference="")
        .order_by(
            "submitted_on", "interchange_control", "file_sha256", "transaction_set", "position"
        )
        .values_list("claim", "original_reference")
    )
    wanted = dict(rows)
    if not wanted:
        return
    named: defaultdict[str, set[int]] = defaultdict(set)
    numbers = set(wanted.values())
    claims = Claim.objects.filter(practice_id=practice_id)
    decided = Adjudication.objects.filter(
        practice_id=practice_id, payer_control_number__in=numbers, claim__isnull=False
    )
    for pairs in (
        claims.filter(number__in=numbers).values_list("number", "pk"),
        decided.values_list("payer_control_number", "claim").distinct(),
    ):
        for number, pk in pairs:
            named[number].add(pk)
    for claim_id, reference in wanted.items():
        originals = named[reference] - {claim_id}
        if len(originals) == 1:
            claims.filter(pk=claim_id).update(replaces=originals.pop())
