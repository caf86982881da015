"""Stands in for a command of django-auditlog."""

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Refused: nobody empties the audit trail."

    def handle(self, *args: object, **options: object) -> None:
        raise CommandError(
            "The audit trail is append-only: entries are neither changed nor deleted."
        )
