"""The cast: an invented practice, its departments, providers, staff and payers.

Also the truths that are planted for the pages to find (`docs/demo-data.md`).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from billing.choices import PayerKind, StaffAction, StaffRole

PRACTICE = "Lakeside Medical Group"
PROCEDURES = Path(__file__).parents[1] / "data" / "procedure_codes.csv"

# The planted truths.
JUMPING_PAYER = "Summit Mutual"
JUMP_DAYS_BEFORE_TODAY = 120
DENIAL_RATE_BEFORE_JUMP = 0.08
DENIAL_RATE_AFTER_JUMP = 0.28
SLOW_PAYER = "Harborline Health Plan"
LATE_DEPARTMENT = "General Surgery"
CARELESS_PERSON = "Morgan Tate"
CARELESS_ERROR_RATE = 0.40
USUAL_ERROR_RATE = 0.02


@dataclass(frozen=True, slots=True)
class PayerProfile:
    """How one payer behaves.

    `share` is its part of all patients, `denial_rate` of its first decisions denied in whole or
    part, `decision_days` the median from submission to decision, `spread` the sigma of its
    logarithm. `contract_rate` is the part of the charge that the contract allows, `None` without
    a contract; such a payer allows `usual_rate`. `denies_allowed` payers take their contract
    reduction even on what they deny.
    """

    name: str
    kind: PayerKind
    share: float
    denial_rate: float
    decision_days: float
    spread: float
    contract_rate: float | None
    usual_rate: float = 0.7
    denies_allowed: bool = False

    @property
    def allowed_rate(self) -> float:
        """The part of a charge that is paid by payer and patient together."""
        return self.usual_rate if self.contract_rate is None else self.contract_rate


PAYERS = (
    PayerProfile("Medicare", PayerKind.MEDICARE, 24, 0.08, 16, 0.20, 0.46, denies_allowed=True),
    PayerProfile(
        "State Medicaid", PayerKind.MEDICAID, 12, 0.125, 27, 0.40, 0.38, denies_allowed=True
    ),
    PayerProfile(
        "Northfield Health", PayerKind.COMMERCIAL, 14, 0.085, 27, 0.40, 0.62, denies_allowed=True
    ),
    PayerProfile(JUMPING_PAYER, PayerKind.COMMERCIAL, 11, DENIAL_RATE_BEFORE_JUMP, 26, 0.35, 0.60),
    PayerProfile(
        "Clearwater Insurance", PayerKind.COMMERCIAL, 9, 0.10, 29, 0.40, 0.64, denies_allowed=True
    ),
    PayerProfile(SLOW_PAYER, PayerKind.COMMERCIAL, 8, 0.10, 71, 0.22, 0.61, denies_allowed=True),
    PayerProfile("Evergreen Benefit Trust", PayerKind.COMMERCIAL, 7, 0.115, 33, 0.45, 0.58),
    PayerProfile(
        "Pioneer Senior Advantage",
        PayerKind.MEDICARE,
        8,
        0.13,
        30,
        0.40,
        0.47,
        denies_allowed=True,
    ),
    PayerProfile("Statewide Workers Fund", PayerKind.WORKERS_COMPENSATION, 3, 0.13, 42, 0.40, None),
    PayerProfile("Self-pay", PayerKind.SELF_PAY, 4, 0.0, 5, 0.30, None, usual_rate=0.55),
)


# Days to file and to appeal, as invented contracts say; some payers have none.
LIMITS: Mapping[str, tuple[int | None, int | None]] = {
    "Medicare": (None, 120),
    "Northfield Health": (180, 180),
    JUMPING_PAYER: (180, 120),
    "Clearwater Insurance": (90, 60),
    SLOW_PAYER: (365, 180),
    "Pioneer Senior Advantage": (365, 65),
}


@dataclass(frozen=True, slots=True)
class DepartmentProfile:
    """One department: its share of visits, how its denials lean, and who works there.

    `denial_factor` scales the payers' denial rates; `reasons` scales the weight of reason codes;
    `charge_lag` is the median of days from service to charge entry.
    """

    name: str
    share: float
    denial_factor: float
    providers: tuple[str, ...]
    reasons: Mapping[str, float] = field(default_factory=dict)
    charge_lag: float = 1.6


DEPARTMENTS = (
    DepartmentProfile(
        "Primary Care",
        30,
        0.75,
        (
            "Dr. Nora Whitfield",
            "Dr. Samuel Okafor",
            "Dr. Lena Brandt",
            "Dr. Victor Reyna",
            "Dr. Priya Nair",
        ),
        {"27": 1.8, "49": 4, "204": 1.5},
    ),
    DepartmentProfile(
        "Cardiology",
        14,
        1.1,
        ("Dr. Ada Moss", "Dr. Henrik Solberg", "Dr. Julia Castellan"),
        {"197": 1.6, "50": 1.8},
    ),
    DepartmentProfile(
        "Orthopedics",
        12,
        1.15,
        ("Dr. Marcus Feld", "Dr. Tessa Lindqvist", "Dr. Omar Haddad"),
        {"197": 1.8, "252": 1.6, "4": 2},
    ),
    DepartmentProfile(
        "Radiology",
        13,
        1.5,
        ("Dr. Grace Tanaka", "Dr. Paul Renner", "Dr. Ivy Calloway"),
        {"197": 4, "50": 1.5},
    ),
    DepartmentProfile(
        "Laboratory",
        11,
        0.95,
        ("Dr. Felix Aronsen", "Dr. Bianca Moreau"),
        {"50": 3, "11": 3, "151": 4},
    ),
    DepartmentProfile(
        "Gastroenterology",
        8,
        1.1,
        ("Dr. Hugo Lindgren", "Dr. Sofia Marchetti", "Dr. Amir Dastan"),
        {"197": 1.5, "97": 1.8},
    ),
    DepartmentProfile(
        LATE_DEPARTMENT,
        5,
        1.3,
        ("Dr. Karl Ostrander", "Dr. Mei Fong", "Dr. Ruth Alvarado"),
        {"197": 1.8, "252": 2.2, "29": 5},
        charge_lag=13.5,
    ),
    DepartmentProfile(
        "Dermatology",
        7,
        0.85,
        ("Dr. Elsa Vantongeren", "Dr. Noah Prescott"),
        {"4": 2.5, "97": 2},
    ),
)


@dataclass(frozen=True, slots=True)
class StaffProfile:
    """One person: role, how often their actions are errors, and a weight of work."""

    name: str
    role: StaffRole
    weight: float = 1.0
    error_rate: float = USUAL_ERROR_RATE


STAFF = (
    StaffProfile("Alicia Boone", StaffRole.BILLER, 1.2),
    StaffProfile("Dmitri Volkov", StaffRole.BILLER),
    StaffProfile(CARELESS_PERSON, StaffRole.BILLER, weight=0.5, error_rate=CARELESS_ERROR_RATE),
    StaffProfile("Renee Castillo", StaffRole.BILLER, 0.9),
    StaffProfile("Yusuf Karaman", StaffRole.BILLER, 1.1),
    StaffProfile("Hannah Pruitt", StaffRole.BILLER, 0.8),
    StaffProfile("Colin Abernathy", StaffRole.CODER),
    StaffProfile("Wendy Zhao", StaffRole.CODER),
    StaffProfile("Teresa Quill", StaffRole.AUTHORIZATION),
    StaffProfile("Jonas Eriksen", StaffRole.RECORDS),
    StaffProfile("Bea Santoro", StaffRole.FRONT_DESK),
    StaffProfile("Gloria Mensah", StaffRole.MANAGER, 0.4),
)
BILLERS = tuple(person for person in STAFF if person.role == StaffRole.BILLER)
DOERS: Mapping[StaffAction, tuple[StaffProfile, ...]] = {
    StaffAction.REVIEWED: tuple(p for p in STAFF if p.role != StaffRole.BILLER),
    StaffAction.CORRECTED: tuple(
        p for p in STAFF if p.role in (StaffRole.BILLER, StaffRole.CODER, StaffRole.FRONT_DESK)
    ),
    StaffAction.APPEALED: tuple(
        p for p in STAFF if p.role in (StaffRole.BILLER, StaffRole.AUTHORIZATION, StaffRole.RECORDS)
    ),
    StaffAction.WROTE_OFF: tuple(
        p for p in STAFF if p.role in (StaffRole.BILLER, StaffRole.MANAGER)
    ),
}

# How often each reason is given for a denial, before a department's lean.
REASONS: Mapping[str, float] = {
    "16": 17,
    "197": 14,
    "27": 11,
    "252": 8,
    "97": 8,
    "11": 8,
    "50": 7,
    "22": 7,
    "4": 5,
    "204": 4,
    "29": 4,
    "96": 3,
    "31": 3,
    "109": 3,
    "151": 2,
    "185": 2,
    "49": 1,
    "198": 1,
}
REASONS_AFTER_JUMP: Mapping[str, float] = {"197": 8, "198": 4}
PATIENT_GROUP_REASONS = ("96", "204")  # given under PR: the patient pays, nothing is denied
OTHER_GROUP_REASONS = frozenset({"22", "109"})  # given under OA: another payer's matter


@dataclass(frozen=True, slots=True)
class ProcedureProfile:
    """A code with our wording and what the practice charges for it, in cents."""

    code: str
    wording: str
    cents: int
    departments: tuple[str, ...]


def procedures() -> tuple[ProcedureProfile, ...]:
    """The rows of `billing/data/procedure_codes.csv`."""
    with PROCEDURES.open(encoding="utf-8", newline="") as lines:
        return tuple(
            ProcedureProfile(
                row["code"],
                row["wording"],
                int(row["sample_charge"]) * 100,
                tuple(row["departments"].split("|")),
            )
            for row in csv.DictReader(lines)
        )


FIRST_NAMES = (
    "Amara", "Andre", "Beatriz", "Caleb", "Carmen", "Dalia", "Darnell", "Elena", "Emil", "Farah",
    "Gavin", "Greta", "Hassan", "Ingrid", "Isaac", "Jade", "Jerome", "Kaya", "Kenji", "Leon",
    "Lucia", "Malik", "Marta", "Nadia", "Nolan", "Odette", "Omari", "Petra", "Quentin", "Rosa",
    "Rupert", "Selma", "Silas", "Tamar", "Theo", "Uma", "Vera", "Wesley", "Yara", "Zane",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Ashdown", "Bellweather", "Brightwater", "Calder", "Cardoso", "Delacroix", "Duarte",
    "Eastman", "Falk", "Fontaine", "Garrison", "Greaves", "Halloran", "Hidalgo", "Iversen",
    "Jankowski", "Kessler", "Kimura", "Lachance", "Lindholm", "Maddox", "Marchand", "Nakamura",
    "Northcott", "Obi", "Ostrowski", "Pemberton", "Quintero", "Rasmussen", "Redfern", "Sandoval",
    "Silvestri", "Thackeray", "Toussaint", "Underhill", "Valdez", "Westbrook", "Yilmaz", "Zamora",
)  # fmt: skip
NOTES = (
    "Called the payer: claim is in process.",
    "Waiting for the operative report.",
    "Patient will send the new insurance card.",
    "Payer asks for the authorization number.",
    "Sent corrected diagnosis pointers.",
    "Left a message with the payer's provider line.",
)
