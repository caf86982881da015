"""The log of one file's loading, and the mark from which a killed one goes on."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.utils import timezone

from billing.imports.errors import LoadingError
from billing.imports.plan import Rejection
from billing.imports.reader import Source, printable
from billing.imports.report import COUNTS, LISTED, FileReport
from billing.models import ImportBatch, ImportRejection, Practice

MOST_REJECTIONS = 100_000
MOST_NOTES = 200
OTHER_NOTES = "Other notes, left out because there are too many."
State = ImportBatch.State


def open_batch(
    practice: Practice, source: Source, *, kind: str, profile: str, who: User | None
) -> ImportBatch:
    """The unfinished batch of the same content, else a new one."""
    unfinished = (
        ImportBatch.objects.filter(
            practice=practice, sha256=source.sha256, kind=kind, profile=profile
        )
        .filter(state__in=(State.RUNNING, State.FAILED))
        .order_by("-pk")
        .first()
    )
    if unfinished is not None:
        return unfinished
    return ImportBatch.objects.create(
        practice=practice,
        file_name=printable(source.path.name)[:255],
        sha256=source.sha256,
        kind=kind,
        profile=profile,
        who=who,
    )


def advance(
    batch: ImportBatch,
    *,
    mark: int,
    counts: Mapping[str, int],
    notes: Mapping[str, int],
    rejections: Sequence[Rejection],
) -> None:
    """Store how far the loading has come, in the transaction that stores the rows themselves.

    Raises LoadingError where another process has moved the mark meanwhile.
    """
    stored = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if stored.mark != batch.mark or stored.state == State.FINISHED:
        raise LoadingError(
            f"{batch.file_name} is being loaded by another process: let it finish, then run again."
        )
    room = max(MOST_REJECTIONS - batch.rejected, 0)
    ImportRejection.objects.bulk_create(
        (
            ImportRejection(
                batch=batch,
                line=rejection.line,
                field=rejection.field[:60],
                reason=rejection.reason,
                raw=rejection.raw.replace("\0", "\N{SYMBOL FOR NULL}"),
            )
            for rejection in rejections[:room]
        ),
        batch_size=500,
    )
    for name in COUNTS:
        setattr(batch, name, getattr(batch, name) + counts.get(name, 0))
    batch.notes = merged(batch.notes, notes)
    batch.warnings = len(batch.notes)
    batch.mark, batch.state, batch.heartbeat = mark, State.RUNNING, timezone.now()
    batch.save(update_fields=(*COUNTS, "notes", "mark", "state", "heartbeat"))


def merged(notes: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Notes with their counts added up; beyond MOST_NOTES different ones, under one heading."""
    found = dict(notes)
    for text, count in more.items():
        name = text if text in found or len(found) < MOST_NOTES else OTHER_NOTES
        found[name] = found.get(name, 0) + count
    return found


def finish(batch: ImportBatch) -> None:
    """Say that the whole file has been dealt with."""
    batch.state = State.FINISHED
    batch.finished_at = batch.heartbeat = timezone.now()
    batch.save(update_fields=("state", "finished_at", "heartbeat"))


def fail(batch: ImportBatch) -> None:
    """Say that loading broke off; running it again goes on from the mark."""
    unfinished = ImportBatch.objects.filter(pk=batch.pk).exclude(state=State.FINISHED)
    unfinished.update(state=State.FAILED)


def describe(batch: ImportBatch, report: FileReport) -> None:
    """Let a report say what the batch says: also what was done before a kill."""
    report.counts = Counter({name: getattr(batch, name) for name in COUNTS})
    report.notes = dict(batch.notes)
    report.rejections = [
        Rejection(r.line, r.field, r.reason)
        for r in batch.rejections.order_by("line", "pk")[:LISTED]
    ]
