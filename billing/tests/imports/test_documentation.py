"""The samples load, and `docs/csv.md` describes the columns that there are."""

from pathlib import Path

import pytest
from django.conf import settings

from billing.imports.kinds import KINDS
from billing.imports.profile import shipped_profiles
from billing.imports.run import Request, import_csv
from billing.models import Claim
from billing.tests.imports.conftest import TODAY

ROOT: Path = settings.BASE_DIR
SAMPLES = ROOT / "samples"
DOCUMENT = ROOT / "docs" / "csv.md"


@pytest.mark.django_db
def test_the_samples_load_and_cover_every_kind():
    report = import_csv(Request(paths=[SAMPLES, SAMPLES / "flat"]), today=TODAY)

    assert report.status == 0, report.as_json()
    assert not report.totals["unchanged"]
    assert {file.kind for file in report.files} == set(KINDS)
    assert list(Claim.objects.order_by("number").values_list("number", "status")) == [
        ("C9001", "paid"),
        ("C9002", "appealed"),
        ("C9003", "pending"),
        ("F1", "paid"),
        ("F2", "denied"),
        ("F3", "denied"),
        ("F4", "pending"),
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_column_is_described(kind):
    described = DOCUMENT.read_text(encoding="utf-8")

    assert f"### {kind.title} (`{kind.name}`)" in described
    section = described.partition(f"(`{kind.name}`)")[2].partition("\n### ")[0]
    for column in kind.columns:
        needed = "yes" if column.is_required else ""
        assert f"| `{column.name}` | {needed} | {column.form} | {column.meaning} |" in section
    for mark in kind.marks:
        assert mark in {column.name for column in kind.columns}


def test_every_shipped_profile_is_named():
    described = DOCUMENT.read_text(encoding="utf-8")

    for name in shipped_profiles():
        assert f"`{name}`" in described
