"""What was loaded from files: one batch per file, and what it rejected."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from billing.models.parties import Practice


class ImportBatch(models.Model):
    """The loading of one file; `mark` is where a killed one goes on."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"

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

    class Meta:
        ordering = ("-started_at", "-pk")
        verbose_name_plural = "import batches"
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
