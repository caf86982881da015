"""Events of claims from files: found again by their source key, corrected by a new revision."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from billing import posting
from billing.imports.columns import Row
from billing.imports.context import Context
from billing.imports.plan import Change, differs
from billing.models import (
    Adjudication,
    Adjustment,
    Claim,
    ClaimEvent,
    ContractualAdjustment,
    PatientPayment,
    WriteOff,
)
from billing.posting import NewClaim

Event = TypeVar("Event", bound=ClaimEvent)

# What an event says once its row says something of another kind: nothing. An event cannot be
# deleted, so a revision of it without money stands for it.
NOTHING: dict[type[ClaimEvent], dict[str, Any]] = {
    PatientPayment: {"amount": 0},
    ContractualAdjustment: {"amount": 0},
    WriteOff: {"amount": 0},
}


def with_stored(row: Row, stored: Adjudication | None, *names: str) -> Row:
    """The row, with the stored decision's amounts for those `names` that the file has no column of.

    A column that is missing says nothing, also where a new revision restates the decision.
    """
    missing = [name for name in names if name not in row.values]
    if stored is None or not missing or posting.is_withdrawal(stored):
        return row
    return replace(row, values=row.values | {name: getattr(stored, name) for name in missing})


class Events:
    """The events of one chunk: what is stored under their keys, what is new, what it touches."""

    def __init__(
        self,
        context: Context,
        keys: Iterable[str],
        kinds: Iterable[type[ClaimEvent]],
        new_claims: Mapping[str, NewClaim] | None = None,
    ) -> None:
        """`new_claims` are saved with the chunk and take their events along."""
        self._practice = context.practice
        self._new_claims = {} if new_claims is None else new_claims
        self._stored: dict[tuple[type[ClaimEvent], str], Any] = {}
        self._new: list[ClaimEvent] = []
        self._adjustments: list[Adjustment] = []
        self._reasons: set[str] = set()
        wanted = list(keys)
        for kind in kinds:
            rows: Any = kind._default_manager.all()
            current = rows.filter(
                practice_id=context.practice.pk, source_key__in=wanted, replaced_by__isnull=True
            )
            for event in current.order_by("pk"):
                self._stored[kind, event.source_key] = event

    def find(self, kind: type[Event], key: str) -> Event | None:
        """The event stored under a key, as last revised."""
        found: Event | None = self._stored.get((kind, key))
        return found

    def put(
        self, kind: type[Event], key: str, claim: Claim, *, is_forced: bool = False, **wanted: Any
    ) -> tuple[Event | None, Change]:
        """Post an event, or a revision of the stored one where it says something else.

        The event comes back where it is new, so that its adjustments can be added. `is_forced`
        says that something outside its own columns differs.
        """
        stored = self.find(kind, key)
        if stored is not None and not (is_forced or self._says_otherwise(stored, claim, wanted)):
            return None, Change.UNCHANGED
        event = kind(practice=self._practice, source_key=key, claim=claim, **wanted)
        if stored is not None:
            posting.correct(stored, event)
        of_new_claim = self._new_claims.get(claim.number)
        if of_new_claim is not None:
            getattr(of_new_claim.events, posting.EVENTS[kind]).append(event)
        else:
            self._new.append(event)
        return event, Change.CREATED if stored is None else Change.UPDATED

    def withdraw(self, kind: type[ClaimEvent], key: str) -> Change:
        """Let the event stored under a key, if any, say nothing from now on."""
        stored: Any = self.find(kind, key)
        if stored is None or self._is_withdrawn(stored):
            return Change.UNCHANGED
        event: Any
        if isinstance(stored, Adjudication):
            event = posting.withdrawal(stored)
        else:
            event = type(stored)(
                **{
                    field.attname: getattr(stored, field.attname)
                    for field in stored._meta.concrete_fields
                    if field.name not in ("id", "recorded_at", *NOTHING[kind])
                },
                **NOTHING[kind],
            )
            posting.correct(stored, event)
        self._new.append(event)
        return Change.UPDATED

    def adjust(self, claim: Claim, adjudication: Adjudication, **wanted: Any) -> None:
        """Say why the payer reduced, in a decision that is new."""
        self._reasons.add(wanted["reason_id"])
        adjustment = Adjustment(adjudication=adjudication, **wanted)
        of_new_claim = self._new_claims.get(claim.number)
        if of_new_claim is not None:
            of_new_claim.adjustments.append(adjustment)
        else:
            self._adjustments.append(adjustment)

    def save(self) -> None:
        """Post everything and project the claims anew; call it inside a transaction.

        Enters the codes that the reason table lacks, those of new claims included.
        """
        if self._reasons:
            posting.add_unknown_reasons(self._reasons)
        posting.post_events(self._new, self._adjustments)

    @staticmethod
    def _is_withdrawn(stored: Any) -> bool:
        if isinstance(stored, Adjudication):
            return posting.is_withdrawal(stored)
        return bool(stored.amount == 0)

    @staticmethod
    def _says_otherwise(stored: ClaimEvent, claim: Claim, wanted: dict[str, Any]) -> bool:
        """Whether the row differs from the event; the charge is the claim's own, as it was then."""
        return differs(stored, "claim", claim) or any(
            differs(stored, name, value) for name, value in wanted.items() if name != "charge"
        )
