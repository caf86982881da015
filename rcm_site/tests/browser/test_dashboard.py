"""The dashboard as a manager uses it, in a real browser, on a small invented practice."""

import csv
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Route, expect

from billing.models import PracticeAccess
from rcm_site.tests.browser.driving import PASSWORD, log_in, overflow, settle, violations

pytestmark = pytest.mark.browser

BY_PAYER = "/kpis/denials-by-payer/?period=365"
DENIED = "/kpis/denials-by-payer/claims/?period=all&part=decided"


@pytest.fixture
def dashboard(page: Page, practice, manager: User) -> Page:
    log_in(page)
    return page


def asked(page: Page) -> dict[str, list[str]]:
    """What the address asks for."""
    return parse_qs(urlsplit(page.url).query)


def column(page: Page, number: int) -> list[str]:
    """The text of a column of the table."""
    return [
        text.strip() for text in page.locator(f"tbody tr > :nth-child({number})").all_inner_texts()
    ]


def choose(page: Page, label: str, name: str) -> None:
    page.locator("summary", has_text=f"{label}:").click()
    page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(lambda url: "=" in url.split("?")[-1])
    settle(page)


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def test_a_manager_goes_from_the_overview_to_the_claims_behind_a_number(
    dashboard: Page, tmp_path: Path
):
    page = dashboard
    page.get_by_label("Period").select_option("365")
    page.wait_for_url("**/?period=365")
    expect(page.locator("#chips")).to_contain_text(" – ")

    page.get_by_role("link", name="Initial denial rate", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Initial denial rate")
    assert asked(page)["period"] == ["365"]

    page.get_by_role("navigation", name="Denials").get_by_role(
        "link", name="Payer", exact=True
    ).click()
    choose(page, "Payer", "Summit Mutual")
    assert asked(page)["payer"] == ["Summit Mutual"]
    assert column(page, 1) == ["Summit Mutual"]

    denied = page.locator("tbody tr").first.locator("td").nth(1).get_by_role("link")
    count = whole(denied.inner_text())
    assert count > 0
    denied.click()
    expect(page.locator("#count")).to_have_text(f"{count} claim{'s' if count > 1 else ''}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Denied · Payer: Summit Mutual")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == count
    assert {row["payer"] for row in rows} == {"Summit Mutual"}
    assert path.name.startswith("denials-by-payer-claims-")


def test_sorting_swaps_the_table_in_place_and_says_so(dashboard: Page):
    page = dashboard
    page.goto(BY_PAYER)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="Decided", exact=True).click()
    page.wait_for_url("**&sort=-decided")
    settle(page)

    decided = [whole(text) for text in column(page, 2)]
    assert decided == sorted(decided, reverse=True)
    header = page.get_by_role("columnheader", name="Decided", exact=True)
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#sort-decided")).to_be_focused()
    assert page.evaluate("window.sameDocument")
    assert page.locator("main").count() == 1

    page.keyboard.press("Enter")
    page.wait_for_url("**&sort=decided")
    settle(page)
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert [whole(text) for text in column(page, 2)] == sorted(decided)


def test_a_filter_keeps_the_order_and_the_menu_carries_the_filter(dashboard: Page):
    page = dashboard
    page.goto(f"{BY_PAYER}&sort=-decided")
    choose(page, "Department", "Cardiology")

    assert asked(page) == {"period": ["365"], "department": ["Cardiology"], "sort": ["-decided"]}
    receivables = page.get_by_role("link", name="Receivables").get_attribute("href")
    assert receivables is not None
    assert "department=Cardiology" in receivables
    assert "sort" not in receivables


def test_a_chip_takes_its_filter_away(dashboard: Page):
    page = dashboard
    page.goto(f"{BY_PAYER}&payer=Medicare&payer=Self-pay")
    page.get_by_role("link", name="Remove the filter Payer: Medicare").click()
    page.wait_for_url(lambda url: "Medicare" not in url)
    settle(page)

    assert column(page, 1) == ["Self-pay"]
    expect(page.locator("#main")).to_be_focused()
    expect(page).to_have_title("Denials by payer · RCM dashboard")


def test_going_back_shows_what_was_there(dashboard: Page):
    page = dashboard
    page.goto(BY_PAYER)
    payers = column(page, 1)
    choose(page, "Payer", "Medicare")
    assert column(page, 1) == ["Medicare"]

    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(len(payers))
    assert column(page, 1) == payers
    page.go_forward()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_claims_page_and_keep_their_order(dashboard: Page):
    page = dashboard
    page.goto(DENIED)
    first = column(page, 1)
    assert len(first) == 25
    page.get_by_role("link", name="Billed", exact=True).click()
    page.wait_for_url("**sort=-billed*")
    settle(page)
    highest = column(page, 1)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2*")
    settle(page)

    assert asked(page)["sort"] == ["-billed"]
    assert not set(column(page, 1)) & set(highest)
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    expect(page.locator("#page-next")).to_be_focused()


def test_a_swap_leaves_one_chart_on_each_canvas(dashboard: Page):
    page = dashboard
    for _ in range(2):
        page.get_by_label("Period").select_option("365")
        page.wait_for_url("**period=365*")
        settle(page)
        page.get_by_label("Period").select_option("30")
        page.wait_for_url("**period=30*")
        settle(page)

    drawn = page.evaluate("Object.values(Chart.instances).map((chart) => chart.canvas.isConnected)")
    assert drawn == [True] * page.locator("canvas").count()


