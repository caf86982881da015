"""Small samples: rows whose rate or mean chance alone can move."""

from typing import Any

from analytics.page import KpiPage

FEWEST = 30
SIGN = "†"
LEGEND = f"{SIGN} Fewer than {FEWEST} claims or actions: chance alone can move such a number a lot."
COUNTED = (
    "actions",
    "decided",
    "ended",
    "submitted",
    "claims",
)  # how rows name what they divide by
JUDGED = ("%", "days")  # sums and counts are what they are, however few claims they hold


def is_small(page: KpiPage, row: Any) -> bool:
    """Whether a row's rate or mean stands on fewer than 30 claims."""
    if page.value_column.unit not in JUDGED:
        return False
    count = next((getattr(row, name) for name in COUNTED if hasattr(row, name)), None)
    return count is not None and 0 < count < FEWEST
