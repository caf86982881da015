"""The work queue in a browser: whose work, its arithmetic, snooze, done, assign."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.models import Payer, PracticeAccess, Staff, WorkMark
from billing.tests.builders import decision, make_claim, make_practice, make_staff, write_off
from rcm_site.tests.browser.driving import PASSWORD, log_in, overflow, settle, violations

pytestmark = pytest.mark.browser


def person(name: str, group: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user)
    access.practices.set([make_practice()])
    return user


@pytest.fixture
def work(live_server) -> None:
    """Three denials, of which two are Ann's; half of what ended at Cigna was overturned."""
    today = timezone.localdate()
    for position in range(2):
        make_claim(
            payer="Cigna",
            decisions=[
                decision(on=today - timedelta(days=90), denied="100.00", reason="16"),
                *([decision(on=today - timedelta(days=50), paid="100.00")] if position else []),
            ],
            write_offs=[]
            if position
            else [write_off(on=today - timedelta(days=50), amount="100.00", for_denial=True)],
        )
    Payer.objects.filter(name="Cigna").update(appeal_limit_days=60)
    for number, amount, assignee in (
        ("BIG", "400.00", "Ann Lowe"),
        ("SMALL", "80.00", "Ann Lowe"),
        ("FREE", "200.00", None),
    ):
        make_claim(
            number=number,
            payer="Cigna",
            billed=amount,
            decisions=[decision(on=today - timedelta(days=40), denied=amount, reason="16")],
            assignee=assignee,
        )
    make_staff("Bo Hart")
    Staff.objects.filter(name="Ann Lowe").update(login=person("ann", "Billers"))
    person("max", "Managers")


def numbers(page: Page) -> list[str]:
    return page.locator("#rows tbody th[scope=row] a").all_inner_texts()


def test_a_biller_works_through_her_claims(page: Page, work):
    log_in(page, "ann")
    page.get_by_role("link", name="Work queue").click()
    expect(page.locator("#count")).to_have_text("2 claims")
    assert numbers(page) == ["BIG", "SMALL"]
    expect(page.locator("#rows tbody tr").first).to_contain_text(
        "$400.00 expected, assumed × 50.0 % (1 of 2 overturned at Cigna, Missing or invalid "
        "data; practice 50.0 %) × 0.80 (20 days left)"
    )
    expect(page.locator("#rows tbody tr").first).to_contain_text("$160.00")

    page.get_by_role("button", name="Snooze: claim BIG").click()
    page.get_by_label("Until").fill(str(timezone.localdate() + timedelta(days=5)))
    page.get_by_label("Why").fill("records are on their way")
    assert violations(page) == []
    page.get_by_role("button", name="Snooze: 1 claim").click()
    expect(page.get_by_role("status").filter(has_text="Snooze: BIG.")).to_be_visible()
    expect(page.locator("#count")).to_have_text("1 claim")

    page.get_by_role("link", name="Snoozed", exact=True).click()
    settle(page)
    assert numbers(page) == ["BIG"]
    expect(page.locator("#rows")).to_contain_text("records are on their way")
    page.get_by_role("button", name="Put back: claim BIG").click()
    page.get_by_role("button", name="Put back: 1 claim").click()
    expect(page.locator("#rows")).to_contain_text("Nothing is snoozed")

    page.get_by_role("link", name="To do", exact=True).click()
    settle(page)
    page.get_by_label("Tick all claims of this page").check()
    page.get_by_label("What to do").select_option("Done…")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What was done").fill("sent the records")
    page.get_by_role("button", name="Done: 2 claims").click()
    expect(page.locator("#done")).to_have_text("2 claims")
    page.get_by_role("link", name="Back to the work queue").click()
    expect(page.locator("#rows")).to_contain_text("Nothing to do")
    assert violations(page) == []
    assert WorkMark.objects.count() == 4


def test_a_manager_sees_the_team_and_gives_out_work(page: Page, work):
    log_in(page, "max")
    page.goto("/work-queue/")
    assert numbers(page) == ["BIG", "FREE", "SMALL"]
    page.locator("#filter-assignee").click()
    page.get_by_role("checkbox", name="Nobody").check()
    page.get_by_role("button", name="Apply").click()
    settle(page)
    assert numbers(page) == ["FREE"]
    page.get_by_role("button", name="Assign: claim FREE").click()
    page.get_by_label("Assign to").select_option("Bo Hart")
    page.get_by_role("button", name="Assign: 1 claim").click()
    expect(page.locator("#rows")).to_contain_text("No claim fits")
    page.get_by_role("link", name="Remove all filters").click()
    settle(page)
    assert len(numbers(page)) == 3
    expect(page.locator("#rows")).to_contain_text("Bo Hart")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_the_pages_are_accessible_and_fit(page: Page, work, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    log_in(page, "ann")
    for address in (
        "/work-queue/?whose=team",
        "/work-queue/?whose=team&due=passed",
        "/work-queue/?state=done&due=x",
        "/kpis/timely-filing-risk/",
    ):
        page.goto(address)
        assert overflow(page) == 0, address
        assert violations(page) == [], address


def test_the_queue_works_without_javascript(
    browser, live_server, django_db_serialized_rollback, work
):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "ann")
    page.goto("/work-queue/?whose=team")
    page.locator("#filter-due").select_option("30")
    page.get_by_role("button", name="Apply").click()
    assert numbers(page) == ["BIG", "FREE", "SMALL"]
    page.get_by_role("button", name="Done: claim FREE").click()
    page.get_by_label("What was done").fill("called")
    page.get_by_role("button", name="Done: 1 claim").click()
    assert numbers(page) == ["BIG", "SMALL"]
    context.close()
