"""What is owed and how old it is, checked by head. The as-of day is the fixed today."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.kpis.receivables import (
    AgeBand,
    Aging,
    DaysInReceivables,
    OldClaims,
    aging,
    aging_by_department,
    aging_by_payer,
    aging_by_provider,
    aging_by_status,
    claims_over_90,
    days_in_ar,
    oldest_of_all,
    undated,
    whole_aging,
)
from analytics.page import pooled
from analytics.scope import Scope
from billing.tests.builders import (
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_claim,
    patient_payment,
    write_off,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return Scope.of(period="all")


@pytest.fixture
def aged(today):
    """A function that makes a claim of some age in days."""

    def make(days, **options):
        service = today - timedelta(days=days)
        return make_claim(**{"service_date": service, "submitted_on": service, **options})

    return make


def denied(on):
    return decision(on=on, denied="100.00", reason="197")


def test_open_claims_are_put_in_age_bands_by_status(now, aged, today, django_assert_num_queries):
    aged(10, billed="50.00")
    aged(10, decisions=[denied(today)])
    aged(100, decisions=[denied(today)], appeals=[appeal(filed=today)])
    aged(500, billed="150.00")

    with django_assert_num_queries(1):
        rows = aging(now)

    fifty, hundred, none = Decimal("50.00"), Decimal("100.00"), Decimal("0.00")
    whole = Decimal("400.00")
    assert rows == [
        AgeBand("0-30", 2, 1, 1, 0, fifty, hundred, none, Decimal("150.00"), whole),
        AgeBand("91-120", 1, 0, 0, 1, none, none, hundred, hundred, whole),
        AgeBand("over 120", 1, 1, 0, 0, Decimal("150.00"), none, none, Decimal("150.00"), whole),
    ]
    assert [row.rate for row in rows] == [Decimal("37.5"), 25, Decimal("37.5")]
    total = whole_aging(now, rows)
    assert (total.claims, total.pending, total.denied, total.appealed) == (4, 2, 1, 1)
    assert (total.balance, total.rate) == (400, 100)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-120"),
        (120, "91-120"),
        (121, "over 120"),
    ],
)
def test_the_last_day_of_a_band_belongs_to_it(age, band, now, aged):
    aged(age)

    (row,) = aging(now)
    (payer,) = aging_by_payer(now)

    assert row.name == band
    assert getattr(payer, "band_" + band.replace("-", "_").replace(" ", "_")) == 100
    assert payer.rate == (100 if age > 90 else 0)
    assert len(claims_over_90(now)) == (1 if age > 90 else 0)


def test_a_claim_without_a_service_date_has_a_band_of_its_own(now):
    make_claim(service_date=None)

    assert [row.name for row in aging(now)] == ["no service date"]
    assert aging_by_payer(now)[0].undated == 100
    assert undated(now) == ["1 open claims have no service date: their age is not known."]


def test_without_open_claims_nothing_is_owed(now, aged, today, django_assert_num_queries):
    aged(10, decisions=[decision(on=today, paid="90.00")])
    aged(10, status_changes=[closing(on=today)])
    aged(10, write_offs=[write_off(on=today, amount="100.00")])
    aged(10, frequency="void")
    make_claim(submitted_on=None)

    with django_assert_num_queries(4):
        assert [aging(now), aging_by_payer(now), claims_over_90(now), undated(now)] == [[]] * 4
    assert whole_aging(now, []).rate is None
    assert pooled([], Aging()).rate is None
    assert oldest_of_all(now, []).oldest == ""


def test_what_is_owed_is_expected_while_undecided_and_denied_afterwards(now, aged, today):
    aged(5, billed="100.00", expected="60.00")
    aged(5, billed="100.00", expected="60.00", decisions=[denied(today)])
    aged(
        5,
        billed="100.00",
        decisions=[decision(on=today, paid="70.00", denied="30.00", reason="50")],
        write_offs=[write_off(on=today, amount="10.00")],
    )

    (row,) = aging(now)

    assert (row.pending_balance, row.denied_balance) == (60, 120)


def test_the_day_before_a_decision_the_whole_claim_was_pending(aged, today):
    aged(50, billed="100.00", decisions=[decision(on=today, paid="100.00")])

    yesterday = Scope.of(period="all", as_of=today - timedelta(days=1))

    assert aging(Scope.of(period="all")) == []
    assert [(r.name, r.pending, r.balance) for r in aging(yesterday)] == [("31-60", 1, 100)]


def test_a_claim_that_was_sent_later_did_not_exist(aged, today):
    aged(10)

    assert aging(Scope.of(period="all", as_of=today - timedelta(days=11))) == []
    assert len(aging(Scope.of(period="all", as_of=today - timedelta(days=10)))) == 1


def test_aging_breaks_down_and_the_most_over_90_comes_first(
    now, aged, today, django_assert_num_queries
):
    aged(100, payer="Aetna", department="Radiology", provider="Dr. A")
    aged(1, payer="Cigna", department=None, provider=None, billed="500.00")
    aged(1, payer="Humana", department="Surgery", provider="Dr. B", decisions=[denied(today)])

    with django_assert_num_queries(4):
        payers = aging_by_payer(now)
        departments = aging_by_department(now)
        providers = aging_by_provider(now)
        statuses = aging_by_status(now)

    assert [(r.name, r.over_90, r.balance) for r in payers] == [
        ("Aetna", 100, 100),
        ("Cigna", 0, 500),
        ("Humana", 0, 100),
    ]
    assert [r.name for r in departments] == ["Radiology", "", "Surgery"]
    assert [r.name for r in providers] == ["Dr. A", "", "Dr. B"]
    assert [(r.name, r.claims, r.balance) for r in statuses] == [
        ("pending", 2, 600),
        ("denied", 1, 100),
    ]
    assert pooled(payers, Aging()).rate == Decimal(100) * 100 / 700


def test_old_claims_are_piled_by_payer_and_the_largest_comes_first(
    now, aged, today, django_assert_num_queries
):
    aged(91, payer="Aetna")
    aged(400, payer="Cigna", decisions=[denied(today)])
    aged(300, payer="Cigna", billed="20.00")
    aged(90, payer="Cigna")

    with django_assert_num_queries(1):
        rows = claims_over_90(now)

    def day(age):
        return (today - timedelta(days=age)).isoformat()

    assert rows == [
        OldClaims("Cigna", 2, 1, 1, 0, Decimal("120.00"), day(400)),
        OldClaims("Aetna", 1, 1, 0, 0, Decimal("100.00"), day(91)),
    ]
    total = oldest_of_all(now, rows)
    assert (total.claims, total.balance, total.oldest) == (3, 220, day(400))


def test_days_in_ar_divides_what_is_outstanding_by_a_day_of_billing(
    now, aged, today, django_assert_num_queries
):
    aged(10, payer="Aetna", billed="900.00")
    aged(
        20,
        payer="Cigna",
        billed="450.00",
        decisions=[
            decision(on=today, paid="100.00", contractual="50.00", denied="300.00", reason="50")
        ],
        contractual_adjustments=[contractual_adjustment(on=today, amount="5.00")],
        patient_payments=[patient_payment(on=today, amount="10.00")],
        write_offs=[write_off(on=today, amount="35.00")],
    )

    with django_assert_num_queries(2):
        rows = days_in_ar(now)

    assert rows == [
        DaysInReceivables("Aetna", 1, Decimal("900.00"), Decimal("900.00")),
        DaysInReceivables("Cigna", 1, Decimal("250.00"), Decimal("450.00")),
    ]
    assert (rows[0].days, rows[1].days) == (90, 50)
    assert round(pooled(rows, DaysInReceivables()).days, 4) == Decimal("76.6667")


def test_days_in_ar_measures_against_exactly_ninety_days(now, aged):
    aged(89, payer="Aetna", billed="90.00")
    aged(90, payer="Aetna", billed="1000.00")

    (row,) = days_in_ar(now)

    assert (row.claims, row.outstanding, row.billed) == (2, 1090, 90)


def test_days_in_ar_is_unknown_where_nothing_was_billed_lately(now, aged):
    aged(200, payer="Aetna")

    assert [row.days for row in days_in_ar(now)] == [None]
    assert pooled([], DaysInReceivables()).days is None


def test_the_filters_apply_to_both_sides_of_days_in_ar(aged):
    aged(5, payer="Aetna")
    aged(5, payer="Cigna")

    rows = days_in_ar(Scope.of(period="all", payer=("Aetna",)))

    assert [(r.name, r.outstanding, r.billed) for r in rows] == [("Aetna", 100, 100)]


def test_a_day_on_which_a_state_ends_belongs_to_the_next_state(today):
    day = date(2026, 3, 10)
    make_claim(
        decisions=[denied(date(2026, 3, 1))],
        appeals=[appeal(filed=day, ended=date(2026, 3, 20), result="lost")],
    )

    def statuses(as_of):
        return [row.name for row in aging_by_status(Scope.of(period="all", as_of=as_of))]

    assert statuses(day - timedelta(days=1)) == ["denied"]
    assert statuses(day) == ["appealed"]
    assert statuses(date(2026, 3, 19)) == ["appealed"]
    assert statuses(date(2026, 3, 20)) == ["denied"]
