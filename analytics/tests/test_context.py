"""The menu."""

import pytest
from django.urls import reverse

from analytics.registry import SUBJECTS

pytestmark = pytest.mark.django_db


def menu(response):
    return {entry.title: entry for entry in response.context["menu"]}


def test_the_menu_lists_the_subjects_in_order(browser):
    found = menu(browser.get(reverse("analytics:overview")))

    assert list(found)[:5] == ["Overview", *(subject.title for subject in SUBJECTS)]
    assert found["Overview"].active
    assert [entry.title for entry in found.values() if entry.active] == ["Overview"]


def test_a_page_marks_its_subject_and_filters_travel_along(browser):
    address = reverse("analytics:kpi", args=("aging-by-payer",))
    query = "?period=30&sort=balance&page=2"

    found = menu(browser.get(address + query))

    assert [entry.title for entry in found.values() if entry.active] == ["Receivables"]
    assert found["Denials"].url == reverse("analytics:kpi", args=("initial-denial-rate",)) + (
        "?period=30"
    )


def test_what_belongs_to_one_list_does_not_travel(browser):
    address = reverse("analytics:kpi-claims", args=("aging",))

    found = menu(browser.get(f"{address}?row=0-30&part=claims&format=html"))

    assert found["Payments"].url == reverse("analytics:kpi", args=("net-collection",))


def test_strangers_see_no_menu(client):
    assert not client.get(reverse("login")).context.get("menu")
