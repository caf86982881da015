"""Pages of a sorted list by key: as fast at the millionth claim as at the first.

A page begins after a claim that the reader has seen (`after=2026-01-05~1234`: what it is sorted by,
then its key) or ends before one, so nothing is skipped by counting. The order has no ties (the key
decides) and claims without a value come last in both directions. Databases disagree on where empty
values sort and on how well they use an index for "this value and a higher key, or a higher value",
so a page is put together from up to three plain queries, each of which reads one stretch of one
index.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Field

from billing.models import Claim
from billing.querysets import ClaimQuerySet

SORTS = ("number", "service_date", "submitted_on", "first_decided_on", "billed", "balance")
DEFAULT_SORT = "-service_date"
COUNTED = 10_000

# What a list can be sorted by that the database computes for each claim.
COMPUTED: Mapping[str, Field[Any, Any]] = {"recoverable": BigIntegerField()}

Value = str | date | Decimal | int | None


@dataclass(frozen=True, slots=True)
class Sort:
    """A column that an index serves, and its direction."""

    column: str
    descending: bool

    @classmethod
    def named(cls, name: str) -> "Sort":
        """The sort of that name (`-balance`); the default where there is no such sort."""
        column = name.removeprefix("-")
        return cls(column, name.startswith("-")) if column in SORTS else cls.named(DEFAULT_SORT)

    @property
    def name(self) -> str:
        """As in the address."""
        return f"-{self.column}" if self.descending else self.column

    @property
    def is_nullable(self) -> bool:
        """Whether claims can lack a value."""
        return bool(field_of(self.column).null)

    def order(self, *, backwards: bool = False) -> tuple[str, str]:
        """The ORDER BY of a stretch of claims that all have a value, or all have none."""
        sign = "-" if self.descending != backwards else ""
        return f"{sign}{self.column}", f"{sign}pk"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands in a sorted list."""

    value: Value
    key: int

    @classmethod
    def of(cls, claim: Claim, sort: Sort) -> "Place":
        """The place of a claim."""
        return cls(getattr(claim, sort.column), claim.pk)

    @classmethod
    def parsed(cls, text: str, sort: Sort) -> "Place":
        """The place that an address names; raises ValidationError where it names none."""
        value, _, key = text.rpartition("~")
        if not (key.isascii() and key.isdecimal() and len(key) <= 18) or "\x00" in value:
            raise ValidationError("No claim stands there.")
        if not value and sort.is_nullable:
            return cls(None, int(key))
        return cls(field_of(sort.column).clean(value, None), int(key))

    def __str__(self) -> str:
        return f"{'' if self.value is None else self.value}~{self.key}"


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Some neighbouring claims of a sorted list; `previous` and `next` name where to go on."""

    claims: list[Claim]
    previous: Place | None
    next: Place | None


def field_of(column: str) -> Any:
    """The field behind a column of claims, stored or computed."""
    return COMPUTED.get(column) or Claim._meta.get_field(column)


def page_of(
    claims: ClaimQuerySet,
    sort: Sort,
    *,
    size: int,
    after: Place | None = None,
    before: Place | None = None,
) -> ClaimPage:
    """The `size` claims after a place, or before one, or the first ones; at most three queries."""
    if before is not None:
        found = _taken(claims, sort, before, size, backwards=True)
        if len(found) <= size:  # the beginning: a full first page instead of a short one
            return page_of(claims, sort, size=size)
        shown = found[:size][::-1]
        return ClaimPage(shown, Place.of(shown[0], sort), Place.of(shown[-1], sort))
    found = _taken(claims, sort, after, size, backwards=False)
    if not found and after is not None:  # the claims that followed are gone
        return page_of(claims, sort, size=size)
    shown = found[:size]
    first = Place.of(shown[0], sort) if shown and after is not None else None
    last = Place.of(shown[-1], sort) if len(found) > size else None
    return ClaimPage(shown, first, last)


def sorted_claims(claims: ClaimQuerySet, sort: Sort) -> Iterator[ClaimQuerySet]:
    """All claims in order, as one or two stretches: those with a value, those without."""
    return _stretches(claims, sort, None, backwards=False)


def _taken(
    claims: ClaimQuerySet, sort: Sort, place: Place | None, size: int, *, backwards: bool
) -> list[Claim]:
    """Up to one claim more than `size`, which tells whether there are more."""
    found: list[Claim] = []
    for stretch in _stretches(claims, sort, place, backwards=backwards):
        found += stretch[: size + 1 - len(found)]
        if len(found) > size:
            break
    return found


def _stretches(
    claims: ClaimQuerySet, sort: Sort, place: Place | None, *, backwards: bool
) -> Iterator[ClaimQuerySet]:
    """What follows a place (None: everything), in order; `backwards` what precedes it."""
    column = sort.column
    claims = claims.order_by(*sort.order(backwards=backwards))
    beyond = "lt" if sort.descending != backwards else "gt"
    valued, unvalued = claims, claims.none()
    if sort.is_nullable:
        valued = claims.filter(**{f"{column}__isnull": False})
        unvalued = claims.filter(**{f"{column}__isnull": True})
    if place is None:
        stretches = [valued, unvalued]
    elif place.value is None:
        rest = unvalued.filter(**{f"pk__{beyond}": place.key})
        stretches = [valued, rest] if backwards else [rest]
    else:
        ties = claims.filter(**{column: place.value, f"pk__{beyond}": place.key})
        others = valued.filter(**{f"{column}__{beyond}": place.value})
        stretches = [others, ties] if backwards else [ties, others, unvalued]
    return reversed(stretches) if backwards else iter(stretches)


@dataclass(frozen=True, slots=True)
class Count:
    """How many claims fit, counted up to a limit."""

    claims: int
    is_more: bool

    @classmethod
    def of(cls, claims: ClaimQuerySet, limit: int = COUNTED) -> "Count":
        """Count at most `limit` claims: a full count would read the whole table."""
        counted = claims.order_by()[: limit + 1].count()
        return cls(min(counted, limit), counted > limit)

    def __str__(self) -> str:
        noun = "claim" if self.claims == 1 else "claims"
        return f"{'more than ' if self.is_more else ''}{self.claims:,} {noun}"
