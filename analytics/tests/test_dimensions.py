"""By what a KPI is broken down."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.dimensions import (
    AGE_BAND,
    CATEGORY,
    DEPARTMENT,
    MONTH_DECIDED,
    PAYER,
    PROCEDURE,
    WEEK_SUBMITTED,
)
from analytics.expressions import BANDS, age_band, in_band
from billing.models import Claim
from billing.tests.builders import decision, make_claim

DATES = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))


@given(DATES)
def test_a_month_runs_from_its_first_to_its_last_day(day):
    bounds = MONTH_DECIDED.bounds(day.replace(day=1).isoformat())

    assert bounds is not None
    first, last = bounds
    assert first == day.replace(day=1)
    assert (last + timedelta(days=1)).day == 1
    assert first <= day <= last
    assert (last.year, last.month) == (day.year, day.month)


@given(DATES)
def test_a_week_has_seven_days(day):
    assert WEEK_SUBMITTED.bounds(day.isoformat()) == (day, day + timedelta(days=6))


@pytest.mark.parametrize("key", ["", "nonsense", "2026-13-01", "9999-12-31", "None", "2026"])
@pytest.mark.django_db
def test_a_key_that_is_no_day_has_no_claims(key):
    make_claim()

    for dimension in (MONTH_DECIDED, WEEK_SUBMITTED):
        assert dimension.bounds(key) is None
    assert not Claim.objects.filter(WEEK_SUBMITTED.condition(key, date(2026, 1, 1))).exists()


def test_values_are_shown_in_words():
    assert MONTH_DECIDED.display(date(2026, 2, 1)) == "2026-02"
    assert WEEK_SUBMITTED.display(date(2026, 2, 2)) == "2026-02-02"
    assert DEPARTMENT.display("") == "No department"
    assert CATEGORY.display("") == "No reason given"
    assert PAYER.display("Aetna") == "Aetna"


def test_a_row_is_known_by_its_text():
    assert MONTH_DECIDED.key(date(2026, 2, 1)) == "2026-02-01"
    assert (PAYER.key("Aetna"), PAYER.key(None)) == ("Aetna", "")


@pytest.mark.django_db
def test_every_claim_is_in_exactly_one_band():
    as_of = date(2026, 6, 30)
    for age in (*range(-1, 125), 10_000):
        make_claim(number=str(age), service_date=as_of - timedelta(days=age))
    make_claim(number="undated", service_date=None)

    for band in BANDS:
        named = set(
            Claim.objects.annotate(band=age_band("service_date", as_of))
            .filter(band=band)
            .values_list("number", flat=True)
        )
        listed = set(
            Claim.objects.filter(in_band(band, "service_date", as_of)).values_list(
                "number", flat=True
            )
        )
        assert named == listed != set(), band
    assert not Claim.objects.filter(AGE_BAND.condition("nonsense", as_of)).exists()


@pytest.mark.django_db
def test_a_claim_without_line_items_has_no_procedure():
    make_claim(number="with", procedures=("99213", "93000"))
    make_claim(number="without")

    def numbers(key):
        found = Claim.objects.filter(PROCEDURE.condition(key, date(2026, 1, 1)))
        return [claim.number for claim in found]

    assert numbers("99213") == numbers("93000") == ["with"]
    assert numbers("") == ["without"]
    assert numbers("00000") == []


@pytest.mark.django_db
def test_a_category_holds_the_claims_of_its_reasons():
    make_claim(decisions=[decision(on=date(2026, 2, 1), denied="1.00", reason="197")])
    make_claim(decisions=[decision(on=date(2026, 2, 1), denied="1.00", reason="27")])
    claims = Claim.objects.as_of(date(2026, 3, 1), is_latest=True)

    assert claims.filter(CATEGORY.condition("AUTH", date(2026, 3, 1))).count() == 1
    assert claims.filter(CATEGORY.condition("NONE", date(2026, 3, 1))).count() == 0
    assert claims.filter(CATEGORY.condition("", date(2026, 3, 1))).count() == 0
