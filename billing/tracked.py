"""Which records of this app the audit trail follows.

Bulk loads do not pass here: `bulk_create()` sends no signals, and the `ImportBatch` says who loaded
which file. The columns that `posting` keeps are left out, as the events that change them are in.
"""

from django.contrib.auth.models import Group, User
from django.db.models import Model

from billing import audit
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ClaimLine,
    ContractLimits,
    ContractualAdjustment,
    Department,
    DepartmentRule,
    Encounter,
    ImportBatch,
    LineItem,
    Note,
    Patient,
    PatientPayment,
    Payer,
    PayerIdentifier,
    Practice,
    PracticeAccess,
    ProcedureCode,
    Projection,
    Provider,
    ReasonCategory,
    ReasonCode,
    Remittance,
    Resolution,
    Staff,
    StatusChange,
    Upload,
    WorkMark,
    WriteOff,
)

Models = tuple[type[Model], ...]
OF_A_PRACTICE: Models = (
    Patient,
    Encounter,
    LineItem,
    Department,
    DepartmentRule,
    Provider,
    Staff,
    PayerIdentifier,
    ContractLimits,
)
EVENTS: Models = (
    Adjudication,
    PatientPayment,
    ContractualAdjustment,
    WriteOff,
    Appeal,
    StatusChange,
    WorkMark,
    Resolution,
)
SHARED: Models = (Payer, ReasonCode, ReasonCategory, ProcedureCode)
BOOKKEEPING = ("recorded_at", "source_key", "revision")
DERIVED = (
    *(field.name for field in Projection._meta.local_fields),
    "first_event_on",
    "last_event_on",
    "submission_lag_days",
    "charge_lag_days",
)


def track_all() -> None:
    """Let the trail follow the records that people change."""
    for model in OF_A_PRACTICE:
        audit.track(model)
    for model in EVENTS:
        audit.track(model, without=BOOKKEEPING)
    for model in SHARED:
        audit.track(model, practice="")
    audit.track(Practice, practice="pk")
    audit.track(Claim, without=DERIVED)
    audit.track(ClaimLine, practice="claim.practice_id")
    audit.track(Remittance, fields=("trace_number", "practice", "state", "is_decided"))
    audit.track(Note, practice="claim.practice_id")
    audit.track(ImportBatch, fields=("file_name", "sha256", "kind", "profile", "practice", "state"))
    audit.track(Upload, fields=("file_name", "profile", "practice", "state"))
    audit.track(PracticeAccess, practice="", many=("practices",))
    audit.track(User, practice="", without=("last_login",), many=("groups", "user_permissions"))
    audit.track(Group, practice="", many=("permissions",))
