"""Rows of a CSV file, one at a time, whatever is wrong with some of them.

A damaged row never takes its neighbours along: a quote that is not closed within MAX_LINES lines
or MAX_LENGTH characters spoils the line it opens on, and reading goes on with the next one.
Memory holds one row, however large the file.
"""

import codecs
import csv
import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from billing.imports.errors import FileRefusedError

DELIMITERS = (",", ";", "\t")
BLOCK = 1 << 20
MAX_LENGTH = 1 << 16
MAX_LINES = 50
RAW_LENGTH = 4_000
NOT_TEXT = {
    b"PK\x03\x04": "is a spreadsheet or a ZIP archive, not CSV: save it as CSV (UTF-8) first",
    b"\x1f\x8b": "is compressed: unpack it first",
    b"\xff\xfe": "is UTF-16 text: save it as CSV (UTF-8) first",
    b"\xfe\xff": "is UTF-16 text: save it as CSV (UTF-8) first",
    b"%PDF": "is a PDF, not CSV",
    b"ISA*": "is an X12 file, not CSV: import_x12 loads it",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What one pass over the bytes of a file tells."""

    path: Path
    sha256: str
    size: int
    encoding: str
    ends_with_newline: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One record: its cells, or the `problem` that keeps it from having any.

    `number` is the line of the file on which it begins, from 1; `raw` is the text as read, cut
    to RAW_LENGTH; `offset` is how many bytes of the file have been read so far, about.
    """

    number: int
    raw: str
    cells: list[str]
    problem: str = ""
    offset: int = 0


def examine(path: Path) -> Source:
    """Digest a file and find its encoding in one pass; FileRefusedError where it is no text."""
    digest, size, last = hashlib.sha256(), 0, b""
    encoding = _Encoding()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                if size == 0:
                    _refuse_other_formats(block)
                digest.update(block)
                size += len(block)
                last = block[-1:]
                encoding.look(block)
    except OSError as error:
        raise FileRefusedError(f"cannot be read: {error.strerror or error}") from error
    return Source(
        path=path,
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding.name,
        ends_with_newline=last in (b"\n", b"\r"),
    )


def _refuse_other_formats(block: bytes) -> None:
    for magic, reason in NOT_TEXT.items():
        if block.startswith(magic):
            raise FileRefusedError(reason)


class _Encoding:
    """Finds out whether blocks of bytes are UTF-8, also where the file is cut in a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_possible, self._is_ascii = True, True

    def look(self, block: bytes) -> None:
        """Take the next block of the file."""
        if not self._is_possible:
            return
        try:
            self._is_ascii &= self._decoder.decode(block).isascii()
        except UnicodeDecodeError:
            self._is_possible = False

    @property
    def name(self) -> str:
        """utf-8-sig, or latin-1 where the bytes are no UTF-8.

        A file that ends within a character is UTF-8 if it has whole ones before.
        """
        is_cut = bool(self._decoder.getstate()[0])
        if self._is_possible and not (is_cut and self._is_ascii):
            return "utf-8-sig"
        return "latin-1"


def read_header(source: Source) -> tuple[list[str], str]:
    """The column names of a file, as written, and its delimiter.

    Raises FileRefusedError for an empty file, a header that cannot be read, or a name given twice.
    """
    with _open(source) as file:
        first = next((line for line in _physical(file) if line.text.strip()), None)
    if first is None:
        raise FileRefusedError("is empty: a header line and rows are expected")
    if first.is_too_long or "\0" in first.text:
        raise FileRefusedError("does not begin with a header line of column names")
    text = first.text.rstrip("\r\n")
    found = {d: _parse(text, d) for d in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: len(found[d][0]))
    cells = found[delimiter][0]
    if len(cells) < 2 and any(problem for _, problem in found.values()):
        raise FileRefusedError("has a header line with a quote out of place")
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = [column_name(name) for name in names]
    twice = [name for name in names if name and known.count(column_name(name)) > 1]
    if twice:
        raise FileRefusedError(
            f"has the column {twice[0]!r} twice in its header: rename one of them"
        )
    return names, delimiter


def column_name(name: str) -> str:
    """A column name without regard to case, spaces and hyphens."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def printable(path: Path | str) -> str:
    """A file's name as it can be shown and stored; bytes that are no text are escaped."""
    return str(path).encode(errors="backslashreplace").decode()


def read_lines(source: Source, *, width: int, delimiter: str) -> Iterator[Line]:
    """Every record after the header, blank lines left out; `width` is the number of columns."""
    with _open(source) as file:
        lines = _Lines(_physical(file))
        for header in lines:
            if header.text.strip():
                break
        for line in lines:
            if not line.text.strip():
                continue
            raw, cells, problem = _record(line, lines, delimiter)
            if not problem:
                problem = _shape(cells, width)
                if problem and len(cells) < width and lines.is_at_end:
                    problem = _cut_short(problem, source)
            elif lines.is_at_end and problem == OPEN_QUOTE:
                problem = f"The file is cut short: {OPEN_QUOTE}"
            yield Line(line.number, raw[:RAW_LENGTH], cells[:width], problem, file.buffer.tell())


OPEN_QUOTE = "a quote is opened here and not closed; close it, or double it inside a quoted cell."


@dataclass(frozen=True, slots=True)
class _Physical:
    """A line as it stands in the file, with its line end."""

    number: int
    text: str
    is_too_long: bool = False


class _Lines:
    """Physical lines that can be looked at before they are taken."""

    def __init__(self, lines: Iterator[_Physical]) -> None:
        self._lines = lines
        self._ahead: deque[_Physical] = deque()

    def __iter__(self) -> Iterator[_Physical]:
        return self

    def __next__(self) -> _Physical:
        return self._ahead.popleft() if self._ahead else next(self._lines)

    def peek(self, position: int) -> _Physical | None:
        """The line `position` places ahead, from 0; None past the end."""
        while len(self._ahead) <= position:
            line = next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[position]

    def skip(self, count: int) -> None:
        """Take that many of the lines looked at."""
        for _ in range(count):
            self._ahead.popleft()

    @property
    def is_at_end(self) -> bool:
        return self.peek(0) is None


def _open(source: Source) -> TextIO:
    return source.path.open(encoding=source.encoding, errors="replace", newline="")


def _physical(text: TextIO) -> Iterator[_Physical]:
    """The lines of a file, numbered; what is overlong is cut and marked."""
    number = 0
    while line := text.readline(MAX_LENGTH):
        number += 1
        is_too_long = len(line) == MAX_LENGTH and line[-1] not in "\r\n"
        rest = line if is_too_long else ""
        while rest and rest[-1] not in "\r\n":
            rest = text.readline(MAX_LENGTH)
        yield _Physical(number, line, is_too_long)


def _record(line: _Physical, lines: _Lines, delimiter: str) -> tuple[str, list[str], str]:
    """Raw text, cells and problem of the record that begins on `line`."""
    raw = line.text.rstrip("\r\n")
    if line.is_too_long:
        return raw, [], f"The line is longer than {MAX_LENGTH:,} characters."
    if "\0" in raw:
        return raw, [], "The line holds NUL bytes: the file is damaged; export it again."
    if '"' not in raw:
        return raw, raw.split(delimiter), ""
    text = line.text
    for position in range(MAX_LINES):
        cells, problem = _parse(text.rstrip("\r\n"), delimiter)
        if problem != OPEN_QUOTE:
            break
        following = lines.peek(position)
        if following is None or len(text) + len(following.text) > MAX_LENGTH:
            break
        text += following.text
    else:
        position = MAX_LINES
    if problem:
        return raw, [], problem
    lines.skip(position)
    if "\0" in text:
        return text, [], "The line holds NUL bytes: the file is damaged; export it again."
    return text.rstrip("\r\n"), cells, ""


def _parse(text: str, delimiter: str) -> tuple[list[str], str]:
    """The cells of one record with quotes, or what is wrong with them."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return [], OPEN_QUOTE
        return [], "A quote stands where none can: double the quotes inside a quoted cell."
    return (rows[0] if rows else []), ""


def _shape(cells: list[str], width: int) -> str:
    """What is wrong with the number of cells; blank ones past the last column are forgiven."""
    if len(cells) < width:
        return f"The row has {len(cells)} of {width} cells."
    if any(cell.strip() for cell in cells[width:]):
        return f"The row has {len(cells)} cells where the header has {width}."
    return ""


def _cut_short(problem: str, source: Source) -> str:
    if source.ends_with_newline:
        return problem
    return f"The file is cut short in its last line: {problem} Export it again."
