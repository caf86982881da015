"""The rcm-export profile on the real files: every figure was counted independently of this code."""

from decimal import Decimal
from statistics import mean, median

import pytest
from django.db import transaction

from billing.choices import DENIALS, FIRST_PASS, OPEN_STATUSES
from billing.imports.report import RunReport
from billing.imports.run import Request, import_csv
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ContractualAdjustment,
    PatientPayment,
    Payer,
    WriteOff,
)
from billing.posting import differing
from billing.tests.imports.conftest import TODAY, all_records, shared_data, total

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def import_rcm_export() -> RunReport:
    paths = sorted(shared_data("csv_claims").glob("aaronmsmithmail-byte__RCM__*.csv"))
    return import_csv(Request(paths=paths, profile="rcm-export"), today=TODAY)


@pytest.fixture(scope="module")
def report(django_db_setup, django_db_blocker):
    """The export, loaded once for the tests of this module and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield import_rcm_export()
        transaction.set_rollback(True)


def test_rcm_export_gives_the_figures_that_were_counted_by_hand(report):
    assert report.status == 0, report.as_json()
    assert report.totals["read"] == report.totals["created"] == 16_397
    claims = Claim.objects.all()
    decided = claims.filter(first_decided_on__isnull=False)
    denied = claims.filter(first_outcome__in=DENIALS)
    assert claims.count() == 2_800
    assert decided.count() == 2_575
    assert denied.count() == 342
    assert claims.filter(first_outcome="denied").count() == 298
    assert claims.filter(first_outcome__in=FIRST_PASS).count() == 2_189
    assert total(denied, "first_denied_amount") == Decimal("559893.99")
    assert total(decided, "billed") == Decimal("6378085.73")

    days = [d for d in claims.values_list("days_to_pay", flat=True) if d is not None]
    assert (len(days), round(mean(days), 2), median(days)) == (2_347, 52.04, 52)

    still_open = claims.filter(status__in=OPEN_STATUSES, balance__gt=0)
    assert (still_open.count(), total(still_open, "balance")) == (476, Decimal("879433.33"))
    assert claims.filter(status="pending").count() == 225
    assert differing(list(claims.values_list("pk", flat=True))) == []


def test_rcm_export_posts_each_row_as_what_it_is(report):
    assert PatientPayment.objects.count() == 831
    assert Adjudication.objects.filter(outcome_stated=False).count() == 3_178 - 831
    assert Adjudication.objects.filter(outcome_stated=True).count() == 386
    assert ContractualAdjustment.objects.count() == 272 + 63
    assert WriteOff.objects.filter(for_denial=False).count() == 105 + 88 + 42 + 30
    appeals = Appeal.objects.values_list("result", flat=True)
    assert sorted(appeals) == sorted([""] * 79 + ["won"] * 74 + ["lost"] * 104)
    assert not Appeal.objects.filter(ended_on__isnull=False).exists()
    assert dict(Payer.objects.values_list("name", "kind")) == {
        "Aetna": "commercial",
        "Blue Cross Blue Shield": "commercial",
        "Cigna": "commercial",
        "Humana": "commercial",
        "Kaiser Permanente": "commercial",
        "Medicaid": "medicaid",
        "Medicare": "medicare",
        "Self-Pay": "self-pay",
        "Tricare": "government",
        "UnitedHealthcare": "commercial",
    }
    notes = [note for file in report.files for note in file.notes]
    assert len(notes) == 1
    assert "do not add up to the claim's billed amount" in notes[0]


def test_rcm_export_twice_changes_nothing(report):
    before = all_records()

    again = import_rcm_export()

    assert again.totals["unchanged"] == again.totals["read"] == 16_397
    assert all_records() == before
