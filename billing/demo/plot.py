"""One demo claim as it grows: events up to today are kept, later ones have not happened."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random

from billing.adjudication import DecidedLine, Judge, Reduction, judge
from billing.choices import Outcome, StaffAction
from billing.demo.cast import Cast
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ClaimLine,
    Encounter,
    LineItem,
    Note,
    PatientPayment,
    StaffActivity,
    StatusChange,
    WriteOff,
)
from billing.posting import NewClaim
from billing.projection import Events

REVERSAL_CODE = "22"
FIRST_WORKING_MINUTE, LAST_WORKING_MINUTE = 13 * 60, 22 * 60 - 1  # in UTC


@dataclass(slots=True)
class Plot:
    """A claim with what happened to it so far, all unsaved."""

    rng: Random
    today: date
    cast: Cast
    claim: Claim
    charge_entered_on: date
    encounter: Encounter | None = None
    line_items: list[LineItem] = field(default_factory=list)
    claim_lines: list[ClaimLine] = field(default_factory=list)
    events: Events = field(default_factory=Events)
    adjustments: list[Adjustment] = field(default_factory=list)
    activities: list[StaffActivity] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    is_open: bool = True

    def new_claim(self) -> NewClaim:
        """The claim as `posting.create_claims` takes it."""
        return NewClaim(self.claim, self.events, self.adjustments, self.charge_entered_on)

    def decide(
        self,
        day: date,
        *,
        paid: int,
        reductions: Sequence[tuple[str, str, int]] = (),
        allowed: int | None = None,
        control_number: str = "",
    ) -> None:
        """The payer decides: cents paid, and (group, reason, cents) adjusted."""
        if day > self.today:
            return
        stated = [Reduction(g, reason, dollars(c)) for g, reason, c in reductions if c]
        verdict = judge(
            Judge(self.cast.is_denial.get),
            status_code="1",
            claim=DecidedLine(self.claim.billed, dollars(paid), stated),
            lines=(),
        )
        adjudication = Adjudication(
            practice=self.cast.practice,
            recorded_at=moment(day),
            payer_control_number=control_number or f"ICN{self.claim.number}",
            decided_on=day,
            status_code="4" if verdict.outcome == Outcome.DENIED else "1",
            charge=self.claim.billed,
            paid=dollars(paid),
            allowed=None if allowed is None else dollars(allowed),
            **verdict.columns(),
        )
        self.events.adjudications.append(adjudication)
        self.adjustments += [
            Adjustment(
                adjudication=adjudication, group=r.group, reason_id=r.reason, amount=r.amount
            )
            for r in stated
        ]
        if paid and self.rng.random() < 0.7:
            self.act(day, StaffAction.POSTED_PAYMENT)

    def take_back(self, day: date, *, paid: int, control_number: str) -> None:
        """The payer reverses a payment."""
        if day > self.today:
            return
        self.events.adjudications.append(
            Adjudication(
                practice=self.cast.practice,
                recorded_at=moment(day),
                payer_control_number=control_number,
                decided_on=day,
                status_code=REVERSAL_CODE,
                charge=-self.claim.billed,
                paid=-dollars(paid),
                outcome=Outcome.REVERSAL,
            )
        )

    def pay_by_patient(self, day: date, cents: int) -> None:
        """The patient pays."""
        if day <= self.today and cents > 0:
            self.events.patient_payments.append(
                PatientPayment(
                    practice=self.cast.practice,
                    recorded_at=moment(day),
                    paid_on=day,
                    amount=dollars(cents),
                )
            )

    def write_off(self, day: date, cents: int, reason: str, *, for_denial: bool) -> None:
        """The practice gives up what is left."""
        if day > self.today:
            return
        self.events.write_offs.append(
            WriteOff(
                practice=self.cast.practice,
                recorded_at=moment(day),
                written_off_on=day,
                amount=dollars(cents),
                reason=reason,
                for_denial=for_denial,
            )
        )
        self.is_open = False
        self.act(day, StaffAction.WROTE_OFF)

    def appeal(self, filed_on: date, ended_on: date, result: str) -> None:
        """The practice appeals; the end is known once it has come."""
        if filed_on > self.today:
            return
        ended = ended_on <= self.today
        self.events.appeals.append(
            Appeal(
                practice=self.cast.practice,
                recorded_at=moment(filed_on),
                filed_on=filed_on,
                ended_on=ended_on if ended else None,
                result=result if ended else "",
            )
        )

    def close(self, day: date, reason: str) -> None:
        """A person closes the claim."""
        if day <= self.today:
            self.events.status_changes.append(
                StatusChange(
                    practice=self.cast.practice,
                    recorded_at=moment(day),
                    changed_on=day,
                    change=StatusChange.Change.CLOSED,
                    reason=reason,
                )
            )
            self.is_open = False

    def act(self, day: date, action: StaffAction) -> None:
        """Someone works the claim, now and then with an error."""
        if day > self.today:
            return
        staff, profile = self.cast.doer(self.rng, action)
        minute = self.rng.randint(FIRST_WORKING_MINUTE, LAST_WORKING_MINUTE)
        self.activities.append(
            StaffActivity(
                practice=self.cast.practice,
                staff=staff,
                claim=self.claim,
                action=action,
                is_error=self.rng.random() < profile.error_rate,
                occurred_at=moment(day) + timedelta(minutes=minute),
            )
        )

    def note(self, day: date, text: str) -> None:
        """Someone leaves a note."""
        if day <= self.today:
            self.notes.append(Note(claim=self.claim, written_at=moment(day), text=text))


@lru_cache(maxsize=2_000)
def moment(day: date) -> datetime:
    """The start of a day, UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def dollars(cents: int) -> Decimal:
    """Cents as a two-decimal amount."""
    return Decimal(cents).scaleb(-2)


def lag(rng: Random, median: float, spread: float) -> timedelta:
    """Whole days, log-normal, never negative."""
    return timedelta(days=round(rng.lognormvariate(math.log(median), spread)))


def weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(7 - day.weekday(), 0) if day.weekday() >= 5 else 0)
