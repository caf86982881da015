"""The list of remittances, one of them, and possible duplicates."""

from datetime import date, timedelta

import pytest

from billing.models import Claim, Remittance
from billing.tests.builders import make_claim, make_remittance
from billing.tests.imports.x12.conftest import file_835

pytestmark = pytest.mark.django_db
PAID = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
OFF = "CLP*C2*1*100*70*20*12*P2~CAS*PR*2*20~"


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def listed(client, query: str = "") -> list[str]:
    rows = client.get(f"/remittances/{query}").context["rows"]
    return [row.remittance.trace_number for row in rows]


def test_the_list_shows_the_newest_first_and_how_each_stands(load, biller):
    load(
        file_835(PAID, amount="80"),
        file_835(OFF, amount="71", trace="EFT2"),
        file_835(PAID.replace("*20~", "*20~REF*EA*1~"), amount="80"),
    )
    make_remittance("OLD", paid_on=date(2025, 1, 1))

    page = text(biller.get("/remittances/"))

    assert listed(biller)[-1] == "OLD"
    assert "Off by 1.00" in page
    assert "1 claim off" in page


def test_the_list_filters_by_payer_day_and_state(load, biller):
    load(
        file_835(PAID, amount="80"),
        file_835(OFF, amount="70", trace="EFT2"),
        file_835(PAID, amount="79", trace="EFT3"),
    )
    make_remittance("OLD", payer="Cigna", paid_on=date(2025, 1, 1))
    assert set(listed(biller)) == {"EFT1", "EFT2", "EFT3", "OLD"}
    assert listed(biller, "?payer=Cigna") == ["OLD"]
    assert listed(biller, "?to=2025-12-31") == ["OLD"]
    assert listed(biller, "?from=2026-01-01&state=balanced") == ["EFT1"]
    assert listed(biller, "?state=unbalanced") == ["EFT3"]
    assert listed(biller, "?state=claims-off") == ["EFT2"]


@pytest.mark.parametrize(
    "query",
    [
        "?payer=Nobody",
        "?state=odd",
        "?from=9999-01-01",
        "?from=2026-02-01&to=2026-01-01",
        "?after=x~y",
        "?before=2026-13-01~1",
        "?after=2026-02-01~99999999999999999999",
        "?practice=Hill+Clinic",
        "?after=%00~1",
    ],
)
def test_a_bad_address_never_breaks_the_list(load, biller, query):
    load(file_835(PAID, amount="80"))
    assert listed(biller, query) == ["EFT1"]


