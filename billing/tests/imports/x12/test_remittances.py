"""An 835 is read as it stands: every cent, every reason, every date, or not at all."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.adjudication import Reduction
from billing.imports.x12.elements import day
from billing.imports.x12.faults import DamagedError
from billing.tests.imports.x12.conftest import claims_of_835, file_835, real_files, real_path

pytestmark = pytest.mark.engine_free

LINES = (
    "CLP*C1*1*150*100*30*12*P1*11*1~CAS*CO*45*5~NM1*QC*1*REYES*INES~MOA***MA01*MA02~"
    "DTM*232*20260105~AMT*AU*130~"
    "SVC*HC:99213:25*100*70**1~DTM*472*20260105~CAS*PR*1*20**2*5~CAS*CO*45*5~REF*6R*L1~"
    "AMT*B6*95~LQ*HE*N130~"
    "SVC*NU:0450*50*35**2~DTM*472*20260106~CAS*PR*3*10~AMT*B6*45~"
)
FILE = file_835(LINES, amount="98.50", tail="PLB*1234567893*20261231*WO:REF1*1.50*72*-0~")


def test_a_claim_is_read_with_its_lines_adjustments_and_remarks():
    _, (claim,), warnings = claims_of_835(FILE)

    assert warnings == []
    assert (claim.number, claim.status_code, claim.control_number) == ("C1", "1", "P1")
    assert (claim.charge, claim.paid, claim.patient) == (150, 100, 30)
    assert claim.reductions == (Reduction("CO", "45", Decimal(5)),)
    assert claim.remark_codes == ("MA01", "MA02")
    assert claim.service_date == date(2026, 1, 5)
    assert claim.allowed == 140
    visit, room = claim.lines
    assert (visit.code, visit.modifiers, visit.charge, visit.paid) == ("99213", "25", 100, 70)
    assert visit.control_number == "L1"
    assert visit.remark_codes == ("N130",)
    assert visit.reductions == (
        Reduction("PR", "1", Decimal(20)),
        Reduction("PR", "2", Decimal(5)),
        Reduction("CO", "45", Decimal(5)),
    )
    assert (room.code, room.revenue_code, room.units) == ("", "0450", 2)


def test_balances_are_exact_at_line_and_claim():
    _, (claim,), _ = claims_of_835(FILE)
    assert [line.difference for line in claim.lines] == [0, 5]
    assert claim.difference == 5
    assert not claim.is_apart_from_lines  # lines paid 105, less 5 taken at the claim: 100
    assert claims_of_835(FILE.replace("*150*100*", "*149*100*"))[1][0].is_apart_from_lines


def test_header_and_provider_adjustments_are_read():
    reader, _, _ = claims_of_835(FILE)
    header = reader.header
    assert (header.trace_number, header.amount, header.method) == ("EFT1", Decimal("98.50"), "ACH")
    assert (header.payer.name, header.payee.npi) == ("AETNA", "1234567893")
    assert [(a.reason, a.reference, a.amount) for a in reader.adjustments] == [
        ("WO", "REF1", Decimal("1.50")),
        ("72", "", Decimal(0)),
    ]


@pytest.mark.parametrize(
    ("old", "new", "paid_on", "assumed"),
    [
        ("", "", date(2026, 2, 1), False),
        ("*20260201~", "~", date(2026, 1, 31), False),
        ("*20260201~", "*20260230~", date(2026, 1, 31), False),
        ("*20260201~", "*20990201~", date(2026, 1, 31), False),
        ("*20260201~TRN*1*EFT1*1999999999~DTM*405*20260131~", "~", date(2026, 1, 5), True),
    ],
)
def test_the_decision_is_dated_by_bpr16_else_dtm405_else_gs04(old, new, paid_on, assumed):
    reader, _, warnings = claims_of_835(FILE.replace(old, new))
    assert (reader.header.paid_on, reader.header.paid_on_assumed) == (paid_on, assumed)
    assert any("GS04 stands in" in text for text in warnings) == assumed


def digest(text: str) -> str:
    return claims_of_835(text)[0].digest


def test_the_digest_tells_content_apart_and_nothing_else():
    same = [
        FILE.replace("~", "~\r\n"),
        FILE.replace("*", "|").replace(":", ">"),
        FILE.replace("ST*835*0001", "ST*835*7").replace("*0001~GE", "*7~GE"),
        FILE.replace("000000001", "000000009"),
        FILE.replace("CLP*C1*", "CLP* C1 *").replace("LX*1~", "LX*1**~"),
    ]
    assert {digest(text) for text in (FILE, *same)} == {digest(FILE)}
    assert digest(FILE.replace("*70*", "*71*")) != digest(FILE)
    assert digest(FILE.replace("EFT1", "EFT2")) != digest(FILE)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("*150*100*", "*15O*100*", "CLP03"),
        ("*150*100*", "*150*1e2*", "CLP04"),
        ("*150*100*", "*150*NaN*", "CLP04"),
        ("*150*100*", "*150*1,00*", "CLP04"),
        ("*150*100*", "*150*100.005*", "CLP04"),
        ("*150*100*", "*150*99999999999*", "CLP04"),
        ("*150*100*", "*150**", "CLP04"),
        ("*150*100*", "**100*", "CLP03"),
        ("CAS*PR*3*10~", "CAS*PR*3*ten~", "CAS03"),
        ("SVC*NU:0450*50*35", "SVC*NU:0450*x*35", "SVC02"),
        ("BPR*I*98.50", "BPR*I*98,50", "BPR02"),
        ("WO:REF1*1.50", "WO:REF1*1.5O", "PLB04"),
        ("CLP*C1*", f"CLP*{'C' * 61}*", "CLP01"),
        ("CAS*PR*3*10~", "CAS*PRX*3*10~", "CAS01"),
        ("LX*1~", "LX*1~CAS*CO*45*1~", "CAS"),
    ],
)
def test_what_could_make_a_wrong_cent_spoils_the_set_and_names_its_segment(old, new, field):
    with pytest.raises(DamagedError) as error:
        claims_of_835(FILE.replace(old, new))
    assert error.value.field == field
    assert error.value.segment >= 4


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("CAS*PR*3*10~", "CAS*XX*3*10~", "unknown adjustment group 'XX'"),
        ("CAS*PR*3*10~", "CAS*PR**10~", "an adjustment names no reason: kept under the reason ?"),
        ("N1*PR*AETNA~", "", "no payer is named (N1*PR)"),
        ("CLP*C1*1", "CLP**1", "a claim has no number (CLP01)"),
        ("*50*35**2", "*50***2", "SVC03 is missing: read as 0.00"),
    ],
)
def test_what_loses_no_money_is_read_with_a_warning(old, new, warning):
    assert warning in claims_of_835(FILE.replace(old, new))[2]


def test_a_missing_payment_is_zero_only_where_the_claim_then_balances():
    _, (claim,), warnings = claims_of_835(file_835("CLP*C1*4*100***12*P1~CAS*CO*29*100~"))
    assert claim.paid == 0
    assert warnings == ["CLP04 is missing: 0.00 balances the claim"]


def test_a_claim_number_of_fifty_characters_is_kept():
    _, (claim,), _ = claims_of_835(FILE.replace("CLP*C1*", f"CLP*{'7' * 50}*"))
    assert claim.number == "7" * 50


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20260105", date(2026, 1, 5)),
        ("20260105-20260107", date(2026, 1, 5)),
        ("202601051230", date(2026, 1, 5)),
        ("260105", date(2026, 1, 5)),
        ("990105", date(1999, 1, 5)),
        ("20260230", None),
        ("99990101", None),
        ("x", None),
        ("", None),
    ],
)
def test_dates_are_read_or_left_out(text, found):
    assert day(text) == found


@pytest.mark.parametrize("name", real_files("x12_835"))
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_mutated_real_file_is_read_or_refused_and_money_adds_up(name, data):
    text = real_path(name).read_text("latin-1")
    at = data.draw(st.integers(110, len(text) - 1))
    length = data.draw(st.integers(0, 30))
    new = data.draw(st.text(alphabet="*~:0123456789.-ACLPSVR", max_size=8))
    try:
        reader, claims, _ = claims_of_835(text[:at] + new + text[at + length :])
    except (DamagedError, AssertionError):
        return
    for claim in claims:
        reduced = sum((r.amount for r in claim.reductions), Decimal(0))
        reduced += sum(r.amount for line in claim.lines for r in line.reductions)
        assert claim.charge == claim.paid + reduced + claim.difference
    assert isinstance(reader.header.amount, Decimal)
