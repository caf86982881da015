"""The shipped profiles on the real files: every figure was counted independently of this code."""

from decimal import Decimal

import pytest

from billing.choices import DENIALS
from billing.models import (
    Adjudication,
    Claim,
    ClaimLine,
    Encounter,
    LineItem,
    PatientPayment,
)
from billing.tests.imports.conftest import shared_data, total

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_denial_history_is_decided_on_an_assumed_day_and_paid_unknown(load):
    path = shared_data("csv_claims") / "SrinivasaraoThata__historical_denials.csv"
    report = load(path, profile="denial-history")

    claims = Claim.objects.all()
    assert report.totals["created"] == claims.count() == 5_000
    assert claims.filter(first_outcome="denied").count() == 725
    assert claims.filter(first_outcome="duplicate").count() == 25
    assert claims.filter(first_decided_on_assumed=True).count() == 5_000
    assert claims.filter(days_to_decision__isnull=False).count() == 0
    assert Adjudication.objects.filter(paid__isnull=True).count() == 5_000
    assert not claims.filter(paid_known=True).exists()
    assert not claims.filter(service_date__isnull=False).exists()
    assert not Encounter.objects.filter(date__isnull=False).exists()
    assert total(claims, "billed") == Decimal("17936406.54")
    reasons = Adjudication.objects.exclude(main_reason=None).values_list("main_reason", flat=True)
    assert {code: list(reasons).count(code) for code in set(reasons)} == {
        "197": 321,
        "27": 296,
        "11": 70,
        "18": 25,
        "204": 21,
        "252": 17,
    }
    assert load(path, profile="denial-history").totals["unchanged"] == 5_000


def test_open_claims_are_undecided(load):
    report = load(
        shared_data("csv_claims") / "SrinivasaraoThata__claims.csv", profile="open-claims"
    )

    assert report.totals["created"] == 200
    assert Claim.objects.filter(status="pending").count() == 200
    assert total(Claim.objects.all(), "balance") == Decimal("668798.95")


def test_a_membership_table_is_refused_by_name(load):
    path = shared_data("csv_claims") / "SrinivasaraoThata__members.csv"
    report = load(path)

    assert report.status == 2
    assert "SrinivasaraoThata__members.csv is of no known kind" in report.files[0].refused


def test_synthea_loads_as_far_as_it_goes_and_says_what_it_lacks(load):
    folder = shared_data("synthea") / "jijones12__synthea"
    report = load(folder, profile="synthea")

    assert report.status == 0, report.as_json()
    claims = Claim.objects.all()
    assert claims.count() == 561
    assert ClaimLine.objects.count() == LineItem.objects.count() == 1_579
    assert total(claims, "billed") == Decimal("1219867.22")
    insurers = total(Adjudication.objects.all(), "paid")
    patients = total(PatientPayment.objects.all(), "amount")
    assert insurers + patients == Decimal("1219867.22")
    assert Adjudication.objects.filter(paid__gt=0).count() == 1_470
    assert PatientPayment.objects.count() == 181 + 164 + 145 + 126
    assert not claims.filter(first_outcome__in=DENIALS).exists()
    assert not claims.filter(days_to_pay__isnull=False).exists()
    assert [file.file.rpartition("/")[2] for file in report.files if file.ignored] == [
        "conditions.csv",
        "organizations.csv",
        "payer_transitions.csv",
        "procedures.csv",
    ]
    said = " ".join(note for file in report.files for note in file.notes)
    assert "has no denials" in said
    assert load(folder, profile="synthea").totals["unchanged"] == report.totals["read"]
