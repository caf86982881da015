"""KPI rows and claims as tables that sort and page (django-tables2)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import F
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics.columns import Column, value_of
from analytics.page import KpiPage
from analytics.scope import Scope
from billing.choices import ClaimStatus, Outcome
from billing.querysets import ClaimQuerySet

TEMPLATE = "analytics/_table.html"
PER_PAGE = 25
NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}, "tf": {"class": "num"}}


class RowColumn(tables.Column):
    """One column of a KPI table; its counts open the claims behind them."""

    def __init__(self, page: KpiPage, name: str, scope: Scope, total: Any) -> None:
        self.page, self.slug, self.scope, self.total = page, name, scope, total
        self.column: Column = page.columns[name]
        attrs = NUMBER if self.column.is_number else {}
        super().__init__(
            verbose_name=self.column.label,
            accessor=name,
            orderable=True,
            empty_values=(),
            attrs=attrs,
        )

    def render(self, record: Mapping[str, Any]) -> str | SafeString:
        """The value, linked to its claims where it has any."""
        return self._cell(record["row"], row=record["row"])

    def footer(self, table: tables.Table) -> str | SafeString:
        """The pooled total."""
        if self.slug == self.page.dimension.name:
            return "Total"
        return self._cell(self.total, row=None)

    def _cell(self, holder: Any, *, row: Any) -> str | SafeString:
        value = value_of(self.page.columns, holder, self.slug)
        if self.slug == self.page.dimension.name:
            value = self.page.dimension.display(value)
        text = self.column.text(value)
        if self.slug not in self.page.parts or not value:
            return text
        url = self.page.claims_url(self.scope, row=row, part=self.slug)
        return format_html('<a href="{}">{}</a>', url, text)


def kpi_table(
    page: KpiPage, scope: Scope, rows: Sequence[Any], total: Any, before: Sequence[Any]
) -> tables.Table:
    """The table of a page: its columns, a total, and the change of each row's number."""
    earlier = {row.name: value_of(page.columns, row, page.value) for row in before}
    columns: dict[str, Any] = {name: RowColumn(page, name, scope, total) for name in page.columns}
    if earlier:
        columns["change"] = tables.Column(
            verbose_name="Change",
            attrs=NUMBER,
            order_by="change_amount",
            empty_values=(),
        )
    records = [_record(page, row, earlier) for row in rows]
    kind = type("KpiTable", (tables.Table,), columns)
    return kind(
        records,
        template_name=TEMPLATE,
        attrs={"class": "table table-vcenter card-table table-sm"},
        empty_text="",
    )


def _record(page: KpiPage, row: Any, earlier: Mapping[Any, Any]) -> dict[str, Any]:
    now = value_of(page.columns, row, page.value)
    then = earlier.get(row.name)
    return {
        **{name: value_of(page.columns, row, name) for name in page.columns},
        "row": row,
        "change": page.value_column.change(now, then) or "–",
        "change_amount": None if now is None or then is None else now - then,
    }


class ClaimTable(tables.Table):
    """Claims as they stood on the as-of day; no patient is named."""

    number = tables.Column(verbose_name="Claim")
    payer = tables.Column(accessor="payer__name")
    department = tables.Column(accessor="department__name")
    provider = tables.Column(accessor="provider__name")
    service_date = tables.DateColumn(verbose_name="Service", format="Y-m-d")
    submitted_on = tables.DateColumn(verbose_name="Submitted", format="Y-m-d")
    status = tables.Column(accessor="status_then", verbose_name="Status")
    outcome = tables.Column(accessor="outcome_then", verbose_name="First decision")
    billed = tables.Column(attrs=NUMBER)
    paid = tables.Column(accessor="paid_then", verbose_name="Paid", attrs=NUMBER)
    denied = tables.Column(accessor="denied_then", verbose_name="First denied", attrs=NUMBER)
    balance = tables.Column(accessor="balance_then", verbose_name="Balance", attrs=NUMBER)

    class Meta:
        template_name = TEMPLATE
        attrs = {"class": "table table-vcenter card-table table-sm"}
        empty_text = ""
        orderable = True
        order_by = ("service_date", "number")

    def render_status(self, value: str) -> str:
        """The status in words."""
        return str(ClaimStatus(value).label)

    def render_outcome(self, value: str) -> str:
        """The first decision in words."""
        return str(Outcome(value).label) if value else "–"

    def render_billed(self, value: Decimal) -> str:
        """Dollars and cents, for one claim."""
        return f"${value:,.2f}"

    render_paid = render_denied = render_balance = render_billed


def claim_rows(claims: ClaimQuerySet) -> ClaimQuerySet:
    """The claims with what the table and the exports show of them."""
    return claims.select_related("payer", "department", "provider").annotate(
        status_then=F("as_of_status"),
        outcome_then=F("as_of_first_outcome"),
        paid_then=F("as_of_paid"),
        denied_then=F("as_of_first_denied_amount"),
        balance_then=F("as_of_balance"),
    )
