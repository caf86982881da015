"""The columns a file can have, and how the cells of one file become values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.imports import values
from billing.imports.errors import BadValueError


@dataclass(frozen=True, slots=True)
class Clock:
    """What reading a date depends on: which day it is, and how the file writes dates."""

    today: date
    formats: tuple[str, ...] = values.DATE_FORMATS


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its canonical name, how a cell is read, and what a blank cell means.

    `form` says in `docs/csv.md` how values are written.
    """

    name: str
    meaning: str
    form: str
    reads: Callable[[Clock], values.Reader]
    is_required: bool = False
    blank: Any = None


def text(name: str, meaning: str, max_length: int, **options: Any) -> Column:
    """Text; blank is the empty text."""
    form = f"text, at most {max_length}"
    return Column(
        name, meaning, form, lambda _: values.text(max_length), **({"blank": ""} | options)
    )


def amount(name: str, meaning: str, *, may_be_negative: bool = False, **options: Any) -> Column:
    """US dollars to the cent."""
    reader = values.amount(may_be_negative=may_be_negative)
    return Column(name, meaning, "amount", lambda _: reader, **options)


def day(name: str, meaning: str, *, is_past: bool = False, **options: Any) -> Column:
    """A business date."""
    return Column(
        name,
        meaning,
        "date",
        lambda clock: values.day(clock.today, clock.formats, is_past=is_past),
        **options,
    )


def moment(name: str, meaning: str, **options: Any) -> Column:
    """A date and, where the file says it, a time of day."""
    return Column(
        name,
        meaning,
        "date, with or without time",
        lambda clock: values.moment(clock.today, clock.formats),
        **options,
    )


def choice(
    name: str,
    meaning: str,
    known: Mapping[str, str],
    *,
    synonyms: Mapping[str, str] = {},
    **options: Any,
) -> Column:
    """One of a fixed list of words."""
    reader = values.choice(known, synonyms=synonyms)
    form = ", ".join(f"`{word}`" for word in known if word)
    return Column(name, meaning, form, lambda _: reader, **({"blank": ""} | options))


def plain(name: str, meaning: str, form: str, reader: values.Reader, **options: Any) -> Column:
    """A column whose reader depends on nothing."""
    return Column(name, meaning, form, lambda _: reader, **options)


@dataclass(slots=True)
class Row:
    """One row that could be read: canonical name → value.

    A column that the file lacks is missing from `values`; a blank cell is there as None or "".
    `assumed` names the columns whose value stands in for one that the file lacks.
    """

    line: int
    raw: str
    values: dict[str, Any]
    assumed: frozenset[str] = frozenset()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a column, or `default` where the file lacks it."""
        return self.values.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def given(self, **names: str) -> dict[str, Any]:
        """Attribute → value, for those columns that the file has."""
        return {
            attribute: self.values[name] for attribute, name in names.items() if name in self.values
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one column of a file comes from, and how it is read."""

    column: Column
    header: str
    position: int | None
    constant: str
    translations: Mapping[str, str]
    read: values.Reader

    def value(self, cells: list[str]) -> Any:
        """The value in one row; raises BadValueError with the column's name."""
        text = self.constant if self.position is None else cells[self.position].strip()
        if self.translations:
            text = self.translations.get(text.casefold(), self.translations.get("*", text))
        if not text:
            if self.column.is_required:
                raise BadValueError("is blank; this row needs it.", self.column.name)
            return self.column.blank
        try:
            return self.read(text)
        except BadValueError as error:
            raise BadValueError(error.reason, self.column.name) from None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one file become `Row`s: all its cells, and which rows count."""

    cells: tuple[Cell, ...]
    conditions: tuple[tuple[int, frozenset[str]], ...] = ()
    assumed: frozenset[str] = field(default=frozenset())

    def takes(self, cells: list[str]) -> bool:
        """Whether a row meets the profile's conditions."""
        return all(
            cells[position].strip().casefold() in wanted for position, wanted in self.conditions
        )

    def row(self, number: int, raw: str, cells: list[str]) -> Row:
        """The values of a row; raises BadValueError for the first cell that cannot be read."""
        return Row(number, raw, {c.column.name: c.value(cells) for c in self.cells}, self.assumed)
