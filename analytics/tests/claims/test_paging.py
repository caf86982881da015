"""Pages by key visit every claim once, in order, in both directions, with ties and empty values."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from analytics.claims.paging import (
    SORTS,
    Count,
    Place,
    Sort,
    Value,
    _stretches,
    page_of,
    sorted_claims,
)
from billing.models import Claim
from billing.tests.builders import decision, make_claim

MIDDLE: dict[str, Value] = {
    "number": "M",
    "service_date": date(2026, 3, 2),
    "submitted_on": date(2026, 3, 2),
    "first_decided_on": date(2026, 3, 2),
    "billed": Decimal(50),
    "balance": Decimal(50),
}
NAMES = [sign + name for name in SORTS for sign in ("", "-")]


@pytest.fixture
def claims(db) -> list[Claim]:
    """Thirty-one claims: few different values, many empty ones, numbers of any kind."""
    rng = Random(3)
    first = date(2026, 3, 1)
    for position in range(31):
        day = rng.choice([None, first, first + timedelta(days=1), first + timedelta(days=2)])
        sent = rng.choice([None, first, first + timedelta(days=9)])
        decided = rng.choice([(), (decision(on=date(2026, 4, 1), denied="40.00", reason="16"),)])
        make_claim(
            number=f"{rng.choice('aAzZ~é')}{position % 7}-{position}",
            service_date=day,
            submitted_on=sent,
            billed=rng.choice(["10.00", "99.99", "100.00"]),
            decisions=decided,
        )
    return list(Claim.objects.all())


def in_order(claims: list[Claim], sort: Sort) -> list[int]:
    """What a plain reader expects: by value, then by key; empty values last."""
    valued = [c for c in claims if getattr(c, sort.column) is not None]
    rest = [c for c in claims if getattr(c, sort.column) is None]
    valued.sort(key=lambda c: (_comparable(getattr(c, sort.column)), c.pk), reverse=sort.descending)
    rest.sort(key=lambda c: c.pk, reverse=sort.descending)
    return [c.pk for c in valued + rest]


def _comparable(value):
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1, 4, 30, 31, 32])
def test_going_on_and_coming_back_visit_every_claim_once_in_order(claims, name, size):
    sort = Sort.named(name)
    rows = Claim.objects.all()
    expected = in_order(claims, sort)
    pages = [page_of(rows, sort, size=size)]
    while pages[-1].next is not None:
        assert len(pages) <= len(expected)
        pages.append(page_of(rows, sort, size=size, after=_through_address(pages[-1].next, sort)))

    assert [c.pk for page in pages for c in page.claims] == expected
    assert pages[0].previous is None

    for earlier, later in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        assert later.previous is not None
        back = page_of(rows, sort, size=size, before=_through_address(later.previous, sort))
        assert [c.pk for c in back.claims] == [c.pk for c in earlier.claims]
        assert back.next == earlier.next


def _through_address(place: Place, sort: Sort) -> Place:
    return Place.parsed(str(place), sort)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_list_comes_in_the_same_order(claims, name):
    sort = Sort.named(name)
    found = [c.pk for part in sorted_claims(Claim.objects.all(), sort) for c in part]
    assert found == in_order(claims, sort)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_takes_at_most_three_queries(claims, name, django_assert_max_num_queries):
    sort = Sort.named(name)
    middle = page_of(Claim.objects.all(), sort, size=15).next
    with django_assert_max_num_queries(3):
        page_of(Claim.objects.all(), sort, size=15, after=middle)
    with django_assert_max_num_queries(3):
        page_of(Claim.objects.all(), sort, size=5, before=middle)


def test_a_claim_that_joins_is_neither_skipped_nor_shown_twice(db):
    for number in ("B", "D", "F"):
        make_claim(number=number)
    sort = Sort.named("number")
    first = page_of(Claim.objects.all(), sort, size=2)
    make_claim(number="A")
    make_claim(number="E")

    later = page_of(Claim.objects.all(), sort, size=2, after=first.next)
    assert [c.number for c in later.claims] == ["E", "F"]


def test_a_short_page_at_the_start_is_filled(claims):
    sort = Sort.named("number")
    third = in_order(claims, sort)[2]
    place = Place.of(Claim.objects.get(pk=third), sort)
    page = page_of(Claim.objects.all(), sort, size=5, before=place)
    assert [c.pk for c in page.claims] == in_order(claims, sort)[:5]
    assert page.previous is None


def test_beyond_the_last_claim_the_list_begins_anew(claims):
    sort = Sort.named("balance")
    page = page_of(Claim.objects.all(), sort, size=5, after=Place(Decimal("9999999.00"), 10**17))
    assert [c.pk for c in page.claims] == in_order(claims, sort)[:5]


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("balance", "1~x"),
        ("balance", "NaN~1"),
        ("balance", "1e999~1"),
        ("balance", "~1"),
        ("balance", "12"),
        ("balance", f"1~{10**30}"),
        ("service_date", "yesterday~1"),
        ("service_date", "2026-13-01~1"),
        ("number", "a\x00~1"),
        ("number", "~1"),
        ("number", "x" * 61 + "~1"),
    ],
)
def test_a_place_that_is_none_is_refused(sort, text):
    with pytest.raises(ValidationError):
        Place.parsed(text, Sort.named(sort))


def test_an_unknown_sort_is_the_default_one():
    assert Sort.named("-payer__name; drop table").name == "-service_date"


def test_counting_ends_at_the_limit(claims):
    assert str(Count.of(Claim.objects.all(), limit=30)) == "more than 30 claims"
    assert str(Count.of(Claim.objects.all(), limit=31)) == "31 claims"
    assert str(Count.of(Claim.objects.filter(pk=claims[0].pk))) == "1 claim"


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL plans by size: docs/decisions"
)
@pytest.mark.parametrize("name", NAMES)
def test_no_page_sorts_the_whole_table(db, name):
    """Each stretch is read in order from an index; a few claims of one day may be put in order."""
    sort = Sort.named(name)
    place = Place(MIDDLE[sort.column], 1)
    others = [*sorted_claims(Claim.objects.all(), sort)]
    others += [*_stretches(Claim.objects.all(), sort, place, backwards=False)][1:]
    for part in others:
        assert "USE TEMP B-TREE FOR ORDER BY" not in part[:26].explain()
