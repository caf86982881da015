"""What the Imports pages show: past imports, an upload as it stands, what an undo would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import QuerySet, Sum
from django.utils.text import capfirst

from billing.access import Person, visible
from billing.imports.kinds import KINDS
from billing.imports.report import COUNTS
from billing.models import ImportBatch, ImportFootprint, ImportRejection, Upload

State = Upload.State
BUSY = (State.WAITING, State.CHECKING, State.CONFIRMED, State.LOADING)
IN_HAND = (*BUSY, State.CHECKED, State.FAILED)
SHOWN = 10
Row = dict[str, Any]


def kind_words(label: str) -> str:
    """A batch's kind in words: "Payments: by patients" for `payments: by patients`."""
    kind, _, name = label.partition(": ")
    title = KINDS[kind].title if kind in KINDS else capfirst(kind.replace("_", " "))
    return f"{title}: {name}" if name else title


def batches_of(user: Person) -> "QuerySet[ImportBatch]":
    """The batches that a person may see, newest first."""
    rows = ImportBatch.objects.select_related("practice", "who", "upload", "undone_by")
    return visible(rows, user).order_by("-started_at", "-pk")


def uploads_of(user: Person) -> "QuerySet[Upload]":
    """The uploads that a person may see, newest first."""
    rows = Upload.objects.select_related("practice", "who")
    return visible(rows, user).order_by("-uploaded_at", "-pk")


@dataclass(frozen=True, slots=True)
class Past:
    """One past import as the list shows it."""

    batch: ImportBatch
    kind: str

    @classmethod
    def of(cls, batch: ImportBatch) -> "Past":
        """A batch with its kind in words."""
        return cls(batch, kind_words(batch.kind))


def percent(upload: Upload) -> int:
    """How much of the work at hand is done, 0 to 99: the end is another state."""
    return min(upload.done * 100 // upload.total, 99) if upload.total else 0


def preview(upload: Upload, *, with_rows: bool) -> Row:
    """What looking told of each file, as the page shows it."""
    found: Row = upload.findings
    files = []
    for file in found.get("files", ()):
        rejections = file["rejections"][:SHOWN] if with_rows else ()
        files.append(
            {
                **file,
                "kind": kind_words(file["kind"] or ""),
                "sums": [sum_words(sums) for sums in file.get("sums", ())],
                "rejections": rejections,
                "more": file["rejected"] - len(rejections),
                "rows": file["rows"] if with_rows else (),
                "would": would(file),
            }
        )
    total = {name: found.get(name, 0) for name in COUNTS}
    return {
        "files": [file for file in files if file["kind"]],
        "others": [file for file in files if not file["kind"]],
        "left_out": found.get("left_out", ()),
        "total": total,
        "would": would(total),
        "is_x12": found.get("is_x12", False),
        "changes_something": bool(total["created"] or total["updated"]),
    }


def would(counts: Row) -> str:
    """What loading would do, in a few words."""
    words = (("created", "added"), ("updated", "changed"), ("unchanged", "left as they are"))
    parts = [f"{counts[name]:,} {word}" for name, word in words if counts[name]]
    if counts["rejected"]:
        parts.append(f"{counts['rejected']:,} rejected")
    return ", ".join(parts) or "nothing"


def sum_words(sums: Row) -> str:
    """What the transaction sets of one file add up to, in words."""
    sets = sums["transactions"]
    if "paid" not in sums:
        return f"{counted(sums['claims'], 'claim')} sent, ${Decimal(sums['charges']):,.2f} billed"
    words = (
        f"{counted(sets, 'remittance')} of ${Decimal(sums['bpr02']):,.2f}: "
        f"${Decimal(sums['paid']):,.2f} for {counted(sums['claims'], 'claim')}, "
        f"${Decimal(sums['plb']):,.2f} of provider-level adjustments"
    )
    off = sums["claims_unbalanced"]
    return f"{words}; off by themselves: {counted(off, 'claim')}" if off else words


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 claim", "2 claims"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def first_rejections(batch: ImportBatch) -> "QuerySet[ImportRejection]":
    """The first rejected records of a batch."""
    return batch.rejections.order_by("line", "pk")[:SHOWN]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an undo takes back, of one kind of record."""

    what: str
    created: int
    changed: int


def to_take_back(batches: Sequence[ImportBatch]) -> list[Taken]:
    """What undoing these batches removes and sets back, by kind of record."""
    rows = (
        ImportFootprint.objects.filter(batch__in=[batch.pk for batch in batches])
        .values("model")
        .annotate(made=Sum("created"), changes=Sum("changed"))
        .order_by("model")
    )
    return [Taken(_plural(row["model"]), row["made"], row["changes"]) for row in rows]


def _plural(label: str) -> str:
    return capfirst(str(apps.get_model(label)._meta.verbose_name_plural))
