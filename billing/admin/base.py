"""What the admin pages of this app share."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from billing.admin.paging import BoundedPaginator
from billing.admin.search import IndexedSearch


class BigTable(IndexedSearch):
    """A list over millions of rows: newest first by key, counted in bounds, searched by index."""

    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator
    show_full_result_count = False


class ReadOnly:
    """Shown, never added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class ReadOnlyInline(ReadOnly, admin.TabularInline[Any, Any]):
    """The rows of a record that have come about by events."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All that is shown, columns included that no form knows."""
        return self.fields or ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False
