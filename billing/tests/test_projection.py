"""What a claim's events give, by hand (KPIS, "Words")."""

from datetime import date
from itertools import permutations

import pytest

from billing.choices import Outcome
from billing.models import Claim, ClaimHistory
from billing.posting import differing
from billing.tests.builders import (
    Decision,
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_claim,
    make_remittance,
    patient_payment,
    reopening,
    reversal,
    write_off,
)

pytestmark = pytest.mark.django_db

FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in (2, 3, 4, 5))


def denied(on: date = FEBRUARY, amount: str = "100.00", **more) -> Decision:
    return decision(on=on, denied=amount, reason="197", **more)


def paid(on: date = FEBRUARY, amount: str = "100.00", **more) -> Decision:
    return decision(on=on, paid=amount, **more)


def money(claim: Claim, *names: str) -> tuple[str, ...]:
    return tuple(f"{getattr(claim, name):.2f}" for name in names)


# Before any decision


@pytest.mark.parametrize(
    ("facts", "status", "balance"),
    [
        ({}, "pending", "80.00"),
        ({"submitted_on": None}, "draft", "0.00"),
        ({"frequency": "void"}, "closed", "0.00"),
        ({"frequency": "replacement"}, "pending", "80.00"),
    ],
)
def test_an_undecided_claim_owes_what_is_expected_once_it_is_sent(facts, status, balance):
    claim = make_claim(expected="80.00", **facts)

    assert (claim.status, *money(claim, "balance")) == (status, balance)
    assert (claim.first_event_on, claim.last_event_on) == (None, None)


def test_a_claim_never_seen_being_sent_is_no_draft_once_it_is_decided():
    claim = make_claim(submitted_on=None, decisions=[paid()])

    assert (claim.status, claim.days_to_pay, claim.days_to_decision) == ("paid", None, None)


def test_a_write_off_before_the_decision_lowers_the_balance():
    claim = make_claim(write_offs=[write_off(on=FEBRUARY, amount="30.00")])

    assert (claim.status, *money(claim, "balance", "written_off")) == ("pending", "70.00", "30.00")


# The first decision


def test_the_earliest_decision_is_the_first():
    claim = make_claim(decisions=[paid(MARCH), denied(FEBRUARY)])

    assert (claim.first_decided_on, claim.first_outcome) == (FEBRUARY, Outcome.DENIED)
    assert claim.first_paid_on == MARCH


@pytest.mark.parametrize("outcome", ["pended", "forwarded", "predetermination"])
def test_what_decides_nothing_is_not_the_first_decision(outcome):
    claim = make_claim(decisions=[decision(on=FEBRUARY, outcome=outcome), paid(MARCH)])

    assert (claim.first_decided_on, claim.first_outcome) == (MARCH, Outcome.PAID)
    undecided = make_claim(decisions=[decision(on=FEBRUARY, outcome=outcome)])
    assert (undecided.status, undecided.first_decided_on) == ("pending", None)
    assert money(undecided, "balance") == ("100.00",)


def test_on_one_day_a_denial_comes_first_then_the_lower_remittance():
    low, high = make_remittance("EFT1", digest="a"), make_remittance("EFT2", digest="b")

    for order in permutations([paid(remittance=low, amount="40.00"), denied(remittance=high)]):
        claim = make_claim(decisions=order)
        assert claim.first_outcome == Outcome.DENIED
    for pair in permutations([("50", high), ("197", low)]):
        claim = make_claim(
            decisions=[decision(on=FEBRUARY, denied="9.00", reason=r, remittance=m)
                       for r, m in pair]
        )  # fmt: skip
        assert claim.main_reason_id == "197"


def test_a_stated_denial_is_the_first_decision_although_a_payment_is_dated_earlier():
    claim = make_claim(decisions=[paid(FEBRUARY, "60.00"), denied(MARCH, stated=True)])

    assert (claim.first_decided_on, claim.first_outcome) == (MARCH, Outcome.DENIED)
    assert (claim.first_denied_on, claim.first_paid_on) == (MARCH, FEBRUARY)
    assert claim.overturned_on is None


def test_the_first_denial_is_kept_apart_from_the_first_decision():
    claim = make_claim(decisions=[paid(FEBRUARY, "40.00"), denied(MARCH, "60.00")])

    assert (claim.first_outcome, claim.first_denied_on) == (Outcome.PAID, MARCH)
    assert (claim.main_group, claim.main_reason_id) == ("CO", "197")
    assert money(claim, "first_denied_amount") == ("60.00",)


