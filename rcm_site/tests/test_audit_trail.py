"""The page of the audit trail, and that nothing and nobody alters an entry."""

from datetime import UTC, date, datetime

import pytest
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from billing import audit
from billing.models import PracticeAccess
from billing.tests.builders import make_patient, make_payer, make_practice

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="the trigger is PostgreSQL's"
)


def person(name: str, group: str, *practices: str) -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user, all_practices=not practices)
    access.practices.set([make_practice(practice) for practice in practices])
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ann() -> User:
    return person("ann", "Billers")


@pytest.fixture
def auditor() -> Client:
    return browser(person("zoe", "Auditors"))


def shown(client: Client, **filters) -> str:
    response = client.get("/audit/", filters)
    assert response.status_code == 200
    return response.content.decode()


def lines(client: Client, **filters) -> list[str]:
    return [line.what for line in client.get("/audit/", filters).context["lines"]]


# What the page shows


def test_it_says_who_did_what_to_which_record_and_when(auditor, ann):
    with audit.acting(ann, "192.0.2.7"):
        payer = make_payer("Aetna")
        payer.name = "Aetna Health"
        payer.save()
    page = shown(auditor, record="Aetna Health")

    for word in ("ann", "Changed", "Aetna → Aetna Health", "payer", "192.0.2.7"):
        assert word in page


def test_it_names_no_patient(auditor, ann):
    patient = make_patient("Reyes", "Ines")
    patient.record_number = "MRN-1"
    patient.save()
    audit.viewed(ann, patient)
    audit.viewed_list(ann, "Patients", found=3, filters={"q": "Reyes"})
    page = shown(auditor)

    assert "MRN-1" in page
    assert "q = hidden" in page
    assert "last name: hidden<" in page
    assert "3 found" in page
    assert "Ines" not in page.replace("MRN-Reyes-Ines", "")


def test_it_is_searched_by_person_record_kind_action_and_day(auditor, ann):
    aetna, cigna = make_payer("Aetna"), make_payer("Cigna")
    with audit.acting(ann, None):
        aetna.kind = "medicare"
        aetna.save()
    kind = LogEntry.objects.filter(object_repr="Cigna").values_list("content_type", flat=True)[0]
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                content_type_id=kind,
                object_pk=str(cigna.pk),
                object_repr="Cigna of old",
                action=LogEntry.Action.DELETE,
                timestamp=datetime(2024, 5, 31, 23, 59, tzinfo=UTC),
            )
        ]
    )

    assert lines(auditor, person="AN", kind=kind) == ["Aetna"]
    assert lines(auditor, record="of old") == ["Cigna of old"]
    assert set(lines(auditor, record=str(cigna.pk), kind=kind)) == {"Cigna", "Cigna of old"}
    assert lines(auditor, action="2") == ["Cigna of old"]
    assert lines(auditor, begin="2024-05-31", end="2024-05-31") == ["Cigna of old"]
    assert lines(auditor, end="2024-05-30") == []


@pytest.mark.parametrize(
    "query",
    [
        {"begin": "9999-12-31"},
        {"end": "0001-01-01"},
        {"begin": "yesterday"},
        {"kind": "' OR 1=1 --"},
        {"kind": "99999999999999999999"},
        {"action": "nine"},
        {"before": "9" * 50},
        {"before": "99999999999999999_1"},
        {"before": "9999999999999999_999999999"},
        {"before": "x_y"},
        {"before": "²_²"},
        {"person": "\0"},
        {"record": "<script>alert(1)</script>"},
    ],
)
def test_absurd_filters_never_break_it(query, auditor):
    make_payer("Aetna")

    assert "<script>alert" not in shown(auditor, **query)


def test_pages_follow_each_other_without_gap_or_count(auditor, django_assert_max_num_queries):
    for n in range(120):
        make_payer(f"Payer {n:03}")
    seen, before = [], ""
    for _ in range(3):
        with django_assert_max_num_queries(12):
            context = auditor.get("/audit/", {"before": before, "record": "Payer"}).context
        seen += [line.what for line in context["lines"]]
        before = context["before"]

    assert seen == [f"Payer {n:03}" for n in reversed(range(120))]
    assert before == ""


