"""Claims and encounters in the admin: entry, correction, search, lists, deletion."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import posting
from billing.admin.paging import BoundedPaginator
from billing.models import Claim, Encounter, LineItem, ProcedureCode, ReasonCode
from billing.tests.builders import (
    decision,
    make_claim,
    make_department,
    make_patient,
    make_payer,
    make_practice,
    make_staff,
)

pytestmark = pytest.mark.django_db

ADD = "admin:billing_claim_add"
LIST = "admin:billing_claim_changelist"
NO_ROWS = {  # what the form says of its lists of lines and events
    f"{name}-{count}_FORMS": "0"
    for name in (
        "lines",
        "adjudications",
        "patient_payments",
        "contractual_adjustments",
        "write_offs",
        "appeals",
        "status_changes",
        "notes",
        "submissions",
    )
    for count in ("TOTAL", "INITIAL")
}


def facts(claim: Claim, **changed: Any) -> dict[str, Any]:
    """What the form of an existing claim sends."""
    data = {
        "practice": claim.practice_id,
        "number": claim.number,
        "payer": claim.payer_id,
        "department": claim.department_id or "",
        "provider": claim.provider_id or "",
        "service_date": claim.service_date or "",
        "submitted_on": claim.submitted_on or "",
        "frequency": claim.frequency,
        "billed": claim.billed,
        "expected": "" if claim.expected_assumed else claim.expected,
        **NO_ROWS,
    }
    return {**data, **changed}


def correct(client, claim: Claim, **changed: Any):
    url = reverse("admin:billing_claim_change", args=[claim.pk])
    return client.post(url, facts(claim, **changed))


def test_a_new_claim_is_pending_with_its_balance(biller):
    ProcedureCode.objects.create(code="99213")
    response = biller.post(
        reverse(ADD),
        {
            "practice": make_practice().pk,
            "number": "N1",
            "payer": make_payer().pk,
            "service_date": "2026-01-05",
            "submitted_on": "2026-01-07",
            "frequency": "original",
            "billed": "150.00",
            "expected": "90.00",
            "lines-TOTAL_FORMS": "1",
            "lines-INITIAL_FORMS": "0",
            "lines-0-position": "1",
            "lines-0-procedure": "99213",
            "lines-0-units": "1",
            "lines-0-charge": "150.00",
        },
    )

    assert response.status_code == 302
    claim = Claim.objects.get()
    assert (claim.status, claim.balance) == ("pending", Decimal("90.00"))
    assert (claim.expected_assumed, claim.submission_lag_days) == (False, 2)
    assert claim.lines.get().procedure_id == "99213"


def test_a_new_claim_that_was_not_sent_is_a_draft(biller):
    claim = make_claim()
    biller.post(reverse(ADD), facts(claim, number="N2", submitted_on=""))

    assert Claim.objects.get(number="N2").status == "draft"


def test_an_expected_amount_left_empty_is_assumed_and_follows_the_billed_amount(biller):
    claim = make_claim()

    correct(biller, claim, billed="250.00")

    claim.refresh_from_db()
    assert (claim.expected, claim.expected_assumed) == (Decimal("250.00"), True)
    assert claim.balance == Decimal("250.00")


def test_a_corrected_date_is_projected(biller):
    claim = make_claim(decisions=[decision(on=date(2026, 2, 1), paid="100.00")])

    correct(biller, claim, submitted_on="2026-01-22")

    claim.refresh_from_db()
    assert (claim.days_to_pay, claim.submission_lag_days) == (10, 17)
    assert posting.differing([claim.pk]) == []


def test_a_correction_does_not_undo_an_event_that_came_meanwhile(biller):
    """The form was opened on a pending claim; before it is saved the payer's decision comes in."""
    claim = make_claim()
    data = facts(claim, payer_control_number="ICN1")
    posting.record_adjudication(claim, decided_on=date(2026, 2, 1), paid=Decimal(100))
    biller.post(reverse("admin:billing_claim_change", args=[claim.pk]), data)

    claim.refresh_from_db()
    assert (claim.status, claim.payer_control_number) == ("paid", "ICN1")


def test_derived_columns_cannot_be_sent(biller):
    claim = make_claim()

    correct(biller, claim, status="paid", balance="0.00", paid="100.00")

    claim.refresh_from_db()
    assert (claim.status, claim.balance, claim.paid) == ("pending", Decimal(100), Decimal(0))


