"""Denials given up, payments below contract, credits: by head, at the bounds, and empty."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.kpis.leakage import (
    Credits,
    DenialWriteOffs,
    Underpaid,
    credit_balances,
    denial_writeoffs,
    underpaid,
)
from analytics.scope import Scope
from billing.tests.builders import decision, make_claim, patient_payment, write_off

pytestmark = pytest.mark.django_db
ALL = Scope(date(2026, 11, 20))
MARCH = Scope(date(2026, 11, 20), date(2026, 3, 1), date(2026, 3, 31), "custom")


def given_up(*, on: date, amount: str, for_denial: bool = True, **options) -> None:
    make_claim(
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="29")],
        write_offs=[write_off(on=on, amount=amount, for_denial=for_denial)],
        **options,
    )


def paid(amount: str, *, expected: str | None = "100.00", **options) -> None:
    settled = decision(on=date(2026, 2, 1), paid=amount, contractual="1.00")
    make_claim(billed="200.00", expected=expected, decisions=[settled], **options)


def test_denials_given_up_are_a_share_of_what_was_billed_in_the_same_period():
    given_up(on=date(2026, 3, 1), amount="30.00", payer="Cigna")
    given_up(on=date(2026, 3, 31), amount="20.00", payer="Cigna")
    given_up(on=date(2026, 4, 1), amount="99.00", payer="Cigna")  # not in March
    given_up(on=date(2026, 3, 5), amount="7.00", for_denial=False)  # not for a denial
    make_claim(payer="Cigna", billed="400.00", submitted_on=date(2026, 3, 9))
    make_claim(payer="Aetna", billed="50.00", submitted_on=date(2026, 3, 9))

    cigna, aetna = denial_writeoffs(MARCH)
    assert cigna == DenialWriteOffs("Cigna", 2, Decimal(50), Decimal(400))
    assert cigna.rate == Decimal("12.5")
    assert aetna == DenialWriteOffs("Aetna", 0, Decimal(0), Decimal(50))


def test_a_shortfall_counts_above_two_per_cent_and_a_dollar():
    for amount in ("98.00", "97.99", "100.00", "90.00"):  # 2 % exactly is tolerated
        paid(amount)
    paid("48.99", expected="50.00", payer="Cigna")  # 1.01 is more than 2 % and a dollar
    paid("49.00", expected="50.00", payer="Cigna")  # a dollar exactly is tolerated
    paid("10.00", expected=None, payer="Delta")  # nothing is known of a contract

    assert underpaid(ALL) == [
        Underpaid("Aetna", 4, 2, Decimal("12.01")),
        Underpaid("Cigna", 2, 1, Decimal("1.01")),
    ]


def test_what_the_patient_owes_is_allowed_too():
    settled = decision(on=date(2026, 2, 1), paid="60.00", patient="40.00")
    make_claim(expected="100.00", decisions=[settled])

    assert underpaid(ALL) == [Underpaid("Aetna", 1, 0, Decimal(0))]


def test_a_credit_is_what_exceeds_the_bill():
    make_claim(decisions=[decision(on=date(2026, 2, 1), paid="80.00", contractual="20.00")])
    make_claim(decisions=[decision(on=date(2026, 2, 1), paid="80.00", contractual="20.01")])
    make_claim(
        payer="Cigna",
        decisions=[decision(on=date(2026, 2, 1), paid="100.00")],
        patient_payments=[patient_payment(on=date(2026, 3, 1), amount="25.00")],
    )

    assert credit_balances(ALL) == [
        Credits("Cigna", 1, Decimal(25)),
        Credits("Aetna", 1, Decimal("0.01")),
    ]
    assert credit_balances(Scope.of(as_of=date(2026, 2, 28))) == [
        Credits("Aetna", 1, Decimal("0.01"))
    ]


def test_without_claims_nothing_leaks():
    assert denial_writeoffs(ALL) == underpaid(ALL) == credit_balances(ALL) == []
