"""All records as text, to compare two databases: by natural key, sorted, one JSON object a line.

Keys that a database makes up and the times of loading are left out, and so are import batches,
which tell of the loading. What belongs to one record stands inside it (a claim with its lines and
events), so that nothing needs a made-up key. Lists are sorted by their own text, and the kinds by
columns of the BINARY collation, so that SQLite and PostgreSQL give the same text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

from django.db import models
from django.db.models import F, Prefetch
from django.db.models.expressions import OrderBy

from billing.models import (
    Adjudication,
    Adjustment,
    Claim,
    Department,
    DepartmentRule,
    Encounter,
    Patient,
    Payer,
    Practice,
    ProcedureCode,
    Provider,
    ReasonCategory,
    ReasonCode,
    Remittance,
    Staff,
    StaffActivity,
)

CHUNK = 1_000
LOAD_TIMES = frozenset({"recorded_at", "written_at"})
OF_LOADING = frozenset({"file_name"})  # the same content can come under several names
OWNERS = frozenset({"claim", "adjudication", "line"})  # said by where a part stands
FETCHED = "dumped_"  # the lists of parts read ahead, which cost far less than related managers
EVENT = ("replaces",)
DECISION = ("remittance", "reverses", "replaces")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of record is dumped.

    `key` orders it; rows of the same key are ordered by their text. `parts` are the relations
    that stand inside it, as relation → the foreign keys to read along; `a__b` is inside `a`.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    joined: tuple[str, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


ADJUDICATION_PARTS = {
    "lines": ("claim_line",),
    "lines__adjustments": (),
    "adjustments": (),
}
KINDS = (
    Kind(Practice, ("name",)),
    Kind(Department, ("practice__name", "name"), ("practice",)),
    Kind(
        DepartmentRule,
        (
            "practice__name",
            "provider_npi",
            "facility",
            "place_of_service",
            "revenue_code",
        ),
        ("practice", "department"),
    ),
    Kind(Provider, ("practice__name", "code"), ("practice", "department")),
    Kind(Payer, ("name",), parts={"identifiers": ("practice",), "contract_limits": ("practice",)}),
    Kind(Staff, ("practice__name", "code"), ("practice", "department", "login")),
    Kind(ReasonCategory, ("code",)),
    Kind(ReasonCode, ("code",)),
    Kind(ProcedureCode, ("code",)),
    Kind(Patient, ("practice__name", "record_number"), ("practice",)),
    Kind(
        Encounter,
        ("practice__name", "number", "patient__record_number"),
        ("practice", "patient", "department", "provider"),
        {"line_items": ()},
    ),
    Kind(
        Remittance,
        ("practice__name", "digest"),
        ("practice", "payer"),
        {"provider_adjustments": (), "resolutions": ("who",)},
    ),
    Kind(
        Claim,
        ("practice__name", "number"),
        (
            "practice",
            "encounter",
            "payer",
            "department",
            "provider",
            "replaces",
            "assignee",
        ),
        {
            "lines": (),
            "submissions": ("patient", "payer"),
            "adjudications": DECISION,
            **{f"adjudications__{name}": joined for name, joined in ADJUDICATION_PARTS.items()},
            "patient_payments": EVENT,
            "contractual_adjustments": EVENT,
            "write_offs": (*EVENT, "who"),
            "appeals": (*EVENT, "who"),
            "status_changes": (*EVENT, "who"),
            "notes": ("who",),
            "work_marks": (*EVENT, "who"),
        },
    ),
    Kind(
        Adjudication,
        ("practice__name", "source_key", "revision", "payer_control_number"),
        ("practice", *DECISION),
        ADJUDICATION_PARTS,
        {"claim": None},
        name="adjudication without a claim",
    ),
    Kind(
        StaffActivity,
        ("practice__name", "staff__code", "occurred_at", "source_key"),
        ("practice", "staff", "claim"),
    ),
)
# By what a record is named where another points at it.
NAMES: Mapping[str, tuple[str, ...]] = {
    "practice": ("name",),
    "department": ("name",),
    "provider": ("code",),
    "payer": ("name",),
    "staff": ("code",),
    "patient": ("record_number",),
    "encounter": ("number",),
    "claim": ("number",),
    "claimline": ("position",),
    "remittance": ("digest",),
    "user": ("username",),
    "workmark": ("kind", "until", "claim_last_event_on"),
    "adjudication": ("decided_on", "payer_control_number", "source_key", "revision", "charge"),
}
KEY_IS_CODE = (ReasonCode, ReasonCategory, ProcedureCode)
EVENT_NAME = ("source_key", "revision")


def dump() -> Iterator[str]:
    """Every record as one line of JSON without its line end; memory stays flat."""
    for kind in KINDS:
        rows = _rows(kind)
        for _, same_key in groupby(rows, key=lambda row: _key(row, kind.key)):
            yield from sorted(_text(kind, row) for row in same_key)


def _rows(kind: Kind) -> Iterator[models.Model]:
    # without names select_related would join everything: None joins nothing
    order = [OrderBy(F(name), nulls_first=True) for name in kind.key]
    return (
        kind.model._default_manager.filter(**kind.conditions)
        .select_related(*kind.joined or (None,))
        .prefetch_related(*_prefetches(kind))
        .order_by(*order, "pk")
        .iterator(chunk_size=CHUNK)
    )


def _prefetches(kind: Kind) -> Iterator[Prefetch[Any]]:
    for path, joined in kind.parts.items():
        model = kind.model
        for step in path.split("__"):
            related = model._meta.get_field(step).related_model
            assert isinstance(related, type)  # noqa: S101 - narrows the type
            model = related
        rows = model._default_manager.select_related(*joined or (None,)).order_by()
        if model is Adjustment and not path.endswith("lines__adjustments"):
            rows = rows.filter(line=None)  # those of a line stand inside the line
        steps = path.split("__")
        reached = "__".join([*(FETCHED + step for step in steps[:-1]), steps[-1]])
        yield Prefetch(reached, rows, to_attr=FETCHED + steps[-1])


def _key(row: models.Model, path: Sequence[str]) -> tuple[Any, ...]:
    found = []
    for name in path:
        value: Any = row
        for step in name.split("__"):
            value = value and getattr(value, step)
        found.append(value)
    return tuple(found)


def _text(kind: Kind, row: models.Model) -> str:
    name = kind.name or str(kind.model._meta.verbose_name)
    return _json({"record": name, **_content(row, kind.parts, above=None)})


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _is_owner(column: models.Field[Any, Any], above: models.Model) -> bool:
    """Whether a part repeats in this column what it stands in."""
    if column.name == "practice":
        return hasattr(above, "practice_id")
    return column.name in OWNERS or column.related_model is type(above)


def _content(
    row: models.Model, parts: Mapping[str, Any], *, above: models.Model | None
) -> dict[str, Any]:
    """The columns of a row by name, with its parts; `above` is the record that it stands in."""
    content = {
        column.name: _value(row, column)
        for column in _columns(type(row))
        if not (above and _is_owner(column, above))
    }
    for part in (name for name in parts if "__" not in name):
        inner = {
            path.removeprefix(f"{part}__"): joined
            for path, joined in parts.items()
            if path.startswith(f"{part}__")
        }
        rows = (_content(child, inner, above=row) for child in getattr(row, FETCHED + part))
        content[part] = sorted(rows, key=_json)
    return content


@cache
def _columns(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """The columns that say something: no made-up keys, no times of loading."""
    made_up = (models.AutoField, models.UUIDField)
    return tuple(
        column
        for column in model._meta.concrete_fields
        if not (column.primary_key and isinstance(column, made_up))
        and column.name not in LOAD_TIMES | OF_LOADING
    )


def _value(row: models.Model, column: models.Field[Any, Any]) -> Any:
    if isinstance(column, models.ForeignKey):
        return _name(row, column)
    value = getattr(row, column.attname)
    match value:
        case Decimal():
            return f"{value:.{getattr(column, 'decimal_places', 2)}f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case _:
            return value


def _name(row: models.Model, column: models.ForeignKey[Any, Any]) -> Any:
    """The natural key of the record that a foreign key points at."""
    key = getattr(row, column.attname)
    if key is None or column.related_model in KEY_IS_CODE:
        return key
    target = getattr(row, column.name)
    names = NAMES.get(target._meta.model_name or "", EVENT_NAME)
    found = [_value(target, target._meta.get_field(name)) for name in names]
    return found[0] if len(found) == 1 else found
