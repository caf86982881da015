"""Who is told the patient's name in the admin, and that the trail says so."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from billing.models import Encounter, ImportBatch, ImportRejection, Patient
from billing.tests.builders import make_claim, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def encounter() -> Encounter:
    """An encounter of Ines Reyes, record number MRN-1, with claim C1."""
    encounter = make_claim(number="C1", procedures=["99213"]).encounter
    assert encounter
    Patient.objects.update(record_number="MRN-1")
    encounter.refresh_from_db()
    return encounter


def views() -> list[LogEntry]:
    return list(LogEntry.objects.filter(action=LogEntry.Action.ACCESS).order_by("pk"))


def test_each_page_of_a_patient_is_one_entry(biller, bill, encounter):
    patient = encounter.patient
    for page in ("change", "history"):
        biller.get(reverse(f"admin:billing_patient_{page}", args=[patient.pk]))
    biller.get(reverse("admin:billing_encounter_change", args=[encounter.pk]))

    assert [(e.actor, e.object_pk) for e in views()] == [(bill, str(patient.pk))] * 3


def test_lists_and_searches_are_one_entry_without_the_term(biller, encounter):
    biller.get(reverse("admin:billing_patient_changelist"), {"q": "Reyes"})
    biller.get(reverse("admin:billing_encounter_changelist"))
    biller.get(reverse("admin:billing_claim_changelist"), {"q": "Reyes"})
    biller.get(reverse("admin:billing_claim_changelist"))

    listed, encounters, searched = views()
    assert listed.object_repr == "Patients in the admin"
    assert listed.additional_data == {"found": 1, "filters": {"q": "hidden"}}
    assert encounters.object_repr == "Encounters in the admin"
    assert searched.object_repr == "Claims in the admin"


def test_patients_offered_while_typing_are_one_entry(biller, encounter):
    address = {"app_label": "billing", "model_name": "encounter", "field_name": "patient"}
    found = biller.get(reverse("admin:autocomplete"), {"term": "Rey", **address}).json()

    assert len(found["results"]) == 1
    assert [e.object_repr for e in views()] == ["Patients offered while typing"]
    assert "Rey" not in str(views()[0].additional_data)


def test_a_rejected_line_is_one_entry(biller):
    batch = ImportBatch.objects.create(
        practice=make_practice(), file_name="a.csv", sha256="1", kind="claims"
    )
    row = ImportRejection.objects.create(batch=batch, line=7, reason="No date.", raw="Reyes;")
    biller.get(reverse("admin:billing_importrejection_change", args=[row.pk]))

    assert [e.object_repr for e in views()] == ["Rejected line 7 of a.csv"]


def test_a_manager_sees_encounters_and_claims_without_the_person(manager, encounter):
    for address in (
        reverse("admin:billing_encounter_changelist"),
        reverse("admin:billing_encounter_change", args=[encounter.pk]),
        reverse("admin:billing_claim_changelist"),
    ):
        response = manager.get(address)
        assert response.status_code == 200
        assert "Reyes" not in response.content.decode()
    assert views() == []


@pytest.mark.parametrize("name", ["encounter", "claim"])
def test_a_manager_learns_no_name_by_searching(name, manager, encounter):
    page = manager.get(reverse(f"admin:billing_{name}_changelist"), {"q": "Reyes"})

    assert page.context["cl"].result_count == 0
