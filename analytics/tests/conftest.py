"""What the tests of numbers and pages share: a fixed today, people."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from analytics.tests.population import TODAY
from billing.models import PracticeAccess


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Every test runs on the same day."""
    monkeypatch.setattr(timezone, "localdate", lambda *args, **options: TODAY)
    return TODAY


@pytest.fixture
def manager(db) -> User:
    """A member of the group Managers."""
    user = User.objects.create_user("manager", password="secret")
    user.groups.add(Group.objects.get(name="Managers"))
    PracticeAccess.objects.create(user=user, all_practices=True)
    return user


@pytest.fixture
def browser(manager) -> Client:
    """A client in which the manager is logged in."""
    client = Client()
    client.force_login(manager)
    return client
