"""Loads one kind of rows of one file, chunk by chunk.

A chunk is read, checked and compared with the records outside any write transaction; one short
transaction then writes its rows, its rejections, the counts and the mark together. Between chunks
anybody can write, also on SQLite; a kill at any moment loses at most the chunk at hand.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, reset_queries, transaction

from billing import footprints
from billing.imports.batch import advance, describe, fail, finish, merged, open_batch
from billing.imports.columns import Row
from billing.imports.context import Context
from billing.imports.errors import BadValueError, LoadingError
from billing.imports.plan import Change, Plan, Rejection
from billing.imports.reader import Line, read_lines
from billing.imports.remembered import PlannedRows, SeenRows
from billing.imports.report import LISTED, FileReport
from billing.imports.tasks import Task
from billing.models import ImportBatch, Upload

CHUNK = 1_000
ATTEMPTS = 3
NO_ROWS = "The file has a header line and no rows."
LATIN_1 = "The file is not UTF-8 and was read as Latin-1: check names with accents."
NO_LINE_END = "The file does not end with a line end: check line {line}, it may be cut short."
SAME_ROW_AGAIN = "The row stands in the file already, word for word; it counts once."

Progress = Callable[[str, str, int, int], None]


def no_progress(file: str, kind: str, done: int, size: int) -> None:
    """Progress that nobody watches: file, kind, bytes done, bytes in all."""


@dataclass(slots=True)
class Chunk:
    """Lines read together, and what reading alone told of them."""

    mark: int
    rows: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)


class Loader:
    """Loads one task into the records, or only tells what it would do."""

    def __init__(
        self,
        task: Task,
        context: Context,
        *,
        profile: str = "",
        who: User | None = None,
        progress: Progress = no_progress,
        chunk_size: int = CHUNK,
        upload: Upload | None = None,
        confirm: Callable[[], None] = lambda: None,
    ) -> None:
        self.task, self.context = task, context
        self._profile, self._who, self._progress = profile, who, progress
        self._chunk_size, self._upload, self._confirm = chunk_size, upload, confirm
        self._headers = {cell.column.name: cell.header for cell in task.layout.cells}
        self.report = FileReport(task.name, task.section.label)

    def load(self) -> FileReport:
        """Load the file; raises LoadingError where the database or the disk gives up."""
        self.context.options = self.task.section.options
        batch = None
        if not self.context.is_dry:
            batch = open_batch(
                self.context.practice,
                self.task.source,
                kind=self.task.section.label,
                profile=self._profile,
                who=self._who,
                file_name=PurePath(self.task.name).name,
                upload=self._upload,
            )
        if batch is not None and batch.state == ImportBatch.State.FINISHED:
            describe(batch, self.report)
            return self.report
        try:
            self._load(batch)
        except (DatabaseError, ArithmeticError, OSError) as error:
            if batch is not None:
                self._break_off(batch)
            name = PurePath(self.task.name).name
            raise LoadingError(
                f"{name}: loading broke off ({type(error).__name__}); what was "
                "stored stays, and the same command goes on from there."
            ) from error
        return self.report

    def _break_off(self, batch: ImportBatch) -> None:
        """Leave the batch to be gone on with, and report what was stored before the fault."""
        with suppress(DatabaseError):
            fail(batch)
            batch.refresh_from_db()
            describe(batch, self.report)

    def _load(self, batch: ImportBatch | None) -> None:
        done = batch.mark if batch else 0
        with SeenRows() as seen:
            for chunk in self._chunks(seen, done):
                self._store(chunk, batch)
                reset_queries()  # with DEBUG on, Django keeps every statement
        if batch is not None:
            finish(batch)
            describe(batch, self.report)

    def _chunks(self, seen: SeenRows, done: int) -> Iterator[Chunk]:
        """The file after its first `done` rows, in chunks.

        The first chunk of all carries what is to be said of the whole file; the rows that were
        stored before a kill are only remembered by their keys.
        """
        task, position = self.task, 0
        lines = read_lines(task.source, width=len(task.header), delimiter=task.delimiter)
        chunk = Chunk(done, notes=Counter() if done else Counter(self._file_notes()))
        for position, line in enumerate(lines, start=1):
            if position <= done:
                self._take(line, Chunk(done), seen)
                if position % (10 * self._chunk_size) == 0:
                    self._progress(task.name, task.kind.title, line.offset, task.source.size)
                continue
            self._take(line, chunk, seen)
            chunk.mark = position
            if len(chunk.rows) >= self._chunk_size or position % (10 * self._chunk_size) == 0:
                yield chunk
                self._progress(task.name, task.kind.title, line.offset, task.source.size)
                chunk = Chunk(position)
        if position == 0:
            chunk.notes[NO_ROWS] += 1
        elif position > done and not task.source.ends_with_newline:
            chunk.notes[NO_LINE_END.format(line=line.number)] += 1
        if chunk.mark > done or chunk.notes:
            yield chunk
        self._progress(task.name, task.kind.title, task.source.size, task.source.size)

    def _file_notes(self) -> list[str]:
        """What is to be said of the file as a whole, once."""
        notes = list(self.task.section.notes)
        if self.task.source.encoding == "latin-1":
            notes.append(LATIN_1)
        notes += [
            f"The column {name} is not used."
            for name in self.task.section.unknown_columns(self.task.header)
        ]
        return notes

    def _take(self, line: Line, chunk: Chunk, seen: SeenRows) -> None:
        """Read one line into the chunk: as a row, a repetition, or a rejection."""
        layout, kind = self.task.layout, self.task.kind
        if line.problem:
            self._reject(chunk, line, line.problem)
            return
        if not layout.takes(line.cells):
            if self.task.is_first and not any(o.takes(line.cells) for o in self.task.others):
                self._reject(chunk, line, "The profile has no use for a row of this kind.")
            return
        try:
            row = layout.row(line.number, line.raw, line.cells)
        except BadValueError as error:
            self._reject(chunk, line, error.reason, error.field)
            return
        before = seen.first(kind.key(row), line.number, line.raw)
        if before is None:
            chunk.counts["read"] += 1
            chunk.rows.append(row)
            return
        first_line, is_same = before
        if is_same:
            chunk.counts.update(("read", "unchanged"))
            chunk.notes[SAME_ROW_AGAIN] += 1
            return
        names = " and ".join(self._header(name) for name in kind.key_columns)
        reason = f"is a duplicate: line {first_line} has the same {names}; keep one of the two."
        self._reject(chunk, line, reason, kind.key_columns[0])

    def _reject(self, chunk: Chunk, line: Line, reason: str, field: str = "") -> None:
        chunk.counts["read"] += 1
        chunk.rejections.append(Rejection(line.number, field, reason, line.raw))

    def _header(self, column: str) -> str:
        """The name that the file gives to one of our columns."""
        return self._headers.get(column, column)

    def _store(self, chunk: Chunk, batch: ImportBatch | None) -> None:
        """Work out what the chunk comes to and, unless this is a dry run, write it.

        Another person may have written the same records meanwhile: then the chunk is worked out
        anew from what is stored now.
        """
        directory = self.context.directory
        for attempt in range(1, ATTEMPTS + 1):
            plan = self._prepare(chunk)
            if batch is None:
                directory.new.clear()
                self._count(chunk, plan)
                return
            marked = batch.mark
            try:
                with transaction.atomic(), footprints.noted() as left:
                    self._confirm()
                    directory.save()
                    plan.save()
                    self._advance(batch, chunk, plan)
                    left.save(batch)
                directory.new.clear()
                return
            except IntegrityError:
                directory.forget()
                batch.refresh_from_db()
                if attempt == ATTEMPTS or batch.mark != marked:
                    raise

    def _prepare(self, chunk: Chunk) -> Plan:
        """What the rows come to; in a dry run also for what its earlier files would have stored."""
        plan = self.task.kind.prepare(self.context, chunk.rows)
        if self.context.planned is not None:
            self._remember(self.context.planned, chunk, plan)
        return plan

    def _remember(self, planned: PlannedRows, chunk: Chunk, plan: Plan) -> None:
        """Let the rest of a dry run find what this chunk would have stored."""
        kind = self.task.kind
        kept = [row for row in chunk.rows if row.line in plan.changes]
        for row in kept:
            same = planned.same(f"row/{kind.name}", kind.key(row), row.raw)
            if same is not None:
                plan.changes[row.line] = Change.UNCHANGED if same else Change.UPDATED
        planned.add(f"row/{kind.name}", [(kind.key(row), row.raw) for row in kept])
        for name, key in kind.stores:
            planned.add(name, [(key(row), "") for row in kept])

    def _outcome(
        self, chunk: Chunk, plan: Plan
    ) -> tuple[Counter[str], Counter[str], list[Rejection]]:
        """Counts, notes and rejections of reading and planning together."""
        rejections = sorted(
            (
                Rejection(r.line, self._header(r.field), r.reason, r.raw)
                for r in (*chunk.rejections, *plan.rejections)
            ),
            key=lambda r: r.line,
        )
        notes = chunk.notes + plan.notes
        counts = chunk.counts + Counter(str(change) for change in plan.changes.values())
        counts["rejected"] = len(rejections)
        return counts, notes, rejections

    def _advance(self, batch: ImportBatch, chunk: Chunk, plan: Plan) -> None:
        counts, notes, rejections = self._outcome(chunk, plan)
        advance(batch, mark=chunk.mark, counts=counts, notes=notes, rejections=rejections)

    def _count(self, chunk: Chunk, plan: Plan) -> None:
        counts, notes, rejections = self._outcome(chunk, plan)
        self.report.counts.update(counts)
        self.report.notes = merged(self.report.notes, notes)
        self.report.counts["warnings"] = len(self.report.notes)
        self.report.rejections += rejections[: LISTED - len(self.report.rejections)]
