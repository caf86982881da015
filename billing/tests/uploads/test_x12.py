"""X12 files through the Imports page: looked at, agreed on, loaded, reported."""

import io
import json
import zipfile

import pytest
from django.core.management import call_command

from billing.models import Adjudication, Claim, ImportBatch, Remittance, Upload
from billing.record_dump import dump
from billing.tests.builders import make_claim, make_practice
from billing.tests.imports.conftest import FLAT
from billing.tests.imports.x12.conftest import file_835, file_837, interchange, remittance
from billing.tests.uploads.conftest import loaded, looked_at, send, undone, zipped
from billing.uploads import looking, tasks

pytestmark = pytest.mark.django_db
PAID = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"
SENT = "CLM*C1*100***11:B:1~LX*1~SV1*HC:99213*100*UN*1~DTP*472*D8*20260105~"
BROKEN = remittance("CLP*C9*1*abc*80~", amount="80", trace="EFT9", control="0002")


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_an_835_is_looked_at_and_loaded_once_a_person_agrees(biller):
    make_claim(number="C1", billed="100.00")
    upload = looked_at(biller, file_835(PAID, amount="80"), "advice.835")
    page = text(biller.get(f"/imports/uploads/{upload.pk}/"))
    assert "1 added" in page
    assert "1 remittance of $80.00: $80.00 for 1 claim," in page
    assert not Remittance.objects.exists()

    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    tasks.load_upload.func(upload.pk)

    upload.refresh_from_db()
    batch = ImportBatch.objects.get()
    assert (upload.state, batch.upload, batch.kind, batch.file_name, batch.created) == (
        "finished", upload, "x12", "advice.835", 1,
    )  # fmt: skip
    assert Claim.objects.get().paid == 80
    assert Remittance.objects.get().file_name == "advice.835"
    page = text(biller.get(f"/imports/uploads/{upload.pk}/"))
    assert "cannot be undone" in page
    assert "Undo this import" not in page
    assert "Undo this import" not in text(biller.get(f"/imports/{batch.pk}/"))


def test_the_preview_is_the_dry_run_of_the_command(biller, tmp_path):
    whole = interchange(remittance(PAID, amount="79"), BROKEN)
    path = tmp_path / "mixed.835"
    path.write_text(whole)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_x12", str(path), "--dry-run", "--format", "json", stdout=out)
    (wanted,) = json.loads(out.getvalue())["files"]

    upload = looked_at(biller, whole, "mixed.835")

    (told,) = upload.findings["files"]
    for name in ("kind", "read", "created", "rejected", "rejections", "notes"):
        assert told[name] == wanted[name], name
    page = text(biller.get(f"/imports/uploads/{upload.pk}/"))
    assert "Segment" in page
    assert "A transaction set that is rejected stays out as a whole" in page


def test_a_zip_of_x12_files_gives_the_records_of_the_command(biller, tmp_path):
    files = {
        "in/claims.837": file_837(SENT),
        "in/advice.835": file_835(PAID, amount="80"),
        "read-me.txt": "these are the files of today",
    }
    upload = loaded(biller, files, "today.zip")
    assert upload.state == "finished", upload.problem
    names = set(ImportBatch.objects.values_list("file_name", flat=True))
    assert names == {"claims.837", "advice.835"}
    assert Claim.objects.get().status == "paid"
    by_page = list(dump())

    for name, content in files.items():
        if name.startswith("in/"):
            (tmp_path / name[3:]).write_text(content)
    with pytest.raises(SystemExit) as end:
        call_command("import_x12", str(tmp_path), stdout=io.StringIO())
    assert end.value.code == 0
    assert list(dump()) == by_page


def test_what_is_rejected_is_on_the_page_and_in_the_file(biller):
    upload = loaded(biller, interchange(remittance(PAID, amount="80"), BROKEN), "a.835")
    batch = ImportBatch.objects.get()
    assert (upload.state, batch.created, batch.rejected) == ("finished", 1, 1)
    assert "CLP" in text(biller.get(f"/imports/{batch.pk}/"))
    lines = b"".join(biller.get(f"/imports/{batch.pk}/rejections.csv").streaming_content)
    assert len(lines.decode().strip().splitlines()) == 2


def test_a_file_of_which_nothing_can_be_loaded_is_refused_in_words(biller):
    other = (
        file_835(PAID, amount="80").replace("ST*835*", "ST*999*").replace("HP*PAYER", "FA*PAYER")
    )
    upload = looked_at(biller, other, "ack.edi")
    assert upload.state == "refused"
    assert "999" in upload.problem


