"""A biller of one practice sees and touches nothing of another."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from billing.models import Claim, PracticeAccess
from billing.tests.builders import appeal, decision, make_claim, make_department, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def biller_of_harbor(biller: Client, bill: User) -> Client:
    """The browser of a biller who works for Harbor Clinic alone."""
    access = PracticeAccess.objects.get(user=bill)
    access.all_practices = False
    access.save()
    access.practices.set([make_practice("Harbor Clinic")])
    return biller


def claim_of(practice: str) -> Claim:
    return make_claim(
        number=f"AB-{practice}",
        practice=practice,
        department=f"Department of {practice}",
        assignee=f"Person of {practice}",
        procedures=["99213"],
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10))],
    )


@pytest.mark.parametrize(
    "name",
    ["claim", "adjudication", "appeal", "patient", "encounter", "department", "staff", "practice"],
)
def test_lists_hold_the_own_practice_only(name, biller_of_harbor):
    claim_of("Harbor Clinic")
    claim_of("Hill Clinic")
    page = biller_of_harbor.get(reverse(f"admin:billing_{name}_changelist"))

    assert page.context["cl"].result_count == 1
    assert "Hill Clinic" not in page.content.decode()


def test_search_and_offers_hold_the_own_practice_only(biller_of_harbor):
    claim_of("Harbor Clinic")
    claim_of("Hill Clinic")
    page = biller_of_harbor.get(reverse("admin:billing_claim_changelist"), {"q": "AB-"})
    assert [str(c) for c in page.context["cl"].result_list] == ["AB-Harbor Clinic"]

    offered = biller_of_harbor.get(
        reverse("admin:autocomplete"),
        {"term": "", "app_label": "billing", "model_name": "appeal", "field_name": "claim"},
    )
    assert [row["text"] for row in offered.json()["results"]] == ["AB-Harbor Clinic"]


def test_records_of_another_practice_do_not_open(biller_of_harbor):
    claim = claim_of("Hill Clinic")
    for url in (
        reverse("admin:billing_claim_change", args=[claim.pk]),
        reverse("admin:billing_claim_history", args=[claim.pk]),
        reverse("admin:billing_appeal_change", args=[claim.appeals.get().pk]),
    ):
        assert biller_of_harbor.get(url).status_code == 302
    for url in (
        reverse("admin:billing_appeal_end", args=[claim.appeals.get().pk]),
        reverse("admin:billing_adjudication_reverse", args=[claim.adjudications.get().pk]),
    ):
        assert biller_of_harbor.post(url, {"decided_on": "2026-03-01"}).status_code == 404


def test_events_of_another_practices_claim_are_refused(biller_of_harbor):
    claim = claim_of("Hill Clinic")
    response = biller_of_harbor.post(
        reverse("admin:billing_note_add"), {"claim": claim.pk, "text": "Not mine."}
    )

    assert "Select a valid choice" in response.content.decode()
    assert not claim.notes.exists()


def test_a_claim_cannot_be_moved_into_another_practice(biller_of_harbor):
    make_department("Oncology", practice="Hill Clinic")
    response = biller_of_harbor.post(
        reverse("admin:billing_claim_add"), {"practice": make_practice("Hill Clinic").pk}
    )

    assert "Select a valid choice" in response.content.decode()


def test_without_an_entry_a_biller_sees_nothing(biller, bill):
    claim_of("Harbor Clinic")
    PracticeAccess.objects.all().delete()

    page = biller.get(reverse("admin:billing_claim_changelist"))
    assert page.context["cl"].result_count == 0
