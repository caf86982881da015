"""Keeps every page to the practices that the person may see (`billing.access`)."""

from typing import Any, ClassVar, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest

from billing.access import practices_of
from billing.admin.filled import FilledFromAddress
from billing.models import Practice
from billing.people import manageable

Records = TypeVar("Records", bound="QuerySet[Any]")
ASKED = "practices_of_user"


def seen_practices(request: HttpRequest) -> frozenset[int] | None:
    """The keys of the practices that the person may see, None for all; asked once a request."""
    if not hasattr(request, ASKED):
        setattr(request, ASKED, practices_of(cast(User, request.user)))
    found: frozenset[int] | None = getattr(request, ASKED)
    return found


def seen(rows: Records, request: HttpRequest, path: str = "practice") -> Records:
    """The rows of those practices; `path` leads from a row to its practice."""
    practices = seen_practices(request)
    return rows if practices is None else rows.filter(**{f"{path}__in": practices})


def path_to_practice(model: type[Model]) -> str | None:
    """Where a record names its practice; None for what all practices share."""
    if model is Practice:
        return "pk"
    return "practice" if any(f.name == "practice" for f in model._meta.fields) else None


class OfPractice(FilledFromAddress):
    """Shows and offers only records of the person's practices.

    `practice_path` leads from a record to its practice.
    """

    practice_path: ClassVar[str] = "practice"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Records of the person's practices."""
        return seen(super().get_queryset(request), request, self.practice_path)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Accept only records of the person's practices."""
        target = cast(type[Model], db_field.related_model)
        if target is User:
            kwargs["queryset"] = manageable(User.objects.all(), request.user)
        elif path := path_to_practice(target):
            kwargs["queryset"] = seen(target._default_manager.all(), request, path)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class SeenFilter(admin.RelatedFieldListFilter):
    """Offers only what belongs to the person's practices."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """The choices, by name."""
        practices, path = seen_practices(request), path_to_practice(field.related_model)
        limit = {} if practices is None else {f"{path}__in": practices}
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=limit)
