"""The pages find what is planted in the demo practice (docs/demo-data.md)."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from analytics.answers import Answers
from analytics.overview import attention
from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.tests.population import TODAY
from billing.demo.practice import (
    CARELESS_PERSON,
    JUMP_DAYS_BEFORE_TODAY,
    JUMPING_PAYER,
    LATE_DEPARTMENT,
    SLOW_PAYER,
)
from billing.demo.seeding import seed_practice
from billing.models import StaffActivity

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def demo(rolled_back):
    """Four thousand claims, so that chance does not drown the truths."""
    with rolled_back():
        seed_practice(claims=4_000, seed=1, today=TODAY)
        yield


def test_the_payer_that_began_to_deny_tops_denials_by_payer():
    rows = PAGES["denials-by-payer"].compute(Scope.of(period="90"))

    assert rows[0].name == JUMPING_PAYER
    assert rows[0].rate > 20


def test_its_rate_rose_by_more_than_any_others():
    page = PAGES["denials-by-payer"]
    jump = TODAY - timedelta(days=JUMP_DAYS_BEFORE_TODAY)
    earlier = Scope.of(period="custom", start=jump - timedelta(days=365), end=jump - timedelta(1))
    rates = {row.name: row.rate for row in page.compute(Scope.of(period="90"))}
    before = {row.name: row.rate for row in page.compute(earlier)}

    risen = {name: rates[name] - before[name] for name in rates.keys() & before.keys()}

    assert len(risen) == 10
    assert max(risen, key=lambda name: risen[name]) == JUMPING_PAYER


def test_the_overview_names_it():
    found = attention(Scope.of(period="90"), Answers())

    assert found[0].what.startswith(f"{JUMPING_PAYER} denies ")


def test_the_slow_payer_tops_days_to_pay():
    rows = PAGES["days-to-pay-by-payer"].compute(Scope.of(period="365"))

    assert rows[0].name == SLOW_PAYER
    assert rows[0].median_days > Decimal("1.3") * rows[1].median_days


def test_the_department_with_late_charges_tops_charge_lag():
    rows = PAGES["charge-lag"].compute(Scope.of(period="365"))

    assert rows[0].name == LATE_DEPARTMENT
    assert rows[0].mean_days > 3 * rows[1].mean_days


@pytest.mark.parametrize("period", ["all", "365", "90"])
def test_the_person_who_errs_is_the_one_who_is_flagged(period):
    rows = PAGES["staff-error-rate"].compute(Scope.of(period=period))

    assert [row.name for row in rows if row.sign == "flag"] == [CARELESS_PERSON]
    assert len(rows) == 12


def test_the_overview_names_that_person():
    found = attention(Scope.of(period="90"), Answers())

    assert [item.what for item in found if item.what.startswith(f"{CARELESS_PERSON}: an error")]


def test_one_of_twelve_people_errs_far_more_than_the_others():
    actions: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for activity in StaffActivity.objects.select_related("staff"):
        actions[activity.staff.name] += 1
        errors[activity.staff.name] += activity.is_error
    rates = {name: errors[name] / actions[name] for name in actions}

    assert len(rates) == 12
    assert max(rates, key=lambda name: rates[name]) == CARELESS_PERSON
    assert rates.pop(CARELESS_PERSON) > 0.3 > 0.1 > max(rates.values())
