"""The rows that every demo claim points at: practice, departments, providers, payers, staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from billing.choices import StaffAction
from billing.demo.practice import (
    BILLERS,
    DEPARTMENTS,
    DOERS,
    LIMITS,
    PAYERS,
    PRACTICE,
    STAFF,
    StaffProfile,
    procedures,
)
from billing.models import (
    Department,
    Payer,
    PayerIdentifier,
    Practice,
    ProcedureCode,
    Provider,
    ReasonCode,
    Staff,
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Saved rows by name, and which reasons the reason table calls denials."""

    practice: Practice
    departments: dict[str, Department]
    providers: dict[str, Provider]
    payers: dict[str, Payer]
    staff: dict[str, Staff]
    is_denial: dict[str, bool]

    def doer(self, rng: Random, action: StaffAction) -> tuple[Staff, StaffProfile]:
        """Who does this kind of work this time."""
        profile = _pick(rng, DOERS.get(action, BILLERS))
        return self.staff[profile.name], profile

    def assignee(self, rng: Random) -> Staff:
        """Who works an open claim."""
        return self.staff[_pick(rng, BILLERS).name]


def _pick(rng: Random, people: Sequence[StaffProfile]) -> StaffProfile:
    return rng.choices(people, cum_weights=tuple(accumulate(p.weight for p in people)))[0]


def save_cast() -> Cast:
    """Save the invented practice and everyone in it."""
    practice = Practice.objects.create(name=PRACTICE, npi="1999999984", tax_id="00-0000000")
    departments = {
        profile.name: Department.objects.create(practice=practice, name=profile.name)
        for profile in DEPARTMENTS
    }
    ProcedureCode.objects.bulk_create(
        (ProcedureCode(code=p.code, wording=p.wording) for p in procedures()),
        ignore_conflicts=True,
    )
    return Cast(
        practice,
        departments,
        _save_providers(practice, departments),
        _save_payers(practice),
        _save_staff(practice),
        dict(ReasonCode.objects.filter(is_unknown=False).values_list("code", "is_denial")),
    )


def _save_providers(practice: Practice, departments: dict[str, Department]) -> dict[str, Provider]:
    saved: dict[str, Provider] = {}
    for profile in DEPARTMENTS:
        for name in profile.providers:
            saved[name] = Provider.objects.create(
                practice=practice,
                code=f"PR{len(saved) + 1:03}",
                name=name,
                specialty=profile.name,
                department=departments[profile.name],
            )
    return saved


def _save_payers(practice: Practice) -> dict[str, Payer]:
    """Payers are shared by all practices, so that one of that name may be there already."""
    saved: dict[str, Payer] = {}
    for position, profile in enumerate(PAYERS, start=1):
        filing, appealing = LIMITS.get(profile.name, (None, None))
        saved[profile.name], _ = Payer.objects.get_or_create(
            name=profile.name,
            defaults={
                "kind": profile.kind,
                "filing_limit_days": filing,
                "appeal_limit_days": appealing,
            },
        )
        PayerIdentifier.objects.create(
            practice=practice, code=f"PAY{position:03}", payer=saved[profile.name]
        )
    return saved


def _save_staff(practice: Practice) -> dict[str, Staff]:
    return {
        profile.name: Staff.objects.create(
            practice=practice,
            code=f"ST{position:03}",
            name=profile.name,
            email=f"{profile.name.lower().replace(' ', '.')}@lakeside.example",
            role=profile.role,
        )
        for position, profile in enumerate(STAFF, start=1)
    }
