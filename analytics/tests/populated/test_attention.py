"""What needs attention in a whole practice."""

import pytest

from analytics.answers import Answers
from analytics.overview import MOST, attention
from analytics.scope import Scope

pytestmark = pytest.mark.django_db


def test_each_kind_of_attention_names_a_few_and_opens_its_claims(browser, population):
    found = attention(Scope.of(period="90"), Answers())

    assert 3 <= len(found) <= 4 * MOST
    for item in found:
        assert browser.get(item.url).status_code == 200
