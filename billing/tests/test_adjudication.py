"""The outcome of a decision, KPIS rules 1 to 4, by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.adjudication import (
    DecidedLine,
    Judge,
    Reduction,
    Verdict,
    judge,
    stated_denial,
)
from billing.choices import LineOutcome, Outcome

pytestmark = pytest.mark.engine_free

IS_DENIAL = {
    "1": False, "2": False, "18": True, "24": False, "45": False, "50": True, "59": False,
    "96": True, "97": True, "133": False, "197": True, "204": True, "257": False, "277": False,
}  # fmt: skip
Adjusted = tuple[str, str, str]


def line(charge: str, paid: str, *adjusted: Adjusted) -> DecidedLine:
    return DecidedLine(
        Decimal(charge),
        Decimal(paid),
        [Reduction(group, reason, Decimal(amount)) for group, reason, amount in adjusted],
    )


def decided(
    *lines: DecidedLine,
    claim: DecidedLine | None = None,
    status_code: str = "1",
    is_capitated: bool = False,
) -> Verdict:
    """The verdict on lines; the claim's charge and payment are theirs unless given."""
    whole = claim or DecidedLine(
        sum((each.charge for each in lines), Decimal(0)),
        sum((each.paid for each in lines), Decimal(0)),
    )
    return judge(
        Judge(IS_DENIAL.get, is_capitated=is_capitated),
        status_code=status_code,
        claim=whole,
        lines=lines,
    )


# Rule 1: lines


@pytest.mark.parametrize(
    ("decided_line", "outcome"),
    [
        (line("100", "0", ("CO", "197", "100")), LineOutcome.DENIED),
        (line("100", "0", ("PI", "197", "100")), LineOutcome.DENIED),
        (line("100", "0", ("OA", "97", "100")), LineOutcome.DENIED),
        (line("100", "0", ("PR", "204", "100")), LineOutcome.PATIENT_NON_COVERED),
        (line("100", "0", ("CO", "45", "40"), ("PR", "1", "60")), LineOutcome.PATIENT),
        (line("100", "60", ("CO", "97", "40")), LineOutcome.REDUCED),
        (line("100", "60", ("CO", "45", "40")), LineOutcome.PAID),
        (line("100", "0", ("CO", "133", "100")), LineOutcome.PENDED),
        (line("100", "0", ("CO", "45", "100")), LineOutcome.OTHER),
        (line("0", "0", ("CO", "97", "0")), LineOutcome.OTHER),
        (line("100", "0", ("CR", "197", "100")), LineOutcome.OTHER),
    ],
)
def test_what_becomes_of_a_line(decided_line, outcome):
    assert Judge(IS_DENIAL.get).line(decided_line) == outcome


def test_a_denial_beside_patient_responsibility_denies_the_line():
    both = line("100", "0", ("CO", "50", "70"), ("PR", "1", "30"))

    assert Judge(IS_DENIAL.get).line(both) == LineOutcome.DENIED


# Rule 2: claims


@pytest.mark.parametrize(
    ("status_code", "outcome"),
    [
        ("22", Outcome.REVERSAL),
        ("23", Outcome.FORWARDED),
        ("25", Outcome.PREDETERMINATION),
    ],
)
def test_three_status_codes_decide_before_any_adjustment(status_code, outcome):
    verdict = decided(line("100", "0", ("CO", "197", "100")), status_code=status_code)

    assert verdict.outcome == outcome


@pytest.mark.parametrize("status_code", ["1", "2", "3", "4", "19", ""])
def test_no_other_status_code_overrules_the_adjustments(status_code):
    assert decided(line("100", "100"), status_code=status_code).outcome != Outcome.REVERSAL
    paid = decided(line("100", "60", ("CO", "45", "40")), status_code=status_code)
    assert paid.outcome == Outcome.PAID
    denied = decided(line("100", "0", ("CO", "197", "100")), status_code=status_code)
    assert denied.outcome == Outcome.DENIED


@pytest.mark.parametrize("reason", ["133", "257", "277"])
def test_pending_reasons_on_every_unpaid_line_pend_the_claim(reason):
    pended = line("100", "0", ("OA", reason, "100"))

    assert decided(pended, pended).outcome == Outcome.PENDED
    assert decided(pended, line("50", "0", ("CO", "197", "50"))).outcome == Outcome.DENIED
    verdict = decided(pended)
    assert (verdict.denied_amount, verdict.contractual) == (Decimal(0), Decimal(0))