def test_a_set_that_is_rejected_altogether_ends_the_upload_and_does_not_break_it_off(biller):
    make_practice("Elsewhere")
    whole = interchange(BROKEN)
    upload = looked_at(biller, whole, "a.835")
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    tasks.load_upload.func(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "finished"
    assert ImportBatch.objects.get().rejected == 1


def test_claims_are_made_from_remittances_alone_only_where_the_box_is_ticked(biller):
    loaded(biller, file_835(PAID, amount="80"), "a.835")
    assert not Claim.objects.exists()
    assert Adjudication.objects.get().claim is None

    upload = loaded(
        biller, file_835(PAID.replace("C1", "C2"), amount="80", trace="E2"), "b.835",
        create_claims="on",
    )  # fmt: skip
    assert upload.create_claims
    assert Claim.objects.get().number == "C2"


def test_a_file_that_names_another_practice_is_rejected(biller):
    make_practice("Elsewhere")
    other = make_practice("Hill Clinic")
    other.npi = "1234567893"
    other.save()
    upload = looked_at(biller, file_835(PAID, amount="80"), "a.835")
    (told,) = upload.findings["files"]
    assert told["rejected"] == 1
    assert "Hill" not in json.dumps(upload.findings)


def test_loading_goes_on_after_a_kill_and_counts_once(biller, monkeypatch):
    whole = interchange(*(
        remittance(PAID, amount="80", trace=f"E{n}", control=f"{n:04}") for n in range(3)
    ))  # fmt: skip
    upload = looked_at(biller, whole, "a.835")
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    from billing.imports.x12 import loading

    post, calls = loading.Loader._post, []

    def killed(self, *args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return post(self, *args)

    monkeypatch.setattr(loading.Loader, "_post", killed)
    with pytest.raises(KeyboardInterrupt):
        tasks.load_upload.func(upload.pk)
    assert Remittance.objects.count() == 1
    Upload.objects.update(lease="")
    tasks.load_upload.func(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, Remittance.objects.count()) == ("finished", 3)
    assert ImportBatch.objects.get().created == 3


def test_whoever_lost_the_lease_writes_nothing(biller):
    upload = looked_at(biller, file_835(PAID, amount="80"), "a.835")
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    from billing.imports.x12 import loading

    read = loading.Loader._read

    def stolen(self, *args):
        Upload.objects.update(lease="somebody else")
        return read(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading.Loader, "_read", stolen)
        tasks.load_upload.func(upload.pk)
    assert not Remittance.objects.exists()


def test_an_x12_import_is_not_undone(biller):
    loaded(biller, file_835(PAID, amount="80"), "a.835")
    batch = undone(biller, ImportBatch.objects.get())
    assert batch.state == "finished"
    assert Remittance.objects.exists()
    assert "cannot be taken back exactly" in text(biller.get(f"/imports/{batch.pk}/undo/"))


def test_the_delimiters_may_be_control_characters(biller):
    whole = file_835(PAID, amount="80").replace("*", "\x1d").replace("~", "\x1c")
    assert looked_at(biller, whole, "a.edi").state == "checked", Upload.objects.get().problem


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (file_835(PAID), "a.csv", "rename it to end in .835"),
        ("CLP*C1*1~", "a.835", "does not begin with ISA"),
        ({"a.csv": FLAT, "b.835": file_835(PAID)}, "a.zip", "both CSV and X12"),
        ({"read.me": "nothing"}, "a.zip", "no CSV file and no X12 file"),
    ],
)
def test_what_is_no_x12_file_is_refused_in_a_sentence(biller, content, name, words):
    page = text(send(biller, content, name))
    assert words in page
    assert not Upload.objects.exists()


def test_too_many_files_are_refused(biller, monkeypatch):
    monkeypatch.setattr(looking, "MOST_X12", 2)
    files = {f"{n}.835": file_835(PAID) for n in range(3)}
    assert "holds 3 files: at most 2" in text(send(biller, files, "a.zip"))


def test_an_archive_hidden_in_an_x12_file_is_never_unpacked(biller):
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("b.835", file_835(PAID.replace("C1", "HIDDEN"), amount="80"))
    both = file_835(PAID, amount="80").encode() + hidden.getvalue()
    loaded_or_not = looked_at(biller, both, "a.835")
    assert "HIDDEN" not in json.dumps(loaded_or_not.findings)
    assert zipped({"x": "y"})
    if loaded_or_not.state == "checked":
        (file,) = loaded_or_not.findings["files"]
        assert file["file"] == "a.835"
