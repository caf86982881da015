"""What is no CSV, or too much of it, is refused in a sentence and nowhere stored."""

import io
import struct
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.models import Upload
from billing.tests.imports.conftest import EXPORT, FLAT, PATIENTS
from billing.tests.uploads.conftest import looked_at, send, zipped

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
WORKBOOK: dict[str, str | bytes] = {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}


def member(name: str, content: bytes = b"a,b\n", **marks: Any) -> bytes:
    """A ZIP with one file of that name, its entry marked so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(name)
        for mark, value in marks.items():
            setattr(entry, mark, value)
        archive.writestr(entry, content)
    return out.getvalue()


def locked() -> bytes:
    """A ZIP that says that it is encrypted."""
    found = bytearray(member("claims.csv"))
    found[6] |= 1
    found[found.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(found)


def boasting() -> bytes:
    """A ZIP whose list of contents says that it holds thousands of files."""
    found = bytearray(member("claims.csv"))
    struct.pack_into("<HH", found, found.rindex(b"PK\x05\x06") + 8, 60_000, 60_000)
    return bytes(found)


REFUSED = {
    "an empty file": (b"", "claims.csv", "is empty"),
    "a spreadsheet named .csv": (zipped(WORKBOOK), "claims.csv", "is a spreadsheet, not CSV"),
    "a spreadsheet": (zipped(WORKBOOK), "claims.xlsx", "is a spreadsheet, not CSV"),
    "a spreadsheet named .zip": (zipped(WORKBOOK), "claims.zip", "is a spreadsheet, not CSV"),
    "a CSV named .xlsx": (FLAT.encode(), "claims.xlsx", "rename it to end in .csv"),
    "a CSV named .zip": (FLAT.encode(), "claims.zip", "rename it to end in .csv"),
    "a ZIP named .csv": (zipped({"a.csv": FLAT}), "claims.csv", "rename it to end in .zip"),
    "another kind": (FLAT.encode(), "claims.exe", "does not end in .csv or .zip"),
    "NUL bytes": (FLAT.encode() + b"C1\0,", "claims.csv", "holds NUL bytes"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x01\x02", "claims.csv", "is no text"),
    "a PDF": (b"%PDF-1.7", "claims.csv", "is a PDF, not CSV"),
    "a gzip": (b"\x1f\x8b\x08", "claims.csv", "is compressed"),
    "UTF-16": (FLAT.encode("utf-16"), "claims.csv", "is UTF-16 text"),
    "X12": (b"ISA*00*", "claims.csv", "is an X12 file"),
    "no ZIP behind its first bytes": (b"PK\x03\x04 and so on", "a.zip", "is a damaged ZIP"),
    "a ZIP cut short": (zipped({"a.csv": FLAT})[:-30], "a.zip", "is a damaged ZIP"),
    "a ZIP without CSV": (zipped({"read me.txt": "x"}), "a.zip", "holds no CSV file"),
    "an empty ZIP": (zipped({}), "a.zip", "holds no CSV file"),
    "a ZIP in a ZIP": (zipped({"a.csv": FLAT, "b.zip": b"PK"}), "a.zip", "another archive, b.zip"),
    "a spreadsheet in a ZIP": (zipped({"b.xlsx": b"PK"}), "a.zip", "holds the spreadsheet b.xlsx"),
    "a way out": (member("../../etc/cron.csv"), "a.zip", "leads out of the archive"),
    "a way out with backslashes": (member("..\\a.csv"), "a.zip", "leads out of the archive"),
    "an absolute name": (member("/etc/a.csv"), "a.zip", "leads out of the archive"),
    "a drive": (member("C:/a.csv"), "a.zip", "leads out of the archive"),
    "a link": (member("a.csv", external_attr=0o120777 << 16), "a.zip", "holds a link"),
    "a password": (locked(), "a.zip", "is protected by a password"),
    "an unusual packing": (
        member("a.csv", compress_type=zipfile.ZIP_LZMA),
        "a.zip",
        "packed in an unusual way",
    ),
    "51 files": (zipped({f"{n}.csv": FLAT for n in range(51)}), "a.zip", "at most 50"),
    "thousands of files": (boasting(), "a.zip", "holds too many files"),
    "a bomb": (zipped({"a.csv": b"0" * (20 << 20)}), "a.zip", "more than 200 times its size"),
}


@pytest.mark.parametrize(("content", "name", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_a_sentence_and_stored_nowhere(
    biller, private_folder, content, name, reason
):
    response = send(biller, content, name)

    assert response.status_code == 200
    (told,) = response.context["form"].errors["file"]
    assert reason in told
    assert told.endswith(".")
    assert not Upload.objects.exists()
    assert list(private_folder.iterdir()) == []


def test_the_total_of_a_zip_is_limited(biller, settings):
    settings.UPLOAD_UNPACKED_MEGABYTES = 1
    noise = "".join(f"{n * 7919 % 100_003}," for n in range(200_000))

    response = send(biller, zipped({"a.csv": noise}), "a.zip")

    assert "more than 1 MB unpacked" in response.context["form"].errors["file"][0]


def test_a_file_over_the_limit_is_thrown_away_while_it_comes(biller, settings, private_folder):
    settings.UPLOAD_MEGABYTES = 1

    response = send(biller, b"a,b\n" * 300_000)

    assert response.context["form"].errors["file"] == [
        "The file is larger than 1 MB, the most that is taken: load it in parts."
    ]
    assert "at most 1 mb" in response.content.decode().lower()
    assert not Upload.objects.exists()
    assert list(private_folder.iterdir()) == []
    assert send(biller, b"a,b\n" * 200_000).status_code == 302


def test_a_damaged_file_inside_a_zip_is_found_by_the_worker(biller, private_folder):
    found = bytearray(member("claims.csv", FLAT.encode() + ROW.encode() * 3))
    found[60] ^= 0xFF

    upload = looked_at(biller, bytes(found), "a.zip")

    assert (upload.state, upload.problem) == (
        "refused",
        "a.zip is a damaged ZIP archive: make it again.",
    )
    assert list(private_folder.iterdir()) == []


def test_what_an_operating_system_adds_is_passed_over_and_the_rest_named(biller):
    upload = looked_at(
        biller,
        zipped(
            {
                "in/patients.csv": PATIENTS,
                "__MACOSX/in/._patients.csv": b"\0",
                ".DS_Store": b"\0",
                "read me.txt": "Hello",
            }
        ),
        "a.zip",
    )

    page = biller.get(f"/imports/uploads/{upload.pk}/").content.decode()
    assert [file["file"] for file in upload.findings["files"]] == ["patients.csv"]
    assert "read me.txt" in page
    assert "MACOSX" not in page


def test_a_file_of_no_known_kind_beside_others_is_named_and_left_out(biller):
    upload = looked_at(biller, EXPORT | {"other.csv": "x,y\n1,2\n"})

    page = biller.get(f"/imports/uploads/{upload.pk}/").content.decode()
    assert upload.state == "checked"
    assert "other.csv is of no known kind" in page


def test_two_files_of_one_name_in_a_zip_are_told_apart(biller):
    files = {"a/patients.csv": PATIENTS, "b/patients.csv": PATIENTS.replace("M1", "M2")}

    upload = looked_at(biller, zipped(dict(files)), "a.zip")

    assert {file["file"] for file in upload.findings["files"]} == set(files)
    assert upload.findings["created"] == 2


@pytest.mark.parametrize("name", ["<b>=1+1</b>.csv", "a\x07\u202eb.csv", "x" * 400 + ".csv"])
def test_a_strange_name_is_only_shown(biller, private_folder, name):
    upload = looked_at(biller, FLAT + ROW, name)

    page = biller.get(f"/imports/uploads/{upload.pk}/").content.decode()
    assert upload.file_name.isprintable()
    assert len(upload.file_name) <= 255
    assert "<b>" not in page
    assert [path.name for path in private_folder.iterdir()] == [str(upload.pk)]


def test_no_other_page_takes_a_file(client: Client, private_folder):
    file = SimpleUploadedFile("a.csv", b"x" * (3 << 20))

    response = client.post("/accounts/login/", {"username": "a", "file": file})

    assert response.status_code == 200
    assert not response.wsgi_request.FILES
    assert not private_folder.exists()
