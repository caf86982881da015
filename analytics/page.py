"""What a KPI page is: one entry of the registry, and its answer for a scope."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from django.db.models import F, Q, Sum
from django.db.models.expressions import Combinable
from django.urls import reverse

from analytics.charts import Chart
from analytics.columns import Column
from analytics.dimensions import Dimension
from analytics.scope import Scope
from analytics.values import cents
from billing.querysets import ClaimQuerySet


class Row(Protocol):
    """A frozen dataclass: `name` is what it stands for, its other fields are parts and wholes."""

    @property
    def name(self) -> Any:
        """The value of the page's dimension."""


class Basis(Enum):
    """Whether a number belongs to a period or to a day."""

    PERIOD = "period"
    AS_OF = "as of"


class Better(Enum):
    """Which way a number should go."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Target:
    """What a team should reach: a value in the unit of the page's column, and who says so."""

    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """Which claims a column counts: those of the page that meet `condition`.

    `claims` replaces the page's claims where a column looks at others (a week's payments beside
    its submissions). `sums` is what the column adds up over them instead of counting: the name of
    a claim column, or for a scope an expression, for money and where a claim counts several times.
    """

    condition: Q | Callable[[Scope], Q] = field(default_factory=Q)
    sums: str | Callable[[Scope], Combinable] = ""
    claims: Callable[[Scope], ClaimQuerySet] | None = None

    def of(self, scope: Scope) -> Q:
        """The condition in a scope."""
        return self.condition(scope) if callable(self.condition) else self.condition


WHOLE = Part()


def pooled(rows: Sequence[Any], empty: Any) -> Any:
    """One row that adds up the parts and wholes of many; text fields come from `empty`."""
    total = empty
    for name in (f.name for f in fields(empty) if not isinstance(getattr(empty, f.name), str)):
        if name == "name":
            continue
        values = [getattr(row, name) for row in rows]
        total = replace(total, **{name: sum(values, start=getattr(empty, name))})
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiPage:
    """One page: how its rows are computed, shown, totalled, compared and drilled into.

    `claims` are the claims that a row's whole counts, `parts` narrow them: a column named in
    `parts` counts or sums exactly those claims. `whole` names the part that a row opens as a whole
    where that is not all of `claims`; `period` says over which period the page looks where that is
    not the one asked for. `immature` names the rows of which too little is decided to be compared.
    `asks_due` offers the choice of how many days ahead the page looks.
    """

    slug: str
    title: str
    definition: str
    why: str
    dimension: Dimension
    compute: Callable[[Scope], Sequence[Any]]
    empty: Any
    columns: Mapping[str, Column]
    value: str
    claims: Callable[[Scope], ClaimQuerySet]
    parts: Mapping[str, Part]
    chart: Chart
    whole: str = ""
    period: Callable[[Scope], Scope] = field(default=lambda scope: scope)
    basis: Basis = Basis.PERIOD
    better: Better = Better.LOWER
    default_target: Target | None = None
    total: Callable[[Scope, Sequence[Any]], Any] | None = None
    notes: Callable[[Scope], list[str]] = field(default=lambda scope: [])
    immature: Callable[[Scope, Sequence[Any]], Collection[Any]] = field(default=lambda *_: ())
    asks_due: bool = False

    @property
    def url(self) -> str:
        """The address of the page, without a scope."""
        return reverse("analytics:kpi", args=(self.slug,))

    @property
    def value_column(self) -> Column:
        """The column of the number that the page is about."""
        return self.columns[self.value]

    def total_of(self, scope: Scope, rows: Sequence[Any]) -> Any:
        """The pooled row of the whole scope."""
        if self.total is not None:
            return self.total(scope, rows)
        return pooled(rows, self.empty)

    def before(self, scope: Scope) -> Scope | None:
        """The scope to compare with: the period before, or the day before the period."""
        if self.basis is Basis.AS_OF:
            return scope.earlier()
        return self.period(scope).previous()

    def drill(self, scope: Scope, *, row: str | None = None, part: str = "") -> ClaimQuerySet:
        """The claims behind a number: of the row known by its key (all rows if None), of a part.

        Raises KeyError for a part that the page does not have.
        """
        chosen = self._part(part)
        narrowed = self._narrowed(scope, row)
        if narrowed is None:
            return (chosen.claims or self.claims)(scope).none()
        counted = (chosen.claims or self.claims)(narrowed).filter(chosen.of(narrowed))
        if row is not None and not self.dimension.narrows_scope:
            counted = counted.filter(self.dimension.condition(row, scope.as_of))
        return counted

    def counted(self, scope: Scope, *, row: str | None = None, part: str = "") -> int | Decimal:
        """The number that a column shows, from the claims that its drill-down lists."""
        claims = self.drill(scope, row=row, part=part)
        sums = self._part(part).sums
        if not sums:
            return claims.count()
        narrowed = self._narrowed(scope, row) or scope
        # A name of its own, so that a summed expression is computed once for each claim.
        each = claims.annotate(counted=sums(narrowed) if callable(sums) else F(sums))
        total = each.aggregate(total=Sum("counted"))["total"] or 0
        return cents(total) if self.columns[part or self.whole].unit == "$" else int(total)

    def _part(self, part: str) -> Part:
        name = part or self.whole
        return self.parts[name] if name else WHOLE

    def _narrowed(self, scope: Scope, row: str | None) -> Scope | None:
        """The scope of a row; None where there can be no such row."""
        if row is None or not self.dimension.narrows_scope:
            return scope
        return self.dimension.narrowed(self.period(scope), row)

    def claims_url(self, scope: Scope, *, row: Any = None, part: str = "") -> str:
        """The address of the drill-down of a row (None: of the total) and a part."""
        more: dict[str, str] = {}
        if row is not None:
            more["row"] = self.dimension.key(row.name)
        if part:
            more["part"] = part
        return f"{reverse('analytics:kpi-claims', args=(self.slug,))}?{scope.query(**more)}"
