"""The outcome of a payer decision, as KPIS ("Outcome of an adjudication") says: pure functions.

A decision is judged by its adjustments (X12 CAS groups and reasons), not by the payer's status
code, which says only whether it reverses (22), forwards (23) or predetermines (25).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from billing.choices import AdjustmentGroup, LineOutcome, Outcome, StatedStatus

DENYING_GROUPS = (AdjustmentGroup.CONTRACTUAL, AdjustmentGroup.PAYER, AdjustmentGroup.OTHER)
CAPITATION = "24"
MULTIPLE_PROCEDURE = "59"
DUPLICATE = "18"
PENDING_REASONS = frozenset({"133", "257", "277"})
BY_STATUS_CODE = {
    "22": Outcome.REVERSAL,
    "23": Outcome.FORWARDED,
    "25": Outcome.PREDETERMINATION,
}
DENIED_STATUS_CODE = "4"
LONGEST_REMARK = 10
ZERO = Decimal(0)


class Reduction(NamedTuple):
    """One adjustment of a decision: group, reason code and amount in dollars."""

    group: str
    reason: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One service of a decision, or the whole claim where the payer gave no lines."""

    charge: Decimal
    paid: Decimal
    reductions: Sequence[Reduction] = ()
    remark_codes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Knows which reasons deny.

    `is_denial` answers for a code of the reason table and None for an unknown one;
    `is_capitated` is the payer's setting.
    """

    is_denial: Callable[[str], bool | None]
    is_capitated: bool = False

    def denies(self, reason: str, *, paid: Decimal) -> bool:
        """Whether this reason is a denial reason on a line paid `paid` dollars."""
        if reason in PENDING_REASONS:
            return False
        if reason == CAPITATION:
            return not self.is_capitated
        if reason == MULTIPLE_PROCEDURE:
            return paid == 0
        known = self.is_denial(reason)
        return paid == 0 if known is None else known

    def line(self, line: DecidedLine) -> LineOutcome:
        """Judge one line by rule 1."""
        denied = self.denials(line)
        if line.charge > 0 and line.paid == 0:
            if denied:
                return LineOutcome.DENIED
            if any(r.reason in PENDING_REASONS for r in line.reductions):
                return LineOutcome.PENDED
            patient = [r for r in line.reductions if r.group == AdjustmentGroup.PATIENT]
            if any(self.denies(r.reason, paid=line.paid) for r in patient):
                return LineOutcome.PATIENT_NON_COVERED
            if sum((r.amount for r in patient), ZERO) > 0:
                return LineOutcome.PATIENT
            return LineOutcome.OTHER
        if line.paid > 0:
            return LineOutcome.REDUCED if denied else LineOutcome.PAID
        return LineOutcome.OTHER

    def denials(self, line: DecidedLine) -> list[Reduction]:
        """The adjustments of a line that deny it, never those of the patient."""
        return [
            r
            for r in line.reductions
            if r.group in DENYING_GROUPS and self.denies(r.reason, paid=line.paid)
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a decision comes to, in dollars, for an `Adjudication`."""

    outcome: Outcome
    denied_amount: Decimal = ZERO
    duplicate_amount: Decimal = ZERO
    patient_responsibility: Decimal = ZERO
    contractual: Decimal = ZERO
    main_group: str = ""
    main_reason: str = ""
    main_remark: str = ""
    line_outcomes: Sequence[LineOutcome] = field(default=())

    def columns(self) -> dict[str, Any]:
        """What an `Adjudication` keeps of it, by column; who posts may state some otherwise."""
        return {
            "outcome": self.outcome,
            "denied_amount": self.denied_amount,
            "duplicate_amount": self.duplicate_amount,
            "patient_responsibility": self.patient_responsibility,
            "contractual": self.contractual,
            "main_group": self.main_group,
            "main_reason_id": self.main_reason or None,
            "main_remark": self.main_remark,
            "is_patient_non_covered": LineOutcome.PATIENT_NON_COVERED in self.line_outcomes,
            "is_reduced": LineOutcome.REDUCED in self.line_outcomes,
        }


