"""A patient, an encounter and its line items, entered in a real browser."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from billing.models import Encounter, LineItem, Patient, ProcedureCode
from billing.tests.builders import make_claim, make_department, make_patient, make_practice
from rcm_site.tests.browser.driving import log_in, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def practice(manager):
    ProcedureCode.objects.bulk_create(
        ProcedureCode(code=code, wording=wording)
        for code, wording in (
            *((f"G{n:04}", "") for n in range(120)),
            ("99213", "Return visit, short"),
            ("99214", "Return visit, medium"),
        )
    )
    make_department("Cardiology")
    return make_practice()


@pytest.fixture
def visit(practice) -> Encounter:
    patient = make_patient("<b>Reyes</b>", "=1+1")
    return Encounter.objects.create(practice=practice, patient=patient, date=date(2026, 1, 5))


def add_line_item(visit: Encounter) -> None:
    LineItem.objects.create(
        practice=visit.practice, encounter=visit, procedure_id="99213", charge=Decimal(155)
    )


def enter_patient_and_encounter(page: Page) -> None:
    page.goto("/patients/")
    page.get_by_role("link", name="Add a patient").first.click()
    page.get_by_label("Record number").fill("MRN-7")
    page.get_by_label("Last name").fill("Okafor")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Birth date").fill("1990-01-31")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The patient was added")).to_be_visible()

    page.get_by_role("link", name="Add an encounter").first.click()
    page.get_by_label("Date of service").fill("2026-01-05")
    page.get_by_label("Department").select_option("Cardiology")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Encounter of 2026-01-05")).to_be_visible()


def test_a_visit_is_entered_from_patient_to_line_item(page: Page, practice):
    log_in(page)
    enter_patient_and_encounter(page)

    page.get_by_role("link", name="Add a line item").click()
    code = page.get_by_label("Procedure code")
    expect(code).to_be_focused()
    code.press_sequentially("return")
    expect(page.locator("#procedure-codes option")).to_have_count(2)
    expect(page.locator("#procedure-codes option").first).to_have_attribute("value", "99213")
    code.fill("99213")
    expect(page.locator("#procedure-wording")).to_have_text("Return visit, short")
    page.get_by_label("Units").fill("2")
    page.get_by_label("Charge").fill("1,310.00")
    page.get_by_role("button", name="Save and add another").click()
    expect(page.get_by_text("99213 · Return visit, short was added")).to_be_visible()
    page.get_by_label("Procedure code").fill("99214")
    page.get_by_label("Charge").fill("225")
    page.keyboard.press("Enter")

    expect(page.locator("#total-charge")).to_have_text("$1,535.00")
    expect(page.get_by_role("row", name="99213")).to_contain_text("Return visit, short")
    assert Patient.objects.get().encounters.get().line_items.count() == 2


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_it_all_works_without_javascript(browser, live_server, practice):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    page = context.new_page()
    log_in(page)
    enter_patient_and_encounter(page)
    page.get_by_role("link", name="Add a line item").click()
    page.get_by_label("Procedure code").fill("99231")
    page.get_by_label("Charge").fill("155")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Did you mean 99213")).to_be_visible()
    expect(page.get_by_label("Charge")).to_have_value("155")
    page.get_by_label("Procedure code").fill("99213")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("#total-charge")).to_have_text("$155.00")
    context.close()


def test_a_refused_entry_has_the_cursor_and_keeps_what_was_typed(page: Page, visit):
    log_in(page)
    page.goto(f"/encounters/{visit.pk}/line-items/add/")
    page.get_by_label("Procedure code").fill("99213")
    page.get_by_label("Units").fill("-1")
    page.get_by_label("Charge").fill("155")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    expect(page.get_by_label("Units")).to_be_focused()
    expect(page.get_by_label("Units")).to_have_value("-1")
    expect(page.get_by_label("Charge")).to_have_value("155")
    expect(page.get_by_label("Units")).to_have_accessible_description("Units are above zero.")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []


def test_a_search_stays_out_of_the_address_and_is_taken_back(page: Page, visit, live_server):
    make_patient("Okafor", "Ada")
    log_in(page)
    page.goto("/patients/")
    page.get_by_label("Name or record number").fill("oka")
    page.keyboard.press("Enter")

    expect(page.get_by_role("row", name="Okafor, Ada")).to_be_visible()
    expect(page.get_by_role("row", name="Reyes")).to_have_count(0)
    expect(page).to_have_url(f"{live_server.url}/patients/")
    page.get_by_role("button", name="Show all patients").click()
    expect(page.get_by_role("row", name="Reyes")).to_be_visible()


def test_html_and_formulas_in_a_name_are_text(page: Page, visit):
    log_in(page)
    page.goto(f"/patients/{visit.patient_id}/")

    expect(page.get_by_role("heading", name="<b>Reyes</b>, =1+1")).to_be_visible()


def test_a_line_item_is_removed_after_a_question(page: Page, visit):
    add_line_item(visit)
    log_in(page)
    page.goto(f"/encounters/{visit.pk}/")
    page.get_by_role("link", name="Remove 99213").click()
    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("The line item was removed")).to_be_visible()
    expect(page.get_by_text("No line item yet.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_accessible_and_fits(
    page: Page, context: BrowserContext, visit, theme, width
):
    claim = make_claim(procedures=["99213", "99214"])
    billed = claim.encounter_id
    add_line_item(visit)
    assert claim.encounter is not None
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page)
    empty = make_patient("Nobody", "Yet").pk
    for address in (
        "/patients/",
        "/patients/add/",
        f"/patients/{claim.encounter.patient_id}/",
        f"/patients/{empty}/",
        f"/patients/{visit.patient_id}/edit/",
        f"/patients/{visit.patient_id}/encounters/add/",
        f"/encounters/{visit.pk}/",
        f"/encounters/{billed}/",
        f"/encounters/{billed}/line-items/add/",
    ):
        page.goto(address)
        assert violations(page) == [], address
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert page.evaluate(too_wide) is False, address
