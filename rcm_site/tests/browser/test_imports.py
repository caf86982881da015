"""A file from the browser to the records and back, in a real Chromium."""

import csv

import pytest
from playwright.sync_api import FilePayload, Page, expect

from billing.models import Claim, ImportBatch, Upload
from billing.tests.builders import make_practice
from billing.tests.imports.conftest import EXPORT, FLAT
from billing.tests.uploads.conftest import run_worker, zipped
from rcm_site.tests.browser.driving import log_in, overflow, violations

pytestmark = pytest.mark.browser
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
BAD = "=C2,Aetna,-1.00,2026-01-10,Paid,2026-02-01,80.00,\n"


@pytest.fixture(autouse=True)
def practice(manager, settings, tmp_path):
    settings.UPLOADS_FOLDER = tmp_path / "private"
    return make_practice()


def payload(content: str | bytes, name: str) -> FilePayload:
    data = content.encode() if isinstance(content, str) else content
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def choose(page: Page, content: str | bytes, name: str) -> None:
    page.goto("/imports/")
    page.get_by_label("A CSV or X12 file, or a ZIP of several").set_input_files(
        payload(content, name)
    )
    page.get_by_role("button", name="Look at the file").click()


def test_a_file_is_looked_at_agreed_to_loaded_and_undone(page: Page):
    log_in(page)
    choose(page, FLAT + ROW + BAD, "claims.csv")

    expect(page.get_by_role("heading", name="Waiting to be looked at")).to_be_visible()
    run_worker()
    expect(page.get_by_text("Loading would mean: 1 added, 1 rejected.")).to_be_visible()
    expect(page.get_by_role("row", name="below zero")).to_contain_text("billed")
    page.get_by_text("The first rows, as read").click()
    expect(page.get_by_role("cell", name="Aetna").first).to_be_visible()
    page.get_by_role("button", name="Load it into").click()

    expect(page.get_by_role("heading", name="Waiting to be loaded")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_worker()
    expect(page.get_by_role("heading", name="What was loaded")).to_be_visible()
    assert Claim.objects.count() == 1

    page.get_by_role("link", name="claims.csv").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="All of them as CSV").click()
    with download.value.path().open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:2] for row in rows] == [["line", "field"], ["3", "billed"]]
    assert rows[1][3].startswith("'=C2")

    page.get_by_role("link", name="Undo this import").click()
    expect(page.get_by_role("row", name="Claims")).to_contain_text("1")
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_role("heading", name="Being undone")).to_be_visible()
    run_worker()
    expect(page.get_by_role("definition").filter(has_text="Undone")).to_be_visible()
    assert not Claim.objects.exists()


def test_what_is_no_csv_is_said_beside_the_field(page: Page):
    log_in(page)
    choose(page, b"PK\x03\x04", "claims.zip")

    expect(page.get_by_text("claims.zip is a damaged ZIP archive: make it again.")).to_be_visible()
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_not_even_sent(page: Page, settings):
    settings.UPLOAD_MEGABYTES = 1
    log_in(page)
    choose(page, b"a,b\n" * 300_000, "claims.csv")

    expect(page.get_by_role("alert")).to_have_text(
        "The file is larger than 1 MB, the most that is taken: load it in parts."
    )
    assert not Upload.objects.exists()


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_it_all_works_without_javascript(browser, live_server):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    page = context.new_page()
    log_in(page)
    choose(page, FLAT + ROW, "claims.csv")
    run_worker()
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Load it into").click()
    run_worker()
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_role("heading", name="What was loaded")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_every_page_is_accessible_and_fits(page: Page, theme, width):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page)
    page.goto("/imports/")
    assert violations(page) == []
    choose(page, zipped({**EXPORT, "a-file-with-a-long-name" * 6 + ".csv": FLAT + BAD}), "all.zip")
    assert violations(page) == []
    run_worker()
    upload = Upload.objects.get()
    address = f"/imports/uploads/{upload.pk}/"
    page.goto(address)
    for details in page.locator("details").all():
        details.evaluate("each => each.open = true")
    assert violations(page) == []
    assert overflow(page) == 0
    page.get_by_role("button", name="Load it into").click()
    run_worker()
    batch = ImportBatch.objects.filter(rejected=1).get()
    for path in ("/imports/", address, f"/imports/{batch.pk}/", f"/imports/{batch.pk}/undo/"):
        page.goto(path)
        assert violations(page) == [], path
        assert overflow(page) == 0, path
