"""The audit trail, the password page and the refusals of the log-in, in a browser."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from billing import audit
from billing.tests.builders import make_patient, make_payer
from rcm_site.tests.browser.driving import PASSWORD, log_in, overflow, violations

pytestmark = pytest.mark.browser
THEMES = [("light", 1280), ("dark", 1280), ("light", 390)]


@pytest.fixture
def trail(manager: User) -> None:
    """Sixty entries by the manager, of a patient the last."""
    with audit.acting(manager, "192.0.2.7"):
        for n in range(60):
            make_payer(f"Payer {n:02}")
        audit.viewed(manager, make_patient("Reyes", "Ines"))
        audit.viewed_list(manager, "Patients", found=3, filters={"q": "Reyes", "page": "2"})


def test_the_trail_is_searched_and_paged(page: Page, trail):
    log_in(page)
    page.get_by_role("button", name="User menu of manager").click()
    page.get_by_role("link", name="Audit trail").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("q = hidden")

    page.get_by_label("Record").fill("Payer")
    page.get_by_label("Action").select_option("Added")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Payer 59")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("row").last).to_contain_text("Payer 00")
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Payer 59")

    page.get_by_label("Record").fill("nothing at all")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No entry matches")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), THEMES)
@pytest.mark.parametrize("address", ["/audit/", "/accounts/password/"])
def test_the_pages_are_accessible_and_fit(page: Page, trail, address, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    log_in(page)
    page.goto(address)

    assert violations(page) == []
    assert overflow(page) == 0


def test_a_password_is_changed_and_a_weak_one_refused(page: Page, manager):
    log_in(page)
    page.goto("/accounts/password/")
    for new in ("short", "another walk, in the rain"):
        page.get_by_label("Old password").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password confirmation").fill(new)
        page.get_by_role("button", name="Change password").click()
        if new == "short":
            expect(page.get_by_text("at least 12 characters").first).to_be_visible()

    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def test_whoever_guesses_is_told_to_wait(page: Page, manager, page_errors, settings):
    settings.AXES_ENABLED = True
    for _ in range(5):
        page.goto("/accounts/login/")
        page.get_by_label("User name").fill("manager")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading")).to_have_text("Too many attempts to log in")
    assert violations(page) == []
    page_errors[:] = [error for error in page_errors if "429" not in error]
