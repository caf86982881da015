"""Who came when: days, patients, departments and the charges of each visit."""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from billing.demo.practice import (
    DEPARTMENTS,
    FIRST_NAMES,
    LAST_NAMES,
    PAYERS,
    DepartmentProfile,
    PayerProfile,
    ProcedureProfile,
    procedures,
)
from billing.models import Patient, Practice

DAYS = 730
WEEKDAY_WEIGHTS = (1.05, 1.1, 1.05, 1.0, 0.9, 0.15, 0.05)
HOLIDAYS = ((1, 1), (7, 4), (12, 25))
HOLIDAY_WEIGHT = 0.1
GROWTH = 0.2  # more visits at the end than at the beginning
NEW_PATIENT = 0.25
KNOWN_PATIENTS = 6_000
PRICE_RISE = 1.04  # each first of January
LINES = ((1, 2, 3, 4), (45, 75, 92, 100))


@dataclass(frozen=True, slots=True)
class Charge:
    """One service of a visit: code, units and charge in cents."""

    code: str
    units: int
    cents: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that will be billed to one payer."""

    day: date
    patient: Patient
    is_new_patient: bool
    payer: PayerProfile
    department: DepartmentProfile
    provider: str
    charges: tuple[Charge, ...]

    @property
    def cents(self) -> int:
        """The whole charge in cents."""
        return sum(charge.cents for charge in self.charges)


def visits(rng: Random, practice: Practice, *, count: int, today: date) -> Iterator[Visit]:
    """`count` visits in order of their day, over the two years that end `today`."""
    patients = _Patients(rng, practice)
    shares = tuple(accumulate(d.share for d in DEPARTMENTS))
    for day, of_day in _visits_by_day(count, today):
        prices = _prices(day.year - today.year)
        for _ in range(of_day):
            department = rng.choices(DEPARTMENTS, cum_weights=shares)[0]
            patient, payer, is_new = patients.draw(day)
            yield Visit(
                day,
                patient,
                is_new,
                payer,
                department,
                rng.choice(department.providers),
                _charges(rng, prices[department.name]),
            )


def _visits_by_day(count: int, today: date) -> Iterator[tuple[date, int]]:
    """Spread `count` over the days: few at weekends, slowly more; exact in total."""
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    so_far = list(accumulate(_weight(day, position) for position, day in enumerate(days)))
    before = 0
    for day, weight in zip(days, so_far, strict=True):
        after = math.floor(count * weight / so_far[-1] + 1e-9)
        yield day, after - before
        before = after


def _weight(day: date, position: int) -> float:
    weight = WEEKDAY_WEIGHTS[day.weekday()] * (1 + GROWTH * position / DAYS)
    return weight * (HOLIDAY_WEIGHT if (day.month, day.day) in HOLIDAYS else 1)


@dataclass(frozen=True, slots=True)
class _PriceList:
    procedures: tuple[ProcedureProfile, ...]
    weights: tuple[float, ...]
    rise: float


@cache
def _prices(years_after_today: int) -> dict[str, _PriceList]:
    """What each department does, the cheap things more often, at that year's prices."""
    rise = PRICE_RISE**years_after_today
    table = procedures()
    lists = {}
    for department in DEPARTMENTS:
        own = tuple(p for p in table if department.name in p.departments)
        weights = tuple(accumulate((30_000 / p.cents) ** 0.8 for p in own))
        lists[department.name] = _PriceList(own, weights, rise)
    return lists


def _charges(rng: Random, prices: _PriceList) -> tuple[Charge, ...]:
    lines = rng.choices(LINES[0], cum_weights=LINES[1])[0]
    chosen = rng.choices(prices.procedures, cum_weights=prices.weights, k=lines)
    found: dict[str, Charge] = {}
    for procedure in chosen:  # the same code twice is two units
        units = found[procedure.code].units + 1 if procedure.code in found else 1
        each = round(procedure.cents * prices.rise)
        found[procedure.code] = Charge(procedure.code, units, each * units)
    return tuple(found.values())


class _Patients:
    """Patients come back; a window of the newest keeps memory flat."""

    def __init__(self, rng: Random, practice: Practice) -> None:
        self.rng = rng
        self.practice = practice
        self.known: list[tuple[Patient, PayerProfile]] = []
        self.made = 0
        self.shares = tuple(accumulate(p.share for p in PAYERS))

    def draw(self, day: date) -> tuple[Patient, PayerProfile, bool]:
        """A patient with their payer, and whether they are new."""
        if self.known and self.rng.random() > NEW_PATIENT:
            return (*self.known[self.rng.randrange(len(self.known))], False)
        patient = self._new(day)
        payer = self.rng.choices(PAYERS, cum_weights=self.shares)[0]
        if len(self.known) < KNOWN_PATIENTS:
            self.known.append((patient, payer))
        else:
            self.known[self.made % KNOWN_PATIENTS] = (patient, payer)
        return patient, payer, True

    def _new(self, day: date) -> Patient:
        self.made += 1
        return Patient(
            id=new_uuid(self.rng),
            practice=self.practice,
            record_number=f"MRN{self.made:07}",
            last_name=self.rng.choice(LAST_NAMES),
            first_name=self.rng.choice(FIRST_NAMES),
            birth_date=day - timedelta(days=round(365.25 * self.rng.triangular(1, 92, 58))),
        )


def new_uuid(rng: Random) -> uuid.UUID:
    """A random UUID that the seed decides."""
    return uuid.UUID(int=rng.getrandbits(128), version=4)
