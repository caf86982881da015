"""How long claims wait, those that still wait included (Kaplan and Meier, 1958).

Whoever looks only at what is decided sees the fast claims: the slow ones still wait. The estimator
counts every claim for as long as it was watched. Pure functions of exact fractions.
"""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class Waiting:
    """Two histograms of whole days: until the decision, and so far without one."""

    decided: Counter[int] = field(default_factory=Counter)
    undecided: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: "Waiting") -> "Waiting":
        return Waiting(
            Counter(
                {d: self.decided[d] + other.decided[d] for d in {*self.decided, *other.decided}}
            ),
            Counter(
                {
                    d: self.undecided[d] + other.undecided[d]
                    for d in {*self.undecided, *other.undecided}
                }
            ),
        )

    @property
    def claims(self) -> int:
        """All claims watched."""
        return self.decided.total() + self.undecided.total()

    @cached_property
    def steps(self) -> tuple[tuple[int, Fraction], ...]:
        """Day by day of decisions: the share of claims that still waits after it.

        A claim that is watched for n days is at risk on day n, also where nothing came.
        """
        at_risk, waits, found = self.claims, Fraction(1), []
        for day in sorted({*self.decided, *self.undecided}):
            if self.decided[day]:
                waits *= 1 - Fraction(self.decided[day], at_risk)
                found.append((day, waits))
            at_risk -= self.decided[day] + self.undecided[day]
        return tuple(found)

    def percentile(self, percent: int) -> int | None:
        """The first day by which `percent` % are decided; None where that is not seen yet."""
        left = 1 - Fraction(percent, 100)
        return next((day for day, waits in self.steps if waits <= left), None)

    def decided_by(self, day: int) -> Fraction | None:
        """The share decided within `day` days; None where nobody was watched for that long."""
        waits = Fraction(1)
        for step, left in self.steps:
            if step > day:
                break
            waits = left
        was_watched = max((*self.decided, *self.undecided), default=-1) >= day
        return 1 - waits if was_watched or waits == 0 else None
