"""What payers allow, how often and why they deny, and what they leave to the patient."""

import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from billing.choices import PayerKind
from billing.demo.practice import (
    DENIAL_RATE_AFTER_JUMP,
    DEPARTMENTS,
    JUMP_DAYS_BEFORE_TODAY,
    JUMPING_PAYER,
    REASONS,
    REASONS_AFTER_JUMP,
    PayerProfile,
)
from billing.demo.visits import Visit


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a claim, or a part of it, is worth in cents: billed and allowed by contract."""

    billed: int
    allowed: int


def denial_rate(visit: Visit, decided_on: date, today: date) -> float:
    """The payer's rate on that day, leaned by the department, the same on average."""
    rate = visit.payer.denial_rate
    if visit.payer.name == JUMPING_PAYER and has_jumped(decided_on, today):
        rate = DENIAL_RATE_AFTER_JUMP
    return rate * visit.department.denial_factor / _mean_denial_factor()


@cache
def _mean_denial_factor() -> float:
    whole = sum(d.share for d in DEPARTMENTS)
    return sum(d.share * d.denial_factor for d in DEPARTMENTS) / whole


def has_jumped(day: date, today: date) -> bool:
    """Whether the planted jump of one payer's denials has happened by `day`."""
    return day >= today - timedelta(days=JUMP_DAYS_BEFORE_TODAY)


def denial_reason(rng: Random, visit: Visit, *, decided_on: date, today: date) -> str:
    """A reason code, by the department's lean and, after the jump, the jumping payer's."""
    after_jump = visit.payer.name == JUMPING_PAYER and has_jumped(decided_on, today)
    weights = _reason_weights(after_jump)[visit.department.name]
    return rng.choices(tuple(REASONS), weights)[0]


@cache
def _reason_weights(after_jump: bool) -> dict[str, tuple[float, ...]]:
    lean = REASONS_AFTER_JUMP if after_jump else {}
    return {
        department.name: tuple(
            weight * department.reasons.get(code, 1) * lean.get(code, 1)
            for code, weight in REASONS.items()
        )
        for department in DEPARTMENTS
    }


def allowed(visit: Visit) -> Amounts:
    """The whole claim, billed and allowed by contract."""
    lines = [line_allowed(visit, position) for position in range(len(visit.charges))]
    return Amounts(sum(line.billed for line in lines), sum(line.allowed for line in lines))


def line_allowed(visit: Visit, position: int) -> Amounts:
    charge = visit.charges[position]
    rate = _contract_rate(visit.payer.name, visit.payer.allowed_rate, charge.code)
    return Amounts(charge.cents, round(charge.cents * rate))


@cache
def _contract_rate(payer: str, rate: float, code: str) -> float:
    """Contracts differ by procedure: up to a tenth above or below the payer's rate."""
    return rate * (0.9 + zlib.crc32(f"{payer}/{code}".encode()) % 201 / 1000)


def patient_share(rng: Random, payer: PayerProfile, day: date, allows: int) -> tuple[str, int]:
    """The reason code and cents of the patient's part; deductibles mostly early in the year."""
    chance = rng.random()
    if payer.kind in (PayerKind.MEDICAID, PayerKind.WORKERS_COMPENSATION):
        return ("3", min(400, allows)) if chance < 0.08 else ("3", 0)
    deductible = 0.14 if day.month <= 3 else 0.05
    if chance < deductible:
        return "1", min(allows, 40_000)
    if payer.kind == PayerKind.MEDICARE:
        return ("2", allows // 5) if chance < 0.45 else ("2", 0)
    if chance < 0.5:
        return "3", min(rng.choice((2_000, 3_000, 4_000, 5_000)), allows)
    return ("2", allows // 5) if chance < 0.65 else ("2", 0)
