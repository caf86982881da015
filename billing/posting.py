"""The one way a payer decision, a payment, a write-off or an appeal changes a claim.

Every function that records an event runs in one transaction: lock the claim, check, add the event,
project the claim anew. `create_claims` and `refresh` do the same for many claims at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max

from billing.adjudication import DecidedLine, Judge, Reduction, judge
from billing.choices import AppealResult
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ClaimEvent,
    ClaimHistory,
    ContractualAdjustment,
    LineItem,
    Note,
    PatientPayment,
    ReasonCategory,
    ReasonCode,
    StatusChange,
    WriteOff,
)
from billing.projection import Events, project

CHUNK = 2_000
DERIVED = (
    *Claim.PROJECTED,
    "first_event_on",
    "last_event_on",
    "submission_lag_days",
    "charge_lag_days",
)
COUNTED = ("counted_on", "counted_on_assumed")
UNKNOWN_CATEGORY = "OTHER"


# Many claims


@dataclass(slots=True)
class NewClaim:
    """An unsaved claim with its unsaved events; `adjustments` belong to its adjudications."""

    claim: Claim
    events: Events = field(default_factory=Events)
    adjustments: list[Adjustment] = field(default_factory=list)
    charge_entered_on: date | None = None


def create_claims(new: Sequence[NewClaim]) -> None:
    """Save claims that do not exist yet with their events, already projected.

    Raises IntegrityError where a claim number or an event is there already.
    """
    histories: list[ClaimHistory] = []
    for item in new:
        histories += project(item.claim, item.events)
        _date_lags(item.claim, item.charge_entered_on)
    with transaction.atomic():
        Claim.objects.bulk_create([item.claim for item in new], batch_size=CHUNK)
        for kind, name in EVENTS.items():
            rows: list[Any] = [e for item in new for e in getattr(item.events, name)]
            for item in new:
                for event in getattr(item.events, name):
                    event.claim = item.claim
            _bulk_create(kind, rows)
        adjustments = [a for item in new for a in item.adjustments]
        for adjustment in adjustments:
            adjustment.adjudication = adjustment.adjudication  # takes the key it has by now
        _bulk_create(Adjustment, adjustments)
        for history in histories:
            history.claim = history.claim
        _bulk_create(ClaimHistory, histories)


def refresh(claim_ids: Collection[int]) -> int:
    """Project these claims anew from their events; return how many changed."""
    changed = 0
    ids = sorted(set(claim_ids))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            changed += len(_refresh(ids[start : start + CHUNK], save=True))
    return changed


def differing(claim_ids: Collection[int]) -> list[str]:
    """The numbers of those of these claims whose columns are not what their events give."""
    return [claim.number for claim in _refresh(sorted(set(claim_ids)), save=False)]


EVENTS: dict[type[models.Model], str] = {
    Adjudication: "adjudications",
    PatientPayment: "patient_payments",
    ContractualAdjustment: "contractual_adjustments",
    WriteOff: "write_offs",
    Appeal: "appeals",
    StatusChange: "status_changes",
}


def _bulk_create(kind: type[models.Model], rows: list[Any]) -> None:
    if rows:
        kind._default_manager.bulk_create(rows, batch_size=CHUNK)


def _refresh(claim_ids: Sequence[int], *, save: bool) -> list[Claim]:
    """The claims whose columns differ from what their events give; saved on request."""
    claims = list(
        Claim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk")
        if save
        else Claim.objects.filter(pk__in=claim_ids).order_by("pk")
    )
    events = _events_of(claim_ids)
    entered = _charges_entered_on(claims)
    stored = _histories_of(claim_ids)
    changed: list[Claim] = []
    histories: list[ClaimHistory] = []
    appeals: list[Appeal] = []
    for claim in claims:
        of_claim = events[claim.pk]
        before = [getattr(claim, name) for name in DERIVED]
        counted = [(a.counted_on, a.counted_on_assumed) for a in of_claim.appeals]
        between = project(claim, of_claim)
        _date_lags(claim, entered.get(claim.encounter_id))
        appeals += [
            a
            for a, was in zip(of_claim.appeals, counted, strict=True)
            if (a.counted_on, a.counted_on_assumed) != was
        ]
        if before != [getattr(claim, name) for name in DERIVED] or stored[claim.pk] != [
            _history_values(h) for h in between
        ]:
            changed.append(claim)
            histories += between
    if save and changed:
        _save(changed, histories)
    if save and appeals:
        Appeal.objects.bulk_update(appeals, COUNTED, batch_size=500)
    return changed


def _save(changed: list[Claim], histories: list[ClaimHistory]) -> None:
    Claim.objects.bulk_create(  # an upsert: many times faster than bulk_update
        changed,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*(n.removesuffix("_id") for n in DERIVED)],
        batch_size=500,
    )
    ClaimHistory.objects.filter(claim__in=[claim.pk for claim in changed]).delete()
    _bulk_create(ClaimHistory, histories)


def _events_of(claim_ids: Sequence[int]) -> defaultdict[int, Events]:
    """The effective events of each claim, in one query per kind."""
    found: defaultdict[int, Events] = defaultdict(Events)
    for kind, name in EVENTS.items():
        effective: Any = kind._default_manager.filter(
            claim__in=claim_ids, replaced_by__isnull=True
        )
        rows = effective.order_by("pk")
        if kind is Adjudication:
            rows = rows.select_related("remittance")
        for event in rows:
            getattr(found[event.claim_id], name).append(event)
    return found


def _histories_of(claim_ids: Sequence[int]) -> defaultdict[int, list[tuple[Any, ...]]]:
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for history in ClaimHistory.objects.filter(claim__in=claim_ids).order_by("begins_on"):
        found[history.claim_id].append(_history_values(history))
    return found


def _history_values(history: ClaimHistory) -> tuple[Any, ...]:
    return (
        history.begins_on,
        history.ends_on,
        *(getattr(history, name) for name in Claim.PROJECTED),
    )


def _charges_entered_on(claims: Iterable[Claim]) -> dict[Any, date]:
    """When the last charge of each encounter was entered."""
    encounters = {c.encounter_id for c in claims if c.encounter_id is not None}
    rows = (
        LineItem.objects.filter(encounter__in=encounters, entered_on__isnull=False)
        .values("encounter")
        .annotate(entered_on=Max("entered_on"))
        .order_by()
    )
    return {row["encounter"]: row["entered_on"] for row in rows}


def _date_lags(claim: Claim, charge_entered_on: date | None) -> None:
    """Whole days from service to sending, and to the entry of the last charge."""
    service = claim.service_date
    claim.submission_lag_days = (
        (claim.submitted_on - service).days if service and claim.submitted_on else None
    )
    claim.charge_lag_days = (
        (charge_entered_on - service).days if service and charge_entered_on else None
    )


# One claim, by a person


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
        patient_responsibility=verdict.patient_responsibility,
        contractual=verdict.contractual,
        denied_amount=verdict.denied_amount,
        outcome=verdict.outcome,
        main_group=verdict.main_group,
        main_reason_id=verdict.main_reason or None,
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
def file_appeal(claim: Claim, *, filed_on: date) -> Appeal:
    """Appeal a denied claim; raises ValidationError where an appeal is open already."""
    claim = _locked(claim)
    if claim.first_denied_on is None:
        raise ValidationError("Only a denied claim can be appealed.")
    if claim.appeals.filter(result=AppealResult.OPEN, replaced_by__isnull=True).exists():
        raise ValidationError("An appeal of this claim is open already.")
    appeal = Appeal.objects.create(practice_id=claim.practice_id, claim=claim, filed_on=filed_on)
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


def add_note(claim: Claim, *, text: str, who: User | None = None) -> Note:
    """Leave a note on a claim; its money and status stay as they are."""
    if not text.strip():
        raise ValidationError("A note needs some text.")
    return Note.objects.create(claim=claim, text=text.strip(), who=who)


def unknown_reason(code: str) -> ReasonCode:
    """An unsaved entry for a code that the reason table lacks: a denial in OTHER, to be listed."""
    return ReasonCode(code=code, category_id=UNKNOWN_CATEGORY, is_denial=True, is_unknown=True)


def add_unknown_reasons(codes: Iterable[str]) -> list[str]:
    """Enter the codes that the reason table lacks; return them."""
    wanted = set(codes)
    known = set(ReasonCode.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    missing = sorted(wanted - known)
    ReasonCategory.objects.get_or_create(code=UNKNOWN_CATEGORY, defaults={"name": "Other"})
    ReasonCode.objects.bulk_create(map(unknown_reason, missing), ignore_conflicts=True)
    return missing


def _locked(claim: Claim) -> Claim:
    """The claim as stored, held until the transaction ends."""
    return Claim.objects.select_for_update(of=("self",)).select_related("payer").get(pk=claim.pk)


__all__ = [
    "ClaimEvent",
    "EnteredAdjustment",
    "NewClaim",
    "add_note",
    "add_unknown_reasons",
    "change_status",
    "create_claims",
    "differing",
    "end_appeal",
    "file_appeal",
    "record_adjudication",
    "record_patient_payment",
    "refresh",
    "reverse_adjudication",
    "unknown_reason",
    "write_off",
]
