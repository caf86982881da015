"""Who works how much, whose errors stand out, who carries what: checked by head."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from analytics import funnel
from analytics.kpis.staff import (
    Errors,
    Productivity,
    Workload,
    all_piles,
    limits,
    staff_error_rate,
    staff_productivity,
    staff_workload,
    team_errors,
    whole_team,
    without_claim,
)
from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.tests.population import TODAY
from analytics.working_days import is_working_day, working_days
from billing.demo.cast import save_cast
from billing.demo.practice import CARELESS_PERSON
from billing.demo.stories import stories
from billing.demo.visits import visits
from billing.models import Practice
from billing.tests.builders import decision, make_activity, make_claim

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 2)
FRIDAY = date(2026, 11, 6)


@pytest.fixture
def week():
    return Scope.of(period="custom", start=MONDAY, end=FRIDAY)


def act_at(moment, **options):
    activity = make_activity(**options)
    activity.occurred_at = moment
    activity.save()


def near(value):
    return pytest.approx(value, abs=0.005)


def floats(*values):
    return [float(value) for value in values]


# Working days


def test_weekends_and_federal_holidays_are_no_working_days():
    assert is_working_day(date(2026, 11, 20))
    assert not is_working_day(date(2026, 11, 21))  # Saturday
    assert not is_working_day(date(2026, 11, 26))  # Thanksgiving
    assert is_working_day(date(2026, 11, 27))
    assert not is_working_day(date(2026, 7, 3))  # Independence Day, observed
    assert not is_working_day(date(2027, 12, 31))  # New Year's Day, observed


def test_working_days_count_both_ends():
    assert working_days(MONDAY, FRIDAY) == 5
    assert working_days(MONDAY, MONDAY + timedelta(days=6)) == 5
    assert working_days(date(2026, 11, 1), date(2026, 11, 30)) == 19  # 21 weekdays, two holidays
    assert working_days(FRIDAY, MONDAY) == 0


# Productivity


def test_a_claim_counts_once_for_each_who_worked_it_and_once_in_all(
    week, django_assert_num_queries
):
    shared = make_claim(billed="200.00", expected="120.00")
    own = make_claim(billed="50.00")
    for _ in range(3):
        make_activity(staff="Ann", claim=shared, on=MONDAY)
    make_activity(staff="Ann", claim=own, on=FRIDAY)
    make_activity(staff="Bo", claim=shared, on=FRIDAY)
    make_activity(staff="Bo", on=FRIDAY)  # without a claim

    with django_assert_num_queries(1):
        rows = staff_productivity(week)

    pace = Decimal("0.3")  # three claims by two people in five days
    assert rows == [
        Productivity("Ann", 2, 4, Decimal("170.00"), 5, pace),
        Productivity("Bo", 1, 2, Decimal("120.00"), 5, pace),
    ]
    ann, bo = rows
    assert (ann.claims_per_day, ann.actions_per_day) == (Decimal("0.4"), Decimal("0.8"))
    assert float(ann.against_team or 0) == near(133.33)
    assert float(bo.against_team or 0) == near(66.67)
    total = whole_team(week, rows)
    assert (total.claims, total.actions, total.expected) == (2, 6, Decimal("170.00"))
    assert total.claims_per_day == Decimal("0.4")
    assert total.against_team is None


def test_nobody_did_anything(week):
    make_claim()

    assert staff_productivity(week) == staff_error_rate(week) == []
    assert whole_team(week, []).claims_per_day == 0
    assert whole_team(Scope.of(period="all"), []).claims_per_day is None
    assert staff_productivity(Scope.of(period="all")) == []
    assert without_claim(week) == []
    assert limits([]) == {}


def test_a_day_begins_at_midnight_in_the_time_zone_of_the_site(week, settings):
    settings.TIME_ZONE = "America/New_York"  # five hours behind UTC in that week
    claim = make_claim()
    for second in (-1, 0):
        start = datetime(2026, 11, 2, 5, 0, tzinfo=UTC) + timedelta(seconds=second)
        act_at(start, staff=f"start {second}", claim=claim)
        end = datetime(2026, 11, 7, 5, 0, tzinfo=UTC) + timedelta(seconds=second)
        act_at(end, staff=f"end {second}", claim=claim)

    assert {row.name for row in staff_productivity(week)} == {"start 0", "end -1"}


def test_over_all_time_the_working_days_run_from_the_first_action_to_the_last(settings):
    settings.TIME_ZONE = "America/New_York"
    # Sunday evening there is Monday here; Thursday to Friday of the week after.
    act_at(datetime(2026, 11, 2, 3, tzinfo=UTC), staff="Ann")
    act_at(datetime(2026, 11, 13, 15, tzinfo=UTC), staff="Bo")

    rows = staff_productivity(Scope.of(period="all"))

    assert [row.days for row in rows] == [9, 9]  # ten weekdays, one of them Veterans Day


def test_what_was_done_after_the_as_of_day_or_to_a_claim_sent_later_does_not_count():
    make_activity(staff="Ann", claim=make_claim(submitted_on=MONDAY), on=MONDAY)
    make_activity(staff="Ann", claim=make_claim(submitted_on=FRIDAY), on=MONDAY)
    make_activity(staff="Ann", claim=make_claim(submitted_on=MONDAY), on=FRIDAY)

    (row,) = staff_productivity(Scope.of(period="all", as_of=MONDAY))

    assert (row.claims, row.actions) == (1, 1)


def test_filters_on_claims_leave_out_what_names_none_and_practices_bound_all(week):
    make_activity(staff="Ann", claim=make_claim(payer="Aetna"), on=MONDAY)
    make_activity(staff="Ann", claim=make_claim(payer="Cigna"), on=MONDAY)
    make_activity(staff="Ann", on=MONDAY)
    make_activity(staff="Hal", on=MONDAY, practice="Hill Clinic")
    ours = frozenset(Practice.objects.filter(name="Harbor Clinic").values_list("pk", flat=True))

    def counts(**names):
        scope = Scope.of(period="custom", start=MONDAY, end=FRIDAY, **names)
        return {row.name: (row.claims, row.actions) for row in staff_productivity(scope)}

    assert counts() == {"Ann": (2, 3), "Hal": (0, 1)}
    assert counts(payer=("Aetna",)) == {"Ann": (1, 1)}
    assert counts(department=("Nowhere",)) == {}
    assert counts(practice=("Hill Clinic",)) == {"Hal": (0, 1)}
    assert counts(seen=ours) == {"Ann": (2, 3)}
    assert counts(seen=frozenset()) == {}
    assert without_claim(week) == [
        "2 actions name no claim: they count as actions, and no list shows them."
    ]


# Error rate


def test_errors_stand_beside_those_of_the_team(week, django_assert_num_queries):
    claim = make_claim()
    for position in range(10):
        make_activity(staff="Ann", claim=claim, on=MONDAY, error=position < 4)
        make_activity(staff="Bo", claim=claim if position else None, on=MONDAY, error=not position)

    with django_assert_num_queries(1):
        rows = staff_error_rate(week)

    assert rows == [Errors("Ann", 10, 4, 1, 0.25), Errors("Bo", 10, 1, 0, 0.25)]
    assert [row.rate for row in rows] == [40, 10]
    total = team_errors(week, rows)
    assert (total.actions, total.errors, total.rate, total.claims) == (20, 5, 25, 1)
    assert (total.watch_limit, total.flag_limit, total.sign) == (None, None, "")


def test_the_interval_is_wilsons():
    # 4 of 10, z = 1.95996: (0.4 + 0.192073 ± 0.346038...) ÷ 1.384146 = 16.82 % to 68.73 %
    row = Errors("Ann", 10, 4)

    assert floats(row.low, row.high) == [near(16.82), near(68.73)]
    none = Errors("Ann", 10, 0)
    assert floats(none.low, none.high) == [near(0), near(27.75)]
    assert floats(Errors("Ann", 10, 10).high) == [near(100)]
    assert (Errors().low, Errors().high, Errors().rate) == (None, None, None)


def test_the_limits_close_in_on_the_teams_rate_and_never_exceed_all():
    # 10 % of 100: 10 + 1.95996 × 3 + 0.5 and 10 + 3.09023 × 3 + 0.5
    row = Errors("Ann", 100, 10, team_share=0.1)

    assert floats(row.watch_limit, row.flag_limit) == [near(16.380), near(19.771)]
    assert funnel.upper_limit(0.1, 1, funnel.FLAG) == 100
    assert funnel.upper_limit(0.1, 0, funnel.FLAG) is None
    found = [limit for _, limit in funnel.curve(0.1, 500, funnel.WATCH)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 10


@pytest.mark.parametrize(
    ("actions", "errors", "sign"),
    [
        (100, 16, ""),
        (100, 17, "watch"),
        (100, 19, "watch"),
        (100, 20, "flag"),
        (1, 1, ""),
        (0, 0, ""),
    ],
)
def test_watch_is_above_the_first_limit_and_flag_above_the_second(actions, errors, sign):
    assert Errors("Ann", actions, errors, team_share=0.1).sign == sign


def test_the_chart_has_the_team_and_both_limits():
    rows = [Errors("Ann", 100, 10, team_share=0.1), Errors("Bo", 20, 2, team_share=0.1)]

    found = limits(rows)

    assert found["Team’s rate"] == [(1, 10), (100, 10)]
    assert [points[-1] for points in found.values()] == [
        (100, 10),
        (100, pytest.approx(16.380, abs=0.001)),
        (100, pytest.approx(19.771, abs=0.001)),
    ]


def test_the_chart_marks_people_and_draws_the_lines():
    rows = [
        Errors("Ann", 100, 10, team_share=0.1),
        Errors("Bo", 20, 9, team_share=0.1),
        Errors("Cy", 0, 0, team_share=0.1),
    ]
    page = PAGES["staff-error-rate"]

    data = page.chart.data(rows, dimension=page.dimension, columns=page.columns)

    assert data["labels"] == ["Ann", "Bo"]
    assert data["marks"] == ["", "flag"]
    assert data["volume"]["values"] == [100, 20]
    assert data["series"][0]["values"] == [10, 45]
    assert [line["label"] for line in data["lines"]] == [
        "Team’s rate",
        "95 % limit",
        "99.8 % limit",
    ]
    assert data["lines"][0]["points"][-1] == {"x": 100, "y": 10}


def test_over_twenty_seeds_the_careless_person_is_flagged_and_at_most_one_other():
    cast = save_cast()
    others = []
    for seed in range(1, 21):
        rng = Random(seed)
        done: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        for _, plot in stories(
            rng, cast, visits(rng, cast.practice, count=1_000, today=TODAY), today=TODAY
        ):
            for activity in plot.activities:
                done[activity.staff.name] += 1
                wrong[activity.staff.name] += activity.is_error
        share = wrong.total() / done.total()
        rows = [Errors(name, done[name], wrong[name], team_share=share) for name in done]
        flagged = [row.name for row in rows if row.sign == "flag"]
        assert CARELESS_PERSON in flagged, seed
        others += [name for name in flagged if name != CARELESS_PERSON]

    assert len(others) <= 1


# Workload


def test_open_claims_are_put_to_the_person_they_are_assigned_to(today, django_assert_num_queries):
    def days(count):
        return {"service_date": today - timedelta(days=count), "submitted_on": today}

    make_claim(assignee="Ann", payer="Cigna", billed="10.00", **days(40))
    make_claim(assignee="Ann", payer="Aetna", billed="20.00", **days(5))
    make_claim(assignee="Bo", payer="Aetna", billed="999.00", **days(1))
    for position in range(2):
        make_claim(assignee="Bo", payer="Zest", billed="1.00", **days(position))
    make_claim(payer="Cigna", service_date=None, submitted_on=today)
    make_claim(assignee="Ann", decisions=[decision(on=today, paid="100.00")], **days(400))

    now = Scope.of(period="all")
    with django_assert_num_queries(1):
        rows = staff_workload(now)

    assert rows == [
        Workload("Bo", Counter(Aetna=1, Zest=2), Decimal("1001.00"), 1),
        Workload("Ann", Counter(Aetna=1, Cigna=1), Decimal("30.00"), 40),
        Workload("", Counter(Cigna=1), Decimal("100.00"), None),
    ]
    assert [row.main_payer for row in rows] == ["Zest", "Aetna", "Cigna"]
    assert [row.claims for row in rows] == [3, 2, 1]
    total = all_piles(now, rows)
    assert (total.claims, total.balance, total.oldest_days) == (6, Decimal("1131.00"), 40)
    assert total.main_payer == "Aetna"  # two each, the first by name


def test_nothing_is_open():
    now = Scope.of(period="all")

    assert staff_workload(now) == []
    assert (all_piles(now, []).claims, all_piles(now, []).main_payer) == (0, "")
