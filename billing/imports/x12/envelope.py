"""The envelope of an X12 file: interchanges (ISA…IEA), groups (GS…GE), transaction sets (ST…SE).

Wrong counts and control numbers are faults with their figures and stop nothing. A transaction set
that does not come to its SE is never handed on as whole.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from billing.imports.x12.faults import DamagedError
from billing.imports.x12.segments import Segment, read_segments

LEADING = frozenset({"ISA", "GS", "ST", "GE", "IEA"})
FAULTS_KEPT = 200
CUT = "The file ends in the middle of this transaction set: send or export it again."
NOT_CLOSED = "This transaction set has no SE: part of it may be missing, so nothing is loaded."


@dataclass(slots=True)
class TransactionSet:
    """One ST…SE as its header names it; `ordinal` counts from 1 over the file."""

    ordinal: int
    header: Segment
    interchange: Segment | None
    group: Segment | None
    size: int = 1
    problem: DamagedError | None = None
    is_closed: bool = False

    @property
    def code(self) -> str:
        """ST01: 835, 837, …"""
        return self.header.get(1)

    @property
    def control(self) -> str:
        """ST02, which need not be unique."""
        return self.header.get(2)

    @property
    def group_date(self) -> str:
        """GS04."""
        return self.group.get(4) if self.group else ""

    @property
    def version(self) -> str:
        """GS08, or ST03 where the group does not say."""
        return (self.group.get(8) if self.group else "") or self.header.get(3)

    @property
    def interchange_control(self) -> str:
        """ISA13."""
        return self.interchange.get(13) if self.interchange else ""

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"ST {self.control}"


@dataclass(slots=True)
class Outline:
    """What the envelope of a file holds, in the words of its report."""

    interchanges: int = 0
    groups: int = 0
    segments: int = 0
    sets: Counter[str] = field(default_factory=Counter)
    versions: list[str] = field(default_factory=list)
    delimiters: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Envelope:
    """Walks a file once; `outline` is whole when `transaction_sets` has ended."""

    def __init__(self, file: TextIO) -> None:
        self.outline = Outline()
        self._segments = read_segments(file, self.outline.faults)
        self._ahead: Segment | None = None
        self._interchange: Segment | None = None
        self._is_closed = True
        self._group: Segment | None = None
        self._in_interchange = self._in_group = 0
        self.offset = 0

    def transaction_sets(self) -> Iterator[TransactionSet]:
        """Every ST; whoever gets one reads its `body` before the next.

        Raises DamagedError where nothing more of the file can be read.
        """
        while (segment := self._next()) is not None:
            match segment.name:
                case "ISA":
                    self._open_interchange(segment)
                case "GS":
                    self._open_group(segment)
                case "ST":
                    found = self._open_set(segment)
                    yield found
                    for _ in self.rest(found):
                        pass
                case "SE":
                    self._fault("SE without ST")
                case "GE":
                    self._close_group(segment)
                case "IEA":
                    self._close_interchange(segment)
                case "TA1":
                    pass
                case other:
                    self._fault(f"segment {other[:12]!r} outside any set")
        self._end_interchange()

    def body(self, found: TransactionSet) -> Iterator[Segment]:
        """The segments between ST and SE; raises DamagedError where the set is not whole."""
        for segment in self.rest(found):
            if segment.damage:
                found.problem = DamagedError(segment.damage, segment=segment.number)
                raise found.problem
            yield segment
        if found.problem is not None:
            raise found.problem

    def rest(self, found: TransactionSet) -> Iterator[Segment]:
        """What is left of a set that nobody wants to read on."""
        while not found.is_closed and found.problem is None:
            segment = self._next()
            if segment is None:
                found.problem = DamagedError(CUT, segment=self.outline.segments)
            elif segment.name == "SE":
                self._close_set(found, segment)
            elif segment.name in LEADING:
                self._ahead = segment
                self._fault(f"{found.name} not closed by SE")
                found.problem = DamagedError(NOT_CLOSED, segment=segment.number)
            elif segment.is_cut:
                found.problem = DamagedError(CUT, segment=segment.number)
            else:
                found.size += 1
                yield segment
        while found.problem is not None and not found.is_closed:  # go on after it
            segment = self._next()
            if segment is None:
                return
            if segment.name == "SE" or segment.name in LEADING:
                self._ahead = None if segment.name == "SE" else segment
                found.is_closed = segment.name == "SE"
                return

    def _next(self) -> Segment | None:
        if self._ahead is not None:
            segment, self._ahead = self._ahead, None
            return segment
        found = next(self._segments, None)
        if found is not None:
            self.outline.segments += 1
            self.offset = found.offset
            if found.is_cut and found.name in ("IEA", "GE"):
                self._fault(f"no terminator after the last segment ({found.name})")
        return found

    def _fault(self, text: str) -> None:
        if len(self.outline.faults) < FAULTS_KEPT:
            self.outline.faults.append(text)

    def _open_interchange(self, segment: Segment) -> None:
        self._end_interchange()
        self._interchange, self._is_closed, self._in_interchange = segment, False, 0
        self.outline.interchanges += 1
        delimiters = segment.delimiters.as_json()
        if delimiters not in self.outline.delimiters:
            self.outline.delimiters.append(delimiters)

    def _open_group(self, segment: Segment) -> None:
        if self._group is not None:
            self._fault(f"GS {self._group.get(6)} not closed by GE")
        self._group, self._in_group = segment, 0
        self._in_interchange += 1
        self.outline.groups += 1
        version = f"{segment.get(1)} {segment.get(8)}"
        if version not in self.outline.versions:
            self.outline.versions.append(version)

    def _open_set(self, segment: Segment) -> TransactionSet:
        if self._group is None:
            self._fault(f"ST {segment.get(2)} outside GS")
        self._in_group += 1
        self.outline.sets[segment.get(1)] += 1
        ordinal = sum(self.outline.sets.values())
        return TransactionSet(ordinal, segment, self._interchange, self._group)

    def _close_set(self, found: TransactionSet, segment: Segment) -> None:
        found.size += 1
        if segment.is_cut:
            if segment.get(2) != found.control:
                found.problem = DamagedError(CUT, segment=segment.number)
                return
            self._fault("no terminator after the last segment (SE)")
        found.is_closed = True
        if segment.get(1).lstrip("0") != str(found.size):
            self._fault(f"SE01 {segment.get(1)} but {found.size} segments ({found.name})")
        if segment.get(2) != found.control:
            self._fault(f"SE02 {segment.get(2)} != ST02 {found.control}")

    def _close_group(self, segment: Segment) -> None:
        if self._group is None:
            self._fault("GE without GS")
            return
        if segment.get(1).lstrip("0") != str(self._in_group):
            self._fault(f"GE01 {segment.get(1)} but {self._in_group} sets")
        if segment.get(2) != self._group.get(6):
            self._fault(f"GE02 {segment.get(2)} != GS06 {self._group.get(6)}")
        self._group = None

    def _close_interchange(self, segment: Segment) -> None:
        if segment.get(1).lstrip("0") != str(self._in_interchange):
            self._fault(f"IEA01 {segment.get(1)} but {self._in_interchange} groups")
        if self._interchange is not None and segment.get(2) != self._interchange.get(13):
            self._fault(f"IEA02 {segment.get(2)} != ISA13 {self._interchange.get(13)}")
        self._is_closed = True

    def _end_interchange(self) -> None:
        """Say what an interchange lacks when the next one begins or the file ends."""
        if self._group is not None:
            self._fault("GS not closed by GE")
        if not self._is_closed:
            self._fault("no IEA")
        self._group, self._is_closed = None, True
