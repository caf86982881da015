"""Which files a call means, what each holds, and in which order they are loaded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from billing.imports.columns import Clock, Layout
from billing.imports.errors import FileRefusedError
from billing.imports.kinds import KINDS, Kind
from billing.imports.profile import Profile, Section
from billing.imports.reader import Source, examine, printable, read_header
from billing.imports.report import FileReport

ORDER = {name: position for position, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of rows in one file. `others` are the layouts of the file's other kinds of rows.

    The task that is `first` of its file answers for the rows that no kind takes. `name` is the file
    as it was named.
    """

    source: Source
    header: tuple[str, ...]
    delimiter: str
    section: Section
    kind: Kind
    layout: Layout
    others: tuple[Layout, ...]
    is_first: bool
    name: str


def plan_tasks(
    paths: Iterable[Path], profile: Profile, clock: Clock, names: Mapping[Path, str] | None = None
) -> tuple[list[Task], list[FileReport]]:
    """The tasks of these files and folders in loading order, and reports on the other files.

    `names` says how files are called in reports where that is not by their path.
    """
    tasks: list[Task] = []
    files, reports = _files(paths)
    for path in files:
        name = (names or {}).get(path, printable(path))
        try:
            found, ignored = _tasks_of(path, profile, clock, name)
        except FileRefusedError as error:
            reports.append(refused(name, str(error)))
            continue
        tasks += found
        if not found:
            reports.append(FileReport(name, ignored=ignored))
    tasks.sort(key=lambda task: ORDER[task.kind.name])
    return tasks, reports


def refused(name: str, reason: str) -> FileReport:
    """The report on a file or folder of which nothing can be read."""
    return FileReport(name, refused=f"{PurePath(name).name} {reason}.")


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[FileReport]]:
    """Files as given, folders as their CSV files by name, each once; reports on what is closed."""
    found: dict[Path, Path] = {}
    closed: list[FileReport] = []
    for path in paths:
        try:
            for file in _members(path) or [path]:
                found.setdefault(file.resolve(), file)
        except OSError as error:
            closed.append(refused(printable(path), f"cannot be read: {error.strerror or error}"))
    return list(found.values()), closed


def _members(path: Path) -> list[Path]:
    """The CSV files of a folder; none of a file."""
    inside = path.iterdir() if path.is_dir() else ()
    return sorted(p for p in inside if p.suffix.lower() == ".csv" and p.is_file())


def _tasks_of(path: Path, profile: Profile, clock: Clock, name: str) -> tuple[list[Task], str]:
    """The tasks of one file, and why the rest of it is not needed."""
    if path.is_dir():
        raise FileRefusedError("is a folder without CSV files")
    if not path.exists():
        raise FileRefusedError("does not exist")
    source = examine(path)
    header, delimiter = read_header(source)
    sections = profile.sections_of(header)
    layouts = [section.layout(header, clock) for section in sections]
    tasks: list[Task] = []
    for section, layout in zip(sections, layouts, strict=True):
        if section.kind is None:
            continue
        others = tuple(other for other in layouts if other is not layout)
        tasks.append(
            Task(
                source=source,
                header=tuple(header),
                delimiter=delimiter,
                section=section,
                kind=section.kind,
                layout=layout,
                others=others,
                is_first=not tasks,
                name=name,
            )
        )
    return tasks, _reasons(sections)


def _reasons(sections: Sequence[Section]) -> str:
    return " ".join(section.ignore for section in sections if section.ignore)
