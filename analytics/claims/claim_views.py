"""The page of one claim, and the small forms on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.claims import patients
from analytics.claims.forms import (
    ActionForm,
    AppealEndForm,
    AppealForm,
    AssignForm,
    DoneForm,
    NoteForm,
    PutBackForm,
    SnoozeForm,
    StatusForm,
    WriteOffForm,
)
from analytics.claims.story import Story, find_claim, story_of
from analytics.claims.views import permitted_to_view
from analytics.scope import today
from billing import audit, bulk_posting, posting, work_marks
from billing.choices import OPEN_STATUSES, ClaimStatus
from billing.models import Claim, StatusChange, WorkMark
from billing.querysets import ClaimQuerySet
from billing.work_marks import WORKED

Forms = dict[str, ActionForm]
UNFINISHED = (*OPEN_STATUSES, ClaimStatus.DRAFT)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person can do to one claim: who may, when, by which form, and how it is posted.

    `post` raises ValidationError where the claim does not allow it.
    """

    label: str
    permission: str
    applies: Callable[[Story], bool]
    form: Callable[[Claim, Any, str], ActionForm]
    post: Callable[[Claim, Any, User], object]
    done: str


def _plain(kind: type[ActionForm]) -> Callable[[Claim, Any, str], ActionForm]:
    return lambda claim, data, auto_id: kind(data, auto_id=auto_id)


def _assign(claim: Claim, form: AssignForm, who: User) -> None:
    """Assign the claim; raises ValidationError where it is assigned so already."""
    rows: ClaimQuerySet = Claim.objects.all()
    report = bulk_posting.assign(rows, [claim.pk], staff=form.chosen(), who=who)
    for _, why in report.skipped:
        raise ValidationError(f"This claim is {why}.")


def _mark(kind: WorkMark.Kind) -> Callable[[Claim, ActionForm, User], object]:
    """Set the claim aside or put it back; raises ValidationError where it is so already."""

    def post(claim: Claim, form: ActionForm, who: User) -> None:
        rows: ClaimQuerySet = Claim.objects.all()
        report = work_marks.mark(
            rows, [claim.pk], kind=kind, who=who, today=today(), **form.cleaned_data
        )
        for _, why in report.skipped:
            raise ValidationError(f"This claim is {why}.")

    return post


def _change(change: StatusChange.Change) -> Callable[[Claim, ActionForm, User], object]:
    return lambda claim, form, who: posting.change_status(
        claim, change=change, who=who, **form.cleaned_data
    )


def _end_appeal(claim: Claim, form: ActionForm, who: User) -> object:
    """End the open appeal; raises ValidationError where there is none."""
    appeal = claim.appeals.filter(result="", replaced_by__isnull=True).order_by("pk").first()
    if appeal is None:
        raise ValidationError("No appeal of this claim is open.")
    return posting.end_appeal(appeal, **form.cleaned_data)


