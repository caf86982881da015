"""Posting for many claims: corrections, withdrawals, and denials that follow the stated status."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import (
    Adjudication,
    Adjustment,
    Claim,
    Encounter,
    LineItem,
    PatientPayment,
    ProcedureCode,
)
from billing.posting import (
    NewClaim,
    correct,
    create_claims,
    differing,
    is_withdrawal,
    post_events,
    restate_denials,
    withdrawal,
)
from billing.tests.builders import decision, make_claim, make_patient, make_payer, make_practice

pytestmark = pytest.mark.django_db
FEBRUARY = date(2026, 2, 1)


def patient_payment(claim: Claim, amount: str, key: str = "payments:1") -> PatientPayment:
    return PatientPayment(
        practice=claim.practice,
        claim=claim,
        source_key=key,
        paid_on=FEBRUARY,
        amount=Decimal(amount),
    )


def test_events_are_added_and_their_claims_projected():
    claim = make_claim(number="C1", billed="100.00")

    assert post_events([patient_payment(claim, "20.00")]) == 1

    claim.refresh_from_db()
    assert claim.patient_paid == 20


def test_a_correction_that_moves_an_event_changes_both_claims():
    first, second = make_claim(number="C1"), make_claim(number="C2")
    stored = patient_payment(first, "20.00")
    post_events([stored])

    moved = correct(stored, patient_payment(second, "25.00", key=""))
    assert post_events([moved]) == 2

    assert [moved.source_key, moved.revision] == ["payments:1", 1]
    paid = dict(Claim.objects.values_list("number", "patient_paid"))
    assert paid == {"C1": 0, "C2": 25}


def test_a_withdrawn_decision_leaves_an_undecided_claim():
    claim = make_claim(number="C1", decisions=[decision(on=FEBRUARY, paid="80.00")])
    stored = claim.adjudications.get()

    event = withdrawal(stored)
    post_events([event])

    claim.refresh_from_db()
    assert (claim.status, claim.first_decided_on) == ("pending", None)
    assert is_withdrawal(event)
    assert not is_withdrawal(stored)


def test_stated_denials_follow_the_status_and_keep_their_reasons():
    claim = make_claim(
        number="C1",
        decisions=[decision(on=FEBRUARY, denied="40.00", reason="197", stated=True)],
    )
    Claim.objects.update(stated_status="partially-paid")

    assert restate_denials([claim.pk]) == 1
    assert restate_denials([claim.pk]) == 0

    current = Adjudication.objects.get(replaced_by__isnull=True)
    assert (current.outcome, current.revision) == ("partially-denied", 1)
    assert Adjustment.objects.get(adjudication=current).reason_id == "197"


def test_a_new_claim_knows_when_its_charges_were_entered():
    patient = make_patient()
    encounter = Encounter.objects.create(practice=patient.practice, number="E1", patient=patient)
    LineItem.objects.create(
        practice=encounter.practice,
        encounter=encounter,
        number="L1",
        procedure=ProcedureCode.objects.get_or_create(code="99213")[0],
        charge=Decimal(1),
        entered_on=date(2026, 1, 9),
    )
    claim = Claim(
        practice=make_practice(),
        payer=make_payer(),
        number="C1",
        encounter=encounter,
        service_date=date(2026, 1, 5),
        billed=Decimal(1),
        expected=Decimal(1),
    )
    create_claims([NewClaim(claim)])

    assert claim.charge_lag_days == 4
    assert differing([claim.pk]) == []
