"""The page of all claims: what it shows, to whom, in how many queries, and as which file."""

import csv
import json
import re
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from analytics.tests.claims.conftest import person
from analytics.tests.population import TODAY
from billing.models import Claim, Patient, Payer
from billing.tests.builders import PRACTICE, decision, make_claim, make_patient

URL = reverse("claims:list")
PATIENT = reverse("claims:patient")


def page(client, query: str = "") -> str:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def file_text(client, query: str) -> str:
    return b"".join(client.get(f"{URL}?{query}").streaming_content).decode()


def claim_of(last: str, first: str, number: str) -> Claim:
    claim = make_claim(number=number, procedures=["99213"])
    assert claim.encounter is not None
    claim.encounter.patient = make_patient(last, first)
    claim.encounter.save()
    return claim


def test_a_claim_is_listed_with_a_link_to_its_page(client):
    claim = make_claim(number="C<1>", billed="1234.50", assignee="Ann Lowe")
    shown = page(client)
    assert f'<a href="{reverse("claims:claim", args=(claim.pk,))}">C&lt;1&gt;</a>' in shown
    assert "$1,234.50" in shown
    assert "Ann Lowe" in shown


def test_no_claims_at_all_leads_to_the_first_steps(client):
    assert "No claims yet" in page(client)


def test_filters_that_fit_nothing_say_so(client):
    make_claim()
    shown = page(client, "status=paid")
    assert "No claim fits" in shown
    assert "0 claims" in shown


def test_a_bad_filter_is_said_in_words_and_never_breaks_the_page(client):
    make_claim(number="C1")
    shown = page(client, "service_to=9999-12-31&status=%27&after=9~9~x&sort=%00&min_age=1e9")
    assert shown.count("Filter left out.") == 4
    assert "Choose a date between 1990 and 2100." in shown
    assert "C1" in shown


@pytest.mark.parametrize("claims", [0, 1, 30])
def test_the_number_of_queries_does_not_grow(client, claims, django_assert_max_num_queries):
    for position in range(claims):
        make_claim(
            number=f"C{position}",
            payer=f"Payer {position}",
            department=f"Department {position}",
            assignee=f"Person {position}",
            decisions=[decision(on=date(2026, 3, 1), denied="10.00", reason="16")],
        )
    with django_assert_max_num_queries(32):  # two of them read the limits
        page(client)


def test_sort_and_scope_are_told_to_screen_readers(client):
    make_claim()
    shown = page(client, "sort=-balance&after=1.00~1")
    assert shown.count('aria-sort="descending"') == 1
    assert 'id="sort-balance"' in shown
    links = dict(re.findall(r'id="sort-(\w+)"[^>]*?href="([^"]*)"', shown))
    assert links["balance"] == "?sort=balance"
    assert links["number"] == "?sort=number"
    assert links["service_date"] == "?sort=-service_date"
    assert 'id="sort-payer"' not in shown  # no index serves it
    assert '<th scope="row">' in shown


def test_following_the_links_visits_every_claim_once(client):
    for position in range(60):
        make_claim(number=f"C{position:02}", payer="Aetna" if position % 2 else "Cigna")
    seen, answer = [], client.get(f"{URL}?sort=number&payer=Aetna")
    while True:
        seen += [claim.number for claim in answer.context["table"].data]
        if "next_url" not in answer.context:
            break
        answer = client.get(URL + answer.context["next_url"])
    assert seen == [f"C{position:02}" for position in range(1, 60, 2)]
    answer = client.get(URL + answer.context["first_url"])
    assert [claim.number for claim in answer.context["table"].data] == seen[:25]


def test_claims_of_another_practice_are_neither_listed_nor_counted_nor_exported(sue, client_of):
    make_claim(number="HARBOR-1")
    other = client_of(sue)
    shown = page(other, "number=HARBOR-1")
    assert "0 claims" in shown
    assert "HARBOR-1" not in file_text(other, "format=csv")


def test_strangers_and_people_without_the_right_are_refused(max_, client_of, db):
    assert Client().get(URL).status_code == 302
    nobody = User.objects.create_user("nobody")
    assert client_of(nobody).get(URL).status_code == 403
    assert client_of(max_).get(URL).status_code == 200


def test_each_is_offered_what_they_may_do(max_, client_of, client):
    make_claim()
    assert 'value="write-off"' in page(client)
    shown = page(client_of(max_))
    assert 'value="assign"' in shown
    assert 'value="write-off"' not in shown
    assert "patient-words" not in shown


def test_who_may_do_nothing_is_offered_nothing(db, client_of):
    make_claim()
    shown = page(client_of(person("ada", "Auditors", PRACTICE)))
    assert "bulk-continue" not in shown
    assert "data-tick" not in shown


def test_a_claim_says_how_long_it_can_still_be_appealed(client):
    Payer.objects.create(name="Aetna", appeal_limit_days=30)
    for days in (10, 30, 31):
        on = TODAY - timedelta(days=days)
        make_claim(number=f"D{days}", decisions=[decision(on=on, denied="60.00", reason="16")])
    make_claim(number="PENDING")
    make_claim(number="C", payer="Cigna", decisions=[decision(on=TODAY, denied="1", reason="16")])

    cells = {
        row.record.number: row.get_cell("deadline")
        for row in client.get(f"{URL}?sort=number").context["table"].rows
    }
    assert cells == {
        "C": "no limit set",
        "D10": "20 days",
        "D30": "last day",
        "D31": "passed",
        "PENDING": "–",
    }
    found = {
        due: {row.record.number for row in client.get(f"{URL}?due={due}").context["table"].rows}
        for due in ("14", "30", "passed")
    }
    assert found == {"14": {"D30"}, "30": {"D10", "D30"}, "passed": {"D31"}}
    assert "There is no “31”." in page(client, "due=31")
    rows = json.loads(file_text(client, "sort=number&format=json"))["rows"]
    assert [(row["deadline"], row["days_left"]) for row in rows[1:3]] == [
        ("2026-12-10", 20),
        ("2026-11-20", 0),
    ]


