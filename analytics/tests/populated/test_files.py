"""The files of every page hold what the page holds, on the web and on the command line."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from analytics.registry import PAGES
from analytics.tests.files import as_csv, as_xlsx, report, text, url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", PAGES)
def test_json_of_the_web_and_of_the_command_line_are_the_same(slug, browser, population):
    query = {
        "period": "custom",
        "from": "2026-01-01",
        "to": "2026-06-30",
        "as_of": "2026-10-30",
        "department": ["Cardiology", "Radiology"],
    }
    address = reverse("analytics:kpi", args=(slug,), query={**query, "format": "json"})

    web = text(browser.get(address))
    command = report(
        slug,
        "--format=json",
        "--period=custom",
        "--from=2026-01-01",
        "--to=2026-06-30",
        "--as-of=2026-10-30",
        "--department",
        "Cardiology",
        "Radiology",
    )

    assert json.loads(web)["rows"]
    assert web == command


@pytest.mark.parametrize("slug", PAGES)
def test_files_hold_every_row_and_the_total(slug, browser, population):
    rows = json.loads(text(browser.get(url(slug, format="json"))))["rows"]
    from_csv = as_csv(browser.get(url(slug, format="csv")))
    from_xlsx = as_xlsx(browser.get(url(slug, format="xlsx")))
    page = PAGES[slug]

    assert from_csv[0] == from_xlsx[0] == [column.label for column in page.columns.values()]
    assert len(from_csv) == len(from_xlsx) == len(rows) + 2
    assert from_csv[-1][0] == from_xlsx[-1][0] == "Total"
    for line, cells, row in zip(from_csv[1:-1], from_xlsx[1:-1], rows, strict=True):
        for position, name in enumerate(page.columns):
            if page.columns[name].is_number and row[name] is not None:
                assert Decimal(line[position]) == Decimal(str(row[name])), name
                assert cells[position] == pytest.approx(float(row[name]), abs=1e-4), name
