"""What is done outside of a request, by `manage.py db_worker`; a task names a record's key alone.

A task for a record that is done, or in the hands of another worker, does nothing: doubled tasks
are harmless.
"""

from contextlib import suppress

from django_tasks import task

from billing.imports import undo
from billing.leases import Released
from billing.uploads import working


@task()
def look_at_upload(upload_id: int) -> None:
    """Find out what an upload would change."""
    with suppress(Released):
        working.look_at(upload_id)


@task()
def load_upload(upload_id: int) -> None:
    """Load an upload that a person agreed to."""
    with suppress(Released):
        working.load(upload_id)


@task()
def undo_import(batch_id: int) -> None:
    """Take back what a batch, or all batches of its upload, did to the records."""
    with suppress(Released):
        undo.work(batch_id)
