"""What the tests of numbers and pages share: a fixed today, a seeded practice, people."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from analytics.tests.population import TODAY, Population, populate


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Every test runs on the same day."""
    monkeypatch.setattr(timezone, "localdate", lambda *args, **options: TODAY)
    return TODAY


@pytest.fixture(scope="module")
def population(django_db_setup, django_db_blocker) -> Iterator[Population]:
    """A seeded practice and every odd claim, made once for a module and rolled back after it.

    Each test's own transaction becomes a savepoint in this one. Django's TestCase closes the
    connection after each test, which would end the transaction, so it stays open meanwhile.
    """
    with django_db_blocker.unblock(), patch.object(connection, "close"), transaction.atomic():
        yield populate()
        transaction.set_rollback(True)


@pytest.fixture
def manager(db) -> User:
    """A member of the group Managers."""
    user = User.objects.create_user("manager", password="secret")
    user.groups.add(Group.objects.get(name="Managers"))
    return user


@pytest.fixture
def browser(manager) -> Client:
    """A client in which the manager is logged in."""
    client = Client()
    client.force_login(manager)
    return client
