"""What a load does to the records, written down while it does it, so that it can be taken back.

`bulk_insert.insert` and the imports' `update` report here; outside a load nobody listens, and
reporting costs nothing. What follows from the records (a claim's projection and its past) is left
out: `posting.refresh` works it out again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, models

from billing.models import ClaimHistory, ImportBatch, ImportFootprint

DERIVED: tuple[type[models.Model], ...] = (ClaimHistory,)
Stretches = list[Any]


class Footprints:
    """What was done since listening began, in order."""

    def __init__(self) -> None:
        self._found: list[ImportFootprint] = []

    def created(self, model: type[models.Model], keys: Sequence[Any]) -> None:
        """New records of one kind."""
        if keys and model not in DERIVED:
            label = model._meta.label_lower
            stretches = packed(keys)
            self._found.append(ImportFootprint(model=label, keys=stretches, created=len(keys)))

    def changed(self, model: type[models.Model], changes: Mapping[str, Any]) -> None:
        """Changed records of one kind: key → column → [before, after]."""
        if changes:
            label = model._meta.label_lower
            self._found.append(
                ImportFootprint(model=label, changes=dict(changes), changed=len(changes))
            )

    def save(self, batch: ImportBatch) -> None:
        """Store them with the batch, in the transaction of the records themselves."""
        for footprint in self._found:
            footprint.batch, footprint.mark = batch, batch.mark
        ImportFootprint.objects.bulk_create(self._found)


_listening: ContextVar[Footprints | None] = ContextVar("listening", default=None)


@contextmanager
def noted() -> Iterator[Footprints]:
    """Write down what happens to the records meanwhile."""
    footprints = Footprints()
    token = _listening.set(footprints)
    try:
        yield footprints
    finally:
        _listening.reset(token)


def note_created(model: type[models.Model], keys: Iterable[Any]) -> None:
    """These records are new."""
    if (listening := _listening.get()) is not None:
        listening.created(model, list(keys))


def note_changes(
    model: type[models.Model], records: Sequence[models.Model], fields: Iterable[str]
) -> None:
    """These columns of these records are about to be written; call it before they are.

    Reads what is stored now, and holds it until the transaction ends. Raises IntegrityError where
    one was removed meanwhile (an undo): writing it would bring it back without what it rests on.
    """
    if (listening := _listening.get()) is None:
        return
    columns: list[Any] = [model._meta.get_field(name) for name in sorted(fields)]
    names = [column.attname for column in columns]
    stored = model._default_manager.select_for_update().filter(pk__in=[r.pk for r in records])
    before = {row[0]: row[1:] for row in stored.order_by("pk").values_list("pk", *names)}
    if len(before) < len(records):
        raise IntegrityError("records that were to be changed have been removed")
    changes = {}
    for record in records:
        pairs = {
            column.attname: [plain(old), plain(column.to_python(getattr(record, column.attname)))]
            for column, old in zip(columns, before[record.pk], strict=True)
        }
        if differing := {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}:
            changes[str(record.pk)] = differing
    listening.changed(model, changes)


def plain(value: Any) -> Any:
    """A value as JSON keeps it; amounts without the zeros that engines write differently."""
    if value is None or isinstance(value, bool | int | str):
        return value if type(value) in (bool, int, type(None)) else str(value)
    if isinstance(value, models.Model):
        value = value.pk
    if hasattr(value, "normalize"):
        return f"{value.normalize():f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def packed(keys: Sequence[Any]) -> Stretches:
    """Keys as they are stored: numbers as stretches [first, last], others one by one."""
    if not all(isinstance(key, int) for key in keys):
        return [str(key) for key in keys]
    ordered = sorted(keys)
    breaks = [later for before, later in pairwise(ordered) if later != before + 1]
    lasts = [before for before, later in pairwise(ordered) if later != before + 1]
    return [list(pair) for pair in zip([ordered[0], *breaks], [*lasts, ordered[-1]], strict=True)]


def unpacked(stretches: Stretches) -> list[Any]:
    """The keys again."""
    found: list[Any] = []
    for stretch in stretches:
        found += range(stretch[0], stretch[1] + 1) if isinstance(stretch, list) else [stretch]
    return found
