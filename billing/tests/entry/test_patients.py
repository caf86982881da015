"""The list of patients: search, order, pages, what it costs."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session

from billing.entry.patients import PER_PAGE, find, readings
from billing.models import Encounter, Patient, PracticeAccess
from billing.tests.builders import make_practice

pytestmark = pytest.mark.django_db
URL = "/patients/"
NOBODY = "6f1c2a0e-52a4-4d0e-9c3b-0d8f5f6f7a10"


def add(*names: str, practice: str = "Harbor Clinic") -> list[Patient]:
    """Patients by "Last, First"; their record numbers count up."""
    start = Patient.objects.count()
    return Patient.objects.bulk_create(
        Patient(
            practice=make_practice(practice),
            record_number=f"MRN{start + position:05}",
            last_name=name.partition(", ")[0],
            first_name=name.partition(", ")[2],
        )
        for position, name in enumerate(names)
    )


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss")


def names(user, term: str, **options: str) -> list[str]:
    return [str(patient) for patient in find(user, term, **options).rows]


def search(client, term: str):
    return client.post(URL, {"q": term}, follow=True)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("rey", ["Reyes, Ines", "Reyes, Tom"]),
        ("REYES", ["Reyes, Ines", "Reyes, Tom"]),
        ("reyes, i", ["Reyes, Ines"]),
        ("Reyes,", ["Reyes, Ines", "Reyes, Tom"]),
        ("ines reyes", ["Reyes, Ines"]),
        ("reyes ines", ["Reyes, Ines"]),
        ("mcd", ["McDonald, Al"]),
        ("o'b", ["O'Brien, Ann"]),
        ("de la cruz", ["de la Cruz, Eva"]),
        ("MÜLLER", ["Müller, Uwe"]),
        ("müller", ["Müller, Uwe"]),
        ("  de   la ", ["de la Cruz, Eva"]),
        ("mrn00002", ["McDonald, Al"]),
        ("MRN00002", ["McDonald, Al"]),
        ("eyes", []),
        ("%", []),
        ("_eyes", []),
        ("' OR 1=1 --", []),
        ("\U0010ffff", []),
    ],
)
def test_a_term_is_the_beginning_of_a_name_or_a_record_number(boss, term, found):
    add(
        "Reyes, Ines",
        "Reyes, Tom",
        "McDonald, Al",
        "O'Brien, Ann",
        "de la Cruz, Eva",
        "Müller, Uwe",
    )

    assert names(boss, term) == found


def test_a_record_number_without_a_digit_is_found_when_no_name_fits(boss):
    Patient.objects.create(practice=make_practice(), record_number="ABC", last_name="Zoe")

    assert names(boss, "abc") == ["Zoe"]


def test_the_page_says_how_it_understood_the_term(boss):
    add("Reyes, Ines")

    assert find(boss, "ines reyes").words == "last name “reyes”, first name beginning with “ines”"
    assert find(boss, "mrn").words == "record number beginning with “MRN”"
    assert find(boss, "nobody").words == "last name beginning with “nobody”"


def test_there_are_few_readings_of_any_term():
    assert len(readings("é è ê " * 16)) < 15


def test_names_are_ordered_without_regard_to_capitals(boss):
    add("de Witt, Ann", "Dean, Bo", "DALE, Cy")

    assert names(boss, "") == ["DALE, Cy", "de Witt, Ann", "Dean, Bo"]


@pytest.mark.parametrize("term", ["", "lee", "mrn"])
def test_pages_follow_one_another_forth_and_back_without_gap_or_repetition(boss, term):
    add(*(f"Lee, {n % 7}" for n in range(30)))
    add(*(f"Lee, {n % 5}" for n in range(30)), practice="Other Clinic")

    pages = [find(boss, term)]
    while pages[-1].after:
        pages.append(find(boss, term, after=str(pages[-1].after)))
    back = find(boss, term, before=str(pages[-1].before))

    seen = [row.pk for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages] == [PER_PAGE, PER_PAGE, 10]
    assert len(set(seen)) == 60
    assert [row.pk for row in back.rows] == [row.pk for row in pages[1].rows]
    first = find(boss, term, before=str(back.before))
    assert [row.pk for row in first.rows] == [row.pk for row in pages[0].rows]
    assert first.before is None


def test_going_back_past_the_start_shows_a_full_first_page(boss):
    add(*(f"Lee, {n:02}" for n in range(40)))
    third = find(boss, "").rows[3]

    page = find(boss, "", before=str(third.pk))

    assert len(page.rows) == PER_PAGE
    assert page.before is None


@pytest.mark.parametrize("key", ["", "1", "null", "'; drop", "9" * 400, NOBODY, "\x00"])
def test_a_key_that_is_none_shows_the_first_page(biller, ines, key):
    for name in ("after", "before"):
        answer = biller.get(URL, {name: key})

        assert answer.status_code == 200
        assert "Reyes, Ines" in answer.text


def test_the_key_of_another_practice_s_patient_is_ignored(biller, ines, stranger):
    answer = biller.get(URL, {"after": str(stranger.pk)})

    assert "Reyes, Ines" in answer.text


def test_only_the_patients_of_one_s_own_practices_are_found(person, ines, stranger):
    here = person("view_patient")
    both = person("view_patient", practices=("Harbor Clinic", "Other Clinic"))

    for term in ("", "rey", "mrn"):
        assert "MRN-9" not in search(here, term).text
        assert "MRN-9" in search(both, term).text
    assert "Other Clinic" in search(both, "").text


def test_a_stranger_and_someone_without_practices_find_nobody(ines):
    user = User.objects.create_user("new")
    PracticeAccess.objects.create(user=user)

    assert find(AnonymousUser(), "").rows == []
    assert find(user, "").rows == []


def test_someone_without_practices_reads_whom_to_ask(person):
    answer = person("view_patient", "add_patient", practices=()).get(URL)

    assert "Ask an administrator" in answer.text
    assert "no practice to add a patient to" in (
        person("view_patient", "add_patient", practices=()).get("/patients/add/").text
    )


def test_a_search_is_kept_in_the_session_and_never_in_an_address(biller, ines):
    answer = search(biller, "Reyes")

    assert [url for url, _ in answer.redirect_chain] == [URL]
    assert "Reyes, Ines" in biller.get(URL).text
    addresses = re.findall(r'(?:href|action|hx-get)="([^"]*)"', answer.text)
    assert not [url for url in addresses if "rey" in url.lower()]
    assert Session.objects.count() == 1


def test_a_search_is_taken_back_by_an_empty_one(biller, ines):
    assert "No patient fits" in search(biller, "nobody").text

    assert "Reyes, Ines" in search(biller, "").text


@pytest.mark.parametrize("term", ["x" * 101, "a\x00b"])
def test_a_term_that_is_none_says_so_and_keeps_the_list(biller, ines, term):
    answer = biller.post(URL, {"q": term})

    assert answer.status_code == 200
    assert 'id="id_q_error"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_list_says_how_many_encounters_a_patient_has(biller, ines, visit):
    Encounter.objects.create(practice=ines.practice, patient=ines)

    assert '<td class="num">2</td>' in biller.get(URL).text


def test_an_empty_list_says_what_to_do_next(biller):
    assert "No patients yet" in biller.get(URL).text


def test_html_in_a_name_is_text(biller):
    add("<script>alert(1)</script>, =1+1")

    text = search(biller, "<script>").text

    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;, =1+1") == 1


@pytest.mark.parametrize("term", ["", "lee"])
def test_the_list_takes_as_many_queries_for_none_as_for_many(
    biller, term, django_assert_max_num_queries
):
    for many in (0, 1, 60):
        add(*(f"Lee, {n}" for n in range(many)))
        search(biller, term)
        with django_assert_max_num_queries(15 if term else 12):
            biller.get(URL)


def test_the_list_is_not_kept_by_the_browser(biller):
    assert "no-store" in biller.get(URL)["Cache-Control"]
