"""What a page answers for a scope: rows, total, target and the change since before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.columns import value_of
from analytics.page import Better, KpiPage, Target
from analytics.scope import Scope
from analytics.targets import targets_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number now and before, the change in words, and whether that is good."""

    before: str
    change: str
    is_good: bool | None

    @property
    def verdict(self) -> str:
        """Better, worse or unchanged, for eyes that see no colour."""
        return {True: "better", False: "worse", None: "no change"}[self.is_good]


def compare(page: KpiPage, now: Any, before: Any) -> Comparison | None:
    """Compare two values of the page's column; None where either is missing."""
    if now is None or before is None:
        return None
    column = page.value_column
    is_good = None
    if page.better is not Better.NEITHER and now != before:
        is_good = (now < before) == (page.better is Better.LOWER)
    return Comparison(column.text(before), column.change(now, before), is_good)


def meets(page: KpiPage, value: Any, target: Target | None) -> bool | None:
    """Whether a value reaches the target; None without either."""
    if value is None or target is None:
        return None
    return bool(value <= target.value if page.better is Better.LOWER else value >= target.value)


class Answers:
    """The rows that one request has asked for already, so that nothing is computed twice."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, Scope], Sequence[Any]] = {}

    def rows(self, page: KpiPage, scope: Scope) -> Sequence[Any]:
        """The rows of a page for a scope."""
        key = (page.compute, scope)
        if key not in self._rows:
            self._rows[key] = page.compute(scope)
        return self._rows[key]

    def total(self, page: KpiPage, scope: Scope) -> Any:
        """The pooled row of a page for a scope."""
        return page.total_of(scope, self.rows(page, scope))

    def value(self, page: KpiPage, scope: Scope | None) -> Any:
        """The number that a page is about; None without a scope."""
        if scope is None:
            return None
        return value_of(page.columns, self.total(page, scope), page.value)


@dataclass(frozen=True, slots=True)
class KpiAnswer:
    """One page for one scope, ready to be shown."""

    page: KpiPage
    scope: Scope
    rows: Sequence[Any]
    total: Any
    target: Target | None
    before: Scope | None
    rows_before: Sequence[Any]
    comparison: Comparison | None

    @property
    def value(self) -> Any:
        """The number that the page is about."""
        return value_of(self.page.columns, self.total, self.page.value)

    @property
    def text(self) -> str:
        """That number with its unit, short."""
        return self.page.value_column.short(self.value)

    @property
    def target_text(self) -> str:
        """The target with its direction, as in ≤ 10.0 %."""
        if self.target is None:
            return ""
        sign = "≤" if self.page.better is Better.LOWER else "≥"
        return f"{sign} {self.page.value_column.short(self.target.value)}"

    @property
    def meets_target(self) -> bool | None:
        """Whether the number reaches the target; None without either."""
        return meets(self.page, self.value, self.target)


def answer(page: KpiPage, scope: Scope) -> KpiAnswer:
    """Compute a page for a scope and for the scope before it."""
    answers = Answers()
    before = page.before(scope)
    now_rows = answers.rows(page, scope)
    total = page.total_of(scope, now_rows)
    now = value_of(page.columns, total, page.value)
    return KpiAnswer(
        page=page,
        scope=scope,
        rows=now_rows,
        total=total,
        target=targets_of(page)[page.slug],
        before=before,
        rows_before=answers.rows(page, before) if before else (),
        comparison=compare(page, now, answers.value(page, before)),
    )
