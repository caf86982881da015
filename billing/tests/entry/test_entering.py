"""Adding and correcting patients, encounters and line items."""

import re
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest

from billing.entry import charges
from billing.models import Encounter, LineItem, Patient
from billing.tests.builders import make_claim, make_department, make_practice, make_provider
from billing.tests.entry.conftest import ALL_RIGHTS, TODAY
from billing.tests.entry.test_pages import add_line, bill

pytestmark = pytest.mark.django_db
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
PATIENT = {
    "record_number": "MRN-2",
    "last_name": "Okafor",
    "first_name": "Ada",
    "birth_date": "1990-01-31",
}
LINE = {"procedure": "99213", "modifiers": "", "units": "1", "charge": "155.00"}


def error(answer, field: str) -> str:
    """What the page says is wrong with a field; the other fields' errors are left out."""
    assert answer.status_code == 200
    assert "Nothing was saved yet" in answer.text
    found = answer.context["form"].errors.get(field, [])
    assert f'id="id_{field}_error"' in answer.text
    return " ".join(found)


# Patients


def test_a_patient_is_added_and_shown(biller):
    answer = biller.post("/patients/add/", PATIENT, follow=True)

    added = Patient.objects.get()
    assert answer.redirect_chain == [(f"/patients/{added.pk}/", 302)]
    assert (added.last_name, added.first_name, added.record_number) == ("Okafor", "Ada", "MRN-2")
    assert added.birth_date == date(1990, 1, 31)
    assert added.practice.name == "Harbor Clinic"
    assert "The patient was added" in answer.text


def test_the_message_after_adding_does_not_name_the_patient(biller):
    answer = biller.post("/patients/add/", PATIENT)

    assert "Okafor" not in str(answer.cookies)


def test_names_and_numbers_are_tidied(biller):
    biller.post("/patients/add/", PATIENT | {"last_name": "  de  la\tCruz ", "first_name": ""})

    assert Patient.objects.get().last_name == "de la Cruz"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("record_number", "", "required"),
        ("record_number", "x" * 61, "at most 60"),
        ("last_name", "", "required"),
        ("last_name", "x" * 81, "at most 80"),
        ("last_name", "Reyes\u202e", "invisible characters"),
        ("last_name", "Re\x00yes", "invisible characters"),
        ("birth_date", "2030-02-30", "“2030-02-30” is not a date"),
        ("birth_date", "yesterday", "is not a date"),
        ("birth_date", TOMORROW, "is in the future"),
        ("birth_date", "9999-12-31", "is in the future"),
        ("birth_date", "0080-01-01", "too long ago"),
    ],
)
def test_a_refused_patient_is_not_saved_and_what_was_typed_stays(biller, field, typed, says):
    answer = biller.post("/patients/add/", PATIENT | {field: typed})

    assert says in error(answer, field)
    assert not Patient.objects.exists()
    kept = {name: answer.context["form"][name].value() for name in PATIENT}
    assert kept == PATIENT | {field: typed}


def test_the_first_refused_field_has_the_cursor(biller):
    answer = biller.post("/patients/add/", PATIENT | {"last_name": "", "birth_date": "x"})

    focused = re.findall(r"<input[^>]*autofocus[^>]*>", answer.text)
    assert len(focused) == 1
    assert 'name="last_name"' in focused[0]
    assert 'aria-describedby="id_last_name_error"' in focused[0]


def test_a_record_number_is_taken_once_in_a_practice(biller, ines, stranger):
    refused = biller.post("/patients/add/", PATIENT | {"record_number": "MRN-1"})
    biller.post("/patients/add/", PATIENT | {"record_number": "MRN-9"})

    assert "Another patient" in error(refused, "record_number")
    assert Patient.objects.filter(record_number="MRN-9").count() == 2


def test_two_people_who_take_the_same_number_at_once_get_one_patient(biller, ines):
    with patch("billing.entry.forms.PatientForm.clean", lambda form: form.cleaned_data):
        answer = biller.post("/patients/add/", PATIENT | {"record_number": "MRN-1"})

    assert "Another patient" in error(answer, "record_number")
    assert Patient.objects.count() == 1


def test_the_practice_is_asked_for_only_where_there_are_several(person, biller):
    both = person(*ALL_RIGHTS, practices=("Harbor Clinic", "Other Clinic"))
    other = make_practice("Other Clinic")

    assert 'name="practice"' not in biller.get("/patients/add/").text
    assert "required" in error(both.post("/patients/add/", PATIENT), "practice")
    both.post("/patients/add/", PATIENT | {"practice": other.pk})
    assert Patient.objects.get().practice == other


def test_a_forged_practice_is_refused_or_ignored(person, biller):
    both = person(*ALL_RIGHTS, practices=("Harbor Clinic", "Other Clinic"))
    foreign = make_practice("Foreign Clinic").pk

    assert error(both.post("/patients/add/", PATIENT | {"practice": foreign}), "practice")
    biller.post("/patients/add/", PATIENT | {"practice": foreign})
    assert Patient.objects.get().practice.name == "Harbor Clinic"


