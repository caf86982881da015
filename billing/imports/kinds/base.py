"""What a kind of file is: its columns, how it is recognised, and what its rows do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billing.imports.columns import Column, Row
from billing.imports.context import Context
from billing.imports.plan import Plan


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    `marks` are the columns that tell it from other kinds; `key` names a row, so that the same one
    twice in a file is noticed; `prepare` turns a chunk of rows into a plan without writing.
    `stores` says of which records a row makes others find it (kind of record, column).
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    marks: tuple[str, ...]
    key: Callable[[Row], str]
    key_columns: tuple[str, ...]
    prepare: Callable[[Context, Sequence[Row]], Plan]
    stores: tuple[tuple[str, Callable[[Row], str]], ...] = ()
    options: frozenset[str] = frozenset()

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which nothing can be loaded."""
        return tuple(column.name for column in self.columns if column.is_required)


def keyed_by(*names: str) -> Callable[[Row], str]:
    """A key made of these columns."""
    return lambda row: "/".join(str(row[name]) for name in names)
