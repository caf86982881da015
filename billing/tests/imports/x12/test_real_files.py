"""Every real file meets its verdict, and its figures are found again in the records."""

import json
from collections import Counter
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum

from billing.imports.report import RunReport
from billing.imports.x12.run import Request, import_x12
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Claim,
    ClaimLine,
    ImportBatch,
    ProviderAdjustment,
    Remittance,
    Submission,
)
from billing.posting import differing
from billing.tests.imports.x12.conftest import real_files, real_path, same, truth, verdict

FILES = real_files("x12_835", "x12_837p", "x12_837i", "x12_other")
# What it says beside its verdict, where the verdict asks for a warning.
WARNINGS = ("SE01", "GE01", "IEA01", "ISA is not", "do not balance", "do not add up", "is off")


def total(rows: Any, name: str) -> Decimal:
    return Decimal(rows.aggregate(t=Sum(name))["t"] or 0).quantize(Decimal("0.01"))


def by(rows: Any, name: str) -> dict[str, int]:
    return dict(Counter(rows.values_list(name, flat=True)))


def sums(rows: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for group, amount in rows.values_list("group", "amount"):
        found[group] = found.get(group, Decimal(0)) + amount
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_a_real_file_meets_its_verdict_and_loads_as_its_dry_run_says_and_only_once(name):
    dry = import_x12(Request([real_path(name)], is_dry=True))
    assert not Claim.objects.exists()
    assert not Adjudication.objects.exists()
    assert not ImportBatch.objects.exists()
    assert_verdict(name, real := import_x12(Request([real_path(name)])))
    for count in ("read", "created", "updated", "rejected"):
        assert dry.totals[count] == real.totals[count]
    again = import_x12(Request([real_path(name)]))
    loaded = real.totals["read"] - real.totals["rejected"]
    assert again.totals["unchanged"] == loaded
    assert (again.totals["created"], again.totals["updated"]) == (0, 0)
    assert ImportBatch.objects.count() == (2 if loaded else 0)


@pytest.mark.django_db
@pytest.mark.parametrize("name", real_files("x12_835"))
def test_a_real_remittance_meets_its_verdict_where_it_makes_its_claims(name):
    assert_verdict(name, import_x12(Request([real_path(name)], create_claims=True)))


def assert_verdict(name: str, report: RunReport) -> None:
    """Whether an import into an empty database did what the manifest asks."""
    (file,) = report.files
    expected = verdict(name)

    if expected == "REFUSE":
        assert report.status == 2
        assert file.refused
        assert (Adjudication.objects.count(), Claim.objects.count()) == (0, 0)
        assert (Remittance.objects.count(), Submission.objects.count()) == (0, 0)
        return
    assert report.status == 0, file.as_json()
    known = truth(name)
    text = " ".join(file.notes)
    assert all(fault in file.notes for fault in known["envelope"])
    if "WARN" in expected:
        assert any(warning in text for warning in WARNINGS)
    if expected == "4010":
        assert "version 004010" in text
    if "sum835" in known:
        meets_835(known["sum835"])
    if "sum837" in known:
        meets_837(known["sum837"])
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []


def meets_835(known: dict[str, Any]) -> None:
    decisions = Adjudication.objects.all()
    at_lines = Adjustment.objects.filter(line__isnull=False)
    assert Remittance.objects.count() == known["transactions"]
    assert decisions.count() == known["claims"]
    assert AdjudicationLine.objects.count() == known["services"]
    assert total(decisions, "charge") == Decimal(known["charges"])
    assert total(decisions, "paid") == Decimal(known["paid"])
    assert total(decisions, "stated_patient_responsibility") == Decimal(known["patient_resp"])
    assert by(decisions, "status_code") == known["status"]
    assert same(sums(Adjustment.objects.filter(line=None)), known["cas_claim"])
    assert same(sums(at_lines), known["cas_line"])
    assert total(ProviderAdjustment.objects.all(), "amount") == Decimal(known["plb"])
    assert total(Remittance.objects.all(), "amount") == Decimal(known["bpr02"])
    assert Remittance.objects.filter(balance_difference=0).count() == known["tx_balance"]
    off = decisions.exclude(balance_difference=0).count()
    assert off == known["claims_unbalanced"]
    assert total(decisions, "unbalanced_lines") == known["lines_unbalanced"]


def meets_837(known: dict[str, Any]) -> None:
    sent = Submission.objects.all()
    assert sent.count() == known["claims"]
    assert total(sent, "charge") == Decimal(known["charges"])
    assert total(sent, "line_charges") == Decimal(known["line_charges"])
    assert total(sent, "patient_paid") == Decimal(known["patient_paid"])
    assert by(sent, "frequency_code") == known["frequency"]
    groups: dict[str, Decimal] = {}
    for payers in sent.values_list("other_payers", flat=True):
        for payer in payers:
            for group, _, amount in payer["adjustments"]:
                groups[group] = groups.get(group, Decimal(0)) + Decimal(amount)
    assert same(groups, known["cas"])
    numbers = set(sent.values_list("claim_number", flat=True))
    assert set(Claim.objects.values_list("number", flat=True)) == numbers
    if len(numbers) == known["claims"]:
        assert ClaimLine.objects.count() == known["lines"]
        assert total(Claim.objects.all(), "billed") == Decimal(known["charges"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", real_files("x12_835")[:4] + real_files("x12_837i")[:2])
def test_json_prints_the_figures_under_their_known_names(name):
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_x12", str(real_path(name)), format="json", stdout=out)
    (file,) = json.loads(out.getvalue())["files"]
    known = truth(name)
    for key in ("interchanges", "groups", "sets", "versions", "delimiters", "envelope"):
        assert file[key] == known[key]
    for key in ("sum835", "sum837"):
        assert same(file.get(key), known.get(key)) if key in known else key not in file


@pytest.mark.parametrize(
    ("ci", "raised"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_without_the_real_files_tests_fail_in_ci_and_are_skipped_elsewhere(
    ci, raised, monkeypatch, tmp_path
):
    monkeypatch.setenv("RCM_SHARED_DATA", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    (missing,) = real_files("x12_835")
    with pytest.raises(raised):
        real_path(missing)
