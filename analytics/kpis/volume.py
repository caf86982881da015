"""Volume: what is sent, decided, denied and paid week by week, and what is denied now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncWeek

from analytics.charts import Bars, Lines
from analytics.columns import Column, CountColumn, MoneyColumn, PercentColumn
from analytics.dimensions import PAYER, WEEK_DECIDED, WEEK_SUBMITTED
from analytics.expressions import CURRENTLY_DENIED, DECIDED, DENIED
from analytics.notes import MATURE, maturity
from analytics.page import WHOLE, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import Ratio, cents
from billing.choices import Outcome
from billing.models import Adjudication
from billing.querysets import ClaimQuerySet

NOTHING = Decimal(0)


# Rows


@dataclass(frozen=True, slots=True)
class CurrentlyDenied:
    """Submitted claims, and those denied now."""

    name: Any = ""
    submitted: int = 0
    denied: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Denied now, in percent of submitted."""
        return Ratio(self.denied, self.submitted).percent


@dataclass(frozen=True, slots=True)
class WeekVolume:
    """One ISO week: what was sent, decided, denied and paid in it; `name` is its Monday."""

    name: Any = ""
    submitted: int = 0
    submitted_decided: int = 0
    decided: int = 0
    denied: int = 0
    paid_amount: Decimal = NOTHING

    @property
    def rate(self) -> Decimal | None:
        """Denied, in percent of decided."""
        return Ratio(self.denied, self.decided).percent

    @property
    def is_immature(self) -> bool:
        """Whether less than 90 % of the claims sent in the week are decided."""
        share = Ratio(self.submitted_decided, self.submitted).percent
        return share is not None and share < MATURE


# Functions


def currently_denied_share(scope: Scope) -> list[CurrentlyDenied]:
    """Submitted claims by payer and those denied now, the highest share first."""
    rows = (
        scope.submitted()
        .values(group=PAYER.expression())
        .annotate(submitted=Count("pk"), denied=Count("pk", filter=CURRENTLY_DENIED))
        .order_by("group")
    )
    shares = [CurrentlyDenied(r["group"], r["submitted"], r["denied"]) for r in rows]
    return sorted(shares, key=lambda share: share.rate or NOTHING, reverse=True)


def weekly_trend(scope: Scope) -> list[WeekVolume]:
    """What was sent, decided, denied and paid in each ISO week, the oldest first."""
    sent = (
        scope.submitted()
        .values(week=WEEK_SUBMITTED.expression())
        .annotate(submitted=Count("pk"), submitted_decided=Count("pk", filter=DECIDED))
        .order_by("week")
    )
    decided = (
        scope.decided()
        .values(week=WEEK_DECIDED.expression())
        .annotate(decided=Count("pk"), denied=Count("pk", filter=DENIED))
        .order_by("week")
    )
    paid = (
        _payments(scope)
        .values(week=TruncWeek("decided_on"))
        .annotate(paid_amount=Sum("paid", default=NOTHING))
        .order_by("week")
    )
    weeks: dict[Any, WeekVolume] = {}
    for counts in (*sent, *decided, *paid):
        monday = counts.pop("week")
        weeks[monday] = replace(weeks.get(monday) or WeekVolume(monday), **counts)
    return [
        replace(weeks[monday], paid_amount=cents(weeks[monday].paid_amount))
        for monday in sorted(weeks)
    ]


def _payments(scope: Scope) -> QuerySet[Adjudication]:
    """What insurers paid, less what they took back; a corrected import row counts once."""
    return (
        Adjudication.objects.filter(
            scope.existing("claim__"),
            claim__isnull=False,
            replaced_by__isnull=True,
            **scope.between("decided_on"),
            **scope.named("claim__"),
        )
        .exclude(outcome=Outcome.PREDETERMINATION)
        .exclude(paid=0)
        .exclude(paid__isnull=True)
    )


def immature_weeks(scope: Scope, rows: Sequence[WeekVolume]) -> set[Any]:
    """The weeks of which less than 90 % of the claims sent in them are decided."""
    return {week.name for week in rows if week.is_immature}


def claims_with_payments(scope: Scope) -> ClaimQuerySet:
    """The claims that an insurer paid, or took money back from, in the period."""
    return scope.claims().filter(pk__in=_payments(scope).values("claim"))


def _paid_per_claim(scope: Scope) -> Combinable:
    """What insurers paid on each claim in the period."""
    of_claim = _payments(scope).filter(claim=OuterRef("pk")).order_by().values("claim")
    return Coalesce(
        Subquery(of_claim.annotate(total=Sum("paid")).values("total")),
        NOTHING,
        output_field=DecimalField(max_digits=12, decimal_places=2),
    )


# Pages

PAGES = (
    KpiPage(
        slug="currently-denied-share",
        why="How much of what was sent still stands denied: work waiting to be done.",
        title="Currently denied",
        definition=(
            "Claims whose status is denied now ÷ all claims submitted in the period. Unlike the "
            "initial denial rate it falls as denials are worked off."
        ),
        dimension=PAYER,
        compute=currently_denied_share,
        notes=maturity,
        empty=CurrentlyDenied(),
        columns={
            "payer": Column("Payer", source="name"),
            "submitted": CountColumn("Submitted", "Claims first sent in the period"),
            "denied": CountColumn("Denied now", "Status denied"),
            "rate": PercentColumn("Share", "Denied now ÷ submitted"),
        },
        value="rate",
        claims=Scope.submitted,
        parts={"submitted": WHOLE, "denied": Part(CURRENTLY_DENIED)},
        chart=Bars(("rate",)),
    ),
    KpiPage(
        slug="weekly-trend",
        why="Shows whether claims go out and decisions come in at the usual pace.",
        title="Weekly trend",
        definition=(
            "Per ISO week (Monday to Sunday): claims first submitted in it, claims first decided "
            "in it, those of them denied or partially denied, and what insurers paid in it, less "
            "what they took back. Weeks of which less than 90 % of the submitted claims are "
            "decided are immature and drawn hatched."
        ),
        dimension=WEEK_SUBMITTED,
        compute=weekly_trend,
        notes=maturity,
        empty=WeekVolume(),
        columns={
            "week": Column("Week of", source="name"),
            "submitted": CountColumn("Submitted"),
            "decided": CountColumn("Decided", "Claims first decided in the week"),
            "denied": CountColumn("Denied", "First decision denied or partially denied"),
            "rate": PercentColumn("Denial rate", "Denied ÷ decided"),
            "paid_amount": MoneyColumn("Paid", "Insurer payments dated in the week"),
        },
        value="rate",
        claims=Scope.submitted,
        parts={
            "submitted": WHOLE,
            "decided": Part(claims=Scope.decided),
            "denied": Part(DENIED, claims=Scope.decided),
            "paid_amount": Part(claims=claims_with_payments, sums=_paid_per_claim),
        },
        immature=immature_weeks,
        chart=Lines(("rate",), beside="denied"),
        default_target=Target(Decimal(10), "AAFP: 5–10 % is typical"),
    ),
)