def test_entries_of_one_moment_are_paged_by_key(auditor):
    make_payer("Aetna")
    kind = LogEntry.objects.get(object_repr="Aetna").content_type
    moment = {"record": "P", "kind": kind.pk}
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    LogEntry.objects.bulk_create(
        LogEntry(content_type=kind, object_pk=str(n), object_repr=f"P{n}", action=1, timestamp=now)
        for n in range(70)
    )
    first = auditor.get("/audit/", moment).context
    second = auditor.get("/audit/", {**moment, "before": first["before"]}).context

    both = [line.what for line in (*first["lines"], *second["lines"])]
    assert sorted(both) == sorted(f"P{n}" for n in range(70))


# Who may read it


@pytest.mark.parametrize(
    ("group", "status"),
    [("Auditors", 200), ("Administrators", 200), ("Billers", 403), ("Managers", 403)],
)
def test_auditors_and_administrators_read_it(group, status):
    assert browser(person("pat", group)).get("/audit/").status_code == status


def test_an_auditor_of_one_practice_reads_of_that_practice_only(ann):
    here, there = (
        person("hal", "Billers", "Harbor Clinic"),
        person("hilary", "Billers", "Hill Clinic"),
    )
    for user, practice in ((here, "Harbor Clinic"), (there, "Hill Clinic")):
        with audit.acting(user, None):
            make_patient("Reyes", practice, practice=practice)
            audit.viewed_list(user, f"Patients of {practice}", found=1, filters={})
    page = shown(browser(person("zoe", "Auditors", "Harbor Clinic")))

    assert "MRN-Reyes-Harbor Clinic" in page
    assert "Patients of Harbor Clinic" in page
    assert "Hill Clinic" not in page
    assert "hilary" not in page


# Nobody alters it


def test_the_product_offers_no_way_to_alter_an_entry(admin_client):
    entry = LogEntry.objects.order_by("pk").last() or make_payer("Aetna")

    assert not admin.site.is_registered(LogEntry)
    for address in (
        "/admin/auditlog/logentry/",
        f"/admin/auditlog/logentry/{entry.pk}/delete/",
        f"/admin/auditlog/logentry/{entry.pk}/change/",
    ):
        assert admin_client.post(address, {"post": "yes"}).status_code == 404
    assert admin_client.post("/audit/", {"delete": entry.pk}).status_code == 405
    assert admin_client.delete("/audit/").status_code == 405


@pytest.mark.parametrize("command", ["auditlogflush", "auditlogmigratejson"])
def test_no_command_empties_or_rewrites_it(command):
    make_payer("Aetna")
    with pytest.raises(CommandError, match="append-only"):
        call_command(command)

    assert LogEntry.objects.exists()


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auditlog_logentry SET object_repr = 'nobody'",
        "DELETE FROM auditlog_logentry",
    ],
)
def test_the_database_refuses_to_alter_an_entry(statement):
    make_payer("Aetna")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert LogEntry.objects.get(object_repr="Aetna")


@on_postgresql
def test_the_database_refuses_the_orm_too():
    make_payer("Aetna")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LogEntry.objects.all().delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LogEntry.objects.update(action=2)


def test_users_are_switched_off_rather_than_deleted(admin_client, ann):
    response = admin_client.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=ann.pk).exists()


def test_what_a_request_changes_is_the_persons_own_doing(admin_client, admin_user):
    admin_client.post(
        "/admin/billing/payer/add/",
        {
            "name": "Aetna",
            "kind": "commercial",
            "identifiers-TOTAL_FORMS": 0,
            "identifiers-INITIAL_FORMS": 0,
            "contract_limits-TOTAL_FORMS": 0,
            "contract_limits-INITIAL_FORMS": 0,
        },
        REMOTE_ADDR="192.0.2.9",
        headers={"X-Forwarded-For": "no address at all"},
    )

    entry = LogEntry.objects.get(object_repr="Aetna")
    assert (entry.actor, entry.remote_addr) == (admin_user, "192.0.2.9")
    assert entry.timestamp.date() <= date.today()
