"""What a KPI page is: one entry of the registry, and its answer for a scope."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from django.db.models import Q
from django.urls import reverse

from analytics.charts import Chart
from analytics.columns import Column
from analytics.dimensions import Dimension
from analytics.scope import Scope
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
    """Which of a page's claims a column counts.

    `sums` names the claim column that a money column adds up over them. `dimension` is how a row
    finds its claims where that differs from the page's (a week of sending, a week of decision).
    """

    condition: Q | Callable[[Scope], Q] = field(default_factory=Q)
    sums: str = ""
    dimension: Dimension | None = None

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
    `parts` counts (or, if it is money, sums) exactly those claims.
    """

    slug: str
    title: str
    definition: str
    dimension: Dimension
    compute: Callable[[Scope], Sequence[Any]]
    empty: Any
    columns: Mapping[str, Column]
    value: str
    claims: Callable[[Scope], ClaimQuerySet]
    parts: Mapping[str, Part]
    chart: Chart
    why: str = ""
    basis: Basis = Basis.PERIOD
    better: Better = Better.LOWER
    default_target: Target | None = None
    total: Callable[[Scope, Sequence[Any]], Any] | None = None
    notes: Callable[[Scope], list[str]] = field(default=lambda scope: [])

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
        return scope.previous() if self.basis is Basis.PERIOD else scope.earlier()

    def drill(self, scope: Scope, *, row: str | None = None, part: str = "") -> ClaimQuerySet:
        """The claims behind a number: of the row known by its key (all rows if None), of a part.

        Raises KeyError for a part that the page does not have.
        """
        chosen = self.parts[part] if part else WHOLE
        counted = self.claims(scope).filter(chosen.of(scope))
        if row is not None:
            dimension = chosen.dimension or self.dimension
            counted = counted.filter(dimension.condition(row, scope.as_of))
        return counted

    def claims_url(self, scope: Scope, *, row: Any = None, part: str = "") -> str:
        """The address of the drill-down of a row (None: of the total) and a part."""
        more: dict[str, str] = {}
        if row is not None:
            more["row"] = self.dimension.key(row.name)
        if part:
            more["part"] = part
        return f"{reverse('analytics:kpi-claims', args=(self.slug,))}?{scope.query(**more)}"
