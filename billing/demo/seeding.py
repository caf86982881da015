"""Stores the demo practice: in chunks, in one transaction, the same for the same seed and day."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from random import Random

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from billing import audit
from billing.bulk_insert import insert
from billing.demo.cast import save_cast
from billing.demo.plot import Plot
from billing.demo.stories import stories
from billing.demo.visits import Visit, visits
from billing.posting import CHUNK, create_claims

Chunk = Sequence[tuple[Visit, Plot]]


def seed_practice(
    *,
    claims: int,
    seed: int,
    today: date,
    on_progress: Callable[[int], None] = lambda claims: None,
) -> None:
    """Store `claims` claims of an invented practice over the two years that end `today`.

    All or nothing; memory does not grow with `claims`. `on_progress` is told after each chunk how
    many claims it held.
    """
    rng = Random(seed)  # noqa: S311 - invented data is no secret
    with _unlogged(), audit.untracked(), transaction.atomic():
        cast = save_cast()
        told = stories(
            rng, cast, visits(rng, cast.practice, count=claims, today=today), today=today
        )
        while chunk := list(islice(told, CHUNK)):
            _save(chunk)
            on_progress(len(chunk))


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep no SQL: with DEBUG on, Django would hold the text of thousands of long inserts."""
    database = connections[DEFAULT_DB_ALIAS]
    vars(database)["make_debug_cursor"] = database.make_cursor
    try:
        yield
    finally:
        del vars(database)["make_debug_cursor"]


def _save(chunk: Chunk) -> None:
    plots = [plot for _, plot in chunk]
    insert([visit.patient for visit, _ in chunk if visit.is_new_patient])
    insert([plot.encounter for plot in plots if plot.encounter])
    insert([item for plot in plots for item in plot.line_items])
    create_claims([plot.new_claim() for plot in plots])
    insert([line for plot in plots for line in plot.claim_lines])
    insert([activity for plot in plots for activity in plot.activities])
    insert([note for plot in plots for note in plot.notes])
