"""`manage.py bench_x12`: how long a large remittance takes, beside plainer readers of one file."""

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from analytics.bench.remittance import RemittanceTimes, make_claims, measure, write_file
from analytics.bench.throwaway import throwaway_database

SMALLEST = 100


class Command(BaseCommand):
    """Print seconds and ratios; judge nothing."""

    help = (
        "Write an 835 of N claims with three lines each, load it into a throwaway database that "
        "holds the claims, and print the time of reading, checking and posting beside pyx12's own "
        "reading and a bare split at the terminators. Compare ratios of one run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many claims."""
        parser.add_argument("--claims", type=int, default=60_000, help="default: 60000")

    def handle(self, *args: Any, claims: int, **options: Any) -> None:
        """Build, measure, print."""
        if claims < SMALLEST:
            raise CommandError(f"Give {SMALLEST} claims or more.")
        with throwaway_database(keep=False), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bench.835"
            write_file(path, claims)
            make_claims(claims)
            self._print(measure(path, claims, connection.vendor))

    def _print(self, found: RemittanceTimes) -> None:
        self.stdout.write(
            f"{found.claims:,} claims, {found.segments:,} segments on {found.engine}; memory "
            f"{found.before_megabytes:.0f} MB before and {found.peak_megabytes:.0f} MB at most\n\n"
        )
        self.stdout.write(f"{'':<28}{'seconds':>9}{'÷ pyx12':>10}{'÷ split':>10}")
        for name, seconds in (
            ("Reading", found.reading),
            ("Checking", found.checking),
            ("Posting", found.posting),
            ("All, from file to claims", found.whole),
            ("pyx12 reads the segments", found.pyx12),
            ("A bare split", found.split),
        ):
            if seconds is None:
                self.stdout.write(f"{name:<28}{'not installed':>15}")
                continue
            of_pyx12 = f"{seconds / found.pyx12:.1f}" if found.pyx12 else "–"
            self.stdout.write(
                f"{name:<28}{seconds:>9.2f}{of_pyx12:>10}{seconds / found.split:>10.0f}"
            )
