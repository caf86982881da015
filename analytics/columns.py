"""Table cells: how each kind of value reads on a page, in a file and in JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from analytics.values import cents

NO_DATA = "–"


def _rounded(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), rounding=ROUND_HALF_UP)


def _signed(text: str) -> str:
    """A difference with its sign; one that rounds to nothing has none."""
    if not any(digit in text for digit in "123456789"):
        return text.removeprefix("-")
    return text.replace("-", "−", 1) if text.startswith("-") else f"+{text}"


def _days(text: str) -> str:
    return f"{text} day" if text.lstrip("+−") == "1" else f"{text} days"


@dataclass(frozen=True, slots=True)
class Column:
    """Text. `label` is the heading, `help` a sentence behind it.

    `source` names the row's attribute where that differs from the column's own name.
    """

    label: str
    help: str = ""
    source: str = ""
    is_number: ClassVar[bool] = False
    unit: ClassVar[str] = ""

    def text(self, value: Any) -> str:
        """The value as people read it."""
        return NO_DATA if value is None or value == "" else str(value)

    def short(self, value: Any) -> str:
        """The value for a card."""
        return self.text(value)

    def plain(self, value: Any) -> Any:
        """The value for JSON."""
        return value.isoformat() if isinstance(value, date) else value

    def cell(self, value: Any) -> Any:
        """The value for CSV and XLSX: numbers stay numbers."""
        return self.plain(value)

    def change(self, now: Any, before: Any) -> str:
        """How much the value moved, signed and with its unit; empty where it cannot be told."""
        return ""


@dataclass(frozen=True, slots=True)
class CountColumn(Column):
    """A whole number of things."""

    is_number: ClassVar[bool] = True

    def text(self, value: Any) -> str:
        """With separators: 12,345."""
        return NO_DATA if value is None else f"{value:,}"

    def change(self, now: Any, before: Any) -> str:
        """+1,234."""
        return "" if now is None or before is None else _signed(f"{now - before:,}")


@dataclass(frozen=True, slots=True)
class PaceColumn(Column):
    """How many things in a day."""

    is_number: ClassVar[bool] = True
    unit: ClassVar[str] = "a day"

    def text(self, value: Any) -> str:
        """One decimal: 12.3."""
        return NO_DATA if value is None else f"{_rounded(value, '0.1'):,}"

    def plain(self, value: Any) -> float | None:
        """Four decimals."""
        return None if value is None else float(_rounded(value, "0.0001"))

    def cell(self, value: Any) -> Any:
        """Four decimals."""
        return None if value is None else _rounded(value, "0.0001")

    def change(self, now: Any, before: Any) -> str:
        """+1.2."""
        if now is None or before is None:
            return ""
        return _signed(f"{_rounded(now - before, '0.1'):,}")


@dataclass(frozen=True, slots=True)
class MoneyColumn(Column):
    """US dollars."""

    is_number: ClassVar[bool] = True
    unit: ClassVar[str] = "$"

    def text(self, value: Any) -> str:
        """Whole dollars: $1,234,567."""
        if value is None:
            return NO_DATA
        dollars = _rounded(Decimal(value), "1")
        return f"-${-dollars:,}" if dollars < 0 else f"${dollars:,}"

    def short(self, value: Any) -> str:
        """$1.23M."""
        if value is None:
            return NO_DATA
        amount = Decimal(value)
        for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
            if abs(amount) >= size:
                return f"${_rounded(amount / size, '0.01')}{letter}"
        return self.text(amount)

    def plain(self, value: Any) -> str | None:
        """A string of two decimals."""
        return None if value is None else f"{cents(value):.2f}"

    def cell(self, value: Any) -> Any:
        """Dollars and cents."""
        return None if value is None else cents(value)

    def change(self, now: Any, before: Any) -> str:
        """+$1,234."""
        if now is None or before is None:
            return ""
        return _signed(self.text(now - before))


@dataclass(frozen=True, slots=True)
class PercentColumn(Column):
    """A rate in percent."""

    is_number: ClassVar[bool] = True
    unit: ClassVar[str] = "%"

    def text(self, value: Any) -> str:
        """One decimal: 13.3 %."""
        return NO_DATA if value is None else f"{_rounded(value, '0.1')} %"

    def plain(self, value: Any) -> float | None:
        """Percent with four decimals."""
        return None if value is None else float(_rounded(value, "0.0001"))

    def cell(self, value: Any) -> Any:
        """Percent with four decimals."""
        return None if value is None else _rounded(value, "0.0001")

    def change(self, now: Any, before: Any) -> str:
        """Percentage points: +1.2 pp."""
        if now is None or before is None:
            return ""
        return f"{_signed(str(_rounded(now - before, '0.1')))} pp"


@dataclass(frozen=True, slots=True)
class DaysColumn(Column):
    """Days; whole on pages, two decimals in files."""

    is_number: ClassVar[bool] = True
    unit: ClassVar[str] = "days"

    def text(self, value: Any) -> str:
        """Whole days."""
        return NO_DATA if value is None else f"{_rounded(Decimal(value), '1'):,}"

    def short(self, value: Any) -> str:
        """52 days."""
        return NO_DATA if value is None else _days(self.text(value))

    def plain(self, value: Any) -> float | None:
        """Days with two decimals."""
        return None if value is None else float(_rounded(Decimal(value), "0.01"))

    def cell(self, value: Any) -> Any:
        """Days with two decimals."""
        return None if value is None else _rounded(Decimal(value), "0.01")

    def change(self, now: Any, before: Any) -> str:
        """+3 days."""
        if now is None or before is None:
            return ""
        return _days(_signed(self.text(now - before)))


def value_of(columns: Mapping[str, Column], row: Any, name: str) -> Any:
    """What a row holds in the column of this name."""
    return getattr(row, columns[name].source or name)
