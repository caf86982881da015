"""Remittances on the pages: loaded from small files, as the import does it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.imports.x12.run import Request, import_x12
from billing.models import PracticeAccess
from billing.tests.builders import make_practice


def person(name: str, group: str, *practices: str) -> Client:
    """A browser of somebody in this group who works for these practices."""
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user)
    access.practices.set([make_practice(practice) for practice in practices])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def load(tmp_path: Path):
    """Imports these texts, each as a file."""

    def run(*texts: str, **options):
        for text in texts:
            path = tmp_path / f"file{len(list(tmp_path.iterdir()))}.835"
            path.write_text(text)
            import_x12(Request([path], **options))

    return run


@pytest.fixture
def biller(db) -> Client:
    """Bea works for the Harbor Clinic."""
    return person("bea", "Billers", "Harbor Clinic")


@pytest.fixture
def manager(db) -> Client:
    """Max reads the numbers of the Harbor Clinic."""
    return person("max", "Managers", "Harbor Clinic")
