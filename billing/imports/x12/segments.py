"""Segments of an X12 file, one at a time; memory holds one block, however large the file.

The delimiters are those of the interchange header (ISA) at hand: the element separator follows
"ISA", the component separator is the first character of ISA16 and the segment terminator the
second. A second interchange may have others. Byte order mark, line ends, indentation, blank lines
and empty segments do not count; nothing else is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from billing.imports.x12.faults import DamagedError

BLOCK = 1 << 16
LONGEST = 1 << 17  # a segment this long has no end: the terminator is not the one of its ISA
HEADER = 106  # characters of an ISA with its terminator
HEADER_ELEMENTS = 16
SEARCHED = 1 << 16
# Not \s, which takes the control characters 1C to 1F, delimiters of many files, for blanks.
ISA = re.compile(r"(?:^|(?<=[^A-Za-z0-9 ])|(?<=[\r\n] ))ISA(?=[^A-Za-z0-9 \t\r\n\v\f])")
NEXT_HEADER = re.compile(r"[\r\n]\s*(ISA[^A-Za-z0-9 \t\r\n\v\f])")
BLANK = " \t\r\n\v\f\x1a\0\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The three characters that one interchange declares."""

    element: str
    component: str
    segment: str
    repetition: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """As the report of a file shows them."""
        return {
            "element": self.element,
            "component": self.component,
            "repetition": self.repetition,
            "segment": self.segment,
        }


class Segment:
    """One segment: `number` counts from 1 over the file, `elements[0]` is its name.

    `is_cut` says that the file ended before the terminator, `damage` why the segment cannot be
    one.
    """

    __slots__ = ("damage", "delimiters", "elements", "is_cut", "number", "offset", "text")

    def __init__(self, number: int, text: str, delimiters: Delimiters, *, offset: int = 0) -> None:
        self.number = number
        self.text = text
        self.delimiters = delimiters
        self.elements = text.split(delimiters.element)
        self.is_cut = False
        self.offset = offset
        self.damage = ""

    @property
    def name(self) -> str:
        """What kind of segment it is."""
        return self.elements[0].strip()

    def get(self, position: int) -> str:
        """The element of that position without blanks around it; empty where it is missing."""
        return self.elements[position].strip() if position < len(self.elements) else ""

    def parts(self, position: int) -> list[str]:
        """The components of an element."""
        return [part.strip() for part in self.get(position).split(self.delimiters.component)]


def read_segments(file: TextIO, warnings: list[str]) -> Iterator[Segment]:
    """Every segment of a file that is not empty.

    Raises DamagedError where no interchange header can be read. What is to be said of the file as
    a whole goes to `warnings` by the time that the iterator ends.
    """
    return _Reader(file, warnings).read()


