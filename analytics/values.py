"""Numbers as the product writes them: cents, ratios, days."""

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal | float | int | None) -> Decimal:
    """A dollar amount to the cent; SQLite sums in floats, so every sum passes through here."""
    return Decimal(str(amount or 0)).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part of a whole."""

    part: Decimal | int
    whole: Decimal | int

    @property
    def percent(self) -> Decimal | None:
        """100 × part ÷ whole; None where the whole is empty."""
        return None if not self.whole else Decimal(self.part) * 100 / Decimal(self.whole)

    @property
    def value(self) -> Decimal | None:
        """Part ÷ whole; None where the whole is empty."""
        return None if not self.whole else Decimal(self.part) / Decimal(self.whole)


class Days(Counter[int]):
    """A histogram of whole days: days → how many claims. Adds up, so means and medians pool."""

    @property
    def claims(self) -> int:
        """How many claims were counted."""
        return self.total()

    @property
    def mean(self) -> Decimal | None:
        """Mean days, or None without claims."""
        return Ratio(sum(days * n for days, n in self.items()), self.total()).value

    @property
    def median(self) -> Decimal | None:
        """Median days, or None without claims."""
        low, high = self._at((self.total() - 1) // 2), self._at(self.total() // 2)
        return None if low is None or high is None else Decimal(low + high) / 2

    def percentile(self, percent: int) -> int | None:
        """The least number of days that `percent` % of the claims did not exceed."""
        return self._at(-(-self.total() * percent // 100) - 1)

    def _at(self, position: int) -> int | None:
        """The days of the claim at this position, from 0, in order of days."""
        if position < 0:
            return None
        for days in sorted(self):
            position -= self[days]
            if position < 0:
                return days
        return None

    def __add__(self, other: Counter[int]) -> "Days":  # type: ignore[override]  # Counter drops days ≤ 0 counts and the type
        return Days({d: self[d] + other[d] for d in self.keys() | other.keys()})