def test_parties_of_another_practice_are_refused(biller):
    claim = make_claim()
    other = make_department("Oncology", practice="Hill Clinic")

    response = correct(biller, claim, department=other.pk)

    assert "This belongs to Hill Clinic, not to Harbor Clinic." in response.content.decode()


def test_the_same_number_twice_is_refused(biller):
    claim = make_claim(number="A")
    make_claim(number="B")

    response = correct(biller, claim, number="B")

    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_a_manager_corrects_nothing(manager):
    claim = make_claim()

    assert correct(manager, claim, billed="1.00").status_code == 403
    claim.refresh_from_db()
    assert claim.billed == Decimal("100.00")


# Deletion


def test_a_claim_with_events_cannot_be_deleted_and_the_page_says_why(admin_client):
    claim = make_claim(decisions=[decision(on=date(2026, 2, 1), paid="100.00")])
    url = reverse("admin:billing_claim_delete", args=[claim.pk])

    page = admin_client.get(url).content.decode()
    assert "protected related objects" in " ".join(page.split())
    admin_client.post(url, {"post": "yes"})
    assert Claim.objects.filter(pk=claim.pk).exists()


def test_a_claim_entered_by_mistake_can_be_deleted_by_an_administrator_only(admin_client, biller):
    claim = make_claim()
    url = reverse("admin:billing_claim_delete", args=[claim.pk])

    assert biller.post(url, {"post": "yes"}).status_code == 403
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert not Claim.objects.exists()


# Search and lists


def found(client, page: str, term: str) -> set[str]:
    response = client.get(reverse(page), {"q": term})
    assert response.status_code == 200
    return {str(row) for row in response.context["cl"].result_list}


def test_claims_are_found_by_the_beginning_of_number_record_number_and_last_name(biller):
    make_claim(number="AB100", procedures=["99213"])
    make_claim(number="AB200")
    make_claim(number="XY300", practice="Hill Clinic")

    assert found(biller, LIST, "AB") == {"AB100", "AB200"}
    assert found(biller, LIST, "ab1") == {"AB100"}
    assert found(biller, LIST, "B100") == set()
    assert found(biller, LIST, "XY300") == {"XY300"}
    assert found(biller, LIST, "reyes") == {"AB100"}
    assert found(biller, LIST, "MRN-Rey") == {"AB100"}
    assert found(biller, LIST, "") == {"AB100", "AB200", "XY300"}


@pytest.mark.parametrize("term", ["%", "_", "'", '"', "\x00", "x" * 2000, "\U0010ffff", "ß", "  "])
def test_a_strange_search_does_no_harm(term, biller):
    make_claim(number="AB100")

    assert found(biller, LIST, term) <= {"AB100"}


def test_events_are_found_by_claim_number(biller):
    make_claim(number="AB1", decisions=[decision(on=date(2026, 2, 1), paid="100.00")])
    make_claim(number="CD1", decisions=[decision(on=date(2026, 2, 2), paid="100.00")])

    assert found(biller, "admin:billing_adjudication_changelist", "CD") == {"Paid on 2026-02-02"}


def test_patients_and_encounters_are_found(biller):
    make_claim(number="AB1", procedures=["99213"])
    make_patient("Ostrowski", "Jan")

    assert found(biller, "admin:billing_patient_changelist", "ostr") == {"Ostrowski, Jan"}
    assert found(biller, "admin:billing_encounter_changelist", "Reyes") == {"E-AB1"}


def test_claims_are_offered_while_typing(biller):
    make_claim(number="AB1")
    make_claim(number="CD1")
    offered = biller.get(
        reverse("admin:autocomplete"),
        {"term": "CD", "app_label": "billing", "model_name": "adjudication", "field_name": "claim"},
    )

    assert [row["text"] for row in offered.json()["results"]] == ["CD1"]


@pytest.mark.parametrize(
    "query",
    [
        {"status__exact": "denied"},
        {"first_outcome__exact": "denied"},
        {"submitted_on__gte": "2026-01-01", "submitted_on__lt": "2026-02-01"},
        {"payer__id__exact": "1"},
        {"department__id__exact": "1"},
        {"practice__id__exact": "1"},
        {"o": "1"},
        {"p": "0"},
        {"all": ""},
    ],
)
def test_filters_and_orders_work(query, biller):
    make_claim(number="A", decisions=[decision(on=date(2026, 2, 1), denied="9.00", reason="197")])

    assert biller.get(reverse(LIST), query).status_code == 200


