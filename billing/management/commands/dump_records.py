"""All records as text."""

from django.core.management.base import BaseCommand

from billing.record_dump import dump


class Command(BaseCommand):
    help = (
        "Print all records by natural key, sorted, without made-up keys and load times: one JSON "
        "object a line. Two databases that hold the same print the same text."
    )

    def handle(self, *args: object, **options: object) -> None:
        for line in dump():
            self.stdout.write(line)
