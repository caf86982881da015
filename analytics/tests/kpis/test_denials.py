"""Denial rates, checked by head."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.kpis.denials import (
    Denials,
    ProcedureDenials,
    denials_by_department,
    denials_by_month,
    denials_by_payer,
    denials_by_payer_kind,
    denials_by_procedure,
    denials_by_provider,
    each_claim_once,
)
from analytics.page import pooled
from analytics.registry import PAGES
from analytics.scope import Scope
from billing.models import ProcedureCode
from billing.tests.builders import appeal, decision, make_claim, make_payer, reversal

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 28)
ALL = (
    denials_by_month,
    denials_by_payer,
    denials_by_payer_kind,
    denials_by_department,
    denials_by_provider,
    denials_by_procedure,
)


@pytest.fixture
def february():
    return Scope.of(period="custom", start=FIRST, end=LAST)


def paid(on=date(2026, 2, 10), amount="80.00"):
    return decision(on=on, paid=amount)


def denied(on=date(2026, 2, 10), amount="100.00"):
    return decision(on=on, denied=amount, reason="197")


def partly_denied(on=date(2026, 2, 10)):
    return decision(on=on, paid="60.00", denied="40.00", reason="50")


def one(rows):
    assert len(rows) == 1
    return rows[0]


def test_decisions_are_counted_by_payer_and_the_highest_rate_comes_first(
    february, django_assert_num_queries
):
    make_claim(payer="Aetna", billed="200.00", decisions=[paid()])
    make_claim(payer="Aetna", billed="100.00", decisions=[partly_denied()])
    make_claim(payer="Aetna", billed="100.00", decisions=[paid()])
    make_claim(payer="Cigna", billed="100.00", decisions=[denied()])
    make_claim(payer="Cigna", billed="300.00", decisions=[paid()])

    with django_assert_num_queries(1):
        rows = denials_by_payer(february)

    cigna = Denials("Cigna", 2, 1, 1, 0, 0, 1, Decimal("100.00"), Decimal("400.00"))
    aetna = Denials("Aetna", 3, 1, 0, 0, 0, 2, Decimal("40.00"), Decimal("400.00"))
    assert rows == [cigna, aetna]
    assert (cigna.rate, cigna.full_rate, cigna.first_pass_rate) == (50, 50, 50)
    assert (cigna.amount_rate, aetna.amount_rate) == (25, 10)
    assert (aetna.full_rate, f"{aetna.rate:.4f}") == (0, "33.3333")


def test_lines_left_to_the_patient_and_reduced_stand_beside_the_denied(february):
    for non_covered, reduced in ((True, True), (False, True), (None, None)):
        make_claim(
            payer="Aetna",
            decisions=[
                decision(
                    on=date(2026, 2, 10), paid="60.00", non_covered=non_covered, reduced=reduced
                ),
                decision(on=date(2026, 2, 20), paid="1.00", non_covered=True, reduced=True),
            ],
        )
    page = PAGES["denials-by-payer"]

    (row,) = denials_by_payer(february)

    assert (row.decided, row.patient_non_covered, row.reduced, row.denied) == (3, 1, 2, 0)
    for part in ("patient_non_covered", "reduced"):
        assert page.drill(february, row="Aetna", part=part).count() == getattr(row, part)
    assert page.notes(february)[-1].startswith("The source of 1 of the 3 decided claims does not")


def test_the_total_pools_claims_instead_of_averaging_rates(february):
    make_claim(payer="Aetna", decisions=[denied()])
    for _ in range(3):
        make_claim(payer="Cigna", decisions=[paid()])

    total = pooled(denials_by_payer(february), Denials())

    assert (total.denied, total.decided, total.rate) == (1, 4, 25)


@pytest.mark.parametrize("rows_of", ALL, ids=lambda f: f.__name__)
def test_without_claims_there_are_no_rows_and_no_rate(rows_of, february, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rows_of(february) == []

    assert pooled([], Denials()).rate is None
    assert each_claim_once(february, []).rate is None


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2026, 1, 31), False),
        (FIRST, True),
        (LAST, True),
        (date(2026, 3, 1), False),
    ],
)
def test_the_first_and_the_last_day_of_the_period_count(day, counts, february):
    make_claim(decisions=[denied(on=day)])

    assert len(denials_by_payer(february)) == int(counts)


def test_the_first_decision_dates_the_claim_and_a_later_one_does_not_undo_it(february):
    make_claim(decisions=[denied(), paid(on=date(2026, 2, 20))])
    make_claim(decisions=[paid(on=date(2026, 1, 20)), denied()])

    row = one(denials_by_payer(february))

    assert (row.decided, row.denied, row.resolved) == (1, 1, 0)


def test_on_one_day_a_denial_comes_before_a_payment(february):
    make_claim(decisions=[paid(), denied()])

    assert one(denials_by_payer(february)).denied == 1


def test_a_denial_row_is_the_first_decision_though_a_payment_is_dated_earlier(february):
    stated = decision(on=date(2026, 2, 20), denied="30.00", reason="16", stated=True)
    make_claim(decisions=[paid(on=date(2026, 1, 20)), stated])

    row = one(denials_by_payer(february))

    assert (row.decided, row.denied, row.denied_amount) == (1, 1, Decimal("30.00"))


def test_undecided_pended_forwarded_and_predetermined_claims_are_left_out(february):
    make_claim()
    for outcome in ("pended", "forwarded", "predetermination"):
        make_claim(decisions=[decision(on=FIRST, outcome=outcome)])

    assert denials_by_payer(february) == []


def test_duplicates_are_in_the_denominator_only(february):
    make_claim(decisions=[decision(on=FIRST, outcome="duplicate", denied="100.00", reason="18")])

    row = one(denials_by_payer(february))

    assert (row.decided, row.denied, row.denied_in_full, row.resolved) == (1, 0, 0, 0)
    assert (row.denied_amount, row.rate, row.first_pass_rate) == (0, 0, 0)


def test_patient_responsibility_is_resolved_at_once_and_no_denial(february):
    make_claim(decisions=[decision(on=FIRST, patient="100.00")])

    row = one(denials_by_payer(february))

    assert (row.decided, row.denied, row.resolved, row.denied_amount) == (1, 0, 1, 0)


def test_the_denied_amount_is_what_was_denied_and_not_the_charge(february):
    make_claim(billed="500.00", decisions=[denied(amount="120.50")])

    row = one(denials_by_payer(february))

    assert (row.denied_amount, row.billed) == (Decimal("120.50"), Decimal("500.00"))
    assert row.amount_rate == Decimal("24.1")


def test_a_reversed_denial_is_no_first_decision(february):
    refused = decision(on=FIRST, denied="100.00", reason="197", charge="100.00")
    make_claim(
        decisions=[
            refused,
            reversal(on=date(2026, 2, 10), of=refused),
            decision(on=date(2026, 2, 11), paid="90.00"),
        ]
    )

    row = one(denials_by_payer(february))

    assert (row.decided, row.denied, row.resolved) == (1, 0, 1)


def test_before_its_reversal_the_denial_still_stood():
    refused = decision(on=FIRST, denied="100.00", reason="197", charge="100.00")
    make_claim(
        decisions=[
            refused,
            reversal(on=date(2026, 2, 10), of=refused),
            decision(on=date(2026, 2, 11), paid="90.00"),
        ]
    )

    def as_of(day):
        return denials_by_payer(Scope.of(period="all", as_of=date(2026, 2, day)))

    assert one(as_of(9)).denied == 1
    assert as_of(10) == []
    assert (one(as_of(11)).denied, one(as_of(11)).decided) == (0, 1)


def test_the_day_before_a_decision_the_claim_was_undecided():
    make_claim(decisions=[denied(on=date(2026, 2, 10))])

    assert denials_by_payer(Scope.of(period="all", as_of=date(2026, 2, 9))) == []
    assert one(denials_by_payer(Scope.of(period="all", as_of=date(2026, 2, 10)))).denied == 1


def test_an_appeal_that_was_won_does_not_lower_the_initial_rate(february):
    make_claim(
        decisions=[denied(), paid(on=date(2026, 3, 9))],
        appeals=[appeal(filed=date(2026, 2, 12), ended=date(2026, 3, 9), result="won")],
    )

    assert one(denials_by_payer(february)).denied == 1


def test_months_come_in_order(django_assert_num_queries):
    make_claim(decisions=[denied(on=date(2026, 3, 31))])
    make_claim(decisions=[paid(on=date(2026, 1, 31))])
    make_claim(decisions=[paid(on=date(2026, 3, 1))])

    quarter = Scope.of(period="custom", start=date(2026, 1, 1), end=date(2026, 3, 31))

    with django_assert_num_queries(1):
        rows = denials_by_month(quarter)

    assert [(r.name, r.decided) for r in rows] == [(date(2026, 1, 1), 1), (date(2026, 3, 1), 2)]


def test_claims_without_department_or_provider_have_a_row_of_their_own(
    february, django_assert_num_queries
):
    make_claim(department=None, provider=None, decisions=[denied()])
    make_claim(department="Cardiology", provider="Dr. Ada Moss", decisions=[paid()])

    with django_assert_num_queries(2):
        departments, providers = denials_by_department(february), denials_by_provider(february)

    assert [(r.name, r.denied) for r in departments] == [("", 1), ("Cardiology", 0)]
    assert [(r.name, r.denied) for r in providers] == [("", 1), ("Dr. Ada Moss", 0)]


def test_payers_of_one_kind_are_counted_together(february, django_assert_num_queries):
    make_payer("Medicare", kind="medicare")
    make_payer("Medicare B", kind="medicare")
    make_claim(payer="Medicare", decisions=[denied()])
    make_claim(payer="Medicare B", decisions=[paid()])
    make_claim(payer="Aetna", decisions=[paid()])

    with django_assert_num_queries(1):
        rows = denials_by_payer_kind(february)

    assert [(r.name, r.denied, r.decided) for r in rows] == [
        ("medicare", 1, 2),
        ("commercial", 0, 1),
    ]


def test_a_claim_counts_once_for_each_procedure_and_once_in_the_total(
    february, django_assert_num_queries
):
    ProcedureCode.objects.create(code="99213", wording="Office visit")
    make_claim(procedures=("99213", "99213", "93000"), decisions=[denied()])
    make_claim(procedures=("99213",), decisions=[paid()])
    make_claim(decisions=[paid()])

    with django_assert_num_queries(1):
        rows = denials_by_procedure(february)
    with django_assert_num_queries(1):
        total = each_claim_once(february, rows)

    assert rows == [
        ProcedureDenials("93000", "", decided=1, denied=1),
        ProcedureDenials("99213", "Office visit", decided=2, denied=1),
        ProcedureDenials("", "", decided=1, denied=0),
    ]
    assert (total.decided, total.denied) == (3, 1)


def test_only_the_chosen_payers_departments_providers_and_practices_count():
    make_claim(payer="Aetna", decisions=[denied()])
    make_claim(payer="Cigna", department="Radiology", decisions=[denied()])
    make_claim(payer="Humana", provider="Dr. Other", decisions=[denied()])
    make_claim(payer="Tricare", practice="Hill Clinic", decisions=[denied()])

    def payers(**names):
        rows = denials_by_payer(Scope.of(period="all", **names))
        return sorted(row.name for row in rows)

    assert payers(payer=("Aetna", "Cigna")) == ["Aetna", "Cigna"]
    assert payers(department=("Radiology",)) == ["Cigna"]
    assert payers(provider=("Dr. Other",)) == ["Humana"]
    assert payers(practice=("Hill Clinic",)) == ["Tricare"]
    assert payers(payer=("Aetna",), department=("Radiology",)) == []
