"""Setting claims aside in the work queue, and putting them back: what a person decides, kept.

A claim is set aside until a day (snoozed) or for good (done), in either case only as long as
nothing happens to it: once its status, its balance or the day of its last event differs from what
it was, the mark no longer holds and the claim is back in the queue. Marks are never changed; a new
one takes the place of the one before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing import audit
from billing.bulk_posting import Report, in_chunks
from billing.choices import ClaimStatus
from billing.models import Claim, WorkMark
from billing.querysets import ClaimQuerySet

Kind = WorkMark.Kind
WORKED = (ClaimStatus.DRAFT, ClaimStatus.PENDING, ClaimStatus.DENIED, ClaimStatus.APPEALED)


def newest(marks: QuerySet[WorkMark]) -> QuerySet[WorkMark]:
    """The marks that no other one has taken the place of."""
    return marks.filter(replaced_by=None)


def holding(today: date) -> QuerySet[WorkMark]:
    """The marks that hold on a day: newest, not over, and the claim is as it was."""
    unchanged = Q(claim_last_event_on=F("claim__last_event_on")) | Q(
        claim_last_event_on=None, claim__last_event_on=None
    )
    return newest(WorkMark.objects.all()).filter(
        unchanged,
        Q(kind=Kind.DONE) | Q(kind=Kind.SNOOZED, until__gt=today),
        claim_status=F("claim__status"),
        claim_balance=F("claim__balance"),
    )


def set_aside(today: date, kind: str = "") -> Exists:
    """Claims that are set aside on a day; of one kind where it is named."""
    marks = holding(today).filter(claim=OuterRef("pk"))
    return Exists(marks.filter(kind=kind) if kind else marks)


def marks_of(claims: Collection[int], today: date) -> dict[int, WorkMark]:
    """The marks that hold on these claims, by claim, each with who made it; one query."""
    found = holding(today).filter(claim__in=claims).select_related("who")
    return {mark.claim_id: mark for mark in found.order_by("pk")}


def refusal(claim: Claim, held: WorkMark | None, kind: str, until: date | None = None) -> str:
    """Why this mark cannot be made; empty where it can. `held` is the one that holds now."""
    if kind == Kind.RETURNED:
        return "" if held else "in the queue already"
    if claim.status not in WORKED:
        return f"nothing left to do ({ClaimStatus(claim.status).label.lower()})"
    if held is not None and held.kind == Kind.DONE:
        return f"done already, by {held.who}"
    if held is not None and kind == Kind.SNOOZED and held.until == until:
        return f"snoozed until {until} already, by {held.who}"
    return ""


def mark(
    claims: ClaimQuerySet,
    keys: Collection[int],
    *,
    kind: str,
    who: User,
    today: date,
    reason: str = "",
    until: date | None = None,
) -> Report:
    """Set each of these claims aside, or put it back; those that cannot follow are skipped."""

    def work(found: Sequence[Claim], report: Report) -> None:
        pks = [claim.pk for claim in found]
        held = marks_of(pks, today)
        last = _last_of(pks)
        marks = []
        for claim in found:
            if why := refusal(claim, held.get(claim.pk), kind, until):
                report.skipped.append((claim.number, why))
                continue
            marks.append(
                WorkMark(
                    practice_id=claim.practice_id,
                    claim=claim,
                    kind=kind,
                    until=until,
                    reason=reason,
                    who=who,
                    replaces_id=last.get(claim.pk),
                    claim_status=claim.status,
                    claim_balance=claim.balance,
                    claim_last_event_on=claim.last_event_on,
                )
            )
            report.done.append(claim.number)
            report.amount += claim.balance
        audit.created_in_bulk(who, WorkMark.objects.bulk_create(marks))

    return in_chunks(claims, keys, work)


def _last_of(claims: Collection[int]) -> Mapping[int, int]:
    rows = newest(WorkMark.objects.filter(claim__in=claims)).order_by("pk")
    return dict(rows.values_list("claim", "pk"))