def test_a_patient_is_corrected_and_stays_in_the_practice(biller, ines, stranger):
    answer = biller.post(
        f"/patients/{ines.pk}/edit/",
        PATIENT | {"record_number": "MRN-1", "practice": stranger.practice_id},
        follow=True,
    )

    ines.refresh_from_db()
    assert "The patient was changed" in answer.text
    assert (ines.last_name, ines.record_number) == ("Okafor", "MRN-1")
    assert ines.practice.name == "Harbor Clinic"


def test_a_birth_after_an_encounter_is_refused(biller, ines, visit):
    answer = biller.post(f"/patients/{ines.pk}/edit/", PATIENT | {"birth_date": "2026-02-11"})

    assert "There is an encounter on 2026-02-10" in error(answer, "birth_date")


# Encounters


def test_an_encounter_is_added_in_the_patient_s_practice(biller, ines):
    department, provider = make_department(), make_provider()

    answer = biller.post(
        f"/patients/{ines.pk}/encounters/add/",
        {"date": "2026-02-27", "department": department.pk, "provider": provider.pk},
        follow=True,
    )

    visit = Encounter.objects.get()
    assert answer.redirect_chain == [(f"/encounters/{visit.pk}/", 302)]
    assert (visit.patient, visit.practice) == (ines, ines.practice)
    assert (visit.department, visit.provider) == (department, provider)
    assert visit.date == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "required"),
        ("31/02/2026", "is not a date"),
        (TOMORROW, "is in the future"),
        ("9999-12-31", "is in the future"),
        ("1980-05-16", "before the patient's birth on 1980-05-17"),
        ("1975-01-01", "too long ago"),
    ],
)
def test_an_encounter_on_an_impossible_day_is_refused(biller, ines, typed, says):
    if typed.startswith("1980"):
        ines.birth_date = date(2000, 1, 2)
        ines.save()
        typed, says = "2000-01-01", "before the patient's birth on 2000-01-02"

    answer = biller.post(f"/patients/{ines.pk}/encounters/add/", {"date": typed})

    assert says in error(answer, "date")
    assert not Encounter.objects.exists()
    assert answer.context["form"]["date"].value() == typed


def test_today_and_the_day_of_birth_are_fine(biller, ines):
    ines.birth_date = TODAY
    ines.save()

    biller.post(f"/patients/{ines.pk}/encounters/add/", {"date": TODAY.isoformat()})

    assert Encounter.objects.get().date == TODAY


def test_departments_and_providers_of_another_practice_are_not_offered(biller, ines):
    foreign = make_department("Radiology", practice="Other Clinic")
    url = f"/patients/{ines.pk}/encounters/add/"

    assert "Radiology" not in biller.get(url).text
    answer = biller.post(url, {"date": "2026-02-01", "department": foreign.pk})
    assert "not one of the available choices" in error(answer, "department")


def test_an_encounter_is_corrected_until_a_claim_bills_it(biller, visit):
    url = f"/encounters/{visit.pk}/edit/"
    biller.post(url, {"date": "2026-02-11"})
    visit.refresh_from_db()
    assert visit.date == date(2026, 2, 11)

    bill(visit, "C1")
    answer = biller.post(url, {"date": "2026-02-12"})

    visit.refresh_from_db()
    assert answer.status_code == 409
    assert visit.date == date(2026, 2, 11)


# Line items


def test_a_line_item_is_added_and_entered_today(biller, visit, codes):
    answer = biller.post(
        f"/encounters/{visit.pk}/line-items/add/",
        {"procedure": " j1885 ", "modifiers": "25, lt", "units": "2.5", "charge": "$1,250.50"},
        follow=True,
    )

    line = LineItem.objects.get()
    assert answer.redirect_chain == [(f"/encounters/{visit.pk}/", 302)]
    assert (line.procedure_id, line.modifiers) == ("J1885", "25:LT")
    assert (line.units, line.charge) == (Decimal("2.5"), Decimal("1250.50"))
    assert (line.entered_on, line.practice, line.encounter) == (TODAY, visit.practice, visit)
    assert "J1885 · Pain shot, 15 mg was added" in answer.text


def test_another_line_item_can_follow_at_once(biller, visit, codes):
    url = f"/encounters/{visit.pk}/line-items/add/"

    answer = biller.post(url, LINE | {"another": "yes"})

    assert answer["Location"] == url
    assert LineItem.objects.count() == 1


