"""The journal: one row per write, which the database itself refuses to change or delete, and the seals that prove it."""

from django.db import models
from django.utils import timezone


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


class PrivateReference(models.Model):
    """What opens one commitment of an event: erasing this row erases the value, and leaves the seals whole.

    The event keeps SHA-256(salt + value) under `payload["private"][name]`; `kernel.journal` writes and erases.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="private_references")
    name = models.CharField(max_length=40)
    salt = models.CharField(max_length=32, help_text="128 random bits in hexadecimal")
    value = models.CharField(max_length=200, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="one_private_value_per_name")]

    def __str__(self) -> str:
        return f"{self.name} of event {self.event_id}"


class SealedEvent(models.Model):
    """The place of an event in the chain (événement scellé). Append-only by triggers.

    Ids are drawn before a transaction commits, so their order is not the order of commits; positions are 1, 2, 3…
    without a gap, in the order in which the sealer first saw the events.
    """

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="sealed")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"


class Seal(models.Model):
    """A seal (sceau): closes the events from position `first` to `last`; `head` commits to everything before it.

    Append-only by triggers.
    """

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True)
    head = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.head[:12]}"

    @property
    def count(self) -> int:
        """How many events it closes."""
        return self.last - self.first + 1


class PeriodicRun(models.Model):
    """When a periodic job last started and finished, and what it said."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class OutgoingMail(models.Model):
    """A message that waits to leave (courriel à partir): written with what it tells, deleted once it has left."""

    to = models.EmailField()
    subject = models.CharField(max_length=150)
    body = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(help_text="not tried by the worker before")
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["given_up_at", "next_at"], name="mail_to_try")]

    def __str__(self) -> str:
        return self.subject


class InterruptedPost(models.Model):
    """What a browser sent after its session had ended: an hour, then gone. Tied to no person, only to the key of a session."""

    key = models.CharField(max_length=43, unique=True)
    path = models.CharField(max_length=500)
    came_from = models.CharField(max_length=500, blank=True)
    fields = models.JSONField()
    files = models.JSONField(default=list, help_text="names of files, which are not kept")
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.path

    @property
    def words(self) -> list[str]:
        """What was written in words, to be read again; the rest are choices."""
        return [value for _, value in self.fields if len(value.split()) > 1]

    @property
    def choices(self) -> list[str]:
        """The rest: a name, an amount, what a box or the pressed button says."""
        return [value for name, value in self.fields if len(value.split()) == 1 and name != "once"]
