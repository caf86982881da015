"""Receiving a file, looking at what it would change, agreeing, and watching it load."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from billing import audit
from billing.access import practices_of
from billing.models import Upload
from billing.uploads import taking_up, tasks
from billing.uploads.forms import BatchFilter, UploadForm, file_limit, shown_name
from billing.uploads.listing import (
    BUSY,
    IN_HAND,
    Past,
    batches_of,
    percent,
    preview,
    uploads_of,
)
from billing.uploads.looking import UnfitError, look
from billing.uploads.receiving import Received, Receiving, keep

State = Upload.State
PER_PAGE = 25
TOO_LARGE = "The file is larger than {}, the most that is taken: load it in parts."
permitted_to_load = permission_required("billing.add_importbatch", raise_exception=True)


@never_cache
@require_safe
@permission_required("billing.view_importbatch", raise_exception=True)
def imports(request: HttpRequest) -> HttpResponseBase:
    """What is in hand and what was loaded, with the form for a new file."""
    return _page(request, UploadForm(request.user))


def _page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    batches = batches_of(request.user)
    filters = BatchFilter(request.user, batches, request.GET if request.method == "GET" else {})
    page = Paginator(filters.rows(batches), PER_PAGE).get_page(request.GET.get("page"))
    practices = practices_of(request.user)
    context: dict[str, Any] = {
        "form": form,
        "filters": filters,
        "is_filtered": any(filters.cleaned_data.values()),
        "page": page,
        "rows": [Past.of(batch) for batch in page],
        "shows_practice": practices is None or len(practices) > 1,
        "can_load": request.user.has_perm("billing.add_importbatch"),
    }
    if request.user.has_perm("billing.view_upload"):
        context["in_hand"] = list(uploads_of(request.user).filter(state__in=IN_HAND)[:PER_PAGE])
    return TemplateResponse(request, "imports/list.html", context, status=status)


@csrf_exempt  # the check reads the form, and the file with it: it comes after the file's handler
@require_POST
@permitted_to_load
def receive(request: HttpRequest) -> HttpResponseBase:
    """Take a file from somebody who may load; nothing of it is stored unless all is well."""
    handler = Receiving(request)
    request.upload_handlers = [handler]
    try:
        return _receive(request)
    finally:
        handler.forget()


@csrf_protect
def _receive(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.user, request.POST, request.FILES)
    (handler,) = request.upload_handlers
    assert isinstance(handler, Receiving)  # noqa: S101 - narrows the type
    if handler.is_too_large:
        form.errors.pop("file", None)
        form.add_error("file", TOO_LARGE.format(file_limit()))
    if not form.is_valid():
        return _page(request, form)
    received: Received = form.cleaned_data["file"]
    name = shown_name(received.name)
    try:
        look(received.path, name)
    except UnfitError as error:
        form.add_error("file", str(error))
        return _page(request, form)
    with transaction.atomic():
        upload = Upload.objects.create(
            practice=form.cleaned_data["practice"],
            profile=form.cleaned_data["profile"],
            create_claims=form.cleaned_data["create_claims"],
            file_name=name,
            size=received.size or 0,
            who=person_of(request),
        )
        keep(received, upload.pk)
        tasks.look_at_upload.enqueue(upload.pk)
    return redirect("imports:upload", upload.pk)


@never_cache
@require_safe
@permission_required("billing.view_upload", raise_exception=True)
def upload(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How an upload stands: at work, waiting for a person's word with a preview, or ended."""
    found = get_object_or_404(uploads_of(request.user), pk=pk)
    sees_rows = request.user.has_perm("billing.view_importrejection")
    context: dict[str, Any] = {
        "upload": found,
        "is_busy": found.state in BUSY,
        "percent": percent(found),
        "can_load": request.user.has_perm("billing.add_importbatch"),
        "can_undo": request.user.has_perm("billing.undo_importbatch"),
    }
    if found.state in (State.CHECKED, State.FAILED):
        context["preview"] = preview(found, with_rows=sees_rows)
        shown = sum(len(file["rows"]) for file in context["preview"]["files"])
        if shown:
            audit.viewed_list(request.user, "Preview of an import", found=shown, filters={})
    if found.state in (State.FINISHED, State.FAILED, State.LOADING):
        batches = batches_of(request.user).filter(upload=found).order_by("pk")
        context["rows"] = [Past.of(batch) for batch in batches]
        context["is_undoing"] = any(row.batch.state == "undoing" for row in context["rows"])
    return TemplateResponse(request, "imports/upload.html", context)


@require_POST
@permitted_to_load
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to an upload, or go on with one that broke off; a second click does nothing."""
    get_object_or_404(uploads_of(request.user), pk=pk)
    with transaction.atomic():
        found = Upload.objects.select_for_update().get(pk=pk)
        if found.state in (State.CHECKED, State.FAILED):
            found.state, found.problem = State.CONFIRMED, ""
            found.done = found.total = 0
            found.save(update_fields=("state", "problem", "done", "total"))
            tasks.load_upload.enqueue(pk)
    return redirect("imports:upload", pk)


@require_POST
@permitted_to_load
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """End an upload that is not to be loaded; its file goes."""
    found = get_object_or_404(uploads_of(request.user), pk=pk)
    with transaction.atomic():
        audit.changed_in_bulk(person_of(request), [found], {"state": State.DISCARDED})
        is_discarded = taking_up.discard(found)
        transaction.set_rollback(not is_discarded)
    if not is_discarded:
        messages.error(request, "It is past that: see how it stands.")
        return redirect("imports:upload", pk)
    messages.success(request, f"{found.file_name} was discarded; its file is removed.")
    return redirect("imports:list")


def person_of(request: HttpRequest) -> User:
    """The person who asks, known to be logged in."""
    assert isinstance(request.user, User)  # noqa: S101 - the permission is checked before
    return request.user
