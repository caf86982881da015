"""What an import did, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

from billing.imports.plan import Rejection

COUNTS = ("read", "created", "updated", "unchanged", "rejected", "warnings")
LISTED = 100
ALL_LOADED, SOME_REJECTED, NOTHING_LOADED = 0, 1, 2


@dataclass(slots=True)
class FileReport:
    """One kind of rows of one file; `refused` says why nothing of it was read.

    PLACE is what the numbers of its rejections count.
    """

    PLACE: ClassVar[str] = "line"
    file: str
    kind: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    notes: dict[str, int] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    refused: str = ""
    ignored: str = ""
    held_back: int = 0

    @property
    def loaded(self) -> int:
        """Rows that are in the records now."""
        return self.counts["created"] + self.counts["updated"] + self.counts["unchanged"]

    def hold_back(self) -> None:
        """Say that nothing was stored after all (`--strict`)."""
        self.held_back = self.loaded
        for name in ("created", "updated", "unchanged"):
            self.counts[name] = 0

    def as_json(self) -> dict[str, Any]:
        """A JSON object; at most LISTED rejections are listed, all are counted."""
        return {
            "file": self.file,
            "kind": self.kind or None,
            **{name: self.counts[name] for name in COUNTS},
            "held_back": self.held_back,
            "refused": self.refused or None,
            "ignored": self.ignored or None,
            "notes": [{"text": text, "count": count} for text, count in self.notes.items()],
            "rejections": [
                {"line": r.line, "field": r.field or None, "reason": r.reason}
                for r in self.rejections[:LISTED]
            ],
        }


@dataclass(slots=True)
class RunReport:
    """All files of one call; `broken` says why it could not go on to the end."""

    practice: str = ""
    is_dry: bool = False
    is_strict: bool = False
    files: list[FileReport] = field(default_factory=list)
    broken: str = ""

    @property
    def totals(self) -> dict[str, int]:
        """The counts over all files."""
        return {name: sum(file.counts[name] for file in self.files) for name in COUNTS}

    @property
    def has_problems(self) -> bool:
        """Whether a row was rejected or a file refused."""
        return any(file.counts["rejected"] or file.refused for file in self.files)

    @property
    def status(self) -> int:
        """Exit status: 0 all loaded or unchanged, 1 some rejected, 2 nothing loaded."""
        if not any(file.loaded for file in self.files):
            return NOTHING_LOADED
        return SOME_REJECTED if self.has_problems else ALL_LOADED

    def as_json(self) -> dict[str, Any]:
        """A JSON object with totals and a list of files."""
        return {
            "practice": self.practice,
            "dry_run": self.is_dry,
            "strict": self.is_strict,
            **self.totals,
            "status": self.status,
            "files": [file.as_json() for file in self.files],
        }
