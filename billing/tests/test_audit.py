"""The audit trail: what is recorded of views and changes, and what never gets into it."""

from datetime import date
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType

from billing import audit, posting
from billing.choices import StaffRole
from billing.demo.seeding import seed_practice
from billing.models import Claim, Encounter, Note, Patient, Payer, Staff
from billing.tests.builders import (
    make_claim,
    make_patient,
    make_payer,
    make_practice,
    make_staff,
)

pytestmark = pytest.mark.django_db
Action = LogEntry.Action


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", email="ann@harbor.example")


@pytest.fixture
def patient() -> Patient:
    return make_patient("Reyes", "Ines")


def entries(**filters) -> list[LogEntry]:
    return list(LogEntry.objects.filter(**filters).order_by("pk"))


def everything_written() -> str:
    return " ".join(
        f"{e.object_repr} {e.changes} {e.additional_data} {e.serialized_data}" for e in entries()
    )


# Views


def test_a_view_of_a_patient_is_one_entry_with_actor_and_record_number(ann, patient):
    audit.viewed(ann, patient)

    [entry] = entries(action=Action.ACCESS)
    assert entry.actor == ann
    assert entry.actor_email == "ann@harbor.example"
    assert entry.object_pk == str(patient.pk)
    assert entry.object_repr == patient.record_number
    assert entry.additional_data == {"practice": patient.practice_id}
    assert entry.timestamp is not None


def test_a_list_is_one_entry_whose_typed_filters_are_masked(ann):
    audit.viewed_list(
        ann,
        "Claims",
        found=25,
        filters={"q": "Miller", "status": "denied", "payer": "", "x": "Ann"},
    )

    [entry] = entries(action=Action.ACCESS)
    assert entry.object_repr == "Claims"
    assert entry.additional_data == {
        "found": 25,
        "filters": {"q": "hidden", "status": "denied", "x": "hidden"},
    }


def test_a_list_with_absurd_filters_is_cut_short(ann):
    many = {f"f{n}": "x" for n in range(5_000)} | {"status": "s" * 9_000}
    audit.viewed_list(ann, "Claims", found=0, filters={"status": "s" * 9_000, **many})

    [entry] = entries(action=Action.ACCESS)
    assert len(str(entry.additional_data)) < 2_000


def test_nobody_is_the_actor_of_what_a_stranger_sees(patient):
    audit.viewed(AnonymousUser(), patient)

    assert entries(action=Action.ACCESS)[0].actor is None


# Changes, one by one


def test_names_and_birth_dates_never_reach_the_trail(ann, patient):
    key = str(patient.pk)
    patient.birth_date = date(1957, 3, 9)
    patient.last_name = "Quintero"
    patient.save()
    patient.delete()

    created, updated, deleted = entries(object_pk=key)
    assert [e.action for e in (created, updated, deleted)] == [0, 1, 2]
    assert set(updated.changes) == {"birth_date", "last_name"}
    written = everything_written().replace(patient.record_number, "")
    assert all(word not in written for word in ("Reyes", "Ines", "Quintero", "1957"))


def test_a_change_says_what_was_and_what_is(ann):
    payer = make_payer("Aetna")
    with audit.acting(ann, "192.0.2.7"):
        payer.name = "Aetna Health"
        payer.save()

    [entry] = entries(action=Action.UPDATE)
    assert entry.changes == {"name": ["Aetna", "Aetna Health"]}
    assert (entry.actor, entry.remote_addr) == (ann, "192.0.2.7")


def test_saving_without_a_change_records_nothing(ann):
    make_payer("Aetna").save()

    assert entries(action=Action.UPDATE) == []


def test_who_acts_is_forgotten_afterwards(ann):
    with audit.acting(ann, "192.0.2.7"):
        pass
    make_payer("Cigna")

    assert (entries()[-1].actor, entries()[-1].remote_addr) == (None, None)


