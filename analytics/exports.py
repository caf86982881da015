"""Every table as CSV, XLSX and JSON: streamed, and safe to open in a spreadsheet."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from analytics.answers import KpiAnswer
from analytics.columns import value_of
from analytics.page import KpiPage
from analytics.scope import Scope
from analytics.values import cents
from billing.models import Claim
from billing.querysets import ClaimQuerySet
from billing.sheets import Sheet, csv_lines, safe

FORMATS = ("csv", "xlsx", "json")
XLSX_ROWS = 100_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 2_000


def _printable(value: Any) -> Any:
    """The value for a workbook, which cannot hold control characters."""
    return safe(ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)


def xlsx_bytes(sheet: Sheet) -> bytes:
    """The sheet as a workbook of at most 100,000 rows; a last row says when more were cut."""
    book = Workbook(write_only=True)
    page = book.create_sheet("Data")
    page.append([_printable(heading) for heading in sheet.headings])
    rows = iter(sheet.rows)
    for row in islice(rows, XLSX_ROWS):
        page.append([_printable(value) for value in row])
    if next(rows, None) is not None:
        page.append([f"Only the first {XLSX_ROWS:,} rows: take the CSV for all of them."])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def download(sheet: Sheet, kind: str, json_parts: Iterator[str]) -> HttpResponseBase:
    """The response for one of FORMATS; CSV and JSON are streamed."""
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(csv_lines(sheet), content_type="text/csv; charset=utf-8")
    elif kind == "json":
        response = StreamingHttpResponse(json_parts, content_type="application/json")
    else:
        response = HttpResponse(xlsx_bytes(sheet), content_type=XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{sheet.name}.{kind}"'
    return response


# KPI pages


def kpi_sheet(answer: KpiAnswer) -> Sheet:
    """The rows of a page and their total."""
    page = answer.page
    return Sheet(
        f"{page.slug}-{answer.scope.as_of}",
        [column.label for column in page.columns.values()],
        [
            *(_cells(page, row) for row in answer.rows),
            _cells(page, answer.total, name="Total"),
        ],
    )


def _cells(page: KpiPage, row: Any, name: str = "") -> list[Any]:
    shown = name or page.dimension.display(row.name)
    return [
        shown if slug == page.dimension.name else column.cell(value_of(page.columns, row, slug))
        for slug, column in page.columns.items()
    ]


def kpi_json(answer: KpiAnswer) -> dict[str, Any]:
    """A page as JSON: money as strings, rates in percent with four decimals."""
    page, scope = answer.page, answer.scope
    return {
        "slug": page.slug,
        "title": page.title,
        "definition": page.definition,
        "scope": scope.described() | ({"due": scope.due} if page.asks_due else {}),
        "columns": [
            {"name": name, "label": column.label, "unit": column.unit}
            for name, column in page.columns.items()
        ],
        "rows": [
            {
                page.dimension.name: page.dimension.display(row.name),
                **_values(page, row),
                "claims_url": page.claims_url(scope, row=row),
            }
            for row in answer.rows
        ],
        "total": {**_values(page, answer.total), "claims_url": page.claims_url(scope)},
    }


def _values(page: KpiPage, row: Any) -> dict[str, Any]:
    return {
        name: column.plain(value_of(page.columns, row, name))
        for name, column in page.columns.items()
        if name != page.dimension.name
    }


def json_lines(document: dict[str, Any]) -> Iterator[str]:
    """A JSON document piece by piece."""
    yield from json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(document)
    yield "\n"


# Claims

CLAIM_COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "claim": lambda c: c.number,
    "practice": lambda c: c.practice.name,
    "payer": lambda c: c.payer.name,
    "department": lambda c: c.department.name if c.department else "",
    "provider": lambda c: c.provider.name if c.provider else "",
    "service_date": lambda c: c.service_date,
    "submitted_on": lambda c: c.submitted_on,
    "status": lambda c: c.status_then,
    "first_outcome": lambda c: c.outcome_then,
    "billed": lambda c: c.billed,
    "paid": lambda c: c.paid_then,
    "first_denied": lambda c: c.denied_then,
    "balance": lambda c: c.balance_then,
}


def claims_sheet(name: str, claims: ClaimQuerySet) -> Sheet:
    """A list of claims, read in chunks."""
    found = claims.select_related("practice").iterator(chunk_size=CHUNK)
    return Sheet(name, list(CLAIM_COLUMNS), (_claim_cells(claim) for claim in found))


def _claim_cells(claim: Claim) -> list[Any]:
    return [
        cents(value) if isinstance(value, Decimal) else value
        for value in (read(claim) for read in CLAIM_COLUMNS.values())
    ]


def claims_json(title: str, scope: Scope, sheet: Sheet) -> Iterator[str]:
    """A list of claims as JSON, claim by claim."""
    return rows_json({"title": title, "scope": scope.described()}, sheet)


def rows_json(about: Mapping[str, Any], sheet: Sheet) -> Iterator[str]:
    """A sheet as JSON, row by row, behind what is said about it."""
    head = {**about, "columns": list(sheet.headings)}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": ['
    for position, row in enumerate(sheet.rows):
        values = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in zip(sheet.headings, row, strict=True)
        }
        yield (",\n" if position else "\n") + json.dumps(
            values, cls=DjangoJSONEncoder, ensure_ascii=False
        )
    yield "\n]}\n"
