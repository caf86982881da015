"""The one way an event changes a claim: entry, refusals, many claims at once, two at a time."""

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from billing import posting
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ClaimHistory,
    PatientPayment,
    ReasonCode,
    StatusChange,
    WriteOff,
)
from billing.posting import EnteredAdjustment
from billing.tests.builders import (
    appeal,
    closing,
    decision,
    make_claim,
    make_payer,
    patient_payment,
    write_off,
)

FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (2, 3, 4))


def adjusted(group: str, code: str, amount: str) -> EnteredAdjustment:
    return EnteredAdjustment(group, ReasonCode.objects.get(pk=code), Decimal(amount))


def denied_claim(**more: Any) -> Claim:
    return make_claim(decisions=[decision(on=FEBRUARY, denied="100.00", reason="197")], **more)


def standing(claim: Claim) -> tuple[str, str]:
    claim.refresh_from_db()
    return claim.status, f"{claim.balance:.2f}"


# One decision


@pytest.mark.django_db
def test_a_decision_is_judged_by_its_adjustments():
    claim = make_claim()
    decided = posting.record_adjudication(
        claim,
        decided_on=FEBRUARY,
        paid=Decimal(30),
        adjustments=[adjusted("CO", "197", "50"), adjusted("CO", "45", "15"),
                     adjusted("PR", "1", "5")],
    )  # fmt: skip

    assert (decided.outcome, decided.main_reason_id) == ("partially-denied", "197")
    assert (decided.denied_amount, decided.contractual, decided.patient_responsibility) == (
        Decimal(50),
        Decimal(15),
        Decimal(5),
    )
    assert decided.charge == claim.billed
    assert decided.adjustments.count() == 3
    assert standing(claim) == ("denied", "50.00")


@pytest.mark.django_db
@pytest.mark.parametrize(("is_capitated", "outcome"), [(True, "paid"), (False, "denied")])
def test_whether_the_payer_is_capitated_counts(is_capitated, outcome):
    make_payer("Capita Plan", is_capitated=is_capitated)
    claim = make_claim(payer="Capita Plan")

    decided = posting.record_adjudication(
        claim, decided_on=FEBRUARY, paid=Decimal(0), adjustments=[adjusted("CO", "24", "100")]
    )

    assert decided.outcome == outcome


@pytest.mark.django_db
def test_a_reason_that_nobody_has_classified_denies_what_is_not_paid():
    posting.add_unknown_reasons(["ZZ1"])
    claim = make_claim()

    decided = posting.record_adjudication(
        claim, decided_on=FEBRUARY, paid=Decimal(0), adjustments=[adjusted("CO", "ZZ1", "100")]
    )

    assert (decided.outcome, decided.denied_amount) == ("denied", Decimal(100))


@pytest.mark.django_db
@pytest.mark.parametrize(("paid", "amount"), [("-1", "5"), ("5", "-1")])
def test_negative_amounts_of_a_decision_are_refused(paid, amount):
    claim = make_claim()

    with pytest.raises(ValidationError, match="use a reversal"):
        posting.record_adjudication(
            claim,
            decided_on=FEBRUARY,
            paid=Decimal(paid),
            adjustments=[adjusted("CO", "45", amount)],
        )

    assert not Adjudication.objects.exists()


@pytest.mark.django_db
def test_a_reversal_undoes_a_decision_once():
    claim = make_claim()
    decided = posting.record_adjudication(
        claim, decided_on=FEBRUARY, paid=Decimal(0), adjustments=[adjusted("CO", "197", "100")]
    )
    with pytest.raises(ValidationError, match="before the decision"):
        posting.reverse_adjudication(decided, decided_on=date(2026, 1, 31))

    reversed_by = posting.reverse_adjudication(decided, decided_on=MARCH)

    assert (reversed_by.outcome, reversed_by.charge) == ("reversal", -claim.billed)
    assert standing(claim) == ("pending", "100.00")
    with pytest.raises(ValidationError, match="reversed already"):
        posting.reverse_adjudication(decided, decided_on=MARCH)


@pytest.mark.django_db
def test_a_reversal_names_its_decision_among_others_alike():
    claim = make_claim()
    first, second = (
        posting.record_adjudication(claim, decided_on=on, paid=Decimal(40))
        for on in (FEBRUARY, MARCH)
    )
    posting.reverse_adjudication(first, decided_on=APRIL)

    claim.refresh_from_db()
    assert claim.first_paid_on == second.decided_on


@pytest.mark.django_db
def test_a_decision_without_a_claim_cannot_be_reversed_here():
    orphan = Adjudication.objects.create(
        practice=make_claim().practice, decided_on=FEBRUARY, outcome="paid"
    )

    with pytest.raises(ValidationError, match="not linked to a claim"):
        posting.reverse_adjudication(orphan, decided_on=MARCH)


