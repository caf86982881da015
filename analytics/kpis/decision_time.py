"""How long payers take to decide, the claims that still wait counted (KPIS, time-to-decision)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Case, Count, F, Q, When

from analytics.charts import Bars
from analytics.columns import Column, CountColumn, DaysColumn, PercentColumn
from analytics.dimensions import PAYER
from analytics.expressions import DECIDED, UNDECIDED
from analytics.page import WHOLE, Better, KpiPage, Part
from analytics.scope import Scope
from analytics.waiting import Waiting
from billing.choices import OPEN_STATUSES
from billing.querysets import ClaimQuerySet

STILL_WAITS = UNDECIDED & Q(as_of_status__in=OPEN_STATUSES)
DECIDED_IN_DAYS = Q(as_of_days_to_decision__isnull=False)


@dataclass(frozen=True, slots=True)
class TimeToDecision:
    """How long the claims of one payer waited for its first decision."""

    name: Any = ""
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def claims(self) -> int:
        """Claims submitted in the period and watched since."""
        return self.waiting.claims

    @property
    def decided(self) -> int:
        """Those that are decided."""
        return self.waiting.decided.total()

    @property
    def undecided(self) -> int:
        """Those that still wait."""
        return self.waiting.undecided.total()

    @property
    def median_days(self) -> int | None:
        """The day by which half are decided."""
        return self.waiting.percentile(50)

    @property
    def days_75(self) -> int | None:
        """The day by which three in four are decided."""
        return self.waiting.percentile(75)

    @property
    def days_90(self) -> int | None:
        """The day by which nine in ten are decided."""
        return self.waiting.percentile(90)

    @property
    def by_30(self) -> Decimal | None:
        """Percent decided within 30 days."""
        return _percent(self.waiting.decided_by(30))

    @property
    def by_60(self) -> Decimal | None:
        """Percent decided within 60 days."""
        return _percent(self.waiting.decided_by(60))

    @property
    def by_90(self) -> Decimal | None:
        """Percent decided within 90 days."""
        return _percent(self.waiting.decided_by(90))


def _percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(100 * share.numerator) / Decimal(share.denominator)


def watched_claims(scope: Scope) -> ClaimQuerySet:
    """The claims submitted in the period that are decided, on a known day, or still wait."""
    return scope.submitted().filter(DECIDED_IN_DAYS | STILL_WAITS)


def time_to_decision(scope: Scope) -> list[TimeToDecision]:
    """Time to decision by payer, the slowest first; open claims count for as long as they wait."""
    rows = (
        watched_claims(scope)
        .values(
            length=F("as_of_days_to_decision"),
            since=Case(When(STILL_WAITS, then=F("submitted_on"))),
            group=PAYER.expression(),
        )
        .annotate(claims=Count("pk"))
        .order_by("group", "length", "since")
    )
    found: defaultdict[str, Waiting] = defaultdict(lambda: Waiting(Counter(), Counter()))
    for row in rows:
        waiting = found[row["group"]]
        if row["length"] is None:
            waiting.undecided[(scope.as_of - row["since"]).days] += row["claims"]
        else:
            waiting.decided[row["length"]] += row["claims"]
    payers = [TimeToDecision(payer, waiting) for payer, waiting in found.items()]
    return sorted(payers, key=lambda row: (row.median_days is not None, -(row.median_days or 0)))


def all_waiting(scope: Scope, rows: Sequence[TimeToDecision]) -> TimeToDecision:
    """The total: all claims watched together."""
    return TimeToDecision("", sum((row.waiting for row in rows), start=Waiting()))


def undated_decisions(scope: Scope) -> list[str]:
    """Names the decided claims that are left out because a date is assumed or out of order."""
    count = scope.submitted().filter(DECIDED, Q(as_of_days_to_decision__isnull=True)).count()
    if not count:
        return []
    return [
        f"{count:,} decided claims are left out: the date of their decision is assumed or out of "
        "order."
    ]


PAGES = (
    KpiPage(
        slug="time-to-decision",
        title="Time to decision",
        definition=(
            "Whole days from submission to the first decision, over claims submitted in the "
            "period, estimated after Kaplan and Meier: a claim without a decision counts for as "
            "long as it has waited. What has not been seen yet is shown as no data. Claims that "
            "were closed without a decision are left out."
        ),
        why=(
            "Days to pay knows only the paid claims and so flatters slow payers; this counts the "
            "claims that still wait."
        ),
        dimension=PAYER,
        compute=time_to_decision,
        empty=TimeToDecision(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "Submitted in the period; decided or still waiting"),
            "decided": CountColumn("Decided"),
            "undecided": CountColumn("Still waiting"),
            "median_days": DaysColumn("Median days", "Half are decided by then"),
            "days_75": DaysColumn("75 % by day", "Three in four are decided by then"),
            "days_90": DaysColumn("90 % by day", "Nine in ten are decided by then"),
            "by_30": PercentColumn("By day 30", "Share decided within 30 days"),
            "by_60": PercentColumn("By day 60", "Share decided within 60 days"),
            "by_90": PercentColumn("By day 90", "Share decided within 90 days"),
        },
        value="median_days",
        claims=watched_claims,
        parts={
            "claims": WHOLE,
            "decided": Part(DECIDED_IN_DAYS),
            "undecided": Part(STILL_WAITS),
        },
        chart=Bars(("median_days",)),
        better=Better.LOWER,
        total=all_waiting,
        notes=undated_decisions,
    ),
)
