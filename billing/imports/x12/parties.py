"""The practice, payers, providers, patients and departments that X12 names.

Two files may spell one party in two ways; which spelling is kept never depends on their order.
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from billing.choices import PayerKind
from billing.departments import closest_first, fits
from billing.imports.directory import Directory, kind_of
from billing.imports.errors import LoadingError
from billing.imports.practices import choose_practice
from billing.imports.x12.submissions import Named, SubmittedClaim
from billing.models import (
    Department,
    DepartmentRule,
    Payer,
    PayerIdentifier,
    Practice,
    ProcedureCode,
    Provider,
)

UNKNOWN_PAYER = "UNKNOWN PAYER"
OURS = "X12-"  # begins the record numbers of patients that only files have named
LONGEST_CODE = 80


class UnknownPracticeError(Exception):
    """No practice is meant, or another one; the message says what to do."""


class Practices:
    """Finds the practice of a transaction set by the NPI or tax id of who bills or is paid."""

    def __init__(self, name: str) -> None:
        """`name` is what the caller asked for; raises LoadingError for an unknown one."""
        self._known = list(Practice.objects.order_by("name"))
        self._chosen = choose_practice(name) if name else None
        self._default: Practice | None = None

    def find(self, npi: str, tax_id: str, warnings: list[str]) -> Practice:
        """The practice of these numbers, else the chosen or only one; it may be unsaved.

        Raises UnknownPracticeError where there are several and none has the numbers, or where the
        numbers are those of another practice than the chosen one.
        """
        by_number = [p for p in self._known if npi and p.npi == npi] or [
            p for p in self._known if tax_id and p.tax_id.replace("-", "") == tax_id
        ]
        found = by_number[0] if by_number else None
        if self._chosen is not None:
            if found is not None and found.pk != self._chosen.pk:
                raise UnknownPracticeError(
                    f"it names the NPI or tax id of another practice than {self._chosen.name}."
                )
            return self._chosen
        if found is not None:
            return found
        if self._default is None:
            try:
                self._default = choose_practice()
            except LoadingError as error:
                raise UnknownPracticeError(f"no practice has its NPI or tax id. {error}") from None
        if self._default.npi and npi and self._default.npi != npi:
            warnings.append(f"its NPI is not that of {self._default.name}, the only practice")
        return self._default


class Parties:
    """The parties of one practice by what X12 calls them; new ones are saved by `save`."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.directory = Directory(practice)
        self._respelled: dict[str, Provider] = {}

    @cached_property
    def _by_npi(self) -> dict[str, Provider]:
        rows = sorted(self.directory.providers.values(), key=lambda p: p.code, reverse=True)
        return {provider.npi: provider for provider in rows if provider.npi}

    @cached_property
    def _rules(self) -> list[DepartmentRule]:
        """The closest rules first."""
        rows = DepartmentRule.objects.filter(practice=self.practice).select_related("department")
        return closest_first(rows.order_by("pk"))

    def payer(self, name: str) -> Payer:
        """The payer that files call so; it stays the same one when a person renames it."""
        name = name.upper() or UNKNOWN_PAYER
        code = _payer_code(name)
        known = self.directory.identifiers.get(code)
        if known is not None:
            return known.payer
        payer = self.directory.payers.get(name.casefold())
        if payer is None:
            payer = Payer(name=name, kind=kind_of(name) or PayerKind.UNKNOWN)
            self.directory.remember(self.directory.payers, name.casefold(), payer)
        identifier = PayerIdentifier(practice=self.practice, code=code, payer=payer)
        self.directory.remember(self.directory.identifiers, code, identifier)
        return payer

    def provider(self, named: Named) -> Provider | None:
        """The provider by NPI, else by name; of two spellings the first in the alphabet stays."""
        name = named.name.upper()
        key = named.npi or name[:60]
        if not key:
            return None
        found = self._by_npi.get(named.npi) or self.directory.providers.get(key)
        if found is None:
            found = Provider(
                practice=self.practice,
                code=key,
                name=name or key,
                npi=named.npi,
                spelling=name or key,
            )
            self.directory.remember(self.directory.providers, key, found)
            if found.npi:
                self._by_npi[found.npi] = found
        elif name and found.spelling and name < found.spelling:
            if found.name == found.spelling:  # else a person has named it
                found.name = name
            found.spelling = name
            self._respelled[key] = found
        return found

    def procedure(self, code: str, revenue_code: str = "") -> ProcedureCode | None:
        """The code of a service; a hospital's line without one goes by its revenue code."""
        if not code and revenue_code:
            return self.directory.procedure(f"REV{revenue_code}", f"Revenue code {revenue_code}")
        return self.directory.procedure(code)

    def department(self, claim: SubmittedClaim, provider: Provider | None) -> Department | None:
        """The department by the closest rule of the practice; None where no rule fits."""
        sent = {
            "provider_npi": claim.provider.npi,
            "facility": claim.facility.name.upper(),
            "place_of_service": claim.place_of_service,
            "revenue_code": claim.revenue_code,
        }
        return next((r.department for r in self._rules if fits(r, sent)), None)

    def save(self) -> None:
        """Save what is new or spelled anew; call it inside a transaction."""
        self.directory.save()
        self.directory.new.clear()
        for provider in self._respelled.values():
            provider.save(update_fields=("name", "spelling"))
        self._respelled.clear()

    def forget(self) -> None:
        """Read everything afresh: the transaction was rolled back, or others wrote."""
        self.directory.forget()
        self._respelled.clear()
        for name in ("_by_npi", "_rules"):
            self.__dict__.pop(name, None)


def record_number(patient: Named, birth_date: date | None, member_id: str) -> str:
    """The key of a patient whom only a claim names: X12 has no record numbers.

    Made of name, birth date and member id, and tells none of them.
    """
    parts: Sequence[str] = (
        patient.last_name,
        patient.first_name,
        birth_date.isoformat() if birth_date else "",
        member_id,
    )
    text = "\x1f".join(" ".join(part.upper().split()) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=10).digest()
    return OURS + b32encode(digest).decode()


def _payer_code(name: str) -> str:
    code = f"X12 {name}"
    if len(code) <= LONGEST_CODE:
        return code
    digest = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
    return f"{code[: LONGEST_CODE - len(digest) - 1]} {digest}"
