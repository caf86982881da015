"""`manage.py report SLUG`: a KPI page on the command line."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict
from rich.console import Console
from rich.table import Table

from analytics.answers import KpiAnswer, answer
from analytics.columns import value_of
from analytics.exports import json_lines, kpi_json, kpi_sheet
from analytics.forms import ScopeForm
from analytics.page import KpiPage
from analytics.registry import PAGES
from analytics.scope import DIMENSIONS, PERIODS
from billing.sheets import csv_lines

WIDE = 240  # characters of a table that goes to a file or another command


class Command(BaseCommand):
    """Print the rows of a KPI page; without dates over all time as of today."""

    help = "Print a KPI page: the same rows as in the browser."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options bear the names of the address parameters."""
        parser.add_argument("slug", choices=list(PAGES), metavar="SLUG", help=", ".join(PAGES))
        parser.add_argument("--period", choices=list(PERIODS), help="default: all")
        parser.add_argument("--from", metavar="DATE", help="first day, as in 2026-01-01")
        parser.add_argument("--to", metavar="DATE", help="last day")
        parser.add_argument("--as-of", metavar="DATE", help="as things stood on that day")
        parser.add_argument("--due", metavar="DAYS", help="deadlines: how many days ahead")
        for name in DIMENSIONS:
            parser.add_argument(f"--{name}", nargs="+", action="extend", metavar="NAME")
        parser.add_argument("--format", choices=("table", "csv", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page in the chosen format."""
        form = ScopeForm(_query(options), default_period="all")
        if problems := form.problems():
            raise CommandError(" ".join(problems), returncode=2)
        found = answer(PAGES[options["slug"]], form.scope())
        if options["format"] == "json":
            pieces = json_lines(kpi_json(found))
        elif options["format"] == "csv":
            pieces = csv_lines(kpi_sheet(found))
        else:
            self._print_table(found, found.page)
            return
        for piece in pieces:
            self.stdout.write(piece, ending="")

    def _print_table(self, found: KpiAnswer, page: KpiPage) -> None:
        """As wide as the terminal; in full where nobody looks on, so that no name is cut."""
        width = None if self.stdout.isatty() else WIDE
        Console(file=cast(IO[str], self.stdout), width=width).print(_table(found, page))


def _query(options: dict[str, Any]) -> QueryDict:
    """The options as the address would say them."""
    query = QueryDict(mutable=True)
    for name in ("period", "from", "to", "as_of", "due"):
        if options[name]:
            query[name] = options[name]
    for name in DIMENSIONS:
        query.setlist(name, options[name] or [])
    return query


def _table(found: KpiAnswer, page: KpiPage) -> Table:
    table = Table(title=page.title, caption=page.definition, show_footer=True)
    for name, column in page.columns.items():
        is_name = name == page.dimension.name
        table.add_column(
            column.label,
            footer="Total" if is_name else column.text(value_of(page.columns, found.total, name)),
            justify="right" if column.is_number else "left",
        )
    for row in found.rows:
        table.add_row(
            *(
                page.dimension.display(row.name)
                if name == page.dimension.name
                else column.text(value_of(page.columns, row, name))
                for name, column in page.columns.items()
            )
        )
    return table
