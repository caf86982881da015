"""Entry of a team's own targets."""

from typing import Any

from django import forms
from django.contrib import admin

from analytics.models import KpiTarget
from analytics.registry import PAGES


class KpiTargetForm(forms.ModelForm[KpiTarget]):
    """Offers the pages by title."""

    slug = forms.ChoiceField(label="KPI")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["slug"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(page.slug, page.title) for page in PAGES.values()]

    class Meta:
        model = KpiTarget
        fields = ("slug", "value", "source")


@admin.register(KpiTarget)
class KpiTargetAdmin(admin.ModelAdmin[KpiTarget]):
    """Targets, one per KPI."""

    form = KpiTargetForm
    list_display = ("slug", "value", "source")
