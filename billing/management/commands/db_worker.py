"""The worker of the site: runs tasks, and takes up what a killed worker left."""

import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.utils import Error
from django_tasks_db.management.commands import db_worker

from billing.leases import stopping
from billing.uploads.taking_up import logger, take_up, tidy


class Worker(db_worker.Worker):
    """Ends between two chunks when asked to, and leaves the rest to the next worker."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Let the work at hand stop at its next step; asked twice, end at once.

        The library would leave in the middle of a query where it has no task, which then fails.
        """
        if not self.running:
            super().shutdown(signum, frame)
        stopping.set()
        self.running = False


class Command(db_worker.Command):
    help = (
        "Run what takes long: looking at uploads, loading and undoing them. Several may run; one "
        "that starts takes up what a killed one left, and so does each while it runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """As the library's, but without reloading the code unless asked."""
        super().add_arguments(parser)
        parser.set_defaults(reload=False)

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch over lost work in a thread, and run tasks."""
        take_up()
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(done,), daemon=True)
        watch.start()
        try:
            super().handle(*args, **options)
        finally:
            done.set()


def _watch(done: threading.Event) -> None:
    """Every so often look for lost work and for files that nobody needs."""
    while not done.wait(settings.WORKER_SILENT_SECONDS / 4):
        try:
            close_old_connections()
            take_up()
            tidy()
        except (Error, OSError):
            logger.exception("could not look for lost work; trying again")
        finally:
            connection.close()


db_worker.Worker = Worker  # type: ignore[misc]  # the library's command makes its worker by this name
