"""What a worker does with an upload: look at it, and load it once a person agreed.

Looking is a dry run and loading a run of the very import that `import_csv` or `import_x12` is.
"""

import codecs
import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from django.utils import timezone

from billing import audit
from billing.imports.errors import FileRefusedError, LoadingError
from billing.imports.reader import Source, read_header, read_lines
from billing.imports.report import RunReport
from billing.imports.run import Request, import_csv
from billing.imports.x12 import run as x12
from billing.imports.x12.run import import_x12
from billing.leases import Lease, take
from billing.models import Upload
from billing.uploads.looking import Found, UnfitError, look, unpack
from billing.uploads.receiving import MEGABYTE, kept_file, remove

State = Upload.State
FIRST_ROWS = 5
LONGEST_CELL = 80
SUMS = ("sum835", "sum837")
SHOWN_SUMS = ("transactions", "claims", "charges", "paid", "bpr02", "plb", "claims_unbalanced")
GONE = "The file is no longer kept: upload it again."
FAULT = "A fault of ours stopped this ({}); what was stored stays. Try again, or tell support."
Names = dict[Path, str]
logger = logging.getLogger(__name__)


def look_at(upload_id: int) -> None:
    """Find out what an upload would change; ends it where it cannot be loaded."""
    waiting = (State.WAITING, State.CHECKING)
    lease = take(Upload, upload_id, states=waiting, to=State.CHECKING)
    if lease is None:
        return
    upload = Upload.objects.select_related("practice", "who").get(pk=upload_id)

    def work() -> None:
        found, names = _files(upload)
        show = _Progress(lease, _sizes(names)).show
        if found.is_x12:
            report = import_x12(_x12_request(upload, names, is_dry=True), progress=show)
        else:
            report = import_csv(_request(upload, names, is_dry=True), progress=show)
        if not any(file.kind for file in report.files):
            raise UnfitError(" ".join(f.refused or f.ignored for f in report.files))
        lease.let_go(state=State.CHECKED, findings=_findings(report, found, names), doing="")

    _guard(upload, lease, work, is_loading=False)


def load(upload_id: int) -> None:
    """Load an upload that a person agreed to; goes on where a killed worker stopped."""
    agreed = (State.CONFIRMED, State.LOADING)
    lease = take(Upload, upload_id, states=agreed, to=State.LOADING)
    if lease is None:
        return
    upload = Upload.objects.select_related("practice", "who").get(pk=upload_id)

    def work() -> None:
        found, names = _files(upload)
        sizes = [file["size"] for file in upload.findings.get("files", ()) if file["kind"]]
        show = _Progress(lease, sum(sizes) or _sizes(names)).show
        if found.is_x12:
            of_x12 = _x12_request(upload, names, is_dry=False)
            report = import_x12(replace(of_x12, confirm=lease.write), progress=show)
            broken = [report.broken] if report.broken else []
        else:
            of_csv = _request(upload, names, is_dry=False)
            report = import_csv(replace(of_csv, confirm=lease.write), progress=show)
            broken = [file.refused for file in report.files if file.kind and file.refused]
        if broken:
            raise LoadingError(broken[0])
        _end(upload, lease, State.FINISHED)

    _guard(upload, lease, work, is_loading=True)


def without_rows(findings: dict[str, Any]) -> dict[str, Any]:
    """What looking told, without the rows as read: they may name patients."""
    files = [{**file, "headings": [], "rows": []} for file in findings.get("files", ())]
    return {**findings, "files": files} if files else {}


def _guard(upload: Upload, lease: Lease, work: Callable[[], None], *, is_loading: bool) -> None:
    """Do the work in the person's name; say on the upload what stopped it."""
    try:
        with audit.acting(upload.who, None):
            work()
    except FileNotFoundError:
        _end(upload, lease, State.REFUSED, problem=GONE)
    except (UnfitError, LoadingError) as error:
        problem = str(error).replace("the same command goes on from there", "“Go on” continues")
        _stop(upload, lease, problem, is_loading=is_loading)
    except Exception as error:
        logger.exception("an upload could not be worked on")
        _stop(upload, lease, FAULT.format(type(error).__name__), is_loading=is_loading)


def _stop(upload: Upload, lease: Lease, problem: str, *, is_loading: bool) -> None:
    if is_loading:
        lease.let_go(state=State.FAILED, problem=problem, doing="")
    else:
        _end(upload, lease, State.REFUSED, problem=problem)


def _end(upload: Upload, lease: Lease, state: str, *, problem: str = "") -> None:
    findings = without_rows(upload.findings)
    lease.let_go(
        state=state, problem=problem, findings=findings, doing="", finished_at=timezone.now()
    )
    remove(upload.pk)


def _files(upload: Upload) -> tuple[Found, Names]:
    path = kept_file(upload.pk)
    found = look(path, upload.file_name)
    return found, unpack(path, found, upload.pk, upload.file_name)


def _request(upload: Upload, names: Names, *, is_dry: bool) -> Request:
    return Request(
        paths=list(names),
        practice=upload.practice.name,
        profile=upload.profile,
        is_dry=is_dry,
        who=upload.who,
        names=names,
        upload=None if is_dry else upload,
    )


def _x12_request(upload: Upload, names: Names, *, is_dry: bool) -> x12.Request:
    return x12.Request(
        paths=list(names),
        practice=upload.practice.name,
        create_claims=upload.create_claims,
        is_dry=is_dry,
        who=upload.who,
        names=names,
        upload=None if is_dry else upload,
    )


def _sizes(names: Names) -> int:
    return sum(path.stat().st_size for path in names)


class _Progress:
    """Bytes done of all files and kinds together, told to whoever watches the page."""

    def __init__(self, lease: Lease, total: int) -> None:
        self._lease, self._total = lease, total
        self._done: dict[tuple[str, str], int] = {}

    def show(self, file: str, kind: str, done: int, size: int) -> None:
        """Called between transactions, after each chunk."""
        self._done[file, kind] = done
        together = sum(self._done.values())
        self._lease.beat(
            done=together,
            total=max(self._total, together),
            doing=f"{PurePath(file).name}: {kind.lower()}"[:300],
        )


# What looking told, for the page


def _findings(report: RunReport, found: Found, names: Names) -> dict[str, Any]:
    """The report of the dry run with the first rows of each file."""
    paths = {name: path for path, name in names.items()}
    told: dict[str, Any] = report.as_json()
    for file in told["files"]:
        path = paths[file["file"]]
        headings, rows = ([], []) if found.is_x12 else _first_rows(path)
        file |= {"size": path.stat().st_size, "headings": headings, "rows": rows}
        if found.is_x12:
            file["sums"] = [_sums(file.pop(name)) for name in SUMS if name in file]
    told["is_x12"] = found.is_x12
    return told | {"left_out": list(found.left_out)}


def _sums(figures: dict[str, Any]) -> dict[str, Any]:
    """What the files of one kind add up to, as far as the preview shows it."""
    return {name: figures[name] for name in SHOWN_SUMS if name in figures}


def _first_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the first rows as the import reads them."""
    with path.open("rb") as file:
        head = file.read(MEGABYTE)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "latin-1"
    source = Source(path, "", path.stat().st_size, encoding, ends_with_newline=True)
    try:
        headings, delimiter = read_header(source)
    except FileRefusedError:
        return [], []
    lines = read_lines(source, width=len(headings), delimiter=delimiter)
    good = (line.cells for line in lines if not line.problem)
    return headings, [[cell[:LONGEST_CELL] for cell in cells] for cells in islice(good, FIRST_ROWS)]
