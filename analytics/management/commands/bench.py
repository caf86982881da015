"""`manage.py bench`: how long the pages take, beside another design on the same claims."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from analytics.bench.measuring import PageTimes, Result, measure, prepare, steps
from analytics.bench.throwaway import throwaway_database
from analytics.scope import today


class Command(BaseCommand):
    """Print queries, SQL time and whole time of every page, and ratios; judge nothing."""

    help = (
        "Build a practice of N claims in a throwaway database beside the chosen one, and print how "
        "long every page takes there, beside the eight questions of the RCM analytics API asked "
        "of the same claims in one wide table. Compare ratios of one run, not single times."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Size, runs, and whether the database is kept."""
        parser.add_argument("--claims", type=_positive, default=100_000, help="default: 100000")
        parser.add_argument("--runs", type=_positive, default=10, help="default: 10")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another practice")
        parser.add_argument(
            "--keep", action="store_true", help="keep the database and use it again"
        )

    def handle(
        self, *args: Any, claims: int, runs: int, seed: int, keep: bool, **options: Any
    ) -> None:
        """Build, measure, print."""
        with throwaway_database(keep=keep), self._progress() as bar:
            building = bar.add_task("Claims", total=claims)
            try:
                prepare(
                    claims=claims,
                    seed=seed,
                    today=today(),
                    on_progress=lambda done: bar.advance(building, done),
                )
            except ValueError as error:
                raise CommandError(str(error)) from error
            measuring = bar.add_task("Pages", total=steps(runs))
            found = measure(
                claims=claims,
                runs=runs,
                today=today(),
                on_progress=lambda: bar.advance(measuring),
            )
        self._print(found)

    def _print(self, found: Result) -> None:
        width = None if self.stdout.isatty() else 110
        console = Console(file=cast(IO[str], self.stdout), width=width)
        self.stdout.write(
            f"{found.claims:,} claims on {found.engine}, median of {found.runs}, milliseconds"
        )
        for table in (_pages(found), _questions(found), _ratios(found)):
            console.print(table)

    def _progress(self) -> Progress:
        """A bar on a terminal, nothing elsewhere."""
        return Progress(
            "{task.description}",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not self.stderr.isatty(),
        )


def _pages(found: Result) -> Table:
    table = Table("Page", title="Pages as they open, over the last 90 days")
    for heading in ("Queries", "SQL", "Whole"):
        table.add_column(heading, justify="right")

    def add(name: str, page: PageTimes) -> None:
        table.add_row(name, str(page.queries), f"{page.sql_ms:.1f}", f"{page.whole_ms:.1f}")

    add("Overview", found.overview)
    add("Overview, all time", found.overview_of_all)
    for page in found.pages:
        add(page.name, page)
    for page in found.same_questions:
        add(f"{page.name}, all time", page)
    return table


def _questions(found: Result) -> Table:
    table = Table("Question", title="The RCM analytics API's eight, on one wide table, all time")
    table.add_column("SQL", justify="right")
    for times in found.questions:
        table.add_row(times.question.name, f"{times.sql_ms:.1f}")
    table.add_section()
    table.add_row("All eight", f"{found.eight_ms:.1f}")
    return table


def _ratios(found: Result) -> Table:
    table = Table("SQL of ours ÷ SQL of theirs", title="Ratios: below 1 ours takes less")
    for heading in ("Ours", "Theirs", "Ratio"):
        table.add_column(heading, justify="right")
    for ratio in found.ratios:
        table.add_row(
            ratio.name, f"{ratio.ours_ms:.1f}", f"{ratio.theirs_ms:.1f}", f"{ratio.value:.2f}"
        )
    return table


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number: give 1 or more.")
    return int(text)
