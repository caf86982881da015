"""How fast payers pay, and who does not answer, checked by head."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.kpis.payment_speed import (
    NoResponse,
    all_days,
    all_waiting,
    days_to_pay_by_department,
    days_to_pay_by_month,
    days_to_pay_by_payer,
    no_response,
    slow_limits,
    unanswered_claims,
    undated_payments,
)
from analytics.scope import Scope
from analytics.values import Days
from billing.tests.builders import decision, make_claim, reversal

pytestmark = pytest.mark.django_db

SENT = date(2026, 1, 7)


@pytest.fixture
def all_time():
    return Scope.of(period="all")


def paid_after(days, **options):
    decided = decision(on=SENT + timedelta(days=days), paid="80.00")
    return make_claim(submitted_on=SENT, decisions=[decided], **options)


def test_days_to_pay_are_counted_by_payer_and_the_slowest_comes_first(
    all_time, django_assert_num_queries
):
    paid_after(10, payer="Aetna")
    paid_after(20, payer="Aetna")
    paid_after(60, payer="Aetna")
    paid_after(40, payer="Cigna")

    with django_assert_num_queries(1):
        rows = days_to_pay_by_payer(all_time)

    assert [(r.name, r.claims, r.mean_days, r.median_days) for r in rows] == [
        ("Cigna", 1, 40, 40),
        ("Aetna", 3, 30, 20),
    ]
    assert rows[1].days == Days({10: 1, 20: 1, 60: 1})
    total = all_days(all_time, rows)
    assert (total.claims, total.mean_days, total.median_days) == (4, Decimal("32.5"), 30)


def test_days_to_pay_by_department_and_by_month(all_time, django_assert_num_queries):
    paid_after(1, department="Radiology")
    paid_after(31, department=None)

    with django_assert_num_queries(2):
        departments, months = days_to_pay_by_department(all_time), days_to_pay_by_month(all_time)

    assert [(r.name, r.mean_days) for r in departments] == [("", 31), ("Radiology", 1)]
    assert [(r.name, r.mean_days) for r in months] == [
        (date(2026, 1, 1), 1),
        (date(2026, 2, 1), 31),
    ]


def test_without_payments_there_is_no_mean(all_time):
    make_claim()

    assert days_to_pay_by_payer(all_time) == []
    assert all_days(all_time, []).mean_days is None


def test_the_first_insurer_payment_above_zero_counts(all_time):
    make_claim(
        submitted_on=SENT,
        decisions=[
            decision(on=SENT + timedelta(days=5), denied="100.00", reason="197"),
            decision(on=SENT + timedelta(days=30), paid="50.00"),
            decision(on=SENT + timedelta(days=90), paid="50.00"),
        ],
    )

    assert days_to_pay_by_payer(all_time)[0].days == Days({30: 1})


def test_a_claim_paid_on_the_day_of_sending_took_no_days(all_time):
    paid_after(0)

    assert days_to_pay_by_payer(all_time)[0].mean_days == 0


def test_the_first_and_the_last_day_of_the_period_count():
    for days in (9, 10, 20, 21):
        paid_after(days)
    start, end = SENT + timedelta(days=10), SENT + timedelta(days=20)

    (row,) = days_to_pay_by_payer(Scope.of(period="custom", start=start, end=end))

    assert row.days == Days({10: 1, 20: 1})


def test_assumed_missing_and_disordered_dates_are_left_out_and_named(
    all_time, django_assert_num_queries
):
    make_claim(submitted_on=SENT, decisions=[decision(on=SENT, paid="9.00", assumed=True)])
    make_claim(submitted_on=None, decisions=[decision(on=SENT, paid="9.00")])
    paid_after(-1)
    make_claim(submitted_on=SENT, decisions=[decision(on=SENT, paid=None)])

    with django_assert_num_queries(2):
        assert days_to_pay_by_payer(all_time) == []
        (note,) = undated_payments(all_time)

    assert note.startswith("3 paid claims are left out")
    assert undated_payments(Scope.of(period="all", as_of=SENT - timedelta(days=2))) == []


def test_a_payment_that_was_taken_back_did_not_happen(all_time):
    first = decision(on=SENT + timedelta(days=10), paid="80.00", charge="100.00")
    make_claim(
        submitted_on=SENT,
        decisions=[first, reversal(on=SENT + timedelta(days=20), of=first)],
    )

    assert days_to_pay_by_payer(all_time) == []
    before = Scope.of(period="all", as_of=SENT + timedelta(days=19))
    assert days_to_pay_by_payer(before)[0].days == Days({10: 1})


def waiting(today, days, **options):
    return make_claim(submitted_on=today - timedelta(days=days), **options)


def test_claims_wait_longer_than_their_payer_usually_takes(
    all_time, today, django_assert_num_queries
):
    for days in (*range(1, 10), 50):  # nine in ten are decided within 9 days
        paid_after(days, payer="Quick")
    waiting(today, 9, payer="Quick")
    waiting(today, 10, payer="Quick", billed="70.00")
    waiting(today, 30, payer="New")
    waiting(today, 31, payer="New", billed="300.00")

    with django_assert_num_queries(2):
        rows = no_response(all_time)

    def day(age):
        return (today - timedelta(days=age)).isoformat()

    assert rows == [
        NoResponse("New", 1, Decimal("300.00"), 30, day(31)),
        NoResponse("Quick", 1, Decimal("70.00"), 9, day(10)),
    ]
    assert all_waiting(all_time, rows) == NoResponse("", 2, Decimal("370.00"), None, day(31))
    assert unanswered_claims(all_time).count() == 2


def test_without_claims_nobody_is_silent(all_time, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert no_response(all_time) == []
    assert all_waiting(all_time, []).claims == 0


def test_decided_closed_and_unsent_claims_do_not_wait(all_time, today):
    waiting(today, 300, decisions=[decision(on=today, denied="100.00", reason="16")])
    waiting(today, 300, frequency="void")
    make_claim(submitted_on=None)

    assert no_response(all_time) == []


def test_a_pended_claim_still_waits(all_time, today):
    pended = decision(on=today - timedelta(days=100), outcome="pended")
    waiting(today, 300, decisions=[pended])

    assert [row.claims for row in no_response(all_time)] == [1]


def test_the_limit_is_the_payers_own_whatever_the_filters():
    paid_after(5, department="Radiology")
    paid_after(80, department="Surgery")

    filtered = Scope.of(period="all", department=("Radiology",))

    assert slow_limits(filtered) == slow_limits(Scope.of(period="all")) == {"Aetna": 80}


def test_the_limit_knows_only_what_was_decided_by_the_as_of_day():
    paid_after(5)
    paid_after(80)

    assert slow_limits(Scope.of(period="all", as_of=SENT + timedelta(days=79))) == {"Aetna": 5}
