"""The real export of nine files, uploaded as one ZIP, gives the figures of the command."""

from decimal import Decimal

import pytest

from billing.choices import DENIALS
from billing.models import Claim
from billing.posting import differing
from billing.record_dump import dump
from billing.tests.imports.conftest import shared_data, total
from billing.tests.uploads.conftest import loaded, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_real_export_as_one_zip_is_loaded_and_taken_back(biller):
    before = list(dump())
    paths = shared_data("csv_claims").glob("aaronmsmithmail-byte__RCM__*.csv")
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(paths)}

    upload = loaded(biller, files, profile="rcm-export")

    assert upload.state == "finished"
    assert upload.findings["created"] == sum(b.created for b in upload.batches.all()) == 16_397
    claims = Claim.objects.all()
    decided = claims.filter(first_decided_on__isnull=False)
    denied = claims.filter(first_outcome__in=DENIALS)
    assert (claims.count(), decided.count(), denied.count()) == (2_800, 2_575, 342)
    assert total(denied, "first_denied_amount") == Decimal("559893.99")
    assert total(decided, "billed") == Decimal("6378085.73")
    assert differing(list(claims.values_list("pk", flat=True))) == []

    batch = undone(biller, upload.batches.latest("pk"))

    assert (batch.state, batch.undo_problem) == ("undone", "")
    assert list(dump()) == before
