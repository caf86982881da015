"""One past import: what it did, what it rejected, and taking it back."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing import audit
from billing.imports.resting import UndoRefusedError
from billing.imports.undo import X12, begin, refusal, together
from billing.models import ImportBatch
from billing.sheets import Cells, Sheet, csv_lines
from billing.uploads import tasks
from billing.uploads.listing import Past, batches_of, first_rejections, kind_words, to_take_back
from billing.uploads.views import person_of

CHUNK = 1_000
HEADINGS = ("line", "field", "reason", "record")


@never_cache
@require_safe
@permission_required("billing.view_importbatch", raise_exception=True)
def batch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One past import; its rejected records for those who may see them."""
    found = get_object_or_404(batches_of(request.user), pk=pk)
    is_undoing = found.state == ImportBatch.State.UNDOING
    context: dict[str, Any] = {
        "batch": found,
        "kind": kind_words(found.kind),
        "is_x12": found.kind == X12,
        "notes": sorted(found.notes.items()),
        "is_undoing": is_undoing,
        "others": [Past.of(other) for other in _others(request, found)],
        "can_undo": (
            request.user.has_perm("billing.undo_importbatch") and not refusal(together(found))
        ),
    }
    if request.user.has_perm("billing.view_importrejection") and not is_undoing:
        context["rejections"] = list(first_rejections(found))
        if shown := len(context["rejections"]):
            audit.viewed_list(request.user, "Rejected records", found=shown, filters={})
    return TemplateResponse(request, "imports/batch.html", context)


def _others(request: HttpRequest, found: ImportBatch) -> list[ImportBatch]:
    """The other batches of the same upload."""
    if found.upload_id is None:
        return []
    rows = batches_of(request.user).filter(upload=found.upload_id).exclude(pk=found.pk)
    return list(rows.order_by("pk"))


@never_cache
@require_safe
@permission_required("billing.view_importrejection", raise_exception=True)
def rejections(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rejected records of an import as CSV, as they stood in the file."""
    found = get_object_or_404(batches_of(request.user), pk=pk)
    audit.viewed_list(
        request.user, "Rejected records as CSV", found=found.rejections.count(), filters={}
    )
    sheet = Sheet(f"rejections-{pk}", HEADINGS, _rejected(found))
    response = StreamingHttpResponse(csv_lines(sheet), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{sheet.name}.csv"'
    return response


def _rejected(found: ImportBatch) -> Iterator[Cells]:
    rows = found.rejections.order_by("line", "pk").values_list("line", "field", "reason", "raw")
    yield from rows.iterator(chunk_size=CHUNK)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("billing.undo_importbatch", raise_exception=True)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before an import and all of its upload is taken back; leave the work to a worker."""
    found = get_object_or_404(batches_of(request.user), pk=pk)
    if request.method == "POST":
        try:
            with transaction.atomic():
                begin(found, person_of(request))
                tasks.undo_import.enqueue(found.pk)
        except UndoRefusedError as error:
            messages.error(request, str(error))
        return redirect("imports:batch", pk)
    batches = together(found)
    context = {
        "batch": found,
        "rows": [Past.of(batch) for batch in batches],
        "refusal": refusal(batches),
        "taken": to_take_back(batches),
    }
    return TemplateResponse(request, "imports/undo.html", context)
