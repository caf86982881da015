"""How fast payers decide and pay, and who does not answer (KPIS, days-to-pay, no-response)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, Sum

from analytics.charts import Bars, Lines
from analytics.columns import Column, CountColumn, DaysColumn, MoneyColumn
from analytics.dimensions import DEPARTMENT, MONTH_PAID, PAYER, Dimension
from analytics.expressions import UNDECIDED
from analytics.page import WHOLE, Basis, Better, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import Days, cents
from billing.choices import OPEN_STATUSES
from billing.querysets import ClaimQuerySet

NOTHING = Decimal(0)
BENCHMARK = Target(Decimal(40), "the field's benchmark; MGMA, second-hand")
PATIENCE = 30  # days without an answer, where a payer has never decided a claim
SLOW = 90  # percentile of a payer's own days to decision


# Rows


@dataclass(frozen=True, slots=True)
class DaysToPay:
    """How many whole days insurers took to pay, as a histogram."""

    name: Any = ""
    days: Days = field(default_factory=Days)

    @property
    def claims(self) -> int:
        """Paid claims counted."""
        return self.days.claims

    @property
    def mean_days(self) -> Decimal | None:
        """Mean days from submission to the first payment."""
        return self.days.mean

    @property
    def median_days(self) -> Decimal | None:
        """Median days from submission to the first payment."""
        return self.days.median


@dataclass(frozen=True, slots=True)
class NoResponse:
    """Claims of one payer that wait longer than the payer usually takes."""

    name: Any = ""
    claims: int = 0
    balance: Decimal = NOTHING
    limit_days: int | None = None
    oldest: str = ""


# Functions


def paid_claims(scope: Scope) -> ClaimQuerySet:
    """The claims first paid in the period of which both dates are known."""
    return scope.paid().filter(Q(as_of_days_to_pay__isnull=False))


def _days_to_pay(scope: Scope, dimension: Dimension) -> list[DaysToPay]:
    rows = (
        paid_claims(scope)
        .values(length=F("as_of_days_to_pay"), group=dimension.expression())
        .annotate(claims=Count("pk"))
        .order_by("group", "length")
    )
    histograms: defaultdict[Any, Days] = defaultdict(Days)
    for row in rows:
        histograms[row["group"]][row["length"]] = row["claims"]
    return [DaysToPay(group, days) for group, days in histograms.items()]


def _slowest_first(rows: Sequence[DaysToPay]) -> list[DaysToPay]:
    return sorted(rows, key=lambda row: row.mean_days or NOTHING, reverse=True)


def days_to_pay_by_month(scope: Scope) -> list[DaysToPay]:
    """Days to pay by the month of the first payment, the oldest first."""
    return _days_to_pay(scope, MONTH_PAID)


def days_to_pay_by_payer(scope: Scope) -> list[DaysToPay]:
    """Days to pay by payer, the slowest first."""
    return _slowest_first(_days_to_pay(scope, PAYER))


def days_to_pay_by_department(scope: Scope) -> list[DaysToPay]:
    """Days to pay by department, the slowest first."""
    return _slowest_first(_days_to_pay(scope, DEPARTMENT))


def all_days(scope: Scope, rows: Sequence[DaysToPay]) -> DaysToPay:
    """The total: one histogram of all rows."""
    return DaysToPay("", sum((row.days for row in rows), start=Days()))


def slow_limits(scope: Scope) -> dict[str, int]:
    """Each payer's 90th percentile of days from submission to decision.

    It is the payer's own: whether a claim is late does not depend on which other departments,
    providers or practices the page shows.
    """
    rows = (
        replace(scope, department=(), provider=(), practice=())
        .claims()
        .filter(Q(as_of_days_to_decision__isnull=False))
        .values(length=F("as_of_days_to_decision"), group=PAYER.expression())
        .annotate(claims=Count("pk"))
        .order_by("group", "length")
    )
    histograms: defaultdict[str, Days] = defaultdict(Days)
    for row in rows:
        histograms[row["group"]][row["length"]] = row["claims"]
    return {payer: days.percentile(SLOW) or 0 for payer, days in histograms.items()}


def unanswered_claims(scope: Scope) -> ClaimQuerySet:
    """Open claims submitted longer ago than their payer's own limit, and undecided."""
    return _unanswered(scope, slow_limits(scope))


def late(scope: Scope, limits: dict[str, int]) -> Q:
    """Claims submitted longer ago than their payer usually takes; `limits` by payer, in days."""
    payers: defaultdict[int, list[str]] = defaultdict(list)
    for payer, limit in limits.items():
        payers[limit].append(payer)
    found = Q(submitted_on__lt=_days_before(scope.as_of, PATIENCE)) & ~Q(payer__name__in=[*limits])
    for limit, names in payers.items():
        found |= Q(submitted_on__lt=_days_before(scope.as_of, limit), payer__name__in=names)
    return found