def test_a_claim_is_a_duplicate_when_every_denied_line_is():
    duplicate = line("100", "0", ("OA", "18", "100"))
    other = line("50", "0", ("CO", "197", "50"))

    assert decided(duplicate, duplicate).outcome == Outcome.DUPLICATE
    assert decided(duplicate, other).outcome == Outcome.DENIED
    assert decided(duplicate, line("50", "50")).outcome == Outcome.DUPLICATE


def test_what_is_denied_as_a_duplicate_is_told_apart():
    duplicate = line("100", "0", ("OA", "18", "100"))
    other = line("50", "0", ("CO", "197", "50"))
    of_the_patient = line("30", "0", ("PR", "18", "30"))

    verdict = decided(duplicate, other, of_the_patient)

    assert (verdict.denied_amount, verdict.duplicate_amount) == (Decimal(150), Decimal(100))
    assert decided(other).duplicate_amount == 0
    taken_back = decided(line("-100", "0", ("CO", "18", "-100")), status_code="22")
    assert (taken_back.denied_amount, taken_back.duplicate_amount) == (0, 0)


def test_the_main_reason_brings_the_first_remark_of_its_line():
    larger = replace(line("100", "0", ("CO", "16", "100")), remark_codes=("N290", "M51"))
    lesser = replace(line("50", "0", ("CO", "197", "50")), remark_codes=("N1",))

    assert decided(lesser, larger).main_remark == "N290"
    assert decided(lesser, line("100", "0", ("CO", "16", "100"))).main_remark == ""
    assert decided(line("100", "100")).main_remark == ""


def test_a_verdict_tells_whether_a_line_was_left_to_the_patient_or_reduced():
    reduced = line("100", "60", ("CO", "97", "40"))
    non_covered = line("100", "0", ("PR", "204", "100"))

    both, one = decided(reduced, non_covered).columns(), decided(reduced).columns()

    assert (both["is_patient_non_covered"], both["is_reduced"]) == (True, True)
    assert (one["is_patient_non_covered"], one["is_reduced"]) == (False, True)


def test_a_claim_is_denied_when_nothing_is_paid_and_a_line_is_denied():
    verdict = decided(line("100", "0", ("CO", "197", "100")), line("50", "0", ("CO", "45", "50")))

    assert verdict.outcome == Outcome.DENIED
    assert (verdict.denied_amount, verdict.contractual) == (Decimal(100), Decimal(50))
    assert (verdict.main_group, verdict.main_reason) == ("CO", "197")


def test_a_denied_line_beside_a_paid_or_patient_one_denies_in_part():
    denied = line("100", "0", ("CO", "197", "100"))

    paid = decided(denied, line("50", "30", ("CO", "45", "20")))
    assert (paid.outcome, paid.denied_amount) == (Outcome.PARTIALLY_DENIED, Decimal(100))
    patient = decided(denied, line("50", "0", ("PR", "1", "50")))
    assert (patient.outcome, patient.patient_responsibility) == (
        Outcome.PARTIALLY_DENIED,
        Decimal(50),
    )


def test_patient_responsibility_alone_is_no_denial():
    verdict = decided(line("100", "0", ("CO", "45", "40"), ("PR", "1", "60")))

    assert verdict.outcome == Outcome.PATIENT_RESPONSIBILITY
    assert (verdict.denied_amount, verdict.patient_responsibility) == (Decimal(0), Decimal(60))


def test_what_the_plan_does_not_cover_is_the_patients_and_no_denial():
    verdict = decided(line("100", "0", ("PR", "96", "100")))

    assert verdict.outcome == Outcome.PATIENT_RESPONSIBILITY
    assert (verdict.denied_amount, verdict.patient_responsibility) == (Decimal(0), Decimal(100))


def test_a_reduced_line_leaves_the_claim_paid_but_its_amount_is_denied():
    verdict = decided(line("100", "60", ("CO", "97", "40")))

    assert (verdict.outcome, verdict.denied_amount) == (Outcome.PAID, Decimal(40))


