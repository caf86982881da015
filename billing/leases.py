"""Who has a record in hand: one worker at a time, known to live by its heartbeat.

A worker takes a lease on an upload, or on a batch that is being undone, renews it while it works,
and lets go at the end. One that is killed does not let go; after WORKER_SILENT_SECONDS another may
take the record. What it does is stored in steps that are each whole, so that the next goes on.
"""

import threading
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

SECONDS_BETWEEN_BEATS = 1.0
stopping = threading.Event()  # set once the worker is asked to end


class Released(BaseException):
    """The record is no longer this worker's: another has it, or the worker is to end.

    Not an Exception, so that nothing on the way takes it for a fault of the file.
    """


@dataclass(slots=True)
class Lease:
    """A record in hand."""

    model: Any
    key: int
    token: str
    _last: float = field(default_factory=time.monotonic)

    def beat(self, **values: Any) -> None:
        """Say that this worker lives, and how far it is; at most once a second.

        Raises Released where it should stop; call it between transactions.
        """
        if stopping.is_set():
            self.let_go()
            raise Released
        if time.monotonic() - self._last < SECONDS_BETWEEN_BEATS:
            return
        self.write(**values)
        self._last = time.monotonic()

    def write(self, **values: Any) -> None:
        """Store values of the record with a heartbeat; raises Released where it is another's."""
        rows = self.model.objects.filter(pk=self.key, lease=self.token)
        if not rows.update(heartbeat=timezone.now(), **values):
            raise Released

    def let_go(self, **values: Any) -> None:
        """Leave the record to others, with its last values."""
        self.write(lease="", **values)


def take(model: type[Model], key: int, *, states: Collection[str], to: str) -> Lease | None:
    """A lease on the record, now in state `to`; None where another has it or its state is past."""
    token = uuid.uuid4().hex
    with transaction.atomic():
        rows: Any = model._default_manager.select_for_update().filter(pk=key, state__in=states)
        row = rows.filter(free()).first()
        if row is None:
            return None
        rows.filter(pk=row.pk).update(lease=token, heartbeat=timezone.now(), state=to)
    return Lease(model, key, token)


def free() -> Q:
    """Records that no living worker has in hand."""
    silent = timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    return Q(lease="") | Q(heartbeat__lt=silent)
