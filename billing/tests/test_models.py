"""Every rule that the database holds refuses what breaks it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ClaimHistory,
    ClaimLine,
    ContractualAdjustment,
    Department,
    Encounter,
    LineItem,
    Patient,
    PatientPayment,
    Payer,
    PayerIdentifier,
    Practice,
    ProcedureCode,
    Provider,
    Remittance,
    Staff,
    StaffActivity,
    Submission,
    WriteOff,
)
from billing.tests.builders import (
    decision,
    make_claim,
    make_department,
    make_patient,
    make_payer,
    make_practice,
    make_provider,
    make_staff,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 2, 1)


def refused(action: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


# What exists once


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Department, {"name": "Radiology"}),
        (Provider, {"code": "P1", "name": "Dr. Ada Moss"}),
        (Staff, {"code": "S1", "name": "Ann Lowe"}),
        (Patient, {"record_number": "M1"}),
        (Encounter, {"number": "E1", "patient": "patient"}),
        (PayerIdentifier, {"code": "A", "payer": "payer"}),
        (Claim, {"number": "C1", "payer": "payer", "billed": 1, "expected": 1}),
        (Remittance, {"digest": "d", "payer": "payer", "trace_number": "1", "amount": 1,
                      "paid_on": DAY}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_key_exists_once_in_a_practice_and_again_in_another(model, values):
    def create(practice: str) -> None:
        made = {"patient": make_patient(practice=practice), "payer": make_payer()}
        filled = {
            name: made.get(value, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        model._default_manager.create(practice=make_practice(practice), **filled)

    create("Harbor Clinic")
    create("Hill Clinic")
    refused(lambda: create("Harbor Clinic"))


@pytest.mark.parametrize("model", [Practice, Payer])
def test_a_practice_and_a_payer_are_known_by_name(model):
    model._default_manager.create(name="Once")
    refused(lambda: model._default_manager.create(name="Once"))


def test_records_without_a_number_may_be_many():
    practice, patient = make_practice(), make_patient()
    encounters = [Encounter.objects.create(practice=practice, patient=patient) for _ in range(2)]
    for encounter in encounters:
        LineItem.objects.create(
            practice=practice, encounter=encounter, charge=1, procedure=procedure()
        )


def procedure() -> ProcedureCode:
    return ProcedureCode.objects.get_or_create(code="99213")[0]


def test_a_line_item_number_exists_once():
    claim = make_claim(procedures=["99213"])
    item = LineItem.objects.get()
    item.pk = None
    refused(lambda: item.save(force_insert=True))
    assert claim.encounter


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Adjudication, {"decided_on": DAY, "outcome": "paid"}),
        (PatientPayment, {"paid_on": DAY, "amount": 1}),
        (ContractualAdjustment, {"adjusted_on": DAY, "amount": 1}),
        (WriteOff, {"written_off_on": DAY, "amount": 1, "reason": "x"}),
        (Appeal, {"filed_on": DAY}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_row_of_a_source_is_posted_once_per_revision(model, values):
    claim = make_claim()

    def create(**more: Any) -> None:
        model._default_manager.create(practice=claim.practice, claim=claim, **values, **more)

    create(source_key="payments:1")
    create(source_key="payments:1", revision=1)
    create(source_key="payments:2")
    create()
    create()
    refused(lambda: create(source_key="payments:1"))


def test_an_event_is_replaced_once():
    claim = make_claim()
    first = PatientPayment.objects.create(
        practice=claim.practice, claim=claim, paid_on=DAY, amount=Decimal(1)
    )

    def replace() -> None:
        PatientPayment.objects.create(
            practice=claim.practice, claim=claim, paid_on=DAY, amount=Decimal(2), replaces=first
        )

    replace()
    refused(replace)


def test_an_activity_of_a_source_exists_once():
    staff = make_staff()

    def create(key: str) -> None:
        StaffActivity.objects.create(
            practice=staff.practice, staff=staff, action="other", source_key=key,
            occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    for key in ("activity:1", "", ""):
        create(key)
    refused(lambda: create("activity:1"))


def test_a_position_of_a_claim_exists_once():
    claim = make_claim()
    ClaimLine.objects.create(claim=claim, position=1, charge=1)
    ClaimLine.objects.create(claim=claim, position=2, charge=1)
    refused(lambda: ClaimLine.objects.create(claim=claim, position=1, charge=1))


def test_a_place_in_a_file_is_submitted_once():
    claim = make_claim()

    def submit(position: int) -> None:
        Submission.objects.create(
            claim=claim, submitted_on=DAY, file_name="a.837", file_sha256="s",
            transaction_set="0001", position=position, claim_number="C1", charge=1,
        )  # fmt: skip

    submit(1)
    submit(2)
    refused(lambda: submit(1))


# Amounts and dates


@pytest.mark.parametrize(
    "values",
    [
        {"billed": Decimal("-0.01")},
        {"expected": Decimal("-0.01")},
        {"balance": Decimal("-0.01")},
        {"standing_denied": Decimal("-0.01")},
        {"status": "paid", "balance": Decimal("0.01")},
        {"status": "closed", "balance": Decimal("0.01")},
        {"status": "draft", "balance": Decimal("0.01")},
    ],
    ids=str,
)
def test_a_claim_never_holds_what_cannot_be(values):
    claims = Claim.objects.filter(pk=make_claim().pk)

    refused(lambda: claims.update(**values))


@pytest.mark.parametrize("status", ["pending", "denied", "appealed"])
def test_an_open_claim_may_have_a_balance_or_none(status):
    claims = Claim.objects.filter(pk=make_claim().pk)

    claims.update(status=status, balance=Decimal("0.01"))
    claims.update(status=status, balance=0)


def test_a_claim_does_not_replace_itself():
    claim = make_claim()
    refused(lambda: Claim.objects.filter(pk=claim.pk).update(replaces=claim.pk))
    Claim.objects.filter(pk=claim.pk).update(replaces=make_claim().pk)


def test_a_past_state_has_days_and_begins_once():
    claim = make_claim()

    def keep(begins_on: date, ends_on: date) -> None:
        ClaimHistory.objects.create(claim=claim, begins_on=begins_on, ends_on=ends_on)

    keep(DAY, date(2026, 2, 2))
    refused(lambda: keep(DAY, date(2026, 2, 3)))
    refused(lambda: keep(date(2026, 3, 1), date(2026, 3, 1)))
    refused(lambda: keep(date(2026, 3, 2), date(2026, 3, 1)))


def test_a_past_state_holds_from_its_first_day_to_the_day_before_its_end():
    state = ClaimHistory(begins_on=DAY, ends_on=date(2026, 2, 3))

    assert [state.holds(date(2026, 2, day)) for day in (1, 2, 3)] == [True, True, False]
    assert not state.holds(date(2026, 1, 31))


@pytest.mark.parametrize(
    "values", [{"units": 0}, {"units": Decimal(-1)}, {"charge": Decimal("-0.01")}], ids=str
)
def test_a_line_item_has_positive_units_and_no_negative_charge(values):
    make_claim(procedures=["99213"])

    refused(lambda: LineItem.objects.update(**values))


def test_a_denied_amount_is_never_negative():
    make_claim(decisions=[decision(on=DAY, paid="1.00")])
    refused(lambda: Adjudication.objects.update(denied_amount=Decimal("-0.01")))


def test_an_appeal_ends_with_a_result_and_not_before_it_was_filed():
    claim = make_claim()

    def file(**more: Any) -> None:
        Appeal.objects.create(practice=claim.practice, claim=claim, filed_on=DAY, **more)

    file(ended_on=DAY, result="won")
    file(result="lost")
    refused(lambda: file(ended_on=date(2026, 1, 31), result="won"))
    refused(lambda: file(ended_on=DAY))


# What holds together


def test_a_claim_with_events_is_protected_and_so_is_what_it_points_at():
    claim = make_claim(
        decisions=[decision(on=DAY, paid="1.00")], procedures=["99213"], assignee="Ann Lowe"
    )
    assert claim.provider
    assert claim.encounter
    for record in (
        claim,
        claim.practice,
        claim.payer,
        claim.provider,
        claim.encounter,
        claim.encounter.patient,
        make_department(),
        procedure(),
    ):
        with pytest.raises(ProtectedError):
            record.delete()


def test_a_person_who_leaves_leaves_their_claims():
    claim = make_claim(assignee="Ann Lowe")
    make_staff("Ann Lowe").delete()

    claim.refresh_from_db()
    assert claim.assignee is None


def test_text_is_ordered_byte_by_byte_on_every_database():
    for name in ("beta", "Alpha", "alpha", "Zulu", "Ärzte", "_x"):
        make_provider(name)

    names = list(Provider.objects.order_by("name").values_list("name", flat=True))
    assert names == ["Alpha", "Zulu", "_x", "alpha", "beta", "Ärzte"]


def test_records_say_what_they_are():
    claim = make_claim(
        number="C1",
        procedures=["99213"],
        decisions=[decision(on=DAY, denied="100.00", reason="197")],
    )
    decided = claim.adjudications.get()

    assert str(claim) == "C1"
    assert str(decided) == "Denied on 2026-02-01"
    assert str(decided.adjustments.get()) == "CO-197 100.00"
    assert str(claim.encounter) == "E-C1"
    assert str(make_patient()) == "Reyes, Ines"
    assert str(Patient(record_number="M1")) == "M1"
    assert str(claim.lines.get()) == "line 1"
