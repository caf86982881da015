"""Staff: who works how much, whose errors stand out, who carries what (KPIS, staff-…)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from analytics import funnel
from analytics.charts import Bars, Funnel
from analytics.columns import (
    Column,
    CountColumn,
    DaysColumn,
    MoneyColumn,
    PaceColumn,
    PercentColumn,
)
from analytics.dimensions import ASSIGNEE, PAYER, PERSON
from analytics.page import WHOLE, Basis, Better, KpiPage, Part
from analytics.scope import Scope
from analytics.values import Ratio, cents
from analytics.working_days import working_days
from billing.models import StaffActivity
from billing.querysets import ClaimQuerySet, existing_on

NOTHING = Decimal(0)
OF_CLAIMS = ("payer", "department", "provider")  # filters that only an action on a claim can meet
SIGNS = ("flag", "watch", "")  # the most serious first


# Rows


@dataclass(frozen=True, slots=True)
class Productivity:
    """What one person did; `team_pace` is the mean of the people's claims per working day."""

    name: Any = ""
    claims: int = 0
    actions: int = 0
    expected: Decimal = NOTHING
    days: int = 0
    team_pace: Decimal | None = None

    @property
    def claims_per_day(self) -> Decimal | None:
        """Distinct claims per working day."""
        return Ratio(self.claims, self.days).value

    @property
    def actions_per_day(self) -> Decimal | None:
        """Actions per working day."""
        return Ratio(self.actions, self.days).value

    @property
    def against_team(self) -> Decimal | None:
        """Claims per working day, in percent of the team's mean."""
        if self.claims_per_day is None or not self.team_pace:
            return None
        return Ratio(self.claims_per_day, self.team_pace).percent


@dataclass(frozen=True, slots=True)
class Errors:
    """One person's actions and errors; `team_share` is errors ÷ actions of the whole team."""

    name: Any = ""
    actions: int = 0
    errors: int = 0
    claims: int = 0
    team_share: float | None = None

    @property
    def rate(self) -> Decimal | None:
        """Errors, in percent of actions."""
        return Ratio(self.errors, self.actions).percent

    @property
    def low(self) -> Decimal | None:
        """Lower end of the 95 % Wilson interval, in percent."""
        interval = funnel.wilson(self.errors, self.actions)
        return interval[0] if interval else None

    @property
    def high(self) -> Decimal | None:
        """Upper end of the 95 % Wilson interval, in percent."""
        interval = funnel.wilson(self.errors, self.actions)
        return interval[1] if interval else None

    @property
    def watch_limit(self) -> Decimal | None:
        """The team's upper 95 % limit for so many actions, in percent."""
        return self._limit(funnel.WATCH)

    @property
    def flag_limit(self) -> Decimal | None:
        """The team's upper 99.8 % limit for so many actions, in percent."""
        return self._limit(funnel.FLAG)

    @property
    def sign(self) -> str:
        """*flag* above the 99.8 % limit, *watch* above the 95 % limit, else empty."""
        rate, flag, watch = self.rate, self.flag_limit, self.watch_limit
        if rate is None or flag is None or watch is None:
            return ""
        if rate > flag:
            return "flag"
        return "watch" if rate > watch else ""

    def _limit(self, within: float) -> Decimal | None:
        if self.team_share is None:
            return None
        return funnel.upper_limit(self.team_share, self.actions, within)


@dataclass(frozen=True, slots=True)
class Workload:
    """The open claims assigned to one person: how many of each payer, what is owed, how old."""

    name: Any = ""
    payers: Counter[str] = field(default_factory=Counter)
    balance: Decimal = NOTHING
    oldest_days: int | None = None

    @property
    def claims(self) -> int:
        """Open claims."""
        return self.payers.total()

    @property
    def main_payer(self) -> str:
        """The payer of most of the claims; of equals, the first by name."""
        return min(self.payers, key=lambda name: (-self.payers[name], name), default="")


# Functions


def activities(scope: Scope) -> QuerySet[StaffActivity]:
    """What was done in the period, to claims that the filters allow or to none.

    An action without a claim counts where no filter asks about its claim.
    """
    names = {
        f"claim__{name}" if name.startswith(OF_CLAIMS) else name: chosen
        for name, chosen in scope.named().items()
    }
    if scope.staff is not None:
        names["staff__name"] = scope.staff
    exists = existing_on(scope.as_of, "claim__")
    return StaffActivity.objects.filter(exists, **scope.during("occurred_at"), **names)


def worked_claims(scope: Scope) -> ClaimQuerySet:
    """The claims on which somebody acted in the period."""
    return scope.claims().filter(pk__in=activities(scope).values("claim"))


