"""One call of the CSV import: the door for the command and for the upload page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from billing.imports.columns import Clock
from billing.imports.context import Context
from billing.imports.directory import Directory
from billing.imports.errors import LoadingError
from billing.imports.loading import CHUNK, Loader, Progress, no_progress
from billing.imports.practices import choose_practice
from billing.imports.profile import Profile, load_profile
from billing.imports.remembered import PlannedRows
from billing.imports.report import FileReport, RunReport
from billing.imports.tasks import Task, plan_tasks
from billing.models import Practice, Upload

NOT_TRIED = "Not tried, because an earlier file broke off: run the same command again."


@dataclass(frozen=True, slots=True)
class Request:
    """What to import and how. `practice` and `profile` are names, blank for the default.

    `names` says how files are called where that is not by their path; `upload` is what the batches
    belong to, if a person uploaded them; `confirm` is called inside the transaction of each chunk
    and raises where it must not be written.
    """

    paths: Sequence[Path]
    practice: str = ""
    profile: str = ""
    is_dry: bool = False
    is_strict: bool = False
    who: User | None = None
    chunk_size: int = CHUNK
    names: Mapping[Path, str] | None = None
    upload: Upload | None = None
    confirm: Callable[[], None] = lambda: None


def import_csv(
    request: Request, *, progress: Progress = no_progress, today: date | None = None
) -> RunReport:
    """Load files; raises LoadingError where the practice or the profile is not clear.

    A strict run is a dry run of everything and, if that rejects nothing, the real one. Both check
    with the same code; the dry one keeps what it would have stored in a temporary file, so that
    no write lock is held while it looks (decision 0012).
    """
    profile = load_profile(request.profile)
    practice = choose_practice(request.practice)
    clock = Clock(today or timezone.localdate())
    tasks, reports = plan_tasks(request.paths, profile, clock, request.names)
    run = _Run(request, profile, practice, clock.today, progress)
    if request.is_dry or request.is_strict:
        checked = run.report([*reports, *run.check(tasks)])
        if request.is_dry:
            return checked
        if checked.has_problems:
            for report in checked.files:
                report.hold_back()
            return checked
    return run.report([*reports, *run.load(tasks)])


@dataclass(slots=True)
class _Run:
    request: Request
    profile: Profile
    practice: Practice
    today: date
    progress: Progress

    def report(self, files: list[FileReport]) -> RunReport:
        return RunReport(
            practice=self.practice.name,
            is_dry=self.request.is_dry,
            is_strict=self.request.is_strict,
            files=files,
        )

    def check(self, tasks: Sequence[Task]) -> list[FileReport]:
        """What loading would do, without writing."""
        with PlannedRows() as planned:
            return self._each(tasks, planned)

    def load(self, tasks: Sequence[Task]) -> list[FileReport]:
        """Load the files; a practice that is new is stored with the first of them."""
        if tasks and self.practice._state.adding:
            self.practice.save()
        return self._each(tasks, None)

    def _each(self, tasks: Sequence[Task], planned: PlannedRows | None) -> list[FileReport]:
        context = Context(self.practice, self.today, Directory(self.practice), planned)
        reports: list[FileReport] = []
        broken = False
        for task in tasks:
            loader = Loader(
                task,
                context,
                profile=self.profile.name,
                who=self.request.who,
                progress=self.progress,
                chunk_size=self.request.chunk_size,
                upload=self.request.upload,
                confirm=self.request.confirm,
            )
            reports.append(loader.report)
            if broken:
                loader.report.refused = NOT_TRIED
                continue
            try:
                loader.load()
            except LoadingError as error:
                loader.report.refused, broken = str(error), True
        return reports
