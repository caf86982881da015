"""Which claims are work: denied, unanswered for too long, or drafts that must soon be filed."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from analytics.kpis.payment_speed import late, slow_limits
from analytics.scope import DEFAULT_DUE, Scope, today
from analytics.work.ranking import Shares, recoverable
from billing.access import Person, practices_of
from billing.choices import ClaimStatus, PayerKind
from billing.deadlines import Clocks
from billing.models import WorkMark
from billing.querysets import ClaimQuerySet
from billing.work_marks import set_aside

TO_DO, SNOOZED, DONE = "todo", "snoozed", "done"
STATES = {TO_DO: "To do", SNOOZED: "Snoozed", DONE: "Done"}
WHY = {
    ClaimStatus.DENIED: "Denied",
    ClaimStatus.PENDING: "No answer",
    ClaimStatus.DRAFT: "To file",
}
NEAR = DEFAULT_DUE  # days before its filing deadline at which a draft becomes work


@dataclass(frozen=True, slots=True)
class Queue:
    """What the ranking of one visit rests on: the day, the practices, limits and shares."""

    scope: Scope
    clocks: Clocks
    shares: Shares
    patience: dict[str, int]  # days that each payer usually takes, by name

    @classmethod
    def of(cls, user: Person) -> "Queue":
        """As it is now for this person's practices, in a fixed number of queries."""
        scope = Scope(today(), seen=practices_of(user))
        return cls(scope, Clocks.read(), Shares.read(scope), slow_limits(scope))

    def claims(self, state: str = TO_DO) -> ClaimQuerySet:
        """The claims to do, ranked, or those set aside; `recoverable` is what they rank by.

        What is set aside is shown whatever became of it, so that nothing is lost from sight.
        """
        day = self.scope.as_of
        found = self.scope.claims()
        if state == TO_DO:
            found = found.filter(self._is_work(), ~set_aside(day))
        else:
            kind = WorkMark.Kind.SNOOZED if state == SNOOZED else WorkMark.Kind.DONE
            found = found.filter(set_aside(day, kind))
        return found.annotate(recoverable=recoverable(self.shares, self.clocks, day))

    def due(self, days: int) -> Q:
        """Claims whose deadline falls within so many days."""
        day = self.scope.as_of
        return self.clocks.due(day, day + timedelta(days=days))

    def missing_limits(self) -> int:
        """How many payers of denied claims or drafts lack the limit that counts for them."""
        claims = self.scope.claims().filter(self.clocks.unlimited())
        found = claims.exclude(payer__kind=PayerKind.SELF_PAY).order_by()
        return int(found.aggregate(payers=Count("payer", distinct=True))["payers"])

    def _is_work(self) -> Q:
        to_file = Q(status=ClaimStatus.DRAFT) & (
            self.due(NEAR) | self.clocks.passed(self.scope.as_of)
        )
        unanswered = Q(status=ClaimStatus.PENDING) & late(self.scope, self.patience)
        return Q(status=ClaimStatus.DENIED) | unanswered | to_file