# Reversals


def test_a_reversed_decision_never_was_in_whatever_order_the_two_come():
    wrong = paid(MARCH, "100.00", charge="100.00")
    for on in (FEBRUARY, MARCH, APRIL):
        claim = make_claim(decisions=[reversal(on=on, of=wrong), wrong])
        assert (claim.status, claim.first_decided_on) == ("pending", None)
        assert money(claim, "paid", "balance") == ("0.00", "100.00")
        wrong = paid(MARCH, "100.00", charge="100.00")


def test_a_reversal_cancels_one_decision_of_two_alike():
    first, second = paid(FEBRUARY, charge="100.00"), paid(MARCH, charge="100.00")
    claim = make_claim(decisions=[first, second, reversal(on=APRIL, of=first)])

    assert money(claim, "paid") == ("100.00",)


def test_a_reversal_prefers_the_decision_of_its_control_number():
    first = denied(FEBRUARY, charge="100.00", control_number="A")
    second = denied(MARCH, charge="100.00", control_number="B")
    claim = make_claim(decisions=[first, second, reversal(on=APRIL, of=second, control_number="B")])

    assert claim.first_denied_on == FEBRUARY


def test_a_reversal_of_nothing_that_is_known_changes_nothing():
    claim = make_claim(decisions=[paid(amount="60.00"), reversal(on=MARCH, of=paid(amount="5.00"))])

    assert (claim.status, *money(claim, "paid")) == ("paid", "60.00")


def test_a_corrected_payment_takes_the_place_of_the_reversed_denial():
    wrong = denied(FEBRUARY, charge="100.00")
    claim = make_claim(decisions=[wrong, reversal(on=MARCH, of=wrong), paid(APRIL)])

    assert (claim.first_outcome, claim.first_denied_on) == (Outcome.PAID, None)


# Denied money


def test_denied_money_stands_until_it_is_paid_moved_reduced_or_written_off():
    claim = make_claim(
        decisions=[
            denied(FEBRUARY, "100.00"),
            decision(on=MARCH, paid="30.00", patient="20.00", contractual="10.00"),
        ],
        write_offs=[write_off(on=APRIL, amount="15.00")],
    )

    assert money(claim, "standing_denied", "balance") == ("40.00", "25.00")
    assert (claim.status, claim.overturned_on) == ("denied", MARCH)


def test_a_payment_before_the_denial_does_not_lower_it():
    claim = make_claim(decisions=[paid(FEBRUARY, "40.00"), denied(MARCH, "60.00")])

    assert money(claim, "standing_denied") == ("60.00",)


def test_standing_denied_never_falls_below_zero():
    claim = make_claim(decisions=[denied(FEBRUARY, "50.00"), paid(MARCH, "80.00")])

    assert money(claim, "standing_denied", "balance") == ("0.00", "0.00")
    assert claim.status == "paid"


def test_patient_payments_and_outside_adjustments_do_not_lower_denied_money():
    claim = make_claim(
        decisions=[denied()],
        patient_payments=[patient_payment(on=MARCH, amount="20.00")],
        contractual_adjustments=[contractual_adjustment(on=MARCH, amount="10.00")],
    )

    assert money(claim, "standing_denied", "patient_paid", "contractual") == (
        "100.00",
        "20.00",
        "10.00",
    )


def test_a_duplicate_closes_the_claim_and_never_stands():
    claim = make_claim(
        decisions=[decision(on=FEBRUARY, denied="100.00", reason="18", outcome="duplicate")]
    )

    assert (claim.status, claim.closed_on) == ("closed", FEBRUARY)
    assert money(claim, "standing_denied", "balance") == ("0.00", "0.00")
    assert (claim.main_reason_id, claim.first_denied_on) == ("18", None)


def test_a_duplicate_beside_a_payment_does_not_close_the_claim():
    claim = make_claim(
        decisions=[
            paid(),
            decision(on=MARCH, denied="100.00", reason="18", outcome="duplicate"),
        ]
    )

    assert claim.status == "paid"


def test_of_a_denial_the_part_that_is_a_duplicate_never_stands():
    claim = make_claim(
        decisions=[decision(on=FEBRUARY, denied="100.00", duplicate="30.00", reason="16")]
    )

    assert (claim.status, claim.first_denied_amount) == ("denied", 100)
    assert money(claim, "standing_denied", "balance") == ("70.00", "70.00")


