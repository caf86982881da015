"""What browser tests do on many pages."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PASSWORD = "a long walk by the sea"


def log_in(page: Page, username: str = "manager") -> None:
    """Log in through the form, as the `manager` fixture's user or another with PASSWORD."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, help and first place of each."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['help']} ({rule['nodes'][0]['target']})" for rule in found]
