"""A dry run tells what would be done and writes nothing; a strict run loads all or nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Claim, ImportBatch, Practice
from billing.tests.imports.conftest import (
    CLAIMS,
    EXPORT,
    FLAT,
    PATIENTS,
    PAYMENTS,
    all_records,
    problems,
)

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
BAD = "C2,Aetna,-1.00,2026-01-10,Paid,2026-02-01,80.00,\n"


def test_a_dry_run_of_a_whole_export_finds_its_own_references_and_writes_nothing(load):
    before = all_records()
    with CaptureQueriesContext(connection) as queries:
        report = load(EXPORT, is_dry=True, chunk_size=1)

    assert report.as_json()["dry_run"] is True
    assert report.totals["created"] == report.totals["read"] == 17
    assert all_records() == before
    assert not Practice.objects.exists()
    assert not ImportBatch.objects.exists()
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_a_dry_run_says_what_the_real_one_then_does(load, export):
    files = {
        "claims.csv": CLAIMS.replace("100.00", "90.00") + "C3,P1,E1,5.00,2026-01-10,Paid\n",
        "patients.csv": PATIENTS,
        "payments.csv": PAYMENTS.replace("80.00", "75.00") + "X3,C3,5.00,2026-02-02,patient\n"
        "X4,C4,5.00,2026-02-02,patient\n",
    }
    before = all_records()
    checked = load(files, is_dry=True)
    assert all_records() == before

    assert checked.totals == load(files).totals
    assert checked.totals["rejected"] == 1


def test_a_dry_run_notices_repetitions_across_files(load):
    files = {"a.csv": FLAT + ROW, "b.csv": FLAT + ROW, "c.csv": FLAT + ROW.replace("80", "70")}

    checked = load(files, is_dry=True)

    assert [f.counts["created"] for f in checked.files] == [1, 0, 0]
    assert [f.counts["unchanged"] for f in checked.files] == [0, 1, 0]
    assert [f.counts["updated"] for f in checked.files] == [0, 0, 1]
    assert checked.totals == load(files).totals


def test_a_strict_run_loads_nothing_where_one_row_is_bad(load):
    before = all_records()
    report = load({"a.csv": FLAT + ROW, "b.csv": FLAT + BAD}, is_strict=True)

    assert report.status == 2
    assert all_records() == before
    assert [(line, field) for line, field, _ in problems(report)] == [(2, "billed")]
    assert [file.held_back for file in report.files] == [1, 0]
    assert report.totals["created"] == 0


def test_a_strict_run_loads_nothing_where_one_file_is_refused(load):
    assert load({"a.csv": FLAT + ROW, "b.csv": "x,y\n1,2\n"}, is_strict=True).status == 2
    assert not Claim.objects.exists()


def test_a_strict_run_without_problems_loads_everything(load):
    report = load(EXPORT, is_strict=True)

    assert report.status == 0
    assert report.totals["created"] == 17
    assert Claim.objects.count() == 2
