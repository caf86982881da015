"""What a received file is, by its first bytes and by the list of contents of a ZIP.

Everything here takes a moment, however large the file, and is asked before anything is stored for
good. `UnfitError` says in one sentence what is wrong and what to do.
"""

import codecs
import stat
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from billing.imports.reader import NOT_TEXT
from billing.imports.x12.source import SUFFIXES
from billing.uploads.receiving import MEGABYTE, most_bytes, unpacked_folder

ENDINGS = (".csv", ".tsv", ".txt")
OF_X12 = tuple(sorted(SUFFIXES - {".txt"}))
ISA = b"ISA"
IN_ZIP = (".csv", ".tsv")  # a text beside them is a read-me
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz")
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MOST_FILES = 50
MOST_X12 = 200
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
    """What an upload holds: files to load by their own names, and those that are left out.

    They are all X12 or all CSV.
    """

    is_zip: bool
    names: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_x12: bool = False


def look(path: Path, name: str) -> Found:
    """What a received file is; raises UnfitError."""
    ending = PurePosixPath(name.lower()).suffix
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UnfitError(f"{name} is empty: a header line and rows are expected.")
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _look_into(path, name, ending)
    if is_x12(head):
        if ending in (*IN_ZIP, *ARCHIVES, *SPREADSHEETS):
            raise UnfitError(f"{name} is an X12 file: rename it to end in .835, .837 or .edi.")
        return Found(False, (name,), is_x12=True)
    _check_text(head, name)
    if ending in OF_X12:
        raise UnfitError(f"{name} does not begin with ISA: it is no X12 file, or its head is lost.")
    if ending in SPREADSHEETS:
        raise UnfitError(
            f"{name} is named like a spreadsheet, but is text: rename it to end in .csv."
        )
    if ending in ARCHIVES:
        raise UnfitError(f"{name} is named like an archive, but is text: rename it to end in .csv.")
    if ending not in ENDINGS:
        raise UnfitError(
            f"{name} does not end in .csv or .zip and is no X12 file: only these are loaded here."
        )
    return Found(False, (name,))


def is_x12(head: bytes) -> bool:
    """Whether a file that begins so is an interchange of X12, whatever its name."""
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(ISA)


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
            interchanges = {m.filename for m in members if _begins_as_x12(archive, m)}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UnfitError(f"{name} is a damaged ZIP archive: make it again.") from error
    if any(m.filename in ("[Content_Types].xml", "xl/workbook.xml", "mimetype") for m in members):
        raise UnfitError(f"{name} is a spreadsheet, not CSV: save it as CSV (UTF-8) first.")
    if ending != ".zip":
        raise UnfitError(f"{name} is a ZIP archive, but is not named so: rename it to end in .zip.")
    for member in members:
        _check_member(member, name)
    taken = [m for m in members if _is_taken(m.filename)]
    if interchanges and taken:
        raise UnfitError(f"{name} holds both CSV and X12 files: load them apart.")
    taken = taken or [m for m in members if m.filename in interchanges]
    _check_sizes(taken, path.stat().st_size, name, MOST_X12 if interchanges else MOST_FILES)
    left_out = [m.filename for m in members if m not in taken and not _is_litter(m.filename)]
    names = tuple(m.filename for m in taken)
    return Found(True, names, tuple(left_out), is_x12=bool(interchanges))


def _begins_as_x12(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a file of an archive is X12 by its first bytes; one that cannot be read is none."""
    if _is_taken(member.filename) or _is_litter(member.filename):
        return False
    if member.flag_bits & 0x1 or member.compress_type not in PACKED:
        return False  # refused below, in words
    try:
        with archive.open(member) as file:
            return is_x12(file.read(64))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        return False


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


def _check_sizes(taken: list[zipfile.ZipInfo], packed: int, name: str, most: int) -> None:
    if not taken:
        raise UnfitError(f"{name} holds no CSV file and no X12 file.")
    if len(taken) > most:
        raise UnfitError(f"{name} holds {len(taken)} files: at most {most}.")
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
