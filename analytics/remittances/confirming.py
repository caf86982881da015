"""One page that asks before a person's decision about remittances is carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from analytics.remittances.forms import ReasonForm, RemarkForm

About = Sequence[tuple[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what it means, and where the person goes on; `doubts` are said beforehand."""

    title: str
    promise: str
    button: str
    done: str
    back: str
    trail: Sequence[tuple[str, str]]
    then: str = ""
    needs_reason: bool = True
    doubts: Sequence[str] = field(default_factory=tuple)


def confirmed(
    request: HttpRequest,
    question: Question,
    about: About,
    carry_out: Callable[[User, str], object],
) -> HttpResponse:
    """Ask; on the person's word carry it out, or say why it cannot be."""
    kind = ReasonForm if question.needs_reason else RemarkForm
    form = kind(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        assert isinstance(request.user, User)  # noqa: S101 - the permission is checked before
        try:
            carry_out(request.user, form.cleaned_data["reason"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        except ObjectDoesNotExist:  # an undo has removed it meanwhile
            raise Http404("It is not there any more") from None
        else:
            messages.success(request, question.done)
            return HttpResponseRedirect(question.then or question.back)
    heads, *rows = about
    context = {"question": question, "heads": heads[1], "about": rows, "form": form}
    return TemplateResponse(request, "remittances/confirm.html", context)
