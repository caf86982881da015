"""Loads one X12 file: reads each transaction set to its end, checks it, then posts it whole.

Reading and checking hold no lock. One transaction posts one set with its counts and the mark on
the batch, so that a kill loses at most the set at hand, and the next run goes on after the mark.
What is rejected is written to the log at the end, from the last reading.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, reset_queries, transaction

from billing.imports.batch import advance, fail, finish, open_batch
from billing.imports.errors import LoadingError
from billing.imports.plan import Change, Rejection
from billing.imports.remembered import PlannedRows
from billing.imports.report import COUNTS, LISTED
from billing.imports.x12.elements import ZERO
from billing.imports.x12.envelope import Envelope, TransactionSet
from billing.imports.x12.faults import DamagedError
from billing.imports.x12.figures import RemittanceFigures, Repeated, SubmissionFigures
from billing.imports.x12.kinds import Kind, RefusedError, kind_of
from billing.imports.x12.parties import Parties, Practices, UnknownPracticeError
from billing.imports.x12.remittance_posting import RemittancePosting
from billing.imports.x12.remittances import RemittanceClaim, RemittanceReader
from billing.imports.x12.report import X12Report
from billing.imports.x12.source import Source
from billing.imports.x12.spool import Spool
from billing.imports.x12.submission_posting import SubmissionPosting
from billing.imports.x12.submissions import SubmissionReader, SubmittedClaim
from billing.models import Claim, ImportBatch, Practice, Upload

ATTEMPTS = 3
TOLD_EACH = 1_000  # claims
BATCH_KIND = "x12"
NOTHING = "It holds no claim and no adjustment: there is nothing to load."
NO_DATE = "It holds no date that it could be posted on."
NO_SET = "The file holds no transaction set: there is nothing to load."
TEST_DATA = "ISA15 says that this is test data"
LATIN_1 = "The file is not UTF-8 and was read as Latin-1: check names with accents."
CLAIMS_OFF = "claims that do not balance: charge less adjustments is not what was paid"
LINES_OFF = "lines that do not balance"
LINES_APART = "claims whose lines do not add up to the claim"
Progress = Callable[[str, str, int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a call wants its files loaded; `planned` makes it a dry run.

    `upload` is what the batches belong to; `confirm` is called inside the transaction of each set
    and raises where it must not be written.
    """

    create_claims: bool = False
    who: User | None = None
    planned: PlannedRows | None = None
    upload: Upload | None = None
    confirm: Callable[[], None] = lambda: None


@dataclass(slots=True)
class RemittanceSet:
    """A whole 835 between reading and posting."""

    found: TransactionSet
    reader: RemittanceReader
    claims: Spool[RemittanceClaim]
    paid: Decimal = ZERO
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def difference(self) -> Decimal:
        """BPR02 less the claims and plus the provider-level adjustments: 0 where it balances."""
        taken = sum((a.amount for a in self.reader.adjustments), ZERO)
        return self.reader.header.signed_amount - (self.paid - taken)


@dataclass(slots=True)
class SubmissionSet:
    """A whole 837 between reading and posting."""

    found: TransactionSet
    reader: SubmissionReader
    claims: Spool[SubmittedClaim]
    first: SubmittedClaim
    notes: Counter[str] = field(default_factory=Counter)


WholeSet = RemittanceSet | SubmissionSet


