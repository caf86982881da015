"""Every page of the registry, by the same tests. A new page is tested from the day it is listed."""

import json
import re
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.answers import answer
from analytics.columns import value_of
from analytics.registry import PAGES, SUBJECTS
from analytics.scope import Scope
from analytics.tables import kpi_table
from analytics.tests.population import TODAY, numbers
from billing.tests.builders import appeal, decision, make_activity, make_claim, write_off

pytestmark = pytest.mark.django_db

EVERY_PAGE = pytest.mark.parametrize("slug", PAGES)


def url(slug, **query):
    return reverse("analytics:kpi", args=(slug,), query=query)


def claims_url(slug, **query):
    return reverse("analytics:kpi-claims", args=(slug,), query=query)


def queries_of(client, address):
    """How many queries of a page ask for records; who asks (session, rights) is not its matter."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    asked = [query for query in captured if re.search(r'"(billing|analytics)_', query["sql"])]
    assert len(captured) - len(asked) <= WHO_ASKS
    return len(asked)


def make_many():
    """Twelve claims of which every page counts some."""
    service = date(2026, 3, 2)
    for position in range(12):
        name = f"Payer {position % 5}"
        decided = date(2026, 4, 1 + position)
        decisions = [decision(on=decided, denied="100.00", reason=("197", "27")[position % 2])]
        if position % 4 == 0:
            decisions.append(decision(on=date(2026, 5, 1 + position), paid="80.00"))
        claim = make_claim(
            payer=name,
            department=f"Department {position % 3}",
            provider=f"Dr. {position % 7}",
            service_date=service,
            submitted_on=date(2026, 3, 3 + position % 5),
            procedures=("99213", "93000")[: 1 + position % 2],
            charge_entered_on=date(2026, 3, 3),
            decisions=decisions if position % 5 else [],
            appeals=[appeal(filed=date(2026, 4, 25), ended=date(2026, 5, 1), result="lost")],
            write_offs=[write_off(on=date(2026, 6, 1), amount="100.00")] if position == 3 else [],
            assignee=f"Biller {position % 3}" if position % 4 else None,
        )
        for staff in (f"Biller {position % 4}", f"Biller {position % 2}", "Lead"):
            worked = claim if position % 6 else None
            make_activity(staff=staff, claim=worked, on=decided, error=position % 5 == 1)

    # Paid below the contract, and paid too much.
    for expected, paid in (("90.00", "60.00"), ("100.00", "130.00")):
        make_claim(
            payer="Payer 1",
            expected=expected,
            service_date=service,
            decisions=[decision(on=date(2026, 4, 9), paid=paid, contractual="10.00")],
        )


def make_one():
    claim = make_claim(
        procedures=("99213",),
        charge_entered_on=date(2026, 1, 6),
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
    )
    make_activity(claim=claim, on=date(2026, 2, 2), error=True)


WHO_ASKS = 9  # session, user, the rights of the user and of the groups; the session is renewed
# What every page pays: practices seen, four lists of names, the day of the last event, targets.
SHARED = 7
# What a page asks besides: its rows, its rows before, its notes.
OWN = {
    "initial-denial-rate": 4,  # the immature months
    "initial-denial-dollars": 4,  # the immature months
    "full-denial-rate": 4,  # the immature months
    "first-pass-rate": 4,  # the immature months
    "denials-by-payer": 4,  # what is told of lines
    "denials-by-department": 4,  # what is told of lines
    "denials-by-provider": 4,  # what is told of lines
    "denials-by-procedure": 5,  # a total of its own, as rows overlap
    "denials-by-payer-kind": 4,  # what is told of lines
    "denials-by-reason": 5,  # the reason table
    "denials-by-category": 7,
    "currently-denied-share": 3,
    "weekly-trend": 7,  # sent, decided and paid
    "aging": 3,
    "aging-by-payer": 3,
    "aging-by-department": 3,
    "aging-by-provider": 3,
    "aging-by-status": 3,
    "claims-over-90": 3,
    "days-in-ar": 4,  # outstanding and billed
    "days-to-pay": 3,
    "days-to-pay-by-payer": 3,
    "days-to-pay-by-department": 3,
    "time-to-decision": 3,  # decisions without a date
    "no-response": 4,  # the payers' own limits
    "timely-filing-risk": 9,  # rows, rows before and notes read the limits, in two queries each
    "net-collection": 3,
    "gross-collection": 3,
    "collection-by-payer": 3,
    "collection-by-department": 3,
    "overturn-rate": 2,
    "appeal-win-rate": 2,
    "denial-writeoffs": 4,  # given up and billed
    "underpaid": 2,
    "credit-balances": 2,
    "charge-lag": 2,
    "submission-lag": 2,
    "staff-productivity": 5,  # totals of their own, as people share claims; actions without a claim
    "staff-error-rate": 5,
    "staff-workload": 2,
}
# An empty page asks once more whether there are any claims at all.
IS_EMPTY = 1
# Who sees what (1), the filters (5), what belongs to the part, the count, the claims of one page,
# their sum.
DRILL_DOWN = 11


@EVERY_PAGE
def test_a_page_renders_in_a_fixed_number_of_queries_however_many_claims(slug, browser):
    address = url(slug, period="365")
    budget = SHARED + OWN[slug]

    assert queries_of(browser, address) == budget + IS_EMPTY
    make_one()
    assert queries_of(browser, address) == budget
    make_many()
    assert queries_of(browser, address) == budget


@EVERY_PAGE
def test_a_drill_down_renders_in_a_fixed_number_of_queries_however_many_claims(slug, browser):
    part = next(iter(PAGES[slug].parts))
    address = claims_url(slug, period="365", part=part)

    assert queries_of(browser, address) <= DRILL_DOWN
    make_many()
    some = queries_of(browser, address)
    make_many()
    assert queries_of(browser, address) == some <= DRILL_DOWN


@EVERY_PAGE
def test_a_page_shows_its_title_its_definition_and_its_columns(slug, browser):
    make_many()
    page = PAGES[slug]

    text = unescape(browser.get(url(slug, period="all")).content.decode())

    assert page.title in text
    assert page.definition in text
    assert page.why in text
    for column in page.columns.values():
        assert column.label in text


@EVERY_PAGE
def test_strangers_are_sent_to_the_log_in(slug, client):
    for address in (url(slug), claims_url(slug), url(slug, format="json")):
        response = client.get(address)

        assert response.status_code == 302
        assert response.url.startswith(reverse("login"))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_can_only_be_read(method, browser):
    assert getattr(browser, method)(url("aging")).status_code == 405


@EVERY_PAGE
def test_every_column_sorts_both_ways(slug):
    make_many()
    page, scope = PAGES[slug], Scope.of(period="365")
    table = answered_table(page, scope)
    for name in [*page.columns, *(["change"] if "change" in table.columns else [])]:
        key = "change_amount" if name == "change" else name
        for sign in ("", "-"):
            table.order_by = sign + name
            found = [row.record[key] for row in table.rows if row.record[key] is not None]

            assert found == sorted(found, reverse=bool(sign)), (name, sign)


@EVERY_PAGE
def test_the_address_sorts_the_table(slug, browser):
    make_many()
    name = PAGES[slug].value
    for sign in ("", "-"):
        table = browser.get(url(slug, period="365", sort=sign + name)).context["table"]
        found = [row.record[name] for row in table.rows if row.record[name] is not None]

        assert found == sorted(found, reverse=bool(sign))


def answered_table(page, scope):
    found = answer(page, scope)
    return kpi_table(page, scope, found.rows, found.total, found.rows_before)


BAD = (
    "from=2026-05-01&to=2026-01-01",
    "period=custom&from=9999-12-31&to=9999-12-31",
    "as_of=9999-12-31",
    "as_of=0001-01-01&from=0000-00-00",
    "as_of=1990-01-01&period=365",
    "payer=Nobody&department=Nowhere&provider=No+One&practice=None",
    "period=garbage",
    "period=99999999999999999999",
    "payer=%00&period=%00&as_of=%00&from=%00",
    "payer=%27%3B+DROP+TABLE+billing_claim%3B--&as_of=%27+OR+1%3D1",
    "page=1000000000&sort=nonsense&per_page=x",
    "page=-1&sort=,-,",
    "per_page=-1",
    "per_page=0&page=2",
    "per_page=99999999",
    "page=%00&sort=%00&format=exe",
    "from=&to=&as_of=&payer=&period=",
    "period=custom",
    "payer=" + "A" * 5_000,
)


@EVERY_PAGE
def test_bad_filters_fall_back(slug, browser):
    make_one()
    part = next(iter(PAGES[slug].parts))
    for query in BAD if slug == "denials-by-payer" else BAD[:3]:
        for address in (url(slug), claims_url(slug, part=part)):
            path, _, own = address.partition("?")
            response = browser.get(f"{path}?{own}&{query}")

            assert response.status_code == 200, (path, query)


@pytest.mark.parametrize("query", BAD)
def test_bad_filters_fall_back_on_the_overview(query, browser):
    make_one()

    assert browser.get(f"{reverse('analytics:overview')}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=2026-05-01&to=2026-01-01", "The period begins after it ends."),
        ("as_of=9999-12-31", "Choose a date between 1990 and 2100."),
        ("as_of=yesterday", "Write the date as 2026-11-21."),
        ("as_of=2026-11-21", "No page can tell the future"),
        ("payer=Nobody", "There is no “Nobody”."),
        ("period=garbage", "There is no period “garbage”."),
    ],
)
def test_a_bad_filter_is_named(query, problem, browser):
    make_one()

    response = browser.get(f"{url('aging')}?{query}")

    assert problem in unescape(response.content.decode())


def test_a_hostile_filter_is_shown_as_text(browser):
    make_one()

    content = browser.get(url("aging", payer="<script>alert(1)</script>")).content.decode()

    assert "<script>alert" not in content


def test_an_unknown_page_or_part_is_not_found(browser):
    assert browser.get("/kpis/nonsense/").status_code == 404
    assert browser.get("/kpis/nonsense/claims/").status_code == 404
    assert browser.get(claims_url("aging", part="nonsense")).status_code == 404
    assert browser.get(claims_url("aging", row="\x00")).status_code == 404


@EVERY_PAGE
def test_a_row_that_does_not_exist_lists_nothing(slug, browser):
    make_one()
    for row in ("nonsense", "9999-12-31", "0001-01-01", "2026-02-30", "'; --", "x" * 3_000):
        response = browser.get(claims_url(slug, period="all", row=row, format="json"))

        assert response.status_code == 200
        assert list_of(response) == [], row


def list_of(response):
    return json.loads(b"".join(response.streaming_content))["rows"]


# Drill-down: every number opens exactly its claims (test_page_numbers.py has many more claims)


@EVERY_PAGE
def test_every_number_that_can_be_counted_can_be_opened(slug):
    page = PAGES[slug]
    unclaimed = {"actions", "errors"} if slug.startswith("staff-") else set()  # some name no claim
    closed = {
        name
        for name, column in page.columns.items()
        if column.unit in ("$", "") and column.is_number and name not in page.parts
    }
    # The same whole in each row: it is opened by the total of the denial pages.
    assert closed <= ({"decided"} if "reason" in slug or "category" in slug else unclaimed)


LISTED = {
    "as_of_balance": "balance",
    "as_of_first_denied_amount": "first_denied",
    "billed": "billed",
}


@EVERY_PAGE
def test_the_links_of_a_page_list_the_claims_that_it_counts(slug, browser):
    make_many()
    make_one()
    page = PAGES[slug]
    scope = Scope.of(period="all")
    opened = 0
    for row, part, shown in numbers(page, scope):
        query = {"period": "all", "part": part} | ({} if row is None else {"row": row})
        listed = list_of(browser.get(claims_url(slug, format="json", **query)))
        sums = page.parts[part].sums
        if not sums:
            assert len(listed) == shown, (row, part)
        elif isinstance(sums, str) and sums in LISTED:
            cents = sum(round(float(claim[LISTED[sums]]) * 100) for claim in listed)
            assert cents == shown * 100, (row, part)
        opened += int(bool(shown))
    assert opened, "nothing was counted"


@EVERY_PAGE
def test_a_page_links_every_number_to_its_claims(slug, browser):
    make_many()
    page = PAGES[slug]

    content = browser.get(url(slug, period="all")).content.decode()

    links = {
        (query.get("row", [None])[0], query.get("part", [""])[0])
        for link in re.findall(r'href="([^"]+/claims/\?[^"]*)"', content)
        if (query := parse_qs(urlsplit(unescape(link)).query, keep_blank_values=True))
    }
    scope = Scope.of(period="all")
    for row, part, shown in numbers(page, scope):
        if shown:
            assert (row, part) in links


def test_subjects_and_slugs_are_named_once():
    slugs = [page.slug for subject in SUBJECTS for page in subject.pages]

    assert len(slugs) == len(set(slugs)) == len(PAGES)
    assert set(OWN) == set(slugs)


@EVERY_PAGE
def test_a_page_names_columns_and_parts_that_exist(slug):
    page = PAGES[slug]

    assert page.value in page.columns
    assert set(page.parts) <= set(page.columns)
    assert page.whole in {"", *page.parts}
    assert next(iter(page.columns)) == page.dimension.name
    assert page.definition.endswith(".")
    assert page.why.endswith(".")
    for name in page.columns:
        value_of(page.columns, page.empty, name)


def test_the_overview_is_as_of_the_fixed_day(browser):
    assert browser.get(reverse("analytics:overview")).context["scope"].as_of == TODAY