def _unanswered(scope: Scope, limits: dict[str, int]) -> ClaimQuerySet:
    return scope.claims().filter(UNDECIDED, late(scope, limits), Q(as_of_status__in=OPEN_STATUSES))


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=days)


def no_response(scope: Scope) -> list[NoResponse]:
    """Unanswered claims by payer, the largest balance first."""
    limits = slow_limits(scope)
    rows = (
        _unanswered(scope, limits)
        .values(group=PAYER.expression())
        .annotate(
            claims=Count("pk"),
            owed=Sum("as_of_balance", default=NOTHING),
            oldest=Min("submitted_on"),
        )
        .order_by("group")
    )
    waiting = [
        NoResponse(
            r["group"],
            r["claims"],
            cents(r["owed"]),
            limits.get(r["group"], PATIENCE),
            r["oldest"].isoformat(),
        )
        for r in rows
    ]
    return sorted(waiting, key=lambda row: (-row.balance, row.name))


def all_waiting(scope: Scope, rows: Sequence[NoResponse]) -> NoResponse:
    """The total; each payer has its own limit, so the total has none."""
    return NoResponse(
        "",
        sum(r.claims for r in rows),
        sum((r.balance for r in rows), NOTHING),
        None,
        min((r.oldest for r in rows), default=""),
    )


def undated_payments(scope: Scope) -> list[str]:
    """Names the paid claims that are left out because a date is missing or assumed."""
    count = scope.paid().filter(Q(as_of_days_to_pay__isnull=True)).count()
    if not count:
        return []
    return [
        f"{count:,} paid claims are left out: their submission or payment date is missing, assumed "
        "or out of order."
    ]


# Pages

DAYS_TO_PAY = (
    "Whole days from submission to the first insurer payment above 0, over claims first paid in "
    "the period. Only paid claims count, so slow and unpaid claims make it look better than it is."
)


def _page(dimension: Dimension, compute: Any, chart: Any, **entry: Any) -> KpiPage:
    """Days to pay by one dimension."""
    return KpiPage(
        definition=DAYS_TO_PAY,
        dimension=dimension,
        compute=compute,
        empty=DaysToPay(),
        columns={
            dimension.name: Column(dimension.label, source="name"),
            "claims": CountColumn("Paid claims"),
            "mean_days": DaysColumn("Mean days"),
            "median_days": DaysColumn("Median days", "Half of the claims took no longer"),
        },
        value="mean_days",
        claims=paid_claims,
        parts={"claims": WHOLE},
        chart=chart,
        total=all_days,
        default_target=BENCHMARK,
        notes=undated_payments,
        **entry,
    )


PAGES = (
    _page(
        MONTH_PAID,
        days_to_pay_by_month,
        Lines(("mean_days", "median_days"), label="Mean and median days"),
        slug="days-to-pay",
        why="The longer payers take, the more cash the practice has to lend them.",
        title="Days to pay",
    ),
    _page(
        PAYER,
        days_to_pay_by_payer,
        Bars(("mean_days",)),
        slug="days-to-pay-by-payer",
        why="A payer that slows down is seen here before the cash is missed.",
        title="Days to pay by payer",
    ),
    _page(
        DEPARTMENT,
        days_to_pay_by_department,
        Bars(("mean_days",)),
        slug="days-to-pay-by-department",
        why="Claims that need records or corrections take longer; this shows where they come from.",
        title="Days to pay by department",
    ),
    KpiPage(
        slug="no-response",
        why=(
            "Silence often means that a claim was never received; asking early keeps the "
            "filing deadline."
        ),
        title="No response",
        definition=(
            "Submitted claims without a decision that are older, from submission, than the 90th "
            "percentile of their payer's own days to decision; 30 days where the payer has never "
            "decided a claim."
        ),
        basis=Basis.AS_OF,
        better=Better.LOWER,
        dimension=PAYER,
        compute=no_response,
        empty=NoResponse(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "Submitted, undecided and late"),
            "balance": MoneyColumn("Balance", "Expected of them"),
            "limit_days": DaysColumn("Limit in days", "The payer's own 90th percentile"),
            "oldest": Column("Oldest submission"),
        },
        value="claims",
        claims=unanswered_claims,
        parts={"claims": WHOLE, "balance": Part(sums="as_of_balance")},
        chart=Bars(("balance",)),
        total=all_waiting,
    ),
)
