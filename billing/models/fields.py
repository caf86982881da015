"""Column types that every record shares."""

from decimal import Decimal
from typing import Any, Literal, overload

from django.db import models

# Both engines then order text byte by byte: SQLite by its built-in BINARY, PostgreSQL by a
# collation of that name which the first migration makes from the C locale.
COLLATION = "BINARY"


@overload
def money(
    *, null: Literal[True], **options: Any
) -> "models.DecimalField[Decimal | int | None, Decimal | None]": ...
@overload
def money(
    *, null: Literal[False] = False, **options: Any
) -> "models.DecimalField[Decimal | int, Decimal]": ...
def money(**options: Any) -> "models.DecimalField[Any, Any]":
    """A US dollar amount to the cent, up to 9,999,999,999.99."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)


def text(max_length: int, **options: Any) -> "models.CharField[str, str]":
    """Text that people sort and search: ordered alike on both engines."""
    return models.CharField(max_length=max_length, db_collation=COLLATION, **options)
