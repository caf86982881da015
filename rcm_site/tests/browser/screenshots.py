"""Takes the pictures of docs/screenshots from a running demo: see the README there."""

import os
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from rcm_site.tests.browser.driving import chromium, launch_options

FOLDER = Path("docs/screenshots")


def take(
    browser: Browser, address: str, path: str, theme: Literal["dark", "light"], file: str
) -> None:
    """Log in to the demo and picture a page, as far as a tall screen shows it."""
    page = browser.new_page(
        base_url=address, viewport={"width": 1440, "height": 1280}, color_scheme=theme
    )
    page.goto(f"/accounts/login/?next={path}")
    page.get_by_label("User name").fill(os.environ.get("DEMO_USER", "demo"))
    page.get_by_label("Password").fill(os.environ.get("DEMO_PASSWORD", "demo"))
    page.get_by_role("button", name="Log in").click()
    page.locator("canvas").first.wait_for()
    page.screenshot(path=FOLDER / file)
    page.close()


def main(address: str = "http://127.0.0.1:8000") -> None:
    """Take both pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(chromium()))
        take(browser, address, "/", "light", "overview.png")
        take(browser, address, "/kpis/denials-by-payer/", "dark", "denials.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
