"""Inserts many rows by PostgreSQL's COPY, several times faster than INSERT.

The one module with SQL of one engine; its portable twin is the statement of `billing.bulk_insert`,
which calls it, and a test compares the rows of both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, models

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
