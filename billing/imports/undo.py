"""Takes back what an import did: the one place where events are removed (decision 0053).

First everything is looked at: nothing may rest on the records but what the same import brought,
and nobody may have changed them since. Then the chunks go, the last one first, each in a short
transaction together with its footprints, so that an undo that is killed goes on with what is left.
Names that others use by now (payers, departments, codes …) stay.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, models, reset_queries, transaction
from django.utils import timezone

from billing import audit
from billing.footprints import plain, unpacked
from billing.imports.plan import update
from billing.imports.remembered import PlannedRows
from billing.imports.resting import Resting, UndoRefusedError, edited, pointing_at, refuse
from billing.leases import Lease, take
from billing.models import (
    Appeal,
    Claim,
    ClaimEvent,
    ClaimHistory,
    Department,
    Encounter,
    ImportBatch,
    ImportFootprint,
    LineItem,
    Payer,
    ProcedureCode,
    Provider,
    ReasonCode,
    Staff,
    StatusChange,
    WorkMark,
    WriteOff,
)
from billing.posting import refresh

# Names that rows mention by the way; in the order in which they go.
LISTS: tuple[type[models.Model], ...] = (
    Staff,
    Provider,
    Department,
    Payer,
    ProcedureCode,
    ReasonCode,
)
# What people do to a claim because of what its events say.
ANSWERS: tuple[type[models.Model], ...] = (Appeal, StatusChange, WorkMark, WriteOff)
State = ImportBatch.State
X12 = "x12"  # the kind of such batches
UNDOABLE = (State.FINISHED, State.FAILED, State.STOPPED)
AT_ONCE = 1_000
NOT_X12 = (
    "{} is an X12 file: what it changed on claims, also through later files, cannot be taken back "
    "exactly. Keep a remittance aside, or enter a correction, instead."
)
NOT_WRITTEN_DOWN = "{} was loaded before the product wrote down what a load does."
logger = logging.getLogger(__name__)


def together(batch: ImportBatch) -> list[ImportBatch]:
    """The batches that are undone with this one: all of its upload, in the order of loading."""
    same = ImportBatch.objects.filter(upload=batch.upload_id) if batch.upload_id else None
    found = ImportBatch.objects.filter(pk=batch.pk) if same is None else same
    return list(found.exclude(state=State.UNDONE).order_by("pk"))


def refusal(batches: Sequence[ImportBatch]) -> str:
    """Why these batches cannot even be tried to undo; empty where they can."""
    if not batches:
        return "It is undone already."
    for batch in batches:
        if batch.state == State.UNDOING:
            return "It is being undone already."
        if batch.state not in UNDOABLE:
            return f"{batch.file_name} is still being loaded: let it finish first."
        if batch.kind == X12:
            return NOT_X12.format(batch.file_name)
        if not batch.leaves_footprints:
            return NOT_WRITTEN_DOWN.format(batch.file_name)
    return ""


@transaction.atomic
def begin(batch: ImportBatch, who: User) -> None:
    """Mark what is to be undone; the one who comes second is told by UndoRefusedError."""
    keys = [found.pk for found in together(batch)]
    batches = list(ImportBatch.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    if reason := refusal(batches):
        raise UndoRefusedError(reason)
    for found in batches:
        found.state, found.undone_by, found.undo_problem, found.lease = State.UNDOING, who, "", ""
        found.save(update_fields=("state", "undone_by", "undo_problem", "lease"))


def work(batch_id: int) -> None:
    """Undo a batch that was marked, with those of its upload; goes on where a kill stopped it."""
    batch = ImportBatch.objects.select_related("undone_by").get(pk=batch_id)
    marked = [found for found in together(batch) if found.state == State.UNDOING]
    if not marked:
        return
    lease = take(ImportBatch, marked[0].pk, states=(State.UNDOING,), to=State.UNDOING)
    if lease is None:
        return
    with audit.acting(batch.undone_by, None):
        try:
            with PlannedRows() as own:
                undoing = _Undoing(marked, lease, own)
                undoing.check()
                undoing.remove()
        except UndoRefusedError as error:
            _stop(marked, lease, str(error))
        except (DatabaseError, ArithmeticError) as error:
            logger.exception("an import could not be undone")
            _stop(marked, lease, f"The database refused it ({type(error).__name__}): try again.")
        else:
            _end(marked, lease)


def _stop(batches: Sequence[ImportBatch], lease: Lease, problem: str) -> None:
    """Back to what it was where nothing is removed yet, else half undone, and say why."""
    with transaction.atomic():
        lease.let_go()
        for batch in batches:
            batch.refresh_from_db()
            before = State.FINISHED if batch.finished_at else State.FAILED
            batch.state = State.STOPPED if batch.undone_at else before
            batch.undo_problem = problem
            batch.save(update_fields=("state", "undo_problem"))


def _end(batches: Sequence[ImportBatch], lease: Lease) -> None:
    with transaction.atomic():
        lease.let_go()
        for batch in batches:
            batch.refresh_from_db()
            batch.state, batch.undone_at = State.UNDONE, timezone.now()
            batch.save(update_fields=("state", "undone_at"))


class _Undoing:
    """One undo of some batches. `own` remembers what they made and changed, on disk."""

    def __init__(self, batches: Sequence[ImportBatch], lease: Lease, own: PlannedRows) -> None:
        self._keys = [batch.pk for batch in batches]
        self._since = min(batch.started_at for batch in batches)
        self._lease, self._own = lease, own
        self._resting = Resting()
        self._newest = 0  # footprint of any load when looking began
        self._claims: set[Any] = set()

    # Looking

    def check(self) -> None:
        """Raise UndoRefusedError where something newer rests on the records."""
        newest = ImportFootprint.objects.order_by("-pk").first()
        self._newest = newest.pk if newest else 0
        kinds: set[str] = set()
        for footprint in self._footprints():
            kinds.add(footprint.model)
            model = apps.get_model(footprint.model)
            self._check_changes(model, footprint.changes)
            made = _made(footprint)
            self._own.add(footprint.model, [(str(key), "") for key in made])
        for footprint in self._footprints():
            model, made = apps.get_model(footprint.model), _made(footprint)
            if model in LISTS or not made:
                continue
            self._resting.update(self._resting_on(model, made))
            self._resting.update(self._answers_to(model, made))
            self._count("changed by a person since", model, edited(model, made, self._since))
        self._check_later_loads(kinds)
        refuse(self._resting)

    def _footprints(self) -> Iterable[ImportFootprint]:
        """What is left to undo, the last first."""
        rows = ImportFootprint.objects.filter(batch__in=self._keys).order_by("-pk")
        for number, footprint in enumerate(rows.iterator(chunk_size=20)):
            self._lease.beat()
            if number % 50 == 0:
                reset_queries()
            yield footprint

    def _check_changes(self, model: type[models.Model], changes: dict[str, Any]) -> None:
        """Values that the load wrote must still stand; of several loads of one, the last counts."""
        if not changes:
            return
        label, names = model._meta.label_lower, {name for row in changes.values() for name in row}
        stored = {str(row.pk): row for row in model._default_manager.filter(pk__in=[*changes])}
        for name in names:
            keys = [key for key, row in changes.items() if name in row]
            seen = self._own.known(f"{label}.{name}", keys)
            differing = [
                key
                for key in keys
                if key not in seen
                and key in stored
                and plain(getattr(stored[key], name)) != changes[key][name][1]
            ]
            self._count("changed since", model, differing)
            self._own.add(f"{label}.{name}", [(key, "") for key in keys])

    def _resting_on(self, model: type[models.Model], made: Sequence[Any]) -> Resting:
        """Records that point at these and came from elsewhere, counted by kind."""
        found = Resting()
        for child, name in pointing_at(model):
            rows = child._default_manager.filter(**{f"{name}__in": made}).order_by("pk")
            keys = [str(key) for key in rows.values_list("pk", flat=True)]
            label = child._meta.label_lower
            others = set(keys) - self._own.known(label, keys)
            others -= self._own.known(f"{label}.{name}", sorted(others))
            found[child, ""] += len(others)
        return found

    def _answers_to(self, model: type[models.Model], made: Sequence[Any]) -> Resting:
        """What people have done since to claims of others because of these events, each once."""
        found = Resting()
        if not issubclass(model, ClaimEvent):
            return found
        events: Any = model._default_manager
        rows = events.filter(pk__in=made, claim__isnull=False).order_by()
        claims = [str(key) for key in rows.values_list("claim", flat=True).distinct()]
        others = {*claims} - self._own.known(Claim._meta.label_lower, claims)
        for answer in ANSWERS:
            answers = answer._default_manager.filter(
                claim__in=others, who__isnull=False, recorded_at__gte=self._since
            ).order_by()
            keys = [str(key) for key in answers.values_list("pk", flat=True)]
            label = answer._meta.label_lower
            new = {*keys} - self._own.known(label, keys) - self._own.known(f"{label} met", keys)
            self._own.add(f"{label} met", [(key, "") for key in new])
            found[answer, "on claims that it decided"] += len(new)
        return found

    def _check_later_loads(self, kinds: Collection[str]) -> None:
        """Loads that changed what this one made, after it or between its chunks."""
        first = ImportFootprint.objects.filter(batch__in=self._keys).order_by("pk").first()
        if first is None:
            return
        later = ImportFootprint.objects.filter(
            pk__gt=first.pk, changed__gt=0, model__in=kinds
        ).exclude(batch__in=self._keys)
        for footprint in later.select_related("batch").order_by("pk").iterator(chunk_size=20):
            self._lease.beat()
            known = self._own.known(footprint.model, [*footprint.changes])
            model = apps.get_model(footprint.model)
            if model not in LISTS:
                self._count(f"changed by {footprint.batch.file_name}", model, known)

    def _count(self, how: str, model: type[models.Model], keys: Collection[Any]) -> None:
        self._resting[model, how] += len(keys)

    # Removing

    def remove(self) -> None:
        """Take the chunks back, the last one first."""
        while True:
            last = ImportFootprint.objects.filter(batch__in=self._keys).order_by("-pk").first()
            if last is None:
                return
            with transaction.atomic():
                self._remove_chunk(last.batch_id, last.mark)
            self._lease.beat()
            reset_queries()

    def _remove_chunk(self, batch_id: int, mark: int) -> None:
        self._lease.write()  # holds the row; whoever has taken the lease meanwhile ends this
        batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
        rows = ImportFootprint.objects.filter(batch=batch_id, mark=mark).order_by("-pk")
        footprints = list(rows)
        self._claims = set()
        for footprint in footprints:
            model = apps.get_model(footprint.model)
            self._restore(model, footprint.changes)
            if model not in LISTS:
                self._delete(model, _made(footprint))
        refresh(self._claims)
        kept = 0
        for model in LISTS:
            made = [f for f in footprints if f.model == model._meta.label_lower]
            for footprint in made:
                kept += self._delete_unused(model, _made(footprint))
        rows.delete()
        batch.kept += kept
        ImportBatch.objects.filter(pk=batch_id).update(kept=batch.kept)
        # moment of the first removal: from now on it is half undone
        ImportBatch.objects.filter(pk__in=self._keys, undone_at=None).update(
            undone_at=timezone.now()
        )

    def _restore(self, model: type[models.Model], changes: dict[str, Any]) -> None:
        """Write the values from before; stops where somebody has changed them since the check."""
        if not changes:
            return
        stored = model._default_manager.select_for_update().filter(pk__in=[*changes])
        rows = list(stored.order_by("pk"))
        names = {name for row in changes.values() for name in row}
        columns = {
            field.attname: field for field in model._meta.concrete_fields if field.attname in names
        }
        changed = [
            row.pk
            for row in rows
            if any(
                plain(getattr(row, name)) != after
                for name, (_, after) in changes[str(row.pk)].items()
            )
        ]
        refuse(Resting({(model, "changed since"): len(changed)}))
        self._touch(model, rows)
        for row in rows:
            for name, (before, _) in changes[str(row.pk)].items():
                setattr(row, name, columns[name].to_python(before))
        update(model, rows, {columns[name].name for name in names})
        self._touch(model, rows)

    def _delete(self, model: type[models.Model], made: Sequence[Any]) -> None:
        """Remove what the chunk made; stops where somebody was quicker than the check."""
        rows = list(model._default_manager.select_for_update().filter(pk__in=made).order_by("pk"))
        keys = [row.pk for row in rows]
        if not keys:
            return
        resting = Resting()
        for child, name in pointing_at(model):
            found = child._default_manager.filter(**{f"{name}__in": keys})
            others = found.exclude(pk__in=keys) if child is model else found
            resting[child, ""] += others.count()
        resting[model, "changed by a person since"] += len(edited(model, keys, self._since))
        resting.update(self._changed_meanwhile(model, keys))
        resting.update(self._answers_to(model, keys))
        refuse(resting)
        self._touch(model, rows)
        if model is Claim:
            ClaimHistory.objects.filter(claim__in=keys).delete()
            self._claims -= set(keys)
        _drop(model, keys)

    def _changed_meanwhile(self, model: type[models.Model], made: Sequence[Any]) -> Resting:
        """Which of these records loads have changed since the check, by file."""
        found, keys = Resting(), {str(key) for key in made}
        newer = ImportFootprint.objects.filter(
            pk__gt=self._newest, changed__gt=0, model=model._meta.label_lower
        )
        for footprint in newer.select_related("batch").order_by("pk").iterator(chunk_size=20):
            found[model, f"changed by {footprint.batch.file_name}"] += len(
                keys & footprint.changes.keys()
            )
        return found

    def _delete_unused(self, model: type[models.Model], made: Sequence[Any]) -> int:
        """Remove the list entries that nothing uses and nobody has edited; return how many stay."""
        stored = model._default_manager.select_for_update().filter(pk__in=made)
        keys = set(stored.values_list("pk", flat=True))
        used = edited(model, sorted(keys), self._since)
        for child, name in pointing_at(model):
            rows = child._default_manager.filter(**{f"{name}__in": keys}).order_by()
            used |= set(rows.values_list(name, flat=True).distinct())
        _drop(model, sorted(keys - used))
        return len(keys & used)

    def _touch(self, model: type[models.Model], rows: Sequence[Any]) -> None:
        """Remember the claims whose projection depends on these records."""
        if model is Claim:
            self._claims.update(row.pk for row in rows)
        elif issubclass(model, ClaimEvent):
            self._claims.update(row.claim_id for row in rows if row.claim_id is not None)
            replaced = [row.replaces_id for row in rows if row.replaces_id is not None]
            before: Any = model._default_manager.filter(pk__in=replaced)
            self._claims.update(before.values_list("claim_id", flat=True))
            self._claims.discard(None)  # a decision that no claim was found for
        elif model in (LineItem, Encounter):
            visits = [row.encounter_id if model is LineItem else row.pk for row in rows]
            claims = Claim.objects.filter(encounter__in=visits)
            self._claims.update(claims.values_list("pk", flat=True))


def _made(footprint: ImportFootprint) -> list[Any]:
    return unpacked(footprint.keys)


def _drop(model: type[models.Model], keys: Sequence[Any]) -> None:
    """Delete rows by key, without signals: the batch tells of them in the audit trail."""
    rows = model._default_manager.filter(pk__in=keys).order_by()
    rows._raw_delete(rows.db)
