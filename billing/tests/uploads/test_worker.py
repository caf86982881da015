"""A worker that is killed loses nothing, and two workers never do the same twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as site
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from billing.imports import loading
from billing.leases import Released, stopping, take
from billing.models import Claim, ImportBatch, Upload
from billing.record_dump import dump
from billing.tests.imports.conftest import EXPORT, FLAT
from billing.tests.uploads.conftest import loaded, looked_at, run_worker, send
from billing.uploads import working
from billing.uploads.taking_up import take_up, tidy

ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def kill_at(patch: pytest.MonkeyPatch, call: int, target: Any, name: str) -> None:
    """Let the worker die when this is called so often."""
    original, calls = getattr(target, name), [0]

    def dying(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise Killed
        return original(*args, **options)

    patch.setattr(target, name, dying)


def queued() -> list[tuple[str, list[int]]]:
    return [(r.task_path.rpartition(".")[2], r.args_kwargs["args"]) for r in ready()]


def ready() -> Any:
    return DBTaskResult.objects.filter(status="READY").order_by("enqueued_at")


@pytest.mark.django_db
@pytest.mark.parametrize("file", [1, 4, 10])
def test_a_worker_killed_while_loading_is_followed_by_another(biller, monkeypatch, settings, file):
    loaded(biller, EXPORT)
    wanted = list(dump())
    for claim in ImportBatch.objects.order_by("-pk"):
        assert claim.state == "finished"
    biller.post(f"/imports/{ImportBatch.objects.latest('pk').pk}/undo/")
    run_worker()

    upload = looked_at(biller, EXPORT)
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    with monkeypatch.context() as patch:
        kill_at(patch, file, loading, "advance")
        with pytest.raises(Killed):
            run_worker()
    upload.refresh_from_db()
    assert upload.state == "loading"
    assert take_up() == 0  # it might still live
    working.load(upload.pk)
    assert list(dump()) != wanted

    settings.WORKER_SILENT_SECONDS = 0
    assert take_up() == 1
    assert take_up() == 0  # it waits already
    assert queued() == [("load_upload", [upload.pk])]
    run_worker()

    upload.refresh_from_db()
    assert upload.state == "finished"
    assert list(dump()) == wanted
    counts = [(b.read, b.created, b.unchanged) for b in upload.batches.all()]
    assert len(counts) == len(EXPORT)
    assert all(read == created and not unchanged for read, created, unchanged in counts)
    assert not DBTaskResult.objects.filter(status="RUNNING").exists()


@pytest.mark.django_db
def test_a_worker_killed_while_looking_is_followed_by_another(biller, monkeypatch, settings):
    send(biller, FLAT + ROW)
    with monkeypatch.context() as patch:
        kill_at(patch, 1, working, "import_csv")
        with pytest.raises(Killed):
            run_worker()
    settings.WORKER_SILENT_SECONDS = 0
    take_up()
    run_worker()

    assert Upload.objects.get().state == "checked"


@pytest.mark.django_db
def test_a_task_that_was_lost_altogether_is_made_anew(biller):
    send(biller, FLAT + ROW)
    DBTaskResult.objects.all().delete()

    take_up()
    run_worker()

    assert Upload.objects.get().state == "checked"


@pytest.mark.django_db
def test_what_one_worker_has_in_hand_no_other_takes(biller):
    upload = looked_at(biller, FLAT + ROW)
    Upload.objects.update(state="confirmed")
    lease = take(Upload, upload.pk, states=("confirmed",), to="loading")
    assert lease is not None

    working.load(upload.pk)

    assert not Claim.objects.exists()
    Upload.objects.update(lease="another")
    with pytest.raises(Released):
        lease.write(done=1)


@pytest.mark.django_db
def test_a_worker_that_was_taken_for_dead_writes_nothing_more(biller, monkeypatch):
    upload = looked_at(biller, FLAT + ROW)
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    prepare = loading.Loader._prepare

    def held_up(self, chunk):
        Upload.objects.update(lease="another")
        return prepare(self, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(loading.Loader, "_prepare", held_up)
        run_worker()

    assert not Claim.objects.exists()
    assert ImportBatch.objects.get().mark == 0
    Upload.objects.update(lease="")
    take_up()
    run_worker()
    assert ImportBatch.objects.get().created == 1


@pytest.mark.django_db
def test_a_worker_that_is_asked_to_end_leaves_the_rest_to_the_next(biller):
    upload = looked_at(biller, FLAT + ROW)
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    stopping.set()
    try:
        run_worker()
    finally:
        stopping.clear()
    upload.refresh_from_db()
    assert (upload.state, upload.lease) == ("loading", "")

    take_up()
    run_worker()

    upload.refresh_from_db()
    assert upload.state == "finished"
    assert ImportBatch.objects.get().created == 1


@pytest.mark.django_db
def test_a_fault_of_ours_is_told_and_loading_goes_on_later(biller, monkeypatch, private_folder):
    upload = looked_at(biller, FLAT + ROW)
    biller.post(f"/imports/uploads/{upload.pk}/confirm/")

    def fails(*args, **options):
        raise RuntimeError("Reyes, Ines")

    with monkeypatch.context() as patch:
        patch.setattr(working, "import_csv", fails)
        run_worker()
    upload.refresh_from_db()
    assert upload.state == "failed"
    assert "RuntimeError" in upload.problem
    assert "Reyes" not in upload.problem
    assert "Go on" in biller.get(f"/imports/uploads/{upload.pk}/").content.decode()

    biller.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()
    upload.refresh_from_db()
    assert upload.state == "finished"


@pytest.mark.django_db
def test_uploads_that_nobody_agrees_to_are_removed_after_days(biller, private_folder, settings):
    old, new = looked_at(biller, FLAT + ROW), looked_at(biller, FLAT + ROW)
    long_ago = timezone.now() - timedelta(days=settings.UPLOAD_DAYS, minutes=1)
    Upload.objects.filter(pk=old.pk).update(uploaded_at=long_ago)
    torn = private_folder / "incoming-1"
    torn.touch()
    orphan = private_folder / "999"
    orphan.touch()
    for path in (torn, orphan):
        os.utime(path, (0, 0))

    tidy()

    old.refresh_from_db()
    assert (old.state, old.findings["files"][0]["rows"]) == ("discarded", [])
    assert [path.name for path in private_folder.iterdir()] == [str(new.pk)]


# With real processes

ROWS = 6_000
PUT = """
import shutil, sys
from django.contrib.auth.models import User
from billing.models import Practice, Upload
from billing.uploads.receiving import kept_file
from billing.uploads.tasks import load_upload
practice = Practice.objects.create(name="Harbor Clinic")
user = User.objects.create_user("biller")
upload = Upload.objects.create(
    practice=practice, file_name="big.csv", size=1, who=user, state="confirmed"
)
shutil.copy({path!r}, kept_file(upload.pk))
load_upload.enqueue(upload.pk)
"""
Query = Callable[[str], list[Any]]


@pytest.fixture
def house(tmp_path, django_db_blocker) -> Iterator[tuple[dict[str, str], Query]]:
    """An environment with a database of its own, of the engine under test; how to ask that."""
    environment = os.environ | {
        "UPLOADS_FOLDER": str(tmp_path / "private"),
        "WORKER_SILENT_SECONDS": "4",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    if connection.vendor == "sqlite":
        path = tmp_path / "worker.sqlite3"

        def ask(sql: str) -> list[Any]:
            with closing(sqlite3.connect(path, timeout=20)) as database:
                return database.execute(sql).fetchall()

        yield environment | {"DATABASE_URL": f"sqlite:///{path}"}, ask
        return
    address = os.environ["TEST_DATABASE_URL"]
    server, _, name = address.rpartition("/")
    own = f"{name}_worker_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {own}")
        try:

            def ask(sql: str) -> list[Any]:
                with psycopg.connect(f"{server}/{own}") as database:
                    return database.execute(sql).fetchall()

            yield environment | {"DATABASE_URL": f"{server}/{own}"}, ask
        finally:
            admin.execute(f"DROP DATABASE {own} WITH (FORCE)")


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=site.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(ask: Query, sql: str, wanted: Any, seconds: int = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ask(sql) == wanted:
            return
        time.sleep(0.02)
    raise AssertionError((sql, ask(sql)))


@pytest.mark.slow
def test_kill_9_of_the_worker_and_two_that_follow_give_one_clean_run(house, tmp_path: Path):
    environment, ask = house
    path = tmp_path / "big.csv"
    path.write_text(
        FLAT
        + "".join(
            f"K{n:06},Payer {n % 7},100.00,2026-01-10,Paid,2026-02-{1 + n % 28:02},80.00,\n"
            for n in range(ROWS)
        )
    )
    assert manage(environment, "migrate", "--verbosity", "0").wait() == 0
    assert manage(environment, "shell", "-c", PUT.format(path=str(path))).wait() == 0

    patient = environment | {"WORKER_SILENT_SECONDS": "600"}  # takes nobody for dead
    first = manage(patient, "db_worker", "--no-startup-delay")
    wait_until(ask, "SELECT count(*) FROM billing_importbatch WHERE mark > 0", [(1,)])
    first.send_signal(signal.SIGKILL)
    first.wait()
    ((mark, state),) = ask("SELECT mark, state FROM billing_importbatch")
    assert (0 < mark < ROWS, state) == (True, "running")
    running = "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"
    assert ask(running) == [(1,)]

    followers = [manage(environment, "db_worker", "--no-startup-delay") for _ in range(2)]
    wait_until(ask, "SELECT state FROM billing_upload", [("finished",)])
    wait_until(ask, running, [(0,)])
    for follower in followers:
        follower.send_signal(signal.SIGTERM)
    assert [follower.wait(timeout=30) for follower in followers] == [0, 0]

    batches = ask(
        'SELECT "read", created, unchanged, rejected, state, mark FROM billing_importbatch'
    )
    claims = ask("SELECT count(*), count(DISTINCT number) FROM billing_claim")
    assert batches == [(ROWS, ROWS, 0, 0, "finished", ROWS)]
    assert claims == [(ROWS, ROWS)]
    assert list((tmp_path / "private").iterdir()) == []
