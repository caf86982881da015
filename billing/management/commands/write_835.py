"""Payer decisions as an X12 835 file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from billing.management.file_out import add_file_out, write_file
from billing.outgoing.remittances_835 import write_835


class Command(BaseCommand):
    help = (
        "Write the payer decisions of a practice as an X12 835 file, for training, tests and "
        "moving to another system. What a decision leaves open is written as contractual; the "
        "file is marked as a test."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_file_out(parser, "decided")

    def handle(self, *args: object, **options: Any) -> None:
        write_file(
            self,
            options,
            "decisions",
            lambda file, practice, now: write_835(
                file, practice, begins_on=options["from"], ends_on=options["to"], now=now
            ),
        )
