"""What import tests share: files from text, imports of them, and a picture of all records."""

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Sum

from billing.imports.report import RunReport
from billing.imports.run import Request, import_csv
from billing.models import ImportBatch, ImportFootprint, ImportRejection, Upload

TODAY = date(2026, 11, 21)
Write = Callable[..., Path]
Load = Callable[..., RunReport]

PAYERS = "payer_id,payer_name,payer_type\nP1,Aetna,Commercial\nP2,Cigna,Commercial\n"
PROVIDERS = "provider_id,provider_name,department\nD1,Dr. Ada Moss,Cardiology\n"
PATIENTS = "patient_id,last_name,first_name,birth_date\nM1,Reyes,Ines,1980-02-03\n"
ENCOUNTERS = (
    "encounter_id,patient_id,provider_id,encounter_date,department\n"
    "E1,M1,D1,2026-01-05,Cardiology\nE2,M1,D1,2026-01-06,Cardiology\n"
)
LINE_ITEMS = (
    "line_id,encounter_id,procedure_code,units,charge,entered_on\n"
    "L1,E1,99213,1,100.00,2026-01-06\nL2,E2,99214,2,200.00,2026-01-08\n"
)
CLAIMS = (
    "claim_id,payer_id,encounter_id,billed,submitted_on,status\n"
    "C1,P1,E1,100.00,2026-01-10,Paid\nC2,P2,E2,200.00,2026-01-11,Denied\n"
)
PAYMENTS = (
    "payment_id,claim_id,amount,paid_on,paid_by\n"
    "X1,C1,80.00,2026-02-01,insurer\nX2,C1,20.00,2026-02-10,patient\n"
)
DENIALS = (
    "denial_id,claim_id,reason,amount,denied_on,appeal_status,appeal_filed_on\n"
    "N1,C2,CO-197,150.00,2026-02-05,Open,2026-02-20\n"
)
ADJUSTMENTS = (
    "adjustment_id,claim_id,type,amount,adjusted_on\n"
    "A1,C2,contractual,50.00,2026-02-05\nA2,C2,write-off,10.00,2026-03-01\n"
)
ACTIVITY = (
    "activity_id,staff_id,staff_name,action,occurred_at,claim_id,is_error\n"
    "S1,ann,Ann Lowe,submitted,2026-01-10 09:30,C1,no\n"
    "S2,ann,Ann Lowe,followed up,2026-02-20 16:00,C2,yes\n"
)
EXPORT = {
    "activity.csv": ACTIVITY,
    "adjustments.csv": ADJUSTMENTS,
    "claims.csv": CLAIMS,
    "denials.csv": DENIALS,
    "encounters.csv": ENCOUNTERS,
    "line_items.csv": LINE_ITEMS,
    "patients.csv": PATIENTS,
    "payers.csv": PAYERS,
    "payments.csv": PAYMENTS,
    "providers.csv": PROVIDERS,
}
FLAT = "claim_id,payer,billed,submitted_on,status,decided_on,paid,denial_reason\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of that name; text becomes UTF-8."""

    def to_file(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_file


@pytest.fixture
def load(write: Write) -> Load:
    """Imports files (text or bytes by name, or one text) on a fixed day."""

    def run(content: Any, **options: Any) -> RunReport:
        files = content if isinstance(content, dict) else {"file.csv": content}
        paths = [
            text if isinstance(text, Path) else write(text, name) for name, text in files.items()
        ]
        return import_csv(Request(paths=paths, **options), today=TODAY)

    return run


@pytest.fixture
def export(load: Load) -> RunReport:
    """A small export of every kind, loaded."""
    report = load(EXPORT)
    assert report.status == 0, report.as_json()
    return report


def all_records() -> dict[str, list[dict[str, Any]]]:
    """Every record of the app but the log of imports, keys and load times included."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("billing").get_models()
        if model not in (ImportBatch, ImportFootprint, ImportRejection, Upload)
    }


def total(rows: Any, name: str) -> Decimal:
    """The sum of a money column, to the cent on both engines."""
    return Decimal(rows.aggregate(total=Sum(name))["total"]).quantize(Decimal("0.01"))


def problems(report: RunReport) -> list[tuple[int, str, str]]:
    """Line, field and reason of every listed rejection."""
    return [(r.line, r.field, r.reason) for file in report.files for r in file.rejections]


def shared_root() -> Path:
    """Where the real files are, if they are here."""
    return Path(os.environ.get("RCM_SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data")


def shared_data(folder: str) -> Path:
    """A folder of the real files; where it is missing, tests are skipped, but not in CI."""
    path = shared_root() / folder
    if not path.is_dir():
        missing_data()
    return path


def missing_data() -> NoReturn:
    """Skip a test that needs the real files, or fail it in CI."""
    message = "The shared data is not here: set RCM_SHARED_DATA to its folder."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
