"""Records inserted in bulk are those that Django would write."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing import postgresql_copy
from billing.bulk_insert import Maker, insert, store
from billing.choices import ClaimStatus
from billing.models import (
    Adjudication,
    AdjudicationLine,
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


@pytest.mark.parametrize("fewest", [1, 1_000], ids=["copied", "upserted"])
def test_both_ways_change_the_same_columns_and_no_others(fewest, monkeypatch):
    claims = [new_claim(f"C{n}", payer_control_number="as it was") for n in range(3)]
    insert(claims)
    monkeypatch.setattr(postgresql_copy, "FEWEST", fewest)
    for _ in range(2):  # twice in one transaction
        for claim in claims[:2]:
            claim.balance += Decimal("0.01")
            claim.main_reason_id, claim.closed_on = "16", date(2026, 2, 3)
            claim.first_reduced, claim.status = True, ClaimStatus.DENIED
            claim.payer_control_number = "not to be written"
        wanted = ("balance", "main_reason_id", "closed_on", "first_reduced")
        store(claims[:2], wanted)

    changed = (Decimal("90.02"), "16", date(2026, 2, 3), True)
    untouched = (Decimal("90"), None, None, None)
    found = Claim.objects.order_by("number").values_list(*wanted)
    assert list(found) == [changed, changed, untouched]
    rest = Claim.objects.values_list("status", "payer_control_number")
    assert set(rest) == {("pending", "as it was")}
    claims[0].balance = Decimal(-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        store(claims[:1], ("balance",))


def test_made_records_are_those_of_the_constructor():
    claim = make_claim(number="C1")
    given = {"decided_on": date(2026, 2, 1), "paid": Decimal("3.10"), "outcome": "paid"}
    plain = Adjudication(practice_id=claim.practice_id, claim=claim, **given)
    make = Maker(Adjudication)
    made = make({"claim": claim}, practice_id=claim.practice_id, **given)
    line = Maker(AdjudicationLine)({"adjudication": made, "procedure": None}, charge=1, paid=1)
    Adjudication.objects.bulk_create([plain])
    insert([made])
    insert([line])

    when = {"recorded_at": None}
    assert values(made) | when == values(plain) | when
    assert (made.claim, line.adjudication_id) == (claim, made.pk)
    assert make({}).__dict__.keys() == Adjudication().__dict__.keys()


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
