"""Denial reasons: why payers refuse, and what to do first (KPIS, "Categories")."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum

from analytics.charts import Bars
from analytics.columns import Column, CountColumn, MoneyColumn, PercentColumn
from analytics.dimensions import CATEGORY, REASON, Dimension
from analytics.expressions import DENIED
from analytics.notes import maturity
from analytics.page import KpiPage, Part, Target, pooled
from analytics.scope import Scope
from analytics.values import Ratio, cents
from billing.models import ReasonCode

NOTHING = Decimal(0)


# Rows


@dataclass(frozen=True, slots=True)
class ReasonDenials:
    """Denied claims of one reason or category; `decided` is of all claims, so rates add up."""

    name: Any = ""
    code: str = ""
    wording: str = ""
    category: str = ""
    preventable: str = ""
    first_step: str = ""
    denied: int = 0
    denied_amount: Decimal = NOTHING
    decided: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Denied for this reason, in percent of all decided claims."""
        return Ratio(self.denied, self.decided).percent


# Functions


def denials_by_reason(scope: Scope) -> list[ReasonDenials]:
    """Denied claims by group, code and remark of their main reason, the largest amount first."""
    reasons = ReasonCode.objects.select_related("category").in_bulk()
    rows = (
        scope.decided()
        .values(reason=REASON.expression(), code=F("as_of_main_reason_id"))
        .annotate(
            denied=Count("pk", filter=DENIED),
            denied_amount=Sum("as_of_first_denied_amount", filter=DENIED, default=NOTHING),
            decided=Count("pk"),
        )
        .order_by("reason")
    )
    found = list(rows)
    decided = sum(r["decided"] for r in found)
    denials = [
        ReasonDenials(
            name=r["reason"],
            code=r["code"] or "",
            **_known(reasons.get(r["code"])),
            denied=r["denied"],
            denied_amount=cents(r["denied_amount"]),
            decided=decided,
        )
        for r in found
        if r["denied"] or r["reason"]
    ]
    return sorted(
        (d for d in denials if d.denied), key=lambda d: (-d.denied_amount, d.name)
    ) or _no_reason(decided)


def _known(reason: ReasonCode | None) -> dict[str, str]:
    if reason is None:
        return {}
    return {
        "wording": reason.wording or "Not in the reason table",
        "category": reason.category.name,
        "preventable": reason.preventable,
        "first_step": reason.first_step,
    }


def _no_reason(decided: int) -> list[ReasonDenials]:
    return [ReasonDenials(decided=decided)] if decided else []


def denials_by_category(scope: Scope) -> list[ReasonDenials]:
    """Denied claims by the category of their main reason, the largest denied amount first."""
    reasons = ReasonCode.objects.select_related("category").in_bulk()
    groups: dict[str, ReasonDenials] = {}
    for row in denials_by_reason(scope):
        reason = reasons.get(row.code)
        key = reason.category_id if reason else ""
        one = groups.get(key) or ReasonDenials(
            name=key, wording=reason.category.name if reason else "", decided=row.decided
        )
        groups[key] = replace(
            one, denied=one.denied + row.denied, denied_amount=one.denied_amount + row.denied_amount
        )
    return sorted(groups.values(), key=lambda d: (-d.denied_amount, d.name))


def share_one_whole(scope: Scope, rows: Sequence[Any]) -> ReasonDenials:
    """The total of rows that are parts of the same decided claims."""
    total: ReasonDenials = pooled(rows, ReasonDenials())
    return replace(total, decided=rows[0].decided if rows else 0)


# Pages


def _reasons(dimension: Dimension, compute: Any, *texts: str, **entry: Any) -> KpiPage:
    """Denied claims by why they were denied."""
    headings = {
        "wording": Column("Meaning"),
        "category": Column("Category"),
        "preventable": Column("Preventable"),
        "first_step": Column("First step"),
    }
    return KpiPage(
        definition=(
            "Claims whose first decision was denied or partially denied, by the reason of its "
            "largest denial adjustment: group, code and the first remark beside it. The rate is "
            "their share of all decided claims, so the rates of all reasons add up to the initial "
            "denial rate."
        ),
        dimension=dimension,
        compute=compute,
        empty=ReasonDenials(),
        columns={
            dimension.name: Column(dimension.label, source="name"),
            **{name: headings[name] for name in texts},
            "denied": CountColumn("Denied", "First decision denied or partially denied"),
            "denied_amount": MoneyColumn("Denied amount", "Their denial adjustments"),
            "decided": CountColumn("All decided", "Claims decided in the period, any reason"),
            "rate": PercentColumn("Share of decided", "Denied for this reason ÷ all decided"),
        },
        value="rate",
        claims=Scope.decided,
        whole="denied",
        parts={
            "denied": Part(DENIED),
            "denied_amount": Part(DENIED, sums="as_of_first_denied_amount"),
        },
        chart=Bars(("denied_amount",)),
        total=share_one_whole,
        default_target=Target(Decimal(10), "AAFP: 5–10 % is typical"),
        notes=maturity,
        **entry,
    )


PAGES = (
    _reasons(
        REASON,
        denials_by_reason,
        "wording",
        "category",
        "preventable",
        "first_step",
        slug="denials-by-reason",
        why="A few reasons make most denials; the largest one is where to begin.",
        title="Denials by reason",
    ),
    _reasons(
        CATEGORY,
        denials_by_category,
        "wording",
        slug="denials-by-category",
        why="Each category has an owner, so it says who can prevent what.",
        title="Denials by category",
    ),
)
