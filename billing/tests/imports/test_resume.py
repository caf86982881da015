"""A killed import goes on from its mark, and ends as one clean run would."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, OperationalError

from billing.imports import batch as batches
from billing.imports import loading
from billing.imports.batch import advance
from billing.imports.loading import Loader
from billing.models import Claim, ImportBatch, Payer
from billing.posting import differing
from billing.tests.imports.conftest import FLAT, all_records

ROWS = [f"C{n:04},Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n" for n in range(95)]
ROWS[40] = ROWS[40].replace("100.00", "-1.00")
ROWS[70] = ROWS[3].replace("80.00", "70.00")
ROWS[90] = ROWS[10]
CONTENT = FLAT + "".join(ROWS)


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def kill_at(monkeypatch, chunk: int) -> None:
    """Let the loading die in the middle of writing that chunk."""
    advance, calls = batches.advance, [0]

    def dying(*args, **options):
        calls[0] += 1
        if calls[0] == chunk:
            raise Killed
        advance(*args, **options)

    monkeypatch.setattr(loading, "advance", dying)


@pytest.mark.django_db
@pytest.mark.parametrize("chunk", [1, 3, 8, 10])
def test_a_killed_import_ends_as_one_clean_run(load, monkeypatch, chunk):
    with monkeypatch.context() as patch:
        kill_at(patch, chunk)
        with pytest.raises(Killed):
            load(CONTENT, chunk_size=10)
    batch = ImportBatch.objects.get()
    assert (batch.state, Claim.objects.count() > 0) == ("running", chunk > 1)

    resumed = load(CONTENT, chunk_size=7)

    assert ImportBatch.objects.count() == 1
    assert resumed.totals["read"] == 95
    assert resumed.totals["created"] == 92
    assert resumed.totals["unchanged"] == 1
    reasons = [(r.line, r.field) for r in resumed.files[0].rejections]
    assert reasons == [(42, "billed"), (72, "claim_id")]
    assert "line 5 has the same" in resumed.files[0].rejections[1].reason
    assert Claim.objects.count() == 92
    batch.refresh_from_db()
    assert (batch.state, batch.mark) == ("finished", 95)
    assert load(CONTENT).totals["unchanged"] == 93
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []


@pytest.mark.django_db
def test_what_was_stored_before_the_database_gave_up_is_reported(load, monkeypatch):
    calls = iter(range(9))

    def gives_up_later(*args, **options):
        if next(calls) == 2:
            raise OperationalError("the server closed the connection")
        advance(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "advance", gives_up_later)
        report = load(CONTENT, chunk_size=10)

    assert report.status == 1
    assert report.totals["created"] == Claim.objects.count() > 0
    assert "broke off" in report.files[0].refused


@pytest.mark.django_db
def test_a_database_that_gives_up_says_so_in_one_sentence_and_goes_on_later(load, monkeypatch):
    def gives_up(*args, **options):
        raise OperationalError("database is locked: row (Reyes, 1980-02-03)")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "advance", gives_up)
        report = load({"a.csv": CONTENT, "b.csv": FLAT})

    assert report.status == 2
    assert report.files[0].refused.startswith("a.csv: loading broke off (OperationalError)")
    assert "Reyes" not in report.files[0].refused
    assert "Not tried" in report.files[1].refused
    assert ImportBatch.objects.get().state == "failed"
    assert load(CONTENT).totals["created"] == 92


@pytest.mark.django_db
def test_a_second_process_on_the_same_file_stops_in_words(load, monkeypatch):
    prepare = Loader._prepare

    def overtaken(self, chunk):
        ImportBatch.objects.update(mark=50)
        return prepare(self, chunk)

    monkeypatch.setattr(Loader, "_prepare", overtaken)

    assert "another process" in load(CONTENT).files[0].refused
    assert Claim.objects.count() == 0


@pytest.mark.django_db
def test_a_payer_that_another_person_makes_meanwhile_is_found(load, monkeypatch):
    prepare = Loader._prepare
    made: list[Payer] = []

    def overtaken(self, chunk):
        plan = prepare(self, chunk)
        if not made:
            made.append(Payer.objects.create(name="Aetna"))
        return plan

    monkeypatch.setattr(Loader, "_prepare", overtaken)

    assert load(CONTENT).totals["created"] == 92
    assert Claim.objects.filter(payer=made[0]).count() == 92


@pytest.mark.django_db
def test_a_conflict_that_stays_stops_the_file_without_a_traceback(load, monkeypatch):
    def conflicts(*args, **options):
        raise IntegrityError("row (Reyes)")

    monkeypatch.setattr(loading, "advance", conflicts)

    assert "(IntegrityError)" in load(CONTENT).files[0].refused


@pytest.mark.slow
@pytest.mark.django_db
def test_kill_9_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path, load):
    rows = 6_000
    path = tmp_path / "big.csv"
    lines = (
        f"K{n:06},Payer {n % 7},100.00,2026-01-10,Paid,2026-02-{1 + n % 28:02},80.00,\n"
        for n in range(rows)
    )
    path.write_text(FLAT + "".join(lines))
    database = tmp_path / "killed.sqlite3"
    _manage(database, "migrate", "--verbosity", "0").wait()

    process = _manage(database, "import_csv", str(path))
    _wait_for_a_mark(database, process)
    people = sqlite3.connect(database, timeout=20)
    people.execute("CREATE TABLE log_in (moment TEXT)")  # somebody writes meanwhile
    people.execute("INSERT INTO log_in VALUES ('now')")
    people.commit()
    process.send_signal(signal.SIGKILL)
    process.wait()
    ((mark, state),) = people.execute("SELECT mark, state FROM billing_importbatch").fetchall()
    assert state == "running"
    assert 0 < mark < rows

    assert _manage(database, "import_csv", str(path)).wait() == 0
    found = people.execute(
        'SELECT "read", created, rejected, state, mark FROM billing_importbatch'
    ).fetchall()
    claims = people.execute("SELECT COUNT(*), SUM(paid), COUNT(DISTINCT number) FROM billing_claim")
    assert found == [(rows, rows, 0, "finished", rows)]
    assert claims.fetchone() == (rows, rows * 80, rows)
    people.close()


def _manage(database: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{database}"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def _wait_for_a_mark(database: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until the first chunk is stored."""
    deadline = time.monotonic() + 60
    connection = sqlite3.connect(database, timeout=20)
    while time.monotonic() < deadline and process.poll() is None:
        if connection.execute("SELECT 1 FROM billing_importbatch WHERE mark > 0").fetchone():
            break
        time.sleep(0.01)
    connection.close()


@pytest.mark.django_db
def test_rebuilding_after_an_import_changes_nothing(load):
    load(CONTENT)
    before = all_records()

    call_command("rebuild_claims", verbosity=0)

    assert all_records() == before
