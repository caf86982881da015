"""Lags from service to charge and to submission, checked by head."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.kpis.lags import Lag, charge_lag, submission_lag
from analytics.page import pooled
from analytics.scope import Scope
from billing.tests.builders import make_claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def all_time():
    return Scope.of(period="all")


def test_lags_are_mean_days_by_department_and_the_slowest_comes_first(
    all_time, django_assert_num_queries
):
    day = date(2026, 2, 1)
    for department, entered, sent in (("Surgery", 9, 20), ("Surgery", 12, 21), (None, 1, 2)):
        make_claim(
            department=department,
            service_date=day,
            submitted_on=day + timedelta(days=sent),
            charge_entered_on=day + timedelta(days=entered),
        )

    with django_assert_num_queries(2):
        charges, submissions = charge_lag(all_time), submission_lag(all_time)

    assert charges == [Lag("Surgery", 2, 21), Lag("", 1, 1)]
    assert submissions == [Lag("Surgery", 2, 41), Lag("", 1, 2)]
    assert (charges[0].mean_days, submissions[0].mean_days) == (Decimal("10.5"), Decimal("20.5"))
    assert pooled(charges, Lag()).mean_days == Decimal(22) / 3


def test_without_both_dates_there_is_no_lag(all_time, django_assert_num_queries):
    make_claim(service_date=None)
    make_claim(submitted_on=None, charge_entered_on=date(2026, 1, 9))

    with django_assert_num_queries(2):
        assert charge_lag(all_time) == submission_lag(all_time) == []
    assert pooled([], Lag()).mean_days is None


@pytest.mark.parametrize(("day", "counts"), [(6, 0), (7, 1), (8, 1), (9, 0)])
def test_the_day_of_sending_dates_the_lags(day, counts):
    sent = date(2026, 1, day)
    make_claim(submitted_on=sent, charge_entered_on=sent)
    scope = Scope.of(period="custom", start=date(2026, 1, 7), end=date(2026, 1, 8))

    assert len(charge_lag(scope)) == len(submission_lag(scope)) == counts
