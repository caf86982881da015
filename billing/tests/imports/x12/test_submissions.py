"""An 837 is read as it stands: parties from their loops, lines from their claim."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.imports.x12.faults import DamagedError
from billing.imports.x12.kinds import RefusedError
from billing.tests.imports.x12.conftest import (
    HEAD_837,
    claims_of_837,
    file_837,
    interchange,
    real_files,
    real_path,
    transaction_set,
)

pytestmark = pytest.mark.engine_free

CLAIM = (
    "CLM*C1*150***11:B:7*Y*A*Y*Y~REF*F8*P9~HI*ABK:M545*ABF:I10~AMT*F5*12~"
    "NM1*82*1*MOSS*ADA****XX*1999999992~NM1*77*2*HARBOR EAST~"
    "SBR*S*18*******CI~CAS*CO*45*7~AMT*D*80~NM1*PR*2*CIGNA*****PI*62308~"
    "LX*1~SV1*HC:99213:25*100*UN*1***1:2~DTP*472*D8*20260105~REF*6R*L1~"
    "SVD*62308*80*HC:99213**1~CAS*PR*1*13~"
    "LX*2~SV1*HC:87070*50*UN*2.5***1~DTP*472*D8*20260106~"
)
FILE = file_837(CLAIM)


def test_a_claim_is_read_with_its_parties_and_lines():
    reader, (claim,), warnings = claims_of_837(FILE)

    assert warnings == []
    assert reader.header.submitted_on == date(2026, 1, 7)
    assert (claim.number, claim.charge, claim.frequency_code) == ("C1", 150, "7")
    assert (claim.original_reference, claim.place_of_service) == ("P9", "11")
    assert claim.diagnoses == ("M545", "I10")
    assert claim.service_date == date(2026, 1, 5)
    assert claim.patient_paid == 12
    assert (claim.payer.name, claim.payer.code) == ("AETNA", "60054")
    assert (claim.patient.name, claim.birth_date) == ("REYES, INES", date(1980, 2, 3))
    assert (claim.provider.name, claim.provider.npi) == ("MOSS, ADA", "1999999992")
    assert (claim.billing.npi, claim.billing_tax_id) == ("1234567893", "123456789")
    assert claim.facility.name == "HARBOR EAST"
    first, second = claim.lines
    assert (first.code, first.modifiers, first.control_number) == ("99213", "25", "L1")
    assert first.diagnosis_pointers == "1:2"
    assert (second.units, second.charge) == (Decimal("2.5"), 50)
    assert claim.line_charges == claim.charge


def test_other_payers_keep_what_they_paid_and_reduced_at_claim_and_line():
    _, (claim,), _ = claims_of_837(FILE)
    (other,) = claim.other_payers
    assert other.as_json() == {
        "name": "CIGNA",
        "code": "62308",
        "sequence": "S",
        "paid": "80.00",
        "adjustments": [["CO", "45", "7.00"], ["PR", "1", "13.00"]],
    }


def test_a_dependent_is_the_patient_of_the_claims_below():
    child = "HL*3*2*23*0~PAT*19~NM1*QC*1*REYES*TOM~DMG*D8*20150406*M~"
    _, (claim, other), _ = claims_of_837(
        file_837(
            child + "CLM*C1*10***11:B:1~",
            "HL*4*1*22*0~SBR*P*18~NM1*IL*1*LOWE*ANN****MI*M2~NM1*PR*2*CIGNA~CLM*C2*20***11:B:1~",
        )
    )
    assert (claim.patient.name, claim.birth_date) == ("REYES, TOM", date(2015, 4, 6))
    assert claim.member_id == "M1"
    assert (other.patient.name, other.payer.name, other.birth_date) == ("LOWE, ANN", "CIGNA", None)


def test_a_hospital_claim_starts_with_its_statement_and_keeps_revenue_codes():
    claim = (
        "CLM*C1*70***11:A:1~DTP*434*RD8*20260101-20260104~HI*BK:29689~NM1*71*1*MOSS*ADA~"
        "LX*1~SV2*0120**50*DA*3~LX*2~SV2*0300*HC:85025*20*UN*1~DTP*472*D8*20260102~"
    )
    text = interchange(
        transaction_set("837", HEAD_837, claim, guide="*005010X223A2"),
        group="GS*HC*A*B*20260105*1200*1*X*005010X223A2~",
    )
    _, (found,), _ = claims_of_837(text)
    assert found.service_date == date(2026, 1, 1)
    assert [(line.revenue_code, line.code) for line in found.lines] == [
        ("0120", ""),
        ("0300", "85025"),
    ]
    assert (found.revenue_code, found.provider.name) == ("0120", "MOSS, ADA")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("CLM*C1*150", "CLM*C1*", "CLM02"),
        ("CLM*C1*150", "CLM*C1*-150", "CLM02"),
        ("CLM*C1*150", "CLM*C1*1S0", "CLM02"),
        ("CLM*C1*150", "CLM**150", "CLM01"),
        ("HC:99213:25*100", "HC:99213:25*1oo", "SV102"),
        ("AMT*F5*12", "AMT*F5*12.345", "AMT02"),
        ("HL*2*1*22*0~", "HL*2*1*22*0~SV1*HC:99213*1*UN*1~", "SV1"),
    ],
)
def test_what_could_make_a_wrong_cent_spoils_the_set_and_names_its_segment(old, new, field):
    with pytest.raises(DamagedError) as error:
        claims_of_837(FILE.replace(old, new))
    assert error.value.field == field


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("*11:B:7*", "*11:B*", "a claim has no frequency (CLM05-3): read as original"),
        ("NM1*PR*2*AETNA*****PI*60054~", "", "a claim names no payer (NM1*PR)"),
        ("*20260107*1200*CH", "**1200*CH", "BHT04 holds no date: the date of GS04 stands in"),
    ],
)
def test_what_loses_nothing_is_read_with_a_warning(old, new, warning):
    assert warning in claims_of_837(FILE.replace(old, new))[2]


@pytest.mark.parametrize("name", real_files("x12_837p", "x12_837i"))
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_mutated_real_file_is_read_or_refused(name, data):
    text = real_path(name).read_text("latin-1")[:8_000]
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 30))
    new = data.draw(st.text(alphabet="*~:0123456789.-ACLMSVHR", max_size=8))
    try:
        _, claims, _ = claims_of_837(text[:at] + new + text[at + length :])
    except (DamagedError, RefusedError, AssertionError):
        return
    assert all(claim.charge >= 0 for claim in claims)
