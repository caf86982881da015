"""Decisions that wait for their claim, and what a person does with them."""

from datetime import date

import pytest

from billing import resolving
from billing.models import Adjudication, Claim, Patient, Resolution
from billing.tests.builders import make_claim
from billing.tests.imports.x12.conftest import file_835

pytestmark = pytest.mark.django_db
WAITS = "CLP*ab-0012*1*100*80*20*12*P1~DTM*232*20260105~CAS*PR*2*20~"


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


@pytest.fixture
def waiting(load) -> Adjudication:
    """A decision whose number nobody knows."""
    load(file_835(WAITS, amount="80"))
    return Adjudication.objects.get()


def suggested(client, decision) -> dict[str, str]:
    rows = client.get(f"/remittances/unmatched/{decision.pk}/").context["suggestions"]
    return {row.claim.number: row.words for row in rows}


def test_the_queue_lists_what_waits_and_not_what_found_its_claim(load, biller, waiting):
    make_claim(number="C1")
    load(file_835(WAITS.replace("ab-0012", "C1").replace("P1", "P2"), amount="80", trace="EFT2"))
    rows = biller.get("/remittances/unmatched/").context["rows"]
    assert [row.claim_number for row in rows] == ["ab-0012"]
    assert biller.get("/remittances/unmatched/?number=zz").context["rows"] == []
    assert biller.get("/remittances/unmatched/?state=aside").context["rows"] == []


def test_claims_are_suggested_with_their_reasons(biller, waiting):
    make_claim(number="AB0012", service_date=date(2026, 1, 5), billed="100.00")
    make_claim(number="ab-0012-1", service_date=None, billed="7.00")
    make_claim(number="ab-0", service_date=None, billed="8.00")
    make_claim(number="Z9", service_date=date(2026, 1, 5), billed="100.00")
    make_claim(number="Z8", service_date=date(2026, 1, 6), billed="100.00")
    Claim.objects.filter(number="ab-0").update(payer_control_number="P1")
    make_claim(number="ab-0012", practice="Hill Clinic")

    assert suggested(biller, waiting) == {
        "AB0012": "the number but for its spelling, service date and charge",
        "ab-0": "the beginning of the number, the payer’s number",
        "ab-0012-1": "the beginning of the number",
        "Z9": "service date and charge",
    }


def test_a_patients_record_number_points_only_for_those_who_may_see_patients(
    biller, manager, waiting
):
    claim = make_claim(number="Z9", procedures=["99213"], service_date=date(2026, 3, 3))
    Patient.objects.update(record_number="AB-0012")
    assert claim.encounter is not None
    assert suggested(biller, waiting) == {"Z9": "the patient’s record number"}
    assert suggested(manager, waiting) == {}
    for client in (biller, manager):
        assert "Reyes" not in text(client.get(f"/remittances/unmatched/{waiting.pk}/"))


def test_a_claim_is_found_by_the_beginning_of_its_number(biller, waiting):
    make_claim(number="Q-77")
    make_claim(number="Q-78", practice="Hill Clinic")
    page = biller.get(f"/remittances/unmatched/{waiting.pk}/?number=q-7")
    assert [claim.number for claim in page.context["claims"]] == ["Q-77"]
    assert "begins so" in text(biller.get(f"/remittances/unmatched/{waiting.pk}/?number=%00x'--"))


def test_a_person_links_after_a_question_that_shows_both(biller, waiting):
    claim = make_claim(number="Q1", billed="120.00", payer="Cigna")
    address = f"/remittances/unmatched/{waiting.pk}/link/{claim.pk}/"
    page = text(biller.get(address))
    assert "The charges differ." in page
    assert "The payers differ." in page
    assert not Resolution.objects.exists()

    response = biller.post(address, {"reason": "called the payer"})

    assert response["Location"] == f"/claims/{claim.pk}/"
    claim.refresh_from_db()
    assert claim.paid == 80
    assert "linked by a person" in text(biller.get(f"/remittances/{waiting.remittance_id}/"))
    # the second one is told, and led to the claim
    assert "meanwhile" in text(biller.post(address, {}))
    late = biller.get(f"/remittances/unmatched/{waiting.pk}/")
    assert late["Location"] == f"/claims/{claim.pk}/"


def test_a_person_keeps_a_decision_aside_and_puts_it_back(biller, waiting):
    base = f"/remittances/unmatched/{waiting.pk}"
    assert "Say why" in text(biller.post(f"{base}/keep-aside/", {"reason": ""}))
    biller.post(f"{base}/keep-aside/", {"reason": "of the old system"})
    assert biller.get("/remittances/unmatched/").context["rows"] == []
    assert len(biller.get("/remittances/unmatched/?state=aside").context["rows"]) == 1
    assert "Kept aside (ab-0012) by bea: of the old system" in text(biller.get(f"{base}/"))

    biller.post(f"{base}/put-back/", {})
    assert len(biller.get("/remittances/unmatched/").context["rows"]) == 1


def test_a_manager_looks_and_links_nothing(manager, waiting):
    claim = make_claim(number="Q1")
    page = text(manager.get(f"/remittances/unmatched/{waiting.pk}/?number=Q"))
    assert "Link …" not in page
    base = f"/remittances/unmatched/{waiting.pk}"
    for act in (f"link/{claim.pk}", "keep-aside", "put-back"):
        assert manager.post(f"{base}/{act}/", {"reason": "x"}).status_code == 403
    assert not Resolution.objects.exists()


def test_forged_keys_are_not_there_and_change_nothing(load, biller, waiting):
    theirs = make_claim(number="X1", practice="Hill Clinic")
    base = f"/remittances/unmatched/{waiting.pk}"
    for key in (theirs.pk, 999_999, 99999999999999999999):
        assert biller.get(f"{base}/link/{key}/").status_code == 404
        assert biller.post(f"{base}/link/{key}/", {"reason": "x"}).status_code == 404
    foreign = Adjudication.objects.create(
        practice=theirs.practice,
        remittance=waiting.remittance,
        decided_on=date(2026, 2, 1),
        claim_number="X1",
        outcome="paid",
    )
    ours = make_claim(number="Q1")
    for act in ("", f"link/{ours.pk}/", "keep-aside/", "put-back/"):
        address = f"/remittances/unmatched/{foreign.pk}/{act}"
        assert biller.get(address).status_code == 404
        assert biller.post(address, {"reason": "x"}).status_code in (404, 405)
    assert not Resolution.objects.exists()


def test_the_number_of_queries_does_not_grow(load, biller, django_assert_max_num_queries):
    load(file_835(*(WAITS.replace("0012", f"{n:04}") for n in range(30)), amount="2400"))
    for number in range(15):
        make_claim(number=f"ab-0012-{number}")
    with django_assert_max_num_queries(14):
        biller.get("/remittances/unmatched/")
    decision = Adjudication.objects.get(claim_number="ab-0012")
    with django_assert_max_num_queries(26):
        assert len(suggested(biller, decision)) == 10


def test_a_claim_that_an_undo_removes_meanwhile_is_gone(biller, waiting, monkeypatch):
    claim = make_claim(number="Q1")

    def gone(*args, **options):
        raise Claim.DoesNotExist

    monkeypatch.setattr(resolving, "link", gone)
    address = f"/remittances/unmatched/{waiting.pk}/link/{claim.pk}/"
    assert biller.post(address, {}).status_code == 404
