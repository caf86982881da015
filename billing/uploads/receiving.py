"""A file on its way in: streamed to a private folder, measured as it comes, named by its upload.

The folder is `UPLOADS_FOLDER`: outside of everything that is served, only for the user that the
site runs as. Whatever the person called the file is kept for showing and names nothing on disk.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

MEGABYTE = 1 << 20
INCOMING = "incoming-"


class NoFiles(FileUploadHandler):
    """What every page but one does with a file: not even store it."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Leave out the file."""
        raise SkipFile

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """There is none."""
        return None


class Received(UploadedFile):
    """A file that is wholly here; `path` is where."""

    def __init__(self, path: Path, name: str | None, size: int) -> None:
        super().__init__(file=None, name=name, size=size)
        self.path = path

    def close(self) -> None:
        """Nothing is open."""


class Receiving(FileUploadHandler):
    """Streams the first file of a form to the private folder, up to UPLOAD_MEGABYTES."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_too_large = False
        self._path: Path | None = None
        self._file: Any = None
        self._size = 0

    def new_file(self, *args: Any, **options: Any) -> None:
        """Begin a file; a second one is left out."""
        super().new_file(*args, **options)
        if self._path is not None:
            raise SkipFile
        self._path = folder() / f"{INCOMING}{uuid.uuid4().hex}"
        self._file = os.fdopen(
            os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb"
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Store a piece, or stop where the file is too large; what still comes is thrown away."""
        self._size += len(raw_data)
        if self._size > most_bytes():
            self.is_too_large = True
            self.forget()
            raise StopUpload(connection_reset=False)
        self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The file, once all of it is here."""
        self._file.close()
        assert self._path is not None  # noqa: S101 - narrows the type
        return Received(self._path, self.file_name, self._size)

    def upload_interrupted(self) -> None:
        """Remove what came before the connection broke."""
        self.forget()

    def forget(self) -> None:
        """Remove what was received; whoever kept the file has moved it away."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def most_bytes() -> int:
    """How large an uploaded file may be."""
    return int(settings.UPLOAD_MEGABYTES) * MEGABYTE


def folder() -> Path:
    """The private folder, made when missing."""
    path = Path(settings.UPLOADS_FOLDER)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept_file(upload_id: int) -> Path:
    """Where the file of an upload is."""
    return folder() / str(upload_id)


def unpacked_folder(upload_id: int) -> Path:
    """Where the files of an uploaded ZIP are while they are needed."""
    return folder() / f"{upload_id}-files"


def keep(received: Received, upload_id: int) -> None:
    """Name a file by its upload."""
    received.path.rename(kept_file(upload_id))


def remove(upload_id: int) -> None:
    """Remove an upload's file, and what was unpacked of it."""
    kept_file(upload_id).unlink(missing_ok=True)
    shutil.rmtree(unpacked_folder(upload_id), ignore_errors=True)


def unfinished_receipts(older_than: float) -> Iterator[Path]:
    """Files whose request died before they had a name; `older_than` is a time stamp in seconds."""
    for path in folder().glob(f"{INCOMING}*"):
        try:
            if path.stat().st_mtime < older_than:
                yield path
        except FileNotFoundError:
            continue
