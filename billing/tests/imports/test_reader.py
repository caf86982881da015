"""The reader: every row comes out once, whatever is wrong with some of them."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.imports.errors import FileRefusedError
from billing.imports.reader import MAX_LENGTH, MAX_LINES, Line, examine, read_header, read_lines

pytestmark = pytest.mark.engine_free


def read(path: Path) -> list[Line]:
    source = examine(path)
    header, delimiter = read_header(source)
    return list(read_lines(source, width=len(header), delimiter=delimiter))


def cells(path: Path) -> list[list[str]]:
    return [line.cells for line in read(path) if not line.problem]


def problems(path: Path) -> list[tuple[int, str]]:
    return [(line.number, line.problem) for line in read(path) if line.problem]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found_out(write, delimiter, end):
    path = write(end.join(["a,b", "1,2", "3,4", ""]).replace(",", delimiter))

    assert cells(path) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(write, bom):
    path = write(bom + "name,b\nZoë,2\n".encode())

    assert read_header(examine(path))[0] == ["name", "b"]
    assert cells(path) == [["Zoë", "2"]]


def test_what_is_not_utf_8_is_read_as_latin_1(write):
    path = write("name,b\nZoë,2\n".encode("latin-1"))

    assert examine(path).encoding == "latin-1"
    assert cells(path) == [["Zoë", "2"]]


def test_an_accent_cut_by_a_block_border_is_still_utf_8(write, monkeypatch):
    monkeypatch.setattr("billing.imports.reader.BLOCK", 1)

    assert examine(write("name,b\nZoë,2\n")).encoding == "utf-8-sig"


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(write):
    path = write('a,b\n"1,5","say ""hi"""\n"two\nlines",x\n3,5" pipe\n')

    assert cells(path) == [["1,5", 'say "hi"'], ["two\nlines", "x"], ["3", '5" pipe']]
    assert [line.number for line in read(path)] == [2, 3, 5]


def test_a_quote_that_is_not_closed_spoils_its_own_line_only(write):
    rows = "".join(f"{n},x\n" for n in range(MAX_LINES + 5))
    path = write(f'a,b\n"open,1\n{rows}')

    assert problems(path)[0][0] == 2
    assert "a quote is opened" in problems(path)[0][1]
    assert len(cells(path)) == MAX_LINES + 5


def test_an_open_quote_at_the_end_says_that_the_file_is_cut_short(write):
    assert problems(write('a,b\n1,2\n3,"cut'))[0][1].startswith("The file is cut short")


def test_a_last_line_that_is_cut_short_is_named(write):
    found = problems(write("a,b,c\n1,2,3\n4,5"))

    assert found == [
        (3, "The file is cut short in its last line: The row has 2 of 3 cells. Export it again.")
    ]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("a,b\nNúñez,Jos".encode() + "é".encode()[:1], "utf-8-sig"),  # cut within a character
        ("a,b\nReyes,José".encode("latin-1"), "latin-1"),
        ("a,b\nNúñez,José".encode("latin-1"), "latin-1"),
        ("a,b\nNúñez,José".encode(), "utf-8-sig"),
    ],
)
def test_the_encoding_is_found_also_where_the_last_character_is_cut(write, content, encoding):
    source = examine(write(content))

    assert source.encoding == encoding
    assert len(list(read_lines(source, width=2, delimiter=","))) == 1


def test_ragged_rows_are_named_and_blank_cells_too_many_forgiven(write):
    path = write("a,b\n1\n1,2,3\n1,2,,\n\n5,6\n")

    assert problems(path) == [
        (2, "The row has 1 of 2 cells."),
        (3, "The row has 3 cells where the header has 2."),
    ]
    assert cells(path) == [["1", "2"], ["5", "6"]]


def test_nul_bytes_spoil_their_line_only(write):
    path = write(b'a,b\n1,\x002\n3,4\n"5\n\x00",6\n')

    assert [number for number, _ in problems(path)] == [2, 4]
    assert cells(path) == [["3", "4"]]


def test_an_absurdly_long_line_is_cut_and_the_next_ones_are_read(write):
    path = write(f"a,b\n{'x' * 3 * MAX_LENGTH},1\n3,4\n")

    assert problems(path) == [(2, f"The line is longer than {MAX_LENGTH:,} characters.")]
    assert len(read(path)[0].raw) == 4_000
    assert cells(path) == [["3", "4"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        (b"ISA*00*", "X12"),
        (b"a,b,a\n", "column 'a' twice"),
        (b"Paid On,b,paid_on\n", "column 'Paid On' twice"),
        (b'a,"b\n', "quote out of place"),
        (b"a\x00,b\n", "does not begin with a header line"),
    ],
)
def test_what_is_no_csv_is_refused_in_words(write, content, words):
    with pytest.raises(FileRefusedError, match=words):
        read_header(examine(write(content)))


@given(st.text(alphabet='ab",;\t\n\r\x00é \U0001f600', max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_read_to_its_end_without_an_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "x.csv"
    path.write_bytes(b"a,b\n" + text.encode())

    lines = read(path)

    assert all(len(line.cells) == 2 for line in lines if not line.problem)
    assert [line.number for line in lines] == sorted({line.number for line in lines})
    kept = sum(c in "ab" for line in lines for cell in line.cells for c in cell)
    raw = sum(c in "ab" for line in lines for c in line.raw)
    assert raw == sum(c in "ab" for c in text), "nothing may be lost silently"
    assert kept <= raw
