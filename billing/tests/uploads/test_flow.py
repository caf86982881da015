"""From a file to records, through the pages."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from billing.imports.run import Request, import_csv
from billing.models import Claim, ImportBatch, Practice, Upload
from billing.record_dump import dump
from billing.tests.imports.conftest import EXPORT, FLAT
from billing.tests.uploads.conftest import TODAY, loaded, looked_at, person, run_worker, send

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
BAD = "=C2,Aetna,-1.00,2026-01-10,Paid,2026-02-01,80.00,\n"


def test_nothing_is_loaded_before_somebody_agrees(biller):
    response = send(biller, FLAT + ROW)
    upload = Upload.objects.get()
    waiting = biller.get(response["Location"]).content.decode()
    run_worker()
    page = biller.get(response["Location"]).content.decode()

    assert response["Location"] == f"/imports/uploads/{upload.pk}/"
    assert "Waiting to be looked at" in waiting
    assert "hx-trigger" in waiting
    assert "hx-trigger" not in page
    assert "1 added" in page
    assert not Claim.objects.exists()
    assert not ImportBatch.objects.exists()

    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    assert not Claim.objects.exists()
    run_worker()

    assert Claim.objects.get().number == "C1"
    batch = ImportBatch.objects.get()
    assert (batch.file_name, batch.created, str(batch.who)) == ("file.csv", 1, "biller")
    assert "What was loaded" in biller.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (FLAT + BAD, "Nothing of it can be loaded: mend the file"),
        (FLAT + ROW, "is in the records already: loading would change nothing"),
    ],
)
def test_a_preview_says_why_loading_would_change_nothing(biller, content, words):
    loaded(biller, FLAT + ROW)

    upload = looked_at(biller, content)

    assert words in biller.get(f"/imports/uploads/{upload.pk}/").content.decode()


def test_the_preview_is_the_dry_run_of_the_command(biller, write):
    files = EXPORT | {"claims.csv": EXPORT["claims.csv"] + "C3,P9,E1,-1,2026-01-10,Paid\n"}
    paths = [write(text, name) for name, text in files.items()]
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_csv", *map(str, paths), "--dry-run", "--format", "json", stdout=out)
    wanted = json.loads(out.getvalue())

    upload = looked_at(biller, files)

    told = {file["file"]: file for file in upload.findings["files"]}
    for file in wanted["files"]:
        name = file.pop("file").rpartition("/")[2]
        assert {key: told[name][key] for key in file} == file
    assert {key: upload.findings[key] for key in ("read", "created", "rejected", "status")} == {
        key: wanted[key] for key in ("read", "created", "rejected", "status")
    }
    assert told["payers.csv"]["rows"][0] == ["P1", "Aetna", "Commercial"]
    page = biller.get(f"/imports/uploads/{upload.pk}/").content.decode()
    assert "No payer has the id" in page or "below zero" in page


def test_a_zip_of_kinds_loads_in_their_order_and_gives_what_the_command_gives(
    biller, write, practice
):
    paths = [write(text, name) for name, text in EXPORT.items()]
    with transaction.atomic():
        import_csv(Request(paths=paths, practice=practice.name), today=TODAY)
        wanted = list(dump())
        transaction.set_rollback(True)

    upload = loaded(biller, EXPORT)

    assert upload.state == "finished"
    assert list(dump()) == wanted
    assert upload.batches.count() == len(EXPORT)
    assert upload.batches.filter(rejected=0).count() == len(EXPORT)


def test_the_same_upload_twice_changes_nothing(biller):
    loaded(biller, EXPORT)
    before = list(dump())

    upload = loaded(biller, EXPORT)

    assert list(dump()) == before
    assert sum(batch.unchanged for batch in upload.batches.all()) == 17


def test_the_file_is_private_while_it_is_needed_and_then_gone(biller, private_folder):
    upload = looked_at(biller, EXPORT, name="Reyes, Ines.zip")
    kept = private_folder / str(upload.pk)
    inside = private_folder / f"{upload.pk}-files"

    assert {path.name for path in private_folder.iterdir()} == {kept.name, inside.name}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert private_folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in inside.iterdir())
    assert "Reyes" not in " ".join(path.name for path in inside.iterdir())
    assert upload.findings["files"][0]["rows"]

    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()

    assert list(private_folder.iterdir()) == []
    upload.refresh_from_db()
    assert not any(file["rows"] for file in upload.findings["files"])


def test_a_discarded_upload_leaves_no_file(biller, private_folder):
    upload = looked_at(biller, FLAT + ROW)

    biller.post(f"/imports/uploads/{upload.pk}/discard/")

    upload.refresh_from_db()
    assert upload.state == "discarded"
    assert list(private_folder.iterdir()) == []
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()
    assert not Claim.objects.exists()


def test_agreeing_twice_loads_once(biller):
    upload = looked_at(biller, FLAT + ROW)
    for _ in range(2):
        biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()

    assert ImportBatch.objects.get().created == 1


def test_rejected_rows_leave_as_csv_that_a_spreadsheet_cannot_run(biller):
    upload = loaded(biller, FLAT + ROW + BAD)
    batch = upload.batches.get()

    response = biller.get(f"/imports/{batch.pk}/rejections.csv")

    lines = response.getvalue().decode().splitlines()
    assert lines[0] == "line,field,reason,record"
    assert lines[1] == ('3,billed,"is below zero, which it cannot be.","\'' + BAD.strip() + '"')
    assert response["Content-Disposition"] == f'attachment; filename="rejections-{batch.pk}.csv"'
    page = biller.get(f"/imports/{batch.pk}/").content.decode()
    assert "below zero" in page


def test_a_file_of_another_profile_is_refused_with_the_profile_to_choose(biller):
    upload = looked_at(biller, "Claim ID,Payer Name\n1,2\n")

    assert upload.state == "refused"
    assert "is of no known kind" in upload.problem
    assert "Nothing was loaded" in biller.get(f"/imports/uploads/{upload.pk}/").content.decode()


def test_a_profile_is_chosen(biller):
    page = biller.get("/imports/").content.decode()

    assert 'value="rcm-export"' in page
    assert send(biller, FLAT + ROW, profile="/etc/passwd").status_code == 200
    assert not Upload.objects.exists()


def test_an_upload_goes_to_the_practice_that_was_chosen(biller, practice):
    other = Practice.objects.create(name="Other Clinic")
    both = person("both", "Billers", practice, other)

    loaded(both, FLAT + ROW, practice=other.pk)

    assert Claim.objects.get().practice == other
