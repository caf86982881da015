"""Pages that name patients: each view is in the audit trail, and names are for those who may."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from billing import audit
from billing.admin.base import BigTable
from billing.models import Patient


def sees_patients(request: HttpRequest) -> bool:
    """Whether this person may know who was treated."""
    return request.user.has_perm("billing.view_patient")


class SearchedByPatient(BigTable):
    """A list that is searched by patient only by those who may know names, which is noted."""

    names_patients: ClassVar[bool] = False

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Without the patient's columns for others: what a search finds would tell the name."""
        fields = tuple(super().get_search_fields(request))
        if sees_patients(request):
            return fields
        return tuple(name for name in fields if "patient__" not in name)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; one entry of the trail where it names or was searched by patients."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        tells = self.names_patients or "q" in request.GET
        if context is not None and tells and sees_patients(request):
            listed = context.get("cl")
            audit.viewed_list(
                request.user,
                f"{self.opts.verbose_name_plural} in the admin".capitalize(),
                found=len(listed.result_list) if listed else None,
                filters=request.GET.dict(),
            )
        return response


class ShowsPatients(SearchedByPatient):
    """Records that say which patient they are about; `patient_path` leads there."""

    names_patients = True
    patient_path: ClassVar[str] = ""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The record of a page; whoever opens it is noted."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "GET" and sees_patients(request):
            patient: Patient = getattr(found, self.patient_path) if self.patient_path else found
            audit.viewed(request.user, patient)
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What a search finds; what is offered while typing is one entry of the trail."""
        match = request.resolver_match
        if match is not None and match.url_name == "autocomplete" and not self.patient_path:
            audit.viewed_list(
                request.user,
                "Patients offered while typing",
                found=None,
                filters={"q": search_term},
            )
        return super().get_search_results(request, queryset, search_term)