def test_a_duplicate_at_a_paid_claim_leaves_nothing_to_collect():
    claim = make_claim(decisions=[decision(on=FEBRUARY, paid="70.00", denied="30.00", reason="18")])

    assert (claim.status, claim.first_outcome) == ("paid", "partially-denied")
    assert money(claim, "standing_denied", "balance") == ("0.00", "0.00")


# Appeals


def test_an_open_appeal_shows_and_keeps_the_balance():
    claim = make_claim(decisions=[denied()], appeals=[appeal(filed=MARCH)])

    assert (claim.status, *money(claim, "balance")) == ("appealed", "100.00")


def test_an_appeal_won_ends_on_its_first_payment_and_settles_what_was_denied():
    claim = make_claim(
        decisions=[denied(), paid(MAY, "60.00")],
        appeals=[appeal(filed=MARCH, ended=APRIL, result="won")],
    )

    assert claim.appeals.get().counted_on == MAY
    assert (claim.status, *money(claim, "standing_denied")) == ("paid", "0.00")
    assert claim.overturned_on == MAY


def test_a_payment_before_the_filing_does_not_end_an_appeal_but_settles_it():
    claim = make_claim(
        decisions=[paid(FEBRUARY, "40.00"), denied(FEBRUARY, "60.00")],
        appeals=[appeal(filed=MARCH, ended=APRIL, result="won")],
    )

    assert claim.appeals.get().counted_on == APRIL
    assert money(claim, "standing_denied") == ("0.00",)


def test_an_appeal_won_without_any_payment_leaves_the_denial_standing():
    claim = make_claim(
        decisions=[denied()], appeals=[appeal(filed=MARCH, ended=APRIL, result="won")]
    )

    assert (claim.status, *money(claim, "standing_denied")) == ("denied", "100.00")


def test_an_appeal_lost_leaves_the_denial_standing():
    claim = make_claim(
        decisions=[denied(), paid(MAY, "10.00")],
        appeals=[appeal(filed=MARCH, ended=APRIL, result="lost")],
    )

    assert claim.appeals.get().counted_on == APRIL
    assert (claim.status, *money(claim, "standing_denied")) == ("denied", "90.00")


def test_an_end_without_a_date_counts_on_the_day_of_filing_and_is_marked():
    claim = make_claim(decisions=[denied()], appeals=[appeal(filed=MARCH, result="lost")])

    ended = claim.appeals.get()
    assert (ended.counted_on, ended.counted_on_assumed) == (MARCH, True)
    assert claim.status == "denied"


# Status


@pytest.mark.parametrize("submitted_on", [date(2026, 1, 7), None])
def test_a_claim_written_off_in_full_is_closed(submitted_on):
    claim = make_claim(
        submitted_on=submitted_on,
        decisions=[denied()],
        write_offs=[write_off(on=MARCH, amount="60.00"), write_off(on=APRIL, amount="40.00")],
    )

    assert (claim.status, claim.closed_on) == ("closed", APRIL)
    assert (claim.denial_written_off_on, *money(claim, "balance")) == (APRIL, "0.00")


def test_an_undecided_claim_written_off_in_full_is_closed():
    claim = make_claim(write_offs=[write_off(on=MARCH, amount="100.00")])

    assert (claim.status, claim.denial_written_off_on) == ("closed", None)


def test_closed_comes_before_appealed_and_appealed_before_denied():
    claim = make_claim(
        decisions=[denied()],
        appeals=[appeal(filed=MARCH)],
        status_changes=[closing(on=APRIL)],
    )

    assert (claim.status, *money(claim, "balance")) == ("closed", "0.00")
    assert money(claim, "standing_denied") == ("100.00",)


def test_a_reopened_claim_stands_where_its_events_put_it():
    claim = make_claim(
        decisions=[denied()], status_changes=[closing(on=MARCH), reopening(on=APRIL)]
    )

    assert (claim.status, claim.closed_on, *money(claim, "balance")) == ("denied", None, "100.00")


def test_a_void_claim_stays_closed_whatever_happens():
    claim = make_claim(frequency="void", decisions=[denied()], appeals=[appeal(filed=MARCH)])

    assert (claim.status, *money(claim, "balance")) == ("closed", "0.00")


def test_patient_responsibility_alone_settles_the_claim():
    claim = make_claim(decisions=[decision(on=FEBRUARY, patient="60.00", contractual="40.00")])

    assert (claim.status, claim.first_outcome) == ("paid", Outcome.PATIENT_RESPONSIBILITY)
    assert (claim.first_paid_on, claim.days_to_pay) == (None, None)


