"""Every number of every page is the count or the sum of the claims that it opens."""

from random import Random

import pytest

from analytics.registry import PAGES
from analytics.scope import Scope
from analytics.tests.population import numbers, random_scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", PAGES)
def test_every_number_is_the_count_or_the_sum_of_the_claims_it_opens(slug, population):
    page, rng = PAGES[slug], Random(slug)
    rolling = Scope.of(period="90")
    scopes = [Scope.of(period="all"), random_scope(rng)]
    if page.period(rolling) != rolling:
        scopes.append(rolling)
    for scope in scopes:
        for row, part, shown in numbers(page, scope):
            assert page.counted(scope, row=row, part=part) == shown, (scope, row, part)
