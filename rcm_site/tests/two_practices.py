"""Two practices with a record of every kind, and one person of each group who works for the first.

Whatever belongs to the second practice has "Hill" in its name.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from analytics.models import KpiTarget
from billing import posting
from billing.models import (
    Adjudication,
    ContractLimits,
    DepartmentRule,
    ImportBatch,
    ImportRejection,
    Patient,
    PayerIdentifier,
    PracticeAccess,
    ProcedureCode,
    ProviderAdjustment,
    ReasonCategory,
    ReasonCode,
    Submission,
    Upload,
    WorkMark,
)
from billing.tests.builders import (
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_activity,
    make_claim,
    make_department,
    make_payer,
    make_practice,
    make_remittance,
    patient_payment,
    write_off,
)

OURS, THEIRS = "Harbor Clinic", "Hill Clinic"
GROUPS = {
    "manager": "Managers",
    "biller": "Billers",
    "auditor": "Auditors",
    "administrator": "Administrators",
}
Records = Mapping[str, Any]


def fill(practice: str) -> Records:
    """Store one record of every kind; by app and model, as in `billing.claim`."""
    word = practice.split()[0]
    remittance = make_remittance(f"EFT-{word}", practice=practice)
    unmatched = Adjudication.objects.create(
        practice=remittance.practice, remittance=remittance, claim_number=f"CLP-{word}",
        decided_on=date(2026, 2, 1), charge=50, paid=50, outcome="paid",
    )  # fmt: skip
    adjusted = ProviderAdjustment.objects.create(remittance=remittance, reason="WO", amount=1)
    claim = make_claim(
        number=f"C-{word}",
        practice=practice,
        department=f"{word} ward",
        provider=f"Dr. {word}",
        assignee=f"{word} clerk",
        procedures=["99213"],
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        patient_payments=[patient_payment(on=date(2026, 2, 5), amount="5.00")],
        contractual_adjustments=[contractual_adjustment(on=date(2026, 2, 5), amount="1.00")],
        write_offs=[write_off(on=date(2026, 3, 1), amount="10.00")],
        appeals=[appeal(filed=date(2026, 2, 20))],
        status_changes=[closing(on=date(2026, 3, 2))],
    )
    Patient.objects.filter(practice=claim.practice).update(
        record_number=f"MRN-{word}", last_name=f"{word}son", first_name=f"{word}a"
    )
    encounter = claim.encounter
    assert encounter is not None
    encounter.refresh_from_db()
    upload = Upload.objects.create(
        practice=claim.practice,
        file_name=f"{word}.zip",
        size=1,
        who=User.objects.get_or_create(username="loader")[0],
        state="checked",
        findings={"files": [_looked_at(word)]},
    )
    batch = ImportBatch.objects.create(
        practice=claim.practice,
        file_name=f"{word}.csv",
        sha256=word,
        kind="claims",
        state="finished",
        upload=upload,
        leaves_footprints=True,
    )
    rows: list[Model] = [
        remittance,
        adjusted,
        claim,
        encounter,
        encounter.patient,
        encounter.line_items.get(),
        batch,
        upload,
        *(rows.get() for rows in (claim.adjudications, claim.patient_payments, claim.write_offs)),
        *(rows.get() for rows in (claim.appeals, claim.status_changes)),
        ImportRejection.objects.create(batch=batch, line=1, reason=f"No {word}.", raw=word),
        PayerIdentifier.objects.create(
            practice=claim.practice, code=f"ID-{word}", payer=make_payer("Aetna")
        ),
        DepartmentRule.objects.create(
            practice=claim.practice, department=make_department(f"{word} ward", practice=practice),
            place_of_service="11",
        ),
        posting.add_note(claim, text=f"{word} note"),
        ContractLimits.objects.create(
            practice=claim.practice, payer=make_payer("Aetna"), appeal_limit_days=90
        ),
        WorkMark.objects.create(
            practice=claim.practice, claim=claim, kind="done", reason=f"{word} done",
            claim_status=claim.status, claim_balance=claim.balance,
        ),
        make_activity(claim=claim, staff=f"{word} clerk", practice=practice),
        Submission.objects.create(
            claim=claim, submitted_on=date(2026, 1, 7), file_name=f"{word}.837",
            file_sha256=word, position=1, claim_number=claim.number, charge=100,
        ),
        *(row for row in (claim.practice, claim.department, claim.provider, claim.assignee) if row),
    ]  # fmt: skip
    return {row._meta.label_lower: row for row in rows} | {"unmatched": unmatched}


def _looked_at(word: str) -> dict[str, Any]:
    """What looking at a file told, with a row that names a patient."""
    counts = {"read": 1, "created": 0, "updated": 0, "unchanged": 0, "rejected": 1, "warnings": 0}
    return {
        "file": f"{word}.csv",
        "kind": "patients",
        **counts,
        "refused": None,
        "ignored": None,
        "notes": [],
        "rejections": [{"line": 2, "field": "last_name", "reason": f"{word}son is wrong."}],
        "size": 1,
        "headings": ["last_name"],
        "rows": [[f"{word}son"]],
    }


def shared() -> Records:
    """Records that belong to no practice, and what is kept of users and log-ins."""
    rows: list[Model] = [
        make_payer("Aetna"),
        ReasonCode.objects.get(pk="197"),
        ProcedureCode.objects.get(pk="99213"),
        ReasonCategory.objects.all()[0],
        KpiTarget.objects.create(slug="denial-rate", value=5),
        Group.objects.get(name="Billers"),
    ]
    return {row._meta.label_lower: row for row in rows}


def person(name: str, *practices: str, group: str) -> User:
    """Someone of this group who works for these practices and may use the admin."""
    user = User.objects.create_user(name, password="-", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    access = PracticeAccess.objects.create(user=user)
    access.practices.set([make_practice(practice) for practice in practices])
    return user


def people() -> dict[str, Client]:
    """A browser for a stranger and for one person of each group, all of our practice."""
    browsers = {"stranger": Client()}
    for role, group in GROUPS.items():
        browsers[role] = Client()
        browsers[role].force_login(person(role, OURS, group=group))
    return browsers


def log_ins(user: User) -> Records:
    """What is kept of a user and the user's log-ins."""
    kept = {
        "username": user.username,
        "ip_address": "192.0.2.1",
        "user_agent": "a browser",
        "http_accept": "*/*",
        "path_info": "/accounts/login/",
    }
    rows: list[Model] = [
        user,
        PracticeAccess.objects.get(user=user),
        AccessAttempt.objects.create(**kept, failures_since_start=1),
        AccessLog.objects.create(**kept, logout_time=timezone.now()),
    ]
    return {row._meta.label_lower: row for row in rows}