def mistaken_claims(scope: Scope) -> ClaimQuerySet:
    """The claims on which somebody made an error in the period."""
    return scope.claims().filter(pk__in=activities(scope).filter(is_error=True).values("claim"))


def staff_productivity(scope: Scope) -> list[Productivity]:
    """What each person did, the most claims first; people who did nothing are left out."""
    done = activities(scope)
    earlier = done.filter(
        claim=OuterRef("claim"), staff__name=OuterRef("staff__name"), pk__lt=OuterRef("pk")
    )
    rows = (
        done.values(group=F("staff__name"))
        .annotate(
            actions=Count("pk"),
            claims=Count("claim", distinct=True),
            # A claim's amount once, however often the person worked it.
            amount=Sum("claim__expected", filter=~Exists(earlier), default=NOTHING),
            first=Min("occurred_at"),
            last=Max("occurred_at"),
        )
        .order_by("group")
    )
    found = list(rows)
    days = _days(scope, [r["first"] for r in found], [r["last"] for r in found])
    pace = Ratio(sum(r["claims"] for r in found), days * len(found)).value
    people = [
        Productivity(r["group"], r["claims"], r["actions"], cents(r["amount"]), days, pace)
        for r in found
    ]
    return sorted(people, key=lambda row: (-row.claims, row.name))


def _days(scope: Scope, firsts: Sequence[datetime], lasts: Sequence[datetime]) -> int:
    """Working days of the period; over all time, from the first action to the last."""
    if scope.start is not None and scope.end is not None:
        return working_days(scope.start, min(scope.end, scope.as_of))
    if not firsts or not lasts:
        return 0
    return working_days(_business_date(min(firsts)), _business_date(max(lasts)))


