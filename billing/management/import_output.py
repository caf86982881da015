"""What the import commands share: options, a progress bar, the report as text or JSON."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from billing.imports.errors import LoadingError
from billing.imports.loading import Progress as Show
from billing.imports.report import NOTHING_LOADED, FileReport, RunReport

SHOWN = 10


def add_import_options(parser: ArgumentParser) -> None:
    """The options that every import has."""
    parser.add_argument("--dry-run", action="store_true", help="check and tell, write nothing")
    parser.add_argument("--strict", action="store_true", help="load all or nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(command: BaseCommand, load: Callable[[Show], RunReport], form: str) -> None:
    """Load with a progress bar, print the report as `form` says and exit with its status."""
    try:
        with Bar(is_shown=sys.stderr.isatty()) as bar:
            report = load(bar.show)
    except LoadingError as error:
        command.stderr.write(str(error))
        sys.exit(NOTHING_LOADED)
    if form == "json":
        command.stdout.write(json.dumps(report.as_json(), indent=2))
    else:
        command.stdout.write("\n".join(run_text(report)))
    sys.exit(report.status)


class Bar:
    """A progress bar on standard error, or nothing where nobody watches."""

    def __init__(self, *, is_shown: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self._bar = Progress(
            *columns, console=Console(stderr=True), disable=not is_shown, transient=True
        )
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, file: str, kind: str, done: int, size: int) -> None:
        """Move the bar of this file and kind."""
        if (file, kind) not in self._tasks:
            self._tasks[file, kind] = self._bar.add_task(f"{Path(file).name}: {kind.lower()}")
        self._bar.update(self._tasks[file, kind], total=size, completed=done)


def run_text(report: RunReport) -> list[str]:
    lines = [line for file in report.files for line in _file_text(file)]
    totals = report.totals
    summary = ", ".join(f"{totals[name]:,} {name}" for name in totals)
    if report.is_dry:
        lines.append("Dry run: nothing was written. This is what would be done.")
    elif any(file.held_back for file in report.files):
        lines.append("Strict: nothing was loaded, because something was rejected.")
    return [*lines, f"In all, for {report.practice}: {summary}"]


def _file_text(file: FileReport) -> list[str]:
    name = Path(file.file).name
    if file.ignored:
        return [f"{name}: not needed. {file.ignored}"]
    if file.refused and not file.counts["read"]:
        return [f"{name}: refused. {file.refused}"]
    counts = ", ".join(
        f"{file.counts[name]:,} {name}"
        for name in ("read", "created", "updated", "unchanged", "rejected")
    )
    lines = [f"{name} ({file.kind}): {counts}"]
    lines += [f"  note: {text} ({count:,})" for text, count in file.notes.items()]
    for rejection in file.rejections[:SHOWN]:
        field = f", {rejection.field}" if rejection.field else ""
        lines.append(f"  {name}, {file.PLACE} {rejection.line}{field}: {rejection.reason}")
    more = file.counts["rejected"] - len(file.rejections[:SHOWN])
    if more > 0:
        lines.append(f"  and {more:,} more; --format json and the Imports page list them")
    is_said = bool(file.rejections) and file.refused.endswith(file.rejections[0].reason)
    return lines + ([f"  {file.refused}"] if file.refused and not is_said else [])
