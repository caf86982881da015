"""What the import of one X12 file did, with what the file adds up to."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from billing.imports.report import FileReport
from billing.imports.x12.envelope import Outline
from billing.imports.x12.figures import RemittanceFigures, SubmissionFigures


@dataclass(slots=True)
class X12Report(FileReport):
    """One X12 file; rejections name the segment and the element."""

    PLACE: ClassVar[str] = "segment"
    outline: Outline = field(default_factory=Outline)
    remittances: RemittanceFigures | None = None
    submissions: SubmissionFigures | None = None
    sums: dict[str, Any] = field(default_factory=dict)

    def settle(self) -> None:
        """Keep the sums as they are when the file has been read."""
        for name, figures in (("sum835", self.remittances), ("sum837", self.submissions)):
            if figures is not None and figures.transactions:
                self.sums[name] = figures.as_json()

    def as_json(self) -> dict[str, Any]:
        """The counts of every import, the envelope, and the sums of what was loaded."""
        outline = self.outline
        envelope = {
            "interchanges": outline.interchanges,
            "groups": outline.groups,
            "segments": outline.segments,
            "sets": dict(outline.sets),
            "versions": outline.versions,
            "delimiters": outline.delimiters,
            "envelope": outline.faults,
        }
        return FileReport.as_json(self) | envelope | self.sums
