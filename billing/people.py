"""Whom a person may look after: users of the same practices, never superusers."""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from billing.access import Person, practices_of
from billing.models import Practice, PracticeAccess


def manageable(people: QuerySet[User], by: Person) -> QuerySet[User]:
    """The users whose log-in and rights a person may change.

    Superusers look after all. Others look after those who see no practice beyond their own, so
    that nobody reaches a practice by way of somebody else's log-in.
    """
    if by.is_superuser:
        return people
    people = people.filter(is_superuser=False)
    practices = practices_of(by)
    if practices is None:
        return people
    beyond = PracticeAccess.objects.filter(
        Q(all_practices=True) | Q(practices__in=Practice.objects.exclude(pk__in=practices))
    )
    return people.exclude(pk__in=beyond.values("user"))
