"""Tables on their way out as CSV: line by line, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table on its way out: a file name without ending, headings and rows of plain values."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Cells]


def safe(value: Any) -> Any:
    """Text that a spreadsheet would read as a formula gets an apostrophe; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """The sheet as CSV, line by line."""
    writer: Any = csv.writer(_Echo())
    yield writer.writerow([safe(heading) for heading in sheet.headings])
    for row in sheet.rows:
        yield writer.writerow([safe(value) for value in row])
