"""The pages of a patient and of an encounter."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from auditlog.models import LogEntry

from billing.models import Claim, Encounter, LineItem
from billing.tests.builders import decision, make_claim

pytestmark = pytest.mark.django_db


def add_line(visit: Encounter, code: str = "99213", **values) -> LineItem:
    values = {"charge": Decimal("155.00"), "units": Decimal(1)} | values
    return LineItem.objects.create(
        practice=visit.practice, encounter=visit, procedure_id=code, **values
    )


def bill(visit: Encounter, number: str, **values) -> Claim:
    claim = make_claim(number=number, **values)
    claim.encounter = visit
    claim.save()
    return claim


def test_a_patient_s_encounters_are_listed_newest_first(biller, ines):
    for day in (date(2026, 1, 5), None, date(2026, 2, 9)):
        Encounter.objects.create(practice=ines.practice, patient=ines, date=day)

    shown = biller.get(f"/patients/{ines.pk}/").context["encounters"]

    assert [visit.date for visit in shown] == [date(2026, 2, 9), date(2026, 1, 5), None]


def test_an_encounter_is_listed_with_its_line_items_and_charge(biller, ines, visit, codes):
    add_line(visit, charge=Decimal("100.10"))
    add_line(visit, charge=Decimal("0.20"))

    text = biller.get(f"/patients/{ines.pk}/").text

    assert '<td class="num">2</td>' in text
    assert "$100.30" in text


def test_the_open_balance_is_that_of_the_open_claims(biller, ines, visit):
    bill(visit, "C1", billed="100.10")
    bill(visit, "C2", billed="50.20", decisions=[decision(on=date(2026, 2, 1), paid="50.20")])
    bill(visit, "C3", billed="0.20")
    make_claim(number="NOBODY-4", billed="999.00")

    answer = biller.get(f"/patients/{ines.pk}/")

    assert answer.context["owed"].balance == Decimal("100.30")
    assert "on 2 of 3 claims" in " ".join(answer.text.split())
    assert "NOBODY-4" not in answer.text


def test_claims_are_listed_with_payer_status_and_balance(biller, ines, visit):
    bill(visit, "C1", payer="Aetna", billed="1234.50")

    text = " ".join(biller.get(f"/patients/{ines.pk}/").text.split())

    for cell in (">C1<", "<td>Aetna</td>", "<td>Pending</td>", "$1,234.50"):
        assert cell in text


@pytest.mark.parametrize("number", ["2", "1000000000", "-1", "x", "9" * 400])
def test_pages_of_encounters_end_at_the_last_one(biller, ines, number):
    for days in range(12):
        Encounter.objects.create(
            practice=ines.practice, patient=ines, date=date(2026, 1, 1) + timedelta(days)
        )

    answer = biller.get(f"/patients/{ines.pk}/", {"encounters": number})

    assert answer.status_code == 200
    assert "of 12" in answer.text


def test_an_encounter_shows_its_line_items_with_descriptions_and_totals(biller, visit, codes):
    add_line(visit, units=Decimal("2.5"), modifiers="25:59", entered_on=date(2026, 2, 12))
    add_line(visit, "J1885", charge=Decimal("1000.05"))

    answer = biller.get(f"/encounters/{visit.pk}/")
    text = " ".join(answer.text.split())

    for cell in ("Return visit, short", "Pain shot, 15 mg", "25:59", "2026-02-12", "$155.00"):
        assert cell in text
    assert answer.context["charged"].charge == Decimal("1155.05")
    assert "2 line items, 3.5 units" in text
    assert '<td class="num">$1,155.05</td>' in text


def test_an_encounter_shows_the_claims_that_bill_it(biller, visit):
    claim = bill(visit, "C77")

    text = biller.get(f"/encounters/{visit.pk}/").text

    assert f'<a href="/claims/{claim.pk}/">C77</a>' in text
    assert "stay as they were billed" in text


def test_empty_pages_say_what_to_do_next(biller, ines, visit):
    assert "Add what was done" in biller.get(f"/encounters/{visit.pk}/").text
    visit.delete()
    assert "Add the first one" in biller.get(f"/patients/{ines.pk}/").text


def test_pages_take_as_many_queries_for_none_as_for_many(
    biller, ines, visit, codes, django_assert_max_num_queries
):
    for many in (0, 1, 20):
        for n in range(many):
            add_line(visit)
            bill(visit, f"C{many}-{n}", payer=f"Payer {n}")
            Encounter.objects.create(practice=ines.practice, patient=ines, date=date(2026, 1, 5))
        with django_assert_max_num_queries(15):
            biller.get(f"/patients/{ines.pk}/")
        with django_assert_max_num_queries(15):
            biller.get(f"/encounters/{visit.pk}/")


def test_the_name_of_the_tab_does_not_name_the_patient(biller, ines, visit):
    for url in (f"/patients/{ines.pk}/", f"/encounters/{visit.pk}/"):
        title = biller.get(url).text.partition("<title>")[2].partition("</title>")[0]
        assert "Reyes" not in title


def test_html_in_a_name_is_text(biller, ines, visit):
    ines.last_name = ines.record_number = "<img src=x onerror=alert(1)>"
    ines.save()

    for url in (f"/patients/{ines.pk}/", f"/encounters/{visit.pk}/"):
        assert "<img" not in biller.get(url).text


def test_each_look_at_a_patient_is_in_the_audit_trail(biller, ines, visit):
    pages = (
        f"/patients/{ines.pk}/",
        f"/patients/{ines.pk}/edit/",
        f"/patients/{ines.pk}/encounters/add/",
        f"/encounters/{visit.pk}/",
        f"/encounters/{visit.pk}/line-items/add/",
    )
    for looks, url in enumerate(pages, start=1):
        biller.get(url)
        entries = LogEntry.objects.filter(object_pk=str(ines.pk), action=LogEntry.Action.ACCESS)
        assert entries.count() == looks, url


def test_a_search_is_in_the_audit_trail_without_its_term(biller, ines):
    biller.post("/patients/", {"q": "Reyes"}, follow=True)

    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk")

    assert entry.additional_data["found"] == 1
    assert entry.additional_data["filters"] == {"search": "hidden"}


def test_a_refused_correction_is_not_seen_in_the_audit_trail(biller, ines):
    biller.post(f"/patients/{ines.pk}/edit/", {"record_number": "MRN-X", "last_name": ""})

    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk")

    assert entry.object_repr == "MRN-1"