def test_status_4_without_any_adjustment_denies_the_whole_charge():
    verdict = decided(line("100", "0"), status_code="4")

    assert (verdict.outcome, verdict.denied_amount) == (Outcome.DENIED, Decimal(100))
    assert decided(line("100", "100"), status_code="4").outcome == Outcome.PAID
    assert decided(line("100", "0"), status_code="1").outcome == Outcome.PAID


# Which reasons deny


def test_an_unknown_code_denies_what_is_not_paid():
    for group in ("CO", "PI", "OA"):
        assert decided(line("100", "0", (group, "X99", "100"))).outcome == Outcome.DENIED
    verdict = decided(line("100", "60", ("CO", "X99", "40")))
    assert (verdict.outcome, verdict.denied_amount) == (Outcome.PAID, Decimal(0))
    patient = decided(line("100", "0", ("PR", "X99", "100")))
    assert patient.outcome == Outcome.PATIENT_RESPONSIBILITY


def test_reason_24_denies_only_where_the_payer_is_not_capitated():
    capitated = line("100", "0", ("CO", "24", "100"))

    assert decided(capitated).outcome == Outcome.DENIED
    verdict = decided(capitated, is_capitated=True)
    assert (verdict.outcome, verdict.denied_amount) == (Outcome.PAID, Decimal(0))
    assert verdict.contractual == Decimal(100)


def test_reason_59_denies_only_what_is_not_paid():
    assert decided(line("100", "0", ("CO", "59", "100"))).outcome == Outcome.DENIED
    verdict = decided(line("100", "50", ("CO", "59", "50")))
    assert (verdict.outcome, verdict.denied_amount) == (Outcome.PAID, Decimal(0))
    assert verdict.contractual == Decimal(50)


@pytest.mark.parametrize("reason", ["59", "X99"])
def test_the_same_reduction_may_deny_one_line_and_reduce_another(reason):
    verdict = decided(
        line("50", "0", ("CO", reason, "50")), line("100", "50", ("CO", reason, "50"))
    )

    assert verdict.outcome == Outcome.PARTIALLY_DENIED
    assert (verdict.denied_amount, verdict.contractual) == (Decimal(50), Decimal(50))


def test_the_main_reason_is_that_of_the_largest_denial():
    verdict = decided(line("100", "0", ("CO", "197", "100")), line("120", "0", ("PI", "50", "120")))

    assert (verdict.main_group, verdict.main_reason) == ("PI", "50")


# Rule 3: nothing but the claim


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        (line("100", "0", ("CO", "197", "100")), Outcome.DENIED),
        (line("100", "60", ("CO", "197", "40")), Outcome.PARTIALLY_DENIED),
        (line("100", "60", ("CO", "45", "40")), Outcome.PAID),
        (line("100", "0", ("PR", "1", "100")), Outcome.PATIENT_RESPONSIBILITY),
        (line("100", "0", ("OA", "18", "100")), Outcome.DUPLICATE),
        (line("100", "0", ("CO", "133", "100")), Outcome.PENDED),
        (line("100", "0", ("CO", "197", "80"), ("PR", "1", "20")), Outcome.DENIED),
    ],
)
def test_without_lines_the_claim_decides(claim, outcome):
    assert decided(claim=claim).outcome == outcome


def test_a_denial_at_the_claim_counts_although_there_are_lines():
    claim = line("100", "0", ("CO", "197", "100"))
    assert decided(line("100", "0"), claim=claim).outcome == Outcome.DENIED

    partly = line("100", "60", ("CO", "197", "40"))
    assert decided(line("100", "60"), claim=partly).outcome == Outcome.PARTIALLY_DENIED


# Rule 4: denial rows


@pytest.mark.parametrize(
    ("reason", "stated_status", "outcome"),
    [
        ("197", "denied", Outcome.DENIED),
        ("197", "", Outcome.DENIED),
        ("197", "paid", Outcome.DENIED),
        ("197", "partially-paid", Outcome.PARTIALLY_DENIED),
        ("18", "denied", Outcome.DUPLICATE),
        ("18", "partially-paid", Outcome.DUPLICATE),
    ],
)
def test_a_denial_row_states_its_outcome(reason, stated_status, outcome):
    assert stated_denial(reason=reason, stated_status=stated_status) == outcome
