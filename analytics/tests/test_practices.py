"""A person sees the numbers of the practices that the person works for, and no others."""

import json
from datetime import date

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from analytics.registry import PAGES
from billing.models import Practice, PracticeAccess
from billing.tests.builders import appeal, decision, make_activity, make_claim

pytestmark = pytest.mark.django_db

OURS, THEIRS = "Harbor Clinic", "Ridge Surgery"


def make_practice_claims(practice: str, mark: str, claims: int) -> None:
    """Decided, paid, appealed and open claims, each name of which bears the mark."""
    for position in range(claims):
        claim = make_claim(
            number=f"{mark}-{position}",
            practice=practice,
            payer=f"Payer {mark}",
            department=f"Department {mark}",
            provider=f"Dr. {mark}",
            service_date=date(2026, 3, 2),
            submitted_on=date(2026, 3, 4),
            procedures=("99213",),
            charge_entered_on=date(2026, 3, 3),
            decisions=[
                decision(on=date(2026, 4, 1), denied="100.00", reason="197"),
                decision(on=date(2026, 5, 1), paid="60.00"),
            ],
            appeals=[appeal(filed=date(2026, 4, 20), ended=date(2026, 5, 1), result="won")],
        )
        make_activity(staff=f"Biller {mark}", claim=claim, error=True, practice=practice)
        make_activity(staff=f"Biller {mark}", practice=practice)
        make_claim(
            number=f"{mark}-open-{position}",
            practice=practice,
            payer=f"Payer {mark}",
            department=f"Department {mark}",
            provider=f"Dr. {mark}",
            service_date=date(2026, 3, 2),
            submitted_on=date(2026, 3, 4),
            assignee=f"Biller {mark}",
        )


@pytest.fixture
def two_practices() -> None:
    make_practice_claims(OURS, "ours", 2)
    make_practice_claims(THEIRS, "theirs", 3)


def client_of(*practices: str) -> Client:
    """A manager of these practices."""
    user = User.objects.create_user("ann")
    user.groups.add(Group.objects.get(name="Managers"))
    access = PracticeAccess.objects.create(user=user)
    access.practices.set(Practice.objects.filter(name__in=practices))
    client = Client()
    client.force_login(user)
    return client


def body(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    if response.streaming:
        return b"".join(response).decode()
    return response.content.decode()


@pytest.mark.parametrize("query", ["period=all", "period=all&format=csv", "period=all&format=json"])
def test_every_page_and_its_files_count_only_the_own_practice(query, two_practices):
    ours = client_of(OURS)
    telling = [
        f"{address}{more}"
        for address in (reverse("analytics:kpi", args=(slug,)) for slug in PAGES)
        for more in (f"?{query}", f"claims/?{query}")
        if "theirs" in body(ours, f"{address}{more}")
    ]

    assert telling == []


def test_numbers_of_one_practice_are_those_of_a_filter_on_it(two_practices, browser):
    ours = client_of(OURS)

    def numbers(answer):
        return [{**row, "claims_url": ""} for row in [*answer["rows"], answer["total"]]]

    for slug in PAGES:
        address = reverse("analytics:kpi", args=(slug,)) + "?period=all&format=json"
        own = json.loads(body(ours, address))
        filtered = json.loads(body(browser, f"{address}&practice=Harbor+Clinic"))
        assert numbers(own) == numbers(filtered), slug


def test_naming_another_practice_in_the_address_is_refused_in_words(two_practices):
    page = body(client_of(OURS), "/kpis/aging/?practice=Ridge+Surgery")

    assert "There is no “Ridge Surgery”." in page
    assert "Payer theirs" not in page


def test_the_overview_and_its_filters_name_only_the_own_practice(two_practices):
    page = body(client_of(OURS), "/?period=all")

    assert "Payer ours" in page
    assert "theirs" not in page


def test_somebody_of_both_practices_sees_both(two_practices):
    page = body(client_of(OURS, THEIRS), "/kpis/denials-by-payer/?period=all")

    assert "Payer ours" in page
    assert "Payer theirs" in page


def test_somebody_without_a_practice_is_told_so_and_sees_nothing(two_practices):
    client = client_of()

    assert "You belong to no practice yet" in body(client, "/?period=all")
    page = body(client, "/kpis/denials-by-payer/?period=all")
    assert "Payer ours" not in page
    assert "Payer theirs" not in page
