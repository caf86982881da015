"""`manage.py dump_records`: the same records are the same text, whatever keys they got."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from billing import posting
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Claim,
    PatientPayment,
    Payer,
    PayerIdentifier,
    ProviderAdjustment,
    ReasonCode,
)
from billing.record_dump import dump
from billing.tests.builders import (
    appeal,
    closing,
    decision,
    make_activity,
    make_claim,
    make_department,
    make_practice,
    make_remittance,
    patient_payment,
    reopening,
    write_off,
)

pytestmark = pytest.mark.django_db


def records(kind: str) -> list[dict[str, Any]]:
    return [r for r in map(json.loads, dump()) if r["record"] == kind]


def first_claim() -> Claim:
    return make_claim(
        number="A",
        decisions=[
            decision(on=date(2026, 2, 1), denied="100.00", reason="197", charge="100.00"),
            decision(on=date(2026, 3, 1), paid="60.00", contractual="40.00"),
        ],
        patient_payments=[patient_payment(on=date(2026, 3, 5), amount="5.00")],
        appeals=[appeal(filed=date(2026, 2, 10), ended=date(2026, 3, 1), result="won")],
        status_changes=[closing(on=date(2026, 4, 1)), reopening(on=date(2026, 4, 2))],
        procedures=["99213", "93000"],
        charge_entered_on=date(2026, 1, 6),
        assignee="Ann Lowe",
    )


def second_claim() -> Claim:
    return make_claim(
        number="B",
        payer="Cigna",
        decisions=[decision(on=date(2026, 2, 1), denied="30.00", paid="70.00", reason="50")],
        write_offs=[write_off(on=date(2026, 3, 9), amount="30.00", for_denial=True)],
    )


def test_the_command_prints_what_dump_gives():
    first_claim()
    out = StringIO()
    call_command("dump_records", stdout=out)

    assert out.getvalue().splitlines() == list(dump())


def test_the_order_of_entry_does_not_matter():
    texts = []
    for makers in ((first_claim, second_claim), (second_claim, first_claim)):
        with transaction.atomic():
            for make in makers:
                make()
            for claim in Claim.objects.order_by("number"):
                posting.add_note(claim, text="Called.")
                make_activity(claim=claim)
            texts.append(list(dump()))
            transaction.set_rollback(True)

    assert texts[0] == texts[1]


def test_records_without_a_key_of_their_own_are_ordered_by_their_text():
    claim = first_claim()
    texts = []
    for amounts in ("1.00", "2.00"), ("2.00", "1.00"):
        with transaction.atomic():
            for amount in amounts:
                PatientPayment.objects.create(
                    practice=claim.practice,
                    claim=claim,
                    paid_on=date(2026, 5, 1),
                    amount=Decimal(amount),
                )
                Adjudication.objects.create(
                    practice=claim.practice,
                    decided_on=date(2026, 5, 1),
                    paid=Decimal(amount),
                    outcome="paid",
                )
            texts.append(list(dump()))
            transaction.set_rollback(True)

    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda: Payer.objects.filter(name="Aetna").update(kind="medicare"),
        lambda: Adjudication.objects.filter(paid=60).update(paid="60.01"),
        lambda: Adjustment.objects.filter(reason="197").update(reason="50"),
        lambda: Claim.objects.filter(number="A").update(balance="0.01", status="denied"),
        lambda: ReasonCode.objects.filter(code="197").update(is_denial=False),
        lambda: make_department("Oncology"),
    ],
)
def test_any_difference_shows(change):
    first_claim()
    before = list(dump())
    change()

    assert list(dump()) != before


def test_made_up_keys_and_load_times_are_left_out():
    claim = first_claim()
    posting.add_note(claim, text="Called.")
    text = "\n".join(dump())

    for name in ("id", "recorded_at", "written_at"):
        assert f'"{name}":' not in text
    assert claim.encounter
    assert str(claim.encounter.pk) not in text


def test_a_claim_holds_its_lines_and_events():
    first_claim()
    [claim] = records("claim")

    assert claim["payer"] == "Aetna"
    assert claim["encounter"] == "E-A"
    assert claim["billed"] == "100.00"
    assert [line["procedure"] for line in claim["lines"]] == ["99213", "93000"] or [
        line["procedure"] for line in claim["lines"]
    ] == ["93000", "99213"]
    denial, payment = sorted(claim["adjudications"], key=lambda a: a["decided_on"])
    assert [a["reason"] for a in denial["adjustments"]] == ["197"]
    assert payment["paid"] == "60.00"
    assert "claim" not in payment
    assert claim["appeals"][0]["result"] == "won"


def test_a_reversal_names_what_it_reverses():
    claim = first_claim()
    denial = claim.adjudications.get(main_reason="197")
    posting.reverse_adjudication(denial, decided_on=date(2026, 4, 1))

    reversals = [a for a in records("claim")[0]["adjudications"] if a["outcome"] == "reversal"]
    assert reversals[0]["reverses"][0] == "2026-02-01"


def test_adjustments_of_a_line_stand_in_the_line_only():
    claim = first_claim()
    decided = claim.adjudications.get(main_reason="197")
    line = AdjudicationLine.objects.create(
        adjudication=decided, claim_line=claim.lines.first(), charge=Decimal(50), paid=Decimal(0)
    )
    Adjustment.objects.create(
        adjudication=decided, line=line, group="CO", reason_id="50", amount=Decimal(50)
    )

    denial = next(a for a in records("claim")[0]["adjudications"] if a["main_reason"] == "197")
    assert [a["reason"] for a in denial["adjustments"]] == ["197"]
    assert [a["reason"] for a in denial["lines"][0]["adjustments"]] == ["50"]
    assert denial["lines"][0]["claim_line"] == 1


def test_decisions_without_a_claim_and_remittances_are_listed():
    remittance = make_remittance("EFT9", amount="10.00")
    ProviderAdjustment.objects.create(remittance=remittance, reason="WO", amount=Decimal(-10))
    Adjudication.objects.create(
        practice=remittance.practice,
        remittance=remittance,
        decided_on=date(2026, 2, 1),
        paid=Decimal(10),
        outcome="paid",
    )

    assert records("remittance")[0]["provider_adjustments"] == [
        {"amount": "-10.00", "reason": "WO", "reference": ""}
    ]
    assert records("adjudication without a claim")[0]["remittance"] == "EFT9"


def test_a_payer_says_which_practice_knows_it_by_which_code():
    claim = first_claim()
    for practice, code in (("Harbor Clinic", "P1"), ("Hill Clinic", "P1")):
        PayerIdentifier.objects.create(
            practice=make_practice(practice), code=code, payer=claim.payer
        )

    identifiers = records("payer")[0]["identifiers"]
    assert [i["practice"] for i in identifiers] == ["Harbor Clinic", "Hill Clinic"]


def test_the_number_of_queries_does_not_grow_with_the_records(django_assert_max_num_queries):
    for position in range(30):
        make_claim(
            number=f"N{position:02}",
            decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
            procedures=["99213"],
            assignee="Ann Lowe",
        )
        make_activity(claim=Claim.objects.latest("pk"))
    with django_assert_max_num_queries(40):
        list(dump())
