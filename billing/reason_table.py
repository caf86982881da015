"""The starting reason table (`billing/data/reason_codes.csv`) and the categories it uses.

People edit both in the admin afterwards; loading again leaves what they changed alone.
"""

import csv
from pathlib import Path
from typing import Any

from billing.choices import StaffRole

TABLE = Path(__file__).parent / "data" / "reason_codes.csv"

CATEGORIES = (
    ("ELIG", "Eligibility", StaffRole.FRONT_DESK),
    ("AUTH", "Authorization", StaffRole.AUTHORIZATION),
    ("COB", "Other payer", StaffRole.FRONT_DESK),
    ("INFO", "Missing or invalid data", StaffRole.BILLER),
    ("DOC", "Records requested", StaffRole.RECORDS),
    ("CODE", "Coding", StaffRole.CODER),
    ("BUND", "Bundling", StaffRole.CODER),
    ("MEDN", "Medical necessity", StaffRole.CLINICIAN),
    ("NONC", "Not covered", StaffRole.FRONT_DESK),
    ("TIME", "Timely filing", StaffRole.BILLER),
    ("DUP", "Duplicate", StaffRole.BILLER),
    ("CRED", "Provider enrolment", StaffRole.CREDENTIALING),
    ("ROUTE", "Wrong payer", StaffRole.BILLER),
    ("OTHER", "Other", StaffRole.BILLER),
    ("CONTRACT", "Contract (no denial)", ""),
    ("PATIENT", "Patient (no denial)", ""),
)


def load(categories: Any, reasons: Any) -> None:
    """Enter the categories and reasons that are missing, through these model managers."""
    categories.bulk_create(
        (
            categories.model(code=code, name=name, owner_role=owner)
            for code, name, owner in CATEGORIES
        ),
        ignore_conflicts=True,
    )
    with TABLE.open(encoding="utf-8", newline="") as lines:
        reasons.bulk_create(
            (
                reasons.model(
                    code=row["code"],
                    wording=row["wording"],
                    category_id=row["category"],
                    preventable=row["preventable"],
                    recovery=row["recovery"],
                    first_step=row["first_step"],
                    is_denial=row["is_denial"] == "yes",
                )
                for row in csv.DictReader(lines)
            ),
            ignore_conflicts=True,
        )
