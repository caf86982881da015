"""Addresses of pages and their files, and what the files hold."""

import csv
from io import BytesIO, StringIO
from typing import Any

from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook


def url(slug: str, **query: Any) -> str:
    return reverse("analytics:kpi", args=(slug,), query={"period": "all", **query})


def claims_url(slug: str, **query: Any) -> str:
    return reverse("analytics:kpi-claims", args=(slug,), query={"period": "all", **query})


def body(response: Any) -> bytes:
    assert response.status_code == 200
    if response.streaming:
        return b"".join(response.streaming_content)
    return bytes(response.content)


def text(response: Any) -> str:
    return body(response).decode()


def as_csv(response: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(text(response), newline="")))


def as_xlsx(response: Any) -> list[list[Any]]:
    sheet = load_workbook(BytesIO(body(response))).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def report(*arguments: str) -> str:
    out = StringIO()
    call_command("report", *arguments, stdout=out)
    return out.getvalue()
