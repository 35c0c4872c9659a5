"""The journal: one row per write, which the database itself refuses to change or delete."""

from django.db import models


class Event(models.Model):
    """One verb on one record (événement du journal). Append-only: triggers on both databases enforce it."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=80, help_text="who: a role or a command, never a private name")
    verb = models.CharField(max_length=40)
    record_type = models.CharField(max_length=40)
    record_id = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["record_type", "record_id"], name="event_record")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.record_type} {self.record_id}"


class PeriodicRun(models.Model):
    """When a periodic job last started and finished, and what it said."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
