"""Stores the demo practice: in chunks, in one transaction, the same for the same seed and day."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from random import Random

from django.db import transaction

from billing import audit
from billing.demo.cast import save_cast
from billing.demo.plot import Plot
from billing.demo.stories import stories
from billing.demo.visits import Visit, visits
from billing.models import (
    ClaimLine,
    Encounter,
    LineItem,
    Note,
    Patient,
    StaffActivity,
)
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
    with audit.untracked(), transaction.atomic():
        cast = save_cast()
        told = stories(
            rng, cast, visits(rng, cast.practice, count=claims, today=today), today=today
        )
        while chunk := list(islice(told, CHUNK)):
            _save(chunk)
            on_progress(len(chunk))


def _save(chunk: Chunk) -> None:
    plots = [plot for _, plot in chunk]
    Patient.objects.bulk_create(
        (visit.patient for visit, _ in chunk if visit.is_new_patient), batch_size=CHUNK
    )
    Encounter.objects.bulk_create(
        (plot.encounter for plot in plots if plot.encounter), batch_size=CHUNK
    )
    LineItem.objects.bulk_create(
        (item for plot in plots for item in plot.line_items), batch_size=CHUNK
    )
    create_claims([plot.new_claim() for plot in plots])
    for kind, name in ((ClaimLine, "claim_lines"), (StaffActivity, "activities"), (Note, "notes")):
        rows = [row for plot in plots for row in getattr(plot, name)]
        for row in rows:
            row.claim = row.claim  # takes the key it has by now
        kind._default_manager.bulk_create(rows, batch_size=CHUNK)
