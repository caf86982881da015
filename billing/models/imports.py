"""What was loaded from files: one batch per file, what it rejected, and what it left behind."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from billing.models.parties import Practice


class Upload(models.Model):
    """One file, or a ZIP of files, that a person put on the Imports page.

    It is looked at, agreed on and loaded by a worker; each kind of rows in it becomes a batch.
    `findings` is what looking told, with the first rows as read until the upload has ended.
    `lease` names the worker that has it in hand, `heartbeat` says when that one last lived.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be looked at"
        CHECKING = "checking", "Being looked at"
        CHECKED = "checked", "Waiting for your word"
        CONFIRMED = "confirmed", "Waiting to be loaded"
        LOADING = "loading", "Loading"
        FINISHED = "finished", "Loaded"
        FAILED = "failed", "Broken off"
        REFUSED = "refused", "Refused"
        DISCARDED = "discarded", "Discarded"

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="uploads")
    file_name = models.CharField(max_length=255, help_text="As the person named it; only shown.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    profile = models.CharField(max_length=60, blank=True)
    create_claims = models.BooleanField(
        default=False, help_text="X12: make claims from remittances whose 837 is not there."
    )
    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    heartbeat = models.DateTimeField(default=timezone.now, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    doing = models.CharField(max_length=300, blank=True, editable=False)
    done = models.PositiveBigIntegerField(default=0, editable=False)
    total = models.PositiveBigIntegerField(default=0, editable=False)
    problem = models.TextField(blank=True, help_text="Why it was refused or broke off.")
    findings = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("-uploaded_at", "-pk")

    def __str__(self) -> str:
        return f"{self.file_name} of {self.uploaded_at:%Y-%m-%d %H:%M}"


class ImportBatch(models.Model):
    """The loading of one file; `mark` is where a killed one goes on.

    `leaves_footprints` says that the loading recorded what it did to the records, so that it can
    be undone (`billing.imports.undo`).
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        UNDOING = "undoing", "Being undone"
        STOPPED = "stopped", "Undo stopped"
        UNDONE = "undone", "Undone"

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="import_batches")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    profile = models.CharField(max_length=60, blank=True)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    heartbeat = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    mark = models.PositiveBigIntegerField(default=0, help_text="Rows safely stored.")
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=dict, blank=True, help_text="Warning text → how often.")
    upload = models.ForeignKey(
        Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    leaves_footprints = models.BooleanField(default=False, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undo_problem = models.TextField(blank=True, help_text="Why it was not undone.")
    kept = models.PositiveIntegerField(
        default=0, editable=False, help_text="List entries that an undo left, as others use them."
    )
    lease = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        ordering = ("-started_at", "-pk")
        verbose_name_plural = "import batches"
        permissions = (("undo_importbatch", "Can undo import batch"),)
        indexes = (
            # serves: was this file left half loaded?
            models.Index(fields=("sha256", "kind"), name="import_batch_by_content"),
        )

    def __str__(self) -> str:
        return f"{self.file_name} of {self.started_at:%Y-%m-%d %H:%M}"


class ImportRejection(models.Model):
    """A record that could not be loaded, and what to do about it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rejections")
    line = models.PositiveBigIntegerField(help_text="Line or segment number, from 1.")
    field = models.CharField(max_length=60, blank=True)
    reason = models.TextField()
    raw = models.TextField(help_text="The record as read; may hold patient data.")

    class Meta:
        ordering = ("batch", "line")

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class ImportFootprint(models.Model):
    """What one chunk of a batch did to records of one kind, so that it can be taken back.

    `keys` are those of new records: stretches [first, last] of numbers, else single keys.
    `changes` holds, by key and column, the value before and the one written.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="footprints")
    mark = models.PositiveBigIntegerField(help_text="The batch's mark after the chunk.")
    model = models.CharField(max_length=60)
    keys = models.JSONField(default=list)
    changes = models.JSONField(default=dict, help_text="May hold patient data.")
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("batch", "pk")

    def __str__(self) -> str:
        return f"{self.model}: {self.created} new, {self.changed} changed"
