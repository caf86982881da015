"""`import_x12` from the command line: files, folders, archives, kills, and what it says."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from billing.imports import batch as batches
from billing.imports.x12 import loading
from billing.imports.x12.run import Request, import_x12
from billing.models import Adjudication, Claim, ImportBatch, Remittance
from billing.posting import differing
from billing.tests.builders import make_claim
from billing.tests.imports.x12.conftest import file_835, file_837, interchange, remittance

PAID = "CLP*C1*1*100*80*20*12*P1~CAS*PR*2*20~"


def run(*arguments: str, **options: object) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_x12", *arguments, stdout=out, stderr=out, **options)
    return int(str(ended.value.code)), out.getvalue()


@pytest.mark.django_db
def test_a_folder_and_an_archive_are_loaded_with_all_their_files(tmp_path):
    folder = tmp_path / "in" / "deeper"
    folder.mkdir(parents=True)
    (folder / "one.835").write_text(file_835(PAID, amount="80"))
    (tmp_path / "in" / "notes.md").write_text("not X12")
    with zipfile.ZipFile(tmp_path / "in" / "two.zip", "w") as archive:
        archive.writestr("b.835", file_835(PAID, amount="80", trace="T2"))
        archive.writestr("a/c.837", file_837("CLM*C1*100***11:B:1~"))
    status, text = run(str(tmp_path / "in"))
    assert status == 0
    assert "In all, for My practice: 3 read, 3 created" in text
    assert Remittance.objects.count() == 2
    assert set(ImportBatch.objects.values_list("file_name", flat=True)) == {
        "one.835",
        "b.835",
        "c.837",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.835", None, "does not exist"),
        ("empty.835", b"", "The file is empty."),
        ("page.835", b"%PDF-1.7", "is a PDF, not X12"),
        ("text.835", b"hello", "no interchange header"),
        ("packed.835", b"\x1f\x8b\x08", "is compressed with gzip"),
        ("broken.zip", b"PK\x03\x04 no archive", "no interchange header"),
        ("no.txt", b"ISA*00*", "too short or damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, text = run(str(tmp_path / name))
    assert status == 2
    assert reason in text
    assert "Traceback" not in text
    assert not ImportBatch.objects.exists()


@pytest.mark.django_db
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.835", b" " * 50_000_000)
    status, text = run(str(path))
    assert status == 2
    assert "unpacks to far more than it holds" in text


@pytest.mark.django_db
def test_a_rejection_names_file_segment_and_element_and_the_rest_loads(tmp_path):
    path = tmp_path / "mixed.835"
    path.write_text(
        interchange(remittance("CLP*C8*1*1O*10~"), remittance(PAID, amount="80", control="0002"))
    )
    status, text = run(str(path))
    assert status == 1
    assert "mixed.835, segment 10, CLP03: ST 0001 is not loaded: CLP03 is not an amount." in text
    status, text = run(str(path), format="json")
    (file,) = json.loads(text)["files"]
    assert (file["read"], file["unchanged"], file["rejected"]) == (2, 1, 1)
    assert file["sum835"]["claims"] == 1


@pytest.mark.django_db
def test_an_unknown_practice_stops_the_call_with_the_known_names(tmp_path):
    make_claim()
    status, text = run(str(tmp_path), practice="Nowhere")
    assert status == 2
    assert "There is no practice named Nowhere; known: Harbor Clinic." in text


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


@pytest.mark.django_db
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_killed_import_goes_on_after_its_mark_and_counts_as_one_clean_run(
    tmp_path, monkeypatch, at
):
    make_claim(number="C1", billed="100.00")
    path = tmp_path / "three.835"
    sets = [
        remittance(PAID.replace("*80*", f"*{n}*"), amount=str(n), trace=f"T{n}", control=str(n))
        for n in (10, 20, 30)
    ]
    path.write_text(interchange(*sets, remittance("CLP*C*1*x*1~", control="4")))
    advance, calls = batches.advance, [0]

    def dying(*args, **options):
        calls[0] += 1
        if calls[0] == at:
            raise Killed
        advance(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "advance", dying)
        with pytest.raises(Killed):
            import_x12(Request([path]))
    assert Remittance.objects.count() == at - 1

    report = import_x12(Request([path]))

    assert ImportBatch.objects.count() == 1
    assert (report.totals["read"], report.totals["created"]) == (4, 3)
    assert report.totals["rejected"] == 1
    assert (Remittance.objects.count(), Adjudication.objects.count()) == (3, 3)
    assert differing([Claim.objects.get().pk]) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_process_killed_in_the_middle_of_a_set_leaves_nothing_of_it(tmp_path):
    path = tmp_path / "large.835"
    claims = [f"CLP*C{n}*1*10*10~SVC*HC:99213*10*10~" for n in range(6_000)]
    path.write_text(file_835(*claims, amount="60000"))
    name = connection.settings_dict["NAME"]
    engine = connection.settings_dict
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else f"postgres://{engine['USER']}:{engine['PASSWORD']}@{engine['HOST']}:"
        f"{engine['PORT']}/{name}"
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_x12", str(path), "--create-claims"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "rcm_site.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not ImportBatch.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Adjudication.objects.count() in (0, 6_000)

    report = import_x12(Request([path], create_claims=True))
    assert report.status == 0
    assert (Adjudication.objects.count(), Claim.objects.count()) == (6_000, 6_000)
    assert ImportBatch.objects.count() == 1 or report.totals["unchanged"] == 6_000
