"""What a person does to many claims at once; a claim that cannot follow is skipped with a reason.

Claims are taken in chunks, one transaction each: lock them in order of their keys, look at each as
it stands now, post, record who did it. Two people at the same claims therefore take turns, and the
second is told for each claim what is done already.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction

from billing import audit
from billing.choices import AppealResult, ClaimStatus
from billing.models import Appeal, Claim, Note, Staff, WriteOff
from billing.posting import post_events
from billing.querysets import ClaimQuerySet

CHUNK = 200
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """Which claims were done, by number, with the dollars concerned; which were not, and why."""

    done: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    amount: Decimal = Decimal(0)

    def add(self, other: "Report") -> None:
        """Take in what was done in another chunk."""
        self.done += other.done
        self.skipped += other.skipped
        self.amount += other.amount


def appeal_refusal(claim: Claim, has_open_appeal: bool) -> str:
    """Why this claim cannot be appealed; empty where it can."""
    if claim.first_denied_on is None:
        return "never denied"
    return "an appeal is open already" if has_open_appeal else ""


def write_off_refusal(claim: Claim, agreed: Decimal) -> str:
    """Why the balance that was agreed on cannot be written off; empty where it can."""
    if claim.balance == 0:
        if claim.written_off > 0:
            return "already written off"
        return f"no balance ({ClaimStatus(claim.status).label.lower()})"
    if claim.balance != agreed:
        return f"its balance is now ${claim.balance:,.2f}, no longer ${agreed:,.2f}"
    return ""


def write_off_balances(
    claims: ClaimQuerySet,
    agreed: Mapping[int, Decimal],
    *,
    written_off_on: date,
    reason: str,
    who: User,
) -> Report:
    """Write off the whole balance of each of these claims where it is the one agreed on.

    `agreed` holds the balance that the person saw, by key. It counts as given up because of a
    denial where it stands denied.
    """

    def work(found: Sequence[Claim], report: Report) -> None:
        events = []
        for claim in found:
            if refusal := write_off_refusal(claim, agreed[claim.pk]):
                report.skipped.append((claim.number, refusal))
                continue
            events.append(
                WriteOff(
                    practice_id=claim.practice_id,
                    claim=claim,
                    written_off_on=written_off_on,
                    amount=claim.balance,
                    reason=reason,
                    for_denial=claim.standing_denied > 0,
                    who=who,
                )
            )
            report.done.append(claim.number)
            report.amount += claim.balance
        post_events(events)
        audit.created_in_bulk(who, events)

    return in_chunks(claims, agreed, work)


def file_appeals(
    claims: ClaimQuerySet, keys: Collection[int], *, filed_on: date, who: User
) -> Report:
    """File an appeal of each of these claims that was denied and has none open."""

    def work(found: Sequence[Claim], report: Report) -> None:
        appealed = set(
            Appeal.objects.filter(
                claim__in=found, result=AppealResult.OPEN, replaced_by__isnull=True
            ).values_list("claim", flat=True)
        )
        events = []
        for claim in found:
            if refusal := appeal_refusal(claim, claim.pk in appealed):
                report.skipped.append((claim.number, refusal))
                continue
            events.append(
                Appeal(practice_id=claim.practice_id, claim=claim, filed_on=filed_on, who=who)
            )
            report.done.append(claim.number)
            report.amount += claim.balance
        post_events(events)
        audit.created_in_bulk(who, events)

    return in_chunks(claims, keys, work)


def add_notes(claims: ClaimQuerySet, keys: Collection[int], *, text: str, who: User) -> Report:
    """Leave the same note on each of these claims."""

    def work(found: Sequence[Claim], report: Report) -> None:
        notes = Note.objects.bulk_create(Note(claim=claim, text=text, who=who) for claim in found)
        audit.created_in_bulk(who, notes)
        report.done += [claim.number for claim in found]
        report.amount += sum((claim.balance for claim in found), Decimal(0))

    return in_chunks(claims, keys, work)


def assign(
    claims: ClaimQuerySet, keys: Collection[int], *, staff: Staff | None, who: User
) -> Report:
    """Assign each of these claims to one person (None: to nobody) and leave a note of it."""

    def work(found: Sequence[Claim], report: Report) -> None:
        moved = []
        for claim in found:
            if staff is not None and claim.practice_id != staff.practice_id:
                report.skipped.append((claim.number, f"of a practice without {staff}"))
            elif claim.assignee_id == (staff and staff.pk):
                report.skipped.append((claim.number, f"already assigned to {staff or 'nobody'}"))
            else:
                moved.append(claim)
        audit.changed_in_bulk(who, moved, {"assignee": staff})
        Claim.objects.filter(pk__in=[claim.pk for claim in moved]).update(assignee=staff)
        text = f"Assigned to {staff or 'nobody'}."
        Note.objects.bulk_create(Note(claim=claim, text=text, who=who) for claim in moved)
        report.done += [claim.number for claim in moved]
        report.amount += sum((claim.balance for claim in moved), Decimal(0))

    return in_chunks(claims, keys, work)


def in_chunks(
    claims: ClaimQuerySet, keys: Collection[int], work: Callable[[Sequence[Claim], Report], None]
) -> Report:
    """Do the work on locked claims, by chunks; one that the database refuses is skipped whole."""
    report, wanted = Report(), sorted(keys)
    for start in range(0, len(wanted), CHUNK):
        chunk = claims.filter(pk__in=wanted[start : start + CHUNK]).order_by("pk")
        part = Report()
        try:
            with transaction.atomic():
                work(list(chunk.select_for_update(of=("self",))), part)
        except DatabaseError:
            logger.exception("a chunk of claims could not be stored")
            numbers = chunk.values_list("number", flat=True)
            part = Report(
                skipped=[(number, "could not be stored: try again") for number in numbers]
            )
        report.add(part)
    return report
