"""What holds for every page of the dashboard, light and dark, on a desk and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, ViewportSize, expect

from analytics.registry import PAGES
from rcm_site.tests.browser.driving import blank_charts, log_in, overflow, repaint, violations

pytestmark = pytest.mark.browser

PERIOD = "?period=all"
KPIS = [f"{reverse('analytics:kpi', args=(slug,))}{PERIOD}" for slug in PAGES]
CLAIMS = f"{reverse('analytics:kpi-claims', args=('denials-by-payer',))}{PERIOD}&part=denied"
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
def dashboard(page: Page, practice, manager) -> Page:
    log_in(page)
    return page


def faults(page: Page, address: str) -> list[str]:
    """What is wrong with a page: for eyes and screen readers, light and dark, wide and narrow."""
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    page.goto(address)
    expect(page.locator("#main h1")).to_be_visible()
    found = [f"light: {problem}" for problem in violations(page)]
    found += [f"blank: {name}" for name in blank_charts(page)]

    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    found += [f"dark: {problem}" for problem in violations(page, "color-contrast")]

    page.set_viewport_size(PHONE)
    repaint(page)
    if wider := overflow(page):
        found.append(f"{wider} px wider than a phone")
    return [f"{address} {problem}" for problem in found]


def test_every_kpi_page_has_its_chart_and_table_and_can_be_read_by_everyone(dashboard: Page):
    found = []
    for address in KPIS:
        found += faults(dashboard, address)
        assert dashboard.locator("#rows tbody tr").count() > 0, address
        assert dashboard.locator("canvas").count() == 1, address
        expect(dashboard.locator("#rows tfoot th")).to_have_text("Total")

    assert found == []


def test_the_overview_and_the_claims_can_be_read_by_everyone(dashboard: Page):
    assert faults(dashboard, f"/{PERIOD}") + faults(dashboard, CLAIMS) == []
