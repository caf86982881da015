"""Filters from the address."""

from datetime import date

import pytest
from django.http import QueryDict

from analytics.forms import ScopeForm
from analytics.tests.population import TODAY
from billing.tests.builders import make_claim

pytestmark = pytest.mark.django_db


def form(query="", **options):
    return ScopeForm(QueryDict(query), **options)


def test_without_filters_the_last_90_days_are_shown():
    scope = form().scope()

    assert (scope.period, scope.days, scope.as_of) == ("90", 90, TODAY)
    assert form().problems() == []


def test_the_report_command_shows_all_time_instead():
    assert form(default_period="all").scope().is_all_time


def test_dates_alone_make_a_period():
    scope = form("from=2026-05-01&to=2026-05-31").scope()

    assert (scope.period, scope.start, scope.end) == ("custom", date(2026, 5, 1), date(2026, 5, 31))


def test_a_named_period_wins_over_dates():
    assert form("period=30&from=2026-05-01&to=2026-05-31").scope().days == 30


def test_names_may_be_many():
    make_claim(payer="Aetna")
    make_claim(payer="Cigna")

    scope = form("payer=Aetna&payer=Cigna").scope()

    assert scope.payer == ("Aetna", "Cigna")


@pytest.mark.parametrize(
    "query",
    [
        "period=custom",
        "period=custom&from=garbage",
        "from=2026-05-31&to=2026-05-01",
        "from=1989-12-31",
        "to=2101-01-01",
        "period=nonsense",
        "as_of=2026-11-21",
        "as_of=1989-12-31",
        "payer=Nobody",
    ],
)
def test_what_is_wrong_falls_back_to_the_default(query):
    assert form(query).scope() == form().scope()


def test_the_bounds_of_dates_are_good():
    asked = form("from=1990-01-01&to=2100-12-31&as_of=1990-01-01")

    assert asked.problems() == []
    assert asked.scope().start == date(1990, 1, 1)


def test_today_is_no_future():
    assert form(f"as_of={TODAY}").problems() == []


def test_good_filters_survive_a_bad_one():
    make_claim(payer="Aetna")

    asked = form("payer=Aetna&as_of=garbage&period=30")

    assert asked.problems() == ["As of: Write the date as 2026-11-21."]
    assert (asked.scope().payer, asked.scope().period) == (("Aetna",), "30")


def test_each_chosen_name_is_a_chip_that_turns_it_off():
    make_claim(payer="Aetna")
    make_claim(payer="Cigna")
    asked = form("payer=Aetna&payer=Cigna&as_of=2026-05-01&period=30")

    chips = {chip.label: chip.without for chip in asked.chips(asked.scope())}

    assert set(chips) == {"Payer: Aetna", "Payer: Cigna", "As of: 2026-05-01"}
    without = form(chips["Payer: Aetna"].removeprefix("?")).scope()
    assert (without.payer, without.as_of, without.period) == (("Cigna",), date(2026, 5, 1), "30")
