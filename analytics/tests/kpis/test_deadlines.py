"""Deadlines: what runs out soon, what is too late, and where nobody has set a limit."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.kpis.deadlines import Deadlines, not_known, timely_filing_risk
from analytics.scope import Scope
from analytics.tests.population import TODAY
from billing.models import Payer
from billing.tests.builders import appeal, decision, make_claim, make_payer

pytestmark = pytest.mark.django_db


def limits(payer: str, *, filing: int | None = None, appealing: int | None = None) -> None:
    make_payer(payer)
    Payer.objects.filter(name=payer).update(filing_limit_days=filing, appeal_limit_days=appealing)


def draft(payer: str, *, days_old: int, expected: str = "70.00", **options) -> None:
    day = TODAY - timedelta(days=days_old)
    make_claim(payer=payer, service_date=day, submitted_on=None, expected=expected, **options)


def denial(payer: str, *, days_old: int, amount: str = "60.00", **options) -> None:
    on = TODAY - timedelta(days=days_old)
    denied = decision(on=on, denied=amount, reason="197")
    make_claim(payer=payer, decisions=[denied], **options)


def by_payer(**options) -> dict[str, Deadlines]:
    return {row.name: row for row in timely_filing_risk(Scope.of(**options))}


def test_each_payer_has_its_drafts_and_denials_by_head():
    limits("Aetna", filing=90, appealing=60)
    make_payer("Medicare", kind="medicare")
    draft("Aetna", days_old=70)  # 20 days left
    draft("Aetna", days_old=50)  # 40 days left: not yet
    draft("Aetna", days_old=91, expected="5.00")  # too late
    denial("Aetna", days_old=60)  # the last day
    denial("Aetna", days_old=61, amount="8.00")  # too late
    draft("Medicare", days_old=360, expected="11.00")
    denial("Medicare", days_old=10)  # nobody has set an appeal limit

    assert timely_filing_risk(Scope.of()) == [
        Deadlines("Aetna", 2, 1, 1, Decimal(130), 2, Decimal(13), 0),
        Deadlines("Medicare", 1, 1, 0, Decimal(11), 0, Decimal(0), 1),
    ]


def test_the_days_asked_for_are_a_bound_and_the_last_of_them_counts():
    limits("Aetna", appealing=60)
    denial("Aetna", days_old=30)

    assert by_payer(due=30)["Aetna"].claims == 1
    assert by_payer(due=14) == {}


def test_no_deadline_runs_under_appeal_with_the_payer_or_once_it_is_paid():
    limits("Aetna", filing=90, appealing=60)
    denial("Aetna", days_old=50, appeals=[appeal(filed=TODAY)])
    make_claim(payer="Aetna", service_date=TODAY - timedelta(days=80))
    make_claim(payer="Aetna", decisions=[decision(on=TODAY, paid="100.00")])

    assert timely_filing_risk(Scope.of()) == []


def test_a_past_day_sees_what_was_at_risk_then():
    limits("Aetna", appealing=60)
    denial("Aetna", days_old=50, appeals=[appeal(filed=TODAY)])

    assert by_payer(as_of=TODAY - timedelta(days=1))["Aetna"].at_risk == Decimal(60)
    assert by_payer(as_of=TODAY) == {}


def test_nothing_is_guessed_and_the_page_says_what_is_missing():
    draft("Aetna", days_old=5)
    denial("Cigna", days_old=5)
    denial("Cigna", days_old=5)
    make_payer("Self", kind="self-pay")
    draft("Self", days_old=900)
    make_claim(payer="Aetna", service_date=None, submitted_on=None)

    assert [(row.name, row.unknown) for row in timely_filing_risk(Scope.of())] == [
        ("Aetna", 2),
        ("Cigna", 2),
    ]
    first, second = not_known(Scope.of())
    assert first.startswith("No limit is set at 2 payers for 4 claims: ")
    assert second == "1 draft without a service date: no deadline is known."


def test_without_claims_there_is_nothing():
    assert timely_filing_risk(Scope.of()) == []
    assert not_known(Scope.of()) == []


@pytest.mark.parametrize("due", ["0", "31", "-1", "999999999", "x", "\x00", "9e9"])
def test_only_the_days_offered_can_be_asked_for(browser, due):
    make_claim()
    answer = browser.get("/kpis/timely-filing-risk/", {"due": due})

    assert answer.context["scope"].due == 30
    assert "Choose 7, 14, 30, 60 or 90 days." in answer.content.decode()


def test_the_days_travel_to_the_claims_and_into_files(browser):
    limits("Aetna", appealing=60)
    denial("Aetna", days_old=10)
    content = browser.get("/kpis/timely-filing-risk/", {"due": "60"}).content.decode()

    assert "due=60&amp;part=claims" in content
    assert (
        browser.get("/kpis/timely-filing-risk/claims/?due=60&part=claims")
        .context["table"]
        .paginator.count
        == 1
    )
    told = browser.get("/kpis/timely-filing-risk/?due=60&format=json").getvalue()
    assert b'"due": 60' in told


def test_leap_days_have_a_deadline():
    make_payer("Medicare", kind="medicare")
    make_claim(payer="Medicare", service_date=date(2024, 2, 29), submitted_on=None)
    scope = Scope.of(as_of=date(2025, 2, 28))

    assert timely_filing_risk(scope)[0].claims == 1
    assert timely_filing_risk(scope.at(date(2025, 3, 1)))[0].passed == 1
