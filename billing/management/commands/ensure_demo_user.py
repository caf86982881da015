"""The log-in of a demonstration."""

import os
from argparse import ArgumentParser

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Create or update the demo user: name DEMO_USER, password DEMO_PASSWORD (both 'demo' "
        "unless set), with every right. Refused unless DEBUG is on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="even though DEBUG is off")

    def handle(self, *args: object, force: bool, **options: object) -> None:
        if not (settings.DEBUG or force):
            raise CommandError(
                "A demo user with a well-known password is refused while DEBUG is off; "
                "use createsuperuser, or say --force."
            )
        name = os.environ.get("DEMO_USER") or "demo"
        password = os.environ.get("DEMO_PASSWORD") or "demo"
        user, _ = User.objects.update_or_create(
            username=name,
            defaults={"is_staff": True, "is_superuser": True, "is_active": True},
        )
        if not user.check_password(password):  # a new hash would end the open sessions
            user.set_password(password)
            user.save(update_fields=["password"])
        self.stdout.write(f"Log in as {name} with the password {password}")
