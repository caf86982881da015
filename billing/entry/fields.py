"""Form fields that take what people type and say clearly what is wrong with it."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.entry import procedures
from billing.models import ProcedureCode

GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
MODIFIER = re.compile(r"[A-Z0-9]{2}")
MODIFIERS = 4


class LineField(forms.CharField):
    """One line of text: spaces made single, characters composed, none that steer a display."""

    def to_python(self, value: Any) -> str:
        """The text on one line; raises ValidationError for characters that are no text."""
        text = unicodedata.normalize("NFC", " ".join((super().to_python(value) or "").split()))
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") for letter in text):
            raise ValidationError("This has invisible characters in it: type it anew.")
        return text


class PastDateField(forms.DateField):
    """A day from `earliest` to today."""

    def __init__(self, *, earliest: date, **options: Any) -> None:
        self.earliest = earliest
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> date | None:
        """The day; raises ValidationError that repeats what was typed."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(
                f"“{str(value)[:40]}” is not a date: write it as 2026-01-31.", code="invalid"
            ) from None

    def validate(self, value: Any) -> None:
        """Refuse a day outside the bounds."""
        super().validate(value)
        if value and value > timezone.localdate():
            raise ValidationError(f"{value} is in the future: check the year.", code="future")
        if value and value < self.earliest:
            raise ValidationError(f"{value} is too long ago: check the year.", code="past")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """The same bound for the browser's own calendar."""
        return super().widget_attrs(widget) | {"min": self.earliest.isoformat()}


class NumberField(forms.DecimalField):
    """A decimal number as people write it: 1,250.00 and $1,250.00 too, but never 1,5."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """The number; raises ValidationError for text that is none."""
        text = str(value or "").strip().removeprefix("$").strip()
        if GROUPED.fullmatch(text):
            text = text.replace(",", "")
        return super().to_python(text)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A telephone shows its number keys."""
        return super().widget_attrs(widget) | {"inputmode": "decimal", "autocomplete": "off"}


class ProcedureField(LineField):
    """A procedure code, typed or picked from the list."""

    def clean(self, value: Any) -> ProcedureCode | None:
        """The code's record; raises ValidationError with codes that come near."""
        typed = super().clean(value)
        if not typed:
            return None
        code = procedures.normalized(typed)
        if found := ProcedureCode.objects.filter(code=code).first():
            return found
        message = f"“{typed[:40]}” is no procedure code known here."
        near = "; ".join(map(str, procedures.near(typed)))
        advice = f"Did you mean {near}?" if near else "Ask an administrator to add it."
        raise ValidationError(f"{message} {advice}", code="unknown")


class ModifiersField(LineField):
    """Up to four modifiers of two letters or digits, however they are separated."""

    def clean(self, value: Any) -> str:
        """The modifiers as they are stored: 25:59."""
        typed: str = super().clean(value)
        modifiers = re.split(r"[\s:,;]+", typed.upper().strip(" :,;"))
        if modifiers == [""]:
            return ""
        for modifier in modifiers:
            if not MODIFIER.fullmatch(modifier):
                raise ValidationError(
                    f"“{modifier[:20]}” is no modifier: each has two letters or digits, as in 25."
                )
        if len(modifiers) > MODIFIERS:
            raise ValidationError(f"A line has up to {MODIFIERS} modifiers.")
        if len(set(modifiers)) < len(modifiers):
            raise ValidationError("The same modifier stands here twice.")
        return ":".join(modifiers)
