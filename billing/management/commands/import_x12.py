"""Load X12 files: 835 remittances, 837 professional and institutional claims."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from billing.imports.x12.run import Request, import_x12
from billing.management.import_output import add_import_options, run


class Command(BaseCommand):
    help = (
        "Load X12 files (835, 837P, 837I). The same file twice changes nothing; a killed import "
        "goes on when run again. Exit status: 0 all loaded or unchanged, 1 some rejected, 2 "
        "nothing loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="file, folder or zip archive"
        )
        parser.add_argument(
            "--practice", default="", help="by name; by the NPI in the file, or the only one"
        )
        parser.add_argument(
            "--create-claims",
            action="store_true",
            help="make claims from remittances whose 837 is not there",
        )
        add_import_options(parser)

    def handle(self, *args: object, **options: Any) -> None:
        request = Request(
            paths=options["paths"],
            practice=options["practice"],
            create_claims=options["create_claims"],
            is_dry=options["dry_run"],
            is_strict=options["strict"],
        )
        run(self, lambda progress: import_x12(request, progress=progress), options["format"])