def test_a_claim_has_been_closed_since_it_was_last_paid_or_closed_without_a_break():
    claim = make_claim(decisions=[paid(FEBRUARY, "50.00"), denied(MARCH, "50.00"), paid(APRIL)])
    assert claim.closed_on == APRIL

    longer = make_claim(
        decisions=[paid(FEBRUARY)], patient_payments=[patient_payment(on=MARCH, amount="5.00")]
    )
    assert longer.closed_on == FEBRUARY


# Amounts and days


def test_payments_that_the_source_does_not_state_are_unknown():
    claim = make_claim(decisions=[decision(on=FEBRUARY, paid=None), paid(MARCH, "10.00")])

    assert (claim.paid_known, *money(claim, "paid")) == (False, "10.00")
    assert claim.first_paid_on == MARCH


def test_more_paid_by_the_patient_than_stated_is_a_minimum_of_the_responsibility():
    claim = make_claim(
        decisions=[decision(on=FEBRUARY, paid="90.00", patient="10.00")],
        patient_payments=[
            patient_payment(on=MARCH, amount="30.00"),
            patient_payment(on=APRIL, amount="-5.00"),
        ],
    )

    assert money(claim, "patient_paid", "patient_responsibility") == ("25.00", "25.00")
    assert claim.patient_responsibility_is_minimum
    assert not make_claim(
        decisions=[decision(on=FEBRUARY, paid="90.00", patient="10.00")]
    ).patient_responsibility_is_minimum


def test_days_are_counted_from_the_first_submission():
    claim = make_claim(
        submitted_on=date(2026, 1, 7),
        decisions=[denied(date(2026, 1, 27)), paid(date(2026, 2, 16))],
    )

    assert (claim.days_to_decision, claim.days_to_pay) == (20, 40)


def test_no_days_are_counted_where_a_date_is_assumed_or_before_the_submission():
    assumed = make_claim(decisions=[paid(FEBRUARY, assumed=True)])
    assert (assumed.first_decided_on_assumed, assumed.days_to_pay) == (True, None)

    early = make_claim(submitted_on=MARCH, decisions=[paid(FEBRUARY)])
    assert (early.days_to_pay, early.first_paid_on) == (None, FEBRUARY)
    same_day = make_claim(submitted_on=FEBRUARY, decisions=[paid(FEBRUARY)])
    assert same_day.days_to_pay == 0


def test_contractual_adds_up_decisions_and_stated_adjustments():
    claim = make_claim(
        decisions=[decision(on=FEBRUARY, paid="60.00", contractual="30.00")],
        contractual_adjustments=[contractual_adjustment(on=MARCH, amount="10.00")],
    )

    assert money(claim, "contractual") == ("40.00",)


# The past


def test_the_states_between_the_first_and_the_last_event_are_kept():
    claim = make_claim(
        decisions=[denied(FEBRUARY), paid(MAY)],
        appeals=[appeal(filed=MARCH)],
        write_offs=[write_off(on=APRIL, amount="10.00")],
    )
    kept = [
        (h.begins_on, h.ends_on, h.status, *money_of(h))
        for h in claim.history.order_by("begins_on")
    ]

    assert kept == [
        (FEBRUARY, MARCH, "denied", "100.00"),
        (MARCH, APRIL, "appealed", "100.00"),
        (APRIL, MAY, "appealed", "90.00"),
    ]
    assert (claim.first_event_on, claim.last_event_on) == (FEBRUARY, MAY)


def money_of(state: ClaimHistory) -> tuple[str]:
    return (f"{state.balance:.2f}",)


def test_a_claim_with_events_on_one_day_needs_no_history():
    claim = make_claim(decisions=[denied()], write_offs=[write_off(on=FEBRUARY, amount="5.00")])

    assert not claim.history.exists()


def test_the_end_of_an_appeal_is_a_change_of_state():
    claim = make_claim(
        decisions=[denied()], appeals=[appeal(filed=MARCH, ended=APRIL, result="lost")]
    )

    assert claim.last_event_on == APRIL
    assert [h.status for h in claim.history.order_by("begins_on")] == ["denied", "appealed"]


def test_what_the_builders_make_is_what_a_new_reading_of_the_events_gives():
    make_claim(
        decisions=[denied(FEBRUARY), paid(MARCH, "20.00"), denied(MARCH, "5.00")],
        appeals=[appeal(filed=MARCH, result="won")],
        status_changes=[closing(on=APRIL), reopening(on=APRIL)],
    )

    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []
