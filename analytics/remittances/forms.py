"""Why a person decides so."""

from django import forms

from analytics.claims.forms import ActionForm

LONGEST = 200


class ReasonForm(ActionForm):
    """A reason that has to be given."""

    reason = forms.CharField(
        label="Why",
        max_length=LONGEST,
        help_text="Do not name the patient.",
        error_messages={"required": "Say why, in a few words."},
    )


class RemarkForm(ActionForm):
    """A reason that may be given."""

    reason = forms.CharField(
        label="Why (optional)",
        max_length=LONGEST,
        required=False,
        help_text="Do not name the patient.",
    )