def judge(
    judge: Judge,
    *,
    status_code: str,
    claim: DecidedLine,
    lines: Sequence[DecidedLine],
) -> Verdict:
    """Judge one decision by rules 1 to 3.

    `claim` carries the claim's charge, payment and its own (claim-level) adjustments; without
    `lines` these alone decide.
    """
    judged = list(lines) or [claim]
    everything = [r for line in (*lines, claim) for r in line.reductions]
    denying = [(r, line) for line in (*lines, claim) for r in judge.denials(line)]
    denied_amount = sum((r.amount for r, _ in denying), ZERO)
    duplicate_amount = sum((r.amount for r, _ in denying if r.reason == DUPLICATE), ZERO)
    if _is_denied_without_a_word(status_code, claim, everything):
        denied_amount = claim.charge  # else the money would vanish from the balance
    main, of_main = max(denying, key=lambda d: (d[0].amount, d[0].reason), default=(None, claim))
    outcomes = [judge.line(line) for line in judged]
    return Verdict(
        outcome=_outcome(judge, status_code, claim, lines, outcomes),
        denied_amount=max(denied_amount, ZERO),
        duplicate_amount=max(min(duplicate_amount, denied_amount), ZERO),
        patient_responsibility=sum(
            (r.amount for r in everything if r.group == AdjustmentGroup.PATIENT), ZERO
        ),
        contractual=sum((_contractual(judge, line) for line in (*lines, claim)), ZERO),
        main_group=main.group if main else "",
        main_reason=main.reason if main else "",
        main_remark=next(iter(of_main.remark_codes), "") if main else "",
        line_outcomes=outcomes,
    )


def _contractual(judge: Judge, line: DecidedLine) -> Decimal:
    """What was reduced on a line and is no denial, not the patient's and not pending."""
    denying = {id(r) for r in judge.denials(line)}  # an equal reduction elsewhere may deny
    return sum(
        (
            r.amount
            for r in line.reductions
            if id(r) not in denying
            and r.group != AdjustmentGroup.PATIENT
            and r.reason not in PENDING_REASONS
        ),
        ZERO,
    )


def _is_denied_without_a_word(
    status_code: str, claim: DecidedLine, reductions: Sequence[Reduction]
) -> bool:
    """CLP02 = 4 without any CAS."""
    return not reductions and status_code == DENIED_STATUS_CODE and claim.paid == 0


def _outcome(
    judge: Judge,
    status_code: str,
    claim: DecidedLine,
    lines: Sequence[DecidedLine],
    outcomes: Sequence[LineOutcome],
) -> Outcome:
    """Rule 2, first that fits; rule 3 where there are no lines."""
    if status_code in BY_STATUS_CODE:
        return BY_STATUS_CODE[status_code]
    everything = [r for line in (*lines, claim) for r in line.reductions]
    if _is_denied_without_a_word(status_code, claim, everything):
        return Outcome.DENIED

    judged = list(lines) or [claim]
    unpaid = [line for line in judged if line.paid == 0 and line.charge > 0]
    if unpaid and all(
        any(r.reason in PENDING_REASONS for r in (*line.reductions, *claim.reductions))
        for line in unpaid
    ):
        return Outcome.PENDED

    denied = [
        line
        for line, outcome in zip(judged, outcomes, strict=True)
        if outcome is LineOutcome.DENIED
    ]
    claim_denials = judge.denials(claim)
    if not denied and claim_denials and lines:
        # the payer denied at the claim although it listed lines
        denied = [claim] if claim.paid == 0 else []
        if claim.paid > 0:
            return Outcome.PARTIALLY_DENIED
    if not lines and claim.paid > 0 and claim_denials:
        return Outcome.PARTIALLY_DENIED
    if denied and all(all(r.reason == DUPLICATE for r in judge.denials(line)) for line in denied):
        return Outcome.DUPLICATE

    patient = LineOutcome.PATIENT in outcomes or LineOutcome.PATIENT_NON_COVERED in outcomes
    any_paid = claim.paid > 0 or any(line.paid > 0 for line in judged)
    if denied:
        return Outcome.PARTIALLY_DENIED if any_paid or patient else Outcome.DENIED
    if not any_paid and patient:
        return Outcome.PATIENT_RESPONSIBILITY
    return Outcome.PAID


def remark_codes(text: str) -> list[str]:
    """The single remark codes of a stored text: exports part them by colons, X12 by blanks."""
    return text.replace(":", " ").split()


def first_remark(text: str) -> str:
    """The remark that a denial is counted under; empty where there is none."""
    return next(iter(remark_codes(text)), "")[:LONGEST_REMARK]


def stated_denial(*, reason: str, stated_status: str) -> Outcome:
    """Rule 4: a denial row of an export states its outcome."""
    if reason == DUPLICATE:
        return Outcome.DUPLICATE
    if stated_status == StatedStatus.PARTIALLY_PAID:
        return Outcome.PARTIALLY_DENIED
    return Outcome.DENIED
