"""What a page answers for a scope: rows, total, target and the change since before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.columns import Column, value_of
from analytics.page import Basis, Better, KpiPage, Target
from analytics.samples import SIGN, is_small
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
        if self.is_good is None and self.direction:
            return "more" if self.direction == "up" else "less"
        return {True: "better", False: "worse", None: "no change"}[self.is_good]

    @property
    def direction(self) -> str:
        """Up, down, or empty where the change rounds to nothing."""
        return {"+": "up", "−": "down"}.get(self.change[:1], "")


def compare(page: KpiPage, now: Any, before: Any) -> Comparison | None:
    """Compare two values of the page's column; None where either is missing."""
    if now is None or before is None:
        return None
    column = page.value_column
    found = Comparison(column.short(before), column.change(now, before), None)
    if page.better is Better.NEITHER or not found.direction:
        return found
    return replace(found, is_good=(now < before) == (page.better is Better.LOWER))


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
    immature: Collection[Any] = ()

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

    @property
    def target_verdict(self) -> str:
        """Meets or misses; "just" where rounding hides the difference; empty without either."""
        met, page = self.meets_target, self.page
        if met is None or self.target is None:
            return ""
        if met:
            return "meets"
        looks_equal = self.text == page.value_column.short(self.target.value)
        return "just misses" if looks_equal else "misses"

    @property
    def before_words(self) -> str:
        """What the number is compared with: a period or a day; empty without a comparison."""
        if self.before is None:
            return ""
        if self.page.basis is Basis.AS_OF:
            return self.before.as_of.isoformat()
        return f"{self.before.start} – {self.before.end}"

    @property
    def basis_words(self) -> str:
        """To which days the number belongs."""
        if self.page.basis is Basis.AS_OF:
            return (
                f"As it stood on {self.scope.as_of}; the period only sets what it is compared with."
            )
        return f"{self.page.period(self.scope).words}, with what was known on {self.scope.as_of}."

    @property
    def before_source(self) -> str:
        """Where the comparison comes from."""
        if self.page.basis is Basis.AS_OF:
            return f"The same question as it stood on {self.before_words}, before the period began."
        return f"The equal period before: {self.before_words}, known as of the same day."

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """What the number is made of, in all: label, value, and the address of its claims."""
        page = self.page
        return [
            (
                page.columns[name].label,
                page.columns[name].text(value_of(page.columns, self.total, name)),
                page.claims_url(self.scope, part=name),
            )
            for name in page.parts
        ]

    @property
    def explained(self) -> list[Column]:
        """The columns that say what they hold."""
        return [column for column in self.page.columns.values() if column.help]

    @property
    def no_comparison(self) -> str:
        """Why nothing is compared; empty where something is."""
        if self.comparison is not None or self.value is None:
            return ""
        if self.before is None:
            return "Over all time there is nothing before to compare with."
        return f"There is no number for {self.before_words} to compare with."

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows

    @property
    def has_small_samples(self) -> bool:
        """Whether a row's number stands on few claims."""
        return any(is_small(self.page, row) for row in self.rows)

    @property
    def chart(self) -> dict[str, Any]:
        """The rows as a picture; the target where the picture shows the page's own number."""
        page = self.page
        shows = page.value in page.chart.values
        return page.chart.data(
            self.rows,
            dimension=page.dimension,
            columns=page.columns,
            target=self.target.value if shows and self.target else None,
            better=page.better.value,
            immature=self.immature,
            sign=lambda row: f" {SIGN}" if shows and is_small(page, row) else "",
        )


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
        immature=page.immature(scope, now_rows),
    )
