"""The records of the revenue cycle, by subject."""

from billing.models.access import PracticeAccess
from billing.models.claims import (
    Claim,
    ClaimHistory,
    ClaimLine,
    Projection,
    Submission,
)
from billing.models.encounters import Encounter, LineItem
from billing.models.events import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Appeal,
    ClaimEvent,
    ContractualAdjustment,
    Note,
    PatientPayment,
    StaffActivity,
    StatusChange,
    WriteOff,
)
from billing.models.imports import ImportBatch, ImportFootprint, ImportRejection, Upload
from billing.models.parties import (
    ContractLimits,
    Department,
    DepartmentRule,
    Patient,
    Payer,
    PayerIdentifier,
    Practice,
    Provider,
    Staff,
)
from billing.models.reasons import ProcedureCode, ReasonCategory, ReasonCode
from billing.models.remittances import ProviderAdjustment, Remittance
from billing.models.resolutions import Resolution
from billing.models.work import WorkMark

__all__ = [
    "Adjudication",
    "AdjudicationLine",
    "Adjustment",
    "Appeal",
    "Claim",
    "ClaimEvent",
    "ClaimHistory",
    "ClaimLine",
    "ContractLimits",
    "ContractualAdjustment",
    "Department",
    "DepartmentRule",
    "Encounter",
    "ImportBatch",
    "ImportFootprint",
    "ImportRejection",
    "LineItem",
    "Note",
    "Patient",
    "PatientPayment",
    "Payer",
    "PayerIdentifier",
    "Practice",
    "PracticeAccess",
    "ProcedureCode",
    "Projection",
    "Provider",
    "ProviderAdjustment",
    "ReasonCategory",
    "ReasonCode",
    "Remittance",
    "Resolution",
    "Staff",
    "StaffActivity",
    "StatusChange",
    "Submission",
    "Upload",
    "WorkMark",
    "WriteOff",
]
