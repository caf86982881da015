"""Users, groups and log-ins in the admin; the audit trail has a page of its own, for reading."""

from typing import Any

from auditlog.admin import LogEntry
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.auth import admin as auth
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django_tasks_db.admin import DBTaskResult  # type: ignore[attr-defined]  # registers it

from billing.people import manageable

admin.site.unregister((LogEntry, User, DBTaskResult))  # a task names a key and nothing else

PERSON = ("first_name", "last_name", "email")


@admin.register(User)
class UserAdmin(auth.UserAdmin[User]):
    """Users, who are switched off rather than deleted: the audit trail names them for good."""

    list_display = ("username", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """The users that this person may look after."""
        return manageable(super().get_queryset(request), request.user)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser makes superusers or gives single rights; others give groups."""
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": PERSON}),
            ("Rights", {"fields": ("is_active", "is_staff", "groups")}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a user who leaves is switched off."""
        return False


class LogIns(admin.ModelAdmin[Any]):
    """What is kept of log-ins, for looking."""

    search_fields = ("username", "ip_address")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Log-ins with the names that this person may look after."""
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        names = manageable(User.objects.all(), request.user).values("username")
        return rows.filter(username__in=names)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(LogIns):
    """Failed log-ins that still count; deleting one unlocks the name."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start")
    fields = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")


@admin.register(AccessLog)
class AccessLogAdmin(LogIns):
    """Who was logged in, and when."""

    list_display = ("attempt_time", "logout_time", "username", "ip_address")
    fields = ("attempt_time", "logout_time", "username", "ip_address", "user_agent")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False