# Payments, write-offs, appeals, status, notes


@pytest.mark.django_db
def test_a_patient_may_pay_and_be_refunded_but_not_by_nothing():
    claim = make_claim()
    posting.record_patient_payment(claim, paid_on=FEBRUARY, amount=Decimal(20))
    posting.record_patient_payment(claim, paid_on=MARCH, amount=Decimal(-5))

    claim.refresh_from_db()
    assert claim.patient_paid == Decimal(15)
    with pytest.raises(ValidationError, match="says nothing"):
        posting.record_patient_payment(claim, paid_on=MARCH, amount=Decimal(0))


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["0", "-1", "100.01"])
def test_a_write_off_is_above_zero_and_within_the_balance(amount):
    claim = denied_claim()

    with pytest.raises(ValidationError):
        posting.write_off(
            claim, written_off_on=MARCH, amount=Decimal(amount), reason="x", for_denial=True
        )

    assert not WriteOff.objects.exists()


@pytest.mark.django_db
def test_a_write_off_of_the_whole_balance_closes_the_claim():
    claim = denied_claim()
    who = User.objects.create_user("ann")

    written = posting.write_off(
        claim, written_off_on=MARCH, amount=Decimal(100), reason="late", for_denial=True, who=who
    )

    assert written.who == who
    assert standing(claim) == ("closed", "0.00")


@pytest.mark.django_db
def test_a_stale_claim_does_not_deceive_the_check():
    stale = denied_claim()
    posting.write_off(stale, written_off_on=MARCH, amount=Decimal(60), reason="x", for_denial=True)

    assert stale.balance == Decimal(100)
    with pytest.raises(ValidationError, match=r"balance is 40\.00"):
        posting.write_off(
            stale, written_off_on=MARCH, amount=Decimal(60), reason="x", for_denial=True
        )


@pytest.mark.django_db
def test_one_appeal_is_open_at_a_time_and_only_of_a_denial():
    with pytest.raises(ValidationError, match="Only a denied claim"):
        posting.file_appeal(make_claim(), filed_on=MARCH)

    claim = denied_claim()
    filed = posting.file_appeal(claim, filed_on=MARCH)
    assert standing(claim) == ("appealed", "100.00")
    with pytest.raises(ValidationError, match="open already"):
        posting.file_appeal(claim, filed_on=APRIL)

    posting.end_appeal(filed, ended_on=APRIL, result="lost")
    posting.file_appeal(claim, filed_on=APRIL)
    assert claim.appeals.count() == 2


@pytest.mark.django_db
def test_an_appeal_ends_once_won_or_lost_and_not_before_it_was_filed():
    filed = posting.file_appeal(denied_claim(), filed_on=MARCH)

    with pytest.raises(ValidationError, match="before it was filed"):
        posting.end_appeal(filed, ended_on=FEBRUARY, result="won")
    for result in ("", "settled"):
        with pytest.raises(ValidationError, match="ends won or lost"):
            posting.end_appeal(filed, ended_on=APRIL, result=result)
    assert posting.end_appeal(filed, ended_on=APRIL, result="lost").result == "lost"
    with pytest.raises(ValidationError, match="ended already"):
        posting.end_appeal(filed, ended_on=APRIL, result="won")


@pytest.mark.django_db
def test_a_claim_is_closed_and_reopened_by_turns():
    claim = denied_claim()
    change = posting.change_status
    with pytest.raises(ValidationError, match="closed by hand can be opened"):
        change(claim, changed_on=MARCH, change="reopened", reason="x")

    change(claim, changed_on=MARCH, change="closed", reason="x")
    assert standing(claim) == ("closed", "0.00")
    with pytest.raises(ValidationError, match="closed by hand already"):
        change(claim, changed_on=MARCH, change="closed", reason="x")

    change(claim, changed_on=MARCH, change="reopened", reason="x")
    assert standing(claim) == ("denied", "100.00")


@pytest.mark.django_db
def test_a_note_needs_text():
    claim = make_claim()
    assert posting.add_note(claim, text="  Called. ").text == "Called."
    with pytest.raises(ValidationError, match="needs some text"):
        posting.add_note(claim, text=" \n ")


@pytest.mark.django_db
def test_unknown_reasons_are_entered_once_in_other():
    assert posting.add_unknown_reasons(["197", "ZZ2", "ZZ1", "ZZ2"]) == ["ZZ1", "ZZ2"]
    assert posting.add_unknown_reasons(["ZZ1"]) == []
    entered = ReasonCode.objects.get(pk="ZZ1")
    assert (entered.category_id, entered.is_denial, entered.is_unknown) == ("OTHER", True, True)
    assert not ReasonCode.objects.get(pk="197").is_unknown


# Many claims


