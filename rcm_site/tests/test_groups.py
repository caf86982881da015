"""What the groups may do, and that nobody gains more by looking after others."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from billing.models import PracticeAccess
from billing.tests.builders import make_practice
from rcm_site.groups import EVENTS, keep_groups

pytestmark = pytest.mark.django_db
GROUPS = ("Managers", "Billers", "Auditors", "Administrators")


def may(group: str) -> set[str]:
    rows = Permission.objects.filter(group__name=group)
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def person(name: str, group: str, *practices: str) -> User:
    user = User.objects.create_user(name, is_staff=True, password="-")
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user, all_practices=not practices)
    access.practices.set([make_practice(practice) for practice in practices])
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("right", "groups"),
    [
        ("billing.view_claim", GROUPS),
        ("billing.view_patient", ("Billers", "Auditors", "Administrators")),
        ("billing.view_importrejection", ("Billers", "Auditors", "Administrators")),
        ("billing.view_note", GROUPS),
        ("billing.view_practiceaccess", ("Auditors", "Administrators")),
        ("billing.add_patient", ("Billers", "Administrators")),
        ("billing.change_claim", ("Billers", "Administrators")),
        ("billing.assign_claim", ("Managers", "Billers", "Administrators")),
        ("billing.add_workmark", ("Billers", "Administrators")),
        ("billing.add_writeoff", ("Billers", "Administrators")),
        ("billing.add_importbatch", ("Billers", "Administrators")),
        ("billing.undo_importbatch", ("Billers", "Administrators")),
        ("billing.view_upload", ("Billers", "Auditors", "Administrators")),
        ("billing.view_importfootprint", ("Billers", "Auditors", "Administrators")),
        ("billing.change_payer", ("Administrators",)),
        ("billing.change_practiceaccess", ("Administrators",)),
        ("analytics.change_kpitarget", ("Managers", "Administrators")),
        ("auditlog.view_logentry", ("Auditors", "Administrators")),
        ("auth.view_user", ("Auditors", "Administrators")),
        ("auth.add_user", ("Administrators",)),
        ("axes.delete_accessattempt", ("Administrators",)),
    ],
)
def test_a_right_belongs_to_these_groups(right, groups):
    assert tuple(group for group in GROUPS if right in may(group)) == groups


@pytest.mark.parametrize("group", GROUPS)
def test_no_group_alters_what_has_happened_or_the_trail(group):
    altering = {
        f"billing.{action}_{name}" for action in ("change", "delete") for name in EVENTS
    } - {"billing.change_appeal"}  # an appeal is ended, once

    assert not may(group) & altering
    assert not {r for r in may(group) if r.startswith("auditlog.")} - {"auditlog.view_logentry"}
    assert "auth.delete_user" not in may(group)


def test_auditors_only_look():
    assert all(".view_" in right for right in may("Auditors"))


def test_every_record_of_ours_is_open_to_auditors():
    for app in ("billing", "analytics"):
        for model in apps.get_app_config(app).get_models():
            assert f"{app}.view_{model._meta.model_name}" in may("Auditors")


def test_migrating_again_restores_our_groups_and_leaves_others_alone():
    own = Group.objects.create(name="Front desk")
    own.permissions.set(Permission.objects.filter(codename="view_patient"))
    Group.objects.get(name="Billers").permissions.clear()
    Group.objects.filter(name="Auditors").delete()
    keep_groups(apps.get_app_config("auth"))

    assert "billing.add_patient" in may("Billers")
    assert "auditlog.view_logentry" in may("Auditors")
    assert may("Front desk") == {"billing.view_patient"}


# Looking after others


def test_an_administrator_makes_no_superuser_and_touches_none():
    User.objects.create_superuser("root")
    ada, bob = person("ada", "Administrators"), person("bob", "Billers")
    page = browser(ada)
    response = page.post(
        f"/admin/auth/user/{bob.pk}/change/",
        {"username": "bob", "is_active": "on", "is_superuser": "on", "user_permissions": ["1"]},
    )

    bob.refresh_from_db()
    assert response.status_code == 302
    assert not bob.is_superuser
    assert not bob.user_permissions.exists()
    root = User.objects.get(username="root")
    for address in ("change", "password"):
        assert page.get(f"/admin/auth/user/{root.pk}/{address}/").status_code in (302, 404)
    assert "root" not in page.get("/admin/auth/user/").content.decode()


def test_an_administrator_of_one_practice_looks_after_its_users_only():
    ada = person("ada", "Administrators", "Harbor Clinic")
    person("hal", "Billers", "Harbor Clinic")
    person("hilda", "Billers", "Hill Clinic")
    person("both", "Billers", "Harbor Clinic", "Hill Clinic")
    person("alla", "Billers")
    page = browser(ada).get("/admin/auth/user/")

    assert {user.username for user in page.context["cl"].result_list} == {"ada", "hal"}


def test_an_administrator_gives_no_practice_that_is_not_theirs():
    ada = person("ada", "Administrators", "Harbor Clinic")
    hill = make_practice("Hill Clinic")
    access = PracticeAccess.objects.get(user=ada)
    page = browser(ada)
    for data in ({"all_practices": "on"}, {"practices": [hill.pk]}):
        page.post(f"/admin/billing/practiceaccess/{access.pk}/change/", {"user": ada.pk, **data})
        access.refresh_from_db()

        assert not access.all_practices
        assert hill not in access.practices.all()


def test_an_administrator_of_one_practice_does_not_see_anothers_access():
    ada = person("ada", "Administrators", "Harbor Clinic")
    person("hilda", "Billers", "Hill Clinic")
    page = browser(ada)

    assert "hilda" not in page.get("/admin/billing/practiceaccess/").content.decode()
    other = PracticeAccess.objects.get(user__username="hilda")
    assert page.get(f"/admin/billing/practiceaccess/{other.pk}/change/").status_code == 302