def test_pages_of_the_list_lead_through_all_of_it_and_back(biller):
    first = date(2026, 1, 1)
    for number in range(120):
        make_remittance(f"T{number:03}", paid_on=first + timedelta(days=number // 7))
    everything = [r.trace_number for r in Remittance.objects.order_by("-paid_on", "-pk")]
    walked, query = [], ""
    for _ in range(3):
        page = biller.get(f"/remittances/{query}").context
        walked += [row.remittance.trace_number for row in page["rows"]]
        query = page.get("next_url", "")
    assert (walked, query) == (everything, "")
    back = biller.get(f"/remittances/{page['previous_url']}").context
    assert [row.remittance.trace_number for row in back["rows"]] == everything[50:100]
    begin = biller.get(f"/remittances/{back['previous_url']}").context
    assert [row.remittance.trace_number for row in begin["rows"]] == everything[:50]


def test_the_number_of_queries_does_not_grow(load, biller, django_assert_max_num_queries):
    numbers = [f"N{number}" for number in range(30)]
    make_claim(number="N1", billed="100.00")
    load(file_835(*(PAID.replace("C1", number) for number in numbers), amount="2400"))
    for number in range(30):
        make_remittance(f"T{number}")
    found = Remittance.objects.get(trace_number="EFT1")
    with django_assert_max_num_queries(18):
        biller.get("/remittances/")
    with django_assert_max_num_queries(18):
        biller.get(f"/remittances/{found.pk}/")


def test_one_remittance_shows_its_arithmetic_and_its_decisions(load, biller):
    claim = make_claim(number="C1", billed="100.00")
    load(file_835(PAID, OFF, amount="144", tail="PLB*1234567893*20261231*WO:REF9*5~"))
    found = Remittance.objects.get()

    page = text(biller.get(f"/remittances/{found.pk}/"))

    balance = biller.get(f"/remittances/{found.pk}/").context["balance"]
    assert (balance.claims, balance.taken, balance.due, balance.difference) == (150, 5, 145, -1)
    assert balance.difference == found.balance_difference
    assert "WO · Recovery of an overpayment" in page
    assert "REF9" in page
    assert f'href="/claims/{claim.pk}/"' in page
    assert "by claim number" in page
    assert "waits for its claim" in page
    assert "PR-2" in page
    assert "Reyes" not in page
    only = biller.get(f"/remittances/{found.pk}/?only=off").context["rows"]
    assert [row.event.claim_number for row in only] == ["C2"]
    only = biller.get(f"/remittances/{found.pk}/?only=unmatched").context["rows"]
    assert [row.event.claim_number for row in only] == ["C2"]


@pytest.fixture
def duplicate(load) -> Remittance:
    """Another content of a payment that counts."""
    make_claim(number="C1", billed="100.00")
    load(file_835(PAID, amount="80"), file_835(PAID.replace("PR*2", "PR*1"), amount="80"))
    return Remittance.objects.get(state="possible-duplicate")


def test_a_person_posts_a_possible_duplicate_after_a_question(duplicate, biller):
    assert "1 possible duplicate" in text(biller.get("/remittances/"))
    page = text(biller.get(f"/remittances/{duplicate.pk}/"))
    assert "does not count yet" in page
    address = f"/remittances/{duplicate.pk}/post/"
    assert "both may count" in text(biller.get(address))
    assert Claim.objects.get().paid == 80

    assert "Say why" in text(biller.post(address, {"reason": " "}))
    assert Claim.objects.get().paid == 80
    response = biller.post(address, {"reason": "<b>two</b> cheques"}, follow=True)

    assert Claim.objects.get().paid == 160
    shown = text(response)
    assert "The remittance is posted." in shown
    assert "Posted by bea: &lt;b&gt;two&lt;/b&gt; cheques" in shown
    assert "counts already" in text(biller.post(address, {"reason": "again"}))


def test_a_person_keeps_a_possible_duplicate_aside(duplicate, biller):
    address = f"/remittances/{duplicate.pk}/set-aside/"
    biller.post(address, {"reason": "sent twice"})
    duplicate.refresh_from_db()
    assert duplicate.state == "set-aside"
    assert Claim.objects.get().paid == 80
    assert listed(biller, "?state=set-aside") == ["EFT1"]


def test_a_remittance_without_its_like_cannot_be_kept_aside(load, biller):
    load(file_835(PAID, amount="80"))
    found = Remittance.objects.get()
    page = text(biller.post(f"/remittances/{found.pk}/set-aside/", {"reason": "no"}))
    assert "No other remittance" in page
    found.refresh_from_db()
    assert found.state == "posted"


def test_a_manager_looks_and_decides_nothing(duplicate, manager):
    assert "Post it" not in text(manager.get(f"/remittances/{duplicate.pk}/"))
    for act in ("post", "set-aside"):
        response = manager.post(f"/remittances/{duplicate.pk}/{act}/", {"reason": "x"})
        assert response.status_code == 403
    duplicate.refresh_from_db()
    assert duplicate.state == "possible-duplicate"


@pytest.mark.parametrize("act", ["", "post/", "set-aside/"])
def test_a_remittance_of_another_practice_is_not_there(biller, act):
    foreign = make_remittance("X1", practice="Hill Clinic")
    make_remittance("X1", practice="Hill Clinic", digest="other")
    address = f"/remittances/{foreign.pk}/{act}"
    assert biller.get(address).status_code == 404
    if act:
        assert biller.post(address, {"reason": "mine"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == "posted"
    assert biller.get("/remittances/99999999999999999999/").status_code == 404
    assert listed(biller) == []
