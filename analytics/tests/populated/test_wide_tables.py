"""The other design's eight questions agree with our pages where both mean the same."""

from collections import Counter
from datetime import date

import pytest

from analytics.bench.wide_tables import answer, build, questions
from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.tests.population import TODAY
from analytics.values import cents
from billing.choices import OPEN_STATUSES
from billing.models import StaffActivity

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def asked(population):
    """The rows of each of the eight, by its name."""
    build()
    return {question.name: answer(question) for question in questions(TODAY)}


def rows(slug):
    return PAGES[slug].compute(Scope.of(period="all"))


def total(slug):
    scope = Scope.of(period="all")
    return PAGES[slug].total_of(scope, rows(slug))


def test_there_are_eight():
    assert len({question.name for question in questions(TODAY)}) == 8


def test_the_share_denied_now_agrees_for_every_payer(asked):
    theirs = {payer: (claims, denied) for payer, claims, denied, _ in asked["Denial rate by payer"]}

    assert theirs == {r.name: (r.submitted, r.denied) for r in rows("currently-denied-share")}
    rates = {payer: rate for payer, _, _, rate in asked["Denial rate by payer"]}
    for row in rows("currently-denied-share"):
        assert float(rates[row.name]) == pytest.approx(float(row.rate))


def test_the_weeks_hold_the_same_submissions(asked):
    theirs = {date.fromisoformat(str(week)): claims for week, claims, *_ in asked["Weekly trend"]}
    ours = {row.name: row.submitted for row in rows("weekly-trend") if row.submitted}

    assert theirs == ours


def test_paid_claims_took_as_long(asked):
    ((claims, mean),) = asked["A/R days"]
    ours = total("days-to-pay")

    # Theirs counts payments of assumed date and before submission too: see the odd claims.
    assert 0 <= claims - ours.claims < 5
    assert float(mean) == pytest.approx(float(ours.mean_days), rel=0.01)


def test_as_much_is_owed(asked):
    owed = total("aging")
    theirs = asked["Aging"]

    assert cents(sum(amount for _, _, amount in theirs)) == owed.balance
    assert sum(claims for _, claims, _ in theirs) == owed.claims


def test_every_department_owes_as_much(asked):
    theirs = {
        name or "": (claims, cents(owed)) for name, claims, owed in asked["A/R by department"]
    }

    assert theirs == {r.name: (r.claims, r.balance) for r in rows("aging-by-department")}


def test_everyone_did_and_erred_as_often(asked):
    done: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    worked: dict[str, set[int | None]] = {}
    for activity in StaffActivity.objects.select_related("staff", "claim"):
        if activity.claim and activity.claim.submitted_on:
            done[activity.staff.name] += 1
            wrong[activity.staff.name] += activity.is_error
            worked.setdefault(activity.staff.name, set()).add(activity.claim_id)

    assert {name: n for name, n, *_ in asked["Staff productivity"]} == done
    assert {name: claims for name, _, claims, _ in asked["Staff productivity"]} == {
        name: len(claims) for name, claims in worked.items()
    }
    assert {name: (n, errors) for name, n, errors, _ in asked["Error rate"]} == {
        name: (done[name], wrong[name]) for name in done
    }


def test_open_claims_are_workload(asked):
    ours: dict[str, set[int]] = {}
    for activity in StaffActivity.objects.select_related("staff", "claim"):
        claim = activity.claim
        if claim and claim.submitted_on and claim.status in OPEN_STATUSES:
            ours.setdefault(activity.staff.name, set()).add(claim.pk)

    assert {name: claims for name, claims, _ in asked["Workload"]} == {
        name: len(claims) for name, claims in ours.items()
    }
