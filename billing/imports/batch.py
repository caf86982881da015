"""The log of one file's loading, and the mark from which a killed one goes on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from django.contrib.auth.models import User
from django.utils import timezone

from billing.imports.errors import LoadingError
from billing.imports.plan import Rejection
from billing.imports.reader import printable
from billing.imports.report import COUNTS, LISTED, FileReport
from billing.models import ImportBatch, ImportRejection, Practice, Upload

MOST_REJECTIONS = 100_000
MOST_NOTES = 200
OTHER_NOTES = "Other notes, left out because there are too many."
State = ImportBatch.State
UNFINISHED = (State.RUNNING, State.FAILED)


class Content(Protocol):
    """What a batch remembers of the file that it loads."""

    @property
    def sha256(self) -> str: ...


def open_batch(
    practice: Practice,
    source: Content,
    *,
    kind: str,
    profile: str,
    who: User | None,
    file_name: str,
    upload: Upload | None = None,
    leaves_footprints: bool = True,
) -> ImportBatch:
    """The unfinished batch of the same content, else a new one.

    Of an upload that goes on after a kill also the finished one, which is not loaded again. Raises
    LoadingError where the same content is being loaded by another upload, or undone.
    """
    same = ImportBatch.objects.filter(
        practice=practice, sha256=source.sha256, kind=kind, profile=profile
    ).order_by("-pk")
    if upload is not None:
        finished = same.filter(upload=upload, state=State.FINISHED).first()
        if finished is not None:
            return finished
    if same.filter(state=State.UNDOING).exists():
        raise LoadingError(f"{file_name} is just being undone: wait for the end of that.")
    unfinished = same.filter(state__in=UNFINISHED).select_related("upload").first()
    if unfinished is not None:
        _hand_over(unfinished, upload)
        return unfinished
    return ImportBatch.objects.create(
        practice=practice,
        file_name=printable(file_name)[:255],
        sha256=source.sha256,
        kind=kind,
        profile=profile,
        who=who,
        upload=upload,
        leaves_footprints=leaves_footprints,
    )


def _hand_over(batch: ImportBatch, upload: Upload | None) -> None:
    """Let a half loaded batch belong to the upload that goes on with it."""
    if upload is None or batch.upload_id == upload.pk:
        return
    if batch.upload is not None and batch.upload.state == Upload.State.LOADING:
        raise LoadingError(
            f"{batch.file_name} is being loaded by another upload: let it finish, then go on."
        )
    batch.upload = upload
    batch.save(update_fields=("upload",))


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
    if stored.mark != batch.mark or stored.state not in UNFINISHED:
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
    unfinished = ImportBatch.objects.filter(pk=batch.pk, state__in=UNFINISHED)
    unfinished.update(state=State.FAILED)


def describe(batch: ImportBatch, report: FileReport) -> None:
    """Let a report say what the batch says: also what was done before a kill."""
    report.counts = Counter({name: getattr(batch, name) for name in COUNTS})
    report.notes = dict(batch.notes)
    report.rejections = [
        Rejection(r.line, r.field, r.reason)
        for r in batch.rejections.order_by("line", "pk")[:LISTED]
    ]
