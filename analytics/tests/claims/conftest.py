"""Three people: Bea enters for Harbor Clinic, Max only looks there, Sue works for another."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.models import PracticeAccess
from billing.tests.builders import PRACTICE, make_practice


def person(name: str, group: str, *practices: str) -> User:
    user = User.objects.create_user(name, password="secret")
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user)
    access.practices.set([make_practice(practice) for practice in practices])
    return user


@pytest.fixture
def bea(db) -> User:
    """A biller of Harbor Clinic."""
    return person("bea", "Billers", PRACTICE)


@pytest.fixture
def max_(db) -> User:
    """A manager of Harbor Clinic, who sees no patients and changes nothing."""
    return person("max", "Managers", PRACTICE)


@pytest.fixture
def sue(db) -> User:
    """A biller of another practice."""
    return person("sue", "Billers", "Summit Clinic")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which a person is logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def client(bea, client_of: Callable[[User], Client]) -> Client:
    """Bea's browser."""
    return client_of(bea)