@pytest.mark.django_db
def test_created_claims_are_what_their_events_give_when_read_again():
    claim = denied_claim(
        appeals=[appeal(filed=MARCH, ended=APRIL, result="lost")],
        write_offs=[write_off(on=APRIL, amount="10.00")],
        patient_payments=[patient_payment(on=MARCH, amount="5.00")],
        status_changes=[closing(on=date(2026, 5, 1))],
        procedures=["99213"],
        charge_entered_on=date(2026, 1, 9),
    )
    claim.refresh_from_db()
    derived = (*Claim.PROJECTED, "first_event_on", "last_event_on", "charge_lag_days")
    before = [getattr(claim, name) for name in derived]
    states = list(claim.history.order_by("begins_on").values("begins_on", "ends_on", "status"))

    Claim.objects.filter(pk=claim.pk).update(
        status="draft", balance=0, standing_denied=0, first_denied_on=None, last_event_on=None
    )
    Appeal.objects.update(counted_on=None)
    ClaimHistory.objects.all().delete()
    assert posting.refresh([claim.pk]) == 1

    claim.refresh_from_db()
    assert [getattr(claim, name) for name in derived] == before
    assert states == list(
        claim.history.order_by("begins_on").values("begins_on", "ends_on", "status")
    )
    assert claim.appeals.get().counted_on == APRIL


@pytest.mark.django_db
def test_a_second_refresh_changes_nothing(django_assert_max_num_queries):
    claims = [denied_claim().pk, make_claim().pk]

    with django_assert_max_num_queries(14):
        assert posting.refresh(claims) == 0
    assert posting.refresh([]) == 0
    assert posting.differing([]) == []


@pytest.mark.django_db
def test_refresh_takes_chunks(monkeypatch):
    monkeypatch.setattr("billing.mass_posting.CHUNK", 2)
    claims = [make_claim().pk for _ in range(5)]
    Claim.objects.update(balance=1)

    assert posting.refresh(claims) == 5
    assert set(Claim.objects.values_list("balance", flat=True)) == {Decimal(100)}


@pytest.mark.django_db
def test_a_claim_number_that_exists_creates_nothing_at_all():
    make_claim(number="A")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_claim(number="A", patient_payments=[patient_payment(on=MARCH, amount="1.00")])

    assert (Claim.objects.count(), PatientPayment.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_an_event_that_another_replaces_does_not_count():
    claim = make_claim(patient_payments=[patient_payment(on=FEBRUARY, amount="20.00")])
    wrong = claim.patient_payments.get()
    PatientPayment.objects.create(
        practice=claim.practice, claim=claim, paid_on=FEBRUARY, amount=Decimal(30),
        replaces=wrong, revision=1,
    )  # fmt: skip
    posting.refresh([claim.pk])

    claim.refresh_from_db()
    assert claim.patient_paid == Decimal(30)


# Two people at once


def at_once(*jobs: Callable[[], object]) -> list[Exception]:
    """Run the jobs in threads that start together; return what they raised."""
    ready, raised = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            ready.wait(timeout=10)
            job()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return raised


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_write_offs_at_once_never_exceed_the_balance():
    claim = denied_claim()

    def give_up() -> None:
        posting.write_off(
            claim, written_off_on=MARCH, amount=Decimal(60), reason="x", for_denial=True
        )

    raised = at_once(give_up, give_up)

    assert [type(error) for error in raised] == [ValidationError]
    assert standing(claim) == ("denied", "40.00")
    assert posting.differing([claim.pk]) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_different_events_at_once_are_all_counted():
    claim = denied_claim()
    raised = at_once(
        lambda: posting.record_patient_payment(claim, paid_on=MARCH, amount=Decimal(5)),
        lambda: posting.record_adjudication(claim, decided_on=MARCH, paid=Decimal(30)),
        lambda: posting.file_appeal(claim, filed_on=MARCH),
    )

    assert raised == []
    assert standing(claim) == ("appealed", "70.00")
    assert posting.differing([claim.pk]) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_of_two_appeals_at_once_is_refused():
    claim = denied_claim()

    def file() -> None:
        posting.file_appeal(claim, filed_on=MARCH)

    assert [type(error) for error in at_once(file, file)] == [ValidationError]
    assert claim.appeals.count() == 1


@pytest.mark.django_db
def test_nothing_is_left_of_an_event_that_fails_half_way(monkeypatch):
    claim = denied_claim()
    monkeypatch.setattr(posting, "refresh", lambda ids: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        posting.change_status(claim, changed_on=MARCH, change="closed", reason="x")
    with pytest.raises(ZeroDivisionError):
        posting.record_adjudication(
            claim, decided_on=MARCH, paid=Decimal(1), adjustments=[adjusted("CO", "45", "1")]
        )

    assert not StatusChange.objects.exists()
    assert (Adjudication.objects.count(), Adjustment.objects.count()) == (1, 1)
