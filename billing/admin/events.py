"""Events of a claim: entered once through `billing.posting`, read-only ever after."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from billing.admin import entry
from billing.admin.base import BigTable, ReadOnlyInline
from billing.admin.practices import seen
from billing.choices import AppealResult, Outcome
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Appeal,
    Claim,
    Note,
    PatientPayment,
    StatusChange,
    WriteOff,
)


class EventAdmin(BigTable):
    """The list and the entry of one kind of event.

    `follow_up` is what a person may do to an event later: the name of its address, its label,
    its form and the permission that it needs.
    """

    entry_form: ClassVar[type[entry.EntryForm]]
    follow_up: ClassVar[tuple[str, str, type[forms.Form], str] | None] = None
    list_select_related: ClassVar[tuple[str, ...]] = ("claim",)
    search_fields = ("claim__number",)
    unique_in_practice = ("claim__number",)
    search_help_text = "The beginning of a claim number"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a correction is a new event."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what happened has happened."""
        return False

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Enter an event; what posting refuses is said in the form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        bound = request.POST if request.method == "POST" else None
        form = self.entry_form(bound, initial={"claim": _claim_asked_for(request)})
        form.offer(seen(Claim.objects.all(), request))
        if form.is_bound and form.is_valid():
            event = self._try(form, lambda: form.post(cast(User, request.user)))
            if event:
                self.log_addition(request, event, [{"added": {}}])
                return self._done(request, event, form)
        title = f"Add {self.model._meta.verbose_name}"
        return self._page(request, form, title=title, rows=form.rows())

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own, the page of the follow-up."""
        urls = super().get_urls()
        if self.follow_up is None:
            return urls
        name = self.follow_up[0]
        view = self.admin_site.admin_view(self.follow_up_view)
        own = path(f"<int:pk>/{name}/", view, name=f"billing_{self.model._meta.model_name}_{name}")
        return [own, *urls]

    def follow_up_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what may still be done to this event."""
        event = self.get_object(request, str(pk))
        if self.follow_up is None or event is None:
            raise Http404
        _, label, form_class, permission = self.follow_up
        if not request.user.has_perm(permission):
            raise PermissionDenied
        form: Any = form_class(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            done = self._try(form, lambda: form.post(event))
            if done:
                self.log_change(request, event, label)
                return self._done(request, event, form)
        return self._page(request, form, title=f"{label}: {event}")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the event, and offer its follow-up while it may be done."""
        event = self.get_object(request, object_id)
        tools = []
        if event and self.follow_up and self.may_follow_up(event):
            name, label, _, permission = self.follow_up
            if request.user.has_perm(permission):
                url = f"admin:billing_{self.model._meta.model_name}_{name}"
                tools = [(reverse(url, args=[event.pk]), label)]
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "tools": tools}
        )

    def may_follow_up(self, event: Any) -> bool:
        """Whether anything may still be done to this event."""
        return False

    def _try(self, form: forms.Form, post: Any) -> Any:
        """What posting gives, or None with its refusal in the form."""
        try:
            with transaction.atomic():
                return post()
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return None

    def _done(self, request: HttpRequest, event: Any, form: Any) -> HttpResponse:
        """Back to the claim, which shows what the event has changed."""
        claim = event.claim
        name = self.model._meta.verbose_name
        self.message_user(request, f"The {name} is recorded.", messages.SUCCESS)
        if isinstance(form, entry.DecisionForm) and (left := form.unexplained()):
            self.message_user(
                request,
                f"Payment and adjustments leave {left} of the billed {claim.billed} unexplained.",
                messages.WARNING,
            )
        if claim is None or not request.user.has_perm("billing.view_claim"):
            return HttpResponseRedirect(
                reverse(f"admin:billing_{self.model._meta.model_name}_changelist")
            )
        return HttpResponseRedirect(reverse("admin:billing_claim_change", args=[claim.pk]))

    def _page(self, request: HttpRequest, form: Any, *, title: str, rows: Any = ()) -> HttpResponse:
        fieldsets = [(None, {"fields": list(form.fields)})]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "adminform": helpers.AdminForm(form, fieldsets, {}, model_admin=self),
            "form": form,
            "rows": rows,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/billing/entry.html", context)


def _claim_asked_for(request: HttpRequest) -> int | None:
    """The claim that the address names, if it names one."""
    asked = request.GET.get("claim", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None


class AdjudicationLineInline(ReadOnlyInline):
    """The lines as decided."""

    model = AdjudicationLine
    fields = ("procedure", "modifiers", "units", "charge", "paid")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the procedures."""
        return super().get_queryset(request).select_related("procedure")


class AdjustmentInline(ReadOnlyInline):
    """Why less was paid than charged."""

    model = Adjustment
    fields = ("group", "reason", "amount", "remark_codes", "line")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the reasons and lines."""
        return super().get_queryset(request).select_related("reason", "line")


@admin.register(Adjudication)
class AdjudicationAdmin(EventAdmin):
    """Payer decisions."""

    entry_form = entry.DecisionForm
    follow_up = (
        "reverse",
        "Reverse this decision",
        entry.ReversalForm,
        "billing.add_adjudication",
    )
    list_display = ("__str__", "claim", "decided_on", "outcome", "paid", "denied_amount")
    inlines = (AdjudicationLineInline, AdjustmentInline)

    def may_follow_up(self, event: Adjudication) -> bool:
        """A decision on a claim that has not been reversed."""
        return (
            event.claim_id is not None
            and event.outcome != Outcome.REVERSAL
            and not event.reversed_by.exists()
        )


@admin.register(PatientPayment)
class PatientPaymentAdmin(EventAdmin):
    """Patient payments."""

    entry_form = entry.PatientPaymentForm
    list_display = ("__str__", "claim", "paid_on", "amount")


@admin.register(WriteOff)
class WriteOffAdmin(EventAdmin):
    """Write-offs."""

    entry_form = entry.WriteOffForm
    list_display = ("__str__", "claim", "written_off_on", "amount", "reason", "for_denial", "who")
    list_filter = ("for_denial",)
    list_select_related = ("claim", "who")


@admin.register(Appeal)
class AppealAdmin(EventAdmin):
    """Appeals."""

    entry_form = entry.AppealForm
    follow_up = ("end", "End this appeal", entry.AppealEndForm, "billing.change_appeal")
    list_display = ("__str__", "claim", "filed_on", "ended_on", "result")
    list_filter = ("result",)

    def may_follow_up(self, event: Appeal) -> bool:
        """An open appeal."""
        return event.result == AppealResult.OPEN


@admin.register(StatusChange)
class StatusChangeAdmin(EventAdmin):
    """Closings and reopenings by hand."""

    entry_form = entry.StatusChangeForm
    list_display = ("__str__", "claim", "changed_on", "change", "reason", "who")
    list_select_related = ("claim", "who")


@admin.register(Note)
class NoteAdmin(EventAdmin):
    """Notes."""

    practice_path = "claim__practice"
    entry_form = entry.NoteForm
    list_display = ("__str__", "claim", "text", "who")
    list_select_related = ("claim", "who")
