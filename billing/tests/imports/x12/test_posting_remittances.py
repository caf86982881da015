"""What an 835 does to the claims: matched, judged, reversed, kept apart, never twice."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing import matching
from billing.imports.x12.run import Request, import_x12
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Claim,
    ImportBatch,
    Payer,
    Practice,
    ProviderAdjustment,
    ReasonCode,
    Remittance,
)
from billing.posting import differing
from billing.tests.builders import make_claim
from billing.tests.imports.x12.conftest import file_835, file_837, interchange, remittance

pytestmark = pytest.mark.django_db
State = Remittance.State


@pytest.fixture
def load(tmp_path: Path):
    """Imports these texts, each as a file."""

    def run(*texts: str, **options):
        paths = []
        for text in texts:
            path = tmp_path / f"file{len(list(tmp_path.iterdir()))}.835"
            path.write_text(text)
            paths.append(path)
        return import_x12(Request(paths, **options))

    return run


PAID = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
DENIED = "CLP*C1*4*100*0**12*P1~CAS*CO*197*100~"
SENT = (
    "CLM*C1*100***11:B:1~LX*1~SV1*HC:99213:25*60*UN*1~DTP*472*D8*20260105~REF*6R*L1~"
    "LX*2~SV1*HC:87070*40*UN*1~DTP*472*D8*20260105~"
)


def claim(number: str = "C1") -> Claim:
    return Claim.objects.get(number=number)


def test_a_decision_finds_its_claim_by_number_and_settles_it(load):
    make_claim(number="C1", billed="100.00")
    report = load(file_835(PAID, amount="80"))
    assert report.status == 0
    found = claim()
    assert (found.status, found.paid, found.patient_responsibility) == ("paid", 80, 20)
    assert found.first_decided_on == date(2026, 2, 1)
    assert found.payer_control_number == "P1"
    assert Adjudication.objects.get().matched_by == "number"
    assert differing([found.pk]) == []


def test_a_denial_stands_with_its_reason(load):
    make_claim(number="C1", billed="100.00")
    load(file_835(DENIED))
    found = claim()
    assert (found.status, found.first_outcome, found.balance) == ("denied", "denied", 100)
    assert (found.main_group, found.main_reason_id) == ("CO", "197")


def test_the_payers_number_finds_the_one_claim_that_has_it(load):
    make_claim(number="C1", billed="100.00")
    load(file_835(PAID, amount="80"))
    load(file_835("CLP*SHORT*1*100*5**12*P1~", amount="5", trace="EFT2"))
    second = Adjudication.objects.get(claim_number="SHORT")
    assert (second.claim, second.matched_by) == (claim(), "control-number")


def test_a_number_of_another_practice_matches_nothing(load):
    make_claim(number="C1", billed="100.00", practice="Elsewhere")
    Practice.objects.create(name="Harbor Clinic", npi="1234567893")
    load(file_835(PAID, amount="80"))
    assert Adjudication.objects.get().claim is None
    assert claim().status == "pending"


def test_what_matches_nothing_waits_and_finds_its_claim_when_that_is_sent(load):
    load(file_835(PAID, amount="80"))
    waiting = Adjudication.objects.get()
    assert waiting.claim is None
    assert list(matching.waiting(waiting.practice_id)) == [waiting]

    load(file_837(SENT))

    assert Adjudication.objects.get().claim == claim()
    assert claim().status == "paid"


def test_a_person_links_a_waiting_decision(load):
    load(file_835(PAID.replace("C1", "c-1"), amount="80"))
    decision = Adjudication.objects.get()
    found = make_claim(number="C1", billed="100.00", practice=decision.practice.name)
    matching.link(decision, found)
    found.refresh_from_db()
    assert (found.status, Adjudication.objects.get().matched_by) == ("paid", "person")


def test_a_decision_kept_aside_stays_aside(load):
    load(file_835(PAID, amount="80"))
    Adjudication.objects.update(is_kept_aside=True)
    load(file_837(SENT))
    assert Adjudication.objects.get().claim is None


def test_claims_are_made_from_remittances_where_that_is_asked_for(load):
    report = load(
        file_835(PAID, "CLP*0*1*5*5~", "CLP*C2*4*50*0~CAS*CO*29*50~", amount="85"),
        create_claims=True,
    )
    assert report.totals["created"] == 3
    assert sorted(Claim.objects.values_list("number", flat=True)) == ["C1", "C2"]
    made = claim("C2")
    assert made.is_from_remittance
    assert (made.submitted_on, made.billed, made.payer.name) == (None, 50, "AETNA")
    assert (made.status, made.balance) == ("denied", 50)
    assert not Claim.objects.filter(submitted_on__isnull=False).exists()


def test_asking_later_makes_the_claims_of_a_known_remittance(load):
    text = file_835(PAID, amount="80")
    load(text)
    report = load(text, create_claims=True)
    assert (report.totals["updated"], claim().status) == (1, "paid")
    assert load(text, create_claims=True).totals["unchanged"] == 1


def test_a_claim_made_from_a_remittance_becomes_a_real_one_when_it_is_sent(load):
    load(file_835(PAID, amount="80"), create_claims=True)
    load(file_837(SENT))
    found = claim()
    assert not found.is_from_remittance
    assert (found.submitted_on, found.paid) == (date(2026, 1, 7), 80)
    assert found.lines.count() == 2


REVERSED = "CLP*C1*22*-100*-80**12*P1~CAS*PR*2*-20~"
CORRECTED = "CLP*C1*1*100*90*10*12*P1~CAS*PR*2*10~"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_a_reversal_nets_out_in_any_order_of_files(load, order):
    make_claim(number="C1", billed="100.00")
    files = [
        file_835(PAID, amount="80", trace="T1"),
        file_835(REVERSED, amount="-80", trace="T2"),
        file_835(CORRECTED, amount="90", trace="T3"),
    ]
    for position in order:
        load(files[position])
    found = claim()
    assert (found.paid, found.patient_responsibility, found.status) == (90, 10, "paid")
    assert Adjudication.objects.count() == 3


def test_reversal_and_correction_in_one_file_net_out(load):
    make_claim(number="C1", billed="100.00")
    load(file_835(REVERSED, CORRECTED, PAID, amount="90"))
    assert claim().paid == 90


def test_the_same_remittance_in_another_file_changes_nothing(load):
    make_claim(number="C1", billed="100.00")
    text = file_835(PAID, amount="80")
    load(text)
    again = text.replace("~", "~\r\n").replace("*0001", "*0777").replace("000000001", "000000055")
    report = load(again.replace("*", "|"))
    assert (report.totals["unchanged"], report.totals["created"]) == (1, 0)
    assert (Remittance.objects.count(), claim().paid) == (1, 80)


def test_twice_in_one_file_counts_once(load):
    make_claim(number="C1", billed="100.00")
    report = load(interchange(*(remittance(PAID, amount="80", control=c) for c in ("1", "2"))))
    assert (report.totals["created"], report.totals["unchanged"]) == (1, 1)
    assert claim().paid == 80


@pytest.mark.parametrize("is_backwards", [False, True])
def test_another_content_for_the_same_payment_waits_for_a_person(load, is_backwards):
    make_claim(number="C1", billed="100.00")
    files = [
        file_835(PAID, amount="80"),
        file_835(PAID.replace("CAS*PR*2*20", "CAS*CO*45*20"), amount="80"),
    ]
    for text in reversed(files) if is_backwards else files:
        load(text)
    counted = Remittance.objects.get(state=State.POSTED)
    waiting = Remittance.objects.get(state=State.POSSIBLE_DUPLICATE)
    assert counted.digest < waiting.digest
    assert claim().paid == 80
    assert waiting.adjudications.get().claim is None
    assert not matching.waiting(waiting.practice_id).exists()


def test_once_a_person_has_decided_the_next_one_only_waits(load):
    make_claim(number="C1", billed="100.00")
    load(file_835(PAID, amount="80"))
    Remittance.objects.update(is_decided=True)
    load(file_835(PAID.replace("CAS*PR*2*20", "CAS*CO*45*20"), amount="80"))
    load(file_835(PAID.replace("CAS*PR*2*20", "CAS*CO*97*20"), amount="80"))
    states = list(Remittance.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["posted", "possible-duplicate", "possible-duplicate"]


def test_a_claim_that_only_a_displaced_remittance_had_made_goes_with_it(load):
    first = file_835(PAID.replace("C1", "OLD"), amount="80")
    second = file_835(PAID.replace("C1", "NEW"), amount="80")
    load(first, second, create_claims=True)
    kept = Adjudication.objects.get(claim__isnull=False)
    assert list(Claim.objects.values_list("number", flat=True)) == [kept.claim_number]


# Lines


def lines_of(load, *segments: str) -> list[tuple[str, str, str]]:
    load(file_837(SENT))
    load(file_835("CLP*C1*1*100*80**12*P1~", *segments, amount="80"))
    rows = AdjudicationLine.objects.order_by("pk").select_related("claim_line")
    return [
        (
            row.claim_line.procedure_id or "" if row.claim_line else "",
            row.matched_by,
            row.outcome,
        )
        for row in rows
    ]


def test_lines_match_by_control_number_before_their_code(load):
    found = lines_of(load, "SVC*HC:99999*60*60~REF*6R*L1~", "SVC*HC:87070*40*20~CAS*PR*1*20~")
    assert found == [("99213", "control-number", "paid"), ("87070", "code", "paid")]


def test_lines_match_by_code_and_modifiers_then_by_date_and_charge(load):
    found = lines_of(
        load,
        "SVC*HC:99213*60*60~DTM*472*20260105~",
        "SVC*HC:87070*40*20~CAS*PR*1*20~",
        "SVC*HC:12345*1*0~CAS*CO*45*1~",
    )
    assert found == [("99213", "charge", "paid"), ("87070", "code", "paid"), ("", "", "other")]


def test_a_code_that_the_payer_changed_matches_by_the_one_that_was_billed(load):
    found = lines_of(load, "SVC*HC:99212*60*60**1*HC:99213:25~", "SVC*HC:87070*40*20~")
    assert [(code, by) for code, by, _ in found] == [("99213", "code"), ("87070", "code")]


def test_no_billed_line_is_taken_twice():
    billed = [
        matching.BilledLine(n, "", "99213", "", "", charge=Decimal(10), service_date=None)
        for n in (1, 2)
    ]
    decided = [AdjudicationLine(procedure_id="99213", charge=Decimal(10)) for _ in range(3)]
    found = matching.match_lines(decided, billed)
    assert [match and match[0].pk for match in found] == [1, 2, None]


def test_lines_find_their_match_when_the_claim_comes_after_the_remittance(load):
    load(file_835("CLP*C1*1*100*80**12*P1~SVC*HC:87070*40*20~", amount="80"))
    load(file_837(SENT))
    assert AdjudicationLine.objects.get().matched_by == "code"


def test_what_became_of_a_line_is_kept(load):
    found = lines_of(
        load,
        "SVC*HC:99213:25*60*0~CAS*CO*197*60~",
        "SVC*HC:87070*40*0~CAS*PR*204*40~",
        "SVC*HC:36415*9*5~CAS*CO*97*4~",
    )
    assert [outcome for *_, outcome in found] == ["denied", "patient non-covered", "reduced"]
    assert Adjudication.objects.get().outcome == "partially-denied"


# Money that does not add up


def test_an_imbalance_is_kept_with_its_difference_and_never_mended(load):
    report = load(
        file_835("CLP*C1*1*100*70~CAS*CO*45*20~", amount="65", tail="PLB*1*20261231*WO*5~")
    )
    decision, found = Adjudication.objects.get(), Remittance.objects.get()
    assert (decision.paid, decision.balance_difference) == (70, 10)
    assert (found.amount, found.balance_difference, found.unbalanced_claims) == (65, 0, 1)
    assert ProviderAdjustment.objects.get().amount == 5
    notes = report.files[0].notes
    assert "claims that do not balance: charge less adjustments is not what was paid" in notes


def test_a_payment_that_is_off_says_by_how_much(load):
    report = load(file_835(PAID, amount="81.50"))
    assert Remittance.objects.get().balance_difference == Decimal("1.50")
    assert (
        "ST 0001: BPR02 is off its claims and provider adjustments by 1.50" in report.files[0].notes
    )


def test_remarks_and_unknown_codes_are_kept_and_listed(load):
    make_claim(number="C1", billed="100.00")
    report = load(
        file_835(
            "CLP*C1*4*100*0~MOA***MA01~SVC*HC:99213*100*0~CAS*CO*Q99*100~LQ*HE*N130~LQ*HE*N131~"
        )
    )
    adjustment = Adjustment.objects.get()
    assert (adjustment.remark_codes, adjustment.reason_id) == ("N130 N131", "Q99")
    assert Adjudication.objects.get().remark_codes == "MA01"
    assert ReasonCode.objects.get(code="Q99").is_unknown
    assert claim().balance == 100
    assert "codes that the reason table lacks: they count as denials" in report.files[0].notes


def test_a_broken_set_is_rejected_whole_and_its_neighbour_loads(load):
    make_claim(number="C1", billed="100.00")
    broken = remittance("CLP*C9*1*10*10~", "CLP*C8*1*1O*10~", amount="20", control="0001")
    report = load(interchange(broken, remittance(PAID, amount="80", control="0002")))
    (rejection,) = report.files[0].rejections
    assert report.status == 1
    assert (rejection.line, rejection.field) == (11, "CLP03")
    assert rejection.reason == "ST 0001 is not loaded: CLP03 is not an amount."
    assert Adjudication.objects.count() == 1
    batch = ImportBatch.objects.get()
    assert (batch.read, batch.created, batch.rejected, batch.state) == (2, 1, 1, "finished")
    assert batch.rejections.get().line == 11


def test_strict_loads_all_or_nothing(load):
    broken = remittance("CLP*C8*1*1O*10~", control="0001")
    text = interchange(broken, remittance(PAID, amount="80", control="0002"))
    report = load(text, is_strict=True)
    assert (report.status, Adjudication.objects.count()) == (2, 0)
    assert report.files[0].held_back == 1


# Parties


def test_the_practice_is_found_by_the_payees_npi(load):
    Practice.objects.create(name="Other")
    harbor = Practice.objects.create(name="Harbor", npi="1234567893")
    load(file_835(PAID, amount="80"))
    assert Remittance.objects.get().practice == harbor


def test_a_practice_that_is_not_meant_gets_nothing(load):
    Practice.objects.create(name="Other")
    Practice.objects.create(name="Harbor", npi="1234567893")
    report = load(file_835(PAID, amount="80"), practice="Other")
    assert (report.status, Remittance.objects.count()) == (2, 0)
    assert "another practice than Other" in report.files[0].refused


def test_with_several_practices_and_no_number_nothing_is_guessed(load):
    Practice.objects.create(name="One")
    Practice.objects.create(name="Two")
    report = load(file_835(PAID, amount="80"))
    assert (report.status, Remittance.objects.count()) == (2, 0)
    assert "no practice has its NPI" in report.files[0].refused


def test_a_payer_that_a_person_renamed_stays_the_same_payer(load):
    load(file_835(PAID, amount="80"))
    Payer.objects.filter(name="AETNA").update(name="Aetna Better Health")
    load(file_835(PAID, amount="80", trace="T2"))
    assert set(Remittance.objects.values_list("payer__name", flat=True)) == {"Aetna Better Health"}
