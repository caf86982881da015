"""A real Chromium on a live server. CHROMIUM names the browser if PATH does not hold one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from rcm_site.tests.browser.driving import PASSWORD, chromium, launch_options


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None and os.environ.get("CI"):
        pytest.fail("CI needs a Chromium: install it or name it in CHROMIUM.")
    if path is None:
        pytest.skip("no Chromium is found (CHROMIUM names one)")
    # Playwright's loop runs in this thread; the tests' own queries are synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(path))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def seeded() -> Iterator[sqlite3.Connection]:
    """A copy of the seeded database; empty until the first test has seeded it."""
    with closing(sqlite3.connect(":memory:")) as copy:
        yield copy


@pytest.fixture
def practice(context: BrowserContext, seeded: sqlite3.Connection) -> None:
    """A small invented practice. Comes before any user of the test, since it may replace all."""
    connection.ensure_connection()
    if seeded.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        seeded.backup(connection.connection)
        return
    call_command("seed_demo", claims=900, verbosity=0)
    if connection.vendor == "sqlite":
        connection.connection.backup(seeded)


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong in the browser; a test that provokes an error takes it out."""
    return []


@pytest.fixture
def context(
    browser: Browser, live_server, django_db_serialized_rollback, page_errors
) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 1280, "height": 900},
        locale="en-US",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)

    def stay_home(route: Route) -> None:
        if route.request.url.startswith(live_server.url):
            route.continue_()
        else:
            page_errors.append(f"fetched from elsewhere: {route.request.url}")
            route.abort()

    context.route("**/*", stay_home)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, page_errors: list[str]) -> Iterator[Page]:
    """A page of the live site. The test fails on any console error, exception or 5xx answer."""
    page = context.new_page()
    page.on("pageerror", lambda error: page_errors.append(f"exception: {error}"))
    page.on(
        "console",
        lambda message: (
            page_errors.append(f"console: {message.text} ({page.url})")
            if message.type == "error"
            else None
        ),
    )
    page.on(
        "response",
        lambda response: (
            page_errors.append(f"{response.status} from {response.url}")
            if response.status >= 500
            else None
        ),
    )
    yield page
    assert page_errors == []


@pytest.fixture
def manager(live_server) -> User:
    """Someone with every right, who logs in with `log_in(page)`."""
    return User.objects.create_superuser("manager", password=PASSWORD)
