"""The claims in a real browser: find, sort, page, open, act on many, take away."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from billing.models import Claim, WriteOff
from billing.tests.builders import decision, make_claim, make_staff, write_off
from rcm_site.tests.browser.driving import log_in, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def claims(manager) -> None:
    """Thirty claims, three of them denied, one with a story."""
    for position in range(27):
        make_claim(number=f"C{position:02}", billed=f"{100 + position}.00")
    for position in range(3):
        make_claim(
            number=f"D{position}",
            payer="Cigna",
            billed="80.00",
            procedures=["99213", "93000"],
            decisions=[
                decision(on=date(2026, 2, 1), denied="60.00", reason="16", contractual="20.00")
            ],
            write_offs=[write_off(on=date(2026, 3, 1), amount="10.00")],
        )
    make_staff("Ann Lowe")


def fits(page: Page) -> bool:
    """Whether the page itself does not scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def numbers(page: Page) -> list[str]:
    return page.locator("#rows tbody th[scope=row]").all_inner_texts()


def test_filter_sort_page_and_open(page: Page, claims, live_server):
    log_in(page)
    page.goto("/claims/")
    expect(page.locator("#count")).to_have_text("30 claims")
    page.get_by_role("link", name="Claim", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Claim")
    assert numbers(page)[0] == "C00"
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#rows tbody tr")).to_have_count(5)
    assert numbers(page) == ["C25", "C26", "D0", "D1", "D2"]
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#rows tbody tr")).to_have_count(25)

    page.locator("#filter-payer").click()
    page.get_by_role("checkbox", name="Cigna").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).to_have_text("3 claims")
    assert "payer=Cigna" in page.url
    assert "sort=number" in page.url
    page.get_by_role("link", name="D1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claim D1")
    expect(page.locator("#balance")).to_have_text("$50.00")
    expect(page.locator("#sum")).to_contain_text("balance 50.00")


def test_a_name_is_found_without_getting_into_the_address(page: Page, claims):
    log_in(page)
    page.goto("/claims/")
    page.get_by_role("searchbox", name="Patient").fill("Reyes")
    page.get_by_role("button", name="Find patient").click()
    expect(page.locator("#count")).to_have_text("3 claims")
    assert "Reyes" not in page.url
    expect(page.locator("#rows")).to_contain_text("Reyes, Ines")
    assert violations(page) == []
    page.get_by_role("button", name="End the search by patient").click()
    expect(page.locator("#count")).to_have_text("30 claims")


def test_write_off_many_after_confirming(page: Page, claims):
    log_in(page)
    page.goto("/claims/?status=denied&sort=number")
    page.get_by_label("Tick all claims of this page").check()
    page.get_by_label("Tick claim D1").uncheck()
    expect(page.locator("[data-tick-count]")).to_have_text("(2)")
    page.get_by_label("What to do").select_option("Write off the balance…")
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#amount")).to_have_text("$100.00")
    assert WriteOff.objects.count() == 3
    assert violations(page) == []
    page.get_by_label("Reason").fill("Denied, no recovery")
    page.get_by_role("button", name="Write off the balance: 2 claims").click()

    expect(page.locator("#done")).to_have_text("2 claims")
    assert violations(page) == []
    assert Claim.objects.filter(status="closed").count() == 2
    page.get_by_role("link", name="Back to the claims").click()
    expect(page.locator("#count")).to_have_text("1 claim")


def test_the_selection_leaves_as_a_file(page: Page, claims, tmp_path: Path):
    log_in(page)
    page.goto("/claims/?status=denied&sort=number")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    download.value.save_as(tmp_path / "claims.csv")
    lines = (tmp_path / "claims.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["claim", "D0", "D1", "D2"]


def test_a_refused_write_off_says_so_in_its_place(page: Page, claims):
    log_in(page)
    page.goto("/claims/?number=D0")
    page.get_by_role("link", name="D0", exact=True).click()
    page.locator("summary", has_text="Write off").click()
    form = page.get_by_role("form", name="Write off")
    form.get_by_label("Amount").fill("50.01")
    form.get_by_label("Reason").fill("Small balance")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("no more than that can be written off")
    assert violations(page) == []
    form.get_by_label("Amount").fill("50.00")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="written off")).to_be_visible()
    expect(page.locator("#balance")).to_have_text("$0.00")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_are_accessible_and_fit(page: Page, claims, theme, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    log_in(page)
    claim = Claim.objects.get(number="D0")
    for address in ("/claims/", "/claims/?min_balance=9&status=x", "/claims/?number=none"):
        page.goto(address)
        assert fits(page), address
        assert violations(page) == [], address
    page.goto(f"/claims/{claim.pk}/")
    for summary in page.locator(".entry summary").all():
        summary.click()
        assert fits(page)
    assert violations(page) == []


def test_everything_works_without_javascript(
    browser, live_server, django_db_serialized_rollback, claims
):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page)
    page.goto("/claims/")
    page.locator("#filter-status").click()
    page.get_by_role("checkbox", name="Denied", exact=True).check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).to_have_text("3 claims")
    page.get_by_label("Tick claim D2").check()
    page.get_by_label("What to do").select_option("Assign…")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Assign to").select_option("Ann Lowe")
    page.get_by_role("button", name="Assign: 1 claim").click()
    expect(page.locator("#done")).to_have_text("1 claim")
    page.goto("/claims/?assignee=Ann+Lowe")
    page.get_by_role("link", name="D2", exact=True).click()
    page.locator("summary", has_text="Add a note").click()
    page.get_by_role("textbox", name="Note").fill("Works without scripts")
    page.get_by_role("form", name="Add a note").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Works without scripts")).to_be_visible()
    context.close()
