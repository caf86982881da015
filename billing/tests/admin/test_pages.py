"""Every list and form opens, in few queries, and only for those who may."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse

from billing import posting
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Claim,
    ClaimHistory,
    DepartmentRule,
    ImportBatch,
    ImportRejection,
    Patient,
    PracticeAccess,
    ProviderAdjustment,
    Submission,
)
from billing.tests.builders import (
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_activity,
    make_claim,
    make_remittance,
    patient_payment,
    write_off,
)

MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "billing"),
    key=lambda model: model.__name__,
)
FOR_THE_TEAM = [model for model in MODELS if model.__name__ != "PracticeAccess"]
NAMING_PATIENTS = (Patient, ImportRejection)  # closed to managers
ADDED_BY_BILLERS = {
    "Adjudication",
    "Appeal",
    "Claim",
    "Encounter",
    "Note",
    "Patient",
    "PatientPayment",
    "StatusChange",
    "WriteOff",
}
NEVER_ADDED = {"ImportBatch", "ImportRejection", "Remittance", "StaffActivity"}


def address(model, page: str, *args) -> str:
    return reverse(f"admin:billing_{model._meta.model_name}_{page}", args=args)


def make_everything(position: int) -> Claim:
    """A claim with an event of every kind, a batch with a rejection, and an activity."""
    name = f"{position:03}"
    remittance = make_remittance(f"EFT{name}", digest=name)
    ProviderAdjustment.objects.create(remittance=remittance, reason="WO", amount=1)
    claim = make_claim(
        number=f"C{name}",
        payer=f"Payer {name}",
        department=f"Department {name}",
        provider=f"Dr. {name}",
        assignee=f"Person {name}",
        procedures=["99213", f"X{name}"],
        decisions=[
            decision(
                on=date(2026, 2, 1), denied="60.00", paid="40.00", reason="197",
                remittance=remittance,
            )
        ],
        patient_payments=[patient_payment(on=date(2026, 2, 5), amount="5.00")],
        contractual_adjustments=[contractual_adjustment(on=date(2026, 2, 5), amount="1.00")],
        write_offs=[write_off(on=date(2026, 3, 1), amount="10.00")],
        appeals=[appeal(filed=date(2026, 2, 20))],
        status_changes=[closing(on=date(2026, 3, 2))],
    )  # fmt: skip
    posting.add_note(claim, text=f"Note {name}")
    Submission.objects.create(
        claim=claim, submitted_on=date(2026, 1, 7), file_name="a.837", file_sha256=name,
        position=1, claim_number=claim.number, charge=100,
    )  # fmt: skip
    AdjudicationLine.objects.create(
        adjudication=claim.adjudications.get(), charge=100, paid=40, procedure_id="99213"
    )
    assert claim.department is not None
    DepartmentRule.objects.create(
        practice=claim.practice, department=claim.department, provider_npi=name
    )
    batch = ImportBatch.objects.create(
        practice=claim.practice, file_name=f"{name}.csv", sha256=name, kind="claims"
    )
    ImportRejection.objects.create(batch=batch, line=1, reason="No date.", raw="x")
    make_activity(claim=claim, staff=f"Person {name}")
    return claim


def test_every_model_but_the_derived_and_the_nested_is_registered():
    names = {model.__name__ for model in MODELS}

    assert "ClaimHistory" not in names
    assert names == {
        "Adjudication", "Appeal", "Claim", "Department", "DepartmentRule", "Encounter",
        "ImportBatch",
        "ImportRejection", "Note", "Patient", "PatientPayment", "Payer", "Practice",
        "PracticeAccess", "ProcedureCode", "Provider", "ReasonCategory", "ReasonCode",
        "Remittance", "Staff", "StaffActivity", "StatusChange", "WriteOff",
    }  # fmt: skip


@pytest.mark.parametrize("claims", [0, 1, 12])
@pytest.mark.parametrize("model", FOR_THE_TEAM, ids=lambda model: model.__name__)
def test_a_list_opens_in_few_queries_however_many_rows(
    model, claims, biller, django_assert_max_num_queries
):
    for position in range(claims):
        make_everything(position)

    with django_assert_max_num_queries(14):
        page = biller.get(address(model, "changelist"))

    assert page.status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_form_opens_for_those_who_may_add(model, admin_client, biller, manager):
    url = address(model, "add")

    assert admin_client.get(url).status_code == (403 if model.__name__ in NEVER_ADDED else 200)
    may_add = model.__name__ in ADDED_BY_BILLERS
    assert biller.get(url).status_code == (200 if may_add else 403)
    assert manager.get(url).status_code == 403


@pytest.mark.parametrize("model", FOR_THE_TEAM, ids=lambda model: model.__name__)
def test_a_record_opens_for_the_team_and_saves_for_no_manager(model, admin_client, biller, manager):
    make_everything(1)
    row = model._default_manager.first()
    url = address(model, "change", row.pk)

    assert admin_client.get(url).status_code == 200
    assert biller.get(url).status_code == 200
    assert manager.get(url).status_code == (403 if model in NAMING_PATIENTS else 200)
    assert manager.post(url, {}).status_code == 403
    assert manager.post(address(model, "delete", row.pk)).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_stranger_is_refused(model, stranger, client):
    for page in ("changelist", "add"):
        assert stranger.get(address(model, page)).status_code == 403
        assert client.get(address(model, page)).status_code == 302


def test_a_claim_opens_in_a_fixed_number_of_queries(biller, django_assert_max_num_queries):
    claim = make_everything(1)
    for day in range(1, 9):
        posting.record_adjudication(claim, decided_on=date(2026, 5, day), paid=Decimal(1))
        posting.add_note(claim, text="Again.")

    with django_assert_max_num_queries(36):
        page = biller.get(address(Claim, "change", claim.pk))

    for shown in ("Note 001", "10.00", "a.837", "Partially denied", "EFT001"):
        assert shown in page.content.decode()


def test_the_claim_page_shows_events_without_inputs(biller):
    claim = make_everything(1)
    page = biller.get(address(Claim, "change", claim.pk)).content.decode()

    for prefix in ("adjudications", "write_offs", "appeals", "notes", "submissions"):
        assert f'name="{prefix}-0-' not in page or f'name="{prefix}-0-id"' in page
        assert f'name="{prefix}-0-amount"' not in page
    assert 'name="lines-0-charge"' in page
    assert 'name="balance"' not in page


def test_the_claim_page_offers_entry_to_billers_only(biller, manager):
    claim = make_everything(1)
    offer = f'href="{address(Adjudication, "add")}?claim={claim.pk}"'
    url = address(Claim, "change", claim.pk)

    assert offer in biller.get(url).content.decode()
    assert offer not in manager.get(url).content.decode()


@pytest.mark.parametrize(
    "page",
    ["changelist", "add", "change"],
)
def test_no_inline_script_or_style_breaks_the_content_security_policy(page, admin_client):
    claim = make_everything(1)
    for model in (Claim, Adjudication):
        row = claim if model is Claim else claim.adjudications.get()
        shown = admin_client.get(address(model, page, *([row.pk] if page == "change" else [])))
        text = shown.content.decode()
        assert "<style" not in text
        assert ' style="' not in text
        assert " onclick=" not in text
        assert "<script>" not in text
        assert "script-src 'self'" in shown.headers["Content-Security-Policy"]


def test_the_history_of_states_is_not_shown():
    assert not admin.site.is_registered(ClaimHistory)


def test_the_batch_leads_to_its_rejections(admin_client):
    make_everything(1)
    make_everything(2)
    batch = ImportBatch.objects.get(file_name="001.csv")
    url = f"{address(ImportRejection, 'changelist')}?batch__id__exact={batch.pk}"

    assert url in admin_client.get(address(ImportBatch, "change", batch.pk)).content.decode()
    assert "1 import rejection" in " ".join(admin_client.get(url).content.decode().split())


def test_only_administrators_say_who_sees_which_practice(admin_client, biller, manager):
    row = PracticeAccess.objects.first()
    assert row
    for url in (address(PracticeAccess, "changelist"), address(PracticeAccess, "change", row.pk)):
        assert admin_client.get(url).status_code == 200
        assert biller.get(url).status_code == 403
        assert manager.get(url).status_code == 403
