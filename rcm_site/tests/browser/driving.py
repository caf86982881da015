"""What browser tests do on many pages."""

import os
import shutil
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PASSWORD = "a long walk by the sea"

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    """Where the browser is; None without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def launch_options(path: str | None) -> dict[str, Any]:
    """How Chromium is started; as root, in a container for example, it has no sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"executable_path": path, "args": [*ARGUMENTS, *(["--no-sandbox"] if root else [])]}


def log_in(page: Page, username: str = "manager") -> None:
    """Log in through the form, as the `manager` fixture's user or another with PASSWORD."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def repaint(page: Page) -> None:
    """Wait until a change of theme or size has been painted."""
    page.evaluate(
        """() => new Promise((done) => {
          let frames = 5;
          const next = () => (frames-- ? requestAnimationFrame(next) : done());
          next();
        })"""
    )


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, help and first place of each.

    All rules unless some are named: another theme, for example, changes only "color-contrast".
    """
    repaint(page)
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {rule['help']} ({rule['nodes'][0]['target']})" for rule in found]


def settle(page: Page) -> None:
    """Wait until htmx has put a new main part in place."""
    busy = page.locator(".htmx-request, .htmx-swapping, .htmx-settling")
    expect(busy).to_have_count(0)


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
