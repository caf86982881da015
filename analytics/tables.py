"""KPI rows and claims as tables that sort and page (django-tables2)."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db.models import Case, DecimalField, F, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData

from analytics.columns import Column, value_of
from analytics.dimensions import Period
from analytics.page import KpiPage
from analytics.samples import SIGN, is_small
from analytics.scope import Scope
from billing.choices import ClaimStatus, Outcome
from billing.models import Claim
from billing.querysets import ClaimQuerySet

TEMPLATE = "analytics/_table.html"
PER_PAGE = 25
NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}, "tf": {"class": "num"}}
SMALL = format_html(
    '<span class="small-sample" aria-hidden="true">{}</span>'
    '<span class="visually-hidden"> (small sample)</span>',
    SIGN,
)
IMMATURE = SafeString(' <span class="text-secondary">(immature)</span>')


class CaptionedTable(tables.Table):
    """A table with a name, for those who do not see what stands around it."""

    caption = ""

    @property
    def sorted_by(self) -> str:
        """The column that decides the order; empty where the rows came in an order of their own."""
        return str(self.order_by[0].bare) if self.order_by else ""


class RowColumn(tables.Column):
    """One column of a KPI table; its counts open the claims behind them."""

    def __init__(
        self, page: KpiPage, name: str, scope: Scope, total: Any, immature: Collection[Any]
    ) -> None:
        self.page, self.slug, self.scope, self.total = page, name, scope, total
        self.immature = immature
        self.column: Column = page.columns[name]
        attrs = NUMBER if self.column.is_number else {}
        super().__init__(
            verbose_name=self.column.label,
            accessor=name,
            orderable=True,
            initial_sort_descending=self.column.is_number,
            empty_values=(),
            attrs=attrs,
        )

    def render(self, record: Mapping[str, Any]) -> str | SafeString:
        """The value, linked to its claims where it has any; a small sample is marked."""
        cell = self._cell(record["row"], row=record["row"])
        if self.slug == self.page.value and is_small(self.page, record["row"]):
            return format_html("{}{}", cell, SMALL)
        if self.slug == self.page.dimension.name and record["row"].name in self.immature:
            return format_html("{}{}", cell, IMMATURE)
        return cell

    def render_footer(self) -> str | SafeString:
        """The pooled total."""
        if self.slug == self.page.dimension.name:
            return "Total"
        if not self.column.is_number:
            return ""
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
    page: KpiPage,
    scope: Scope,
    rows: Sequence[Any],
    total: Any,
    before: Sequence[Any],
    immature: Collection[Any] = (),
) -> tables.Table:
    """The table of a page: its columns, a total, and the change of each row's number."""
    # A month has no counterpart among the months before it.
    known = () if isinstance(page.dimension, Period) else before
    earlier = {row.name: value_of(page.columns, row, page.value) for row in known}
    columns: dict[str, Any] = {
        name: RowColumn(page, name, scope, total, immature) for name in page.columns
    }
    if earlier:
        columns["change"] = tables.Column(
            verbose_name="Change",
            attrs=NUMBER,
            order_by="change_amount",
            initial_sort_descending=True,
            empty_values=(),
        )
    records = [_record(page, row, earlier) for row in rows]
    kind = type("KpiTable", (CaptionedTable,), columns)
    table = kind(
        records,
        template_name=TEMPLATE,
        attrs={"class": "table table-vcenter card-table table-sm"},
        empty_text="",
    )
    table.caption = page.title
    return table


def _record(page: KpiPage, row: Any, earlier: Mapping[Any, Any]) -> dict[str, Any]:
    now = value_of(page.columns, row, page.value)
    then = earlier.get(row.name)
    return {
        **{name: value_of(page.columns, row, name) for name in page.columns},
        "row": row,
        "change": page.value_column.change(now, then) or "–",
        "change_amount": None if now is None or then is None else now - then,
    }


def sort_and_page(request: HttpRequest, table: tables.Table) -> None:
    """Sort as the address asks and take its page, at most PER_PAGE rows; a bad page falls back."""
    tables.RequestConfig(request, paginate=False).configure(table)
    try:
        table.paginate(per_page=PER_PAGE, page=request.GET.get("page", 1))
    except PageNotAnInteger:
        table.paginate(per_page=PER_PAGE)
    except EmptyPage:
        table.paginate(per_page=PER_PAGE, page=table.paginator.num_pages)


class SteadyClaims(TableQuerysetData):
    """Claims whose order has no ties, so that no page repeats a claim of another."""

    def order_by(self, aliases: Sequence[str]) -> None:
        """Order by the columns, then by key."""
        super().order_by(aliases)
        self.data: ClaimQuerySet = self.data.order_by(*self.data.query.order_by, "pk")


class ClaimTable(CaptionedTable):
    """Claims as they stood on the as-of day; no patient is named."""

    number = tables.Column(verbose_name="Claim")
    payer = tables.Column(accessor="payer__name", verbose_name="Payer")
    department = tables.Column(accessor="department__name", verbose_name="Department")
    provider = tables.Column(accessor="provider__name", verbose_name="Provider")
    service_date = tables.DateColumn(verbose_name="Service", format="Y-m-d")
    submitted_on = tables.DateColumn(verbose_name="Submitted", format="Y-m-d")
    status = tables.Column(accessor="status_then", verbose_name="Status")
    outcome = tables.Column(accessor="outcome_then", verbose_name="First decision")
    billed = tables.Column(attrs=NUMBER, initial_sort_descending=True)
    paid = tables.Column(
        accessor="paid_then", verbose_name="Paid", attrs=NUMBER, initial_sort_descending=True
    )
    denied = tables.Column(
        accessor="denied_then",
        verbose_name="First denied",
        attrs=NUMBER,
        initial_sort_descending=True,
    )
    balance = tables.Column(
        accessor="balance_then", verbose_name="Balance", attrs=NUMBER, initial_sort_descending=True
    )

    class Meta:
        template_name = TEMPLATE
        attrs = {"class": "table table-vcenter card-table table-sm"}
        empty_text = ""
        orderable = True
        order_by = ("service_date", "number")

    def __init__(self, claims: ClaimQuerySet, *, title: str = "") -> None:
        self.caption = title
        super().__init__(SteadyClaims(claims))

    def render_number(self, value: str, record: Claim) -> SafeString:
        """The claim number, linked to the claim.

        That page has scripts and a style of its own, so it is loaded, not swapped in.
        """
        url = reverse("claims:claim", args=(record.pk,))
        return format_html('<a href="{}" hx-boost="false">{}</a>', url, value)

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
        paid_then=Case(  # unknown is not zero
            When(as_of_paid_known=True, then=F("as_of_paid")),
            output_field=DecimalField(max_digits=12, decimal_places=2),
        ),
        denied_then=F("as_of_first_denied_amount"),
        balance_then=F("as_of_balance"),
    )
