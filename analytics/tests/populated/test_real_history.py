"""A real flat file of decided claims: the pages, the report command and a plain count agree."""

from collections import defaultdict
from decimal import Decimal

import pytest

from analytics.tests.shared_files import load, needs_files, on_page, read, reported

pytestmark = pytest.mark.django_db

HISTORY = "SrinivasaraoThata__historical_denials.csv"
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def history(rolled_back):
    needs_files(HISTORY)
    with rolled_back():
        load("denial-history", HISTORY)
        yield read(HISTORY)


def test_the_denial_history_agrees_in_all_and_for_every_plan(history, browser):
    plans = defaultdict(list)
    for row in history:
        plans[row["member_plan_id"]].append(row)

    def numbers(rows):
        denied = sum(
            row["outcome"] == "denied" and row["denial_reason"] != "duplicate_claim" for row in rows
        )
        billed = sum((Decimal(row["billed_amount"]) for row in rows), ZERO)
        return {"denied": denied, "decided": len(rows), "billed": f"{billed:.2f}"}

    found = reported("denials-by-payer")

    assert found["total"].items() >= numbers(history).items()
    rate = reported("initial-denial-rate")["total"]
    assert (rate["denied"], rate["decided"], rate["rate"]) == (725, 5_000, 14.5)
    assert on_page(browser, "initial-denial-rate").denied == 725
    counts = sorted((row["denied"], row["decided"], row["billed"]) for row in found["rows"])
    wanted = [numbers(rows) for rows in plans.values()]
    assert counts == sorted((n["denied"], n["decided"], n["billed"]) for n in wanted)


def test_what_the_denial_history_does_not_say_is_not_guessed(history):
    assert reported("days-to-pay")["total"]["claims"] == 0
    assert reported("net-collection")["total"]["rate"] is None
    assert reported("no-response")["total"]["claims"] == 0