class _Reader:
    def __init__(self, file: TextIO, warnings: list[str]) -> None:
        self._file, self._warnings = file, warnings
        self._text = ""
        self._read = 0
        self._is_at_end = False
        self._number = 0

    def read(self) -> Iterator[Segment]:
        self._find_header()
        delimiters = None
        while self._skip_blank():
            self._fill(4)
            if delimiters is None or _header_in(self._text[:4], "") == 0:
                delimiters, header = self._header()
                yield self._segment(header, delimiters)
            else:
                yield from self._until_header(delimiters)

    def _until_header(self, delimiters: Delimiters) -> Iterator[Segment]:
        """Segments of one interchange, up to the next header or the end of the file."""
        end = delimiters.segment
        while True:
            *complete, rest = self._text.split(end)
            self._text = rest
            for position, raw in enumerate(complete):
                text = raw.strip(BLANK)
                if not text:
                    continue
                header = _header_in(text, end)
                if header is not None:
                    self._text = end.join((text[header:], *complete[position + 1 :], rest))
                    yield from self._unended(text[:header], delimiters)
                    return
                yield self._checked(text, delimiters)
            rest = rest.lstrip(BLANK)
            header = _header_in(rest, end)
            if header is not None or self._is_at_end:
                self._text = rest[header:] if header is not None else ""
                yield from self._unended(rest[:header], delimiters)
                return
            if len(rest) > LONGEST:
                raise DamagedError(
                    f"No segment ends within {LONGEST:,} characters: the terminator is not the one "
                    "that the ISA declares.",
                    segment=self._number + 1,
                )
            self._text = rest
            self._fill(len(rest) + BLOCK)

    def _unended(self, text: str, delimiters: Delimiters) -> Iterator[Segment]:
        """The last segment of an interchange where its terminator is missing."""
        text = text.strip(BLANK)
        if text:
            found = self._checked(text, delimiters)
            found.is_cut = True
            yield found

    def _checked(self, text: str, delimiters: Delimiters) -> Segment:
        """A segment; one that was wrapped over lines in one piece.

        A line that begins like a segment that carries money or structure is no wrapped one: a
        terminator is missing, and what belongs where cannot be known.
        """
        if delimiters.segment in "\r\n" or not ("\n" in text or "\r" in text):
            return self._segment(text, delimiters)
        first, *others = re.split(r"[\r\n]+", text)
        names = (line.strip().split(delimiters.element, 1) for line in others)
        hidden = next((n[0] for n in names if len(n) > 1 and n[0] in STRUCTURE), "")
        found = self._segment("".join((first, *others)), delimiters)
        if hidden:
            found.damage = f"A terminator is missing before {hidden}: export the file again."
        return found

    def _segment(self, text: str, delimiters: Delimiters) -> Segment:
        self._number += 1
        return Segment(self._number, text, delimiters, offset=self._read - len(self._text))

    def _fill(self, length: int) -> None:
        """Read on until that many characters are at hand, or the file ends."""
        while len(self._text) < length and not self._is_at_end:
            block = self._file.read(BLOCK)
            self._is_at_end = not block
            self._read += len(block)
            self._text += block.replace("\0", "")  # PostgreSQL stores none

    def _skip_blank(self) -> bool:
        """Go to the next character that counts; False at the end of the file."""
        while True:
            self._text = self._text.lstrip(BLANK)
            if self._text or self._is_at_end:
                return bool(self._text)
            self._fill(BLOCK)

    def _find_header(self) -> None:
        """Go to the first ISA; what stands before it is named."""
        if not self._skip_blank():
            raise DamagedError("The file is empty.", segment=1)
        self._fill(SEARCHED)
        found = ISA.search(self._text)
        if found is None:
            raise DamagedError(
                "The file has no interchange header (ISA): it is no X12 file, or its beginning is "
                "missing.",
                segment=1,
            )
        if found.start():
            self._warnings.append("junk before ISA")
            self._text = self._text[found.start() :]

    def _header(self) -> tuple[Delimiters, str]:
        """Take an ISA off the text; raises DamagedError where its delimiters cannot be read."""
        self._fill(4 * HEADER)
        element = self._text[3]
        before = self._text[:HEADER].split(element, HEADER_ELEMENTS)[:HEADER_ELEMENTS]
        if any("\n" in part or "\r" in part for part in before):  # wrapped like the rest
            head = re.sub(r"[\r\n]+", "", self._text[: 2 * HEADER])
            self._text = head + self._text[2 * HEADER :]
        parts = self._text[: 4 * HEADER].split(element, HEADER_ELEMENTS + 1)
        last = parts[HEADER_ELEMENTS] if len(parts) > HEADER_ELEMENTS else ""
        is_readable = len(last) > 1 and len({element, *last[:2]}) == 3
        if (
            not is_readable
            or any(character.isalnum() for character in last[:2])
            or any(len(part) > 40 for part in parts[:HEADER_ELEMENTS])
        ):
            raise DamagedError(
                "The interchange header (ISA) is too short or damaged: its delimiters cannot be "
                "read.",
                segment=self._number + 1,
            )
        component, end = last[0], last[1]
        length = sum(len(part) + 1 for part in parts[:HEADER_ELEMENTS]) + 1
        if length != HEADER - 1:
            self._warnings.append("ISA is not 106 characters wide")
        header = self._text[:length]
        self._text = self._text[length + 1 :]
        if end == "\r" and self._text.startswith("\n"):
            end = "\n"
        repetition = parts[11].strip(BLANK)
        return (
            Delimiters(element, component, end, None if repetition.isalnum() else repetition),
            header,
        )


def _header_in(text: str, end: str) -> int | None:
    """Where the header of the next interchange begins, at a start of a line if not at once."""
    if "ISA" not in text:
        return None
    if text.startswith("ISA") and len(text) > 3 and not (text[3].isalnum() or text[3] in BLANK):
        return 0
    found = NEXT_HEADER.search(text) if end not in "\r\n" else None
    return None if found is None else found.start(1)


# A missing terminator before one of these would hide money or the end of a transaction set.
# fmt: off
STRUCTURE = frozenset({
    "ISA", "GS", "ST", "SE", "GE", "IEA", "HL", "BPR", "CLP", "SVC", "CAS", "PLB", "CLM", "SV1",
    "SV2", "SV3", "LX", "AMT", "NM1", "N1", "SBR", "SVD",
})
# fmt: on
