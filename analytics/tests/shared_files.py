"""Real files of others, which are not ours to ship.

They are found through RCM_SHARED_DATA or beside the project; with CI set they have to be there.
"""

import csv
import json
import os
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from analytics.tests.files import report

FOLDER = Path(
    os.environ.get("RCM_SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data"
).joinpath("csv_claims")


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def needs_files(*names: str) -> None:
    missing = [name for name in names if not (FOLDER / name).is_file()]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI needs {missing[0]}: name the folder that holds it in RCM_SHARED_DATA.")
    if missing:
        pytest.skip(f"{missing[0]} is not found (RCM_SHARED_DATA names its folder)")


def load(profile: str, *names: str) -> None:
    with suppress(SystemExit):
        call_command(
            "import_csv",
            *(str(FOLDER / name) for name in names),
            profile=profile,
            practice="Real Practice",
            stdout=StringIO(),
            stderr=StringIO(),
        )


def reported(slug: str, *options: str) -> Any:
    return json.loads(report(slug, "--format=json", *options))


def on_page(client: Client, slug: str, **query: str) -> Any:
    """The total of a page's table as its cells read."""
    address = reverse("analytics:kpi", args=(slug,), query={"period": "all", **query})
    answer = client.get(address).context["answer"]
    return answer.total