def test_a_code_picked_with_its_description_is_understood(biller, visit, codes):
    biller.post(
        f"/encounters/{visit.pk}/line-items/add/",
        LINE | {"procedure": "99213 · Return visit, short"},
    )

    assert LineItem.objects.get().procedure_id == "99213"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("procedure", "", "required"),
        ("procedure", "9921", "Did you mean 9921"),
        ("procedure", "99231", "99213 · Return visit, short"),
        ("procedure", "return visit", "99212 · Return visit, brief"),
        ("procedure", "QQQQQ", "Ask an administrator"),
        ("procedure", "<b>", "“<b>” is no procedure code"),
        ("modifiers", "ABC", "“ABC” is no modifier"),
        ("modifiers", "25 59 LT RT 76", "up to 4"),
        ("modifiers", "25 25", "twice"),
        ("units", "", "required"),
        ("units", "0", "above zero"),
        ("units", "-1", "above zero"),
        ("units", "two", "as a number"),
        ("units", "NaN", "as a number"),
        ("units", "Infinity", "as a number"),
        ("units", "1.2345", "three decimals"),
        ("units", "1000000", "six digits"),
        ("units", "1e99", "six digits"),
        ("charge", "", "required"),
        ("charge", "-0.01", "not below zero"),
        ("charge", "12.345", "two decimals"),
        ("charge", "1,5", "as an amount"),
        ("charge", "1.234,50", "as an amount"),
        ("charge", "twelve", "as an amount"),
        ("charge", "10000000000", "below 10,000,000,000"),
    ],
)
def test_a_refused_line_item_is_not_saved_and_what_was_typed_stays(
    biller, visit, codes, field, typed, says
):
    answer = biller.post(f"/encounters/{visit.pk}/line-items/add/", LINE | {field: typed})

    assert says in error(answer, field)
    assert not LineItem.objects.exists()
    assert {name: answer.context["form"][name].value() for name in LINE} == LINE | {field: typed}
    assert "<b>" not in answer.text


def test_the_list_of_a_mistyped_code_offers_what_comes_near(biller, visit, codes):
    answer = biller.post(f"/encounters/{visit.pk}/line-items/add/", LINE | {"procedure": "99231"})

    assert '<option value="99213">' in answer.text


def test_a_charge_of_nothing_is_fine(biller, visit, codes):
    biller.post(f"/encounters/{visit.pk}/line-items/add/", LINE | {"charge": "0"})

    assert LineItem.objects.get().charge == 0


def test_a_line_item_is_corrected_and_keeps_its_day_of_entry(biller, visit, codes):
    line = add_line(visit, entered_on=date(2026, 2, 12), units=Decimal("2.5"))
    url = f"/line-items/{line.pk}/edit/"

    shown = biller.get(url).context["form"]
    assert (shown["procedure"].value(), shown["units"].value()) == ("99213", "2.5")
    biller.post(url, LINE | {"procedure": "99214", "charge": "225"})

    line.refresh_from_db()
    assert (line.procedure_id, line.charge) == ("99214", Decimal("225.00"))
    assert line.entered_on == date(2026, 2, 12)


def test_a_line_item_is_removed_after_a_question(biller, visit, codes):
    line = add_line(visit)
    url = f"/line-items/{line.pk}/remove/"

    assert "Remove this line item?" in biller.get(url).text
    assert LineItem.objects.exists()
    answer = biller.post(url, follow=True)

    assert not LineItem.objects.exists()
    assert "The line item was removed" in answer.text
    assert biller.post(url).status_code == 404


def test_a_billed_line_item_is_neither_changed_nor_removed_and_the_page_says_why(
    biller, visit, codes
):
    line = add_line(visit)
    bill(visit, "C77")

    for url in (f"/line-items/{line.pk}/edit/", f"/line-items/{line.pk}/remove/"):
        for answer in (biller.get(url), biller.post(url, LINE | {"charge": "1"})):
            assert answer.status_code == 409
            assert "claim C77" in answer.text
            assert "replacement claim" in answer.text
    line.refresh_from_db()
    assert line.charge == Decimal("155.00")


def test_a_claim_made_in_that_moment_is_noticed(visit, codes):
    line = add_line(visit)
    bill(visit, "C77")

    for write in (charges.change_line_item, charges.remove_line_item):
        with pytest.raises(charges.AlreadyBilledError):
            write(line)
    with pytest.raises(charges.AlreadyBilledError):
        charges.change_encounter(visit)


def test_a_line_item_removed_in_that_moment_is_not_made_anew(visit, codes):
    line = add_line(visit)
    LineItem.objects.all().delete()

    with pytest.raises(LineItem.DoesNotExist):
        charges.change_line_item(line)


def test_a_late_charge_is_added_with_a_warning_and_the_lag_of_the_claim_follows(
    biller, visit, codes
):
    claim = make_claim(number="C77", procedures=["99213"], charge_entered_on=date(2026, 1, 6))
    assert claim.charge_lag_days == 1
    url = f"/encounters/{claim.encounter_id}/line-items/add/"

    assert "claim C77" in biller.get(url).text
    biller.post(url, LINE)

    claim.refresh_from_db()
    assert claim.charge_lag_days == (TODAY - date(2026, 1, 5)).days
