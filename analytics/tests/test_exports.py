"""Every table as CSV, XLSX and JSON, on the web and by `manage.py report`."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError

from analytics import exports
from analytics.registry import PAGES
from analytics.tests.files import as_csv, as_xlsx, body, claims_url, report, text, url
from analytics.tests.population import TODAY
from billing.sheets import FORMULA_SIGNS, safe
from billing.tests.builders import contractual_adjustment, decision, make_claim

pytestmark = pytest.mark.django_db

EVIL = "=HYPERLINK(1)"


@pytest.fixture
def two_payers():
    make_claim(
        number="A1",
        payer="Aetna",
        billed="200.00",
        decisions=[decision(on=date(2026, 2, 1), denied="120.50", reason="197")],
    )
    make_claim(
        number="C1",
        payer="Cigna",
        billed="100.00",
        decisions=[decision(on=date(2026, 2, 1), paid="80.00")],
    )
    make_claim(
        number="C2",
        payer="Cigna",
        billed="100.00",
        decisions=[decision(on=date(2026, 2, 2), paid="80.00")],
    )


def test_json_says_what_it_is_and_holds_rows_and_total(browser, two_payers):
    page = PAGES["denials-by-payer"]

    found = json.loads(text(browser.get(url("denials-by-payer", format="json"))))

    assert list(found) == ["slug", "title", "definition", "scope", "columns", "rows", "total"]
    assert (found["slug"], found["title"]) == ("denials-by-payer", "Denials by payer")
    assert found["definition"] == page.definition
    assert found["scope"] == {
        "period": "all",
        "from": None,
        "to": None,
        "as_of": TODAY.isoformat(),
        "payer": [],
        "department": [],
        "provider": [],
        "practice": [],
    }
    assert [column["name"] for column in found["columns"]] == list(page.columns)
    assert found["columns"][1] == {"name": "decided", "label": "Decided", "unit": ""}
    aetna, cigna = found["rows"]
    assert aetna == {
        "payer": "Aetna",
        "decided": 1,
        "denied": 1,
        "rate": 100.0,
        "denied_in_full": 1,
        "patient_non_covered": 0,
        "reduced": 0,
        "resolved": 0,
        "denied_amount": "120.50",
        "billed": "200.00",
        "full_rate": 100.0,
        "first_pass_rate": 0.0,
        "amount_rate": 60.25,
        "claims_url": claims_url("denials-by-payer", row="Aetna"),
    }
    assert (cigna["payer"], cigna["decided"], cigna["denied_amount"]) == ("Cigna", 2, "0.00")
    assert found["total"].keys() == aetna.keys() - {"payer"}
    assert found["total"]["rate"] == 33.3333
    assert found["total"]["billed"] == "400.00"
    assert found["total"]["claims_url"] == claims_url("denials-by-payer")


def test_csv_and_json_are_streamed(browser, two_payers):
    for address in (url("aging"), claims_url("aging", part="claims")):
        for kind in ("csv", "json"):
            response = browser.get(f"{address}&format={kind}")

            assert response.streaming
            assert f'.{kind}"' in response["Content-Disposition"]
            body(response)


def test_claims_are_read_in_chunks(browser, two_payers, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 1)

    assert len(as_csv(browser.get(claims_url("denials-by-payer", format="csv")))) == 4


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_text_that_would_be_a_formula_is_made_harmless(sign):
    assert safe(f"{sign}1+1") == f"'{sign}1+1"


@pytest.mark.parametrize("value", [Decimal("-5.00"), -5, -0.5, None, "", "Aetna", "a=b", "4-4"])
def test_amounts_and_plain_text_are_left_alone(value):
    assert safe(value) is value


def test_names_of_payers_and_departments_cannot_carry_formulas(browser):
    for name in (EVIL, "+1", "-1", "@SUM(A1)", "\tTab"):
        make_claim(payer=name, department=name, provider=name)
    for slug in ("aging-by-payer", "aging-by-department", "aging-by-provider"):
        for rows in (
            as_csv(browser.get(url(slug, format="csv"))),
            as_xlsx(browser.get(url(slug, format="xlsx"))),
            as_csv(browser.get(claims_url(slug, format="csv"))),
            as_xlsx(browser.get(claims_url(slug, format="xlsx"))),
        ):
            cells = [cell for row in rows for cell in row if isinstance(cell, str)]
            assert f"'{EVIL}" in cells
            assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in cells)


def test_negative_amounts_stay_amounts(browser):
    make_claim(
        payer="Aetna",
        service_date=date(2026, 1, 5),
        contractual_adjustments=[contractual_adjustment(on=date(2026, 2, 1), amount="150.00")],
    )

    line = as_csv(browser.get(url("net-collection", format="csv")))[1]
    cells = as_xlsx(browser.get(url("net-collection", format="xlsx")))[1]
    rows = json.loads(text(browser.get(url("net-collection", format="json"))))["rows"]

    position = list(PAGES["net-collection"].columns).index("collectible")
    assert line[position] == "-50.00"
    assert cells[position] == -50
    assert rows[0]["collectible"] == "-50.00"


def test_a_workbook_that_is_cut_says_so(browser, two_payers, monkeypatch):
    monkeypatch.setattr(exports, "XLSX_ROWS", 2)

    rows = as_xlsx(browser.get(claims_url("denials-by-payer", format="xlsx")))

    assert len(rows) == 4
    assert rows[-1][0] == "Only the first 2 rows: take the CSV for all of them."


def test_a_workbook_that_just_fits_is_whole(browser, two_payers, monkeypatch):
    monkeypatch.setattr(exports, "XLSX_ROWS", 3)

    rows = as_xlsx(browser.get(claims_url("denials-by-payer", format="xlsx")))

    assert [row[0] for row in rows] == ["claim", "A1", "C1", "C2"]


def test_the_claims_of_a_row_are_listed_with_their_amounts(browser, two_payers):
    address = claims_url("denials-by-payer", row="Aetna", part="denied", format="json")

    found = json.loads(text(browser.get(address)))

    assert list(found) == ["title", "scope", "columns", "rows"]
    assert found["columns"] == list(found["rows"][0])
    (claim,) = found["rows"]
    assert (claim["claim"], claim["payer"], claim["status"]) == ("A1", "Aetna", "denied")
    assert (claim["billed"], claim["first_denied"], claim["balance"]) == (
        "200.00",
        "120.50",
        "120.50",
    )
    assert claim["submitted_on"] == "2026-01-07"


def test_an_empty_list_of_claims_is_still_json(browser):
    assert json.loads(text(browser.get(claims_url("aging", format="json"))))["rows"] == []


def test_an_unknown_format_is_the_page(browser, two_payers):
    assert browser.get(url("aging", format="pdf"))["Content-Type"].startswith("text/html")


# The report command


def test_report_prints_a_table_over_all_time(two_payers):
    printed = report("denials-by-payer")

    assert PAGES["denials-by-payer"].title in printed
    for word in ("Aetna", "Cigna", "Total", "33.3 %", "$400"):
        assert word in printed


def test_report_does_not_cut_names_in_a_pipe():
    make_claim(payer="A payer with quite a long name, as payers are apt to have")

    assert "A payer with quite a long name, as payers are apt to have" in report("aging-by-payer")


def test_report_prints_csv(two_payers):
    rows = list(csv.reader(StringIO(report("denials-by-payer", "--format=csv"))))

    assert [row[0] for row in rows] == ["Payer", "Aetna", "Cigna", "Total"]


def test_report_takes_the_filters_of_the_pages():
    for name in ("Aetna", "Cigna", "Humana"):
        make_claim(
            payer=name,
            department=f"{name} floor",
            provider=f"Dr. {name}",
            practice=f"{name} clinic",
            submitted_on=date(2026, 11, 10),
        )

    def payers(*options):
        found = json.loads(report("currently-denied-share", "--format=json", *options))
        return [row["payer"] for row in found["rows"]]

    assert payers() == payers("--period=this-month") == ["Aetna", "Cigna", "Humana"]
    assert payers("--payer", "Aetna", "Cigna") == ["Aetna", "Cigna"]
    assert payers("--payer", "Aetna", "--payer", "Cigna") == ["Aetna", "Cigna"]
    assert payers("--department", "Cigna floor") == ["Cigna"]
    assert payers("--provider", "Dr. Humana") == ["Humana"]
    assert payers("--practice", "Aetna clinic") == ["Aetna"]
    assert payers("--from=2026-11-10", "--to=2026-11-10") == ["Aetna", "Cigna", "Humana"]
    assert payers("--from=2026-11-11") == payers("--to=2026-11-09") == []
    assert payers("--as-of=2026-11-09") == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--payer", "Nobody"], "Payer: There is no “Nobody”."),
        (["--from=yesterday"], "From: Write the date as 2026-11-21."),
        (["--as-of=2026-11-21"], "As of: No page can tell the future: choose today or before."),
        (["--from=2026-05-01", "--to=2026-04-01"], "From: The period begins after it ends."),
        (["--to=9999-12-31"], "To: Choose a date between 1990 and 2100."),
    ],
)
def test_report_names_what_is_wrong_in_one_sentence(options, sentence):
    with pytest.raises(CommandError) as refused:
        report("aging", *options)

    assert str(refused.value) == sentence
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "options", [["nonsense"], ["aging", "--period=x"], ["aging", "--format=x"]]
)
def test_report_refuses_what_does_not_exist(options):
    with pytest.raises(CommandError, match="invalid choice"):
        report(*options)
