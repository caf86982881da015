"""Cents, ratios and days."""

import statistics
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.values import Days, Ratio, cents

pytestmark = pytest.mark.engine_free

DAYS = st.lists(st.integers(min_value=-30, max_value=3_000), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (None, "0.00"),
        (0, "0.00"),
        (0.1 + 0.2, "0.30"),
        (1.005, "1.01"),
        (Decimal("-1.005"), "-1.01"),
        (Decimal("2.675"), "2.68"),
        (12_345_678.9, "12345678.90"),
    ],
)
def test_amounts_are_rounded_to_the_cent_half_away_from_zero(amount, rounded):
    assert str(cents(amount)) == rounded


def test_a_ratio_of_nothing_is_unknown_and_not_zero():
    assert Ratio(0, 0).percent is None
    assert Ratio(Decimal(0), Decimal(0)).value is None
    assert Ratio(0, 5).percent == 0


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_ratio_is_a_hundred_times_part_by_whole(part, whole):
    exact = Fraction(part, whole)

    found = Ratio(part, whole)
    assert found.percent is not None
    assert found.value is not None
    assert abs(Fraction(found.percent) - exact * 100) < Fraction(1, 10**12)
    assert abs(Fraction(found.value) - exact) < Fraction(1, 10**12)


@given(DAYS)
def test_mean_and_median_are_those_of_the_single_days(days):
    histogram = Days(days)

    assert histogram.claims == len(days)
    assert histogram.median == Decimal(str(statistics.median(days)))
    assert histogram.mean == pytest.approx(Decimal(sum(days)) / len(days))


@given(DAYS, st.integers(1, 100))
def test_a_percentile_is_the_least_that_so_many_percent_did_not_exceed(days, percent):
    def within(limit):
        return sum(day <= limit for day in days) * 100 >= percent * len(days)

    found = Days(days).percentile(percent)

    assert found == min(day for day in days if within(day))


@given(DAYS, DAYS)
def test_days_pool(one, other):
    pooled = Days(one) + Days(other)

    assert isinstance(pooled, Days)
    assert pooled == Counter(one + other)
    assert pooled.median == Decimal(str(statistics.median(one + other)))


def test_without_claims_there_are_no_days():
    nothing = Days()

    assert (nothing.claims, nothing.mean, nothing.median, nothing.percentile(90)) == (
        0,
        *[None] * 3,
    )
    assert sum([Days({3: 1}), Days({3: 2})], start=Days()) == Days({3: 3})
