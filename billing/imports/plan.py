"""What one chunk of rows comes to, worked out before the write transaction opens."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import models

from billing import footprints
from billing.bulk_insert import insert
from billing.imports.columns import Row
from billing.imports.errors import BadValueError

UPSERT_ROWS = 500


class Change(StrEnum):
    """What a row does to the records."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"

    @staticmethod
    def of(record: "Change", *parts: "Change") -> "Change":
        """What a row does that stands for one record and what belongs to it."""
        if record is Change.CREATED and Change.UPDATED not in parts:
            return Change.CREATED
        is_untouched = {record, *parts} == {Change.UNCHANGED}
        return Change.UNCHANGED if is_untouched else Change.UPDATED


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is not loaded: where, which column, why and what to do."""

    line: int
    field: str
    reason: str
    raw: str = ""


class Records:
    """New and changed records of a chunk, saved in bulk in the order they were first met."""

    def __init__(self) -> None:
        self._new: dict[type[models.Model], list[Any]] = {}
        self._changed: dict[type[models.Model], dict[Any, Any]] = {}
        self._fields: dict[type[models.Model], set[str]] = {}

    def put(
        self, stored: Any | None, model: type[models.Model], **wanted: Any
    ) -> tuple[Any, Change]:
        """Make the record, or bring the stored one up to `wanted`; nothing is written yet."""
        if stored is None:
            record = model(**wanted)
            self.add(record)
            return record, Change.CREATED
        names = [name for name, value in wanted.items() if differs(stored, name, value)]
        for name in names:
            setattr(stored, name, wanted[name])
        if not names:
            return stored, Change.UNCHANGED
        if not stored._state.adding:
            self._changed.setdefault(model, {})[stored.pk] = stored
            self._fields.setdefault(model, set()).update(names)
        return stored, Change.UPDATED

    def add(self, record: models.Model) -> None:
        """Save this unsaved record with the chunk."""
        self._new.setdefault(type(record), []).append(record)

    def save(self) -> None:
        """Write everything; call it inside a transaction."""
        for records in self._new.values():
            insert(records)
        for model, changed in self._changed.items():
            update(model, list(changed.values()), self._fields[model])


def differs(record: models.Model, name: str, value: Any) -> bool:
    """Whether an attribute is something else; related records are compared by key."""
    if isinstance(value, models.Model):
        return value.pk is None or getattr(record, f"{name}_id") != value.pk
    if value is None:  # without reading the related record
        return getattr(record, record._meta.get_field(name).attname) is not None  # type: ignore[union-attr]
    return bool(getattr(record, name) != value)


def update(model: type[models.Model], records: list[Any], fields: Collection[str]) -> None:
    """Write these columns of stored records: an upsert, many times faster than bulk_update."""
    footprints.note_changes(model, records, fields)
    model._default_manager.bulk_create(
        records,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=sorted(fields),
        batch_size=UPSERT_ROWS,
    )


@dataclass(slots=True)
class Plan:
    """What each row of a chunk does (by line), rejections, notes, and the steps that write it."""

    changes: dict[int, Change] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    records: Records = field(default_factory=Records)
    steps: list[Callable[[], object]] = field(default_factory=list)

    def reject(self, row: Row, error: BadValueError) -> None:
        """Leave a row out and say why."""
        self.rejections.append(Rejection(row.line, error.field, error.reason, row.raw))

    def note(self, text: str, count: int = 1) -> None:
        """Say something of `count` rows that does not keep them out."""
        if count:
            self.notes[text] += count

    def save(self) -> None:
        """Write the records, then run the steps; call it inside a transaction."""
        self.records.save()
        for step in self.steps:
            step()
