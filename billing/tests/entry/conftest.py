"""A biller of Harbor Clinic, a patient there, and one of another practice; a fixed today."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from billing.models import Encounter, Patient, PracticeAccess, ProcedureCode
from billing.tests.builders import PRACTICE, make_practice

TODAY = date(2026, 3, 2)
ALL_RIGHTS = (
    "view_patient",
    "add_patient",
    "change_patient",
    "view_encounter",
    "add_encounter",
    "change_encounter",
    "add_lineitem",
    "change_lineitem",
    "delete_lineitem",
    "view_claim",
    "view_procedurecode",
)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args, **options: TODAY)


@pytest.fixture
def person(db) -> Callable[..., Client]:
    """Log somebody in who has these rights in these practices."""

    def log_in(*rights: str, practices: tuple[str, ...] = (PRACTICE,)) -> Client:
        user = User.objects.create_user(f"person{User.objects.count()}")
        known = Permission.objects.filter(content_type__app_label="billing", codename__in=rights)
        assert known.count() == len(rights)
        user.user_permissions.set(known)
        access = PracticeAccess.objects.create(user=user)
        access.practices.set([make_practice(name) for name in practices])
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def biller(person: Callable[..., Client]) -> Client:
    return person(*ALL_RIGHTS)


@pytest.fixture
def ines(db) -> Patient:
    return Patient.objects.create(
        practice=make_practice(),
        record_number="MRN-1",
        last_name="Reyes",
        first_name="Ines",
        birth_date=date(1980, 5, 17),
    )


@pytest.fixture
def stranger(db) -> Patient:
    """A patient of another practice."""
    return Patient.objects.create(
        practice=make_practice("Other Clinic"), record_number="MRN-9", last_name="Reyes"
    )


@pytest.fixture
def visit(ines) -> Encounter:
    return Encounter.objects.create(practice=ines.practice, patient=ines, date=date(2026, 2, 10))


@pytest.fixture
def codes(db) -> None:
    ProcedureCode.objects.bulk_create(
        ProcedureCode(code=code, wording=wording)
        for code, wording in (
            ("99212", "Return visit, brief"),
            ("99213", "Return visit, short"),
            ("99214", "Return visit, medium"),
            ("93000", "ECG, twelve leads"),
            ("J1885", "Pain shot, 15 mg"),
        )
    )
