"""Counts and control numbers that are wrong are named with their figures and stop nothing."""

import io

import pytest

from billing.imports.x12.envelope import Envelope
from billing.imports.x12.faults import DamagedError
from billing.imports.x12.kinds import Kind, RefusedError, kind_of
from billing.tests.imports.x12.conftest import (
    GS,
    GS_837,
    ISA,
    file_835,
    interchange,
    real_files,
    real_path,
    remittance,
    submission,
    transaction_set,
    truth,
    walk,
)

pytestmark = pytest.mark.engine_free

CLAIM = "CLP*C1*1*100*80*20*12*P1~"
FILE = file_835(CLAIM)


def faults(text: str) -> list[str]:
    return walk(text)[0].outline.faults


def test_a_right_envelope_has_no_faults():
    assert faults(FILE) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("SE*9*0001", "SE*99*0001", "SE01 99 but 9 segments (ST 0001)"),
        ("SE*9*0001", "SE*9*0002", "SE02 0002 != ST02 0001"),
        ("GE*1*1", "GE*2*1", "GE01 2 but 1 sets"),
        ("GE*1*1", "GE*1*7", "GE02 7 != GS06 1"),
        ("IEA*1*", "IEA*3*", "IEA01 3 but 1 groups"),
        ("IEA*1*000000001", "IEA*1*000000002", "IEA02 000000002 != ISA13 000000001"),
        ("SE*9*0001~", "SE*9*0001~SE*9*0001~", "SE without ST"),
        ("IEA*1*000000001~", "", "no IEA"),
        ("GE*1*1~", "", "GS not closed by GE"),
        ("GE*1*1~", "GE*1*1~XX*1~", "segment 'XX' outside any set"),
        (GS, "", "ST 0001 outside GS"),
        ("GE*1*1~IEA*1*000000001~", "", "no IEA"),
    ],
)
def test_a_fault_is_named_with_its_figures(old, new, fault):
    assert fault in faults(FILE.replace(old, new))


@pytest.mark.parametrize("cut", range(FILE.index("CLP"), FILE.index("SE*9*0001") + 9))
def test_a_set_that_is_cut_anywhere_is_never_whole(cut):
    with pytest.raises(DamagedError, match="ends in the middle"):
        walk(FILE[:cut])


def test_a_set_without_se_is_not_whole_and_the_next_one_is():
    text = interchange(remittance(CLAIM).rsplit("SE*", 1)[0], remittance(CLAIM, control="0002"))
    envelope = Envelope(io.StringIO(text))
    found: list[object] = []
    for one in envelope.transaction_sets():
        try:
            found.append(len(list(envelope.body(one))))
        except DamagedError as error:
            found.append(str(error)[:32])
    assert found == ["This transaction set has no SE: ", 7]
    assert envelope.outline.faults == ["ST 0001 not closed by SE"]


def test_a_reader_that_gives_up_on_one_set_still_gets_the_next():
    envelope = Envelope(io.StringIO(interchange(remittance(CLAIM), remittance(CLAIM, control="2"))))
    controls = []
    for found in envelope.transaction_sets():
        next(iter(envelope.body(found)))
        controls.append(found.control)
    assert controls == ["0001", "2"]
    assert envelope.outline.faults == []


def kind(text: str) -> tuple[str, list[str]]:
    warnings: list[str] = []
    found = next(Envelope(io.StringIO(text)).transaction_sets())
    return kind_of(found, warnings), warnings


def test_st03_says_what_an_837_is_and_gs08_where_it_is_missing():
    assert kind(interchange(submission(), group=GS_837))[0] == Kind.PROFESSIONAL
    hospital = GS_837.replace("X222A1", "X223A2")
    assert kind(interchange(transaction_set("837"), group=hospital))[0] == Kind.INSTITUTIONAL
    named, warnings = kind(interchange(submission(), group=hospital))
    assert named == Kind.PROFESSIONAL
    assert warnings == ["ST03 005010X222A1 and GS08 005010X223A2 disagree: ST03 counts"]


def test_an_old_version_is_read_with_a_warning_that_names_it():
    text = interchange(transaction_set("835"), group=GS.replace("005010X221A1", "004010X091A1"))
    assert kind(text) == (
        Kind.REMITTANCE,
        ["version 004010X091A1 is older than 005010: read as well as it goes"],
    )


@pytest.mark.parametrize(
    ("code", "version", "reason"),
    [
        ("999", "005010X231A1", "999 (implementation acknowledgment)"),
        ("277", "005010X212", "277 (claim status response)"),
        ("271", "005010X279A1", "271 (eligibility response)"),
        ("834", "005010X220A1", "834 (benefit enrolment)"),
        ("837", "005010X224A2", "837D (dental claim)"),
        ("837", "005010X221A1", "is the guide of an 835"),
        ("835", "005010X222A1", "is the guide of an 837P"),
        ("837", "005010", "does not say whether"),
        ("850", "004010", "'850'"),
    ],
)
def test_what_is_not_loaded_is_refused_by_name(code, version, reason):
    group = GS.replace("005010X221A1", version)
    with pytest.raises(RefusedError) as refused:
        kind(interchange(transaction_set(code), group=group))
    assert reason in str(refused.value)


@pytest.mark.parametrize("name", real_files("x12_835", "x12_837p", "x12_837i", "x12_other"))
def test_the_envelope_of_a_real_file_is_as_known(name):
    known = truth(name)
    if known["interchanges"] == 0:
        pytest.skip("starts without ISA")
    envelope, _ = walk(real_path(name).read_bytes().decode("utf-8-sig", "replace"))
    outline = envelope.outline
    assert outline.interchanges == known["interchanges"]
    assert outline.groups == known["groups"]
    assert dict(outline.sets) == known["sets"]
    assert outline.versions == known["versions"]
    assert outline.delimiters == known["delimiters"]
    assert outline.faults == known["envelope"]


def test_a_header_alone_is_an_empty_interchange():
    assert faults(ISA) == ["no IEA"]
