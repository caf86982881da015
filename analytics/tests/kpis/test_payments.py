"""Collection, denials that came back and appeals, checked by head."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.kpis.payments import (
    AppealResults,
    Collection,
    Overturned,
    appeals_by_payer,
    collection_by_department,
    collection_by_month,
    collection_by_payer,
    collection_notes,
    last_ripe_day,
    overturned_by_payer,
    service_period,
)
from analytics.page import pooled
from analytics.registry import PAGES
from analytics.scope import Scope
from billing.tests.builders import (
    appeal,
    contractual_adjustment,
    decision,
    make_claim,
    patient_payment,
    write_off,
)

pytestmark = pytest.mark.django_db

DENIED_ON = date(2026, 2, 10)
LATER = date(2026, 3, 10)


@pytest.fixture
def all_time():
    return Scope.of(period="all")


def denied(on=DENIED_ON):
    return decision(on=on, denied="100.00", reason="197")


def paid(on=LATER, amount="80.00"):
    return decision(on=on, paid=amount)


# Collection


def test_collection_is_what_came_in_of_what_could(all_time, django_assert_num_queries):
    make_claim(
        payer="Aetna",
        billed="200.00",
        decisions=[decision(on=LATER, paid="90.00", contractual="70.00", patient="30.00")],
        contractual_adjustments=[contractual_adjustment(on=LATER, amount="30.00")],
        patient_payments=[patient_payment(on=LATER, amount="5.00")],
    )
    make_claim(payer="Aetna", billed="100.00")
    make_claim(payer="Cigna", billed="50.00", decisions=[paid(amount="50.00")])

    with django_assert_num_queries(1):
        rows = collection_by_payer(all_time)

    dollars = Decimal
    aetna = Collection("Aetna", 2, dollars(300), dollars(100), dollars(90), dollars(5))
    cigna = Collection("Cigna", 1, dollars(50), dollars(0), dollars(50), dollars(0))
    assert rows == [aetna, cigna]
    assert (aetna.collected, aetna.collectible) == (95, 200)
    assert (aetna.net_rate, cigna.net_rate) == (Decimal("47.5"), 100)
    assert f"{aetna.gross_rate:.4f}" == "31.6667"
    assert pooled(rows, Collection()).net_rate == 58


def test_without_services_there_is_no_rate(all_time, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert collection_by_payer(all_time) == []
        assert collection_by_month(all_time) == []
        assert collection_by_department(all_time) == []
    assert (pooled([], Collection()).net_rate, pooled([], Collection()).gross_rate) == (None, None)


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (date(2026, 10, 29), date(2026, 6, 30)),  # 121 days after the end of June
        (date(2026, 10, 28), date(2026, 6, 30)),  # 120
        (date(2026, 10, 27), date(2026, 5, 31)),  # 119
        (date(2026, 6, 28), date(2026, 2, 28)),
        (date(2024, 6, 28), date(2024, 2, 29)),
        (date(2024, 6, 27), date(2024, 1, 31)),
        (date(2026, 4, 30), date(2025, 12, 31)),
    ],
)
def test_a_service_month_is_ripe_120_days_after_its_end(as_of, last):
    assert last_ripe_day(as_of) == last


def test_a_service_month_counts_from_the_day_on_which_it_is_ripe():
    make_claim(service_date=date(2026, 6, 1), submitted_on=date(2026, 6, 2))
    make_claim(service_date=date(2026, 6, 30), submitted_on=date(2026, 7, 2))
    make_claim(service_date=date(2026, 7, 1), submitted_on=date(2026, 7, 2))

    def claims(day):
        rows = collection_by_month(Scope.of(period="all", as_of=date(2026, 10, day)))
        return [(row.name, row.claims) for row in rows]

    assert claims(27) == []
    assert claims(28) == [(date(2026, 6, 1), 2)]


def test_payments_after_the_as_of_day_are_not_collected_yet():
    make_claim(decisions=[paid(on=date(2026, 7, 2))])

    def collected(day):
        return collection_by_department(Scope.of(period="all", as_of=day))[0].collected

    assert (collected(date(2026, 7, 1)), collected(date(2026, 7, 2))) == (0, 80)


def test_claims_of_which_the_payment_is_unknown_are_left_out_and_named(
    all_time, django_assert_num_queries
):
    make_claim(decisions=[decision(on=LATER, paid=None)])
    make_claim(service_date=None, decisions=[paid()])

    assert collection_by_payer(all_time) == []
    with django_assert_num_queries(1):
        assert collection_notes(all_time) == [
            "1 claims are left out: their source does not say what was paid."
        ]


def test_a_rolling_period_ends_with_the_newest_ripe_month_and_says_so(today):
    asked = Scope.of(period="90")

    moved = service_period(asked)

    assert (moved.start, moved.end) == (date(2026, 4, 2), date(2026, 6, 30))
    assert collection_notes(asked) == [
        "Services of 2026-04-02 to 2026-06-30: younger months are too fresh to judge."
    ]
    make_claim(service_date=date(2026, 4, 1))
    assert collection_by_payer(asked) == []
    make_claim(service_date=date(2026, 4, 2))
    assert collection_by_payer(asked)[0].claims == 1


def test_a_rolling_period_is_compared_with_the_ripe_days_just_before_it():
    before = PAGES["net-collection"].before(Scope.of(period="90"))

    assert before is not None
    assert (before.start, before.end) == (date(2026, 1, 2), date(2026, 4, 1))
    assert service_period(before) == before


def test_a_period_that_is_asked_for_by_day_is_not_moved():
    asked = Scope.of(period="custom", start=date(2026, 1, 1), end=date(2026, 12, 31))

    assert service_period(asked) == asked


# Denials that came back


def test_denied_claims_that_were_paid_are_a_share_of_those_that_ended(
    all_time, django_assert_num_queries
):
    make_claim(payer="Aetna", decisions=[denied(), paid()])
    make_claim(payer="Aetna", decisions=[denied()], write_offs=[write_off(on=LATER, amount="100")])
    make_claim(payer="Cigna", decisions=[denied()], write_offs=[write_off(on=LATER, amount="100")])
    make_claim(payer="Humana", decisions=[denied()])
    make_claim(payer="Tricare", decisions=[paid()])

    with django_assert_num_queries(1):
        rows = overturned_by_payer(all_time)

    assert rows == [Overturned("Cigna", 0, 1), Overturned("Aetna", 1, 2)]
    assert (rows[0].rate, rows[1].rate) == (0, 50)


def test_without_denials_that_ended_there_is_no_rate(all_time, django_assert_num_queries):
    make_claim(decisions=[denied()])

    with django_assert_num_queries(1):
        assert overturned_by_payer(all_time) == []
    assert pooled([], Overturned()).rate is None


def test_a_payment_on_the_day_of_the_denial_is_no_overturn(all_time):
    make_claim(decisions=[denied(), paid(on=DENIED_ON)])
    make_claim(payer="Cigna", decisions=[denied(), paid(on=DENIED_ON + timedelta(days=1))])

    assert overturned_by_payer(all_time) == [Overturned("Cigna", 1, 1)]


def test_a_denial_that_is_written_off_in_part_has_not_ended(all_time):
    make_claim(decisions=[denied()], write_offs=[write_off(on=LATER, amount="99.99")])

    assert overturned_by_payer(all_time) == []


def test_a_denial_written_off_and_paid_later_is_overturned_from_that_day_on():
    make_claim(
        decisions=[denied(), paid(on=date(2026, 5, 1))],
        write_offs=[write_off(on=LATER, amount="100.00")],
    )

    def as_of(day):
        return overturned_by_payer(Scope.of(period="all", as_of=day))

    assert as_of(LATER - timedelta(days=1)) == []
    assert as_of(date(2026, 4, 30)) == [Overturned("Aetna", 0, 1)]
    assert as_of(date(2026, 5, 1)) == [Overturned("Aetna", 1, 1)]


@pytest.mark.parametrize(("start", "end"), [(LATER, LATER), (DENIED_ON, LATER)])
def test_the_day_of_the_payment_dates_the_overturn(start, end):
    make_claim(decisions=[denied(), paid()])

    inside = Scope.of(period="custom", start=start, end=end)

    assert overturned_by_payer(inside) == [Overturned("Aetna", 1, 1)]
    assert overturned_by_payer(replace(inside, end=LATER - timedelta(days=1))) == []
    assert overturned_by_payer(replace(inside, start=LATER + timedelta(days=1))) == []


# Appeals


def test_appeals_won_are_a_share_of_the_appeals_that_ended(all_time, django_assert_num_queries):
    won = appeal(filed=date(2026, 2, 12), ended=LATER, result="won")
    make_claim(payer="Aetna", decisions=[denied(), paid()], appeals=[won])
    lost = appeal(filed=date(2026, 2, 12), ended=LATER, result="lost")
    again = appeal(filed=date(2026, 3, 12), ended=date(2026, 4, 1), result="lost")
    make_claim(payer="Aetna", decisions=[denied()], appeals=[lost, again])
    make_claim(
        payer="Cigna",
        decisions=[denied()],
        appeals=[appeal(filed=date(2026, 2, 12), result="lost")],
    )
    make_claim(payer="Humana", decisions=[denied()], appeals=[appeal(filed=LATER)])

    with django_assert_num_queries(1):
        rows = appeals_by_payer(all_time)

    assert rows == [AppealResults("Cigna", 1, 0, 1, 1), AppealResults("Aetna", 2, 1, 3, 0)]
    assert (rows[0].rate, f"{rows[1].rate:.4f}") == (0, "33.3333")


def test_without_appeals_that_ended_there_is_no_rate(all_time, django_assert_num_queries):
    make_claim(decisions=[denied()], appeals=[appeal(filed=LATER)])

    with django_assert_num_queries(1):
        assert appeals_by_payer(all_time) == []
    assert pooled([], AppealResults()).rate is None


def test_an_appeal_that_was_won_ends_on_its_first_payment_on_or_after_filing():
    filed = date(2026, 2, 12)
    make_claim(
        decisions=[denied(), decision(on=date(2026, 2, 11), paid="1.00"), paid(on=filed)],
        appeals=[appeal(filed=filed, ended=LATER, result="won")],
    )

    def on(day):
        return appeals_by_payer(Scope.of(period="custom", start=day, end=day))

    assert on(filed) == [AppealResults("Aetna", 1, 1, 1, 0)]
    assert on(LATER) == on(date(2026, 2, 11)) == []


def test_an_appeal_won_without_payment_ends_as_stated_and_the_denial_stands(all_time):
    make_claim(
        decisions=[denied()],
        appeals=[appeal(filed=date(2026, 2, 12), ended=LATER, result="won")],
    )

    assert appeals_by_payer(all_time) == [AppealResults("Aetna", 1, 1, 1, 0)]
    assert appeals_by_payer(Scope.of(period="all", as_of=LATER - timedelta(days=1))) == []
    assert PAGES["aging"].claims(all_time).count() == 1


def test_an_end_without_a_date_counts_on_the_day_of_filing_and_is_marked():
    make_claim(decisions=[denied()], appeals=[appeal(filed=LATER, result="lost")])

    on_that_day = Scope.of(period="custom", start=LATER, end=LATER)

    assert appeals_by_payer(on_that_day) == [AppealResults("Aetna", 1, 0, 1, 1)]
