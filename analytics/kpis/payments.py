"""Payments: what was collected of what could be, and what denials came back (KPIS)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from analytics.charts import Bars, Lines
from analytics.columns import Column, CountColumn, MoneyColumn, PercentColumn
from analytics.dimensions import DEPARTMENT, MONTH_OF_SERVICE, PAYER, Dimension
from analytics.page import WHOLE, Better, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import Ratio, cents
from billing.choices import AppealResult
from billing.models import Appeal
from billing.querysets import ClaimQuerySet

NOTHING = Decimal(0)
PAID_KNOWN = Q(as_of_paid_known=True)
RIPE_AFTER = 120  # days after the end of a service month before its collection is judged


# Rows


@dataclass(frozen=True, slots=True)
class Collection:
    """What was billed for services, and what of it was collected; dollars."""

    name: Any = ""
    claims: int = 0
    billed: Decimal = NOTHING
    contractual: Decimal = NOTHING
    insurer_paid: Decimal = NOTHING
    patient_paid: Decimal = NOTHING

    @property
    def collected(self) -> Decimal:
        """Insurer and patient payments."""
        return self.insurer_paid + self.patient_paid

    @property
    def collectible(self) -> Decimal:
        """Billed less stated contractual reductions."""
        return self.billed - self.contractual

    @property
    def net_rate(self) -> Decimal | None:
        """Collected, in percent of collectible."""
        return Ratio(self.collected, self.collectible).percent

    @property
    def gross_rate(self) -> Decimal | None:
        """Collected, in percent of billed."""
        return Ratio(self.collected, self.billed).percent


@dataclass(frozen=True, slots=True)
class Overturned:
    """Denied claims that were paid after all, and those given up."""

    name: Any = ""
    overturned: int = 0
    ended: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Overturned, in percent of ended."""
        return Ratio(self.overturned, self.ended).percent


