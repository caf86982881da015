"""What a worker does beside its tasks: take up what a killed one left, remove what nobody wants.

A killed worker's task stays "running" for ever in the queue, and its record keeps a lease that
nobody renews. Whatever has waited without a living worker gets a new task, however it was lost.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks.base import Task, TaskResultStatus
from django_tasks_db.models import DBTaskResult

from billing.leases import free
from billing.models import ImportBatch, Upload
from billing.uploads import tasks
from billing.uploads.receiving import folder, remove, unfinished_receipts
from billing.uploads.working import without_rows

State = Upload.State
UNWANTED = (State.CHECKED, State.FAILED)
ENDED = (State.FINISHED, State.REFUSED, State.DISCARDED)
HOUR = 3600
LOST = "The worker was killed; the work goes on under a new task."
logger = logging.getLogger(__name__)


def take_up() -> int:
    """Give a new task to everything that waits without one; return how many."""
    taken = 0
    for task, key in _left():
        if not _is_queued(task, key):
            task.enqueue(key)
            taken += 1
    if taken:
        logger.info("took up %d uploads or undos that had no living worker", taken)
    return taken


def _left() -> Iterator[tuple[Task[Any, Any], int]]:
    """What waits and is in nobody's hands, with the task for it."""
    for task, states in (
        (tasks.look_at_upload, (State.WAITING, State.CHECKING)),
        (tasks.load_upload, (State.CONFIRMED, State.LOADING)),
    ):
        waiting = Upload.objects.filter(free(), state__in=states).order_by("pk")
        yield from ((task, key) for key in waiting.values_list("pk", flat=True))
    undoing = ImportBatch.objects.filter(state=ImportBatch.State.UNDOING).order_by("pk")
    seen: set[Any] = set()
    for batch in undoing:
        together = batch.upload_id or f"batch {batch.pk}"
        if together in seen:
            continue
        seen.add(together)  # the first of its upload bears the lease
        if ImportBatch.objects.filter(free(), pk=batch.pk).exists():
            yield tasks.undo_import, batch.pk


def _is_queued(task: Task[Any, Any], key: int) -> bool:
    """Whether a task for this waits for a worker; those of dead workers are closed."""
    same = DBTaskResult.objects.filter(task_path=task.module_path).order_by("pk")
    unfinished = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    of_key = [r for r in same.filter(status__in=unfinished) if r.args_kwargs["args"] == [key]]
    if any(result.status == TaskResultStatus.READY for result in of_key):
        return True
    silent = timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    for result in of_key:
        if result.started_at and result.started_at < silent:
            result.set_failed(RuntimeError(LOST))
    return False


def tidy() -> None:
    """Remove files that nobody needs: never agreed to, done with, or cut off on their way in."""
    long_ago = timezone.now() - timedelta(days=settings.UPLOAD_DAYS)
    for upload in Upload.objects.filter(state__in=UNWANTED, uploaded_at__lt=long_ago):
        discard(upload, problem=f"Nobody agreed to it within {settings.UPLOAD_DAYS} days.")
    an_hour_ago = time.time() - HOUR
    for path in unfinished_receipts(an_hour_ago):
        path.unlink(missing_ok=True)
    for key in _kept(an_hour_ago):
        if not Upload.objects.filter(pk=key).exclude(state__in=ENDED).exists():
            remove(key)


def discard(upload: Upload, *, problem: str = "") -> bool:
    """End an upload that is not to be loaded and remove its file; False where it is past that."""
    changed = Upload.objects.filter(free(), pk=upload.pk, state__in=UNWANTED).update(
        state=State.DISCARDED,
        problem=problem,
        findings=without_rows(upload.findings),
        finished_at=timezone.now(),
    )
    if changed:
        remove(upload.pk)
    return bool(changed)


def _kept(older_than: float) -> Iterator[int]:
    """The keys of uploads whose files are in the folder for a while."""
    for path in folder().iterdir():
        key = path.name.removesuffix("-files")
        if key.isdecimal() and _changed_at(path) < older_than:
            yield int(key)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
