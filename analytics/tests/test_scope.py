"""The slice that is asked for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.scope import FIRST_DAY, Scope, one_month_before
from analytics.tests.population import TODAY
from billing.models import Claim
from billing.tests.builders import appeal, decision, make_claim

DATES = st.dates(min_value=date(1990, 2, 1), max_value=date(2100, 12, 31))


def bounds(scope):
    return scope and (scope.start, scope.end)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "start", "days"),
    [("this-month", date(2026, 11, 1), 20), ("30", date(2026, 10, 22), 30), ("90", None, 90)],
)
def test_a_period_ends_on_the_as_of_day_and_counts_both_ends(period, start, days):
    scope = Scope.of(period=period)

    assert (scope.as_of, scope.end, scope.days) == (TODAY, TODAY, days)
    assert start is None or scope.start == start


@pytest.mark.django_db
def test_all_time_has_no_bounds_and_nothing_before_it():
    scope = Scope.of(period="all")

    assert scope.is_all_time
    assert (scope.start, scope.end, scope.days) == (None, None, None)
    assert scope.previous() is scope.earlier() is None


@pytest.mark.django_db
def test_a_custom_period_may_leave_out_an_end():
    assert bounds(Scope.of(period="custom", start=date(2026, 5, 1))) == (date(2026, 5, 1), TODAY)
    assert bounds(Scope.of(period="custom", end=date(2026, 5, 1))) == (FIRST_DAY, date(2026, 5, 1))


@given(DATES, st.integers(1, 2_000))
def test_the_previous_period_is_as_long_and_ends_the_day_before(end, days):
    scope = Scope(as_of=end, start=end - timedelta(days=days - 1), end=end, period="custom")

    before = scope.previous()

    assert before is not None
    assert before.days == scope.days == days
    assert before.end == end - timedelta(days=days)
    assert before.as_of == scope.as_of


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 3, 15), date(2026, 2, 1), date(2026, 2, 15)),
        (date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        (date(2024, 3, 30), date(2024, 2, 1), date(2024, 2, 29)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 1)),
    ],
)
def test_this_month_is_compared_with_the_same_days_of_the_month_before(day, start, end):
    scope = Scope(as_of=day, start=day.replace(day=1), end=day, period="this-month")

    assert bounds(scope.previous()) == (start, end)


@given(DATES)
def test_a_month_before_is_in_the_month_before(day):
    before = one_month_before(day)

    assert (day.year * 12 + day.month) - (before.year * 12 + before.month) == 1
    assert before.day <= day.day


def test_a_question_about_a_day_is_compared_with_the_day_before_the_period():
    scope = Scope(as_of=TODAY, start=date(2026, 11, 1), end=TODAY, period="custom")

    before = scope.earlier()

    assert before is not None
    assert before.as_of == date(2026, 10, 31)


def test_a_day_of_this_month_is_compared_with_the_end_of_the_month_before():
    scope = Scope(as_of=date(2026, 11, 21), start=date(2026, 11, 1), end=TODAY, period="this-month")

    before = scope.earlier()

    assert before is not None
    assert before.as_of == date(2026, 10, 31)


def test_a_day_before_the_period_has_nothing_earlier_to_compare_with():
    later = Scope(as_of=date(2025, 6, 1), start=date(2026, 1, 1), end=TODAY, period="custom")

    assert later.earlier() is None


def test_the_past_ends_somewhere():
    first = Scope(as_of=TODAY, start=FIRST_DAY, end=TODAY, period="custom")
    ancient = Scope(as_of=TODAY, start=date(1, 1, 5), end=date(1, 1, 9), period="custom")

    assert first.earlier() is None
    assert ancient.previous() is None


@given(DATES, st.integers(1, 36))
def test_trailing_months_are_whole_but_for_the_last(day, months):
    scope = Scope(as_of=day).trailing(months)

    assert scope.start is not None
    assert (scope.start.day, scope.end) == (1, day)
    span = (day.year * 12 + day.month) - (scope.start.year * 12 + scope.start.month)
    assert span == months - 1


def test_a_day_is_in_the_period_and_not_after_the_as_of_day():
    scope = Scope(as_of=date(2026, 5, 10), start=date(2026, 5, 1), end=date(2026, 5, 31))

    assert scope.between("day") == {"day__range": (date(2026, 5, 1), date(2026, 5, 10))}
    assert Scope(as_of=TODAY).between("day") == {"day__lte": TODAY}


def test_a_row_of_dates_narrows_the_period():
    month = (date(2026, 5, 1), date(2026, 5, 31))
    period = Scope(as_of=TODAY, start=date(2026, 4, 15), end=date(2026, 5, 15))

    assert bounds(Scope(as_of=TODAY).within(*month)) == month
    assert bounds(period.within(*month)) == (date(2026, 5, 1), date(2026, 5, 15))


@pytest.mark.django_db
def test_the_address_brings_the_same_scope_back():
    from django.http import QueryDict

    from analytics.forms import ScopeForm

    make_claim(payer="A & B", department="Señor's", provider="Dr. #1?")
    scopes = [
        Scope.of(period="all"),
        Scope.of(period="this-month", payer=("A & B",)),
        Scope.of(
            period="custom",
            as_of=date(2026, 3, 1),
            start=date(2026, 1, 1),
            end=date(2026, 2, 1),
            department=("Señor's",),
            provider=("Dr. #1?",),
        ),
    ]
    for scope in scopes:
        form = ScopeForm(QueryDict(scope.query(row="x", part="y")))

        assert form.problems() == []
        assert form.scope() == scope


@pytest.mark.django_db
def test_today_reads_the_plain_columns_and_the_past_the_history(django_assert_num_queries):
    make_claim(decisions=[decision(on=date(2026, 5, 1), paid="9.00")])

    assert "history" not in str(Scope.of(period="all").claims().decided().query)
    yesterday = Scope.of(period="all", as_of=date(2026, 4, 30))
    assert "history" in str(yesterday.claims().open().query)
    with django_assert_num_queries(1):
        Scope.of(period="all")


@pytest.mark.django_db
def test_events_of_the_future_are_not_known_today():
    make_claim(decisions=[decision(on=TODAY + timedelta(days=1), paid="9.00")])

    assert Scope.of(period="all").open().count() == 1
    assert Scope.of(period="all").decided().count() == 0


@pytest.mark.django_db
def test_claims_appear_when_they_are_sent_or_something_happens_to_them():
    make_claim(number="sent", submitted_on=date(2026, 5, 2), service_date=date(2026, 4, 1))
    make_claim(
        number="found",
        submitted_on=None,
        decisions=[decision(on=date(2026, 5, 3), paid="9.00")],
    )
    make_claim(number="draft", submitted_on=None)

    def numbers(day):
        found = Scope.of(period="all", as_of=date(2026, 5, day)).claims()
        return sorted(claim.number for claim in found)

    assert numbers(1) == ["draft"]
    assert numbers(2) == ["draft", "sent"]
    assert numbers(3) == ["draft", "found", "sent"]


@pytest.mark.django_db
def test_appeals_of_claims_that_were_not_sent_yet_are_left_out():
    denial = decision(on=date(2026, 5, 1), denied="9.00", reason="16")
    claim = make_claim(
        submitted_on=date(2026, 5, 10), decisions=[denial], appeals=[appeal(filed=date(2026, 5, 2))]
    )

    assert Scope.of(period="all", as_of=date(2026, 5, 9)).appeals().count() == 0
    assert Scope.of(period="all", as_of=date(2026, 5, 10)).appeals().get().claim == claim


@pytest.mark.django_db
def test_a_claim_closed_on_the_as_of_day_is_not_open_that_day():
    make_claim(decisions=[decision(on=date(2026, 5, 1), paid="100.00")])

    def is_open(day):
        return Scope.of(period="all", as_of=day).open().count() == 1

    assert Claim.objects.get().closed_on == date(2026, 5, 1)
    assert is_open(date(2026, 4, 30))
    assert not is_open(date(2026, 5, 1))
