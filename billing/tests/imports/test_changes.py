"""The same file twice changes nothing; a changed row updates and says so."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ContractualAdjustment,
    Encounter,
    Patient,
    PatientPayment,
    Payer,
    StaffActivity,
    WriteOff,
)
from billing.posting import differing, end_appeal
from billing.tests.imports.conftest import (
    ADJUSTMENTS,
    CLAIMS,
    DENIALS,
    EXPORT,
    FLAT,
    PATIENTS,
    PAYMENTS,
    all_records,
    problems,
)

pytestmark = pytest.mark.django_db


def counts(report) -> tuple[int, int, int, int]:
    totals = report.totals
    return totals["created"], totals["updated"], totals["unchanged"], totals["rejected"]


def agree() -> None:
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []


def test_the_same_export_twice_changes_nothing(load, export):
    before = all_records()

    assert counts(load(EXPORT)) == (0, 0, 17, 0)
    assert all_records() == before


def test_the_same_rows_under_other_names_and_in_other_order_change_nothing(load, export):
    before = all_records()
    header, first, second = PAYMENTS.splitlines()

    assert counts(load({"other.csv": f"{header}\n{second}\n{first}\n"})) == (0, 0, 2, 0)
    assert all_records() == before


def test_a_changed_record_is_updated_in_place(load, export):
    report = load({"patients.csv": PATIENTS.replace("1980-02-03", "1981-02-03")})

    assert counts(report) == (0, 1, 0, 0)
    assert Patient.objects.get().birth_date == date(1981, 2, 3)


def test_a_changed_claim_is_updated_and_projected_anew(load, export):
    report = load({"claims.csv": CLAIMS.replace("2026-01-10", "2026-01-20")})

    assert counts(report) == (0, 1, 1, 0)
    claim = Claim.objects.get(number="C1")
    assert (claim.days_to_pay, claim.submission_lag_days) == (12, 15)
    agree()


def test_a_changed_status_changes_the_outcome_of_the_denials_it_explains(load, export):
    load({"claims.csv": CLAIMS.replace("Denied", "Partially Paid")})

    assert Claim.objects.get(number="C2").first_outcome == "partially-denied"
    old, new = Adjudication.objects.filter(source_key="denials:N1").order_by("revision")
    assert (new.replaces, new.outcome) == (old, "partially-denied")
    assert Adjustment.objects.filter(adjudication=new).get().amount == 150
    assert counts(load({"denials.csv": DENIALS})) == (0, 0, 1, 0)
    agree()


def test_a_changed_payment_is_a_new_revision_that_replaces_the_old_one(load, export):
    report = load({"payments.csv": PAYMENTS.replace("80.00", "75.00")})

    assert counts(report) == (0, 1, 1, 0)
    old, new = Adjudication.objects.filter(source_key="payments:X1").order_by("revision")
    assert [old.paid, new.paid, new.revision] == [80, 75, 1]
    assert new.replaces == old
    assert Claim.objects.get(number="C1").paid == 75
    assert counts(load({"payments.csv": PAYMENTS.replace("80.00", "75.00")})) == (0, 0, 2, 0)
    agree()


def test_a_payment_that_moved_to_another_claim_changes_both(load, export):
    load({"payments.csv": PAYMENTS.replace("X1,C1", "X1,C2")})

    assert Claim.objects.get(number="C1").paid == 0
    assert Claim.objects.get(number="C2").paid == 80
    agree()


def test_a_payment_that_turns_out_to_be_the_patients_moves_and_comes_back(load, export):
    as_patient = PAYMENTS.replace("insurer", "patient")
    assert counts(load({"payments.csv": as_patient})) == (0, 1, 1, 0)
    claim = Claim.objects.get(number="C1")
    assert [claim.paid, claim.patient_paid, claim.first_paid_on] == [0, 100, None]
    assert counts(load({"payments.csv": as_patient})) == (0, 0, 2, 0)

    assert counts(load({"payments.csv": PAYMENTS})) == (0, 1, 1, 0)
    claim.refresh_from_db()
    assert [claim.paid, claim.patient_paid] == [80, 20]
    assert PatientPayment.objects.get(source_key="payments:X1", revision=1).amount == 0
    agree()


def test_an_adjustment_of_another_type_leaves_nothing_of_the_first(load, export):
    load({"adjustments.csv": ADJUSTMENTS.replace("contractual", "denial-write-off")})

    claim = Claim.objects.get(number="C2")
    assert [claim.contractual, claim.written_off] == [0, 60]
    assert ContractualAdjustment.objects.get(revision=1).amount == 0
    assert WriteOff.objects.get(source_key="adjustments:A1").for_denial
    agree()


def test_remark_codes_alone_make_a_denial_change(load, export):
    header, row = DENIALS.splitlines()
    report = load(f"{header},remark_codes\n{row},N30\n")

    assert counts(report) == (0, 1, 0, 0)
    assert Adjustment.objects.get(remark_codes="N30").adjudication.revision == 1
    assert counts(load(f"{header},remark_codes\n{row},N30\n")) == (0, 0, 1, 0)


def test_an_appeal_that_ended_is_a_new_revision(load, export):
    load({"denials.csv": DENIALS.replace("Open", "Lost")})

    old, new = Appeal.objects.order_by("revision")
    assert (new.replaces, new.result, new.ended_on) == (old, "lost", None)
    assert Claim.objects.get(number="C2").status == "denied"
    agree()


def test_an_appeal_that_a_person_ended_is_not_opened_again(load, export):
    end_appeal(Appeal.objects.get(), ended_on=date(2026, 3, 1), result="lost")

    report = load({"denials.csv": DENIALS})

    assert counts(report) == (0, 0, 1, 0)
    assert any("has ended here already" in note for note in report.files[0].notes)
    assert Appeal.objects.get().result == "lost"


def test_an_appeal_cannot_be_taken_back_by_a_file(load, export):
    report = load({"denials.csv": DENIALS.replace("Open", "Not appealed")})

    assert problems(report)[0][:2] == (2, "appeal_status")


def test_a_payer_with_a_new_name_keeps_its_claims(load, export):
    load("payer_id,payer_name\nP1,Aetna of Ohio\n")

    assert Claim.objects.get(number="C1").payer.name == "Aetna of Ohio"


def test_a_payer_id_that_moves_to_another_known_payer_follows_it(load, export):
    assert counts(load("payer_id,payer_name\nP1,Cigna\n")) == (0, 1, 0, 0)
    assert counts(load({"claims.csv": CLAIMS})) == (0, 1, 1, 0)
    assert Claim.objects.get(number="C1").payer.name == "Cigna"
    assert Payer.objects.filter(name="Aetna").exists()


def test_changed_activity_is_updated_in_place(load, export):
    report = load({"activity.csv": EXPORT["activity.csv"].replace("C2,yes", "C2,no")})

    assert counts(report) == (0, 1, 1, 0)
    assert not StaffActivity.objects.filter(is_error=True).exists()


def test_line_items_that_change_change_the_charge_lag(load, export):
    load({"line_items.csv": EXPORT["line_items.csv"].replace("2026-01-06", "2026-01-15")})

    assert Claim.objects.get(number="C1").charge_lag_days == 10
    agree()


FLAT_WIDE = (
    "claim_id,payer,billed,submitted_on,status,decided_on,paid,denial_reason,patient_paid,"
    "written_off,provider,department,patient_id,patient_last_name,procedure_code\n"
)
FLAT_ROW = "C1,Aetna,100,2026-01-10,{},10,5,Dr. Moss,Cardiology,M1,Reyes,99213\n"
PAID = FLAT_ROW.format("Paid,2026-02-01,60,")
DENIED = FLAT_ROW.format("Denied,2026-02-01,0,CO-197")
PENDING = FLAT_ROW.format("Pending,2026-02-01,,").replace(",10,5,", ",,,")


def test_a_flat_file_twice_changes_nothing(load):
    assert counts(load(FLAT_WIDE + PAID)) == (1, 0, 0, 0)
    before = all_records()

    assert counts(load(FLAT_WIDE + PAID)) == (0, 0, 1, 0)
    assert all_records() == before
    agree()


@pytest.mark.parametrize("first", [PAID, DENIED, PENDING])
@pytest.mark.parametrize("second", [PAID, DENIED, PENDING])
def test_a_changed_flat_row_ends_where_a_fresh_load_would(load, first, second):
    load(FLAT_WIDE + first)
    report = load(FLAT_WIDE + second)

    assert counts(report) == ((0, 0, 1, 0) if first == second else (0, 1, 0, 0))
    claim = Claim.objects.get()
    expected = {
        PAID: ("paid", Decimal(60), Decimal(10), "paid"),
        DENIED: ("denied", Decimal(0), Decimal(10), "denied"),
        PENDING: ("pending", Decimal(0), Decimal(0), ""),
    }[second]
    assert (claim.status, claim.paid, claim.patient_paid, claim.first_outcome) == expected
    assert counts(load(FLAT_WIDE + second)) == (0, 0, 1, 0)
    agree()


def test_a_flat_row_updates_its_patient_provider_and_service(load):
    load(FLAT_WIDE + PAID)
    load(FLAT_WIDE + PAID.replace("Reyes", "Diaz").replace("Moss", "Fox").replace("99213", "99214"))

    claim = Claim.objects.get()
    assert Patient.objects.get().last_name == "Diaz"
    assert claim.provider is not None
    assert claim.provider.name == "Dr. Fox"
    item = Encounter.objects.get().line_items.get()
    assert [item.procedure_id, item.charge] == ["99214", 100]


def test_statuses_are_understood_in_any_spelling(load):
    rows = "".join(
        f"C{n},Aetna,100.00,2026-01-10,{word},2026-02-01,80.00,\n"
        for n, word in enumerate(["Paid", "PAID", "P", "approved"])
    )
    assert counts(load(FLAT + rows)) == (4, 0, 0, 0)
    assert set(Claim.objects.values_list("status", flat=True)) == {"paid"}


def test_a_contractual_reason_beside_a_payment_is_no_denial(load):
    load(FLAT + "C1,Aetna,100,2026-01-10,Partially paid,2026-02-01,80,CO-45\n")

    assert Claim.objects.get().first_outcome == "paid"


def test_a_partly_denied_flat_claim_keeps_what_is_denied(load):
    load(FLAT + "C1,Aetna,100,2026-01-10,Partially paid,2026-02-01,80,CO-197\n")

    claim = Claim.objects.get()
    assert [claim.first_outcome, claim.paid, claim.balance] == ["partially-denied", 80, 20]


def test_an_appealed_flat_claim_has_an_open_appeal(load):
    load(FLAT + "C1,Aetna,100,2026-01-10,Appealed,2026-02-01,0,CO-50\n")

    assert Claim.objects.get().status == "appealed"
    assert Appeal.objects.get().filed_on == date(2026, 2, 1)


def test_a_flat_file_without_a_money_column_leaves_what_an_earlier_file_said(load):
    wide = FLAT_WIDE + PAID
    load(wide)
    before = all_records()
    names = FLAT_WIDE.strip().split(",")
    for missing in ("paid", "allowed", "patient_responsibility", "contractual", "patient_paid"):
        if missing not in names:
            continue
        place = names.index(missing)
        rows = [line.split(",") for line in wide.splitlines()]
        cut = "".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in rows)

        assert counts(load(cut)) == (0, 0, 1, 0), missing
        assert all_records() == before, missing
    agree()


def test_a_flat_file_of_facts_alone_leaves_the_decision(load):
    load(FLAT_WIDE + PAID)
    decisions = list(Adjudication.objects.values())

    report = load("claim_id,payer,billed,department\nC1,Aetna,100.00,Surgery\n")

    assert counts(report) == (0, 1, 0, 0)
    assert list(Adjudication.objects.values()) == decisions
    claim = Claim.objects.get()
    assert (claim.status, claim.stated_status, claim.paid) == ("paid", "paid", Decimal(60))
    agree()


def test_claims_without_the_column_expected_keep_what_was_expected(load, export):
    stated = "claim_id,payer_id,billed,expected\nC1,P1,100.00,70.00\n"
    load(stated)

    load(CLAIMS.replace("C1,P1,E1,100.00", "C1,P1,E1,110.00"))
    claim = Claim.objects.get(number="C1")
    assert (claim.billed, claim.expected, claim.expected_assumed) == (110, 70, False)

    load(stated.replace("70.00", ""))
    claim.refresh_from_db()
    assert (claim.billed, claim.expected, claim.expected_assumed) == (100, 100, True)
    agree()


def test_payments_without_a_money_column_keep_what_was_said(load, export):
    wide = "payment_id,claim_id,amount,paid_on,allowed,patient_responsibility,contractual\n"
    load(wide + "X1,C1,80.00,2026-02-01,90.00,10.00,5.00\n")

    load("payment_id,claim_id,amount,paid_on\nX1,C1,75.00,2026-02-01\n")

    now = Adjudication.objects.get(source_key="payments:X1", replaced_by__isnull=True)
    assert (now.paid, now.allowed) == (75, 90)
    assert (now.patient_responsibility, now.contractual) == (10, 5)
    agree()


def test_an_appeal_goes_with_its_denial_to_another_claim(load, export):
    load("denial_id,claim_id,reason,amount,denied_on\nN1,C1,CO-197,150.00,2026-02-05\n")

    assert Appeal.objects.get(replaced_by__isnull=True).claim.number == "C1"
    assert Claim.objects.get(number="C2").status != "appealed"
    agree()
