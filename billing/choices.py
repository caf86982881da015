"""The fixed vocabularies of the records: value and label of every choice, in KPIS words."""

from django.db import models


class PayerKind(models.TextChoices):
    """What kind of payer answers for the claim."""

    COMMERCIAL = "commercial", "Commercial"
    MEDICARE = "medicare", "Medicare"
    MEDICAID = "medicaid", "Medicaid"
    GOVERNMENT = "government", "Other government"
    WORKERS_COMPENSATION = "workers-compensation", "Workers' compensation"
    LIABILITY = "liability", "Auto or liability"
    SELF_PAY = "self-pay", "Self-pay"
    UNKNOWN = "unknown", "Unknown"


class Frequency(models.TextChoices):
    """Why a claim was sent (X12 CLM05-3)."""

    ORIGINAL = "original", "Original"
    REPLACEMENT = "replacement", "Replacement"
    VOID = "void", "Void"


class ClaimStatus(models.TextChoices):
    """Where a claim stands (KPIS, "status")."""

    DRAFT = "draft", "Draft"
    PENDING = "pending", "Pending"
    DENIED = "denied", "Denied"
    APPEALED = "appealed", "Appealed"
    PAID = "paid", "Paid"
    CLOSED = "closed", "Closed"


OPEN_STATUSES = (ClaimStatus.PENDING, ClaimStatus.DENIED, ClaimStatus.APPEALED)


class StatedStatus(models.TextChoices):
    """What the billing system's export said of a claim; only KPIS outcome rule 4 asks for it."""

    NONE = "", "Not stated"
    PENDING = "pending", "Pending"
    PAID = "paid", "Paid"
    PARTIALLY_PAID = "partially-paid", "Partially paid"
    DENIED = "denied", "Denied"
    APPEALED = "appealed", "Appealed"


class Outcome(models.TextChoices):
    """What a payer decided (KPIS, "Outcome of an adjudication")."""

    REVERSAL = "reversal", "Reversal"
    FORWARDED = "forwarded", "Forwarded"
    PREDETERMINATION = "predetermination", "Predetermination"
    PENDED = "pended", "Pended"
    DUPLICATE = "duplicate", "Duplicate"
    DENIED = "denied", "Denied"
    PARTIALLY_DENIED = "partially-denied", "Partially denied"
    PATIENT_RESPONSIBILITY = "patient-responsibility", "Patient responsibility"
    PAID = "paid", "Paid"


DENIALS = (Outcome.DENIED, Outcome.PARTIALLY_DENIED)
FIRST_PASS = (Outcome.PAID, Outcome.PATIENT_RESPONSIBILITY)
NO_DECISION = (Outcome.REVERSAL, Outcome.FORWARDED, Outcome.PREDETERMINATION, Outcome.PENDED)


class AdjustmentGroup(models.TextChoices):
    """Who answers for an adjusted amount (X12 CAS01)."""

    CONTRACTUAL = "CO", "CO · Contractual obligation"
    PATIENT = "PR", "PR · Patient responsibility"
    OTHER = "OA", "OA · Other adjustment"
    PAYER = "PI", "PI · Payer initiated"
    CORRECTION = "CR", "CR · Correction or reversal"


class MatchedBy(models.TextChoices):
    """How a decision found its claim; blank while it has none."""

    NUMBER = "number", "Claim number"
    CONTROL_NUMBER = "control-number", "Payer control number"
    PERSON = "person", "Linked by a person"


class LineMatchedBy(models.TextChoices):
    """How a decided line found the line that was billed; blank while it has none."""

    CONTROL_NUMBER = "control-number", "Line control number"
    CODE = "code", "Code and modifiers"
    CHARGE = "charge", "Code, date and charge"


class LineOutcome(models.TextChoices):
    """What became of one line (KPIS, outcome rule 1)."""

    DENIED = "denied", "Denied"
    PATIENT_NON_COVERED = "patient non-covered", "Patient non-covered"
    PATIENT = "patient responsibility", "Patient responsibility"
    REDUCED = "reduced", "Reduced"
    PENDED = "pended", "Pended"
    PAID = "paid", "Paid"
    OTHER = "other", "Other"


class AppealResult(models.TextChoices):
    """How an appeal ended; blank while it is open."""

    OPEN = "", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class StaffRole(models.TextChoices):
    """What a staff member does; a reason category names the role that owns its denials."""

    BILLER = "biller", "Biller"
    CODER = "coder", "Coder"
    FRONT_DESK = "front-desk", "Front desk"
    AUTHORIZATION = "authorization", "Authorization desk"
    CREDENTIALING = "credentialing", "Credentialing"
    RECORDS = "records", "Medical records"
    CLINICIAN = "clinician", "Clinician"
    MANAGER = "manager", "Manager"


class StaffAction(models.TextChoices):
    """What a staff member did to a claim."""

    SUBMITTED = "submitted", "Submitted"
    CORRECTED = "corrected", "Corrected"
    FOLLOWED_UP = "followed-up", "Followed up"
    APPEALED = "appealed", "Appealed"
    POSTED_PAYMENT = "posted-payment", "Posted payment"
    WROTE_OFF = "wrote-off", "Wrote off"
    REVIEWED = "reviewed", "Reviewed"
    OTHER = "other", "Other"
