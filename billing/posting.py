"""The one way a payer decision, a payment, a write-off or an appeal changes a claim.

Every function here records what a person enters, in one transaction: lock the claim, check, add
the event, project the claim anew. Those for many claims at once are `billing.mass_posting`'s and
are reached from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from billing.adjudication import DecidedLine, Judge, Reduction, Verdict, first_remark, judge
from billing.choices import AppealResult
from billing.mass_posting import (
    CHUNK,
    EVENTS,
    NewClaim,
    add_decisions,
    add_unknown_reasons,
    correct,
    create_claims,
    differing,
    is_withdrawal,
    post_events,
    refresh,
    restate_denials,
    unknown_reason,
    withdrawal,
)
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ClaimEvent,
    Note,
    PatientPayment,
    ReasonCode,
    StatusChange,
    WriteOff,
)


@dataclass(frozen=True, slots=True)
class EnteredAdjustment:
    """One adjustment as a person enters it: group, reason code, amount in dollars."""

    group: str
    reason: ReasonCode
    amount: Decimal
    remark_codes: str = ""


@transaction.atomic
def record_adjudication(
    claim: Claim,
    *,
    decided_on: date,
    paid: Decimal,
    adjustments: Sequence[EnteredAdjustment] = (),
    status_code: str = "",
    payer_control_number: str = "",
) -> Adjudication:
    """Post one payer decision on the whole claim; the outcome follows KPIS rules 1 to 3.

    Raises ValidationError where payment and adjustments exceed nothing or go below zero.
    """
    claim = _locked(claim)
    if paid < 0 or any(a.amount < 0 for a in adjustments):
        raise ValidationError("Amounts are entered as positive dollars; use a reversal to undo.")
    known = {a.reason.code: a.reason.is_denial for a in adjustments if not a.reason.is_unknown}
    decided = DecidedLine(
        claim.billed, paid, [Reduction(a.group, a.reason.code, a.amount) for a in adjustments]
    )
    verdict = judge(
        Judge(known.get, is_capitated=claim.payer.is_capitated),
        status_code=status_code,
        claim=decided,
        lines=(),
    )
    adjudication = Adjudication.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        decided_on=decided_on,
        status_code=status_code,
        payer_control_number=payer_control_number,
        charge=claim.billed,
        paid=paid,
        **(verdict.columns() | {"main_remark": _remark_of(verdict, adjustments)}),
    )
    Adjustment.objects.bulk_create(
        Adjustment(
            adjudication=adjudication,
            group=a.group,
            reason=a.reason,
            amount=a.amount,
            remark_codes=a.remark_codes,
        )
        for a in adjustments
    )
    refresh([claim.pk])
    return adjudication


def _remark_of(verdict: Verdict, adjustments: Sequence[EnteredAdjustment]) -> str:
    main = (verdict.main_group, verdict.main_reason)
    stated = (a.remark_codes for a in adjustments if (a.group, a.reason.code) == main)
    return first_remark(next(stated, ""))


@transaction.atomic
def reverse_adjudication(adjudication: Adjudication, *, decided_on: date) -> Adjudication:
    """Cancel a decision that was posted in error or taken back by the payer."""
    if adjudication.claim is None:
        raise ValidationError("This decision is not linked to a claim.")
    claim = _locked(adjudication.claim)
    if adjudication.reversed_by.exists():
        raise ValidationError("This decision has been reversed already.")
    if decided_on < adjudication.decided_on:
        raise ValidationError("A reversal cannot be dated before the decision that it reverses.")
    reversal = Adjudication.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        decided_on=decided_on,
        status_code="22",
        payer_control_number=adjudication.payer_control_number,
        charge=-adjudication.charge,
        paid=None if adjudication.paid is None else -adjudication.paid,
        outcome="reversal",
        reverses=adjudication,
    )
    refresh([claim.pk])
    return reversal


@transaction.atomic
def record_patient_payment(claim: Claim, *, paid_on: date, amount: Decimal) -> PatientPayment:
    """Post money from the patient; a refund is negative."""
    claim = _locked(claim)
    if amount == 0:
        raise ValidationError("A patient payment of 0.00 says nothing.")
    payment = PatientPayment.objects.create(
        practice_id=claim.practice_id, claim=claim, paid_on=paid_on, amount=amount
    )
    refresh([claim.pk])
    return payment


@transaction.atomic
def write_off(
    claim: Claim,
    *,
    written_off_on: date,
    amount: Decimal,
    reason: str,
    for_denial: bool,
    who: User | None = None,
) -> WriteOff:
    """Give up money that is still owed; raises ValidationError beyond the balance."""
    claim = _locked(claim)
    if amount <= 0:
        raise ValidationError("A write-off is an amount above zero.")
    if amount > claim.balance:
        raise ValidationError(
            f"The balance is {claim.balance}: no more than that can be written off."
        )
    written = WriteOff.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        written_off_on=written_off_on,
        amount=amount,
        reason=reason,
        for_denial=for_denial,
        who=who,
    )
    refresh([claim.pk])
    return written


@transaction.atomic
def file_appeal(claim: Claim, *, filed_on: date, who: User | None = None) -> Appeal:
    """Appeal a denied claim; raises ValidationError where an appeal is open already."""
    claim = _locked(claim)
    if claim.first_denied_on is None:
        raise ValidationError("Only a denied claim can be appealed.")
    if claim.appeals.filter(result=AppealResult.OPEN, replaced_by__isnull=True).exists():
        raise ValidationError("An appeal of this claim is open already.")
    appeal = Appeal.objects.create(
        practice_id=claim.practice_id, claim=claim, filed_on=filed_on, who=who
    )
    refresh([claim.pk])
    return appeal


@transaction.atomic
def end_appeal(appeal: Appeal, *, ended_on: date, result: str) -> Appeal:
    """Say how and when an open appeal ended; once."""
    claim = _locked(appeal.claim)
    appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    if appeal.result != AppealResult.OPEN:
        raise ValidationError("This appeal has ended already.")
    if result not in (AppealResult.WON, AppealResult.LOST):
        raise ValidationError("An appeal ends won or lost.")
    if ended_on < appeal.filed_on:
        raise ValidationError("An appeal cannot end before it was filed.")
    appeal.ended_on, appeal.result = ended_on, result
    appeal.save(update_fields=("ended_on", "result"))
    refresh([claim.pk])
    return appeal


@transaction.atomic
def change_status(
    claim: Claim,
    *,
    changed_on: date,
    change: str,
    reason: str,
    who: User | None = None,
) -> StatusChange:
    """Close a claim by hand, or open a claim again that was closed by hand."""
    claim = _locked(claim)
    last = claim.status_changes.order_by("-changed_on", "-pk").first()
    is_closed = last is not None and last.change == StatusChange.Change.CLOSED
    if is_closed == (change == StatusChange.Change.CLOSED):
        raise ValidationError(
            "This claim is closed by hand already."
            if is_closed
            else "Only a claim that was closed by hand can be opened again."
        )
    event = StatusChange.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        changed_on=changed_on,
        change=change,
        reason=reason,
        who=who,
    )
    refresh([claim.pk])
    return event


@transaction.atomic
def add_note(claim: Claim, *, text: str, who: User | None = None) -> Note:
    """Leave a note on a claim; its money and status stay as they are."""
    if not text.strip():
        raise ValidationError("A note needs some text.")
    claim = _locked(claim)  # nobody removes it meanwhile
    return Note.objects.create(claim=claim, text=text.strip(), who=who)


def _locked(claim: Claim) -> Claim:
    """The claim as stored, held until the transaction ends."""
    return Claim.objects.select_for_update(of=("self",)).select_related("payer").get(pk=claim.pk)


__all__ = [
    "CHUNK",
    "EVENTS",
    "ClaimEvent",
    "EnteredAdjustment",
    "NewClaim",
    "add_decisions",
    "add_note",
    "add_unknown_reasons",
    "change_status",
    "correct",
    "create_claims",
    "differing",
    "end_appeal",
    "file_appeal",
    "is_withdrawal",
    "post_events",
    "record_adjudication",
    "record_patient_payment",
    "refresh",
    "restate_denials",
    "reverse_adjudication",
    "unknown_reason",
    "withdrawal",
    "write_off",
]
