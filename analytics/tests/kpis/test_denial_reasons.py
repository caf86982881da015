"""Denial reasons, checked by head. Codes and categories are those of the reason table."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.kpis.denial_reasons import (
    ReasonDenials,
    denials_by_category,
    denials_by_reason,
    share_one_whole,
)
from analytics.registry import PAGES
from analytics.scope import Scope
from billing.models import ReasonCode
from billing.posting import add_unknown_reasons
from billing.tests.builders import decision, make_claim

pytestmark = pytest.mark.django_db

DAY = date(2026, 2, 10)


@pytest.fixture
def all_time():
    return Scope.of(period="all")


def denied(reason, amount="100.00", on=DAY):
    return decision(on=on, denied=amount, reason=reason)


def test_denials_are_counted_by_reason_and_the_largest_amount_comes_first(
    all_time, django_assert_num_queries
):
    make_claim(decisions=[denied("197", "60.00")])
    make_claim(decisions=[denied("197", "30.00")])
    make_claim(decisions=[denied("27", "100.00")])
    make_claim(decisions=[decision(on=DAY, paid="80.00")])

    with django_assert_num_queries(2):
        rows = denials_by_reason(all_time)

    assert [(r.name, r.denied, r.denied_amount, r.decided) for r in rows] == [
        ("CO-27", 1, Decimal("100.00"), 4),
        ("CO-197", 2, Decimal("90.00"), 4),
    ]
    reason = ReasonCode.objects.select_related("category").get(code="27")
    assert (rows[0].wording, rows[0].category) == (reason.wording, reason.category.name)
    assert (rows[0].preventable, rows[0].first_step) == (reason.preventable, reason.first_step)


def test_group_and_remark_make_rows_of_their_own_and_each_opens_its_claims(all_time):
    for group, remark in (("CO", "N290"), ("CO", "N290"), ("CO", ""), ("PI", "N290")):
        make_claim(
            decisions=[decision(on=DAY, denied="9.00", reason="16", group=group, remark=remark)]
        )
    make_claim(decisions=[decision(on=DAY, denied="1.00", outcome="denied")])

    page = PAGES["denials-by-reason"]
    found = {row.name: row.denied for row in denials_by_reason(all_time)}

    assert found == {"CO-16 N290": 2, "CO-16": 1, "PI-16 N290": 1, "": 1}
    for name, denied in found.items():
        assert page.drill(all_time, row=name, part="denied").count() == denied
    assert not page.drill(all_time, row="CO-16 N29", part="denied").exists()
    assert [(r.name, r.denied) for r in denials_by_category(all_time)] == [("INFO", 4), ("", 1)]


def test_the_rates_of_all_reasons_add_up_to_the_denial_rate(all_time):
    make_claim(decisions=[denied("197")])
    make_claim(decisions=[denied("27")])
    make_claim(decisions=[decision(on=DAY, denied="10.00", outcome="denied")])
    make_claim(decisions=[decision(on=DAY, paid="80.00")])

    rows = denials_by_reason(all_time)
    total = share_one_whole(all_time, rows)

    assert (total.denied, total.decided, total.rate) == (3, 4, 75)
    assert sum(row.rate or 0 for row in rows) == total.rate


def test_reasons_of_one_category_are_counted_together(all_time, django_assert_num_queries):
    make_claim(decisions=[denied("197", "60.00")])
    make_claim(decisions=[denied("198", "70.00")])
    make_claim(decisions=[denied("27", "100.00")])

    with django_assert_num_queries(3):
        rows = denials_by_category(all_time)

    assert [(r.name, r.denied, r.denied_amount) for r in rows] == [
        ("AUTH", 2, Decimal("130.00")),
        ("ELIG", 1, Decimal("100.00")),
    ]


def test_an_unknown_reason_is_listed_under_other(all_time):
    add_unknown_reasons(["X99"])
    make_claim(decisions=[denied("X99")])

    assert denials_by_reason(all_time)[0].wording == "Not in the reason table"
    assert [row.name for row in denials_by_category(all_time)] == ["OTHER"]


def test_without_claims_there_are_no_rows_and_no_rate(all_time):
    assert denials_by_reason(all_time) == []
    assert denials_by_category(all_time) == []
    assert share_one_whole(all_time, []).rate is None


def test_where_nothing_is_denied_the_rate_is_zero_and_not_unknown(all_time):
    make_claim(decisions=[decision(on=DAY, paid="80.00")])

    rows = denials_by_reason(all_time)

    assert rows == [ReasonDenials(decided=1)]
    assert share_one_whole(all_time, rows).rate == 0


def test_duplicates_and_later_denials_are_no_reason_of_the_first_decision(all_time):
    make_claim(decisions=[decision(on=DAY, outcome="duplicate", denied="100.00", reason="18")])
    make_claim(decisions=[decision(on=DAY, paid="5.00"), denied("27", on=date(2026, 3, 1))])
    make_claim(decisions=[denied("197")])

    rows = denials_by_reason(all_time)

    assert [(r.name, r.denied, r.decided) for r in rows] == [("CO-197", 1, 3)]


@pytest.mark.parametrize(("day", "counts"), [(9, 0), (10, 1), (11, 1), (12, 0)])
def test_the_first_and_the_last_day_of_the_period_count(day, counts):
    make_claim(decisions=[denied("197", on=date(2026, 2, day))])
    scope = Scope.of(period="custom", start=DAY, end=date(2026, 2, 11))

    assert len(denials_by_reason(scope)) == counts
    assert len(denials_by_category(scope)) == counts
