"""Which files a call means, what each holds, and in which order they are loaded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from billing.imports.columns import Clock, Layout
from billing.imports.errors import FileRefusedError
from billing.imports.kinds import KINDS, Kind
from billing.imports.profile import Profile, Section
from billing.imports.reader import Source, examine, read_header
from billing.imports.report import FileReport

ORDER = {name: position for position, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of rows in one file. `others` are the layouts of the file's other kinds of rows.

    The task that is `first` of its file answers for the rows that no kind takes.
    """

    source: Source
    header: tuple[str, ...]
    delimiter: str
    section: Section
    kind: Kind
    layout: Layout
    others: tuple[Layout, ...]
    is_first: bool

    @property
    def name(self) -> str:
        """The file as it was named."""
        return str(self.source.path)


def plan_tasks(
    paths: Iterable[Path], profile: Profile, clock: Clock
) -> tuple[list[Task], list[FileReport]]:
    """The tasks of these files and folders in loading order, and reports on the other files."""
    tasks: list[Task] = []
    reports: list[FileReport] = []
    for path in _files(paths):
        try:
            found, ignored = _tasks_of(path, profile, clock)
        except FileRefusedError as error:
            reports.append(FileReport(str(path), refused=f"{path.name} {error}."))
            continue
        tasks += found
        if not found:
            reports.append(FileReport(str(path), ignored=ignored))
    tasks.sort(key=lambda task: ORDER[task.kind.name])
    return tasks, reports


def _files(paths: Iterable[Path]) -> list[Path]:
    """Files as given, folders as their CSV files by name; each once."""
    found: dict[Path, Path] = {}
    for path in paths:
        inside = path.iterdir() if path.is_dir() else ()
        members = sorted(p for p in inside if p.suffix.lower() == ".csv" and p.is_file())
        for file in members if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
        if path.is_dir() and not members:
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _tasks_of(path: Path, profile: Profile, clock: Clock) -> tuple[list[Task], str]:
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
            )
        )
    return tasks, _reasons(sections)


def _reasons(sections: Sequence[Section]) -> str:
    return " ".join(section.ignore for section in sections if section.ignore)
