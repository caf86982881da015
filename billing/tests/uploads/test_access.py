"""Who may load, look, undo and read what is personal; and of which practice."""

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.models import Claim, ImportBatch, Practice, Upload
from billing.tests.imports.conftest import FLAT
from billing.tests.uploads.conftest import loaded, looked_at, person, run_worker, send, undone

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
BAD = "C2,Aetna,-1.00,2026-01-10,Paid,2026-02-01,80.00,\n"


@pytest.fixture
def stranger(practice) -> Client:
    """A biller of another practice."""
    return person("stranger", "Billers", Practice.objects.create(name="Hill Clinic"))


def test_another_practice_is_a_404_and_nothing_changes(biller, stranger):
    upload = looked_at(biller, FLAT + ROW)
    for page in ("", "confirm/", "discard/"):
        assert stranger.post(f"/imports/uploads/{upload.pk}/{page}").status_code in (404, 405)
        assert stranger.get(f"/imports/uploads/{upload.pk}/").status_code == 404
    upload.refresh_from_db()
    assert upload.state == "checked"

    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()
    batch = ImportBatch.objects.get()
    for page in ("", "rejections.csv", "undo/"):
        assert stranger.get(f"/imports/{batch.pk}/{page}").status_code == 404
    assert stranger.post(f"/imports/{batch.pk}/undo/").status_code == 404
    run_worker()
    batch.refresh_from_db()
    assert batch.state == "finished"
    assert "file.csv" not in stranger.get("/imports/").content.decode()


def test_nobody_loads_into_a_practice_that_is_not_theirs(biller, stranger):
    response = send(stranger, FLAT + ROW)

    assert response.status_code == 200
    assert "practice" in response.context["form"].errors
    assert not Upload.objects.exists()


def test_a_manager_sees_counts_and_no_rows(practice, biller):
    upload = loaded(biller, FLAT + ROW + BAD)
    batch = upload.batches.get()
    manager = person("manager", "Managers", practice)

    assert "file.csv" in manager.get("/imports/").content.decode()
    page = manager.get(f"/imports/{batch.pk}/").content.decode()
    assert "below zero" not in page
    assert "Undo" not in page
    for path in (
        f"/imports/{batch.pk}/rejections.csv",
        f"/imports/uploads/{upload.pk}/",
        f"/imports/{batch.pk}/undo/",
    ):
        assert manager.get(path).status_code == 403
    assert send(manager, FLAT + ROW).status_code == 403


def test_an_auditor_reads_and_does_nothing(practice, biller):
    upload = looked_at(biller, FLAT + ROW)
    auditor = person("auditor", "Auditors", practice)

    page = auditor.get(f"/imports/uploads/{upload.pk}/").content.decode()
    assert "1 added" in page
    assert "Load it into" not in page
    assert 'type="file"' not in auditor.get("/imports/").content.decode()
    for path in (f"/imports/uploads/{upload.pk}/confirm/", "/imports/upload/"):
        assert auditor.post(path).status_code == 403
    run_worker()
    assert not Claim.objects.exists()


def test_a_file_without_the_forms_token_is_refused_and_thrown_away(practice, private_folder):
    person("careful", "Billers", practice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="careful"))
    client.get("/imports/")  # brings the cookie, and the token in the form

    response = client.post(
        "/imports/upload/",
        {"practice": practice.pk, "file": SimpleUploadedFile("a.csv", FLAT.encode())},
    )

    assert response.status_code == 403
    assert list(private_folder.iterdir()) == []


def test_a_strangers_file_is_not_even_read(db, private_folder):
    response = Client().post("/imports/upload/", {"file": SimpleUploadedFile("a.csv", b"a,b")})

    assert response["Location"].startswith("/accounts/login/")
    assert not private_folder.exists()


def test_the_trail_tells_who_loaded_saw_rows_and_undid(biller):
    upload = loaded(biller, FLAT + ROW + BAD)
    batch = upload.batches.get()
    biller.get(f"/imports/{batch.pk}/rejections.csv")
    biller.get(f"/imports/{batch.pk}/")
    undone(biller, batch)

    entries = LogEntry.objects.filter(actor__username="biller").order_by("pk")
    told = [(e.content_type.model, e.get_action_display(), e.object_repr) for e in entries]
    assert ("upload", "create", str(upload)) in told
    assert ("importbatch", "create", str(batch)) in told
    assert ("patient", "access", "Rejected records as CSV") in told
    assert ("patient", "access", "Rejected records") in told
    states = [
        entry.changes["state"]
        for entry in entries.filter(content_type__model="importbatch")
        if "state" in (entry.changes or {})
    ]
    assert states[-2:] == [["finished", "undoing"], ["undoing", "undone"]]


def test_a_preview_with_rows_is_a_view_of_patients(biller):
    upload = looked_at(biller, FLAT + ROW)
    biller.get(f"/imports/uploads/{upload.pk}/")

    assert LogEntry.objects.filter(object_repr="Preview of an import").count() == 1


def test_pages_take_the_same_number_of_queries_however_long_the_list(
    biller, practice, django_assert_max_num_queries
):
    biller.get("/imports/")
    for made, listed in ((1, "file0.csv"), (39, "1 – 25 of 40")):
        for number in range(made):
            ImportBatch.objects.create(
                practice=practice, file_name=f"file{number}.csv", sha256="0", kind="claims"
            )
        with django_assert_max_num_queries(23):
            assert listed in biller.get("/imports/").content.decode()
    assert biller.get("/imports/?page=1000000000").status_code == 200
    assert (
        biller.get("/imports/?page=x&state=nonsense&kind=' OR 1=1&practice=-1").status_code == 200
    )
    assert "No import fits" in biller.get("/imports/?state=undone").content.decode()
