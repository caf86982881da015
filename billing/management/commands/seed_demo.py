"""An invented practice, for a first look."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from billing.demo.seeding import seed_practice
from billing.models import Claim, Practice


class Command(BaseCommand):
    help = (
        "Fill an empty database with an invented practice: 24 months of claims that end today. "
        "The same seed and day give the same records; docs/demo-data.md says what is in them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--claims", type=_positive, default=20_000, help="how many (20000 unless given)"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, another practice")
        parser.add_argument("--today", type=_day, help="the last day, as 2026-11-21")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where claims exist already"
        )

    def handle(
        self,
        *args: object,
        claims: int,
        seed: int,
        today: date | None,
        if_empty: bool,
        **options: object,
    ) -> None:
        if Claim.objects.exists() or Practice.objects.exists():
            if not if_empty:
                raise CommandError(
                    "This database holds records already, and demo data is never mixed into "
                    "them: name an empty database in DATABASE_URL, or say --if-empty to go on."
                )
            self.stdout.write("The database holds records already: no demo data was added.")
            return
        began = monotonic()
        with self._progress() as progress:
            task = progress.add_task("Claims", total=claims)
            seed_practice(
                claims=claims,
                seed=seed,
                today=today or timezone.localdate(),
                on_progress=lambda done: progress.advance(task, done),
            )
        seconds = monotonic() - began
        self.stdout.write(
            f"Added {claims:,} claims of an invented practice in {seconds:.1f} s "
            f"({claims / seconds:,.0f} a second)."
        )

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


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of claims: give 1 or more.")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date such as 2026-11-21.") from None
