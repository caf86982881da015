"""What a person decides about remittances where no rule can: unmatched decisions, duplicates.

Each function locks what it is about, checks that it still stands as the person saw it, lets
`billing.matching` do the work, and leaves a `Resolution`. ValidationError says in one sentence why
nothing was done, so that of two people at once the second is told.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from billing import matching
from billing.choices import MatchedBy
from billing.models import Adjudication, Claim, Remittance, Resolution

Kind = Resolution.Kind
State = Remittance.State
AT_ONCE = 1_000
LINKED_ALREADY = "Somebody else has linked this decision meanwhile."
ASIDE_ALREADY = "This decision is kept aside already."
NOT_ASIDE = "This decision is not kept aside."
DOES_NOT_COUNT = "The remittance of this decision does not count, so that nothing is linked to it."
NO_SIBLING = "No other remittance has this payer, trace number, date and amount."
POSTED_ALREADY = "This remittance counts already."
SET_ASIDE_ALREADY = "This remittance is set aside already."
NO_REASON = "Say why, in a few words."


# Decisions that have found no claim


@transaction.atomic
def link(decision: Adjudication, claim: Claim, *, who: User, reason: str = "") -> Resolution:
    """Say which claim of the same practice a waiting decision is about."""
    claim = Claim.objects.select_for_update().get(pk=claim.pk)
    decision = _waiting(decision)
    if claim.practice_id != decision.practice_id:
        raise ValidationError("The claim belongs to another practice.")
    matching.link(decision, claim)
    return _resolved(decision, Kind.LINKED, who, reason, claim)


@transaction.atomic
def keep_aside(decision: Adjudication, *, who: User, reason: str) -> Resolution:
    """Say that a waiting decision need not find a claim, and why."""
    decision = _waiting(decision)
    if decision.is_kept_aside:
        raise ValidationError(ASIDE_ALREADY)
    return _set_aside(decision, Kind.KEPT_ASIDE, who, _said(reason))


@transaction.atomic
def put_back(decision: Adjudication, *, who: User, reason: str = "") -> Resolution:
    """Let a decision that was kept aside wait for its claim again; one that is there is linked."""
    decision = _waiting(decision)
    if not decision.is_kept_aside:
        raise ValidationError(NOT_ASIDE)
    resolution = _set_aside(decision, Kind.RETURNED, who, reason.strip())
    matching.attach(decision.practice_id, [decision])
    return resolution


def _waiting(decision: Adjudication) -> Adjudication:
    """The decision as stored, held until the transaction ends; it has no claim."""
    stored = Adjudication.objects.select_for_update(of=("self",)).select_related("remittance")
    found = stored.get(pk=decision.pk)
    if found.claim_id is not None:
        raise ValidationError(LINKED_ALREADY)
    if found.remittance is None or found.remittance.state != State.POSTED:
        raise ValidationError(DOES_NOT_COUNT)
    return found


def _set_aside(decision: Adjudication, kind: Kind, who: User, reason: str) -> Resolution:
    decision.is_kept_aside = kind == Kind.KEPT_ASIDE
    decision.save(update_fields=("is_kept_aside",))
    return _resolved(decision, kind, who, reason)


def _resolved(
    decision: Adjudication, kind: Kind, who: User, reason: str, claim: Claim | None = None
) -> Resolution:
    assert decision.remittance is not None  # noqa: S101 - narrows the type
    return Resolution.objects.create(
        practice_id=decision.practice_id,
        remittance=decision.remittance,
        adjudication=decision,
        claim=claim,
        kind=kind,
        reason=reason.strip(),
        who=who,
    )


# Possible duplicates


def same_payment(remittance: Remittance) -> QuerySet[Remittance]:
    """The other remittances of the same payment: payer, trace number, date and amount."""
    if not remittance.trace_number:
        return Remittance.objects.none()
    return (
        Remittance.objects.filter(
            practice=remittance.practice_id,
            payer=remittance.payer_id,
            trace_number=remittance.trace_number,
            paid_on=remittance.paid_on,
            amount=remittance.amount,
        )
        .exclude(pk=remittance.pk)
        .order_by("pk")
    )


@transaction.atomic
def post(remittance: Remittance, *, who: User, reason: str) -> Resolution:
    """Let a possible duplicate, or one that was set aside, count: its decisions find their claims.

    Others of the same payment stay as they are. What a person had linked is linked again.
    """
    remittance = _one_of_several(remittance)
    if remittance.state == State.POSTED:
        raise ValidationError(POSTED_ALREADY)
    resolution = _decided(remittance, State.POSTED, Kind.POSTED, who, _said(reason))
    keys = list(
        remittance.adjudications.filter(claim__isnull=True, is_kept_aside=False)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(keys), AT_ONCE):
        _find_claims(remittance.practice_id, keys[start : start + AT_ONCE])
    return resolution


def _find_claims(practice_id: int, keys: Sequence[int]) -> None:
    rows = list(Adjudication.objects.filter(pk__in=keys).order_by("pk"))
    said: dict[int | None, Claim] = {}
    links = Resolution.objects.filter(adjudication__in=keys, kind=Kind.LINKED)
    for row in links.select_related("claim").order_by("pk"):
        if row.claim is not None:
            said[row.adjudication_id] = row.claim
    for decision in rows:
        if decision.pk in said:
            matching.link(decision, said[decision.pk])
    unsaid = [decision for decision in rows if decision.pk not in said]
    matching.attach(practice_id, unsaid)
    by_number = (d for d in unsaid if d.matched_by == MatchedBy.NUMBER)
    controls = {decision.payer_control_number for decision in by_number}
    matching.link_waiting(practice_id, control_numbers=controls)


@transaction.atomic
def set_aside(remittance: Remittance, *, who: User, reason: str) -> Resolution:
    """Say that one of several remittances of the same payment does not count, and why.

    The decisions of one that counted so far leave their claims.
    """
    remittance = _one_of_several(remittance)
    if remittance.state == State.SET_ASIDE:
        raise ValidationError(SET_ASIDE_ALREADY)
    reason = _said(reason)
    if remittance.state == State.POSTED:
        matching.detach(remittance)
    return _decided(remittance, State.SET_ASIDE, Kind.SET_ASIDE, who, reason)


def _one_of_several(remittance: Remittance) -> Remittance:
    """The remittance as stored, held with its like until the transaction ends."""
    keys = [remittance.pk, *same_payment(remittance).values_list("pk", flat=True)]
    held = Remittance.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in held}
    if len(found) < 2:
        raise ValidationError(NO_SIBLING)
    return found[remittance.pk]


def _decided(
    remittance: Remittance, state: State, kind: Kind, who: User, reason: str
) -> Resolution:
    remittance.state, remittance.is_decided = state, True
    remittance.save(update_fields=("state", "is_decided"))
    return Resolution.objects.create(
        practice_id=remittance.practice_id,
        remittance=remittance,
        kind=kind,
        reason=reason,
        who=who,
    )


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValidationError(NO_REASON)
    return reason.strip()
