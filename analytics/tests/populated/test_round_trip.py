"""What is written as X12 files and read again gives the same numbers.

X12 carries claims and payer decisions: neither self-pay claims nor write-offs, closings, appeals,
patient payments, contract rates and work. So the pages that live on submissions and decisions are
compared, for all payers but self-pay; X12 payers are named in capitals.
"""

from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from analytics.columns import value_of
from analytics.registry import PAGES
from analytics.scope import Scope
from billing.models import Payer, Practice

pytestmark = pytest.mark.django_db
DEMO, COPY = "Lakeside Medical Group", "Copy of Lakeside"
SAME = (
    "initial-denial-rate",
    "initial-denial-dollars",
    "full-denial-rate",
    "first-pass-rate",
    "denials-by-payer",
    "denials-by-reason",
    "denials-by-category",
    "days-to-pay",
    "days-to-pay-by-payer",
)


@pytest.fixture
def copied(tmp_path) -> None:
    """The demo data, and beside it what its X12 files say."""
    out = StringIO()
    call_command("seed_demo", claims=400, seed=7, today=date(2026, 11, 21), stdout=out)
    files = [str(tmp_path / name) for name in ("claims.837", "remittances.835")]
    call_command("write_837", files[0], stdout=out)
    call_command("write_835", files[1], stdout=out)
    demo = Practice.objects.get()
    Practice.objects.create(name=COPY, npi=demo.npi, tax_id=demo.tax_id)
    Practice.objects.filter(pk=demo.pk).update(npi="", tax_id="")  # whose files these are now
    with pytest.raises(SystemExit) as ended:
        call_command("import_x12", *files, practice=COPY, stdout=out)
    assert ended.value.code == 0, out.getvalue()


def numbers(slug: str, scope: Scope) -> dict[str, list[Any]]:
    """What the page shows of each row but its own name, by that name in capitals."""
    page = PAGES[slug]
    return {
        str(row.name).upper(): [
            value_of(page.columns, row, name)
            for name in page.columns
            if name != page.dimension.name
        ]
        for row in page.compute(scope)
    }


def test_the_copy_shows_the_same_numbers(copied):
    insured = tuple(Payer.objects.exclude(kind="self-pay").values_list("name", flat=True))
    told = Scope.of(as_of=date(2026, 11, 21), practice=(DEMO,), payer=insured)
    read = Scope.of(as_of=date(2026, 11, 21), practice=(COPY,))

    for slug in SAME:
        assert numbers(slug, read) == numbers(slug, told) != {}, slug
