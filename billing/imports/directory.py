"""The short lists that rows refer to, read once: payers, departments, providers, staff, codes.

What a row names for the first time is made unsaved and saved with the chunk. A dry run never
saves, and so finds what its earlier rows named all the same.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from django.db import models

from billing import footprints
from billing.choices import PayerKind
from billing.imports.errors import BadValueError
from billing.imports.values import shown
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

Record = TypeVar("Record", bound=models.Model)


class Directory:
    """The parties and codes of one practice, by the keys that files use."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.new: list[models.Model] = []

    @cached_property
    def payers(self) -> dict[str, Payer]:
        """By name, without regard to case."""
        return {payer.name.casefold(): payer for payer in Payer.objects.order_by("-name")}

    @cached_property
    def identifiers(self) -> dict[str, PayerIdentifier]:
        """The payer ids of this practice's billing system."""
        rows = PayerIdentifier.objects.filter(practice_id=self.practice.pk)
        return {row.code: row for row in rows.select_related("payer").order_by("code")}

    @cached_property
    def departments(self) -> dict[str, Department]:
        rows = Department.objects.filter(practice_id=self.practice.pk).order_by("name")
        return {row.name: row for row in rows}

    @cached_property
    def providers(self) -> dict[str, Provider]:
        rows = Provider.objects.filter(practice_id=self.practice.pk).order_by("code")
        return {row.code: row for row in rows}

    @cached_property
    def staff(self) -> dict[str, Staff]:
        rows = Staff.objects.filter(practice_id=self.practice.pk).order_by("code")
        return {row.code: row for row in rows}

    @cached_property
    def procedures(self) -> dict[str, ProcedureCode]:
        return {row.code: row for row in ProcedureCode.objects.order_by("code")}

    @cached_property
    def reasons(self) -> dict[str, ReasonCode]:
        """The reason table, by code."""
        return {row.code: row for row in ReasonCode.objects.order_by("code")}

    def knows_reason(self, code: str) -> bool:
        """Whether a person has described this reason code."""
        found = self.reasons.get(code)
        return found is not None and not found.is_unknown

    def denies(self, code: str) -> bool:
        """Whether a reason denies; an unknown one does (KPIS)."""
        found = self.reasons.get(code)
        return found is None or found.is_denial

    def payer_by_id(self, code: str, field: str) -> Payer:
        """The payer of that id; raises BadValueError where the practice knows none."""
        found = self.identifiers.get(code)
        if found is None:
            raise BadValueError(
                f"No payer has the id {shown(code)}; load the payers first or correct the id.",
                field,
            )
        return found.payer

    def provider_by_id(self, code: str, field: str) -> Provider | None:
        """The provider of that id, None for a blank; raises BadValueError for an unknown one."""
        if not code:
            return None
        found = self.providers.get(code)
        if found is None:
            raise BadValueError(
                f"No provider has the id {shown(code)}; load the providers first or correct it.",
                field,
            )
        return found

    def payer_named(self, name: str) -> Payer:
        """The payer of that name, made when missing."""
        return self._named(
            self.payers,
            name.casefold(),
            lambda: Payer(name=name, kind=kind_of(name) or PayerKind.UNKNOWN),
        )

    def department_named(self, name: str) -> Department | None:
        """The department of that name, made when missing; None for a blank."""
        if not name:
            return None
        return self._named(
            self.departments, name, lambda: Department(practice=self.practice, name=name)
        )

    def provider_named(self, code: str, name: str) -> Provider | None:
        """The provider of that id, or without one of that name; made when missing."""
        key = code or name
        if not key:
            return None
        return self._named(
            self.providers,
            key,
            lambda: Provider(practice=self.practice, code=key, name=name or key),
        )

    def staff_named(self, code: str, name: str = "") -> Staff | None:
        """The staff member of that code, or without one of that name; made when missing."""
        key = code or name
        if not key:
            return None
        return self._named(
            self.staff, key, lambda: Staff(practice=self.practice, code=key, name=name or key)
        )

    def procedure(self, code: str, wording: str = "") -> ProcedureCode | None:
        """The procedure of that code, made when missing; its wording is kept where it has one."""
        if not code:
            return None
        return self._named(
            self.procedures, code, lambda: ProcedureCode(code=code, wording=wording[:200])
        )

    def remember(self, register: dict[str, Any], key: str, record: Any) -> None:
        """Enter an unsaved record under its key; it is saved with the chunk."""
        register[key] = record
        self.new.append(record)

    def save(self) -> None:
        """Save what is new, in the order met; call it inside a transaction."""
        for record in self.new:
            record.save(force_insert=True)
        for model in dict.fromkeys(type(record) for record in self.new):
            keys = [record.pk for record in self.new if type(record) is model]
            footprints.note_created(model, keys)

    def forget(self) -> None:
        """Read everything afresh: another person may have changed it."""
        self.new.clear()
        for name in (
            "payers",
            "identifiers",
            "departments",
            "providers",
            "staff",
            "procedures",
            "reasons",
        ):
            self.__dict__.pop(name, None)

    def _named(self, register: dict[str, Record], key: str, make: Callable[[], Record]) -> Record:
        found = register.get(key)
        if found is None:
            found = make()
            self.remember(register, key, found)
        return found


def kind_of(name: str) -> str:
    """The kind of a payer where its name tells, else blank."""
    word = name.casefold().replace("-", " ").strip()
    telling = {
        "medicare": PayerKind.MEDICARE,
        "medicaid": PayerKind.MEDICAID,
        "tricare": PayerKind.GOVERNMENT,
        "self pay": PayerKind.SELF_PAY,
        "selfpay": PayerKind.SELF_PAY,
    }
    return telling.get(word, "")
