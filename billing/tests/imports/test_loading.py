"""Files of every kind load; bad rows are rejected with line, field and reason, good ones load."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing.imports.loading import SAME_ROW_AGAIN
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ContractualAdjustment,
    Encounter,
    ImportBatch,
    ImportRejection,
    LineItem,
    Patient,
    PatientPayment,
    Payer,
    Practice,
    ReasonCode,
    Staff,
    StaffActivity,
    WriteOff,
)
from billing.posting import differing
from billing.tests.imports.conftest import CLAIMS, ENCOUNTERS, EXPORT, FLAT, PATIENTS, problems

pytestmark = pytest.mark.django_db
FLAT_ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"


def test_a_small_export_of_every_kind_becomes_records(export):
    assert export.totals["created"] == export.totals["read"] == 17
    assert export.totals["warnings"] == 0
    paid, denied = Claim.objects.order_by("number")

    assert (paid.status, paid.paid, paid.patient_paid) == ("paid", Decimal(80), Decimal(20))
    assert (paid.payer.name, str(paid.encounter)) == ("Aetna", "E1")
    assert (paid.service_date, paid.submitted_on) == (date(2026, 1, 5), date(2026, 1, 10))
    assert (str(paid.department), str(paid.provider)) == ("Cardiology", "Dr. Ada Moss")
    assert (paid.charge_lag_days, paid.submission_lag_days, paid.days_to_pay) == (1, 5, 22)
    assert (paid.expected, paid.expected_assumed) == (Decimal(100), True)

    assert (denied.status, denied.first_outcome) == ("appealed", "denied")
    assert (denied.first_denied_amount, denied.main_reason_id) == (Decimal(150), "197")
    assert (denied.contractual, denied.written_off) == (Decimal(50), Decimal(10))
    assert denied.balance == Decimal(140)
    assert LineItem.objects.get(number="L2").units == 2
    assert Patient.objects.get().birth_date == date(1980, 2, 3)
    assert Staff.objects.get().name == "Ann Lowe"
    assert StaffActivity.objects.filter(is_error=True).get().claim == denied
    assert Practice.objects.get().name == "My practice"


def test_files_are_loaded_in_the_order_of_what_they_refer_to(export):
    assert [file.kind for file in export.files] == [
        "payers",
        "providers",
        "patients",
        "encounters",
        "line_items",
        "claims",
        "payments",
        "denials",
        "adjustments",
        "activity",
    ]


def test_the_projection_of_imported_claims_is_what_their_events_give(export):
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []


def test_a_wrong_header_is_refused_by_name_with_what_was_expected(load):
    report = load("member_id,plan_id\n1,2\n")

    assert report.status == 2
    assert "file.csv is of no known kind" in report.files[0].refused
    assert "Payments: amount, claim_id, paid_on, payment_id" in report.files[0].refused


def test_other_files_load_beside_a_refused_one(load):
    report = load({"members.csv": "member_id,plan_id\n1,2\n", "flat.csv": FLAT + FLAT_ROW})

    assert report.status == 1
    assert Claim.objects.count() == 1


def test_a_missing_file_and_an_empty_folder_are_named(load, tmp_path):
    (tmp_path / "none").mkdir()
    report = load({"a": tmp_path / "gone.csv", "b": tmp_path / "none"})

    assert [file.refused for file in report.files] == [
        "gone.csv does not exist.",
        "none is a folder without CSV files.",
    ]
    assert report.status == 2


def test_a_folder_stands_for_its_csv_files(load, write):
    for name, content in EXPORT.items():
        folder = write(content, f"export/{name}").parent
    (folder / "readme.txt").write_text("not a table")

    assert load({"export": folder}).totals["created"] == 17


def test_a_file_with_a_header_only_says_so_and_loads_nothing(load):
    report = load(FLAT)

    assert report.status == 2
    assert report.files[0].notes == {"The file has a header line and no rows.": 1}
    assert not report.has_problems


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("C2,Aetna,100.00,2026-13-45,Pending,,,", "submitted_on", "not a date"),
        ("C2,Aetna,100.00,2126-01-01,Pending,,,", "submitted_on", "1900 to 2100"),
        ("C2,Aetna,100.00,2028-01-01,Pending,,,", "submitted_on", "more than a year ahead"),
        ("C2,Aetna,-5.00,2026-01-10,Pending,,,", "billed", "below zero"),
        ("C2,Aetna,1.234,2026-01-10,Pending,,,", "billed", "fractions of a cent"),
        ("C2,Aetna,NaN,2026-01-10,Pending,,,", "billed", "not an amount"),
        ("C2,Aetna,99999999999,2026-01-10,Pending,,,", "billed", "above 99,999,999.99"),
        ("C2,Aetna,,2026-01-10,Pending,,,", "billed", "is blank"),
        (",Aetna,1.00,2026-01-10,Pending,,,", "claim_id", "is blank"),
        (f"{'C' * 55},Aetna,1.00,2026-01-10,Pending,,,", "claim_id", "longer than 54"),
        ("C2,Aetna,1.00,2026-01-10,Settled,,,", "status", "'Settled' is not known"),
        ("C2,Aetna,1.00,2026-01-10,Paid,,1.00,", "decided_on", "needs the date"),
        ("C2,Aetna,1.00,2026-01-10,Denied,2026-02-01,0,", "denial_reason", "needs its reason"),
        ("C2,Aetna,1.00", "", "The row has 3 of 8 cells."),
        ("C2,Aetna,1.00,2026-01-10,Pending,,,,,x", "", "The row has 10 cells"),
        ('C2,"Aetna,1.00,2026-01-10,Pending,,,', "", "a quote is opened here"),
        ("C2,Aet\0na,1.00,2026-01-10,Pending,,,", "", "NUL"),
        ("C1,Aetna,5.00,2026-01-10,Pending,,,", "claim_id", "line 2 has the same claim_id"),
    ],
)
def test_a_bad_row_is_rejected_with_line_field_and_reason_and_the_others_load(
    load, row, field, words
):
    report = load(f"{FLAT}{FLAT_ROW}{row}\n{FLAT_ROW.replace('C1', 'C3')}")

    ((line, found, reason),) = problems(report)
    assert (line, found) == (3, field)
    assert words in reason
    assert report.status == 1
    assert (report.totals["read"], report.totals["created"], report.totals["rejected"]) == (3, 2, 1)
    assert set(Claim.objects.values_list("number", flat=True)) == {"C1", "C3"}
    stored = ImportRejection.objects.get()
    assert (stored.line, stored.field, stored.reason) == (line, found, reason)
    assert stored.raw.startswith(row[:4].replace("\0", ""))


def test_nothing_but_bad_rows_means_that_nothing_was_loaded(load):
    assert load(FLAT + "C1,Aetna,-5,2026-01-10,Pending,,,\n").status == 2


def test_a_last_line_that_is_cut_short_is_rejected_and_the_others_load(load):
    report = load(FLAT + FLAT_ROW + "C2,Aetna,50.0")

    assert problems(report)[0][2].startswith("The file is cut short in its last line")
    assert report.totals["created"] == 1


@pytest.mark.parametrize(
    ("name", "row", "field", "words"),
    [
        ("claims.csv", "C9,P9,E1,1.00,2026-01-10,Paid", "payer_id", "No payer has the id 'P9'"),
        ("claims.csv", "C9,P1,E9,1.00,2026-01-10,Paid", "encounter_id", "No encounter has the id"),
        ("encounters.csv", "E9,M9,D1,2026-01-05,X", "patient_id", "No patient has the id 'M9'"),
        ("encounters.csv", "E9,M1,D9,2026-01-05,X", "provider_id", "No provider has the id"),
        ("line_items.csv", "L9,E9,99213,1,1.00,", "encounter_id", "No encounter has the id"),
        ("line_items.csv", "L9,E1,99213,0,1.00,", "units", "above zero"),
        ("payments.csv", "X9,C9,1.00,2026-02-01,insurer", "claim_id", "No claim has the id"),
        ("payments.csv", "X9,C1,-1.00,2026-02-01,insurer", "amount", "below zero"),
        ("payments.csv", "X9,C1,0.00,2026-02-01,insurer", "amount", "is 0.00"),
        ("payments.csv", "X9,C1,0.00,2026-02-01,patient", "amount", "is 0.00"),
        ("denials.csv", "N9,C9,197,1.00,2026-02-05,,", "claim_id", "No claim has the id"),
        ("denials.csv", "N9,C1,197,-1.00,2026-02-05,,", "amount", "below zero"),
        ("denials.csv", "N9,C1,197,1.00,2026-02-05,Open,", "appeal_filed_on", "needs the date"),
        ("adjustments.csv", "A9,C9,write-off,1.00,2026-02-05", "claim_id", "No claim has the id"),
        ("adjustments.csv", "A9,C1,gift,1.00,2026-02-05", "type", "'gift' is not known"),
        ("activity.csv", "S9,,,submitted,2026-01-10,C1,no", "staff_id", "say by id or by name"),
        ("activity.csv", "S9,ann,,submitted,2026-01-10,C9,no", "claim_id", "No claim has the id"),
        ("patients.csv", "M9,Doe,Jo,2027-01-01", "birth_date", "in the future"),
    ],
)
def test_each_kind_rejects_what_it_cannot_place(load, export, name, row, field, words):
    header = EXPORT[name].partition("\n")[0]

    report = load(f"{header}\n{row}\n")

    ((line, found, reason),) = problems(report)
    assert (line, found) == (2, field)
    assert words in reason


def test_messages_never_repeat_patients_names_or_birth_dates(load):
    long_name = "Bartholomew" * 10
    report = load(
        "patient_id,last_name,first_name,birth_date\n"
        f"M1,{long_name},Ines,1980-02-03\nM2,Reyes,Ines,03-feb-1980x\n"
        "M3,Reyes,Ines,1780-02-03\nM3,Secret,Name\n"
    )

    said = str(report.as_json()["files"][0]["rejections"])
    assert report.totals["rejected"] == 4
    for private in ("Bartholomew", "1980", "1780", "Reyes", "Secret"):
        assert private not in said


def test_the_same_row_twice_counts_once_with_a_warning(load):
    report = load(FLAT + FLAT_ROW + FLAT_ROW)

    assert (report.totals["created"], report.totals["unchanged"]) == (1, 1)
    assert report.files[0].notes[SAME_ROW_AGAIN] == 1
    assert report.status == 0


def test_a_duplicate_far_below_names_the_first_line(load):
    rows = "".join(FLAT_ROW.replace("C1", f"K{n}") for n in range(25))
    report = load(FLAT + FLAT_ROW + rows + FLAT_ROW.replace("80.00", "70.00"), chunk_size=5)

    ((line, _, reason),) = problems(report)
    assert line == 28
    assert "line 2 has the same claim_id" in reason


def test_latin_1_names_are_read_with_a_note(load):
    report = load({"patients.csv": PATIENTS.replace("Reyes", "Núñez").encode("latin-1")})

    assert Patient.objects.get().last_name == "Núñez"
    assert any("Latin-1" in note for note in report.files[0].notes)


def test_a_file_without_a_last_line_end_asks_to_look_at_its_last_row(load):
    report = load("payer_id,payer_name\nP1,Aetna\nP2,Cig")

    assert report.status == 0
    assert [note for note in report.files[0].notes if "check line 3" in note]


def test_a_hundred_of_the_largest_amounts_fit_on_one_claim(load, export):
    rows = "".join(f"A{n},C1,contractual,99999999.99,2026-02-05\n" for n in range(100, 200))
    report = load({"adjustments.csv": f"adjustment_id,claim_id,type,amount,adjusted_on\n{rows}"})

    assert (report.status, report.totals["created"]) == (0, 100)
    assert Claim.objects.get(number="C1").contractual == Decimal("9999999999.00")


def test_a_provider_name_that_is_too_long_for_its_id_is_rejected(load):
    name = "x" * 61
    report = load(f"claim_id,payer,billed,provider\nC1,Aetna,5,{name}\nC2,Aetna,5,Dr. Moss\n")

    ((line, field, reason),) = problems(report)
    assert (line, field, report.totals["created"]) == (2, "provider", 1)
    assert "60 characters" in reason


def test_a_file_name_that_is_no_text_is_loaded_and_shown_escaped(load, write):
    path = write("payer_id,payer_name\nP1,Aetna\n")
    path = path.rename(path.parent / os.fsdecode(b"pay\xe9rs.csv"))
    report = load({"payers": path})

    assert report.status == 0
    assert ImportBatch.objects.get().file_name == "pay\\udce9rs.csv"
    assert json.dumps(report.as_json()).encode()


def test_a_folder_that_cannot_be_read_is_refused_and_the_rest_loads(load, write, monkeypatch):
    closed = write("", "closed/x").parent
    listing = Path.iterdir

    def iterdir(folder):
        if folder == closed:
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    report = load({"closed": closed, "payers.csv": "payer_id,payer_name\nP1,Aetna\n"})

    assert report.status == 1
    assert [file.refused for file in report.files if file.refused] == [
        "closed cannot be read: Permission denied."
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_a_byte_order_mark_load_alike(load, delimiter):
    report = load(("\ufeff" + PATIENTS.replace(",", delimiter)).replace("\n", "\r\n"))

    assert report.status == 0
    assert Patient.objects.get().first_name == "Ines"


def test_columns_that_nothing_uses_are_named(load):
    report = load("payer_id,payer_name,colour\nP1,Aetna,blue\n")

    assert report.files[0].notes == {"The column colour is not used.": 1}


def test_an_unknown_reason_denies_in_other_and_is_listed(load, export):
    report = load("denial_id,claim_id,reason,amount,denied_on\nN2,C1,ZZ9,5.00,2026-02-20\n")

    reason = ReasonCode.objects.get(pk="ZZ9")
    assert (reason.category_id, reason.is_denial, reason.is_unknown) == ("OTHER", True, True)
    assert any("Reason ZZ9 is not in the reason table" in note for note in report.files[0].notes)
    assert report.totals["warnings"] == 1


def test_a_duplicate_denial_closes_the_claim(load, export):
    load("denial_id,claim_id,reason,amount,denied_on\nN2,C2,18,5.00,2026-02-01\n")

    assert Adjudication.objects.get(source_key="denials:N2").outcome == "duplicate"


def test_charges_that_differ_from_the_claim_are_noted_once(load, export):
    report = load(CLAIMS.replace("E1,100.00", "E1,90.00").replace("E2,200.00", "E2,190.00"))

    ((_, count),) = report.files[0].notes.items()
    assert count == 2
    assert Claim.objects.get(number="C1").billed == 90


def test_a_claim_of_another_patient_than_its_encounter_is_rejected(load, export):
    load(PATIENTS.replace("M1", "M2"))
    report = load("claim_id,payer_id,billed,encounter_id,patient_id\nC9,P1,1.00,E1,M2\n")

    assert problems(report)[0][:2] == (2, "patient_id")


def test_a_claim_without_encounter_gets_one_of_its_own(load, export):
    load("claim_id,payer_id,billed,patient_id,service_date\nC9,P1,1.00,M1,2026-01-05\n")

    encounter = Claim.objects.get(number="C9").encounter
    assert encounter is not None
    assert (encounter.number, encounter.date) == ("claim:C9", date(2026, 1, 5))


def test_claim_lines_can_give_the_billed_amount(load, export, write):
    profile = write(
        '[[files]]\nkind = "claims"\nrecognise = ["claim_id", "payer_id"]\n'
        'options = ["billed_from_lines"]\n'
        '[[files]]\nkind = "claim_lines"\nrecognise = ["claim_id", "line_number"]\n'
        'options = ["billed_from_lines"]\n',
        "lines.toml",
    )
    files = {
        "claims.csv": "claim_id,payer_id,submitted_on\nC9,P1,2026-01-05\n",
        "lines.csv": "claim_id,line_number,charge\nC9,1,10.00\nC9,2,5.50\n",
    }
    load(files, profile=str(profile))

    claim = Claim.objects.get(number="C9")
    assert (claim.billed, claim.expected, claim.balance) == (Decimal("15.50"),) * 3
    assert load(files, profile=str(profile)).totals["unchanged"] == 3


def test_every_run_is_logged_with_its_counts(load):
    load(FLAT + FLAT_ROW + "C2,Aetna,-5,2026-01-10,Pending,,,\n")

    batch = ImportBatch.objects.get()
    assert batch.state == "finished"
    assert batch.finished_at is not None
    assert (batch.file_name, batch.kind, batch.mark) == ("file.csv", "flat_claims", 2)
    assert (batch.read, batch.created, batch.rejected) == (2, 1, 1)


def test_parties_keep_what_a_file_does_not_mention(load, export):
    load("provider_id,provider_name\nD1,Dr. Ada B. Moss\n")
    load("payer_id,payer_name\nP1,Aetna Inc\n")

    provider = Claim.objects.get(number="C1").provider
    assert provider is not None
    assert (provider.name, str(provider.department)) == ("Dr. Ada B. Moss", "Cardiology")
    assert Payer.objects.get(name="Aetna Inc").kind == "commercial"
    assert Payer.objects.count() == 2


def test_events_are_of_the_right_kind(export):
    assert Adjudication.objects.count() == 2
    assert PatientPayment.objects.get().amount == 20
    assert ContractualAdjustment.objects.get().amount == 50
    assert WriteOff.objects.get().for_denial is False
    assert Appeal.objects.get().filed_on == date(2026, 2, 20)
    assert Encounter.objects.count() == len(ENCOUNTERS.splitlines()) - 1