def test_an_event_that_a_person_enters_is_recorded_and_its_projection_is_not(ann):
    claim = make_claim(number="C1", billed="100.00")
    with audit.acting(ann, None):
        posting.record_patient_payment(claim, paid_on=date(2026, 2, 1), amount=Decimal("10.00"))

    payment = entries(content_type__model="patientpayment")[-1]
    assert payment.actor == ann
    assert payment.changes["amount"] == [None, "10.00"]
    assert payment.additional_data == {"practice": claim.practice_id}
    assert entries(content_type__model="claim") == []


def test_the_text_of_a_note_stays_in_the_note(ann):
    posting.add_note(make_claim(number="C1"), text="Mrs. Reyes called", who=ann)

    [entry] = entries(content_type__model="note")
    assert entry.changes["text"] == ["hidden", "hidden"]


def test_a_password_change_is_recorded_without_the_password(ann):
    ann.set_password("a long walk by the sea")
    ann.save()

    entry = entries(content_type__model="user")[-1]
    assert entry.changes == {"password": ["hidden", "hidden"]}


def test_a_log_in_changes_nothing_worth_an_entry(ann, client):
    before = len(entries())
    client.force_login(ann)

    assert len(entries()) == before


# Changes, many at once


def test_a_bulk_change_is_one_entry_a_row_in_few_queries(ann, django_assert_num_queries):
    bea = make_staff("Bea", role=StaffRole.BILLER)
    claims = [make_claim(number=f"C{n}") for n in range(30)]
    Claim.objects.filter(pk=claims[0].pk).update(assignee=bea)
    stored = list(Claim.objects.order_by("pk"))
    ContentType.objects.get_for_model(Claim)  # asked for once in the life of a process

    with django_assert_num_queries(1):
        audit.changed_in_bulk(ann, stored, {"assignee": bea})

    written = entries(content_type__model="claim", action=Action.UPDATE)
    assert [e.object_repr for e in written] == [f"C{n}" for n in range(1, 30)]
    assert written[0].changes == {"assignee": [None, bea.pk]}
    assert {e.actor for e in written} == {ann}
    assert {e.additional_data["practice"] for e in written} == {stored[0].practice_id}


def test_a_bulk_change_of_names_is_masked(ann, patient):
    audit.changed_in_bulk(ann, [patient], {"last_name": "Quintero"})

    assert entries(action=Action.UPDATE)[0].changes == {"last_name": ["hidden", "hidden"]}
    assert "Quintero" not in everything_written()


def test_rows_created_in_bulk_are_one_entry_each(ann):
    claim = make_claim(number="C1")
    notes = Note.objects.bulk_create(
        Note(claim=claim, text=text, who=ann) for text in ("Called", "Called again")
    )
    audit.created_in_bulk(ann, notes)

    written = entries(content_type__model="note")
    assert [e.action for e in written] == [Action.CREATE, Action.CREATE]
    assert written[0].changes["claim"] == [None, claim.pk]
    assert "Called" not in everything_written()
    assert written[0].additional_data == {"practice": claim.practice_id}


# What stays out


def test_a_bulk_load_does_not_flood_the_trail():
    make_practice()
    before = len(entries())
    Patient.objects.bulk_create(
        Patient(practice=make_practice(), record_number=f"P{n}") for n in range(50)
    )

    assert len(entries()) == before


def test_demo_data_leaves_no_entry():
    seed_practice(claims=30, seed=1, today=date(2026, 6, 30))

    assert Claim.objects.count() == 30
    assert entries() == []


def test_what_is_untracked_is_tracked_again_afterwards():
    with audit.untracked():
        make_payer("Aetna")
    make_payer("Cigna")

    assert [e.object_repr for e in entries()] == ["Cigna"]


@pytest.mark.parametrize("model", [Patient, Encounter, Claim, Payer, Staff, User])
def test_the_records_that_people_change_are_tracked(model):
    from auditlog.registry import auditlog

    assert auditlog.contains(model)
