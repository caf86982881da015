"""The filters of the work queue, read from the address."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.http import QueryDict

from analytics.claims.filters import AnyOf, Assignees, Categories, ListFilter, Named
from analytics.scope import DUE
from analytics.work.queue import WHY, Queue
from billing.access import Person
from billing.choices import StaffRole
from billing.models import Payer, Practice, ReasonCode, Staff
from billing.querysets import ClaimQuerySet

PASSED = "passed"
DUE_CHOICES = [*((str(days), f"within {days} days") for days in DUE), (PASSED, "passed")]


class Owners(AnyOf):
    """By the role that owns the category of the main reason."""

    def condition(self, chosen: Any) -> Q:
        """Claims that were denied for a reason of theirs."""
        reasons = ReasonCode.objects.filter(category__owner_role__in=chosen)
        return Q(main_reason__in=reasons.values("pk"))


class Due(django_filters.Filter):
    """By how near the deadline is."""

    field_class = forms.ChoiceField

    def __init__(self) -> None:
        super().__init__(
            label="Deadline",
            choices=DUE_CHOICES,
            error_messages={"invalid_choice": "There is no “%(value)s”."},
        )
        self.queue: Queue | None = None

    def filter(self, claims: ClaimQuerySet, chosen: str) -> ClaimQuerySet:
        """Those due within so many days, or too late; all where nothing is chosen."""
        if not chosen or self.queue is None:
            return claims
        passed = chosen == PASSED
        return claims.filter(self.queue.passed() if passed else self.queue.due(int(chosen)))


class WorkFilter(ListFilter):
    """Which claims of the queue are listed."""

    why = AnyOf("status", "Why", [(status.value, words) for status, words in WHY.items()])
    payer = Named("payer", "Payer", Payer, "")
    category = Categories("main_reason", "Category")
    owner = Owners("main_reason", "Category’s owner", StaffRole.choices)
    assignee = Assignees("assignee", "Assigned to", Staff, "practice")
    practice = Named("practice", "Practice", Practice, "pk")
    due = Due()

    def __init__(self, data: QueryDict, claims: ClaimQuerySet, user: Person, queue: Queue) -> None:
        super().__init__(data, claims, user)
        each = self.filters["due"]
        if isinstance(each, Due):
            each.queue = queue

    def _words(self, name: str, value: str) -> str:
        return dict(DUE_CHOICES)[value] if name == "due" else super()._words(name, value)
