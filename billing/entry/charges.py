"""Writing line items; what a claim has billed stays as it was billed."""

from django.db import transaction

from billing import posting
from billing.models import Encounter, LineItem


class AlreadyBilledError(Exception):
    """A claim bills the encounter, so that what it billed cannot be changed here."""


@transaction.atomic
def add_line_item(item: LineItem) -> None:
    """Save a new charge; the charge lag of claims made already follows it."""
    Encounter.objects.select_for_update().get(pk=item.encounter_id)
    item.save(force_insert=True)
    posting.refresh([claim.pk for claim in item.encounter.claims.all()])


@transaction.atomic
def change_line_item(item: LineItem) -> None:
    """Save a corrected charge.

    Raises AlreadyBilledError where a claim bills its encounter, and LineItem.DoesNotExist where
    it has been removed meanwhile.
    """
    _hold(item)
    item.save(force_update=True)


@transaction.atomic
def remove_line_item(item: LineItem) -> None:
    """Delete a charge entered in error; raises what `change_line_item` raises."""
    _hold(item)
    item.delete()


@transaction.atomic
def change_encounter(encounter: Encounter) -> None:
    """Save a corrected encounter; raises AlreadyBilledError where a claim bills it."""
    _refuse_if_billed(encounter)
    encounter.save(force_update=True)


def _hold(item: LineItem) -> None:
    _refuse_if_billed(item.encounter)
    LineItem.objects.select_for_update(of=("self",)).get(pk=item.pk)


def _refuse_if_billed(encounter: Encounter) -> None:
    held = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    if held.claims.exists():
        raise AlreadyBilledError
