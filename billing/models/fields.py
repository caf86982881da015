"""Column types that every record shares."""

from typing import Any

from django.db import models

# Both engines then order text byte by byte: SQLite by its built-in BINARY, PostgreSQL by a
# collation of that name which the first migration makes from the C locale.
COLLATION = "BINARY"


def money(**options: Any) -> models.DecimalField[Any, Any]:
    """A US dollar amount to the cent, up to 9,999,999,999.99."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)


def text(max_length: int, **options: Any) -> models.CharField[Any, Any]:
    """Text that people sort and search: ordered alike on both engines."""
    return models.CharField(max_length=max_length, db_collation=COLLATION, **options)