def test_unknown_reason_codes_can_be_listed(biller):
    ReasonCode.objects.create(code="ZZ9", category_id="OTHER", is_unknown=True)
    page = biller.get(reverse("admin:billing_reasoncode_changelist"), {"is_unknown__exact": "1"})

    assert [str(code) for code in page.context["cl"].result_list] == ["ZZ9"]


def test_no_list_counts_all_claims(biller):
    make_claim()
    with CaptureQueriesContext(connection) as queries:
        biller.get(reverse(LIST))

    counts = [q["sql"] for q in queries if "COUNT(" in q["sql"].upper()]
    assert len(counts) == 1
    assert "LIMIT 1001" in counts[0]


def test_the_paginator_offers_the_first_thousand_and_says_that_there_are_more(monkeypatch):
    monkeypatch.setattr("billing.admin.paging.COUNTED", 3)
    for number in "ABCD":
        make_claim(number=number)
    claims = Claim.objects.order_by("number")

    paginator = BoundedPaginator(claims, 2)
    assert (paginator.count, paginator.num_pages, paginator.has_more) == (3, 2, True)
    assert [c.number for c in paginator.page(1)] == ["A", "B"]
    assert [c.number for c in paginator.page(2)] == ["C"]

    few = BoundedPaginator(claims.filter(number__lte="C"), 2)
    assert (few.count, few.has_more) == (3, False)
    assert BoundedPaginator(claims.none(), 2).count == 0
    assert BoundedPaginator(["a", "b"], 2).count == 2


def test_a_list_of_more_than_it_offers_says_so(biller, monkeypatch):
    monkeypatch.setattr("billing.admin.paging.COUNTED", 2)
    for number in "ABC":
        make_claim(number=number)

    page = " ".join(biller.get(reverse(LIST)).content.decode().split())
    assert "The first 2 claims; search or filter to reach the others" in page


# Encounters


def test_charges_entered_later_change_the_lag_of_the_claim(biller):
    claim = make_claim(procedures=["99213"], charge_entered_on=date(2026, 1, 6))
    assert claim.encounter
    item = claim.encounter.line_items.get()

    response = biller.post(
        reverse("admin:billing_encounter_change", args=[claim.encounter.pk]),
        {
            "practice": claim.practice_id,
            "number": claim.encounter.number,
            "patient": claim.encounter.patient_id,
            "date": "2026-01-05",
            "line_items-TOTAL_FORMS": "2",
            "line_items-INITIAL_FORMS": "1",
            "line_items-0-id": item.pk,
            "line_items-0-encounter": claim.encounter.pk,
            "line_items-0-number": item.number,
            "line_items-0-procedure": "99213",
            "line_items-0-units": "1",
            "line_items-0-charge": "60.00",
            "line_items-0-entered_on": "2026-01-06",
            "line_items-1-encounter": claim.encounter.pk,
            "line_items-1-procedure": "99213",
            "line_items-1-units": "1",
            "line_items-1-charge": "40.00",
            "line_items-1-entered_on": "2026-01-19",
        },
    )

    assert response.status_code == 302
    claim.refresh_from_db()
    assert claim.charge_lag_days == 14
    assert {i.practice_id for i in LineItem.objects.all()} == {claim.practice_id}


def test_an_encounter_of_another_practices_patient_is_refused(biller):
    patient = make_patient(practice="Hill Clinic")
    response = biller.post(
        reverse("admin:billing_encounter_add"),
        {
            "practice": make_practice().pk,
            "patient": patient.pk,
            "date": "2026-01-05",
            "line_items-TOTAL_FORMS": "0",
            "line_items-INITIAL_FORMS": "0",
        },
    )

    assert "This belongs to Hill Clinic" in response.content.decode()
    assert not Encounter.objects.exists()


def test_the_assignee_is_entered(biller):
    claim = make_claim()
    correct(biller, claim, assignee=make_staff("Ann Lowe").pk)

    claim.refresh_from_db()
    assert str(claim.assignee) == "Ann Lowe"
