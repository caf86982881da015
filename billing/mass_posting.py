"""Posting for many claims at once: what imports and demo data call, through `billing.posting`.

A claim's projection is always what its events give: whoever adds events here projects the claims
that they touch in the same transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Max

from billing import footprints
from billing.adjudication import stated_denial
from billing.bulk_insert import insert, store
from billing.choices import Outcome
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Appeal,
    Claim,
    ClaimEvent,
    ClaimHistory,
    ContractualAdjustment,
    LineItem,
    PatientPayment,
    ReasonCategory,
    ReasonCode,
    Remittance,
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
# What decisions say of a claim beside its projection, where the caller has them restate it.
RESTATED = ("payer_control_number", "payer_id", "service_date", "billed", "expected")
Restate = Callable[[Claim, Events], None]
COUNTED = ("counted_on", "counted_on_assumed")
UNKNOWN_CATEGORY = "OTHER"
Event = TypeVar("Event", bound=ClaimEvent)


@dataclass(slots=True)
class NewClaim:
    """An unsaved claim with its unsaved events; `adjustments` belong to its adjudications.

    `charge_entered_on` spares a look at the line items of the encounter.
    """

    claim: Claim
    events: Events = field(default_factory=Events)
    adjustments: list[Adjustment] = field(default_factory=list)
    charge_entered_on: date | None = None


def create_claims(new: Sequence[NewClaim]) -> None:
    """Save claims that do not exist yet with their events, already projected.

    Raises IntegrityError where a claim number or an event is there already.
    """
    histories: list[ClaimHistory] = []
    entered = _charges_entered_on(i.claim for i in new if i.charge_entered_on is None)
    for item in new:
        histories += project(item.claim, item.events)
        _date_lags(item.claim, item.charge_entered_on or entered.get(item.claim.encounter_id))
    with transaction.atomic():
        insert([item.claim for item in new])
        for name in EVENTS.values():
            rows: list[Any] = []
            for item in new:
                for event in getattr(item.events, name):
                    event.claim = item.claim
                    rows.append(event)
            insert(rows)
        insert([a for item in new for a in item.adjustments])
        insert(histories)


def refresh(claim_ids: Collection[int], restate: Restate | None = None) -> int:
    """Project these claims anew from their events; return how many changed.

    `restate` may first set those of a claim's facts that its decisions tell (RESTATED).
    """
    changed = 0
    ids = sorted(set(claim_ids))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            changed += len(_refresh(ids[start : start + CHUNK], save=True, restate=restate))
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


def _refresh(
    claim_ids: Sequence[int], *, save: bool, restate: Restate | None = None
) -> list[Claim]:
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
    compared = DERIVED if restate is None else (*DERIVED, *RESTATED)
    for claim in claims:
        of_claim = events[claim.pk]
        before = [getattr(claim, name) for name in compared]
        if restate is not None:
            restate(claim, of_claim)
        counted = [(a.counted_on, a.counted_on_assumed) for a in of_claim.appeals]
        between = project(claim, of_claim)
        _date_lags(claim, entered.get(claim.encounter_id))
        moved = [
            a
            for a, was in zip(of_claim.appeals, counted, strict=True)
            if (a.counted_on, a.counted_on_assumed) != was
        ]
        appeals += moved
        after = [getattr(claim, name) for name in compared]
        past = [_history_values(h) for h in between]
        if moved or before != after or stored[claim.pk] != past:
            changed.append(claim)
            histories += between
    if save and changed:
        _save(changed, histories, compared)
    if save and appeals:
        Appeal.objects.bulk_update(appeals, COUNTED, batch_size=500)
    return changed


def _save(changed: list[Claim], histories: list[ClaimHistory], columns: Sequence[str]) -> None:
    store(changed, columns)
    ClaimHistory.objects.filter(claim__in=[claim.pk for claim in changed]).delete()
    insert(histories)


def _events_of(claim_ids: Sequence[int]) -> defaultdict[int, Events]:
    """The effective events of each claim, in one query per kind."""
    found: defaultdict[int, Events] = defaultdict(Events)
    for kind, name in EVENTS.items():
        effective: Any = kind._default_manager.filter(claim__in=claim_ids, replaced_by__isnull=True)
        rows = list(effective.order_by("pk"))
        if kind is Adjudication:
            _relate(rows)
        for event in rows:
            getattr(found[event.claim_id], name).append(event)
    return found


def _relate(decisions: Sequence[Adjudication]) -> None:
    """Give decisions their remittance and what they reverse; each is read once for all."""
    wanted = {d.remittance_id for d in decisions if d.remittance_id is not None}
    remittances = Remittance.objects.in_bulk(wanted)
    wanted = {d.reverses_id for d in decisions if d.reverses_id is not None}
    reversed_ = Adjudication.objects.in_bulk(wanted)
    for decision in decisions:
        if decision.remittance_id is not None:
            decision.remittance = remittances[decision.remittance_id]
        if decision.reverses_id is not None:
            decision.reverses = reversed_[decision.reverses_id]


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
    if not encounters:
        return {}
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


# Corrections: an event is never changed, another stands for it


def correct(stored: Event, event: Event) -> Event:
    """Let an unsaved event stand for a stored one of the same source; `post_events` saves it."""
    event.source_key = stored.source_key
    event.revision = stored.revision + 1
    event.replaces = stored
    return event


def withdrawal(stored: Adjudication) -> Adjudication:
    """An unsaved decision that stands for a stored one and says nothing."""
    return correct(
        stored,
        Adjudication(
            practice_id=stored.practice_id,
            claim_id=stored.claim_id,
            decided_on=stored.decided_on,
            outcome=Outcome.REVERSAL,
            reverses=stored,
            paid=0,
        ),
    )


def is_withdrawal(stored: Adjudication) -> bool:
    """Whether this decision only stands for one that was withdrawn."""
    return stored.replaces_id is not None and stored.reverses_id == stored.replaces_id


def post_events(events: Collection[ClaimEvent], adjustments: Collection[Adjustment] = ()) -> int:
    """Add unsaved events to claims that exist; return how many claims changed.

    The claims of the events and of those that they replace are projected anew. `adjustments`
    belong to decisions among the events. Raises IntegrityError where an event is there already.
    """
    touched: set[int] = set()
    for event in events:
        replaced: Any = event.replaces
        touched.update(
            claim_id for claim_id in (_claim_of(event), _claim_of(replaced)) if claim_id is not None
        )
    with transaction.atomic():
        for kind in EVENTS:
            insert([event for event in events if type(event) is kind])
        insert(list(adjustments))
        return refresh(touched)


def add_decisions(
    decisions: Sequence[Adjudication],
    lines: Sequence[AdjudicationLine],
    adjustments: Sequence[Adjustment],
) -> set[int]:
    """Add unsaved decisions with their lines; return the claims to `refresh` at once thereafter.

    Raises IntegrityError where a decision is there already.
    """
    with transaction.atomic():
        insert(decisions)
        insert(lines)
        insert(adjustments)
    return {d.claim_id for d in decisions if d.claim_id is not None}


def _claim_of(event: Any) -> int | None:
    claim_id: int | None = None if event is None else event.claim_id
    return claim_id


def restate_denials(claim_ids: Collection[int]) -> int:
    """Let the denials that exports stated follow the status that is now stated (KPIS, rule 4).

    Returns how many changed; the claims are not projected, so that the caller does it once.
    """
    rows = (
        Adjudication.objects.filter(
            claim__in=claim_ids, outcome_stated=True, replaced_by__isnull=True
        )
        .select_related("claim")
        .prefetch_related("adjustments")
        .order_by("pk")
    )
    events: list[Adjudication] = []
    adjustments: list[Adjustment] = []
    for stored in rows:
        status = stored.claim.stated_status if stored.claim else ""
        outcome = stated_denial(reason=stored.main_reason_id or "", stated_status=status)
        if outcome == stored.outcome:
            continue
        event = correct(stored, _copy(stored, outcome=outcome))
        events.append(event)
        adjustments += [_copy(row, adjudication=event) for row in stored.adjustments.all()]
    insert(events)
    insert(adjustments)
    return len(events)


Row = TypeVar("Row", bound=models.Model)


def _copy(stored: Row, **changes: Any) -> Row:
    """An unsaved twin of a record with some values changed."""
    values = {
        field.attname: getattr(stored, field.attname)
        for field in stored._meta.concrete_fields
        if not field.primary_key and field.name not in {"recorded_at", *changes}
    }
    return type(stored)(**values, **changes)


# Reason codes


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
    footprints.note_created(ReasonCode, missing)
    return missing
