"""What rests on records that an import made: who points at them, who has edited them since."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from billing.footprints import DERIVED

Resting = Counter[tuple[type[models.Model], str]]


class UndoRefusedError(Exception):
    """The import cannot be undone; the message is one sentence that says why."""


def pointing_at(model: type[models.Model]) -> Iterable[tuple[type[models.Model], str]]:
    """Every record that can point at this one, and by which column; no derived ones."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        child: Any = relation.related_model
        if child not in DERIVED and not child._meta.auto_created:
            yield child, relation.field.attname


def edited(model: type[models.Model], made: Sequence[Any], since: Any) -> set[Any]:
    """Those of the records that a person has changed since, by the audit trail."""
    by_text = {str(key): key for key in made}
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_pk__in=[*by_text],
        action=LogEntry.Action.UPDATE,
        timestamp__gte=since,
    )
    return {by_text[key] for key in entries.order_by().values_list("object_pk", flat=True)}


def refuse(resting: Resting) -> None:
    """Raise UndoRefusedError with one sentence of what rests on an import, if anything does."""
    found = [
        f"{count:,} {_called(model, count)} {how}".strip()
        for (model, how), count in resting.items()
        if count
    ]
    if found:
        raise UndoRefusedError(f"Newer work rests on its records: {', '.join(sorted(found))}.")


def _called(model: type[models.Model], count: int) -> str:
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)
