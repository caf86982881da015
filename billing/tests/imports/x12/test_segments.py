"""Segments come whole and counted, whatever the lines and delimiters of the file."""

import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.imports.x12.faults import DamagedError
from billing.imports.x12.segments import Segment, read_segments
from billing.imports.x12.source import examine
from billing.tests.imports.x12.conftest import (
    ISA,
    file_835,
    real_files,
    real_path,
    truth,
    walk,
)

pytestmark = pytest.mark.engine_free

CLAIM = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
FILE = file_835(CLAIM, amount="80")
NAMES = [s.split("*")[0] for s in FILE.split("~")[:-1]]


def read(text: str) -> tuple[list[Segment], list[str]]:
    warnings: list[str] = []
    return list(read_segments(io.StringIO(text, newline=""), warnings)), warnings


@pytest.mark.parametrize(
    "text",
    [
        FILE,
        "\N{ZERO WIDTH NO-BREAK SPACE}" + FILE,
        FILE.replace("~", "~\n"),
        FILE.replace("~", "~\r\n"),
        FILE.replace("~", "\n"),
        FILE.replace("~", "\r\n"),
        FILE.replace("~", "\r"),
        FILE.replace("~", "~\n\n   \n  "),
        "\n\n" + FILE.replace("~", "~~"),
        FILE.replace("*", "|").replace(":", ">"),
        FILE.translate(str.maketrans("*~:^", "\x1d\x1c\x1f\x1e")),
        FILE.rstrip("~"),
        FILE + "\x1a",
    ],
    ids=[
        "one line",
        "byte order mark",
        "lines",
        "CRLF",
        "newline ends",
        "CRLF ends",
        "CR ends",
        "indented with blank lines",
        "empty segments",
        "other delimiters",
        "control characters",
        "no last terminator",
        "end of file mark",
    ],
)
def test_the_same_segments_are_read_however_the_file_is_laid_out(text):
    segments, _ = read(text)
    assert [s.name for s in segments] == NAMES
    assert [s.number for s in segments] == list(range(1, len(NAMES) + 1))
    assert segments[9].get(1) == "C1"


def test_a_file_that_is_wrapped_at_eighty_columns_is_read_in_one_piece():
    wrapped = "\n".join(FILE[start : start + 80] for start in range(0, len(FILE), 80))
    segments, _ = read(wrapped)
    assert [s.text for s in segments] == [s.text for s in read(FILE)[0]]


def test_a_second_interchange_brings_its_own_delimiters():
    other = FILE.replace("*", "|").replace(":", ">").replace("~", "\n")
    envelope, sets = walk(FILE + "\n" + other)
    assert [s[-1].text for s in sets] == ["CAS*PR*2*20", "CAS|PR|2|20"]
    assert [d["element"] for d in envelope.outline.delimiters] == ["*", "|"]
    assert envelope.outline.faults == []


def test_a_second_interchange_is_found_though_the_first_lacks_its_last_terminator():
    envelope, sets = walk(FILE.rstrip("~") + "\n" + FILE)
    assert (envelope.outline.interchanges, len(sets)) == (2, 2)
    assert envelope.outline.faults == ["no terminator after the last segment (IEA)"]


def test_a_terminator_missing_before_a_claim_is_no_wrapped_line():
    segments, _ = read(FILE.replace("LX*1~CLP", "LX*1\nCLP"))
    assert [s.damage[:33] for s in segments if s.damage] == ["A terminator is missing before CL"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("hello", "no interchange header"),
        (FILE[106:], "no interchange header"),
        ("ISA*00*~GS*HP~" + FILE[200:], "too short or damaged"),
        (ISA.replace("*:~", "**~") + FILE[106:], "too short or damaged"),
        (ISA.replace("*:~", "*:A") + FILE[106:], "too short or damaged"),
        (FILE[:106] + "x" * 300_000, "No segment ends"),
    ],
)
def test_a_file_without_a_readable_header_is_refused_with_the_reason(text, reason):
    with pytest.raises(DamagedError, match=reason):
        read(text)


def test_a_header_that_is_not_106_wide_is_read_with_a_warning():
    segments, warnings = read(FILE.replace("PAYER          ", "PAYER"))
    assert [s.name for s in segments] == NAMES
    assert warnings == ["ISA is not 106 characters wide"]


def test_what_stands_before_the_header_is_named():
    segments, warnings = read("Content-Type: text\n\n" + FILE)
    assert (len(segments), warnings) == (len(NAMES), ["junk before ISA"])


@pytest.mark.parametrize("name", real_files("x12_835", "x12_837p", "x12_837i", "x12_other"))
def test_a_real_file_has_as_many_segments_as_a_bare_split(name):
    delimiters = truth(name)["delimiters"][0]
    if truth(name)["interchanges"] == 0:
        pytest.skip("starts without ISA")
    source = examine(real_path(name))
    with source.open() as file:
        text = file.read()
    with source.open() as file:
        found = sum(1 for _ in read_segments(file, []))
    assert found == sum(1 for part in text.split(delimiters["segment"]) if part.strip())


@given(st.text(alphabet="ISAGSTCLP*~:\n 1A^", max_size=400), st.integers(0, 400))
def test_no_text_makes_the_reader_hang_or_break(text, cut):
    for content in (text, FILE[:cut] + text, FILE[:cut]):
        with suppress(DamagedError):
            walk(content)


def test_memory_stays_flat():
    line = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~\n"

    class Endless(io.StringIO):
        left = 2_000

        def read(self, size: int | None = -1) -> str:
            self.left -= 1
            return FILE[: FILE.index("CLP")] if self.left == 1_999 else line * 50 * (self.left > 0)

    tracemalloc.start()
    count = sum(1 for _ in read_segments(Endless(), []))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 190_000
    assert peak < 3_000_000
