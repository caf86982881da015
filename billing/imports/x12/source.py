"""Where X12 text comes from: files, folders and zip archives, each file with its digest."""

import codecs
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

from billing.imports.errors import FileRefusedError
from billing.imports.reader import BLOCK

SUFFIXES = frozenset(
    {".835", ".837", ".837p", ".837i", ".edi", ".x12", ".txt", ".era", ".clm", ".dat"}
)
MOST_MEMBERS = 10_000
MOST_BYTES = 4 << 30
MOST_RATIO = 500
NOT_TEXT = {
    b"\x1f\x8b": "is compressed with gzip: unpack it first",
    b"%PDF": "is a PDF, not X12",
}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """One X12 file; `member` is its name inside the archive at `path`.

    `title` is what a person calls it, where that is not by its path.
    """

    path: Path
    sha256: str
    size: int
    encoding: str
    member: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """The file's own name, as records keep it."""
        return Path(self.title or self.member or self.path.name).name[:255]

    @property
    def shown(self) -> str:
        """The file as the caller named it."""
        if self.title:
            return self.title
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    def open(self) -> TextIO:
        """The text from its beginning."""
        return io.TextIOWrapper(
            cast(io.BufferedReader, _open(self.path, self.member)),
            encoding=self.encoding,
            errors="replace",
            newline="",
        )


def sources(paths: Sequence[Path]) -> Iterator[tuple[str, Source | FileRefusedError]]:
    """Every file that these paths mean, each once, or why it cannot be read."""
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield from _examined(file)


def _files(path: Path) -> list[Path]:
    """A file as given, a folder as the files of its tree by name."""
    if not path.is_dir():
        return [path]
    inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    return [p for p in inside if _is_wanted(p.name)] or [path]


def _is_wanted(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES | {".zip", "", ".834", ".277", ".999"}


def _examined(path: Path) -> Iterator[tuple[str, Source | FileRefusedError]]:
    if path.is_dir():
        yield str(path), FileRefusedError("is a folder without X12 files")
        return
    if not path.exists():
        yield str(path), FileRefusedError("does not exist")
        return
    try:
        members = _members(path) if zipfile.is_zipfile(path) else [""]
    except (OSError, zipfile.BadZipFile, FileRefusedError) as error:
        yield str(path), FileRefusedError(str(error))
        return
    for member in members:
        shown = f"{path}/{member}" if member else str(path)
        try:
            yield shown, examine(path, member)
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError) as error:
            yield shown, FileRefusedError(f"cannot be read ({type(error).__name__})")
        except FileRefusedError as error:
            yield shown, error


def _members(path: Path) -> list[str]:
    """The files of an archive by name; raises FileRefusedError for one that would not end."""
    with zipfile.ZipFile(path) as archive:
        files = [i for i in archive.infolist() if not i.is_dir()]
    if len(files) > MOST_MEMBERS:
        raise FileRefusedError(f"holds more than {MOST_MEMBERS:,} files")
    if any(i.flag_bits & 1 for i in files):
        raise FileRefusedError("is locked with a password: unpack it first")
    packed = sum(i.compress_size for i in files) or 1
    size = sum(i.file_size for i in files)
    if size > MOST_BYTES or size > MOST_RATIO * packed + BLOCK:
        raise FileRefusedError("unpacks to far more than it holds: unpack it first")
    if not files:
        raise FileRefusedError("is an archive without files")
    return sorted(i.filename for i in files)


def examine(path: Path, member: str = "") -> Source:
    """Digest a file and find its encoding in one pass."""
    digest, size, is_utf8, encoding = hashlib.sha256(), 0, True, ""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path, member) as file:
        while block := file.read(BLOCK):
            if size == 0:
                _refuse_other_formats(block)
                encoding = "utf-16" if block.startswith(UTF_16) else ""
            digest.update(block)
            size += len(block)
            if size > MOST_BYTES:
                raise FileRefusedError("is too large")
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return Source(
        path=path,
        sha256=digest.hexdigest(),
        size=size,
        encoding=encoding or ("utf-8-sig" if is_utf8 else "latin-1"),
        member=member,
    )


def _refuse_other_formats(block: bytes) -> None:
    for magic, reason in NOT_TEXT.items():
        if block.startswith(magic):
            raise FileRefusedError(reason)


def _open(path: Path, member: str) -> IO[bytes]:
    if not member:
        return path.open("rb")
    with zipfile.ZipFile(path) as archive:  # the member keeps the file open for itself
        return archive.open(member)
