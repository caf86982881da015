"""The page of the audit trail: who did what to which record, and when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from auditlog.models import LogEntry
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.access import Person, practices_of

PER_PAGE = 50
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
ACTIONS = {
    LogEntry.Action.ACCESS: "Viewed",
    LogEntry.Action.CREATE: "Added",
    LogEntry.Action.UPDATE: "Changed",
    LogEntry.Action.DELETE: "Deleted",
}
LONGEST = 120
KINDS = ("billing", "analytics", "auth")
# Of people, groups and their practices: read by those who see every practice.
ABOUT_PEOPLE = Q(content_type__app_label="auth") | Q(content_type__model="practiceaccess")


class KindField(forms.ModelChoiceField[ContentType]):
    """A kind of record, by its name alone."""

    def label_from_instance(self, obj: ContentType) -> str:
        """The name, as in "Claim line"."""
        return str(obj.name).capitalize()


class TrailForm(forms.Form):
    """What to look for; a filter that makes no sense is named and left out."""

    person = forms.CharField(max_length=150, required=False, label="Person")
    record = forms.CharField(
        max_length=120, required=False, label="Record", help_text="A number, a name or a key"
    )
    kind = KindField(
        ContentType.objects.filter(app_label__in=KINDS).order_by("app_label", "model"),
        required=False,
        label="Kind",
        empty_label="All kinds",
    )
    action = forms.TypedChoiceField(
        choices=[("", "Everything"), *ACTIONS.items()], coerce=int, empty_value=None, required=False
    )
    begin = forms.DateField(required=False, label="From")
    end = forms.DateField(required=False, label="To")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("begin", "end"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"})
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if select else "form-control"

    def clean_begin(self) -> date | None:
        """A day within bounds."""
        return self._bounded("begin")

    def clean_end(self) -> date | None:
        """A day within bounds."""
        return self._bounded("end")

    def _bounded(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Give a date between 1990 and 2100.")
        return day

    def rows(self, entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        """The entries that the valid filters leave, newest first."""
        self.is_valid()
        asked = self.cleaned_data
        if person := asked.get("person"):
            entries = entries.filter(actor__in=User.objects.filter(username__icontains=person))
        if record := asked.get("record"):
            entries = entries.filter(Q(object_pk=record) | Q(object_repr__icontains=record))
        if kind := asked.get("kind"):
            entries = entries.filter(content_type=kind)
        if (action := asked.get("action")) is not None:
            entries = entries.filter(action=action)
        if begin := asked.get("begin"):
            entries = entries.filter(timestamp__gte=_midnight(begin))
        if end := asked.get("end"):
            entries = entries.filter(timestamp__lt=_midnight(end, days=1))
        return entries


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    entry: LogEntry
    who: str
    action: str
    what: str
    kind: str
    details: list[str]


@require_safe
@permission_required("auditlog.view_logentry", raise_exception=True)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """List the entries that the person may read, newest first, a page at a time."""
    form = TrailForm(request.GET or None)
    entries = readable(LogEntry.objects.all(), request.user)
    entries = form.rows(entries) if form.is_bound else entries
    entries = _older(entries, request.GET.get("before", ""))
    found = list(
        entries.select_related("actor", "content_type").order_by("-timestamp", "-pk")[
            : PER_PAGE + 1
        ]
    )
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "lines": [_line(entry) for entry in found[:PER_PAGE]],
        "filters": query.urlencode(),
        "is_first": "before" not in request.GET,
        "before": _mark(found[PER_PAGE - 1]) if len(found) > PER_PAGE else "",
        "time_zone": settings.TIME_ZONE,
    }
    return TemplateResponse(request, "audit/trail.html", context)


def readable(entries: QuerySet[LogEntry], user: Person) -> QuerySet[LogEntry]:
    """The entries about the practices that a person may see.

    Entries of no practice (lists, payers, targets) are readable to those who share a practice
    with the one who acted; entries about people and their rights to those who see everything.
    """
    practices = practices_of(user)
    if practices is None:
        return entries
    colleagues = User.objects.filter(
        Q(practice_access__practices__in=practices)
        | Q(practice_access__all_practices=True)
        | Q(is_superuser=True)
    )
    shared = Q(additional_data__practice__isnull=True, actor__in=colleagues) & ~ABOUT_PEOPLE
    return entries.filter(Q(additional_data__practice__in=[*practices]) | shared)


def _line(entry: LogEntry) -> Line:
    extra = entry.additional_data or {}
    details = [
        f"{field.replace('_', ' ')}: {_change(change)}"
        for field, change in sorted((entry.changes or {}).items())
        if field != "id" and change not in ([None, None], [None, ""], ["", None])
    ]
    if (found := extra.get("found")) is not None:
        details.append(f"{found} found")
    details += [f"{name} = {value}" for name, value in (extra.get("filters") or {}).items()]
    return Line(
        entry=entry,
        who=entry.actor.get_username() if entry.actor else "The system",
        action=ACTIONS[entry.action],
        what=entry.object_repr or entry.object_pk,
        kind=str(entry.content_type.name) if entry.object_pk else "list of patients",
        details=details,
    )


def _change(change: Any) -> str:
    """Old and new in words; what joined or left a list, for many-to-many fields."""
    if isinstance(change, dict):
        verb = "added" if change.get("operation") == "add" else "removed"
        return f"{verb} {', '.join(map(str, change.get('objects', [])))}"[:LONGEST]
    old, new = (_value(value) for value in change)
    return f"{old} → {new}" if old not in ("–", new) else new  # what is hidden reads the same


def _value(value: Any) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[:LONGEST]


def _older(entries: QuerySet[LogEntry], mark: str) -> QuerySet[LogEntry]:
    """The entries after the mark of the page before; all of them where the mark is none."""
    stamp, _, key = mark.partition("_")
    if not (stamp.isdecimal() and key.isdecimal() and len(stamp) < 17 and len(key) < 10):
        return entries
    when = datetime.fromtimestamp(int(stamp) // 1_000_000, UTC).replace(
        microsecond=int(stamp) % 1_000_000
    )
    return entries.filter(timestamp__lte=when).exclude(timestamp=when, pk__gte=int(key))


def _mark(entry: LogEntry) -> str:
    """Where the next page begins: microseconds and key of the last entry shown."""
    stamp: datetime = entry.timestamp
    return f"{int(stamp.timestamp()) * 1_000_000 + stamp.microsecond}_{entry.pk}"


def _midnight(day: date, *, days: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