DEEDS: Mapping[str, Deed] = {
    "note": Deed(
        "Add a note",
        "billing.add_note",
        lambda story: True,
        _plain(NoteForm),
        lambda claim, form, who: posting.add_note(claim, who=who, **form.cleaned_data),
        "The note is added.",
    ),
    "assign": Deed(
        "Assign",
        "billing.assign_claim",
        lambda story: True,
        lambda claim, data, auto_id: AssignForm(
            data, auto_id=auto_id, practices=[claim.practice_id]
        ),
        _assign,
        "The claim is assigned.",
    ),
    "snooze": Deed(
        "Snooze in the work queue",
        "billing.add_workmark",
        lambda story: story.claim.status in WORKED and not story.is_done,
        _plain(SnoozeForm),
        _mark(WorkMark.Kind.SNOOZED),
        "The claim is snoozed.",
    ),
    "done": Deed(
        "Done for now",
        "billing.add_workmark",
        lambda story: story.claim.status in WORKED and not story.is_done,
        _plain(DoneForm),
        _mark(WorkMark.Kind.DONE),
        "The claim is off the work queue until something new happens to it.",
    ),
    "put-back": Deed(
        "Put back in the work queue",
        "billing.add_workmark",
        lambda story: story.mark is not None,
        _plain(PutBackForm),
        _mark(WorkMark.Kind.RETURNED),
        "The claim is not set aside any more.",
    ),
    "appeal": Deed(
        "File an appeal",
        "billing.add_appeal",
        lambda story: story.claim.first_denied_on is not None and story.appeal is None,
        _plain(AppealForm),
        lambda claim, form, who: posting.file_appeal(claim, who=who, **form.cleaned_data),
        "The appeal is filed.",
    ),
    "end-appeal": Deed(
        "End the appeal",
        "billing.change_appeal",
        lambda story: story.appeal is not None,
        _plain(AppealEndForm),
        _end_appeal,
        "The appeal has ended.",
    ),
    "write-off": Deed(
        "Write off",
        "billing.add_writeoff",
        lambda story: story.claim.balance > 0,
        lambda claim, data, auto_id: WriteOffForm(data, auto_id=auto_id, claim=claim),
        lambda claim, form, who: posting.write_off(claim, who=who, **form.cleaned_data),
        "The amount is written off.",
    ),
    "close": Deed(
        "Close by hand",
        "billing.add_statuschange",
        lambda story: story.claim.status in UNFINISHED and not story.is_closed_by_hand,
        _plain(StatusForm),
        _change(StatusChange.Change.CLOSED),
        "The claim is closed.",
    ),
    "reopen": Deed(
        "Open again",
        "billing.add_statuschange",
        lambda story: story.is_closed_by_hand,
        _plain(StatusForm),
        _change(StatusChange.Change.REOPENED),
        "The claim is open again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One form of the page."""

    slug: str
    label: str
    form: ActionForm


@require_safe
@permitted_to_view
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one claim."""
    return _page(request, _found(request, pk), {})


@require_POST
@permitted_to_view
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Post one of the page's forms; what is wrong with it is shown in its place."""
    deed = DEEDS.get(action)
    if deed is None:
        raise Http404(f"Nothing called {action} can be done to a claim")
    user = request.user
    if not isinstance(user, User) or not user.has_perm(deed.permission):
        raise PermissionDenied
    found = _found(request, pk)
    form = deed.form(found, request.POST, f"{action}-%s")
    if form.is_valid():
        try:
            deed.post(found, form, user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        except Claim.DoesNotExist:  # the undo of an import removed it meanwhile
            raise Http404("There is no such claim") from None
        else:
            messages.success(request, deed.done)
            return HttpResponseRedirect(reverse("claims:claim", args=(pk,)))
    return _page(request, _found(request, pk), {action: form})


def _found(request: HttpRequest, pk: int) -> Claim:
    try:
        return find_claim(request.user, pk)
    except (Claim.DoesNotExist, OverflowError):
        raise Http404("There is no such claim") from None


def _page(request: HttpRequest, found: Claim, bound: Forms) -> HttpResponse:
    story = story_of(found, request.user)
    patient = None
    if found.encounter is not None and patients.may_see(request.user):
        patient = found.encounter.patient
        audit.viewed(request.user, patient)
    context = {
        "story": story,
        "claim": found,
        "patient": patient,
        "entries": _entries(request.user, story, bound),
    }
    return TemplateResponse(request, "claims/claim.html", context)


def _entries(user: User | AnonymousUser, story: Story, bound: Forms) -> list[Entry]:
    """The forms that this person may fill in as the claim stands, and the one that was refused."""
    return [
        Entry(slug, deed.label, bound.get(slug) or deed.form(story.claim, None, f"{slug}-%s"))
        for slug, deed in DEEDS.items()
        if slug in bound or (deed.applies(story) and user.has_perm(deed.permission))
    ]