@dataclass(frozen=True, slots=True)
class AppealResults:
    """Appeals that ended, and those won; `undated` ends count on the day of filing.

    `claims` were appealed: fewer than the appeals where one was appealed twice.
    """

    name: Any = ""
    claims: int = 0
    won: int = 0
    ended: int = 0
    undated: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Won, in percent of ended."""
        return Ratio(self.won, self.ended).percent


# Functions


def last_ripe_day(as_of: date) -> date:
    """The end of the newest service month that ended 120 days before `as_of` or earlier."""
    limit = as_of - timedelta(days=RIPE_AFTER)
    month_end = (limit.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return limit if limit == month_end else limit.replace(day=1) - timedelta(days=1)


def service_period(scope: Scope) -> Scope:
    """A rolling period moved back so that it ends with the newest ripe month; others as asked."""
    ripe = last_ripe_day(scope.as_of)
    if scope.period in ("all", "custom") or scope.days is None:
        return scope
    return replace(scope, start=ripe - timedelta(days=scope.days - 1), end=ripe, period="custom")


def serviced_claims(scope: Scope) -> ClaimQuerySet:
    """Claims served in the period and in a ripe month, of which the payment is known."""
    return (
        scope.claims()
        .filter(**service_period(scope).between("service_date"))
        .filter(PAID_KNOWN, service_date__lte=last_ripe_day(scope.as_of))
    )


def _collection(scope: Scope, dimension: Dimension) -> list[Collection]:
    rows = (
        serviced_claims(scope)
        .values(group=dimension.expression())
        .annotate(
            claims=Count("pk"),
            total_billed=Sum("billed", default=NOTHING),
            total_contractual=Sum("as_of_contractual", default=NOTHING),
            total_paid=Sum("as_of_paid", default=NOTHING),
            total_patient_paid=Sum("as_of_patient_paid", default=NOTHING),
        )
        .order_by("group")
    )
    return [
        Collection(
            r["group"],
            r["claims"],
            cents(r["total_billed"]),
            cents(r["total_contractual"]),
            cents(r["total_paid"]),
            cents(r["total_patient_paid"]),
        )
        for r in rows
    ]


def collection_by_month(scope: Scope) -> list[Collection]:
    """Collection by month of service, the oldest first."""
    return _collection(scope, MONTH_OF_SERVICE)


def collection_by_payer(scope: Scope) -> list[Collection]:
    """Collection by payer, the lowest net rate first."""
    return sorted(_collection(scope, PAYER), key=lambda row: row.net_rate or NOTHING)


def collection_by_department(scope: Scope) -> list[Collection]:
    """Collection by department, the lowest net rate first."""
    return sorted(_collection(scope, DEPARTMENT), key=lambda row: row.net_rate or NOTHING)


def _overturned(scope: Scope) -> Q:
    return Q(**scope.between("as_of_overturned_on"))


def ended_denials(scope: Scope) -> ClaimQuerySet:
    """Denied claims that were paid after the denial, or fully written off, in the period."""
    return scope.claims().filter(
        _overturned(scope) | Q(**scope.between("as_of_denial_written_off_on"))
    )


def overturned_by_payer(scope: Scope) -> list[Overturned]:
    """Denials overturned by payer, the lowest rate first."""
    rows = (
        ended_denials(scope)
        .values(group=PAYER.expression())
        .annotate(ended=Count("pk"), overturned=Count("pk", filter=_overturned(scope)))
        .order_by("group")
    )
    found = [Overturned(r["group"], r["overturned"], r["ended"]) for r in rows]
    return sorted(found, key=lambda row: row.rate or NOTHING)


WON = Q(result=AppealResult.WON)
UNDATED = Q(counted_on_assumed=True)


def ended_appeals(scope: Scope) -> QuerySet[Appeal]:
    """The appeals that ended, won or lost, in the period."""
    return scope.appeals().filter(
        result__in=(AppealResult.WON, AppealResult.LOST), **scope.between("counted_on")
    )


def appeals_by_payer(scope: Scope) -> list[AppealResults]:
    """Appeals won by payer, the lowest rate first."""
    rows = (
        ended_appeals(scope)
        .values(group=F("claim__payer__name"))
        .annotate(
            claims=Count("claim", distinct=True),
            won=Count("pk", filter=WON),
            ended=Count("pk"),
            undated=Count("pk", filter=UNDATED),
        )
        .order_by("group")
    )
    found = [
        AppealResults(r["group"], r["claims"], r["won"], r["ended"], r["undated"]) for r in rows
    ]
    return sorted(found, key=lambda row: row.rate or NOTHING)


def appealed_claims(scope: Scope) -> ClaimQuerySet:
    """The claims whose appeals ended in the period."""
    return scope.claims().filter(pk__in=ended_appeals(scope).values("claim"))


def _appeals_part(kind: Q) -> Part:
    """Counts appeals of this kind; a claim that was appealed twice counts twice."""

    def claims(scope: Scope) -> Q:
        return Q(pk__in=ended_appeals(scope).filter(kind).values("claim"))

    def per_claim(scope: Scope) -> Combinable:
        appeals = ended_appeals(scope).filter(kind, claim=OuterRef("pk")).order_by()
        return Coalesce(Subquery(appeals.values("claim").annotate(n=Count("pk")).values("n")), 0)

    return Part(claims, sums=per_claim)


def collection_notes(scope: Scope) -> list[str]:
    """Says which service dates are counted and what is left out."""
    moved = service_period(scope)
    notes = []
    if moved != scope and moved.start and moved.end:
        notes.append(
            f"Services of {moved.start} to {moved.end}: younger months are too fresh to judge."
        )
    unknown = (
        scope.claims()
        .filter(**moved.between("service_date"))
        .filter(~PAID_KNOWN, service_date__lte=last_ripe_day(scope.as_of))
        .count()
    )
    if unknown:
        notes.append(f"{unknown:,} claims are left out: their source does not say what was paid.")
    return notes


# Pages

RIPE = (
    "Counts claims whose service month ended at least 120 days before the as-of day, with all "
    "payments up to that day."
)
NET = f"Insurer and patient payments ÷ (billed − stated contractual reductions). {RIPE}"
GROSS = f"Insurer and patient payments ÷ billed. {RIPE}"
NET_TARGET = Target(Decimal(95), "AAFP")
AMOUNTS = {
    "claims": CountColumn("Claims"),
    "collected": MoneyColumn("Collected", "Insurer and patient payments"),
    "collectible": MoneyColumn("Collectible", "Billed less contractual"),
    "billed": MoneyColumn("Billed"),
}
COLLECTION_PARTS = {
    "claims": WHOLE,
    "collected": Part(sums=lambda scope: F("as_of_paid") + F("as_of_patient_paid")),
    "collectible": Part(sums=lambda scope: F("billed") - F("as_of_contractual")),
    "billed": Part(sums="billed"),
}


def _collection_page(
    dimension: Dimension, compute: Any, rates: dict[str, PercentColumn], chart: Any, **entry: Any
) -> KpiPage:
    """Collection by one dimension."""
    return KpiPage(
        better=Better.HIGHER,
        dimension=dimension,
        compute=compute,
        empty=Collection(),
        columns={dimension.name: Column(dimension.label, source="name"), **AMOUNTS, **rates},
        value="rate",
        claims=serviced_claims,
        period=service_period,
        parts=COLLECTION_PARTS,
        chart=chart,
        notes=collection_notes,
        **entry,
    )


NET_RATE = PercentColumn("Net rate", "Collected ÷ collectible", source="net_rate")
GROSS_RATE = PercentColumn("Gross rate", "Collected ÷ billed", source="gross_rate")
BOTH = {"rate": NET_RATE, "gross_rate": PercentColumn("Gross rate", "Collected ÷ billed")}


PAGES = (
    _collection_page(
        MONTH_OF_SERVICE,
        collection_by_month,
        {"rate": NET_RATE},
        Lines(("rate",)),
        slug="net-collection",
        why=(
            "Of the money that contracts allow, how much really comes in: what is missing is "
            "lost for good."
        ),
        title="Net collection rate",
        definition=NET,
        default_target=NET_TARGET,
    ),
    _collection_page(
        MONTH_OF_SERVICE,
        collection_by_month,
        {"rate": GROSS_RATE},
        Lines(("rate",)),
        slug="gross-collection",
        why="Depends on the price list, so compare it only with the practice's own past.",
        title="Gross collection rate",
        definition=GROSS,
    ),
    _collection_page(
        PAYER,
        collection_by_payer,
        BOTH,
        Bars(("rate",)),
        slug="collection-by-payer",
        why="Shows which payer's contract brings less than it promises.",
        title="Collection by payer",
        definition=NET,
        default_target=NET_TARGET,
    ),
    _collection_page(
        DEPARTMENT,
        collection_by_department,
        BOTH,
        Bars(("rate",)),
        slug="collection-by-department",
        why="Shows where money is lost between service and payment.",
        title="Collection by department",
        definition=NET,
        default_target=NET_TARGET,
    ),
    KpiPage(
        slug="overturn-rate",
        why="Says how much of denied money comes back when somebody asks for it.",
        title="Denials overturned",
        definition=(
            "Denied claims with an insurer payment dated after the denial ÷ those and the denied "
            "claims that were fully written off, dated by the payment or the write-off."
        ),
        better=Better.HIGHER,
        dimension=PAYER,
        compute=overturned_by_payer,
        empty=Overturned(),
        columns={
            "payer": Column("Payer", source="name"),
            "overturned": CountColumn("Overturned", "Paid after the denial"),
            "ended": CountColumn("Ended", "Overturned or fully written off"),
            "rate": PercentColumn("Overturned", "Overturned ÷ ended"),
        },
        value="rate",
        claims=ended_denials,
        parts={"overturned": Part(_overturned), "ended": WHOLE},
        chart=Bars(("rate",)),
    ),
    KpiPage(
        slug="appeal-win-rate",
        why=(
            "Appeals cost time: file them where they win, and prevent the denial where they do not."
        ),
        title="Appeals won",
        definition=(
            "Appeals won ÷ appeals ended. An appeal that was won ends on its first payment on or "
            "after filing; an end without a date counts on the day of filing and is marked. A "
            "claim that was appealed twice is listed once and counts twice."
        ),
        better=Better.HIGHER,
        dimension=PAYER,
        compute=appeals_by_payer,
        empty=AppealResults(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "Claims whose appeals ended"),
            "won": CountColumn("Won", "Appeals won"),
            "ended": CountColumn("Ended", "Appeals won or lost"),
            "undated": CountColumn("Without end date", "Counted on the day of filing"),
            "rate": PercentColumn("Won", "Won ÷ ended"),
        },
        value="rate",
        claims=appealed_claims,
        parts={
            "claims": WHOLE,
            "won": _appeals_part(WON),
            "ended": _appeals_part(Q()),
            "undated": _appeals_part(UNDATED),
        },
        chart=Bars(("rate",)),
    ),
)
