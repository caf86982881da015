"""Load CSV files of a billing system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from billing.imports.profile import shipped_profiles
from billing.imports.run import Request, import_csv
from billing.management.import_output import add_import_options, run


class Command(BaseCommand):
    help = (
        "Load CSV files (docs/csv.md). The same file twice changes nothing; a killed import goes "
        "on when run again. Exit status: 0 all loaded or unchanged, 1 some rejected, 2 nothing "
        "loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = ", ".join(shipped_profiles())
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument("--profile", default="", help=f"one of {known}, or a TOML file")
        parser.add_argument("--practice", default="", help="by name; the only one by default")
        add_import_options(parser)

    def handle(self, *args: object, **options: Any) -> None:
        request = Request(
            paths=options["paths"],
            practice=options["practice"],
            profile=options["profile"],
            is_dry=options["dry_run"],
            is_strict=options["strict"],
        )
        run(self, lambda progress: import_csv(request, progress=progress), options["format"])
