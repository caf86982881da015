"""Which records a person may see: those of the practices the person works for."""

from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from billing.models import PracticeAccess

Person = User | AnonymousUser
Records = TypeVar("Records", bound="QuerySet[Any]")


def practices_of(user: Person) -> frozenset[int] | None:
    """The keys of the practices that a user may see; None means all of them.

    Superusers see all, strangers and users without an entry none.
    """
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return None
    access = PracticeAccess.objects.filter(user=user).first()
    if access is None:
        return frozenset()
    if access.all_practices:
        return None
    return frozenset(access.practices.values_list("pk", flat=True))


def visible(rows: Records, user: Person, path: str = "practice") -> Records:
    """The rows that belong to the user's practices; `path` leads from a row to its practice."""
    practices = practices_of(user)
    return rows if practices is None else rows.filter(**{f"{path}__in": practices})
