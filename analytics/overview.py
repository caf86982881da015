"""The overview: headline cards, two charts, and what needs attention."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.answers import Answers, Comparison, KpiAnswer, compare
from analytics.charts import number
from analytics.columns import value_of
from analytics.page import Basis, KpiPage
from analytics.registry import PAGES
from analytics.samples import is_small
from analytics.scope import Scope
from analytics.targets import targets_of

CARDS = (
    "initial-denial-rate",
    "initial-denial-dollars",
    "first-pass-rate",
    "days-to-pay",
    "days-in-ar",
    "aging-by-payer",
    "aging",
    "net-collection",
)
TITLES = {"aging-by-payer": "A/R over 90 days", "aging": "Open balance"}
MONTHS = 12  # of a sparkline over a period
POINTS = 6  # month ends of a sparkline of days
MOST = 3  # entries of each kind that need attention


@dataclass(frozen=True, slots=True)
class Card:
    """One headline number, with its target, its change and its past."""

    title: str
    answer: KpiAnswer
    sparkline: dict[str, Any]

    @property
    def url(self) -> str:
        """Its page, with the same filters."""
        return f"{self.answer.page.url}?{self.answer.scope.query()}"

    @property
    def sparkline_id(self) -> str:
        """How the page names the sparkline's data."""
        return f"sparkline-{self.answer.page.slug}"


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart, and its page with the same filters."""

    answer: KpiAnswer

    @property
    def page(self) -> KpiPage:
        """The page whose chart it is."""
        return self.answer.page

    @property
    def data(self) -> dict[str, Any]:
        """The chart."""
        return self.answer.chart

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.page.url}?{self.answer.scope.query()}"


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that a manager should look at: what, how much of what, and the claims."""

    what: str
    why: str
    amount: str
    unit: str
    url: str


def cards(scope: Scope, answers: Answers) -> list[Card]:
    """The headline cards of a scope."""
    pages = [PAGES[slug] for slug in CARDS]
    targets = targets_of(*pages)
    return [
        Card(
            TITLES.get(page.slug, page.title),
            _answer(page, scope, answers, targets),
            _sparkline(page, scope, answers),
        )
        for page in pages
    ]


def _answer(page: KpiPage, scope: Scope, answers: Answers, targets: dict[str, Any]) -> KpiAnswer:
    before = page.before(scope)
    total = answers.total(page, scope)
    now = value_of(page.columns, total, page.value)
    comparison: Comparison | None = compare(page, now, answers.value(page, before))
    return KpiAnswer(
        page=page,
        scope=scope,
        rows=answers.rows(page, scope),
        total=total,
        target=targets[page.slug],
        before=before,
        rows_before=(),
        comparison=comparison,
    )


def _sparkline(page: KpiPage, scope: Scope, answers: Answers) -> dict[str, Any]:
    """The number month by month, or at the last month ends; the present last."""
    if page.basis is Basis.AS_OF:
        days = _month_ends(scope.as_of)
        values = [answers.value(page, scope.at(day)) for day in days]
        labels = [day.isoformat() for day in days]
    else:
        rows = answers.rows(page, scope.trailing(MONTHS))
        values = [value_of(page.columns, row, page.value) for row in rows]
        labels = [page.dimension.display(row.name) for row in rows]
    return {
        "kind": "sparkline",
        "labels": labels,
        "series": [
            {
                "label": page.value_column.label,
                "unit": page.value_column.unit,
                "values": [number(value) for value in values],
            }
        ],
    }


def _month_ends(as_of: date) -> list[date]:
    """The as-of day and the ends of the months before it, the oldest first."""
    days = [as_of]
    while len(days) < POINTS:
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    return days[::-1]


def attention(scope: Scope, answers: Answers) -> list[Attention]:
    """Payers above their target by denied amount, old and unanswered piles, people who err."""
    return [
        *_denying_payers(scope, answers),
        *_old_piles(scope, answers),
        *_silent_payers(scope, answers),
        *_falling_due(scope, answers),
        *_flagged_people(scope, answers),
    ]


def _denying_payers(scope: Scope, answers: Answers) -> list[Attention]:
    page = PAGES["denials-by-payer"]
    target = targets_of(page)[page.slug]
    if target is None:
        return []
    above = [
        row for row in answers.rows(page, scope) if row.rate is not None and row.rate > target.value
    ]
    above.sort(key=lambda row: row.denied_amount, reverse=True)
    return [
        Attention(
            f"{row.name} denies {page.value_column.text(row.rate)} of claims",
            f"{row.denied:,} of {row.decided:,} decided; the target is "
            f"{page.value_column.text(target.value)}{'; a small sample' * is_small(page, row)}",
            page.columns["denied_amount"].text(row.denied_amount),
            "denied",
            page.claims_url(scope, row=row, part="denied"),
        )
        for row in above[:MOST]
    ]


def _old_piles(scope: Scope, answers: Answers) -> list[Attention]:
    page = PAGES["claims-over-90"]
    return [
        Attention(
            f"{row.name}: {row.claims:,} open claims over 90 days",
            f"the oldest service is of {row.oldest}; {row.denied:,} denied, "
            f"{row.pending:,} pending, {row.appealed:,} appealed",
            page.columns["balance"].text(row.balance),
            "open",
            page.claims_url(scope, row=row, part="claims"),
        )
        for row in answers.rows(page, scope)[:MOST]
    ]


def _silent_payers(scope: Scope, answers: Answers) -> list[Attention]:
    page = PAGES["no-response"]
    return [
        Attention(
            f"{row.name}: no answer on {row.claims:,} claims",
            f"waiting longer than its usual {row.limit_days} days; the oldest since {row.oldest}",
            page.columns["balance"].text(row.balance),
            "open",
            page.claims_url(scope, row=row, part="claims"),
        )
        for row in answers.rows(page, scope)[:MOST]
    ]


def _falling_due(scope: Scope, answers: Answers) -> list[Attention]:
    page = PAGES["timely-filing-risk"]
    return [
        Attention(
            f"{row.name}: {row.claims:,} {'claim' if row.claims == 1 else 'claims'} due within "
            f"{scope.due} days",
            f"{row.to_appeal:,} to appeal, {row.to_file:,} to file; after the deadline nothing is "
            "paid",
            page.columns["at_risk"].text(row.at_risk),
            "at risk",
            page.claims_url(scope, row=row, part="claims"),
        )
        for row in answers.rows(page, scope)[:MOST]
        if row.claims
    ]


def _flagged_people(scope: Scope, answers: Answers) -> list[Attention]:
    page = PAGES["staff-error-rate"]
    rate = page.value_column
    flagged = [row for row in answers.rows(page, scope) if row.sign == "flag"]
    return [
        Attention(
            f"{row.name}: an error in {rate.text(row.rate)} of actions",
            f"{row.errors:,} of {row.actions:,}; at the team's rate, chance seldom exceeds "
            f"{rate.text(row.flag_limit)}",
            f"{row.claims:,}",
            "claims with errors",
            page.claims_url(scope, row=row, part="claims"),
        )
        for row in flagged[:MOST]
    ]


def charts(scope: Scope, answers: Answers) -> list[Picture]:
    """Weekly denials and aging."""
    pages = [PAGES["weekly-trend"], PAGES["aging"]]
    targets = targets_of(*pages)
    return [
        Picture(
            KpiAnswer(
                page=page,
                scope=scope,
                rows=answers.rows(page, scope),
                total=page.empty,
                target=targets[page.slug],
                before=None,
                rows_before=(),
                comparison=None,
                immature=page.immature(scope, answers.rows(page, scope)),
            )
        )
        for page in pages
    ]
