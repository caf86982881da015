"""People who load files through the Imports page, and a worker that runs inside the test."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from billing.models import ImportBatch, Practice, PracticeAccess, Upload
from billing.tests.builders import PRACTICE, make_practice
from billing.tests.imports.conftest import EXPORT, write  # noqa: F401 - fixtures

TODAY = date(2026, 11, 21)
Send = Callable[..., Any]
Content = str | bytes | dict[str, str]


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args, **options: TODAY)


@pytest.fixture(autouse=True)
def private_folder(settings, tmp_path) -> Path:
    path: Path = tmp_path / "private"
    settings.UPLOADS_FOLDER = path
    return path


@pytest.fixture
def practice(db) -> Practice:
    return make_practice(PRACTICE)


def person(name: str, group: str, *practices: Practice) -> Client:
    """A browser of somebody in this group who works for these practices."""
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    PracticeAccess.objects.create(user=user).practices.set(practices)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def biller(practice) -> Client:
    return person("biller", "Billers", practice)


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def send(client: Client, content: Content, name: str = "", **fields: Any) -> Any:
    """Upload a file, or a ZIP of several, as the form does."""
    data = zipped(dict(content)) if isinstance(content, dict) else content
    file = SimpleUploadedFile(
        name or ("export.zip" if isinstance(content, dict) else "file.csv"),
        data.encode() if isinstance(data, str) else data,
    )
    chosen = {"practice": Practice.objects.get(name=PRACTICE).pk, "profile": ""}
    return client.post("/imports/upload/", {**chosen, **fields, "file": file})


def run_worker() -> None:
    """Do the tasks that wait, as `db_worker` does, in this process."""
    while (waiting := DBTaskResult.objects.ready().first()) is not None:
        waiting.claim("test")
        waiting.task.call(*waiting.args_kwargs["args"])
        waiting.set_successful(None)


def looked_at(client: Client, content: Content, name: str = "", **fields: Any) -> Upload:
    """Upload and let the worker look."""
    response = send(client, content, name, **fields)
    assert response.status_code == 302, response.content.decode()
    run_worker()
    return Upload.objects.latest("pk")


def loaded(client: Client, content: Content, name: str = "", **fields: Any) -> Upload:
    """Upload, look, agree, load."""
    upload = looked_at(client, content, name, **fields)
    assert upload.state == "checked", upload.problem
    client.post(f"/imports/uploads/{upload.pk}/confirm/")
    run_worker()
    upload.refresh_from_db()
    return upload


def undone(client: Client, batch: ImportBatch) -> ImportBatch:
    """Undo an import."""
    client.post(f"/imports/{batch.pk}/undo/")
    run_worker()
    batch.refresh_from_db()
    return batch


__all__ = ["EXPORT"]
