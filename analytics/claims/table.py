"""The claim list as a table and as files. No file names a patient."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

import django_tables2 as tables
from django.db.models import prefetch_related_objects
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableListData

from analytics.claims.paging import Sort, sorted_claims
from analytics.exports import CHUNK
from analytics.scope import today
from analytics.tables import NUMBER, CaptionedTable
from analytics.values import cents
from billing.deadlines import Clocks, Deadline
from billing.models import Claim, ReasonCode
from billing.querysets import ClaimQuerySet
from billing.sheets import Sheet

NONE = "–"
SHOWN = ("payer", "department", "assignee", "main_reason")
EXPORTED = ("practice", *SHOWN, "provider", "main_reason__category")
PER_PAGE = 25


def age(claim: Claim) -> int | None:
    """Whole days from the service up to today."""
    return None if claim.service_date is None else (today() - claim.service_date).days


def reason_code(claim: Claim) -> str:
    """The main reason of the denial: CO-16."""
    return "-".join(filter(None, (claim.main_group, claim.main_reason_id or "")))


def time_left(deadline: Deadline, day: date) -> str:
    """24 days, last day, passed; or that no limit is set."""
    left = deadline.days_left(day)
    if left is None:
        return "no limit set" if deadline.limit is None else "not known"
    if left < 0:
        return "passed"
    return "last day" if left == 0 else f"{left:,} day{'' if left == 1 else 's'}"


class SortedClaims(TableListData):
    """Claims that come in their order; the table says only which order it is."""

    def order_by(self, aliases: Sequence[str]) -> None:
        """They are in order already."""


def _money() -> tables.Column:
    return tables.Column(attrs=NUMBER, orderable=True, initial_sort_descending=True)


def _day(label: str) -> tables.Column:
    return tables.DateColumn(
        verbose_name=label,
        format="Y-m-d",
        orderable=True,
        initial_sort_descending=True,
        attrs={"td": {"class": "day"}},
    )


class ClaimsTable(CaptionedTable):
    """One page of claims as they stand now."""

    caption = "Claims"

    tick = tables.Column(empty_values=(), verbose_name="Tick")
    number = tables.Column(
        verbose_name="Claim", orderable=True, linkify=("claims:claim", {"pk": tables.A("pk")})
    )
    patient = tables.Column(accessor="encounter__patient")
    payer = tables.Column()
    department = tables.Column()
    service_date = _day("Service")
    age = tables.Column(verbose_name="Days", empty_values=(), attrs=NUMBER)
    submitted_on = _day("Submitted")
    status = tables.Column()
    first_decided_on = _day("Decided")
    deadline = tables.Column(empty_values=(), verbose_name="Deadline")
    reason = tables.Column(empty_values=())
    billed = _money()
    balance = _money()
    assignee = tables.Column(verbose_name="Assigned to")

    class Meta:
        template_name = "claims/_table.html"
        default = NONE
        orderable = False  # but for the columns that an index serves
        attrs = {"class": "table table-vcenter card-table table-sm claims-table"}

    def __init__(self, claims: list[Claim], sort: Sort, *, without: Collection[str]) -> None:
        self.clocks = Clocks.read()
        super().__init__(SortedClaims(claims), order_by=sort.name, exclude=tuple(without))

    def render_tick(self, record: Claim) -> SafeString:
        """A box that adds the claim to those that are acted on."""
        return format_html(
            '<input class="form-check-input" type="checkbox" name="claim" value="{}"'
            ' aria-label="Tick claim {}" data-tick>',
            record.pk,
            record.number,
        )

    def render_age(self, record: Claim) -> str:
        """Whole days."""
        days = age(record)
        return NONE if days is None else f"{days:,}"

    def render_deadline(self, record: Claim) -> str:
        """What is left of the time to file or appeal."""
        found = self.clocks.deadline(record)
        return NONE if found is None else time_left(found, today())

    def render_status(self, record: Claim) -> SafeString:
        """In words."""
        return format_html(
            '<span class="status-word status-{}">{}</span>',
            record.status,
            record.get_status_display(),
        )

    def render_reason(self, record: Claim) -> str | SafeString:
        """The code, its wording for those who ask."""
        if record.main_reason is None:
            return NONE
        wording = record.main_reason.wording or "no wording yet"
        return format_html('<abbr title="{}">{}</abbr>', wording, reason_code(record))

    def render_billed(self, value: Decimal) -> str:
        """Dollars and cents."""
        return f"${value:,.2f}"

    render_balance = render_billed


def claims_table(
    claims: list[Claim], sort: Sort, *, shows_patients: bool, can_tick: bool
) -> ClaimsTable:
    """The table of one page; a fixed number of queries fetches what it names."""
    names = [*SHOWN, *(["encounter__patient"] if shows_patients else [])]
    prefetch_related_objects(claims, *names)
    shown = {"patient": shows_patients, "tick": can_tick}
    return ClaimsTable(claims, sort, without=[name for name, is_on in shown.items() if not is_on])


# Files

COLUMNS: Mapping[str, Callable[[Claim], Any]] = {
    "claim": lambda c: c.number,
    "practice": lambda c: c.practice.name,
    "payer": lambda c: c.payer.name,
    "payer_control_number": lambda c: c.payer_control_number,
    "department": lambda c: c.department.name if c.department else "",
    "provider": lambda c: c.provider.name if c.provider else "",
    "service_date": lambda c: c.service_date,
    "age_days": age,
    "submitted_on": lambda c: c.submitted_on,
    "status": lambda c: c.status,
    "first_decided_on": lambda c: c.first_decided_on,
    "first_outcome": lambda c: c.first_outcome,
    "reason": reason_code,
    "category": lambda c: _category(c.main_reason),
    "billed": lambda c: cents(c.billed),
    "expected": lambda c: cents(c.expected),
    "paid": lambda c: cents(c.paid) if c.paid_known else None,
    "written_off": lambda c: cents(c.written_off),
    "balance": lambda c: cents(c.balance),
    "assignee": lambda c: c.assignee.name if c.assignee else "",
}


def _category(reason: ReasonCode | None) -> str:
    return reason.category.name if reason else ""


def claims_sheet(claims: ClaimQuerySet, sort: Sort) -> Sheet:
    """The whole list in its order, read in chunks."""
    stretches = sorted_claims(claims.prefetch_related(*EXPORTED), sort)
    found = chain.from_iterable(part.iterator(chunk_size=CHUNK) for part in stretches)
    clocks, day = Clocks.read(), today()

    def until(claim: Claim) -> list[Any]:
        running = clocks.deadline(claim)
        return [running.day, running.days_left(day)] if running else [None, None]

    rows = ([*(read(claim) for read in COLUMNS.values()), *until(claim)] for claim in found)
    return Sheet(f"claims-{day}", [*COLUMNS, "deadline", "days_left"], rows)