# Files


def test_the_whole_selection_leaves_as_csv(client):
    for position in range(30):
        make_claim(number=f"=C{position:02}", billed="10.00")
    make_claim(number="other", billed="99.00")
    rows = list(csv.DictReader(StringIO(file_text(client, "number==&sort=number&format=csv"))))
    assert [row["claim"] for row in rows] == [f"'=C{position:02}" for position in range(30)]
    assert {row["billed"] for row in rows} == {"10.00"}


def test_the_same_rows_leave_as_json_and_xlsx(client):
    make_claim(number="A", decisions=[decision(on=date(2026, 3, 1), denied="9.00", reason="16")])
    make_claim(number="B", service_date=None)
    told = json.loads(file_text(client, "format=json&status=denied&status=pending"))
    assert told["filters"] == {"status": ["denied", "pending"]}
    assert [(row["claim"], row["reason"], row["balance"]) for row in told["rows"]] == [
        ("A", "CO-16", "9.00"),
        ("B", "", "100.00"),
    ]
    book = load_workbook(BytesIO(client.get(f"{URL}?format=xlsx").content))
    sheet: Any = book.active
    assert [row[0].value for row in sheet.rows] == ["claim", "A", "B"]


def test_no_file_names_a_patient(client):
    claim_of("Reyes", "Ines", "C1")
    client.post(PATIENT, {"words": "Reyes", "selection": ""})
    assert "Reyes" not in file_text(client, "format=csv&patient=kept")
    assert LogEntry.objects.filter(object_repr="Claims by patient as CSV").count() == 1


# By patient


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Reyes", ["C1", "C2"]),
        ("rey", ["C1", "C2"]),
        ("Reyes, In", ["C1"]),
        ("MRN-Stone", ["C3"]),
        ("Nobody", []),
    ],
)
def test_claims_are_found_by_the_beginning_of_a_name_or_record_number(client, words, expected):
    claim_of("Reyes", "Ines", "C1")
    claim_of("Reyes", "Omar", "C2")
    claim_of("Stone", "Ida", "C3")
    answer = client.post(PATIENT, {"words": words, "selection": "status=pending"})
    assert words not in answer["Location"]
    answer = client.get(answer["Location"])
    assert sorted(claim.number for claim in answer.context["table"].data) == expected
    assert answer.context["chips"][0].label == "Status: Pending"


def test_a_search_by_patient_is_recorded_without_the_name(client):
    claim_of("Reyes", "Ines", "C1")
    client.post(PATIENT, {"words": "Reyes", "selection": ""})
    page(client, "patient=kept")
    entry = LogEntry.objects.get(object_repr="Claims by patient")
    assert entry.additional_data["found"] == 1
    assert "Reyes" not in str(entry.additional_data)


def test_an_address_without_the_mark_is_not_narrowed(client):
    claim_of("Reyes", "Ines", "C1")
    make_claim(number="C2")
    client.post(PATIENT, {"words": "Reyes", "selection": ""})
    assert "2 claims" in page(client)
    assert "1 claim<" in page(client, "patient=kept")


def test_ending_the_search_shows_all_claims_again(client):
    claim_of("Reyes", "Ines", "C1")
    client.post(PATIENT, {"words": "Reyes", "selection": ""})
    answer = client.post(
        PATIENT, {"words": "", "end": "1", "selection": "patient=kept&sort=number&after=1~1"}
    )
    assert answer["Location"] == f"{URL}?sort=number"
    assert "that search has ended" in page(client, "patient=kept")


def test_too_many_patients_ask_for_more_of_the_name(client, monkeypatch):
    monkeypatch.setattr("analytics.claims.patients.MOST", 1)
    claim_of("Reyes", "Ines", "C1")
    claim_of("Reyes", "Omar", "C2")
    client.post(PATIENT, {"words": "Reyes", "selection": ""})
    assert "more than 1 patients fit" in page(client, "patient=kept")


def test_a_patient_of_another_practice_is_not_found(client):
    make_patient("Secret", "Person", practice="Summit Clinic")
    make_claim()
    client.post(PATIENT, {"words": "Secret", "selection": ""})
    assert "0 claims" in page(client, "patient=kept")


def test_who_may_not_see_patients_cannot_search_them(max_, client_of):
    claim_of("Reyes", "Ines", "C1")
    manager = client_of(max_)
    assert manager.post(PATIENT, {"words": "Reyes"}).status_code == 403
    shown = page(manager, "patient=kept")
    assert "not open to you" in shown
    assert "Reyes" not in shown


def test_garbage_in_a_search_is_survived(client):
    Patient.objects.all().delete()
    make_claim()
    for words in ("\x00", "'; drop table", "%", "é" * 500, ", ,"):
        answer = client.post(PATIENT, {"words": words, "selection": "%00&=&patient=x"})
        assert answer.status_code == 302
        assert client.get(answer["Location"]).status_code == 200
