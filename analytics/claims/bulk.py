"""What can be done to many claims at once: agreed on first, then done exactly so.

A plan names the claims and what they owe at the moment of asking; it travels, signed, through the
confirmation page. Whatever joins the selection meanwhile is not touched, and a balance that has
changed is not written off.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser, User
from django.core import signing

from analytics.claims.forms import (
    ActionForm,
    AppealForm,
    AssignForm,
    BalanceWriteOffForm,
    DoneForm,
    NoteForm,
    PutBackForm,
    SnoozeForm,
)
from analytics.scope import today
from analytics.values import cents
from billing import bulk_posting, work_marks
from billing.bulk_posting import Report
from billing.choices import AppealResult
from billing.models import Appeal, Claim, WorkMark
from billing.querysets import ClaimQuerySet

MOST = 1_000
SALT = "analytics.claims.bulk"
HOURS = 12
FORM_ID = "bulk_%s"


@dataclass(frozen=True, slots=True)
class Plan:
    """One action on claims, by key with the balance of each in dollars; `token` tells it apart."""

    action: str
    balances: Mapping[int, Decimal]
    token: str

    @classmethod
    def of(cls, action: str, claims: ClaimQuerySet) -> "Plan":
        """A plan for these claims as they stand."""
        rows = claims.order_by("pk").values_list("pk", "balance")
        return cls(action, {pk: cents(balance) for pk, balance in rows}, uuid4().hex)

    def signed(self) -> str:
        """The plan as text that nobody can change."""
        rows = [f"{pk}:{balance}" for pk, balance in self.balances.items()]
        return signing.dumps([self.action, self.token, ",".join(rows)], salt=SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> "Plan":
        """A signed plan; raises signing.BadSignature where it is none, or a day old."""
        action, token, rows = signing.loads(text, salt=SALT, max_age=HOURS * 3600)
        pairs = (row.split(":") for row in rows.split(",") if row)
        return cls(action, {int(pk): Decimal(balance) for pk, balance in pairs}, token)


@dataclass(frozen=True, slots=True)
class Preview:
    """What will happen: how many claims with how much, and which are left out and why."""

    claims: int
    amount: Decimal
    left_out: Mapping[str, int]
    first: Sequence[Claim]

    @property
    def others(self) -> int:
        """How many claims are not among those shown."""
        return self.claims - len(self.first)


class Action:
    """One thing that can be done to many claims."""

    slug: ClassVar[str]
    label: ClassVar[str]  # "Write off the balance": on the button and in the list
    button: ClassVar[str] = ""  # shorter, where a row has little room
    permission: ClassVar[str]
    promise: ClassVar[str]  # what happens to each claim, after "For each: "
    form: ClassVar[type[ActionForm]]
    lists: ClassVar[tuple[str, ...]] = ("claims", "work")  # where it is offered

    def bound(self, claims: ClaimQuerySet, data: Any = None) -> ActionForm:
        """The form that asks for what is still missing."""
        return self.form(data, auto_id=FORM_ID)

    def refusals(self, claims: Sequence[Claim]) -> dict[int, str]:
        """Why some of these claims will be left out, by key."""
        return {}

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """Do it."""
        raise NotImplementedError


class Assign(Action):
    """Give claims to a person."""

    slug, label, permission = "assign", "Assign", "billing.assign_claim"
    promise = "the person chosen works it; a note says who assigned it."
    form = AssignForm

    def bound(self, claims: ClaimQuerySet, data: Any = None) -> AssignForm:
        """Offer those who work for the practices concerned."""
        practices = claims.order_by().values_list("practice", flat=True).distinct()
        return AssignForm(data, auto_id=FORM_ID, practices=list(practices))

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """Assign them."""
        staff = form.chosen() if isinstance(form, AssignForm) else None
        return bulk_posting.assign(claims, plan.balances, staff=staff, who=who)


class AddNote(Action):
    """Leave a note."""

    slug, label, permission = "note", "Add a note", "billing.add_note"
    button = "Note"
    promise = "the note is added; status and balance stay as they are."
    form = NoteForm

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """Add the note to each."""
        return bulk_posting.add_notes(claims, plan.balances, **form.cleaned_data, who=who)


class MarkAppealed(Action):
    """File appeals."""

    slug, label, permission = "appeal", "Mark as appealed", "billing.add_appeal"
    promise = "an appeal is filed; its balance stays open until the appeal ends."
    form = AppealForm

    def refusals(self, claims: Sequence[Claim]) -> dict[int, str]:
        """Claims that were never denied, or are appealed already."""
        open_appeals = Appeal.objects.filter(
            claim__in=[c.pk for c in claims], result=AppealResult.OPEN, replaced_by__isnull=True
        )
        appealed = set(open_appeals.values_list("claim", flat=True))
        return _given((c.pk, bulk_posting.appeal_refusal(c, c.pk in appealed)) for c in claims)

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """File an appeal of each."""
        return bulk_posting.file_appeals(claims, plan.balances, **form.cleaned_data, who=who)


class WriteOffBalance(Action):
    """Give up what is owed."""

    slug, label, permission = "write-off", "Write off the balance", "billing.add_writeoff"
    promise = "its whole balance is given up and the claim is closed."
    form = BalanceWriteOffForm

    def refusals(self, claims: Sequence[Claim]) -> dict[int, str]:
        """Claims without a balance."""
        return _given((c.pk, bulk_posting.write_off_refusal(c, cents(c.balance))) for c in claims)

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """Write off each balance."""
        return bulk_posting.write_off_balances(claims, plan.balances, **form.cleaned_data, who=who)


class SetAside(Action):
    """Take claims off the work queue for a while or for good, or put them back."""

    kind: ClassVar[WorkMark.Kind]
    permission = "billing.add_workmark"
    lists = ("work",)

    def refusals(self, claims: Sequence[Claim]) -> dict[int, str]:
        """Claims that are done or closed, or, to be put back, in the queue."""
        held = work_marks.marks_of([claim.pk for claim in claims], today())
        return _given((c.pk, work_marks.refusal(c, held.get(c.pk), self.kind)) for c in claims)

    def run(self, claims: ClaimQuerySet, plan: Plan, form: ActionForm, who: User) -> Report:
        """Mark each."""
        return work_marks.mark(
            claims, plan.balances, kind=self.kind, who=who, today=today(), **form.cleaned_data
        )


class Snooze(SetAside):
    """Put claims off until a day."""

    slug, label, kind = "snooze", "Snooze", WorkMark.Kind.SNOOZED
    promise = "it is off the queue until that day, or until something new happens to it."
    form = SnoozeForm


class Finish(SetAside):
    """Take claims off the queue."""

    slug, label, kind = "done", "Done", WorkMark.Kind.DONE
    promise = "it is off the queue until something new happens to it, such as a new decision."
    form = DoneForm


class PutBack(SetAside):
    """Undo a snooze or a done."""

    slug, label, kind = "put-back", "Put back", WorkMark.Kind.RETURNED
    promise = "it is in the queue again, where it is still denied, unanswered or due."
    form = PutBackForm


ACTIONS: Mapping[str, Action] = {
    action.slug: action
    for action in (
        Assign(),
        Snooze(),
        Finish(),
        PutBack(),
        AddNote(),
        MarkAppealed(),
        WriteOffBalance(),
    )
}


def permitted(user: User | AnonymousUser, place: str = "claims") -> list[Action]:
    """The actions open to this person on a list."""
    return [
        action
        for action in ACTIONS.values()
        if place in action.lists and user.has_perm(action.permission)
    ]


def preview(action: Action, claims: ClaimQuerySet, shown: int = 10) -> Preview:
    """What the action will do to these claims as they stand."""
    found = list(claims.select_related("payer").order_by("number", "pk"))
    refused = action.refusals(found)
    doable = [claim for claim in found if claim.pk not in refused]
    left_out: dict[str, int] = {}
    for why in refused.values():
        left_out[why] = left_out.get(why, 0) + 1
    amount = cents(sum((claim.balance for claim in doable), Decimal(0)))
    return Preview(len(doable), amount, left_out, doable[:shown])


def _given(reasons: Iterable[tuple[int, str]]) -> dict[int, str]:
    return {key: why for key, why in reasons if why}
