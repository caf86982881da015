"""Forms that an address can fill in, as `…/add/?category=AUTH`."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.http import HttpRequest


class FilledFromAddress(admin.ModelAdmin[Any]):
    """Leaves out keys that cannot be any, for which the database would only have an error."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address says of the new record."""
        said = super().get_changeform_initial_data(request)
        return {name: value for name, value in said.items() if self._is_possible(name, value)}

    def _is_possible(self, name: str, value: Any) -> bool:
        fields = {field.name: field for field in self.model._meta.fields}
        if not isinstance(field := fields.get(name), ForeignKey):
            return True
        try:
            field.target_field.clean(value, None)
        except ValidationError:
            return False
        return "\0" not in str(value)