class Loader:
    """Loads one file into the records, or only tells what it would do."""

    def __init__(
        self,
        source: Source,
        practices: Practices,
        parties: dict[str, Parties],
        options: Options,
        progress: Progress,
    ) -> None:
        """`parties` by the name of the practice are shared between files."""
        self._source, self._practices, self._parties = source, practices, parties
        self._options, self._progress = options, progress
        self._batches: dict[str, ImportBatch] = {}
        self._rejections: list[Rejection] = []
        self._counts: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._kinds: dict[str, None] = {}
        self._rejected = 0
        self.report = X12Report(source.shown)

    def load(self) -> X12Report:
        """Load the file; raises LoadingError where the database or the disk gives up."""
        try:
            with self._source.open() as file, Repeated() as of_835, Repeated() as of_837:
                self.report.remittances = RemittanceFigures(of_835)
                self.report.submissions = SubmissionFigures(of_837)
                envelope = Envelope(file)
                self.report.outline = envelope.outline
                self._walk(envelope)
                self._finish()
                self.report.settle()
        except (DatabaseError, ArithmeticError, OSError) as error:
            for batch in self._batches.values():
                fail(batch)
            raise LoadingError(
                f"{self._source.name}: loading broke off ({type(error).__name__}); what was stored "
                "stays, and the same command goes on from there."
            ) from error
        return self.report

    def _walk(self, envelope: Envelope) -> None:
        try:
            for found in envelope.transaction_sets():
                self._take(envelope, found)
                self._tell(envelope)
            if not envelope.outline.sets:
                self._reject(NO_SET, segment=envelope.outline.segments, field="")
        except DamagedError as error:
            self._reject(error.reason, segment=error.segment, field=error.field)

    def _tell(self, envelope: Envelope) -> None:
        """Say how far the reading is; no transaction is open."""
        size = self._source.size
        self._progress(self.report.file, "X12", min(envelope.offset, size), size)

    def _take(self, envelope: Envelope, found: TransactionSet) -> None:
        """Read one transaction set, then post it or say why not."""
        try:
            with Spool[RemittanceClaim]() as paid, Spool[SubmittedClaim]() as sent:
                whole = self._read(envelope, found, paid, sent)
                practice = self._practice(whole)
                self._check(whole)
                if self._options.planned is not None:
                    self._plan(whole, practice, self._options.planned)
                else:
                    self._store(whole, practice)
        except RefusedError as refused:
            self._reject(str(refused), segment=found.header.number, field="ST01")
        except UnknownPracticeError as unknown:
            self._reject(f"{found.name}: {unknown}", segment=found.header.number, field="")
        except DamagedError as damaged:
            for _ in envelope.rest(found):
                pass
            reason = f"{found.name} is not loaded: {damaged.field} {damaged.reason}"
            if not damaged.field:
                reason = damaged.reason
            self._reject(reason, segment=damaged.segment, field=damaged.field)

    def _read(
        self,
        envelope: Envelope,
        found: TransactionSet,
        paid: Spool[RemittanceClaim],
        sent: Spool[SubmittedClaim],
    ) -> WholeSet:
        warnings: list[str] = []
        kind = kind_of(found, warnings)
        self._kinds[kind] = None
        if found.interchange is not None and found.interchange.get(15) == "T":
            warnings.append(TEST_DATA)
        body = envelope.body(found)
        whole: WholeSet
        if kind is Kind.REMITTANCE:
            of_835 = RemittanceReader(found, warnings)
            whole = RemittanceSet(found, of_835, paid)
            for claim in of_835.claims(body):
                paid.add(claim)
                whole.paid += claim.paid
                if paid.count % TOLD_EACH == 0:
                    self._tell(envelope)
            if not paid.count and not of_835.adjustments:
                raise DamagedError(NOTHING, segment=found.header.number)
            dated = of_835.header.paid_on
        else:
            of_837 = SubmissionReader(found, kind, warnings)
            first: SubmittedClaim | None = None
            for one in of_837.claims(body):
                first = first or one
                sent.add(one)
                if sent.count % TOLD_EACH == 0:
                    self._tell(envelope)
            if first is None:
                raise DamagedError(NOTHING, segment=found.header.number)
            whole = SubmissionSet(found, of_837, sent, first)
            dated = of_837.header.submitted_on
        if dated is None:
            raise DamagedError(NO_DATE, segment=found.header.number)
        whole.notes.update(warnings)
        return whole

    def _practice(self, whole: WholeSet) -> Practice:
        warnings: list[str] = []
        if isinstance(whole, RemittanceSet):
            payee = whole.reader.header.payee
            found = self._practices.find(payee.npi, payee.tax_id, warnings)
        else:
            first = whole.first
            found = self._practices.find(first.billing.npi, first.billing_tax_id, warnings)
        whole.notes.update(warnings)
        return found

    def _check(self, whole: WholeSet) -> None:
        """Add up what is about to be loaded, and note what does not balance."""
        if isinstance(whole, SubmissionSet):
            assert self.report.submissions is not None  # noqa: S101 - narrows the type
            for sent in whole.claims.chunks():
                for one in sent:
                    self.report.submissions.add_claim(one)
            self.report.submissions.add_set()
            return
        assert self.report.remittances is not None  # noqa: S101 - narrows the type
        for chunk in whole.claims.chunks():
            for claim in chunk:
                self.report.remittances.add_claim(claim)
                whole.notes[CLAIMS_OFF] += claim.difference != 0
                whole.notes[LINES_APART] += claim.is_apart_from_lines
                whole.notes[LINES_OFF] += sum(line.difference != 0 for line in claim.lines)
        header, difference = whole.reader.header, whole.difference
        self.report.remittances.add_set(header, whole.reader.adjustments, difference)
        if difference:
            whole.notes[
                f"{whole.found.name}: BPR02 is off its claims and provider adjustments by "
                f"{difference}"
            ] += 1
        whole.notes += Counter()  # drops the zeros

    def _parties_of(self, practice: Practice) -> Parties:
        return self._parties.setdefault(practice.name, Parties(practice))

    # A dry run

    def _plan(self, whole: WholeSet, practice: Practice, planned: PlannedRows) -> None:
        """Count what loading would do, and remember it for the files to come."""
        self._notes += whole.notes
        parties = self._parties_of(practice)
        is_new = practice._state.adding
        if isinstance(whole, RemittanceSet):
            posting = RemittancePosting(parties, whole.reader, "", create_claims=False)
            known = not is_new and posting.is_known() is not None
            known = known or bool(planned.known(f"835 {practice.name}", [whole.reader.digest]))
            self._counts[Change.UNCHANGED if known else Change.CREATED] += whole.claims.count
            planned.add(f"835 {practice.name}", [(whole.reader.digest, "")])
            return
        if not is_new and self._submissions(whole, parties).is_known():
            self._counts[Change.UNCHANGED] += whole.claims.count
            return
        for chunk in whole.claims.chunks():
            numbers = [claim.number for claim in chunk]
            stored: set[str] = set()
            if not is_new:
                rows = Claim.objects.filter(practice=practice, number__in=numbers)
                stored = set(rows.values_list("number", flat=True))
            stored |= planned.known(f"837 {practice.name}", numbers)
            created = len(set(numbers) - stored)
            self._counts[Change.CREATED] += created
            self._counts[Change.UPDATED] += len(numbers) - created
            planned.add(f"837 {practice.name}", [(number, "") for number in numbers])

    # The real thing

    def _store(self, whole: WholeSet, practice: Practice) -> None:
        """Post a set in one transaction; worked out anew where others wrote meanwhile."""
        batch = self._batch_of(practice)
        if whole.found.ordinal <= batch.mark or batch.state == ImportBatch.State.FINISHED:
            return  # posted before a kill: the batch counts it
        parties = self._parties_of(practice)
        marked = batch.mark
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    self._options.confirm()
                    counts, notes = self._post(whole, parties)
                    counts["read"] = whole.claims.count
                    advance(
                        batch,
                        mark=whole.found.ordinal,
                        counts=counts,
                        notes=whole.notes + notes,
                        rejections=(),
                    )
                    self._options.confirm()  # a large set takes long: still at work
                reset_queries()  # with DEBUG on, Django keeps every statement
                return
            except IntegrityError:
                parties.forget()
                batch.refresh_from_db()
                if attempt == ATTEMPTS or batch.mark != marked:
                    raise
            except BaseException:
                parties.forget()
                raise

    def _post(self, whole: WholeSet, parties: Parties) -> tuple[Counter[str], Counter[str]]:
        if isinstance(whole, RemittanceSet):
            of_835 = RemittancePosting(
                parties,
                whole.reader,
                self._source.name,
                create_claims=self._options.create_claims,
            )
            of_835.post(whole.claims.chunks(), whole.difference)
            return of_835.counts, of_835.notes
        of_837 = self._submissions(whole, parties)
        of_837.post(whole.claims.chunks())
        return of_837.counts, of_837.notes

    def _submissions(self, whole: SubmissionSet, parties: Parties) -> SubmissionPosting:
        submitted_on = whole.reader.header.submitted_on or date.min
        return SubmissionPosting(parties, self._source, whole.found, submitted_on)

    def _batch_of(self, practice: Practice) -> ImportBatch:
        """The log of this file in a practice; a practice that is new is stored with it."""
        if practice._state.adding:
            practice.save()
        if practice.name not in self._batches:
            self._batches[practice.name] = open_batch(
                practice,
                self._source,
                kind=BATCH_KIND,
                profile="",
                who=self._options.who,
                file_name=self._source.name,
                upload=self._options.upload,
                leaves_footprints=False,
            )
        return self._batches[practice.name]

    # What is said in the end

    def _reject(self, reason: str, *, segment: int, field: str) -> None:
        self._rejected += 1
        self._rejections.append(Rejection(segment, field, reason))

    def _finish(self) -> None:
        """Write rejections and faults of the envelope to the log, and let the report say all."""
        faults = Counter(self.report.outline.faults)
        if self._source.encoding == "latin-1":
            faults[LATIN_1] += 1
        rejected = Counter(read=self._rejected, rejected=self._rejected)
        log = self._log()
        if log is not None and log.state != ImportBatch.State.FINISHED:
            with transaction.atomic():
                self._options.confirm()
                advance(
                    log,
                    mark=log.mark,
                    counts=rejected,
                    notes=faults,
                    rejections=self._rejections,
                )
        counts, notes = self._counts + rejected, self._notes + faults
        for batch in self._batches.values():
            if batch.state != ImportBatch.State.FINISHED:
                finish(batch)
        if log is not None:
            counts, notes = Counter(), Counter()
            for batch in self._batches.values():
                counts.update({name: getattr(batch, name) for name in COUNTS})
                notes.update(batch.notes)
        else:
            counts["read"] = sum(counts[c] for c in Change) + self._rejected
        counts["warnings"] = len(notes)
        report = self.report
        report.kind = " + ".join(self._kinds)
        report.counts, report.notes = counts, dict(notes)
        report.rejections = self._rejections[:LISTED]
        if self._rejected and not report.loaded:
            first = self._rejections[0]
            report.refused = f"Segment {first.line}: {first.reason}"

    def _log(self) -> ImportBatch | None:
        """Where rejections are kept: with the practice of the file, else the default one."""
        if self._options.planned is not None:
            return None
        if not self._batches and self._rejected:
            try:
                practice = self._practices.find("", "", [])
            except UnknownPracticeError:
                return None
            if practice._state.adding:
                return None
            self._batch_of(practice)
        return next(iter(self._batches.values()), None)
