"""Records inserted in bulk are those that Django would write."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError

from billing import postgresql_copy
from billing.bulk_insert import insert
from billing.choices import ClaimStatus
from billing.models import (
    Claim,
    Department,
    Encounter,
    Patient,
    Payer,
    Practice,
    ReasonCategory,
    ReasonCode,
    Staff,
    StaffActivity,
    Submission,
)
from billing.tests.builders import make_claim, make_patient, make_payer, make_practice

pytestmark = pytest.mark.django_db


def values(record) -> dict:
    return {k: v for k, v in type(record).objects.values().get(pk=record.pk).items() if k != "id"}


def new_claim(number: str, **more) -> Claim:
    return Claim(
        practice=make_practice(),
        payer=make_payer(),
        number=number,
        billed=Decimal("100.10"),
        expected=Decimal("90"),
        status=ClaimStatus.PENDING,
        balance=Decimal("90"),
        submitted_on=date(2026, 1, 7),
        **more,
    )


def test_a_row_is_what_django_writes():
    by_django, by_us = new_claim("C1"), new_claim("C2")
    Claim.objects.bulk_create([by_django])
    insert([by_us])

    assert values(by_us) | {"number": ""} == values(by_django) | {"number": ""}
    assert by_us.pk is not None
    assert not by_us._state.adding
    by_us.save()
    assert Claim.objects.count() == 2


def test_every_record_gets_its_own_key_across_batches():
    claims = [new_claim(f"K{n:04}") for n in range(120)]
    insert(claims)

    stored = dict(Claim.objects.values_list("number", "pk"))
    assert {claim.number: claim.pk for claim in claims} == stored


@pytest.mark.parametrize("fewest", [1, 1_000], ids=["copied", "inserted"])
def test_both_ways_write_the_same_rows(fewest, monkeypatch):
    monkeypatch.setattr(postgresql_copy, "FEWEST", fewest)
    names = ["plain", "a tab\tand a \\N", "two\nlines", "', \"; --", "Überé 中"]
    claims = [new_claim(f"C{n}", payer_control_number=text) for n, text in enumerate(names)]
    insert(claims)
    sent = Submission(
        claim=claims[0], submitted_on=date(2026, 1, 7), position=1, claim_number="C0", charge=1,
        other_payers=[{"name": "O'Neil \\ Sons", "paid": "1.00"}], diagnoses="",
    )  # fmt: skip
    insert([sent])

    stored = Claim.objects.order_by("pk").values_list("pk", "payer_control_number", "billed")
    assert list(stored) == [(c.pk, text, c.billed) for c, text in zip(claims, names, strict=True)]
    assert Submission.objects.get().other_payers == sent.other_payers
    with pytest.raises(IntegrityError):
        insert([new_claim("C1")])


def test_moments_flags_and_uuids_are_kept():
    patient = Patient(practice=make_practice(), record_number="M1", birth_date=date(1980, 2, 3))
    insert([patient])
    staff = Staff.objects.create(practice=make_practice(), code="a", name="Ann")
    moment = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
    activity = StaffActivity(
        practice=make_practice(), staff=staff, action="submitted", is_error=True, occurred_at=moment
    )
    insert([activity])

    assert Patient.objects.get().pk == patient.pk
    found = StaffActivity.objects.get()
    assert (found.occurred_at, found.is_error, found.claim_id) == (moment, True, None)


def test_relations_that_were_saved_later_are_followed():
    practice = Practice(name="New")
    department = Department(practice=practice, name="Cardiology")
    practice.save()
    insert([department])

    assert department.practice_id == practice.pk
    assert Department.objects.get().practice == practice


def test_an_unsaved_relation_is_refused():
    with pytest.raises(ValueError, match="payer is not saved yet"):
        insert([Claim(practice=make_practice(), payer=Payer(name="X"), number="1", billed=1)])


def test_text_keys_are_kept():
    category = ReasonCategory.objects.get(pk="OTHER")
    insert([ReasonCode(code="ZZ1", category=category)])

    assert ReasonCode.objects.get(pk="ZZ1").category == category


def test_a_number_that_exists_is_an_integrity_error():
    make_claim(number="C1")
    with pytest.raises(IntegrityError):
        insert([new_claim("C1")])


def test_nothing_is_inserted_for_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([])


def test_an_encounter_takes_its_patient():
    patient = make_patient()
    insert([Encounter(practice=make_practice(), number="E1", patient=patient)])

    assert Encounter.objects.get().patient == patient
