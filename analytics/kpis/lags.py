"""Lags: the days from service to charge and to submission (KPIS, charge-lag, submission-lag)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from analytics.charts import Bars
from analytics.columns import Column, CountColumn, DaysColumn
from analytics.dimensions import DEPARTMENT
from analytics.page import WHOLE, KpiPage
from analytics.scope import Scope
from analytics.values import Ratio
from billing.querysets import ClaimQuerySet

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lag:
    """Claims and the whole days that passed, added up."""

    name: Any = ""
    claims: int = 0
    total_days: int = 0

    @property
    def mean_days(self) -> Decimal | None:
        """Mean days per claim."""
        return Ratio(self.total_days, self.claims).value


def _lag(scope: Scope, field: str) -> list[Lag]:
    rows = (
        scope.submitted()
        .filter(**{f"{field}__isnull": False})
        .values(group=DEPARTMENT.expression())
        .annotate(claims=Count("pk"), total_days=Sum(field))
        .order_by("group")
    )
    lags = [Lag(r["group"], r["claims"], r["total_days"]) for r in rows]
    return sorted(lags, key=lambda lag: lag.mean_days or NOTHING, reverse=True)


def charge_lag(scope: Scope) -> list[Lag]:
    """Days from service to the entry of the last charge, by department, the slowest first."""
    return _lag(scope, "charge_lag_days")


def submission_lag(scope: Scope) -> list[Lag]:
    """Days from service to submission, by department, the slowest first."""
    return _lag(scope, "submission_lag_days")


def _lag_page(
    slug: str, title: str, field: str, compute: Any, definition: str, why: str
) -> KpiPage:
    """A lag by department."""

    def dated(scope: Scope) -> ClaimQuerySet:
        return scope.submitted().filter(**{f"{field}__isnull": False})

    return KpiPage(
        slug=slug,
        title=title,
        definition=definition,
        why=why,
        dimension=DEPARTMENT,
        compute=compute,
        empty=Lag(),
        columns={
            "department": Column("Department", source="name"),
            "claims": CountColumn("Claims", "Submitted in the period, both dates known"),
            "mean_days": DaysColumn("Mean days"),
        },
        value="mean_days",
        claims=dated,
        parts={"claims": WHOLE},
        chart=Bars(("mean_days",)),
    )


PAGES = (
    _lag_page(
        "charge-lag",
        "Charge lag",
        "charge_lag_days",
        charge_lag,
        "Mean whole days from service to the entry of the last charge of the encounter, over "
        "claims submitted in the period.",
        "A charge that is entered late is billed late, and paid late.",
    ),
    _lag_page(
        "submission-lag",
        "Submission lag",
        "submission_lag_days",
        submission_lag,
        "Mean whole days from service to the first submission, over claims submitted in the "
        "period.",
        "Every day before submission is a day later that the payer can pay.",
    ),
)
