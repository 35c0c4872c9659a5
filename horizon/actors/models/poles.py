"""Poles as data, their history, and the mandates people hold for a pole, an organization or the collective."""

from django.db import models
from django.utils import timezone

from horizon.actors.models.organization import Organization
from horizon.actors.models.people import Person


class Pole(models.Model):
    """A pole (pôle) of the collective: seven in the founding plan. A closed pole keeps its page and its history."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(max_length=1000, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    successors = models.ManyToManyField("self", symmetrical=False, related_name="predecessors", blank=True)

    class Meta:
        ordering = ["rank", "code"]

    def __str__(self) -> str:
        return self.name


class PoleChange(models.Model):
    """One step of a pole's history: opened, renamed, split, merged, closed."""

    KINDS = [("open", "ouvert"), ("rename", "renommé"), ("split", "partagé"), ("merge", "réuni"), ("reopen", "rouvert"), ("close", "fermé")]  # fmt: skip
    pole = models.ForeignKey(Pole, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=8, choices=KINDS)
    said = models.CharField(max_length=400)
    decided_by = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]


class Mandate(models.Model):
    """A mandate (mandat): who acts, in what function, for whom, from when to when, decided by whom."""

    OPERATOR, POLE, ELECTED, AGENT, OFFICE = "operator", "pole_referent", "elected", "agent", "office"
    FUNCTIONS = [
        (OPERATOR, "anime le collectif"),
        (POLE, "contact d’un pôle"),
        (ELECTED, "personne élue"),
        (AGENT, "agent de la collectivité"),
        (OFFICE, "fonction dans une instance"),
    ]
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="mandates")
    function = models.CharField(max_length=14, choices=FUNCTIONS)
    title = models.CharField(max_length=160, blank=True, help_text="as written: vice-présidente à l’ESS")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="mandates"
    )
    pole = models.ForeignKey(Pole, null=True, blank=True, on_delete=models.CASCADE, related_name="mandates")
    themes = models.JSONField(default=list, help_text="door codes this mandate answers for")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    public = models.BooleanField(default=False, help_text="the person agreed that the name is shown")
    published_at = models.DateTimeField(null=True, blank=True, help_text="when the person agreed")
    shown_email = models.EmailField(blank=True, help_text="that the person chose to show beside their name")
    shown_phone = models.CharField(
        max_length=30, blank=True, help_text="that the person chose to show beside their name"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="mandate_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~models.Q(function="pole_referent") | models.Q(pole__isnull=False),
                name="pole_mandate_has_a_pole",
            ),
            models.CheckConstraint(
                condition=models.Q(public=True) | models.Q(shown_email="", shown_phone=""),
                name="only_a_shown_name_shows_how_to_reach",
            ),
        ]

    @property
    def is_to_come(self) -> bool:
        """Whether its first day is not there yet."""
        return self.starts_on > timezone.localdate()

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed."""
        return self.ends_on is not None and self.ends_on < timezone.localdate()


class SeenAgent(models.Model):
    """Somebody who entered by ProConnect and works for an authority of the territory (agent vu), until the desk answers."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    siret = models.CharField(max_length=14)
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    seen_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mandate__isnull=True) | models.Q(answered_at__isnull=False),
                name="agent_with_a_mandate_was_answered",
            )
        ]
