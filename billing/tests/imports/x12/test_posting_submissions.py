"""What an 837 becomes: claims with their lines, people and departments; every CLM is kept."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing.imports.x12.run import Request, import_x12
from billing.models import (
    Claim,
    DepartmentRule,
    Encounter,
    LineItem,
    Patient,
    Provider,
    Submission,
)
from billing.posting import differing
from billing.tests.builders import make_claim, make_department, make_patient, make_practice
from billing.tests.imports.x12.conftest import HEAD_837, file_837

pytestmark = pytest.mark.django_db

LINES = (
    "LX*1~SV1*HC:99213:25*60*UN*1***1~DTP*472*D8*20260105~REF*6R*L1~"
    "LX*2~SV1*HC:87070*40*UN*2~DTP*472*D8*20260106~"
)
MOSS = "NM1*82*1*MOSS*ADA****XX*1999999992~"


def sent(
    number: str = "C1", charge: str = "100", code: str = "1", extra: str = "", lines: str = LINES
) -> str:
    return f"CLM*{number}*{charge}***11:B:{code}~{extra}HI*ABK:M545~{MOSS}{lines}"


@pytest.fixture
def load(tmp_path: Path):
    """Imports these texts, each as a file."""

    def run(*texts: str, **options):
        paths = []
        for text in texts:
            path = tmp_path / f"file{len(list(tmp_path.iterdir()))}.837"
            path.write_text(text)
            paths.append(path)
        return import_x12(Request(paths, **options))

    return run


def test_a_claim_comes_with_its_people_lines_and_charges(load):
    report = load(file_837(sent()))

    assert (report.status, report.totals["created"]) == (0, 1)
    claim = Claim.objects.select_related("encounter__patient", "payer", "provider").get()
    assert (claim.number, claim.billed, claim.expected) == ("C1", 100, 100)
    assert (claim.status, claim.submitted_on) == ("pending", date(2026, 1, 7))
    assert (claim.service_date, claim.payer.name) == (date(2026, 1, 5), "AETNA")
    assert claim.provider is not None
    assert (claim.provider.name, claim.provider.npi) == ("MOSS, ADA", "1999999992")
    assert claim.encounter is not None
    patient = claim.encounter.patient
    assert (patient.last_name, patient.birth_date) == ("REYES", date(1980, 2, 3))
    lines = claim.lines.order_by("position").values_list("procedure", "modifiers", "charge")
    assert list(lines) == [("99213", "25", Decimal(60)), ("87070", "", Decimal(40))]
    items = LineItem.objects.order_by("number").values_list("procedure", "units")
    assert list(items) == [("99213", Decimal(1)), ("87070", Decimal(2))]
    assert differing([claim.pk]) == []


def test_the_record_number_of_a_patient_tells_nothing_of_the_person(load):
    load(file_837(sent()))
    number = Patient.objects.get().record_number
    assert number.startswith("X12-")
    assert not any(word in number for word in ("REYES", "INES", "M1", "1980"))


def test_the_same_person_in_two_files_is_one_patient(load):
    load(file_837(sent()), file_837(sent("C2")))
    assert Patient.objects.count() == 1
    load(file_837(sent("C3"), head=HEAD_837.replace("19800203", "19810203")))
    assert Patient.objects.count() == 2


def test_every_sending_is_kept_and_the_newest_says_what_the_claim_is(load):
    newer = file_837(
        sent(charge="70", code="7", lines="LX*1~SV1*HC:99214*70*UN*1~"),
        head=HEAD_837.replace("20260107", "20260201"),
    )
    for texts in ((file_837(sent()), newer), (newer, file_837(sent()))):
        Submission.objects.all().delete()
        report = load(*texts)
        claim = Claim.objects.get()
        assert Submission.objects.count() == 2
        assert (claim.billed, claim.frequency) == (70, "replacement")
        assert claim.submitted_on == date(2026, 1, 7)
        assert list(claim.lines.values_list("procedure", flat=True)) == ["99214"]
        assert report.status == 0


def test_a_number_that_is_used_again_for_another_person_is_noted(load):
    report = load(
        file_837(sent()),
        file_837(sent(), head=HEAD_837.replace("INES", "TOM").replace("19800203", "20100203")),
    )
    assert Submission.objects.values("patient").distinct().count() == 2
    assert (
        "a claim number that was sent before for another patient or service date"
        in report.files[1].notes
    )


def test_a_replacement_with_a_number_of_its_own_is_linked_in_either_order(load):
    replacement = file_837(sent("C2", code="7", extra="REF*F8*C1~"))
    load(replacement)
    assert Claim.objects.get().replaces is None
    load(file_837(sent("C1")))
    claim = Claim.objects.get(number="C2")
    assert (claim.frequency, claim.replaces and claim.replaces.number) == ("replacement", "C1")


def test_a_void_closes_the_claim(load):
    load(file_837(sent()))
    load(file_837(sent(code="8"), head=HEAD_837.replace("20260107", "20260201")))
    assert Claim.objects.get().status == "closed"


def test_lines_that_do_not_add_up_are_noted_and_the_claims_amount_counts(load):
    report = load(file_837(sent(charge="120")))
    assert Claim.objects.get().billed == 120
    assert Submission.objects.get().line_charges == 100
    assert "claims whose lines do not add up to CLM02: CLM02 counts" in report.files[0].notes


def test_a_claim_that_an_export_brought_keeps_its_patient_and_contract(load):
    claim = make_claim(number="C1", billed="100.00", expected="80.00")
    encounter = Encounter.objects.create(
        practice=claim.practice, number="E1", patient=make_patient()
    )
    Claim.objects.update(encounter=encounter)
    load(file_837(sent()))
    claim.refresh_from_db()
    assert (claim.encounter, claim.expected, claim.billed) == (encounter, 80, 100)
    assert claim.lines.count() == 2


def test_the_closest_department_rule_counts_and_what_fits_none_is_noted(load):
    practice = make_practice()
    for name, rule in {
        "Clinic": {"place_of_service": "11"},
        "Cardiology": {"place_of_service": "11", "provider_npi": "1999999992"},
    }.items():
        DepartmentRule.objects.create(practice=practice, department=make_department(name), **rule)
    report = load(
        file_837(
            sent("C1"),
            sent("C2").replace("1999999992", "1888888886"),
            sent("C3").replace("***11:", "***22:").replace("1999999992", "1888888886"),
        )
    )
    found = Claim.objects.order_by("number").values_list("department__name", flat=True)
    assert list(found) == ["Cardiology", "Clinic", None]
    assert report.files[0].notes["claims that no department rule fits"] == 1


def test_of_two_spellings_of_one_npi_the_first_in_the_alphabet_stays(load):
    spelled = [
        sent(f"C{n}").replace("MOSS*ADA", name) for n, name in enumerate(("MOSS*ADA B", "MOSS*ADA"))
    ]
    for text in spelled:
        load(file_837(text))
    assert Provider.objects.get(code="1999999992").name == "MOSS, ADA"
    Provider.objects.update(name="Dr. Moss")
    load(file_837(sent("C9").replace("MOSS*ADA", "MOS*ADA")))
    assert Provider.objects.get(code="1999999992").name == "Dr. Moss"


def test_a_claim_without_a_patient_is_loaded_without_an_encounter(load):
    report = load(file_837(sent(), head=HEAD_837.replace("NM1*IL*1*REYES*INES****MI*M1~", "")))
    assert Claim.objects.get().encounter is None
    assert not Encounter.objects.exists()
    assert report.status == 0


def test_other_payers_are_kept_with_the_sending(load):
    extra = "SBR*S*18*******CI~CAS*CO*45*7~AMT*D*80~NM1*PR*2*CIGNA*****PI*62308~"
    load(file_837(f"CLM*C1*100***11:B:1~{extra}{LINES}"))
    (other,) = Submission.objects.get().other_payers
    assert (other["name"], other["paid"], other["adjustments"]) == (
        "CIGNA",
        "80.00",
        [["CO", "45", "7.00"]],
    )
