"""How far chance alone moves a share: the interval around one, and the limits around a team's."""

from collections.abc import Sequence
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

WATCH = 0.95  # of chance lies within these limits
FLAG = 0.998
STEPS = 60  # of a drawn limit


def _deviations(within: float) -> float:
    """How many standard deviations to either side hold this share of chance."""
    return NormalDist().inv_cdf((1 + within) / 2)


def _percent(share: float) -> Decimal:
    return Decimal(str(min(max(share, 0.0), 1.0))) * 100


def wilson(part: int, whole: int) -> tuple[Decimal, Decimal] | None:
    """The 95 % Wilson interval of part ÷ whole, in percent; None where the whole is empty."""
    if not whole:
        return None
    share, z = part / whole, _deviations(WATCH)
    middle = share + z * z / (2 * whole)
    spread = z * sqrt((share * (1 - share) + z * z / (4 * whole)) / whole)
    scale = 1 + z * z / whole
    return _percent((middle - spread) / scale), _percent((middle + spread) / scale)


def upper_limit(share: float, count: int, within: float) -> Decimal | None:
    """What `count` cases seldom exceed where each fails with this chance, in percent.

    The normal approximation, half a case later, so that few cases accuse nobody; at most 100 %.
    """
    if not count:
        return None
    spread = _deviations(within) * sqrt(share * (1 - share) / count)
    return _percent(share + spread + 0.5 / count)


def curve(share: float, most: int, within: float) -> Sequence[tuple[float, float]]:
    """The limit as a line of points (count, percent), closer together where it falls steeply."""
    counts = sorted({max(1, round(most * (step / STEPS) ** 2)) for step in range(1, STEPS + 1)})
    return [(count, float(upper_limit(share, count, within) or 0)) for count in counts]
