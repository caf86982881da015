"""Rows → Chart.js data. The one place where an amount becomes a float."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from analytics.columns import Column, value_of
from analytics.dimensions import Dimension

MOST_BARS = 15


def number(value: Any) -> float | None:
    """A number for the browser, or None for a gap."""
    return None if value is None else float(value)


def _nowhere(row: Any) -> str:
    """No sign behind any label."""
    return ""


def _no_lines(rows: Sequence[Any]) -> Mapping[str, Sequence[tuple[float, float]]]:
    """No limits."""
    return {}


def _name(dimension: Dimension, row: Any) -> str:
    """The row's name, with the wording of a code."""
    return f"{dimension.display(row.name)} {getattr(row, 'wording', '')}".strip()


@dataclass(frozen=True, slots=True)
class Chart:
    """Which columns are drawn; `kind` names the drawing in charts.js.

    `label` is what they are together. `by_age` colours several values by their order, from young
    to old, instead of by kind.
    """

    values: tuple[str, ...]
    label: str = ""
    by_age: bool = False
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
        better: str = "",
        sign: Callable[[Any], str] = _nowhere,
        immature: Collection[Any] = (),
    ) -> dict[str, Any]:
        """Title, labels, one series per column, unit, target and which points are immature.

        `better` (lower or higher) is the good side of the target; `sign` is written behind the
        label of a row; `immature` names the rows that will still change.
        """
        shown = self.drawn(rows, columns)
        first = columns[self.values[0]]
        return {
            "kind": self.kind,
            "title": self._title(columns, dimension, len(shown), len(rows)),
            "labels": [f"{_name(dimension, row)}{sign(row)}" for row in shown],
            "series": [self._series(name, shown, columns) for name in self.values],
            "unit": first.unit,
            "by_age": self.by_age,
            "target": number(target),
            "target_label": "" if target is None else f"Target {first.short(target)}",
            "better": better,
            "immature": [row.name in immature for row in shown],
        }

    def _title(
        self, columns: Mapping[str, Column], dimension: Dimension, shown: int, known: int
    ) -> str:
        what = self.label or ", ".join(columns[name].label for name in self.values)
        by = dimension.label[0].lower() + dimension.label[1:]
        least = f" ({shown} largest of {known})" if shown < known else ""
        return f"{what} by {by.removesuffix(' of')}{least}"

    def _series(
        self, name: str, rows: Sequence[Any], columns: Mapping[str, Column]
    ) -> dict[str, Any]:
        return {
            "label": columns[name].label,
            "unit": columns[name].unit,
            "values": [number(value_of(columns, row, name)) for row in rows],
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
class Stacks(Chart):
    """Horizontal bars that stack several values, in the order of the rows, at most fifteen."""

    kind: ClassVar[str] = "stacks"

    def drawn(self, rows: Sequence[Any], columns: Mapping[str, Column]) -> Sequence[Any]:
        """The first rows."""
        return rows[:MOST_BARS]


@dataclass(frozen=True, slots=True)
class Columns(Chart):
    """Upright bars in the order of the rows, stacked where there are several values."""

    kind: ClassVar[str] = "columns"


@dataclass(frozen=True, slots=True)
class Lines(Chart):
    """Lines over time; `beside` names a count drawn as pale columns behind them."""

    beside: str = ""
    kind: ClassVar[str] = "lines"

    def data(self, rows: Sequence[Any], **options: Any) -> dict[str, Any]:
        """The lines, and the columns behind them."""
        data = Chart.data(self, rows, **options)
        if self.beside:
            data["beside"] = self._series(self.beside, rows, options["columns"])
        return data


@dataclass(frozen=True, slots=True)
class Funnel(Chart):
    """A rate against the count that it stands on, with the limits that chance keeps to.

    `volume` names the count, `mark` the column whose text says what is wrong with a row, `limits`
    gives the lines to draw: their names and points.
    """

    volume: str = ""
    mark: str = ""
    limits: Callable[[Sequence[Any]], Mapping[str, Sequence[tuple[float, float]]]] = _no_lines
    kind: ClassVar[str] = "funnel"

    def data(self, rows: Sequence[Any], **options: Any) -> dict[str, Any]:
        """The rows as points, and the lines."""
        columns = options["columns"]
        known = [row for row in rows if value_of(columns, row, self.values[0]) is not None]
        data = Chart.data(self, known, **options)
        return {
            **data,
            "volume": self._series(self.volume, known, columns),
            "marks": [value_of(columns, row, self.mark) for row in known],
            "lines": [
                {"label": name, "points": [{"x": x, "y": y} for x, y in points]}
                for name, points in self.limits(rows).items()
            ],
        }
