"""Which person sees which practices."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest

from billing.admin.practices import seen, seen_practices
from billing.models import Practice, PracticeAccess
from billing.people import manageable


@admin.register(PracticeAccess)
class PracticeAccessAdmin(admin.ModelAdmin[PracticeAccess]):
    """Nobody gives more than they have: only own practices, and only to those they look after."""

    list_display = ("user", "all_practices")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    autocomplete_fields = ("user", "practices")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PracticeAccess]:
        """The entries of the users that this person looks after."""
        people = manageable(User.objects.all(), request.user)
        return super().get_queryset(request).filter(user__in=people)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only who sees every practice lets others see every practice."""
        return () if seen_practices(request) is None else ("all_practices",)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Accept only users that this person looks after."""
        kwargs["queryset"] = manageable(User.objects.all(), request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Accept only the person's own practices."""
        kwargs["queryset"] = seen(Practice.objects.all(), request, "pk")
        return super().formfield_for_manytomany(db_field, request, **kwargs)
