"""One call of the X12 import: the door for the command and for the upload page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.contrib.auth.models import User

from billing.imports.errors import FileRefusedError, LoadingError
from billing.imports.loading import no_progress
from billing.imports.remembered import PlannedRows
from billing.imports.report import FileReport, RunReport
from billing.imports.run import NOT_TRIED
from billing.imports.x12.loading import Loader, Options, Progress
from billing.imports.x12.parties import Parties, Practices
from billing.imports.x12.report import X12Report
from billing.imports.x12.source import Source, examine, sources
from billing.models import Upload


@dataclass(frozen=True, slots=True)
class Request:
    """What to import and how; `practice` is a name, blank to go by the NPI in the files.

    `names`, `upload` and `confirm` are those of `billing.imports.run.Request`.
    """

    paths: Sequence[Path]
    practice: str = ""
    create_claims: bool = False
    is_dry: bool = False
    is_strict: bool = False
    who: User | None = None
    names: Mapping[Path, str] | None = None
    upload: Upload | None = None
    confirm: Callable[[], None] = lambda: None


def import_x12(request: Request, *, progress: Progress = no_progress) -> RunReport:
    """Load files; raises LoadingError for a practice that does not exist.

    A strict run is a dry run of everything and, if that rejects nothing, the real one.
    """
    found = list(_named(request))
    if request.is_dry or request.is_strict:
        with PlannedRows() as planned:
            checked = _run(request, found, Options(planned=planned), progress)
        if request.is_dry:
            return checked
        if checked.has_problems:
            for report in checked.files:
                report.hold_back()
            return checked
    options = Options(
        create_claims=request.create_claims,
        who=request.who,
        upload=request.upload,
        confirm=request.confirm,
    )
    return _run(request, found, options, progress)


def _named(request: Request) -> Iterator[tuple[str, Source | FileRefusedError]]:
    """The files that are meant; those that the caller names are taken as they are."""
    names = request.names or {}
    for path, title in names.items():
        try:
            yield title, replace(examine(path), title=title)
        except FileRefusedError as refused:
            yield title, refused
    yield from sources([path for path in request.paths if path not in names])


def _run(
    request: Request,
    found: Sequence[tuple[str, Source | FileRefusedError]],
    options: Options,
    progress: Progress,
) -> RunReport:
    practices = Practices(request.practice)
    parties: dict[str, Parties] = {}
    files: list[FileReport] = []
    broken = ""
    for name, source in found:
        if isinstance(source, FileRefusedError):
            files.append(X12Report(name, refused=f"{Path(name).name} {source}."))
            continue
        loader = Loader(source, practices, parties, options, progress)
        files.append(loader.report)
        if broken:
            loader.report.refused = NOT_TRIED
            continue
        try:
            loader.load()
        except LoadingError as error:
            loader.report.refused = broken = str(error)
    return RunReport(
        broken=broken,
        practice=", ".join(sorted(parties)) or request.practice,
        is_dry=request.is_dry,
        is_strict=request.is_strict,
        files=files,
    )
