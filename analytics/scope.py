"""Scope: the slice of the records that is asked for. The one place that reads today's date."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from billing.models import Appeal, Claim
from billing.querysets import ClaimQuerySet

PERIODS = {
    "this-month": "This month",
    "30": "Last 30 days",
    "90": "Last 90 days",
    "365": "Last 365 days",
    "all": "All time",
    "custom": "From – to",
}
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 12, 31)
DUE = (7, 14, 30, 60, 90)  # how many days ahead a page of deadlines can look
DEFAULT_DUE = 30
DIMENSIONS = ("payer", "department", "provider", "practice")


def today() -> date:
    """The current business date."""
    return timezone.localdate()


def one_month_before(day: date) -> date:
    """The same day of the month before, or that month's last day."""
    last_of_month = day.replace(day=1) - timedelta(days=1)
    return last_of_month.replace(day=min(day.day, last_of_month.day))


def _midnight(day: date) -> datetime:
    """The moment at which a business date begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which claims, over which period, as they stood on which day.

    `start` and `end` bound the period, both included; over all time both are None. The names of
    payers, departments, providers and practices narrow it; an empty tuple does not. `latest` is
    the day of the last recorded event, which tells whether `as_of` looks into the past.
    `seen` are the keys of the practices that the person who asks may see; None means all.
    `staff` is the person whose actions count; None means everyone's. `due` is how many days ahead
    of the as-of day a deadline is near.
    """

    as_of: date
    start: date | None = None
    end: date | None = None
    period: str = "all"
    payer: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    practice: tuple[str, ...] = ()
    latest: date | None = None
    seen: frozenset[int] | None = None
    staff: str | None = None
    due: int = DEFAULT_DUE

    @classmethod
    def of(
        cls,
        *,
        period: str = "all",
        as_of: date | None = None,
        start: date | None = None,
        end: date | None = None,
        seen: frozenset[int] | None = None,
        due: int = DEFAULT_DUE,
        **names: tuple[str, ...],
    ) -> "Scope":
        """The scope of a named period up to `as_of` (today unless given)."""
        day = as_of or today()
        if period == "this-month":
            start, end = day.replace(day=1), day
        elif period.isdigit():
            start, end = day - timedelta(days=int(period) - 1), day
        elif period == "all":
            start = end = None
        else:
            start, end = start or FIRST_DAY, end or day
        latest = Claim.objects.aggregate(latest=Max("last_event_on"))["latest"]
        return cls(day, start, end, period, latest=latest, seen=seen, staff=None, due=due, **names)

    @property
    def is_all_time(self) -> bool:
        """Whether no period bounds the scope."""
        return self.start is None or self.end is None

    @property
    def days(self) -> int | None:
        """How many days the period has, both ends included."""
        if self.start is None or self.end is None:
            return None
        return (self.end - self.start).days + 1

    def between(self, field: str) -> dict[str, Any]:
        """A filter that keeps a date column within the period and up to the as-of day."""
        if self.start is None or self.end is None:
            return {f"{field}__lte": self.as_of}
        return {f"{field}__range": (self.start, min(self.end, self.as_of))}

    def during(self, field: str) -> dict[str, Any]:
        """A filter that keeps a moment within the period and up to the as-of day's midnight.

        Days begin at midnight in the site's time zone.
        """
        last = self.as_of if self.end is None else min(self.end, self.as_of)
        until = {f"{field}__lt": _midnight(last + timedelta(days=1))}
        return until if self.start is None else {f"{field}__gte": _midnight(self.start), **until}

    def named(self, prefix: str = "") -> dict[str, Any]:
        """A filter by what may be seen and by what was chosen."""
        chosen = {
            f"{prefix}{name}__name__in": names
            for name in DIMENSIONS
            if (names := getattr(self, name))
        }
        return chosen if self.seen is None else chosen | {f"{prefix}practice__in": self.seen}

    def claims(self) -> ClaimQuerySet:
        """The claims of the scope as they stood; the period is each KPI's own to apply."""
        is_latest = self.latest is None or self.latest <= self.as_of
        return Claim.objects.as_of(self.as_of, is_latest=is_latest).filter(**self.named())

    def decided(self) -> ClaimQuerySet:
        """The claims whose first decision falls in the period."""
        return self.claims().filter(**self.between("as_of_first_decided_on"))

    def submitted(self) -> ClaimQuerySet:
        """The claims first sent in the period."""
        return self.claims().filter(**self.between("submitted_on"))

    def paid(self) -> ClaimQuerySet:
        """The claims first paid by an insurer in the period."""
        return self.claims().filter(**self.between("as_of_first_paid_on"))

    def open(self) -> ClaimQuerySet:
        """The claims on which money was still awaited on the as-of day.

        Those that were done with by then are passed over by their stored date, which is cheaper
        than to ask how they stood.
        """
        not_done = Q(closed_on__isnull=True) | Q(closed_on__gt=self.as_of)
        return self.claims().open().filter(not_done)

    def existing(self, prefix: str = "") -> Q:
        """What happened to claims that were sent by the as-of day, or never seen being sent."""
        sent_on = f"{prefix}submitted_on"
        return Q(**{f"{sent_on}__lte": self.as_of}) | Q(**{f"{sent_on}__isnull": True})

    def appeals(self) -> QuerySet[Appeal]:
        """The appeals on the claims of the scope that were filed by the as-of day."""
        return Appeal.objects.filter(
            self.existing("claim__"),
            replaced_by__isnull=True,
            filed_on__lte=self.as_of,
            **self.named("claim__"),
        )

    def previous(self) -> "Scope | None":
        """The equal period just before, known as of the same day; None over all time.

        "This month" compares with the same days of the month before.
        """
        if self.start is None or self.end is None or self.days is None:
            return None
        if self.period == "this-month":
            end = one_month_before(self.end)
            return replace(self, start=end.replace(day=1), end=end, period="custom")
        end = self.start - timedelta(days=1)
        if end.toordinal() - self.days < 1:
            return None
        start = end - timedelta(days=self.days - 1)
        return replace(self, start=start, end=end, period="custom")

    def earlier(self) -> "Scope | None":
        """The same question as it stood on the day before the period; None over all time."""
        if self.start is None or not FIRST_DAY < self.start <= self.as_of:
            return None
        before = self.previous()
        return None if before is None else replace(before, as_of=self.start - timedelta(days=1))

    def at(self, day: date) -> "Scope":
        """The same names as they stood on another day."""
        return replace(self, as_of=day, start=None, end=None, period="all")

    def within(self, first: date, last: date) -> "Scope":
        """The part of the period that lies between two days, both included."""
        start, end = self.start or first, self.end or last
        return replace(self, start=max(start, first), end=min(end, last), period="custom")

    def trailing(self, months: int) -> "Scope":
        """The same names over the `months` calendar months that end with the as-of day's."""
        first = self.as_of.replace(day=1)
        for _ in range(months - 1):
            first = one_month_before(first)
        return replace(self, start=first, end=self.as_of, period="custom")

    @property
    def words(self) -> str:
        """The period as people read it."""
        if self.start is None or self.end is None:
            return "All time"
        return f"{self.start} – {self.end}"

    def parameters(self) -> list[tuple[str, str]]:
        """The scope as address parameters, the same names as the options of `report`."""
        pairs = [("period", self.period)]
        if self.period == "custom" and self.start and self.end:
            pairs += [("from", self.start.isoformat()), ("to", self.end.isoformat())]
        if self.as_of != today():
            pairs.append(("as_of", self.as_of.isoformat()))
        if self.due != DEFAULT_DUE:
            pairs.append(("due", str(self.due)))
        for name in DIMENSIONS:
            pairs += [(name, chosen) for chosen in getattr(self, name)]
        return pairs

    def query(self, **more: str) -> str:
        """The scope as a query string, with further parameters behind it."""
        return urlencode([*self.parameters(), *more.items()])

    def described(self) -> dict[str, Any]:
        """The scope for exports: plain names and ISO dates."""
        return {
            "period": self.period,
            "from": self.start.isoformat() if self.start else None,
            "to": self.end.isoformat() if self.end else None,
            "as_of": self.as_of.isoformat(),
            **{name: list(getattr(self, name)) for name in DIMENSIONS},
        }
