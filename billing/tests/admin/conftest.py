"""Three people: Bill the biller, Mia the manager, and Sam, who is staff but in no group."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.models import PracticeAccess


def person(name: str, *groups: str) -> User:
    user = User.objects.create_user(name, password="-", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    PracticeAccess.objects.create(user=user, all_practices=True)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bill(db) -> User:
    """A biller."""
    return person("bill", "Billers")


@pytest.fixture
def biller(bill) -> Client:
    """The browser of a biller."""
    return logged_in(bill)


@pytest.fixture
def manager(db) -> Client:
    """The browser of a manager."""
    return logged_in(person("mia", "Managers"))


@pytest.fixture
def stranger(db) -> Client:
    """The browser of someone who may log in to the admin but belongs to no group."""
    return logged_in(person("sam"))
