"""Writes X12 segments and the envelopes around them; counts and control numbers are kept here."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TextIO

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"
RESERVED = str.maketrans(dict.fromkeys(f"{ELEMENT}{COMPONENT}{REPETITION}{TERMINATOR}\r\n\t", " "))
VERSION = "00501"
TEST = "T"  # ISA15: these files are for training, tests and moving house, not for a payer


def clean(value: str, most: int = 60) -> str:
    """Text as X12 can carry it: without accents, delimiters and line ends, at most `most` long."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return " ".join(plain.translate(RESERVED).split())[:most].rstrip()


def money(amount: Decimal) -> str:
    """Dollars without trailing zeros, as X12 asks: 100, 99.5, -0.25."""
    text = f"{amount:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def number(value: Decimal) -> str:
    """A quantity without trailing zeros."""
    return f"{value.normalize():f}"


def day(value: date) -> str:
    """A date as CCYYMMDD."""
    return value.strftime("%Y%m%d")


class Interchange:
    """One ISA…IEA with one GS…GE of one kind of transaction set, written as it is told.

    `kind` is ST01, `code` GS01 and `guide` GS08; `is_guide_in_st` says that ST03 names it too,
    as the claim guides ask and the remittance guide forbids. Use it as a context manager.
    """

    def __init__(
        self,
        file: TextIO,
        *,
        kind: str,
        code: str,
        guide: str,
        sender: str,
        receiver: str,
        now: datetime,
        is_guide_in_st: bool = True,
    ) -> None:
        self._file, self._kind, self._code, self._guide = file, kind, code, guide
        self._sender, self._receiver, self._now = sender, receiver, now
        self._in_st = (guide,) if is_guide_in_st else ()
        self._sets, self._segments = 0, 0

    def __enter__(self) -> "Interchange":
        sender, receiver = clean(self._sender, 15), clean(self._receiver, 15)
        now = self._now
        self._write(
            "ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:<15}", "ZZ", f"{receiver:<15}",
            f"{now:%y%m%d}", f"{now:%H%M}", REPETITION, VERSION, "000000001", "0", TEST, COMPONENT,
        )  # fmt: skip
        self._write(
            "GS", self._code, sender, receiver, f"{now:%Y%m%d}", f"{now:%H%M}", "1", "X",
            self._guide,
        )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write("GE", str(self._sets), "1")
            self._write("IEA", "1", "000000001")

    def begin(self) -> str:
        """Open a transaction set; returns its control number."""
        self._sets += 1
        self._segments = 0
        self.segment("ST", self._kind, self._control, *self._in_st)
        return self._control

    def end(self) -> None:
        """Close the transaction set."""
        self.segment("SE", str(self._segments + 1), self._control)

    def segment(self, *elements: str) -> None:
        """Write one segment of the transaction set; empty elements at its end are left off."""
        self._segments += 1
        self._write(*elements)

    def segments(self, several: Iterable[tuple[str, ...]]) -> None:
        """Write segments one after another."""
        for elements in several:
            self.segment(*elements)

    @property
    def _control(self) -> str:
        return f"{self._sets:04d}"

    def _write(self, *elements: str) -> None:
        text = ELEMENT.join(elements).rstrip(ELEMENT)
        if elements[0] == "ISA":
            text = ELEMENT.join(elements)
        self._file.write(f"{text}{TERMINATOR}\n")
