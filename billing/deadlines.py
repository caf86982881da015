"""Until when a claim can be filed or appealed: the payers' limits and the days they lead to.

Two clocks run. A draft must be filed within the payer's limit from its service date; a denied claim
must be appealed within the limit from the day it was first denied. No other claim has a deadline
that runs: it is with the payer, under appeal, or done. A limit that nobody has set is not guessed;
only Medicare's filing limit is law (42 CFR 424.44: one calendar year after the service).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from django.db.models import Q

from billing.choices import ClaimStatus, PayerKind
from billing.models import Claim, ContractLimits, Payer

ONE_DAY = timedelta(days=1)
NEVER = Q(pk__lt=0)
Pair = tuple[int, int]  # keys of a practice and a payer
FILING, APPEAL = "filing", "appeal"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of days, or one calendar year where `days` is None."""

    days: int | None

    def deadline(self, start: date) -> date:
        """The last day that is in time for a clock that began on `start`."""
        if self.days is not None:
            return start + timedelta(days=self.days)
        try:
            return start.replace(year=start.year + 1)
        except ValueError:  # 29 February ends on the 28th of the next year
            return start.replace(year=start.year + 1, day=28)

    def latest_start(self, deadline: date) -> date:
        """The last day on which a clock can have begun that runs out by `deadline`."""
        if self.days is not None:
            return deadline - timedelta(days=self.days)
        try:
            before = deadline.replace(year=deadline.year - 1)
        except ValueError:
            return deadline.replace(year=deadline.year - 1, day=28)
        is_leap_day = before.month == 2 and (before + ONE_DAY).day == 29
        return before + ONE_DAY if is_leap_day else before

    def __str__(self) -> str:
        return "one calendar year" if self.days is None else f"{self.days:,} days"


ONE_YEAR = Limit(None)


@dataclass(frozen=True, slots=True)
class Clock:
    """One of the two: the status in which it runs, the date it counts from, each payer's limit.

    `payers` holds what holds for every practice, None where nothing is set; `own` what one
    practice's contract says instead.
    """

    name: str
    status: ClaimStatus
    basis: str
    payers: Mapping[int, Limit | None]
    own: Mapping[Pair, Limit]

    def limit(self, practice: int, payer: int) -> Limit | None:
        """The limit of a payer for a practice; None where nobody has set one."""
        return self.own.get((practice, payer)) or self.payers.get(payer)

    def due(self, first: date, last: date, prefix: str = "") -> Q:
        """Claims whose deadline falls from `first` to `last`, both included.

        `prefix` stands before the name of the date: `as_of_` for a past day. The status is not
        asked for here.
        """
        return self._starting(
            lambda limit: {
                f"{prefix}{self.basis}__gt": limit.latest_start(first - ONE_DAY),
                f"{prefix}{self.basis}__lte": limit.latest_start(last),
            }
        )

    def passed(self, day: date, prefix: str = "") -> Q:
        """Claims whose deadline was before `day`."""
        return self._starting(
            lambda limit: {f"{prefix}{self.basis}__lte": limit.latest_start(day - ONE_DAY)}
        )

    def unlimited(self) -> Q:
        """Claims whose payer has no limit."""
        found = NEVER
        for limit, whose in self._groups():
            if limit is None:
                found |= whose
        return found

    def _starting(self, bounds: "Callable[[Limit], dict[str, Any]]") -> Q:
        found = NEVER
        for limit, whose in self._groups():
            if limit is not None:
                found |= whose & Q(**bounds(limit))
        return found

    def _groups(self) -> Iterator[tuple[Limit | None, Q]]:
        """The claims of each limit; every claim belongs to one of them."""
        payers: defaultdict[Limit | None, list[int]] = defaultdict(list)
        for payer, limit in self.payers.items():
            payers[limit].append(payer)
        for limit, keys in payers.items():
            whose = Q(payer__in=keys)
            for practice, payer in self.own:
                if payer in keys:
                    whose &= ~Q(practice=practice, payer=payer)
            yield limit, whose
        for (practice, payer), limit in self.own.items():
            yield limit, Q(practice=practice, payer=payer)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when one claim can be filed or appealed, and why then; no day where none is known."""

    clock: str
    began_on: date | None
    limit: Limit | None

    @property
    def day(self) -> date | None:
        """The last day; None where the payer has no limit, or the day it counts from is unknown."""
        if self.limit is None or self.began_on is None:
            return None
        return self.limit.deadline(self.began_on)

    def days_left(self, today: date) -> int | None:
        """Whole days until the last one: 0 today, negative once it has passed."""
        return None if self.day is None else (self.day - today).days


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks, as the payers and the contracts of practices are set now."""

    filing: Clock
    appeal: Clock

    @classmethod
    def read(cls) -> Self:
        """In two queries."""
        payers = [*Payer.objects.order_by("pk")]
        contracts = [*ContractLimits.objects.order_by("pk")]
        return cls(
            Clock(
                FILING,
                ClaimStatus.DRAFT,
                "service_date",
                {payer.pk: filing_limit(payer) for payer in payers},
                {
                    (row.practice_id, row.payer_id): Limit(row.filing_limit_days)
                    for row in contracts
                    if row.filing_limit_days is not None
                },
            ),
            Clock(
                APPEAL,
                ClaimStatus.DENIED,
                "first_denied_on",
                {payer.pk: _limit(payer.appeal_limit_days) for payer in payers},
                {
                    (row.practice_id, row.payer_id): Limit(row.appeal_limit_days)
                    for row in contracts
                    if row.appeal_limit_days is not None
                },
            ),
        )

    def __iter__(self) -> Iterator[Clock]:
        return iter((self.filing, self.appeal))

    def due(self, first: date, last: date) -> Q:
        """Claims, as they stand now, whose deadline falls from `first` to `last`."""
        found = NEVER
        for clock in self:
            found |= Q(status=clock.status) & clock.due(first, last)
        return found

    def passed(self, day: date) -> Q:
        """Claims, as they stand now, whose deadline was before `day`."""
        found = NEVER
        for clock in self:
            found |= Q(status=clock.status) & clock.passed(day)
        return found

    def unlimited(self) -> Q:
        """Claims, as they stand now, whose payer has no limit for what has to be done."""
        found = NEVER
        for clock in self:
            found |= Q(status=clock.status) & clock.unlimited()
        return found

    def deadline(self, claim: Claim) -> Deadline | None:
        """The deadline that runs for a claim as it stands now; None where none runs."""
        for clock in self:
            if claim.status == clock.status:
                limit = clock.limit(claim.practice_id, claim.payer_id)
                return Deadline(clock.name, getattr(claim, clock.basis), limit)
        return None


def filing_limit(payer: Payer) -> Limit | None:
    """What is set for a payer; for Medicare, unless set otherwise, one calendar year."""
    if payer.filing_limit_days is None and payer.kind == PayerKind.MEDICARE:
        return ONE_YEAR
    return _limit(payer.filing_limit_days)


def _limit(days: int | None) -> Limit | None:
    return None if days is None else Limit(days)
