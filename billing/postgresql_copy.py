"""Inserts and updates many rows by PostgreSQL's COPY, several times faster than one by one.

The one module with SQL of one engine; its portable twins are the statements of
`billing.bulk_insert`, which calls it, and tests compare the rows of both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, models, transaction

FEWEST = 100


def is_possible(rows: int) -> bool:
    """Whether the database is PostgreSQL and the rows are worth a COPY."""
    return connection.vendor == "postgresql" and rows >= FEWEST


def copy(
    model: type[models.Model], columns: Sequence[str], rows: Iterator[list[Any]], count: int
) -> list[Any] | None:
    """Insert `count` rows of these columns; the keys that the database made, or None.

    Without `columns` holding the key, keys are drawn from its sequence beforehand.
    """
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, model._meta.pk.column
    keys: list[Any] | None = None
    names = list(columns)
    with connection.cursor() as cursor:
        if key not in columns:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [quote(table), key, count],
            )
            keys = [value for (value,) in cursor.fetchall()]
            names.append(key)
        listed = ", ".join(quote(name) for name in names)
        statement = f"COPY {quote(table)} ({listed}) FROM STDIN"
        with connection.wrap_database_errors, cursor.copy(statement) as writer:
            for position, row in enumerate(rows):
                writer.write_row(row if keys is None else [*row, keys[position]])
    return keys


def update(model: type[models.Model], columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    """Write these columns of stored rows; each row begins with its key."""
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    new = quote(f"new_{model._meta.db_table}")
    listed = ", ".join([key, *map(quote, columns)])
    assigned = ", ".join(f"{quote(name)} = {new}.{quote(name)}" for name in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS "  # noqa: S608 - names of columns
            f"SELECT {listed} FROM {table} WITH NO DATA"
        )
        with connection.wrap_database_errors, cursor.copy(f"COPY {new} FROM STDIN") as writer:
            for row in rows:
                writer.write_row(row)
        cursor.execute(
            f"UPDATE {table} SET {assigned} FROM {new} "  # noqa: S608 - names of columns
            f"WHERE {table}.{key} = {new}.{key}"
        )
        cursor.execute(f"DROP TABLE {new}")
