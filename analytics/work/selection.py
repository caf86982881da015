"""What the address of the work queue asks for: whose work, in which state, filters, page."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Sum
from django.http import QueryDict

from analytics.claims.paging import ClaimPage, Place, Sort, page_of
from analytics.claims.paging import Count as BoundedCount
from analytics.exports import FORMATS
from analytics.forms import Chip
from analytics.work.filters import WorkFilter
from analytics.work.queue import DONE, NEAR, SNOOZED, STATES, TO_DO, Queue
from analytics.work.ranking import POINTS
from billing.access import Person, visible
from billing.choices import StaffRole
from billing.models import Staff
from billing.querysets import ClaimQuerySet

MINE, TEAM = "mine", "team"
WHOSE = {MINE: "My work", TEAM: "Team"}
BY_VALUE = Sort("recoverable", descending=True)
PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Tab:
    """One of a few views to choose from."""

    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Total:
    """How much work there is: claims, whole dollars that can be had, and what is due soon."""

    claims: int
    recoverable: int
    due: int


@dataclass(frozen=True)
class WorkSelection:
    """The claims of the queue that an address asks for, as far as this person may see them."""

    queue: Queue
    filter: WorkFilter
    staff: Staff | None
    whose: str
    state: str

    @classmethod
    def of(cls, user: Person, data: QueryDict) -> "WorkSelection":
        """The selection of an address; `data` are its parameters."""
        queue, staff = Queue.of(user), staff_of(user)
        whose, state = data.get("whose", ""), data.get("state", "")
        if whose not in WHOSE:
            whose = MINE if staff and staff.role != StaffRole.MANAGER else TEAM
        if state not in STATES:
            state = TO_DO
        claims = queue.claims(state)
        if whose == MINE:
            claims = claims.filter(assignee=staff) if staff else claims.none()
        return cls(queue, WorkFilter(data, claims, user), staff, whose, state)

    @cached_property
    def claims(self) -> ClaimQuerySet:
        """The claims, in no order."""
        found: ClaimQuerySet = self.filter.qs
        return found

    @cached_property
    def count(self) -> BoundedCount:
        """How many there are, up to a limit: what the bar of actions says."""
        return BoundedCount.of(self.claims)

    @cached_property
    def total(self) -> Total:
        """All of it, in one query over the claims of the queue."""
        near = self.queue.due(NEAR)
        found = self.claims.order_by().aggregate(
            claims=Count("pk"),
            dollars=Sum(F("recoverable") / POINTS, default=0),
            due=Count("pk", filter=near),
        )
        return Total(found["claims"], int(found["dollars"]), found["due"])

    @property
    def quick(self) -> tuple[str, ...]:
        """The actions that each row offers."""
        if self.state == TO_DO:
            return ("assign", "snooze", "done", "note")
        return ("put-back", "note")

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.filter.values)

    def page(self, data: QueryDict) -> tuple[ClaimPage, list[str]]:
        """The page that the address asks for, and what was wrong with it; else the first."""
        places: dict[str, Place] = {}
        problems = []
        for name in ("after", "before"):
            try:
                if text := data.get(name, ""):
                    places[name] = Place.parsed(text, BY_VALUE)
            except ValidationError:
                problems.append("Page: no claim stands there, so the list begins at its start.")
        if len(places) > 1:
            places.pop("before")
        return page_of(self.claims, BY_VALUE, size=PER_PAGE, **places), problems

    def kept(self) -> dict[str, str]:
        """What the address says besides the filters."""
        return {"whose": self.whose} | ({} if self.state == TO_DO else {"state": self.state})

    def query(self, **more: Any) -> str:
        """The selection as a query string, with further parameters behind it."""
        return urlencode([*self.filter.parameters(), *(self.kept() | more).items()])

    def chips(self) -> list[Chip]:
        """The filters that are on, each with the address that turns it off."""
        return self.filter.chips(self.kept())

    def exports(self) -> dict[str, str]:
        """The address of each file."""
        return {kind.upper(): f"?{self.query(format=kind)}" for kind in FORMATS}

    def tabs(self) -> list[list[Tab]]:
        """Whose work, and in which state; the filters stay."""
        return [
            [Tab(label, f"?{self.query(whose=name)}", name == self.whose)
             for name, label in WHOSE.items()],
            [Tab(label, f"?{self.query(state=name)}", name == self.state)
             for name, label in STATES.items()],
        ]  # fmt: skip

    @property
    def empty_words(self) -> tuple[str, str]:
        """What an empty list says: a title, and what to do next."""
        if self.whose == MINE and self.staff is None:
            return (
                "You are not among the staff",
                "Nothing can be assigned to you yet. An administrator links your log-in to your "
                "name under Staff in the admin; meanwhile, look at the team's work.",
            )
        if self.is_filtered:
            return "No claim fits", "Remove a filter, or choose another."
        return {
            TO_DO: ("Nothing to do", "No claim here is denied, unanswered or near its deadline."),
            SNOOZED: ("Nothing is snoozed", "Claims put off until a day wait here."),
            DONE: ("Nothing is done yet", "Claims taken off the queue are listed here."),
        }[self.state]


def staff_of(user: Person) -> Staff | None:
    """The member of staff that this log-in belongs to, in a practice the person may see."""
    if not user.is_authenticated:
        return None
    return visible(Staff.objects.filter(login=user), user).first()
