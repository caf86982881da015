"""Rows → Chart.js data. The one place where an amount becomes a float."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from analytics.columns import Column, value_of
from analytics.dimensions import Dimension

MOST_BARS = 15


def number(value: Any) -> float | None:
    """A number for the browser, or None for a gap."""
    return None if value is None else float(value)


@dataclass(frozen=True, slots=True)
class Chart:
    """Which columns are drawn; `kind` names the drawing in charts.js."""

    values: tuple[str, ...]
    kind: ClassVar[str] = ""

    def drawn(self, rows: Sequence[Any], columns: Mapping[str, Column]) -> Sequence[Any]:
        """The rows that fit the picture."""
        return rows

    def data(
        self,
        rows: Sequence[Any],
        *,
        dimension: Dimension,
        columns: Mapping[str, Column],
        target: Decimal | None = None,
    ) -> dict[str, Any]:
        """Labels, one series per column, unit, target and which points are immature."""
        rows = self.drawn(rows, columns)
        return {
            "kind": self.kind,
            "labels": [dimension.display(row.name) for row in rows],
            "series": [
                {
                    "label": columns[name].label,
                    "values": [number(value_of(columns, row, name)) for row in rows],
                }
                for name in self.values
            ],
            "unit": columns[self.values[0]].unit,
            "target": number(target),
            "immature": [bool(getattr(row, "is_immature", False)) for row in rows],
        }


@dataclass(frozen=True, slots=True)
class Bars(Chart):
    """Horizontal bars, the largest first, at most fifteen."""

    kind: ClassVar[str] = "bars"

    def drawn(self, rows: Sequence[Any], columns: Mapping[str, Column]) -> Sequence[Any]:
        """The rows with the largest first value."""
        valued = [(value_of(columns, row, self.values[0]), row) for row in rows]
        known = [(value, row) for value, row in valued if value is not None]
        known.sort(key=lambda pair: pair[0], reverse=True)
        return [row for _, row in known[:MOST_BARS]]


@dataclass(frozen=True, slots=True)
class Columns(Chart):
    """Upright bars in the order of the rows, stacked where there are several values."""

    kind: ClassVar[str] = "columns"


@dataclass(frozen=True, slots=True)
class Lines(Chart):
    """Lines over time."""

    kind: ClassVar[str] = "lines"
