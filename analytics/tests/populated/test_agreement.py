"""Every page against a naive reader of KPIS.md, over seeded and odd claims and random scopes."""

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from analytics.columns import value_of
from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.tests.naive import EXPECTED
from analytics.tests.population import TODAY, asked, random_scope

pytestmark = pytest.mark.django_db
SCOPES = 14


def plain(value):
    """A number that both sides can be compared by: to a millionth."""
    if isinstance(value, int | Decimal | Fraction):
        return round(Fraction(value), 6)
    return value


def shown(page, row):
    return {
        name: plain(value_of(page.columns, row, name))
        for name, column in page.columns.items()
        if name != page.dimension.name and (column.is_number or name == "oldest")
    }


@pytest.fixture(scope="module")
def scopes(population):
    rng = Random(20261120)
    whole = Scope.of(period="all")
    return [
        whole,
        Scope.of(period="all", as_of=TODAY.replace(month=7)),
        *(random_scope(rng) for _ in range(SCOPES)),
    ]


def test_the_naive_reader_knows_every_page():
    assert set(EXPECTED) == set(PAGES)


@pytest.mark.parametrize("slug", PAGES)
def test_every_row_and_the_total_agree_with_a_naive_loop(slug, population, scopes):
    page = PAGES[slug]
    filled = 0
    for scope in scopes:
        rows = page.compute(scope)
        found: dict[str | None, Any] = {
            page.dimension.key(row.name): shown(page, row) for row in rows
        }
        assert len(found) == len(rows), "two rows bear one name"
        found[None] = shown(page, page.total_of(scope, rows))

        wanted = EXPECTED[slug](asked(population.books, page.period(scope)))

        assert found.keys() == wanted.keys(), scope
        for name, row in found.items():
            expected = {column: plain(wanted[name][column]) for column in row}
            assert row == expected, (scope, name)
        filled += len(rows)
    assert filled > len(scopes), "the scopes hold too little to tell anything"
