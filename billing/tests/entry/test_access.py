"""Who may open which page of entry."""

import pytest
from django.test import Client

from billing.models import Encounter, LineItem, Patient
from billing.tests.entry.conftest import ALL_RIGHTS
from billing.tests.entry.test_pages import add_line

pytestmark = pytest.mark.django_db
NOBODY = "6f1c2a0e-52a4-4d0e-9c3b-0d8f5f6f7a10"

# address → the rights that it asks for, each of them
PAGES = {
    "/patients/": ("view_patient",),
    "/patients/add/": ("view_patient", "add_patient"),
    "/patients/{patient}/": ("view_patient",),
    "/patients/{patient}/edit/": ("view_patient", "change_patient"),
    "/patients/{patient}/encounters/add/": ("view_patient", "add_encounter"),
    "/encounters/{visit}/": ("view_encounter",),
    "/encounters/{visit}/edit/": ("view_patient", "change_encounter"),
    "/encounters/{visit}/line-items/add/": ("view_encounter", "add_lineitem"),
    "/line-items/{line}/edit/": ("view_encounter", "change_lineitem"),
    "/line-items/{line}/remove/": ("view_encounter", "delete_lineitem"),
    "/procedure-codes/": ("view_procedurecode",),
}
OF_A_PRACTICE = [page for page in PAGES if "{" in page]


@pytest.fixture
def line(visit, codes) -> LineItem:
    return add_line(visit)


@pytest.fixture
def address(ines, visit, line):
    return lambda page: page.format(patient=ines.pk, visit=visit.pk, line=line.pk)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_exactly_its_rights(person, address, page):
    assert person(*PAGES[page]).get(address(page)).status_code == 200


@pytest.mark.parametrize(
    ("page", "missing"), [(page, right) for page, rights in PAGES.items() for right in rights]
)
def test_a_page_is_closed_without_one_of_its_rights(person, address, page, missing):
    client = person(*(right for right in ALL_RIGHTS if right != missing))

    assert client.get(address(page)).status_code == 403
    assert client.post(address(page)).status_code in (403, 405)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_log_in(address, page):
    answer = Client().get(address(page))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", OF_A_PRACTICE)
def test_another_practice_s_records_do_not_exist(person, address, page):
    client = person(*ALL_RIGHTS, practices=("Other Clinic",))

    assert client.get(address(page)).status_code == 404
    assert client.post(address(page)).status_code in (404, 405)
    assert (Patient.objects.count(), Encounter.objects.count(), LineItem.objects.count()) == (
        1,
        1,
        1,
    )


@pytest.mark.parametrize("key", ["1", "x", NOBODY, f"{NOBODY}0", "%00", "../1"])
@pytest.mark.parametrize("page", [page for page in OF_A_PRACTICE if "{line}" not in page])
def test_a_key_that_is_none_leads_nowhere(biller, page, key):
    assert biller.get(page.format(patient=key, visit=key)).status_code == 404


@pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30])
def test_a_line_item_s_key_that_is_none_leads_nowhere(biller, key):
    assert biller.get(f"/line-items/{key}/edit/").status_code == 404


def test_without_the_right_to_see_patients_an_encounter_names_nobody(person, ines, visit, line):
    client = person(*(right for right in ALL_RIGHTS if not right.endswith("_patient")))

    for url in (
        f"/encounters/{visit.pk}/",
        f"/encounters/{visit.pk}/line-items/add/",
        f"/line-items/{line.pk}/edit/",
        f"/line-items/{line.pk}/remove/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        for secret in ("Reyes", "Ines", "MRN-1", "1980", str(ines.pk)):
            assert secret not in answer.text


def test_without_the_right_to_see_claims_a_patient_s_page_has_none(person, ines):
    answer = person("view_patient", "view_encounter").get(f"/patients/{ines.pk}/")

    assert "Open balance" not in answer.text
    assert 'id="claims"' not in answer.text
    assert 'id="encounters"' in answer.text


def test_buttons_are_there_only_for_those_who_may(person, ines, visit, line):
    client = person("view_patient", "view_encounter")

    for url in ("/patients/", f"/patients/{ines.pk}/", f"/encounters/{visit.pk}/"):
        text = client.get(url).text
        assert "/add/" not in text
        assert "/edit/" not in text
        assert "/remove/" not in text
