"""The work queue as rows of a page and as files: what each claim is worth, and why that much."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db.models import prefetch_related_objects

from analytics.claims.owed import money
from analytics.claims.paging import sorted_claims
from analytics.claims.table import reason_code
from analytics.exports import CHUNK
from analytics.work.queue import WHY, Queue
from analytics.work.ranking import Share, Worth
from analytics.work.selection import BY_VALUE, WorkSelection
from billing.choices import ClaimStatus
from billing.deadlines import APPEAL, Deadline
from billing.models import Claim, WorkMark
from billing.sheets import Sheet
from billing.work_marks import marks_of

SHOWN = ("payer", "practice", "assignee", "main_reason__category")


@dataclass(frozen=True, slots=True)
class Row:
    """One claim of the queue in words; `mark` is what set it aside."""

    claim: Claim
    worth: Worth
    why: str
    detail: str
    mark: WorkMark | None

    @property
    def value(self) -> str:
        """Dollars and cents."""
        return money(self.worth.value)

    @property
    def factors(self) -> list[tuple[str, str]]:
        """The arithmetic, factor by factor: the number, and what it stands for."""
        worth = self.worth
        kind = "still owed" if worth.is_balance else "expected"
        return [
            (money(worth.amount), f"{kind}{', assumed' * worth.is_assumed}"),
            (percent(worth.share), share_words(self.claim, worth.share)),
            (f"{worth.time / 100:.2f}", time_words(worth.deadline, worth.days_left)),
        ]

    @property
    def deadline(self) -> str:
        """The last day; empty where none runs or is known."""
        day = self.worth.deadline and self.worth.deadline.day
        return day.isoformat() if day else ""

    @property
    def deadline_words(self) -> str:
        """What has to be done by then, or why no day is known."""
        return deadline_words(self.worth.deadline, self.worth.days_left)

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.worth.days_left is not None and self.worth.days_left < 0


def percent(share: Share) -> str:
    """One decimal: 29.6 %."""
    return f"{share.thousandths / 10:.1f}\N{NO-BREAK SPACE}%"


def share_words(claim: Claim, share: Share) -> str:
    """The counts behind a share: "12 of 40 overturned at Aetna, Eligibility; practice 28.0 %"."""
    if share.overall is None:
        return "no denial of the practice has ended yet, so nothing is taken off"
    category = ""
    if claim.status == ClaimStatus.DENIED:
        category = claim.main_reason.category.name if claim.main_reason else "no reason given"
    where = ", ".join(filter(None, (claim.payer.name, category)))
    overall = f"{float(share.overall * 100):.1f}\N{NO-BREAK SPACE}%"
    return f"{share.overturned:,} of {share.ended:,} overturned at {where}; practice {overall}"


def time_words(deadline: Deadline | None, days_left: int | None) -> str:
    """What the factor of time rests on."""
    if days_left is not None:
        return "too late" if days_left < 0 else f"{counted(days_left)} left"
    if deadline is None:
        return "no deadline runs"
    return "no limit set" if deadline.limit is None else "the day it counts from is not known"


def deadline_words(deadline: Deadline | None, days_left: int | None) -> str:
    """ "24 days left to appeal", "passed 3 days ago", "no appeal limit set"."""
    if deadline is None:
        return "none: the payer has it"
    what = "appeal" if deadline.clock == APPEAL else "file"
    if days_left is None:
        kind = "appeal" if deadline.clock == APPEAL else "filing"
        return f"no {kind} limit set" if deadline.limit is None else "no service date"
    if days_left < 0:
        return f"passed {counted(-days_left)} ago"
    return f"last day to {what}" if days_left == 0 else f"{counted(days_left)} left to {what}"


def counted(days: int) -> str:
    """1 day, 24 days."""
    return f"{days:,} day{'' if days == 1 else 's'}"


def rows(claims: Sequence[Claim], queue: Queue) -> list[Row]:
    """The rows of some claims, in their order; a fixed number of queries."""
    prefetch_related_objects([*claims], *SHOWN)
    marks = marks_of([claim.pk for claim in claims], queue.scope.as_of)
    return [_row(claim, queue, marks.get(claim.pk)) for claim in claims]


def _row(claim: Claim, queue: Queue, mark: WorkMark | None) -> Row:
    worth = Worth.of(claim, queue.shares, queue.clocks, queue.scope.as_of)
    why = WHY.get(ClaimStatus(claim.status), claim.get_status_display())
    return Row(claim, worth, why, _detail(claim, queue), mark)


def _detail(claim: Claim, queue: Queue) -> str:
    """Since when, and for what reason."""
    if claim.status == ClaimStatus.DENIED:
        reason = claim.main_reason
        since = f"on {claim.first_denied_on}"
        return f"{since}, {reason_code(claim)} · {reason.category.name}" if reason else since
    if claim.status == ClaimStatus.PENDING and claim.submitted_on:
        waited = (queue.scope.as_of - claim.submitted_on).days
        return f"sent {claim.submitted_on}, {counted(waited)} ago"
    if claim.service_date:
        return f"service {claim.service_date}, not sent"
    return ""


# Files

COLUMNS: Mapping[str, Callable[[Row], Any]] = {
    "claim": lambda r: r.claim.number,
    "practice": lambda r: r.claim.practice.name,
    "payer": lambda r: r.claim.payer.name,
    "why": lambda r: r.why,
    "detail": lambda r: r.detail,
    "recoverable": lambda r: r.worth.value,
    "amount": lambda r: r.worth.amount,
    "share_percent": lambda r: r.worth.share.thousandths / 10,
    "overturned": lambda r: r.worth.share.overturned,
    "ended": lambda r: r.worth.share.ended,
    "time_factor": lambda r: r.worth.time / 100,
    "deadline": lambda r: r.worth.deadline.day if r.worth.deadline else None,
    "days_left": lambda r: r.worth.days_left,
    "assignee": lambda r: r.claim.assignee.name if r.claim.assignee else "",
    "set_aside": lambda r: str(r.mark) if r.mark else "",
    "set_aside_because": lambda r: r.mark.reason if r.mark else "",
}


def work_sheet(selection: WorkSelection) -> Sheet:
    """The whole list in its order, read in chunks."""
    name = f"work-{selection.queue.scope.as_of}"
    return Sheet(name, list(COLUMNS), _cells(selection))


def _cells(selection: WorkSelection) -> Iterator[list[Any]]:
    stretches = sorted_claims(selection.claims, BY_VALUE)
    found = chain.from_iterable(part.iterator(chunk_size=CHUNK) for part in stretches)
    while chunk := list(islice(found, CHUNK)):
        for row in rows(chunk, selection.queue):
            yield [read(row) for read in COLUMNS.values()]
