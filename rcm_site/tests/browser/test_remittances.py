"""Remittances in a browser: link, keep aside, post a duplicate, upload; readable by everyone."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import FilePayload, Page, expect

from billing.imports.x12.run import Request, import_x12
from billing.models import Adjudication, Claim, PracticeAccess, Remittance
from billing.tests.builders import make_claim, make_practice
from billing.tests.imports.x12.conftest import file_835, file_837
from rcm_site.tests.browser.driving import PASSWORD, log_in, overflow, settle, violations

pytestmark = pytest.mark.browser
PAID = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
WAITS = "CLP*c-0002*1*100*80*20*12*P2~DTM*232*20260105~CAS*PR*2*20~"
OFF = "CLP*C3*4*100*10**12*P3~CAS*CO*Z99*60~"
SENT = "CLM*NEW*100***11:B:1~LX*1~SV1*HC:99213*100*UN*1~DTP*472*D8*20260105~"


def person(name: str, group: str) -> None:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name=group))
    PracticeAccess.objects.create(user=user).practices.set([make_practice()])


@pytest.fixture
def clinic(live_server) -> None:
    """A practice with two claims; Bea bills for it, Max looks."""
    make_claim(number="C1", billed="100.00")
    make_claim(number="C0002", billed="100.00")
    person("bea", "Billers")
    person("max", "Managers")


@pytest.fixture
def remittances(clinic, tmp_path: Path) -> None:
    """One that adds up, one that does not, a possible duplicate, and a claim without department."""
    files = {
        "1.835": file_835(PAID, WAITS, amount="155", tail="PLB*1*20261231*WO:R1*5~"),
        "2.835": file_835(OFF, amount="9", trace="EFT-OFF"),
        "3.835": file_835(PAID, amount="80", trace="TWICE"),
        "4.835": file_835(PAID.replace("PR*2", "PR*1"), amount="80", trace="TWICE"),
        "5.837": file_837(SENT),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    import_x12(Request([tmp_path]))


def test_a_biller_links_a_decision_and_posts_a_duplicate(page: Page, remittances):
    log_in(page, "bea")
    page.get_by_role("link", name="Remittances").click()
    page.get_by_role("link", name="Unmatched").click()
    page.get_by_role("link", name="c-0002").click()
    expect(page.locator("#main")).to_contain_text("Same: the number but for its spelling")
    page.get_by_role("link", name="Link to claim C0002").click()
    assert violations(page) == []
    page.get_by_label("Why (optional)").fill("a hyphen too many")
    page.get_by_role("button", name="Link it").click()
    expect(page.get_by_role("status").filter(has_text="is linked to claim C0002")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("linked by a person")
    assert Claim.objects.get(number="C0002").paid == 80

    page.get_by_role("link", name="Remittances").click()
    page.get_by_role("link", name="Look at them").click()
    page.get_by_role("link", name="TWICE").click()
    page.get_by_role("link", name="Post it …").click()
    page.get_by_role("button", name="Post it").click()  # the browser asks for a reason
    page.get_by_label("Why").fill("two payments")
    page.get_by_role("button", name="Post it").click()
    expect(page.get_by_role("status").filter(has_text="is posted")).to_be_visible()
    assert not Remittance.objects.filter(state="possible-duplicate").exists()


def test_a_biller_loads_an_835_by_the_page(page: Page, clinic, tmp_path, settings):
    from billing.tests.uploads.conftest import run_worker

    settings.UPLOADS_FOLDER = tmp_path / "private"
    log_in(page, "bea")
    page.goto("/imports/")
    content = file_835(PAID, amount="80").encode()
    file = FilePayload(name="advice.835", mimeType="text/plain", buffer=content)
    page.get_by_label("A CSV or X12 file").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.locator("#main")).to_contain_text("Waiting to be looked at")
    run_worker()
    expect(page.locator("#main")).to_contain_text("1 remittance of $80.00")
    assert violations(page) == []
    page.get_by_role("button", name="Load it into Harbor Clinic").click()
    run_worker()
    expect(page.locator("#main")).to_contain_text("What was loaded")
    page.get_by_role("link", name="Look at the remittances").click()
    expect(page.locator("#count")).to_have_text("1 remittance")
    page.get_by_role("link", name="EFT1").click()
    page.get_by_role("link", name="Do not add up").click()
    settle(page)
    expect(page.locator("#count")).to_have_text("0 decisions")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_the_pages_are_accessible_and_fit(page: Page, remittances, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    log_in(page, "bea")
    decision = Adjudication.objects.get(claim_number="c-0002")
    claim = Claim.objects.get(number="C0002")
    duplicate = Remittance.objects.get(state="possible-duplicate")
    for address in (
        "",
        "?payer=Nobody&from=9999-01-01",
        f"{decision.remittance_id}/",
        f"{duplicate.pk}/",
        f"{duplicate.pk}/post/",
        "unmatched/",
        "unmatched/?state=aside",
        f"unmatched/{decision.pk}/?number=C",
        f"unmatched/{decision.pk}/link/{claim.pk}/",
        "unbalanced/",
        "unbalanced/claims/",
        "unknown-codes/",
        "unmapped-departments/",
    ):
        page.goto(f"/remittances/{address}")
        assert overflow(page) == 0, address
        assert violations(page) == [], address