def _business_date(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def whole_team(scope: Scope, rows: Sequence[Productivity]) -> Productivity:
    """The total; a claim that several people worked counts once."""
    worked = worked_claims(scope).aggregate(
        claims=Count("pk"), amount=Sum("expected", default=NOTHING)
    )
    return Productivity(
        "",
        worked["claims"],
        sum(row.actions for row in rows),
        cents(worked["amount"]),
        rows[0].days if rows else _days(scope, (), ()),
    )


def staff_error_rate(scope: Scope) -> list[Errors]:
    """Errors of each person beside the team's, the flagged first, then the highest rate."""
    wrong = Q(is_error=True)
    rows = (
        activities(scope)
        .values(group=F("staff__name"))
        .annotate(
            actions=Count("pk"),
            errors=Count("pk", filter=wrong),
            claims=Count("claim", filter=wrong, distinct=True),
        )
        .order_by("group")
    )
    found = list(rows)
    actions = sum(r["actions"] for r in found)
    share = sum(r["errors"] for r in found) / actions if actions else None
    people = [Errors(r["group"], r["actions"], r["errors"], r["claims"], share) for r in found]
    return sorted(people, key=lambda row: (SIGNS.index(row.sign), -(row.rate or 0), row.name))


def team_errors(scope: Scope, rows: Sequence[Errors]) -> Errors:
    """The total; a claim on which several people erred counts once."""
    actions, errors = sum(row.actions for row in rows), sum(row.errors for row in rows)
    return Errors("", actions, errors, mistaken_claims(scope).count())


def limits(rows: Sequence[Errors]) -> dict[str, Sequence[tuple[float, float]]]:
    """The team's rate and its upper limits, as lines over the number of actions."""
    most = max((row.actions for row in rows), default=0)
    share = rows[0].team_share if rows else None
    if share is None:
        return {}
    return {
        "Team’s rate": [(1, share * 100), (most, share * 100)],
        "95 % limit": funnel.curve(share, most, funnel.WATCH),
        "99.8 % limit": funnel.curve(share, most, funnel.FLAG),
    }


def staff_workload(scope: Scope) -> list[Workload]:
    """Open claims by the person they are assigned to, the most first."""
    rows = (
        scope.open()
        .values(group=ASSIGNEE.expression(), payer_name=PAYER.expression())
        .annotate(
            claims=Count("pk"),
            owed=Sum("as_of_balance", default=NOTHING),
            oldest=Min("service_date"),
        )
        .order_by("group", "payer_name")
    )
    people: dict[str, Workload] = {}
    for r in rows:
        age = None if r["oldest"] is None else (scope.as_of - r["oldest"]).days
        pile = Workload(r["group"], Counter({r["payer_name"]: r["claims"]}), cents(r["owed"]), age)
        people[pile.name] = _together(pile.name, [people.get(pile.name, Workload()), pile])
    return sorted(people.values(), key=lambda row: (-row.claims, row.name))


def _together(name: str, piles: Sequence[Workload]) -> Workload:
    """Several piles as one."""
    return Workload(
        name,
        sum((pile.payers for pile in piles), start=Counter()),
        sum((pile.balance for pile in piles), NOTHING),
        max((pile.oldest_days for pile in piles if pile.oldest_days is not None), default=None),
    )


def all_piles(scope: Scope, rows: Sequence[Workload]) -> Workload:
    """The total: the open claims of everyone and of nobody."""
    return _together("", rows)


def without_claim(scope: Scope) -> list[str]:
    """Names the actions that no list of claims can show."""
    count = activities(scope).filter(claim__isnull=True).count()
    if not count:
        return []
    return [f"{count:,} actions name no claim: they count as actions, and no list shows them."]


# Pages

ACTIONS = "An action belongs to the day on which it was done, by the clock of the site."

PAGES = (
    KpiPage(
        slug="staff-productivity",
        why="Shows who carries how much, so that work can be shared fairly.",
        title="Claims worked",
        definition=(
            "Distinct claims on which each person acted, the actions, and the expected amount of "
            "those claims; per working day of the period (Monday to Friday without US federal "
            "holidays; over all time, from the first action to the last). The total counts a "
            f"claim once, whoever worked it. {ACTIONS}"
        ),
        better=Better.NEITHER,
        dimension=PERSON,
        compute=staff_productivity,
        empty=Productivity(),
        columns={
            "person": Column("Person", source="name"),
            "claims": CountColumn("Claims", "Distinct claims worked"),
            "actions": CountColumn("Actions"),
            "expected": MoneyColumn("Expected", "Expected amount of those claims, each once"),
            "claims_per_day": PaceColumn("Claims a day", "Claims ÷ working days"),
            "actions_per_day": PaceColumn("Actions a day", "Actions ÷ working days"),
            "against_team": PercentColumn(
                "Against team", "Claims a day ÷ the mean of all who did something"
            ),
        },
        value="claims",
        claims=worked_claims,
        parts={"claims": WHOLE, "expected": Part(sums="expected")},
        chart=Bars(("claims",), label="Claims worked"),
        total=whole_team,
        notes=without_claim,
    ),
    KpiPage(
        slug="staff-error-rate",
        why=(
            "An error caught early is a lesson; the limits keep a small sample from accusing "
            "anyone."
        ),
        title="Error rate",
        definition=(
            "Actions marked as an error ÷ actions, with its 95 % Wilson interval. Watch: above the "
            "rate that chance exceeds once in 40 times for so many actions at the team's rate (the "
            "upper 95 % funnel limit); flag: once in 1,000 times (99.8 %). A flag asks for a look "
            f"at the claims: harder work errs more often too. {ACTIONS}"
        ),
        dimension=PERSON,
        compute=staff_error_rate,
        empty=Errors(),
        columns={
            "person": Column("Person", source="name"),
            "sign": Column("Sign", "Watch or flag, against the team's limits"),
            "rate": PercentColumn("Error rate", "Errors ÷ actions"),
            "errors": CountColumn("Errors"),
            "actions": CountColumn("Actions"),
            "claims": CountColumn("Claims with errors", "Distinct claims"),
            "low": PercentColumn("Low", "Lower end of the 95 % interval"),
            "high": PercentColumn("High", "Upper end of the 95 % interval"),
            "watch_limit": PercentColumn("Watch above", "The team's upper 95 % limit"),
            "flag_limit": PercentColumn("Flag above", "The team's upper 99.8 % limit"),
        },
        value="rate",
        claims=worked_claims,
        parts={"claims": Part(claims=mistaken_claims)},
        chart=Funnel(("rate",), volume="actions", mark="sign", limits=limits),
        total=team_errors,
        notes=without_claim,
    ),
    KpiPage(
        slug="staff-workload",
        why="Shows whose queue grows old, before claims are lost in it.",
        title="Workload",
        definition=(
            "Open claims (pending, denied or appealed with a balance above 0) by the person they "
            "are assigned to now, whatever the as-of day; what is owed, the age of the oldest in "
            "whole days from the service date, and the payer of most of them by count."
        ),
        basis=Basis.AS_OF,
        better=Better.NEITHER,
        dimension=ASSIGNEE,
        compute=staff_workload,
        empty=Workload(),
        columns={
            "person": Column("Person", source="name"),
            "main_payer": Column("Main payer", "Most frequent, by count of claims"),
            "claims": CountColumn("Claims", "Open claims"),
            "balance": MoneyColumn("Balance", "What is still owed"),
            "oldest_days": DaysColumn("Oldest", "Days since the earliest service"),
        },
        value="claims",
        claims=Scope.open,
        parts={"claims": WHOLE, "balance": Part(sums="as_of_balance")},
        chart=Bars(("claims",), label="Open claims"),
        total=all_piles,
    ),
)
