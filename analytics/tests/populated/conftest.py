"""A seeded practice for each module of this folder, so that no other test sees its claims."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from analytics.tests.population import Population, populate

Rollback = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def rolled_back(django_db_setup, django_db_blocker) -> Rollback:
    """What is made inside lasts for the tests of a module and is rolled back after them.

    Each test's own transaction becomes a savepoint in this one. Django's TestCase closes the
    connection after each test, which would end the transaction, so it stays open meanwhile.
    """

    @contextmanager
    def inside() -> Iterator[None]:
        with django_db_blocker.unblock(), patch.object(connection, "close"), transaction.atomic():
            yield
            transaction.set_rollback(True)

    return inside


@pytest.fixture(scope="module")
def population(rolled_back: Rollback) -> Iterator[Population]:
    """A seeded practice and every odd claim."""
    with rolled_back():
        yield populate()
