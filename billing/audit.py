"""The one door to the audit trail: who saw which patient, who changed what, and when.

Forms, the admin and `posting` need nothing from here: what they save one by one is recorded by
itself (`billing.tracked` says of which records). Pages say what they showed with `viewed` and
`viewed_list`; whoever writes many rows at once says so with `changed_in_bulk` and
`created_in_bulk`. Names and birth dates never reach the trail; a patient is known by record number.

Entries are added, never altered: docs/security.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.db.models.signals import pre_save

from billing.access import Person
from billing.models import Patient

MASK = "hidden"
MASKED = {"first_name", "last_name", "birth_date", "password", "text"}
LONGEST, MOST_FILTERS, BATCH = 200, 40, 2_000
# What a filter of this name holds cannot name a patient; the value of any other is masked.
# fmt: off
OPEN_FILTERS = frozenset({
    "period", "from", "to", "as_of", "payer", "department", "provider", "practice", "status",
    "outcome", "category", "reason", "group", "band", "age", "min_age", "max_age", "min_amount",
    "max_amount", "amount", "assignee", "owner", "role", "staff", "kind", "sort", "page",
    "per_page", "format", "slug", "row", "part", "due", "days", "state", "after", "before",
})
# fmt: on
Action = LogEntry.Action

_acting: ContextVar[tuple[Person | None, str | None]] = ContextVar("acting", default=(None, None))


# What was looked at


def viewed(user: Person, patient: Patient) -> None:
    """Record that a person looked at one patient."""
    _entry(user, Patient, action=Action.ACCESS, row=patient).save(force_insert=True)


def viewed_list(user: Person, kind: str, *, found: int | None, filters: Mapping[str, str]) -> None:
    """Record one list, search or export that showed patients.

    `kind` says which in words ("Claims", "Claims as CSV"); `found` is how many rows were shown or
    exported, None where nobody counted. Values of filters that can name a patient are masked.
    """
    entry = _entry(user, Patient, action=Action.ACCESS)
    entry.object_repr = kind
    entry.additional_data |= {"found": found, "filters": masked_filters(filters)}
    entry.save(force_insert=True)


def masked_filters(filters: Mapping[str, str]) -> dict[str, str]:
    """The filters that are set; what a person typed freely is hidden.

    PostgreSQL stores no NUL, so that none is kept.
    """
    given = [(name[:60], value) for name, value in filters.items() if value]
    return {
        name.replace("\0", ""): str(value).replace("\0", "")[:LONGEST]
        if name in OPEN_FILTERS
        else MASK
        for name, value in given[:MOST_FILTERS]
    }


# What was changed, many rows at once


def changed_in_bulk(user: Person, objects: Iterable[Model], changes: Mapping[str, Any]) -> None:
    """Record what an `update()` is about to write, one entry for each row that it changes.

    Call it before the update, in the same transaction, with the rows as they are stored;
    `changes` holds the new value of each field. Costs no query for each row.
    """
    entries = []
    for row in objects:
        found = {name: (_plain(_value(row, name)), _plain(new)) for name, new in changes.items()}
        differing = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
        if differing:
            entries.append(
                _entry(user, type(row), action=Action.UPDATE, row=row, changes=differing)
            )
    _save(entries)


def created_in_bulk(user: Person, objects: Iterable[Model]) -> None:
    """Record rows that a `bulk_create()` has just stored, one entry each."""
    _save(
        _entry(
            user,
            type(row),
            action=Action.CREATE,
            row=row,
            changes={
                field.name: (None, _plain(getattr(row, field.attname)))
                for field in row._meta.concrete_fields
                if not field.primary_key and getattr(row, field.attname) not in (None, "")
            },
        )
        for row in objects
    )


# Who acts, and what is left out


@contextmanager
def acting(user: Person | None, address: str | None) -> Iterator[None]:
    """Everything recorded meanwhile was done by this person from this address."""
    token = _acting.set((user, address))
    try:
        yield
    finally:
        _acting.reset(token)


def untracked() -> AbstractContextManager[None]:
    """Nothing is recorded meanwhile: for loads that have a record of their own, and demo data."""
    context: AbstractContextManager[None] = disable_auditlog()
    return context


# Which records are tracked


def track(
    model: type[Model],
    *,
    practice: str = "practice_id",
    fields: Sequence[str] = (),
    without: Sequence[str] = (),
    many: Sequence[str] = (),
) -> None:
    """Record every creation, change and deletion of these records that goes through `save()`.

    `practice` leads from a row to the key of its practice (`claim.practice_id`), empty for records
    of no practice; `fields` are those recorded (all but `without`); `many` are many-to-many fields.
    """
    names = fields or [f.name for f in model._meta.concrete_fields if f.name not in without]
    auditlog.register(
        model,
        include_fields=[*names],
        mask_fields=[name for name in names if name in MASKED],
        mask_callable="billing.audit.masked",
        m2m_fields={*many},
    )
    _practice_paths[model] = practice
    model.add_to_class("get_additional_data", _context_of)


_practice_paths: dict[type[Model], str] = {}


def masked(value: object) -> str:
    """What stands in the trail for a name or a birth date."""
    return MASK


def start() -> None:
    """Complete every entry with who acts; called once the records are loaded."""
    pre_save.connect(_complete, sender=LogEntry, dispatch_uid="billing.audit")


def _complete(sender: type[Model], instance: Any, **kwargs: object) -> None:
    """Add who and from where; call a patient by record number instead of by name."""
    person, address = _acting.get()
    if instance.actor_id is None and (user := _known(person)) is not None:
        instance.actor, instance.actor_email = user, user.email
    instance.remote_addr = address
    instance.additional_data = {**(instance.additional_data or {})}
    instance.object_repr = instance.additional_data.pop("called", instance.object_repr)


def _context_of(row: Model) -> dict[str, Any]:
    """What an entry says beside the change: the practice of the record, where it has one."""
    path = _practice_paths.get(type(row), "practice_id")
    practice: Any = row
    for name in path.split("."):
        practice = getattr(practice, name, None)
    context: dict[str, Any] = {"practice": practice} if isinstance(practice, int) else {}
    return context | ({"called": row.record_number} if isinstance(row, Patient) else {})


def _entry(
    user: Person,
    model: type[Model],
    *,
    action: int,
    row: Model | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> Any:
    """An unsaved entry about a row, or about records of this kind."""
    actor, context = _known(user), {} if row is None else _context_of(row)
    return LogEntry(
        content_type=ContentType.objects.get_for_model(model),
        object_pk="" if row is None else str(row.pk),
        object_id=row.pk if row is not None and isinstance(row.pk, int) else None,
        object_repr="" if row is None else context.pop("called", None) or str(row),
        action=action,
        actor=actor,
        actor_email=actor.email if actor else None,
        remote_addr=_acting.get()[1],
        changes={name: (MASK, MASK) if name in MASKED else pair for name, pair in changes.items()}
        if changes is not None
        else None,
        additional_data=context,
    )


def _save(entries: Iterable[Any]) -> None:
    LogEntry.objects.bulk_create(entries, batch_size=BATCH)


def _known(user: Person | None) -> User | None:
    return user if isinstance(user, User) and user.pk is not None else None


def _value(row: Model, name: str) -> Any:
    field = row._meta.get_field(name)
    return getattr(row, getattr(field, "attname", name))


def _plain(value: Any) -> Any:
    """A value as the trail keeps it: what JSON knows, else its text."""
    if isinstance(value, Model):
        value = value.pk
    return value if value is None or isinstance(value, bool | int | str) else str(value)
