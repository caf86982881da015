"""What a received file is, by its first bytes and by the list of contents of a ZIP.

Everything here takes a moment, however large the file, and is asked before anything is stored for
good. `UnfitError` says in one sentence what is wrong and what to do.
"""

import stat
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from billing.imports.reader import NOT_TEXT
from billing.uploads.receiving import MEGABYTE, most_bytes, unpacked_folder

ENDINGS = (".csv", ".tsv", ".txt")
IN_ZIP = (".csv", ".tsv")  # a text beside them is a read-me
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz")
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MOST_FILES = 50
MOST_TIMES = 200  # a CSV of one word over and over shrinks to a hundredth; bombs to a thousandth
LARGEST_DIRECTORY = MEGABYTE
HEAD = 1 << 16
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
END = struct.Struct("<4s4H2LH")
CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\v\x1a\x1b")


class UnfitError(Exception):
    """The file cannot be loaded; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an upload holds: files to load by their own names, and those that are left out."""

    is_zip: bool
    names: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def look(path: Path, name: str) -> Found:
    """What a received file is; raises UnfitError."""
    ending = PurePosixPath(name.lower()).suffix
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UnfitError(f"{name} is empty: a header line and rows are expected.")
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _look_into(path, name, ending)
    _check_text(head, name)
    if ending in SPREADSHEETS:
        raise UnfitError(
            f"{name} is named like a spreadsheet, but is text: rename it to end in .csv."
        )
    if ending in ARCHIVES:
        raise UnfitError(f"{name} is named like an archive, but is text: rename it to end in .csv.")
    if ending not in ENDINGS:
        raise UnfitError(f"{name} does not end in .csv or .zip: only these are loaded here.")
    return Found(False, (name,))


def _check_text(head: bytes, name: str) -> None:
    for magic, reason in NOT_TEXT.items():
        if head.startswith(magic):
            raise UnfitError(f"{name} {reason}.")
    if b"\0" in head:
        raise UnfitError(
            f"{name} holds NUL bytes, so that it is no text or damaged: export it again."
        )
    if any(byte in CONTROL for byte in head[:4096]):
        raise UnfitError(f"{name} is no text: save it as CSV (UTF-8) first.")


# ZIP archives


def _look_into(path: Path, name: str, ending: str) -> Found:
    _check_directory(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UnfitError(f"{name} is a damaged ZIP archive: make it again.") from error
    if any(m.filename in ("[Content_Types].xml", "xl/workbook.xml", "mimetype") for m in members):
        raise UnfitError(f"{name} is a spreadsheet, not CSV: save it as CSV (UTF-8) first.")
    if ending != ".zip":
        raise UnfitError(f"{name} is a ZIP archive, but is not named so: rename it to end in .zip.")
    for member in members:
        _check_member(member, name)
    taken = [m for m in members if _is_taken(m.filename)]
    _check_sizes(taken, path.stat().st_size, name)
    left_out = [m.filename for m in members if m not in taken and not _is_litter(m.filename)]
    return Found(True, tuple(m.filename for m in taken), tuple(left_out))


def _check_directory(path: Path, name: str) -> None:
    """Read how long the list of contents is before anybody reads the list."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - HEAD - END.size, 0))
        tail = file.read()
    position = tail.rfind(EMPTY_ZIP)
    if position < 0 or len(tail) - position < END.size:
        raise UnfitError(f"{name} is a damaged ZIP archive: make it again.")
    _, _, _, _, files, length, _, _ = END.unpack_from(tail, position)
    if files > 10 * MOST_FILES or length > LARGEST_DIRECTORY:
        raise UnfitError(f"{name} holds too many files: at most {MOST_FILES}.")


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    place = PurePosixPath(member.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        raise UnfitError(f"{name} holds a file whose name leads out of the archive: make it again.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnfitError(f"{name} holds a link instead of a file: make it again.")
    if member.flag_bits & 0x1:
        raise UnfitError(f"{name} is protected by a password: make it again without one.")
    if place.suffix.lower() in ARCHIVES:
        raise UnfitError(
            f"{name} holds another archive, {place.name}: put the CSV files in one ZIP."
        )
    if place.suffix.lower() in SPREADSHEETS:
        raise UnfitError(
            f"{name} holds the spreadsheet {place.name}: save it as CSV (UTF-8) first."
        )
    if member.compress_type not in PACKED:
        raise UnfitError(f"{name} is packed in an unusual way: make it again as an ordinary ZIP.")


def _check_sizes(taken: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    if not taken:
        raise UnfitError(f"{name} holds no CSV file.")
    if len(taken) > MOST_FILES:
        raise UnfitError(f"{name} holds {len(taken)} files: at most {MOST_FILES}.")
    total = sum(member.file_size for member in taken)
    if total > most_unpacked():
        raise UnfitError(
            f"{name} holds more than {settings.UPLOAD_UNPACKED_MEGABYTES:,} MB unpacked: "
            "load its files one by one."
        )
    if total > MEGABYTE and total > MOST_TIMES * packed:
        raise UnfitError(
            f"{name} unpacks to more than {MOST_TIMES} times its size, as no export does."
        )


def _is_taken(name: str) -> bool:
    return name.lower().endswith(IN_ZIP) and not _is_litter(name)


def _is_litter(name: str) -> bool:
    """What an operating system leaves in archives."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def most_unpacked() -> int:
    """How many bytes the files of a ZIP may have together."""
    return int(settings.UPLOAD_UNPACKED_MEGABYTES) * MEGABYTE


def unpack(path: Path, found: Found, upload_id: int, name: str) -> dict[Path, str]:
    """The files of an upload with their own names; those of a ZIP are unpacked under numbers.

    Raises UnfitError where a file is damaged or larger than its archive says.
    """
    if not found.is_zip:
        return {path: name}
    target = unpacked_folder(upload_id)
    target.mkdir(mode=0o700, exist_ok=True)
    names: dict[Path, str] = {}
    short = Counter(PurePosixPath(member).name for member in found.names)
    room = most_unpacked()
    try:
        with zipfile.ZipFile(path) as archive:
            for number, member in enumerate(found.names, start=1):
                file = target / f"{number:04}.csv"
                room -= _copy(archive, member, file, room)
                own = PurePosixPath(member).name
                names[file] = own if short[own] == 1 else member
    except Exception as error:  # zlib, struct and others say each in their way what is damaged
        if isinstance(error, UnfitError):
            raise
        raise UnfitError(f"{name} is a damaged ZIP archive: make it again.") from error
    return names


def _copy(archive: zipfile.ZipFile, member: str, file: Path, room: int) -> int:
    """Unpack one file; return its size."""
    size = 0
    file.touch(mode=0o600)
    with archive.open(member) as packed, file.open("wb") as out:
        while piece := packed.read(MEGABYTE):
            size += len(piece)
            if size > room:
                raise UnfitError(f"{PurePosixPath(member).name} is larger than its archive says.")
            out.write(piece)
    return size


__all__ = ["Found", "UnfitError", "look", "most_bytes", "unpack"]
