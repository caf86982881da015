"""Nonsense in addresses is answered properly: no error of ours, nothing told, nothing changed.

The addresses come from the table of every address, so a new page is asked too.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from billing.models import Claim, Patient
from rcm_site.tests.test_every_url import KPI, concrete, expected
from rcm_site.tests.two_practices import OURS, fill, people, shared

pytestmark = pytest.mark.django_db

SQL = "1' OR '1'='1'; DROP TABLE billing_claim; --"
HTML = '"><script>alert(1)</script>'
NAMES = (
    "q number patient name record status outcome category payer department provider assignee "
    "practice age amount amount_min amount_max sort after before page per_page cursor who kind "
    "record profile state days limit period from to as_of format month claim whose owner due why "
    "row"
)
NONSENSE = {
    "sql": SQL,
    "html": HTML,
    "a page of a billion": "1000000000",
    "a number beyond 64 bits": "9" * 40,
    "a date of year 9999": "9999-12-31",
    "a date of year 0": "0000-00-00",
    "nul": "a\0b",
    "half of a character": "\udcff",
    "very long": "x" * 5_000,
    "a negative number": "-1",
    "not a number": "NaN",
    "a list": "1,2,[]{}",
}


@pytest.fixture
def ours() -> Mapping[str, Any]:
    return {**fill(OURS), **shared()}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_in_any_filter_of_any_page_is_no_error_of_ours(kind, ours):
    browser = people()["administrator"]
    value = NONSENSE[kind].encode("utf-8", "surrogateescape")
    before = Claim.objects.count(), Patient.objects.count()
    failed = {}
    for row in expected("administrator"):
        if row.startswith("POST") or row.endswith(("logout/", "jsi18n/")):
            continue
        response = browser.get(concrete(row, ours), dict.fromkeys(NAMES.split(), value))
        text = b"".join(response) if response.streaming else response.content
        if response.status_code >= 500 or b"<script>alert" in text:
            failed[row] = response.status_code

    assert failed == {}
    assert (Claim.objects.count(), Patient.objects.count()) == before


@pytest.mark.parametrize(
    "address",
    [
        "/patients/not-a-uuid/",
        "/patients/00000000-0000-0000-0000-000000000000/",
        "/encounters/00000000-0000-0000-0000-000000000000/",
        "/claims/99999999999999999999/",
        "/claims/-1/",
        "/imports/99999999999999999999/",
        "/imports/99999999999999999999/undo/",
        "/imports/uploads/99999999999999999999/",
        "/kpis/no-such-page/",
        f"/kpis/{KPI}'--/",
    ],
)
def test_a_key_that_is_none_is_not_found(address, ours):
    assert people()["administrator"].get(address).status_code == 404
