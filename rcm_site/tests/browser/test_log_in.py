"""The way in, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from rcm_site.tests.browser.driving import PASSWORD, log_in, violations

pytestmark = pytest.mark.browser


def test_logging_in_leads_to_the_overview(page: Page, manager, live_server):
    page.goto("/accounts/login/?next=/")
    page.get_by_label("User name").fill("manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(f"{live_server.url}/")


def test_a_wrong_password_says_so(page: Page, manager):
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("manager")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    assert violations(page) == []


def test_the_user_menu_leads_out(page: Page, manager):
    log_in(page)
    page.get_by_role("button", name="User menu of manager").click()
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_menu_opens_on_a_phone(page: Page, manager):
    log_in(page)
    page.set_viewport_size({"width": 360, "height": 740})
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()

    expect(menu).to_be_visible()
    assert violations(page) == []


def test_the_first_tab_stop_skips_to_the_content(page: Page, manager):
    log_in(page)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_the_log_in_page_is_accessible(page: Page, theme, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    page.goto("/accounts/login/")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    assert violations(page) == []


def test_the_chosen_theme_is_kept(page: Page):
    page.emulate_media(color_scheme="light")
    page.goto("/accounts/login/")
    switch = page.get_by_role("button", name="Dark theme")
    expect(switch).to_have_attribute("aria-pressed", "false")

    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_admin_works_under_the_content_security_policy(page: Page, manager):
    log_in(page)
    page.goto(f"/admin/auth/user/{manager.pk}/change/")
    page.get_by_label("First name").fill("Ada")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.goto("/admin/auth/group/add/")
    expect(page.get_by_role("button", name="Choose all permissions")).to_be_visible()
