"""The overview: its cards agree with the pages, and it finds what needs attention."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.answers import Answers, answer
from analytics.overview import CARDS, attention, cards
from analytics.registry import PAGES
from analytics.scope import Scope
from billing.tests.builders import decision, make_activity, make_claim

pytestmark = pytest.mark.django_db


def queries_of(client):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse("analytics:overview")).status_code == 200
    return sum(bool(re.search(r'"(billing|analytics)_', query["sql"])) for query in captured)


def test_the_overview_has_at_most_eight_cards_and_two_charts(browser):
    make_claim()

    context = browser.get(reverse("analytics:overview")).context

    assert len(context["cards"]) == len(CARDS) <= 8
    assert len(context["charts"]) == 2


@pytest.mark.parametrize("period", ["90", "this-month", "365", "all"])
def test_cards_agree_with_their_pages(period, browser):
    today = Scope.of().as_of
    for days in range(0, 700, 35):
        day = today - timedelta(days=days)
        denied = "100.00" if days % 2 else "0.00"
        make_claim(
            payer=f"Payer {days % 3}",
            service_date=day - timedelta(days=20),
            submitted_on=day - timedelta(days=10),
            decisions=[decision(on=day, denied=denied, paid="80.00")] if days % 4 else [],
        )
    scope = Scope.of(period=period)

    for card in cards(scope, Answers()):
        page = answer(PAGES[card.answer.page.slug], scope)
        assert card.answer.value == page.value
        assert page.value is not None or period not in ("365", "all")
        assert card.answer.text == page.text
        assert card.answer.comparison == page.comparison
        assert card.answer.target == page.target
        assert card.url == f"{page.page.url}?{scope.query()}"
        drawn = card.sparkline["series"][0]["values"]
        assert any(value is not None for value in drawn)


def test_without_claims_the_overview_still_answers(browser):
    assert browser.get(reverse("analytics:overview")).status_code == 200
    assert all(card.answer.text for card in cards(Scope.of(period="90"), Answers()))


def test_the_overview_asks_a_fixed_number_of_questions(browser, today):
    make_claim(decisions=[decision(on=today, denied="100.00", reason="16")])
    one = queries_of(browser)
    for position in range(20):
        make_claim(
            payer=f"Payer {position}",
            decisions=[decision(on=today, denied="100.00", reason="16")] if position % 2 else [],
        )

    assert queries_of(browser) == one == 62


def test_payers_above_target_and_old_and_silent_piles_need_attention(today):
    old = today - timedelta(days=200)
    for payer, denied in (("Worst", 3), ("Bad", 2), ("Good", 0)):
        for position in range(10):
            is_denied = position < denied
            make_claim(
                payer=payer,
                service_date=today - timedelta(days=40),
                submitted_on=today - timedelta(days=38),
                decisions=[
                    decision(
                        on=today - timedelta(days=8),
                        denied="100.00" if is_denied else "0.00",
                        reason="16" if is_denied else None,
                        paid="0.00" if is_denied else "90.00",
                    )
                ],
            )
    make_claim(payer="Old", service_date=old, submitted_on=today - timedelta(days=5))
    make_claim(payer="Silent", service_date=today, submitted_on=today - timedelta(days=31))

    found = attention(Scope.of(period="90"), Answers())

    assert [item.what for item in found] == [
        "Worst denies 30.0 % of claims",
        "Bad denies 20.0 % of claims",
        "Old: 1 open claims over 90 days",
        "Silent: no answer on 1 claims",
    ]
    assert [item.amount for item in found] == ["$300", "$200", "$100", "$100"]


def test_a_person_far_above_the_team_needs_attention_and_a_small_sample_does_not(today):
    claim = make_claim(
        service_date=today, submitted_on=today, decisions=[decision(on=today, paid="100.00")]
    )
    for staff, actions, errors in (("Steady", 100, 2), ("Careless", 50, 20), ("Newcomer", 2, 1)):
        for position in range(actions):
            make_activity(staff=staff, claim=claim, on=today, error=position < errors)

    (found,) = attention(Scope.of(period="90"), Answers())

    assert found.what == "Careless: an error in 40.0 % of actions"
    assert found.why.startswith("20 of 50; at the team's rate, chance seldom exceeds ")
    assert (found.amount, found.unit) == ("1", "claims with errors")


def test_nothing_needs_attention_where_all_is_well(today):
    make_claim(
        service_date=today, submitted_on=today, decisions=[decision(on=today, paid="100.00")]
    )

    assert attention(Scope.of(period="90"), Answers()) == []


def test_strangers_are_sent_to_the_log_in(client):
    assert client.get(reverse("analytics:overview")).url.startswith(reverse("login"))
