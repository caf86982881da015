"""What a page says about its own data: what is immature, assumed or left out."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count

from analytics.dimensions import MONTH_SUBMITTED
from analytics.expressions import DECIDED
from analytics.scope import Scope
from analytics.values import Ratio

MATURE = Decimal(90)  # percent of the submitted claims that must be decided


def immature_months(scope: Scope, rows: Sequence[Any]) -> set[Any]:
    """The months of which less than 90 % of the claims sent in them are decided."""
    months = (
        scope.submitted()
        .values(month=MONTH_SUBMITTED.expression())
        .annotate(submitted=Count("pk"), decided=Count("pk", filter=DECIDED))
        .order_by("month")
    )
    return {m["month"] for m in months if 100 * m["decided"] < MATURE * m["submitted"]}


def maturity(scope: Scope) -> list[str]:
    """Warns where many claims sent in the period are still undecided."""
    counts = scope.submitted().aggregate(submitted=Count("pk"), decided=Count("pk", filter=DECIDED))
    share = Ratio(counts["decided"], counts["submitted"]).percent
    if share is None or share >= MATURE:
        return []
    return [
        f"Immature: {counts['decided']:,} of the {counts['submitted']:,} claims submitted in this "
        f"period are decided ({share:.0f} %). The numbers will still move."
    ]
