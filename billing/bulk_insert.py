"""Inserts many new records three times as fast as `bulk_create`, for imports and demo data.

Django prepares every value of every column through several layers of calls, which took half of
the time of an import. Here each column has one converter, chosen once. The SQL is plain
`INSERT … RETURNING`, which SQLite and PostgreSQL share; many rows go to PostgreSQL by COPY. Tests
compare the rows with those that `bulk_create` writes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from billing import footprints, postgresql_copy

PARAMETERS = 10_000
Converter = Callable[[Any], Any]


def insert(records: Sequence[models.Model]) -> None:
    """Save unsaved records of one model; those without a key get theirs.

    Foreign keys may name records that were saved after they were set. Raises IntegrityError as
    `bulk_create` does.
    """
    if not records:
        return
    model = type(records[0])
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = [_column(field) for field in fields]
    relations = [(f.name, f.attname) for f in fields if isinstance(f, models.ForeignKey)]
    if postgresql_copy.is_possible(len(records)):
        _copy(records, model, fields, relations, columns)
        footprints.note_created(model, [record.pk for record in records])
        return
    most = connection.features.max_query_params or PARAMETERS
    size = max(min(most, PARAMETERS) // len(columns), 1)
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(records), size):
            batch = records[start : start + size]
            for record in batch:
                _take_keys(record, relations)
            values = [
                convert(record.__dict__[name]) for record in batch for name, convert in columns
            ]
            cursor.execute(_statement(model, len(batch)), values)
            for record, (key,) in zip(batch, cursor.fetchall(), strict=True):
                _saved(record, key)
    footprints.note_created(model, [record.pk for record in records])


def store(records: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write these columns (by attribute) of saved records of one model.

    An upsert, or on PostgreSQL an update from a table by COPY: many times faster than
    `bulk_update`.
    """
    if not records:
        return
    model = type(records[0])
    fields = {f.attname: f for f in model._meta.concrete_fields}
    chosen = [fields[name] for name in columns]
    if postgresql_copy.is_possible(len(records)):
        converters = [_column(field) for field in (model._meta.pk, *chosen)]
        rows = ([convert(r.__dict__[name]) for name, convert in converters] for r in records)
        postgresql_copy.update(model, [field.column for field in chosen], rows)
        return
    model._default_manager.bulk_create(
        records,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[field.name for field in chosen],
        batch_size=500,
    )


Row = TypeVar("Row", bound=models.Model)


class Maker(Generic[Row]):
    """Makes many unsaved records of one model for `insert`, without what a constructor checks.

    A default that is a moment is taken once, so that records of one chunk share it.
    """

    def __init__(self, model: type[Row]) -> None:
        self._model = model
        fields = [f for f in model._meta.concrete_fields if not f.primary_key]
        self._values = {model._meta.pk.attname: None} | {f.attname: f.get_default() for f in fields}

    def __call__(self, related: dict[str, models.Model | None], **values: Any) -> Row:
        """A record; `related` are records by field that may be unsaved, the rest is by column."""
        record = self._model.__new__(self._model)
        state = record._state = ModelState()
        record.__dict__.update(self._values, **values)
        cache = state.fields_cache = {}
        for name, other in related.items():
            cache[name] = other
            record.__dict__[f"{name}_id"] = None if other is None else other.pk
        return record


def _copy(
    records: Sequence[models.Model],
    model: type[models.Model],
    fields: Sequence[models.Field[Any, Any]],
    relations: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, Converter]],
) -> None:
    """Save the records by COPY; as with INSERT, all of them or none."""

    def rows() -> Iterator[list[Any]]:
        for record in records:
            _take_keys(record, relations)
            yield [convert(record.__dict__[name]) for name, convert in columns]

    with transaction.atomic():
        keys = postgresql_copy.copy(model, [field.column for field in fields], rows(), len(records))
    for position, record in enumerate(records):
        _saved(record, None if keys is None else keys[position])


@lru_cache(maxsize=64)
def _statement(model: type[models.Model], rows: int) -> str:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    values = ", ".join([row] * rows)
    return f"INSERT INTO {table} ({names}) VALUES {values} RETURNING {key}"  # noqa: S608


def _saved(record: models.Model, key: Any) -> None:
    if record.pk is None:
        record.pk = key
    record._state.adding = False
    record._state.db = connection.alias


def _take_keys(record: models.Model, relations: Sequence[tuple[str, str]]) -> None:
    """Take the keys of related records that were saved after they were set."""
    cached = record._state.fields_cache
    for name, attribute in relations:
        if name in cached and record.__dict__[attribute] is None and cached[name] is not None:
            if cached[name].pk is None:
                raise ValueError(f"{name} is not saved yet.")
            record.__dict__[attribute] = cached[name].pk


def _column(field: models.Field[Any, Any]) -> tuple[str, Converter]:
    """The attribute of a column, and what makes a parameter of its value."""
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    return field.attname, _converter(target)


def _converter(field: models.Field[Any, Any]) -> Converter:
    """From a Python value to what the database driver takes."""
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if isinstance(field, models.IntegerField | models.BooleanField):
        return _same
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks itself up on every use
    if isinstance(field, models.DecimalField):
        return _amounts(field, database)
    if type(field) is models.DateField:
        adapt = database.ops.adapt_datefield_value
        return lambda value: None if value is None else adapt(value)
    prepare = field.get_db_prep_save
    return lambda value: None if value is None else prepare(value, database)


def _amounts(field: models.DecimalField[Any, Any], database: BaseDatabaseWrapper) -> Converter:
    """Most amounts of a new claim are zero, so that zero is prepared once."""
    zero = field.get_db_prep_save(0, database)
    adapt, digits, places = (
        database.ops.adapt_decimalfield_value,
        field.max_digits,
        field.decimal_places,
    )

    def convert(value: Any) -> Any:
        if not value:
            return None if value is None else zero
        return adapt(field.to_python(value), digits, places)

    return convert


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    """Plain text of a text or of one of our choices."""
    return value if value is None or type(value) is str else str(value)
