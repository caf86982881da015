"""The filters of the work queue, read from the address."""

from typing import Any

from django.db.models import Q

from analytics.claims.filters import AnyOf, Assignees, Categories, Due, ListFilter, Named
from analytics.work.queue import WHY
from billing.choices import StaffRole
from billing.models import Payer, Practice, ReasonCode, Staff


class Owners(AnyOf):
    """By the role that owns the category of the main reason."""

    def condition(self, chosen: Any) -> Q:
        """Claims that were denied for a reason of theirs."""
        reasons = ReasonCode.objects.filter(category__owner_role__in=chosen)
        return Q(main_reason__in=reasons.values("pk"))


class WorkFilter(ListFilter):
    """Which claims of the queue are listed."""

    why = AnyOf("status", "Why", [(status.value, words) for status, words in WHY.items()])
    payer = Named("payer", "Payer", Payer, "")
    category = Categories("main_reason", "Category")
    owner = Owners("main_reason", "Category’s owner", StaffRole.choices)
    assignee = Assignees("assignee", "Assigned to", Staff, "practice")
    practice = Named("practice", "Practice", Practice, "pk")
    due = Due()
