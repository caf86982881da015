"""What browser tests do on many pages."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PASSWORD = "a long walk by the sea"


def log_in(page: Page, username: str = "manager") -> None:
    """Log in through the form, as the `manager` fixture's user or another with PASSWORD."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, help and first place of each.

    All rules unless some are named: another theme, for example, changes only "color-contrast".
    """
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {rule['help']} ({rule['nodes'][0]['target']})" for rule in found]


def settle(page: Page) -> None:
    """Wait until htmx has put a new main part in place."""
    busy = page.locator(".htmx-request, .htmx-swapping, .htmx-settling")
    expect(busy).to_have_count(0)


def repaint(page: Page) -> None:
    """Wait until a change of theme or size has been painted."""
    page.evaluate(
        """() => new Promise((done) => {
          let frames = 5;
          const next = () => (frames-- ? requestAnimationFrame(next) : done());
          next();
        })"""
    )


def blank_charts(page: Page) -> list[str]:
    """The names of the charts on which nothing is drawn: fewer than three colours."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("canvas")].filter((canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size < 3;
        }).map((canvas) => canvas.getAttribute("aria-label"))"""
    )
    return found


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(wider, 0)
