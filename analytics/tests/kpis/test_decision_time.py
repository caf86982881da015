"""Time to decision: claims that wait are counted for as long as they wait."""

from datetime import date, timedelta

import pytest

from analytics.kpis.decision_time import time_to_decision, undated_decisions
from analytics.scope import Scope
from billing.tests.builders import closing, decision, make_claim

pytestmark = pytest.mark.django_db
SENT = date(2026, 1, 1)
TODAY = date(2026, 3, 12)  # 70 days later


def on(days: int) -> date:
    return SENT + timedelta(days=days)


def sent(payer: str, *days_to_decision: int | None) -> None:
    for days in days_to_decision:
        decisions = [] if days is None else [decision(on=on(days), paid="80.00")]
        make_claim(payer=payer, submitted_on=SENT, decisions=decisions)


def test_the_payer_with_open_claims_is_the_slower_one(django_assert_num_queries):
    sent("Aetna", 10, 20, 30, 40)
    sent("Cigna", 10, 30, None, None)

    scope = Scope.of(as_of=TODAY)

    with django_assert_num_queries(1):
        cigna, aetna = time_to_decision(scope)

    assert (aetna.name, aetna.median_days, aetna.days_90, aetna.by_30) == ("Aetna", 20, 40, 75)
    assert (cigna.name, cigna.median_days, cigna.days_75, cigna.by_60) == ("Cigna", 30, None, 50)
    assert (cigna.decided, cigna.undecided, cigna.by_90) == (2, 2, None)


def test_on_an_earlier_day_later_decisions_have_not_come():
    sent("Aetna", 10, 60)

    (row,) = time_to_decision(Scope.of(as_of=on(30)))

    assert (row.decided, row.undecided, row.median_days) == (1, 1, 10)


def test_what_was_closed_without_a_decision_is_left_out_and_what_has_no_date_is_named():
    sent("Aetna", 10)
    make_claim(payer="Aetna", submitted_on=SENT, status_changes=[closing(on=on(20))])
    make_claim(
        payer="Aetna", submitted_on=SENT, decisions=[decision(on=SENT, paid="1.00", assumed=True)]
    )
    scope = Scope.of(as_of=TODAY)

    assert [row.claims for row in time_to_decision(scope)] == [1]
    assert undated_decisions(scope)[0].startswith("1 decided claims are left out")
