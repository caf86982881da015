"""Claims and remittances are written as X12 files that an independent validator accepts."""

from collections import Counter
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from billing.choices import Frequency
from billing.models import Adjudication, Claim, Practice, ProviderAdjustment
from billing.outgoing import claims_837
from billing.tests.builders import (
    decision,
    make_claim,
    make_patient,
    make_payer,
    make_practice,
    make_remittance,
    reversal,
)
from billing.tests.outgoing.oracle import faults, segments

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 2, 1)


@pytest.fixture
def practice() -> Practice:
    practice = make_practice()
    practice.npi, practice.tax_id = "1999999984", "12-3456789"
    practice.save()
    return practice


@pytest.fixture
def patient(practice):
    """The patient of every claim that the builders make."""
    patient = make_patient()
    patient.birth_date = date(1980, 2, 3)
    patient.save()
    return patient


def run(kind: str, path: Path, *args: str) -> str:
    out = StringIO()
    call_command(f"write_{kind}", str(path), *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def demo(tmp_path):
    call_command("seed_demo", claims=300, seed=5, today=date(2026, 11, 21), stdout=StringIO())


def test_the_demo_claims_are_valid_and_add_up(demo, tmp_path):
    said = run("837", path := tmp_path / "claims.837")

    assert faults(path) == []
    claims = Claim.objects.filter(submitted_on__isnull=False).exclude(payer__kind="self-pay")
    written = {row[1]: Decimal(row[2]) for row in segments(path, "CLM")}
    assert written == {claim.number: claim.billed for claim in claims}
    lines = [Decimal(row[2]) for row in segments(path, "SV1")]
    assert sum(lines) == sum(written.values())
    assert f"Wrote {len(written)} claims" in said
    days = [row[4] for row in segments(path, "BHT")]
    assert days == sorted({f"{claim.submitted_on:%Y%m%d}" for claim in claims})


def test_the_demo_decisions_are_valid_and_balance(demo, tmp_path):
    run("835", path := tmp_path / "remittances.835")

    assert faults(path) == []
    stored = Adjudication.objects.filter(claim__isnull=False, replaced_by__isnull=True)
    paid = [Decimal(row[4]) for row in segments(path, "CLP")]
    assert len(paid) == stored.count()
    total = stored.aggregate(total=Sum("paid"))["total"].quantize(Decimal("0.01"))
    assert sum(paid) == total
    check_balance(path)


def check_balance(path: Path) -> None:
    """Every claim and every payment balances to the cent."""
    charge = paid = payment = Decimal(0)
    for row in segments(path, "BPR", "CLP", "CAS", "PLB", "SE"):
        if row[0] == "BPR":
            payment = Decimal(row[2])
        elif row[0] == "CLP":
            assert charge == 0
            charge, paid = Decimal(row[3]) - Decimal(row[4]), paid + Decimal(row[4])
        elif row[0] == "CAS":
            charge -= sum(Decimal(amount) for amount in row[3::3])
        elif row[0] == "PLB":
            paid -= Decimal(row[4])
        else:
            assert charge == 0
            assert paid == payment
            charge = paid = Decimal(0)


def test_a_replacement_names_what_it_replaces(practice, patient, tmp_path):
    former = make_claim(number="C1", procedures=["99213"])
    make_claim(number="C2", procedures=["99213"], frequency=Frequency.REPLACEMENT)
    Claim.objects.filter(number="C2").update(replaces=former)

    run("837", path := tmp_path / "x.837")

    assert faults(path) == []
    assert [row[5] for row in segments(path, "CLM")] == ["11:B:1", "11:B:7"]
    assert ["REF", "F8", "C1"] in segments(path, "REF")


def test_names_are_written_in_the_characters_that_x12_knows(practice, patient, tmp_path):
    patient.last_name, patient.first_name = "Núñez*~Ruiz", "José\n:Ana"
    patient.save()
    make_claim(procedures=["99213"])

    run("837", path := tmp_path / "x.837")

    assert faults(path) == []
    assert [row[3:5] for row in segments(path, "NM1") if row[1] == "IL"] == [
        ["Nunez Ruiz", "Jose Ana"]
    ]


def test_claims_that_cannot_be_said_are_counted_by_reason(practice, patient, tmp_path):
    make_payer("Self-pay", kind="self-pay")
    make_claim(number="fits", procedures=["99213"])
    make_claim(number="draft", procedures=["99213"], submitted_on=None)
    make_claim(number="cash", payer="Self-pay", procedures=["99213"])
    make_claim(number="no lines")
    make_claim(number="9" * 39, procedures=["99213"])
    Claim.objects.filter(number="no lines").update(
        encounter=Claim.objects.get(number="fits").encounter
    )

    said = run("837", path := tmp_path / "x.837")

    assert [row[1] for row in segments(path, "CLM")] == ["fits"]
    assert said.splitlines()[0].startswith("Wrote 1 claims")
    assert sorted(line.partition(". ")[2] for line in said.splitlines()[1:]) == [
        "The claim has no lines, or one without a procedure code.",
        "The claim number is longer than 38 characters.",
        "The patient pays: no claim goes to a payer.",
    ]


def test_a_long_day_is_several_transaction_sets(practice, patient, tmp_path, monkeypatch):
    monkeypatch.setattr(claims_837, "MOST_CLAIMS", 2)
    for _ in range(3):
        make_claim(procedures=["99213"])

    run("837", path := tmp_path / "x.837")

    assert faults(path) == []
    assert Counter(row[0] for row in segments(path, "ST", "CLM", "SE")) == {
        "ST": 2,
        "CLM": 3,
        "SE": 2,
    }


def test_only_the_days_asked_for_are_written(practice, patient, tmp_path):
    for day in (1, 2, 3):
        make_claim(number=f"C{day}", procedures=["99213"], submitted_on=date(2026, 3, day))

    run("837", path := tmp_path / "x.837", "--from", "2026-03-02", "--to", "2026-03-02")

    assert [row[1] for row in segments(path, "CLM")] == ["C2"]


def test_a_decision_without_detail_is_explained_as_contractual(practice, tmp_path):
    make_claim(billed="100.00", decisions=[decision(on=PAID_ON, paid="60.00", patient="10.00")])

    run("835", path := tmp_path / "x.835")

    assert faults(path) == []
    assert segments(path, "CAS") == [["CAS", "PR", "1", "10"], ["CAS", "CO", "45", "30"]]
    check_balance(path)


def test_a_denial_keeps_its_reason_and_its_status(practice, tmp_path):
    make_claim(billed="100.00", decisions=[decision(on=PAID_ON, denied="100.00", reason="197")])

    run("835", path := tmp_path / "x.835")

    assert segments(path, "CAS") == [["CAS", "CO", "197", "100"]]
    assert [row[2] for row in segments(path, "CLP")] == ["4"]


def test_money_taken_back_is_carried_forward_where_nothing_else_is_paid(practice, tmp_path):
    paid = decision(on=PAID_ON, paid="80.00")
    make_claim(decisions=[paid, reversal(on=date(2026, 3, 1), of=paid)])

    run("835", path := tmp_path / "x.835")

    assert faults(path) == []
    assert [(row[2], row[3], row[4]) for row in segments(path, "CLP")] == [
        ("1", "100", "80"),
        ("22", "-100", "-80"),
    ]
    assert segments(path, "CAS") == [["CAS", "CO", "45", "20"], ["CAS", "CO", "45", "-20"]]
    assert segments(path, "PLB") == [["PLB", "1999999984", "20261231", "FB", "-80"]]
    check_balance(path)


def test_a_remittance_keeps_its_trace_number_and_its_adjustments(practice, tmp_path):
    remittance = make_remittance("EFT-77", amount="55.00")
    ProviderAdjustment.objects.create(remittance=remittance, reason="WO", reference="R1", amount=5)
    for number in ("C1", "C2"):
        make_claim(
            number=number, decisions=[decision(on=PAID_ON, paid="30.00", remittance=remittance)]
        )

    run("835", path := tmp_path / "x.835")

    assert faults(path) == []
    assert [(row[1], row[2]) for row in segments(path, "TRN", "BPR")] == [
        ("I", "55"),
        ("1", "EFT-77"),
    ]
    assert segments(path, "PLB") == [["PLB", "1999999984", "20261231", "WO:R1", "5"]]
    check_balance(path)


def test_what_a_payer_paid_and_nobody_knows_is_left_out(practice, tmp_path):
    make_claim(decisions=[decision(on=PAID_ON, paid=None, outcome="paid")])

    said = run("835", path := tmp_path / "x.835")

    assert segments(path, "CLP") == []
    assert "Left out: 1. What the payer paid is not known." in said


def test_a_payment_beyond_the_charge_balances_as_in_excess(practice, tmp_path):
    make_claim(billed="100.00", decisions=[decision(on=PAID_ON, paid="120.00")])

    run("835", path := tmp_path / "x.835")

    assert segments(path, "CAS") == [["CAS", "CO", "94", "-20"]]
    check_balance(path)


@pytest.mark.parametrize("kind", ["837", "835"])
def test_a_practice_without_its_numbers_is_told_and_no_file_is_left(kind, tmp_path):
    make_claim(procedures=["99213"])

    with pytest.raises(CommandError, match="lacks its NPI and tax id: enter it in the admin"):
        run(kind, tmp_path / "x")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_sentence(practice, tmp_path):
    with pytest.raises(CommandError, match=r"cannot be written: No such file or directory\.$"):
        run("837", tmp_path / "missing" / "x.837")


def test_the_file_is_for_its_owner_alone(practice, patient, tmp_path):
    make_claim(procedures=["99213"])

    run("837", path := tmp_path / "x.837")

    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_practice_there_is_nothing_to_write(tmp_path):
    with pytest.raises(CommandError, match="no practice and no claim"):
        run("837", tmp_path / "x.837")
