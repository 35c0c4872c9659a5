"""Subscribers, what they follow, the messages that wait to leave, and what was told to whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from horizon.actors.models import Person
from horizon.kernel import news
from horizon.kernel.publicid import random_id


class Subscriber(models.Model):
    """Whoever receives letters (personne abonnée): an address that confirmed, or a person who signs in; never both.

    Without an account, the row and its address go with the last thing followed.
    """

    WEEK, MONTH = 7, 30
    RHYTHMS = [(WEEK, "une fois par semaine au plus"), (MONTH, "une fois par mois au plus")]
    OFF, WEEKLY, DAILY = "off", "weekly", "daily"
    REMINDERS = [
        (WEEKLY, "une fois par semaine au plus"),
        (DAILY, "chaque jour où quelque chose attend"),
        (OFF, "jamais"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    email = models.EmailField(blank=True, help_text="without an account only")
    person = models.OneToOneField(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriber"
    )
    every_days = models.PositiveSmallIntegerField(choices=RHYTHMS, default=WEEK)
    reminders = models.CharField(max_length=6, choices=REMINDERS, default=WEEKLY)
    paused_until = models.DateField(null=True, blank=True)
    last_digest_at = models.DateTimeField(null=True, blank=True)
    last_reminder_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True) ^ Q(email=""), name="subscriber_is_an_address_or_a_person"
            ),
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="one_subscriber_per_address"
            ),
            models.CheckConstraint(condition=Q(every_days__gte=7), name="digest_weekly_at_most"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def address(self) -> str:
        """Where letters go."""
        return self.person.email if self.person is not None else self.email

    @property
    def actor(self) -> str:
        """How the journal names whoever this is: an address without an account has no name there."""
        return self.person.actor if self.person is not None else "visitor"


class Subscription(models.Model):
    """One thing followed (abonnement). Without `confirmed_at`, the address has not answered yet: nothing is sent for it."""

    KINDS = [
        (news.COMMUNE, "une commune"),
        (news.DOOR, "une porte du quotidien"),
        (news.POLE, "un pôle"),
        (news.ENTRY, "une structure"),
        (news.SEARCH, "une recherche"),
    ]
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    kind = models.CharField(max_length=9, choices=KINDS)
    value = models.CharField(max_length=600, help_text="a code, a public id, or a list and its filters")
    title = models.CharField(max_length=200, help_text="as shown when it was followed")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "kind", "value"], name="followed_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def facet(self) -> news.Facet:
        """What of the news it matches."""
        return (self.kind, self.value)


class Message(models.Model):
    """A message of the outbox (boîte d’envoi): written with its marks in one transaction, handed to the mail server after.

    `sending` is written before the server is spoken to. `unsure`: the text was given and no answer came back; such a
    letter is not sent again, and the next one says so. Its words are kept only until it leaves.
    """

    DIGEST, REMINDER, CONFIRM = "digest", "reminder", "confirm"
    KINDS = [(DIGEST, "lettre"), (REMINDER, "ce qui attend"), (CONFIRM, "demande de confirmation")]
    READY, SENDING, SENT, UNSURE, REFUSED = "ready", "sending", "sent", "unsure", "refused"
    STATUSES = [
        (READY, "prête"),
        (SENDING, "en cours"),
        (SENT, "remise au serveur"),
        (UNSURE, "remise sans réponse"),
        (REFUSED, "refusée"),
    ]
    OPEN = (READY, SENDING)

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=KINDS)
    subject = models.CharField(max_length=150, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    status = models.CharField(max_length=7, choices=STATUSES, default=READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    next_try_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["status", "next_try_at"], name="message_to_send")]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "kind"],
                condition=Q(status__in=["ready", "sending"], kind__in=["digest", "reminder"]),
                name="one_open_letter_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ready", "sending"]) | Q(subject="", text="", html=""),
                name="message_kept_until_it_leaves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class Told(models.Model):
    """An event that is told to somebody by a channel (déjà dit): the mark is written with the message, before it leaves."""

    MAIL = "mail"
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="told")
    event = models.CharField(max_length=80)
    channel = models.CharField(max_length=8, default=MAIL)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="told")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "event", "channel"], name="told_once_by_a_channel")
        ]

    def __str__(self) -> str:
        return self.event
