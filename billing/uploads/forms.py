"""The forms of the Imports page: what to load, and which past imports to list."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from billing.access import Person, visible
from billing.imports.profile import load_profile, shipped_profiles
from billing.models import ImportBatch, Practice
from billing.uploads.listing import kind_words
from billing.uploads.looking import ENDINGS, OF_X12
from billing.uploads.receiving import MEGABYTE, Received, most_bytes

NAME_LENGTH = 255
ACCEPTED = ",".join((*ENDINGS, ".zip", *OF_X12))
BY_HEADER = "Our own column names, recognised by the header line"
KEPT_BACK = "The file did not arrive: choose it again."


def file_limit() -> str:
    """How large a file may be, in words."""
    return f"{most_bytes() // MEGABYTE:,} MB"


class UploadForm(forms.Form):
    """A file, what wrote it, and whose it is. The file comes last: a stopped one loses the rest."""

    practice = forms.ModelChoiceField(Practice.objects.none(), empty_label="Choose a practice")
    profile = forms.ChoiceField(
        required=False,
        label="Written by",
        help_text="The system that the export comes from. X12 files need none.",
    )
    create_claims = forms.BooleanField(
        required=False,
        label="Make claims from remittances alone (X12)",
        help_text=(
            "For those who have only 835s: each claim number that no claim has becomes a claim, "
            "marked as made from a remittance and left out of submission KPIs. Otherwise such "
            "decisions wait among the unmatched ones."
        ),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    file = forms.FileField(
        label="A CSV or X12 file, or a ZIP of several",
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty: there is nothing to load.",
        },
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    def __init__(self, user: Person, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        practices = visible(Practice.objects.order_by("name"), user, "pk")
        field: Any = self.fields["practice"]
        field.queryset = practices
        only = list(practices[:2])
        if len(only) == 1:
            field.empty_label, field.initial = None, only[0].pk
        profiles: Any = self.fields["profile"]
        profiles.choices = [
            ("", BY_HEADER),
            *((n, load_profile(n).title) for n in shipped_profiles()),
        ]
        for each in (field, profiles):
            each.widget.attrs["class"] = "form-select"
        limit = f"At most {file_limit()}. It stays private and is removed once it is loaded."
        self.fields["file"].help_text = limit
        self.fields["file"].widget.attrs |= {
            "class": "form-control drop",
            "data-most": most_bytes(),
            "data-limit": file_limit(),
        }

    def clean_file(self) -> Received:
        """The file as received, its name fit to be shown."""
        found = self.cleaned_data["file"]
        if not isinstance(found, Received):
            raise forms.ValidationError(KEPT_BACK)
        return found


def shown_name(name: str | None) -> str:
    """A file name without control characters, not too long."""
    kept = "".join(letter for letter in name or "" if letter.isprintable())
    return kept[-NAME_LENGTH:] or "file"


class BatchFilter(forms.Form):
    """Which past imports are listed; a filter that makes no sense is named and left out."""

    state = forms.ChoiceField(required=False, label="State")
    kind = forms.ChoiceField(required=False, label="Kind")
    practice = forms.ModelChoiceField(
        Practice.objects.none(), required=False, empty_label="All practices"
    )

    def __init__(self, user: Person, batches: "QuerySet[ImportBatch]", data: Any) -> None:
        super().__init__(data)
        practices: Any = self.fields["practice"]
        practices.queryset = visible(Practice.objects.order_by("name"), user, "pk")
        kinds = batches.order_by("kind").values_list("kind", flat=True).distinct()
        lists: Any = self.fields
        lists["state"].choices = [("", "All states"), *ImportBatch.State.choices]
        lists["kind"].choices = [("", "All kinds"), *((kind, kind_words(kind)) for kind in kinds)]
        for each in self.fields.values():
            each.widget.attrs["class"] = "form-select"

    def rows(self, batches: "QuerySet[ImportBatch]") -> "QuerySet[ImportBatch]":
        """The batches that the valid filters leave."""
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return batches.filter(**asked)
