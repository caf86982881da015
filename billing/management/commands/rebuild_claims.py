"""Proof that every claim is what its events give."""

from argparse import ArgumentParser
from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError

from billing.models import Claim
from billing.posting import CHUNK, differing, refresh


class Command(BaseCommand):
    help = (
        "Work out status, balance and the other derived columns of every claim anew from its "
        "events. With --check only print the numbers of the claims that differ, and exit 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *args: object, check: bool, **options: object) -> None:
        read = different = 0
        for ids in _chunks():
            read += len(ids)
            if check:
                numbers = differing(ids)
                different += len(numbers)
                for number in numbers:
                    self.stdout.write(number)
            else:
                different += refresh(ids)
        if check and different:
            raise CommandError(
                f"{different:,} of {read:,} claims differ from what their events give; "
                "rebuild_claims without --check puts them right."
            )
        self.stdout.write(
            f"All {read:,} claims are what their events give."
            if check
            else f"{read:,} claims read, {different:,} put right."
        )


def _chunks() -> Iterator[list[int]]:
    """The keys of all claims, in order; never more than a chunk in memory."""
    last = 0
    while ids := list(
        Claim.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        yield ids
        last = ids[-1]
