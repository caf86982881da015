"""Targets: the default with its source, or the team's own."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from analytics.answers import answer, compare, meets
from analytics.models import KpiTarget
from analytics.page import Better
from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.targets import targets_of
from billing.tests.builders import decision, make_claim

RATE, NET = PAGES["initial-denial-rate"], PAGES["net-collection"]


@pytest.mark.django_db
def test_the_default_holds_until_a_team_sets_its_own(django_assert_num_queries):
    with django_assert_num_queries(1):
        defaults = targets_of(RATE, NET, PAGES["overturn-rate"])

    assert defaults[RATE.slug] == RATE.default_target
    assert defaults["overturn-rate"] is None
    KpiTarget.objects.create(slug=RATE.slug, value=Decimal("7.5"), source="Board, 2026")
    KpiTarget.objects.create(slug="overturn-rate", value=Decimal(60))
    own = targets_of(RATE, NET, PAGES["overturn-rate"])
    mine, other = own[RATE.slug], own["overturn-rate"]
    assert mine is not None
    assert other is not None
    assert (mine.value, mine.source) == (Decimal("7.5"), "Board, 2026")
    assert other.source == "set by your team"
    assert own[NET.slug] == NET.default_target


@pytest.mark.django_db
def test_a_page_has_one_target_of_its_own():
    KpiTarget.objects.create(slug="aging", value=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        KpiTarget.objects.create(slug="aging", value=2)


@pytest.mark.parametrize(
    ("page", "value", "reached"),
    [
        (RATE, Decimal("9.99"), True),
        (RATE, Decimal(10), True),
        (RATE, Decimal("10.01"), False),
        (RATE, None, None),
        (NET, Decimal(95), True),
        (NET, Decimal("94.99"), False),
    ],
)
def test_the_target_itself_is_reached(page, value, reached):
    assert meets(page, value, page.default_target) is reached


def test_without_a_target_nothing_is_reached():
    assert meets(RATE, Decimal(1), None) is None


def test_lower_is_better_for_denials_and_worse_for_collection():
    def verdict(page, now, before):
        found = compare(page, Decimal(now), Decimal(before))
        return found and found.verdict

    assert verdict(RATE, 8, 10) == verdict(NET, 96, 90) == "better"
    assert verdict(RATE, 10, 8) == verdict(NET, 90, 96) == "worse"
    assert verdict(RATE, 8, 8) == "no change"
    assert compare(RATE, None, Decimal(8)) is compare(RATE, Decimal(8), None) is None


def test_every_page_knows_which_way_is_good():
    lower = {slug for slug, page in PAGES.items() if page.better is Better.LOWER}

    assert {
        "first-pass-rate",
        "net-collection",
        "overturn-rate",
        "appeal-win-rate",
    } & lower == set()
    assert {"initial-denial-rate", "aging", "days-to-pay", "no-response", "charge-lag"} <= lower


@pytest.mark.django_db
def test_an_answer_compares_with_the_equal_period_before(today):
    for day, denied in ((today.replace(month=10), 1), (today, 0), (today, 0), (today, 1)):
        decided = decision(
            on=day, denied="100.00" if denied else "0.00", paid="0.00" if denied else "90.00"
        )
        make_claim(decisions=[decided])

    found = answer(RATE, Scope.of(period="30"))

    assert (found.total.denied, found.total.decided) == (1, 3)
    assert round(found.value, 1) == Decimal("33.3")
    assert found.comparison is not None
    assert found.comparison.before == "100.0 %"
    assert found.comparison.is_good
    assert not found.meets_target
    assert found.target_text == "≤ 10.0 %"


@pytest.mark.django_db
def test_every_default_target_names_its_source():
    for page in PAGES.values():
        if page.default_target is not None:
            assert page.default_target.source
