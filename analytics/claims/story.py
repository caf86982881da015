"""The page of one claim: everything known of it, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from analytics.claims.decisions import Decision, decisions
from analytics.claims.owed import Owed, owed
from analytics.claims.table import age
from analytics.claims.timeline import Happenings, Moment, people, timeline
from analytics.scope import today
from billing.access import Person, visible
from billing.choices import AppealResult
from billing.deadlines import Clocks, Deadline
from billing.models import (
    AdjudicationLine,
    Adjustment,
    Appeal,
    Claim,
    ClaimLine,
    LineItem,
    StatusChange,
    Submission,
    WorkMark,
)
from billing.projection import Events, explain
from billing.work_marks import marks_of

NEWEST = 200  # activities and notes; a claim has a handful
FACTS = (
    "practice",
    "payer",
    "department",
    "provider",
    "assignee",
    "encounter__patient",
    "main_reason",
    "replaces",
)


@dataclass(frozen=True)
class Story:
    """A claim, what was billed and decided, what people did, what is owed and why."""

    claim: Claim
    age: int | None
    lines: Sequence[ClaimLine | LineItem]
    lines_are_claimed: bool
    submissions: Sequence[Submission]
    decisions: Sequence[Decision]
    owed: Owed
    people: Sequence[Moment]
    timeline: Sequence[Moment]
    appeal: Appeal | None
    is_closed_by_hand: bool
    replacing: Sequence[Claim]
    deadline: Deadline | None
    days_left: int | None
    mark: WorkMark | None

    @property
    def is_done(self) -> bool:
        """Whether it is off the work queue until something new happens."""
        return self.mark is not None and self.mark.kind == WorkMark.Kind.DONE

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.days_left is not None and self.days_left < 0

    @property
    def is_shortened(self) -> bool:
        """Whether older activities or notes are left out."""
        return len(self.people) >= NEWEST


def find_claim(user: Person, key: int) -> Claim:
    """The claim, where it belongs to a practice of this person; raises Claim.DoesNotExist."""
    return visible(Claim.objects.select_related(*FACTS), user).get(pk=key)


def story_of(claim: Claim, user: Person) -> Story:
    """All there is to say about a claim that `find_claim` gave."""
    adjudications = _adjudications(claim)
    events = _happenings(claim)
    decided = decisions(adjudications)
    live = Events(
        _effective(adjudications),
        _effective(events.patient_payments),
        _effective(events.contractual_adjustments),
        _effective(events.write_offs),
        _effective(events.appeals),
        _effective(events.status_changes),
    )
    lines, are_claimed = _lines(claim)
    deadline = Clocks.read().deadline(claim)
    return Story(
        claim=claim,
        age=age(claim),
        lines=lines,
        lines_are_claimed=are_claimed,
        submissions=events.submissions,
        decisions=decided,
        owed=owed(claim, explain(claim, live)),
        people=people(events),
        timeline=timeline(claim, decided, events),
        appeal=next((a for a in live.appeals if a.result == AppealResult.OPEN), None),
        is_closed_by_hand=_is_closed_by_hand(live.status_changes),
        replacing=list(visible(claim.replaced_by.order_by("number", "pk"), user)),
        deadline=deadline,
        days_left=deadline.days_left(today()) if deadline else None,
        mark=marks_of([claim.pk], today()).get(claim.pk),
    )


def _adjudications(claim: Claim) -> list[Any]:
    adjustments = Adjustment.objects.select_related("reason", "line").order_by("pk")
    return list(
        claim.adjudications.select_related(
            "remittance", "main_reason", "reverses", "replaces", "replaced_by"
        )
        .prefetch_related(
            Prefetch("adjustments", adjustments),
            Prefetch("lines", AdjudicationLine.objects.order_by("pk")),
        )
        .order_by("decided_on", "pk")
    )


def _happenings(claim: Claim) -> Happenings:
    def of(rows: QuerySet[Any], *joined: str) -> list[Any]:
        return list(rows.select_related("replaced_by", *joined).order_by("pk"))

    return Happenings(
        list(claim.submissions.order_by("submitted_on", "pk")),
        of(claim.patient_payments.all()),
        of(claim.contractual_adjustments.all()),
        of(claim.write_offs.all(), "who"),
        of(claim.appeals.all(), "who"),
        of(claim.status_changes.all(), "who"),
        list(claim.notes.select_related("who").order_by("-written_at", "-pk")[:NEWEST]),
        list(claim.work_marks.select_related("who").order_by("-recorded_at", "-pk")[:NEWEST]),
        list(claim.activities.select_related("staff").order_by("-occurred_at", "-pk")[:NEWEST]),
    )


def _effective(events: Sequence[Any]) -> list[Any]:
    """Those that no other event replaces."""
    return [event for event in events if not hasattr(event, "replaced_by")]


def _lines(claim: Claim) -> tuple[Sequence[ClaimLine | LineItem], bool]:
    """What this claim billed; where that is not known, the charges of its encounter."""
    billed = list(claim.lines.select_related("procedure").order_by("position"))
    if billed or claim.encounter is None:
        return billed, True
    return list(
        claim.encounter.line_items.select_related("procedure").order_by("number", "pk")
    ), False


def _is_closed_by_hand(changes: Sequence[StatusChange]) -> bool:
    """As `posting.change_status` sees it: by the last change."""
    last = max(changes, key=lambda c: (c.changed_on, c.pk), default=None)
    return last is not None and last.change == StatusChange.Change.CLOSED
