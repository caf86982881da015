"""A small demo practice, stored once for all tests of a module."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction

from billing.demo.seeding import seed_practice

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def _stored(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        seed_practice(claims=2_000, seed=1, today=TODAY)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(_stored, db) -> date:
    """The last day of a stored demo practice of 2,000 claims."""
    return TODAY
