"""What does not add up or is not known: by payer, by code, by department."""

from decimal import Decimal

import pytest
from auditlog.models import LogEntry

from billing.models import Claim, DepartmentRule, ReasonCode, Remittance
from billing.tests.builders import make_claim, make_department, make_practice
from billing.tests.imports.x12.conftest import file_835, file_837

pytestmark = pytest.mark.django_db
GOOD = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
OFF = "CLP*C2*1*100*70*20*12*P2~CAS*PR*2*20~"
LINES_OFF = "CLP*C3*1*100*80*20*12*P3~CAS*PR*2*20~SVC*HC:99213*100*70~CAS*PR*2*20~"
SENT = "CLM*{number}*100***{place}:B:1~LX*1~SV1*HC:99213*100*UN*1~DTP*472*D8*20260105~"


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def test_what_is_off_is_counted_by_payer_and_each_count_opens_its_cases(load, biller):
    load(
        file_835(GOOD, amount="80"),
        file_835(OFF, amount="75", trace="EFT2"),
        file_835(OFF.replace("70", "60"), amount="60", trace="EFT3").replace("AETNA", "CIGNA"),
    )
    rows = biller.get("/remittances/unbalanced/").context["rows"]

    assert [(r.payer, r.payments, r.payments_off, r.claims, r.claims_off) for r in rows] == [
        ("AETNA", 1, 5, 1, 10),
        ("CIGNA", 0, 0, 1, 20),
    ]
    aetna, cigna = rows
    listed = biller.get(aetna.links["payments"]).context["rows"]
    assert [row.remittance.trace_number for row in listed] == ["EFT2"]
    decided = biller.get(cigna.links["claims"]).context["rows"]
    assert [(row.claim_number, row.balance_difference) for row in decided] == [("C2", 20)]


def test_lines_that_are_off_are_counted_beside_the_claims(load, biller):
    load(file_835(LINES_OFF, amount="80"))
    (row,) = biller.get("/remittances/unbalanced/").context["rows"]
    assert row.lines == len(biller.get(row.links["lines"]).context["rows"]) == 1


def test_what_was_set_aside_is_not_counted(load, biller):
    load(file_835(OFF, amount="75"))
    Remittance.objects.update(state="set-aside")
    assert "Everything adds up" in text(biller.get("/remittances/unbalanced/"))
    assert biller.get("/remittances/unbalanced/claims/").context["rows"] == []


def test_an_unknown_code_is_listed_until_somebody_describes_it(load, biller, admin_client):
    load(file_835("CLP*C1*4*100*0**12*P1~CAS*CO*Z99*70~CAS*OA*Z99*30~"))
    (row,) = biller.get("/remittances/unknown-codes/").context["rows"]
    assert (row.reason.code, row.groups, row.adjustments, row.amount) == ("Z99", "CO, OA", 2, 100)
    assert "Describe it" not in text(biller.get("/remittances/unknown-codes/"))
    page = text(admin_client.get("/remittances/unknown-codes/"))
    assert "/admin/billing/reasoncode/Z99/change/" in page

    ReasonCode.objects.filter(code="Z99").update(is_unknown=False)
    assert "Every code is known" in text(biller.get("/remittances/unknown-codes/"))


def test_other_practices_are_not_counted(load, biller):
    make_practice("Hill Clinic")
    make_practice("Harbor Clinic")
    load(
        file_835("CLP*C1*4*100*0**12*P1~CAS*CO*Z99*60~", amount="5"),
        file_837(SENT.format(number="C1", place=11)),
        practice="Hill Clinic",
    )
    for page, words in (
        ("unbalanced", "Everything adds up"),
        ("unknown-codes", "Every code is known"),
        ("unmapped-departments", "has a department"),
    ):
        assert words in text(biller.get(f"/remittances/{page}/"))
    biller.post("/remittances/unmapped-departments/")
    assert Claim.objects.get().department is None


def test_claims_that_no_rule_fits_are_grouped_by_what_was_sent(load, biller, admin_client):
    load(
        file_837(
            SENT.format(number="C1", place=11),
            SENT.format(number="C2", place=11),
            SENT.format(number="C3", place=22),
        )
    )
    make_claim(number="TYPED", department=None)
    rows = biller.get("/remittances/unmapped-departments/").context["rows"]
    assert [(r.group.sent["place_of_service"], r.group.claims, r.group.billed) for r in rows] == [
        ("11", 2, Decimal("200.00")),
        ("22", 1, Decimal("100.00")),
    ]
    page = text(admin_client.get("/remittances/unmapped-departments/"))
    assert "/admin/billing/departmentrule/add/?practice=" in page
    assert admin_client.get(rows[0].rule_url).status_code == 200


def test_the_newest_sending_says_which_group_a_claim_is_in(load, biller):
    sent = file_837(SENT.format(number="C1", place=11))
    later = file_837(SENT.format(number="C1", place=22)).replace("20260107", "20260108")
    load(sent, later)
    (row,) = biller.get("/remittances/unmapped-departments/").context["rows"]
    assert (row.group.sent["place_of_service"], row.group.claims) == ("22", 1)


def test_a_rule_that_came_later_is_applied_on_a_persons_word(load, biller, manager):
    load(
        file_837(SENT.format(number="C1", place=11), SENT.format(number="C2", place=22)),
        practice="",
    )
    practice = Claim.objects.all()[0].practice
    ward, clinic = (make_department(n, practice=practice.name) for n in ("Ward", "Clinic"))
    DepartmentRule.objects.create(practice=practice, department=ward)
    DepartmentRule.objects.create(practice=practice, department=clinic, place_of_service="11")
    page = "/remittances/unmapped-departments/"
    assert "2 claims" in text(biller.get(page))
    assert manager.post(page).status_code == 403
    assert not Claim.objects.filter(department__isnull=False).exists()

    assert "2 claims got a department." in text(biller.post(page, follow=True))

    found = dict(Claim.objects.values_list("number", "department__name"))
    assert found == {"C1": "Clinic", "C2": "Ward"}
    claim = Claim.objects.get(number="C1")
    entry = LogEntry.objects.get_for_object(claim).latest("pk")
    assert (entry.actor.username, entry.changes["department"][0]) == ("bea", None)


@pytest.mark.parametrize("page", ["unbalanced", "unbalanced/claims", "unknown-codes"])
@pytest.mark.parametrize("cases", [0, 1, 20])
def test_the_number_of_queries_does_not_grow(
    load, biller, django_assert_max_num_queries, page, cases
):
    claims = [OFF.replace("C2", f"N{n}").replace("PR*2", f"CO*Z{n}") for n in range(cases)]
    if claims:
        load(file_835(*claims, amount="1"))
    with django_assert_max_num_queries(14):
        assert biller.get(f"/remittances/{page}/").status_code == 200