def test_dates_appear_with_the_period_that_needs_them(dashboard: Page):
    page = dashboard
    expect(page.get_by_label("From", exact=True)).to_be_hidden()
    page.get_by_label("Period").select_option("custom")
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-06-30")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**from=2020-01-01*")

    expect(page.locator("#chips")).to_contain_text("2020-01-01 – 2020-06-30")


def test_a_bad_filter_is_named_beside_the_filters(dashboard: Page):
    page = dashboard
    page.goto("/kpis/denials-by-payer/?payer=Nobody&from=2026-02-01&to=2026-01-01")

    expect(page.get_by_role("alert")).to_have_count(2)
    expect(page.get_by_role("alert").first).to_contain_text("There is no “Nobody”")
    assert violations(page) == []


def test_a_list_of_names_is_searched_and_closed_by_keyboard(dashboard: Page):
    page = dashboard
    page.locator("#filter-provider").focus()
    page.keyboard.press("Enter")
    names = page.locator(".filter-list[open] label")
    known = names.count()
    page.get_by_label("Find in Provider").fill("castellan")
    assert 0 < names.locator("visible=true").count() < known
    assert violations(page) == []

    page.keyboard.press("Escape")
    expect(page.locator("#filter-provider")).to_be_focused()
    expect(page.locator(".filter-list[open]")).to_have_count(0)


def test_someone_whose_session_ended_is_asked_to_log_in(dashboard: Page):
    page = dashboard
    page.goto(BY_PAYER)
    page.context.clear_cookies()
    page.get_by_role("link", name="Decided", exact=True).click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_swap_that_fails_becomes_a_page_load(dashboard: Page, page_errors: list[str]):
    page = dashboard
    page.goto(BY_PAYER)
    page.evaluate("window.sameDocument = true")
    cut: list[str] = []

    def cut_once(route: Route) -> None:
        if cut:
            route.fallback()
        else:
            cut.append(route.request.url)
            route.abort()

    page.route("**/*sort=*", cut_once)
    page.get_by_role("link", name="Decided", exact=True).click()

    header = page.get_by_role("columnheader", name="Decided", exact=True)
    expect(header).to_have_attribute("aria-sort", "descending")
    assert not page.evaluate("Boolean(window.sameDocument)")
    page_errors.clear()  # the connection that was cut


def test_without_javascript_filters_order_and_pages_work(
    browser: Browser, live_server, practice, manager
):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page)
    page.goto("/kpis/denials-by-payer/")
    page.get_by_label("Period").select_option("all")
    page.locator("summary", has_text="Payer:").click()
    page.get_by_role("checkbox", name="Medicare").check()
    page.get_by_role("button", name="Apply").click()
    assert column(page, 1) == ["Medicare"]

    page.goto(DENIED)
    page.get_by_role("link", name="Billed", exact=True).click()
    page.get_by_role("link", name="Next").click()
    billed = [float(text.strip("$").replace(",", "")) for text in column(page, 9)]
    assert billed == sorted(billed, reverse=True)
    assert asked(page)["page"] == ["2"]
    context.close()


def test_paper_shows_the_slice_and_no_controls(dashboard: Page):
    page = dashboard
    page.emulate_media(color_scheme="dark")
    page.goto(f"{BY_PAYER}&payer=Medicare")
    page.evaluate(
        """addEventListener("beforeprint", () => {
          window.theme = document.documentElement.dataset.bsTheme;
        })"""
    )
    page.pdf()
    assert page.evaluate("window.theme") == "light"
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.emulate_media(media="print")
    expect(page.get_by_role("form", name="Filters")).to_be_hidden()
    expect(page.get_by_text("Payer: Medicare")).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    expect(page.get_by_role("link", name="Download as CSV")).to_be_hidden()


def test_without_a_group_the_numbers_are_not_open_and_the_page_says_whom_to_ask(
    page: Page, practice, page_errors: list[str]
):
    reader = User.objects.create_user("reader", password=PASSWORD)
    PracticeAccess.objects.create(user=reader, all_practices=True)
    log_in(page, "reader")

    for address in ("/", DENIED):
        page.goto(address)
        expect(page.get_by_role("heading", name="This page is not open to you")).to_be_visible()
        expect(page.get_by_text("Ask an administrator")).to_be_visible()
    assert page.get_by_role("link", name="Denials").count() == 0
    assert all("403" in error for error in page_errors)
    page_errors.clear()  # the refusals


def test_an_empty_database_says_how_to_fill_it(page: Page, manager):
    log_in(page)
    expect(page.get_by_text("No claims yet")).to_be_visible()
    expect(page.get_by_text("manage.py seed_demo")).to_be_visible()
    assert violations(page) == []

    page.goto("/kpis/denials-by-payer/")
    expect(page.get_by_text("manage.py import_csv")).to_be_visible()
    assert violations(page) == []


def test_a_period_without_decisions_leads_to_all_time(dashboard: Page):
    page = dashboard
    page.goto("/kpis/denials-by-payer/?period=custom&from=1999-01-01&to=1999-12-31")
    assert violations(page) == []
    page.get_by_role("link", name="Show all time").click()
    page.wait_for_url("**period=all*")

    expect(page.locator("#rows")).to_be_visible()
    assert overflow(page) == 0
