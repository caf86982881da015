"""Weekly volume and the share of claims denied now, checked by head. 2026-02-02 is a Monday."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.kpis.volume import (
    CurrentlyDenied,
    WeekVolume,
    currently_denied_share,
    weekly_trend,
)
from analytics.page import pooled
from analytics.scope import Scope
from billing.tests.builders import appeal, decision, make_claim, reversal, write_off

pytestmark = pytest.mark.django_db

MONDAY, SUNDAY, NEXT_MONDAY = date(2026, 2, 2), date(2026, 2, 8), date(2026, 2, 9)


@pytest.fixture
def all_time():
    return Scope.of(period="all")


def denied(on=MONDAY):
    return decision(on=on, denied="100.00", reason="197")


def test_claims_denied_now_are_a_share_of_the_submitted(all_time, django_assert_num_queries):
    make_claim(payer="Aetna", decisions=[denied()])
    make_claim(payer="Aetna")
    make_claim(payer="Cigna", decisions=[decision(on=MONDAY, paid="90.00")])

    with django_assert_num_queries(1):
        rows = currently_denied_share(all_time)

    assert rows == [CurrentlyDenied("Aetna", 2, 1), CurrentlyDenied("Cigna", 1, 0)]
    assert (rows[0].rate, rows[1].rate) == (50, 0)


def test_the_share_falls_as_denials_are_worked_off(all_time):
    make_claim(decisions=[denied(), decision(on=NEXT_MONDAY, paid="100.00")])
    make_claim(decisions=[denied()], write_offs=[write_off(on=NEXT_MONDAY, amount="100.00")])
    make_claim(decisions=[denied()], appeals=[appeal(filed=NEXT_MONDAY)])

    assert currently_denied_share(all_time) == [CurrentlyDenied("Aetna", 3, 0)]
    before = Scope.of(period="all", as_of=SUNDAY)
    assert currently_denied_share(before) == [CurrentlyDenied("Aetna", 3, 3)]


def test_claims_that_were_never_sent_are_left_out(all_time):
    make_claim(submitted_on=None, decisions=[denied()])

    assert currently_denied_share(all_time) == []
    assert pooled([], CurrentlyDenied()).rate is None


def test_a_week_runs_from_monday_to_sunday(all_time, django_assert_num_queries):
    make_claim(submitted_on=MONDAY, decisions=[denied(on=NEXT_MONDAY)])
    make_claim(submitted_on=SUNDAY, decisions=[decision(on=SUNDAY, paid="70.00")])
    make_claim(submitted_on=NEXT_MONDAY)

    with django_assert_num_queries(3):
        rows = weekly_trend(all_time)

    assert rows == [
        WeekVolume(MONDAY, 2, 2, 1, 0, Decimal("70.00")),
        WeekVolume(NEXT_MONDAY, 1, 0, 1, 1, Decimal(0)),
    ]
    assert [row.rate for row in rows] == [0, 100]


def test_without_claims_there_are_no_weeks(all_time, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert weekly_trend(all_time) == []


def test_money_taken_back_lowers_the_week_in_which_it_went(all_time):
    first = decision(on=MONDAY, paid="80.00", charge="100.00")
    make_claim(submitted_on=MONDAY, decisions=[first, reversal(on=NEXT_MONDAY, of=first)])

    assert [row.paid_amount for row in weekly_trend(all_time)] == [80, -80]


def test_a_predetermination_pays_nothing(all_time):
    promise = decision(on=MONDAY, outcome="predetermination", paid="80.00")
    make_claim(submitted_on=MONDAY, decisions=[promise])

    assert [row.paid_amount for row in weekly_trend(all_time)] == [0]


def test_the_first_and_the_last_day_of_the_period_count():
    for day in (1, 2, 8, 9):
        make_claim(submitted_on=date(2026, 2, day), decisions=[denied(on=date(2026, 2, day))])

    (week,) = weekly_trend(Scope.of(period="custom", start=MONDAY, end=SUNDAY))

    assert (week.submitted, week.decided, week.denied) == (2, 2, 2)


def test_what_happened_to_a_claim_that_was_not_sent_yet_is_left_out():
    make_claim(submitted_on=NEXT_MONDAY, decisions=[decision(on=MONDAY, paid="80.00")])

    assert weekly_trend(Scope.of(period="all", as_of=SUNDAY)) == []


@pytest.mark.parametrize(("undecided", "immature"), [(0, False), (1, False), (2, True)])
def test_a_week_of_which_less_than_nine_in_ten_are_decided_is_immature(
    undecided, immature, all_time
):
    for position in range(10):
        decisions = [] if position < undecided else [decision(on=SUNDAY, paid="1.00")]
        make_claim(submitted_on=MONDAY, decisions=decisions)

    (week,) = weekly_trend(all_time)

    assert week.is_immature is immature
