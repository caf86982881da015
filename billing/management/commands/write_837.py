"""Claims as an X12 837P file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from billing.management.file_out import add_file_out, write_file
from billing.models import Claim
from billing.outgoing.claims_837 import write_837


class Command(BaseCommand):
    help = (
        "Write the submitted claims of a practice as an X12 837P file, for training, tests and "
        "moving to another system. Addresses, which the records lack, are invented, and the file "
        "is marked as a test."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_file_out(parser, "submitted")

    def handle(self, *args: object, **options: Any) -> None:
        claims = Claim.objects.all()
        if options["from"]:
            claims = claims.filter(submitted_on__gte=options["from"])
        if options["to"]:
            claims = claims.filter(submitted_on__lte=options["to"])
        write_file(
            self,
            options,
            "claims",
            lambda file, practice, now: write_837(file, practice, claims, now=now),
        )
