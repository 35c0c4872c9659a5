"""Self-assessments, version by version, and the visits of peers. No column counts the yes: nothing may be ranked by them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.kernel.publicid import random_id

OLD_YEARS = 3


class Assessment(models.Model):
    """One version of what a structure says of its values (auto-évaluation): a draft, then published with its number and day.

    A version is never changed once published; it may be withdrawn with the others by its structure, or taken away after a
    report.
    """

    DRAFT, PUBLISHED, WITHDRAWN, REMOVED = "draft", "published", "withdrawn", "removed"
    STATUSES = [
        (DRAFT, "brouillon"),
        (PUBLISHED, "publiée"),
        (WITHDRAWN, "retirée"),
        (REMOVED, "retirée après signalement"),
    ]
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="assessments")
    edition = models.CharField(max_length=10, help_text="the criteria that it answers")
    status = models.CharField(max_length=9, choices=STATUSES, default=DRAFT)
    number = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-number", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(status="draft"), name="one_draft_of_values"
            ),
            models.UniqueConstraint(fields=["organization", "number"], name="one_version_of_values_a_number"),
            models.CheckConstraint(
                condition=Q(status="draft", number__isnull=True, published_at__isnull=True)
                | (~Q(status="draft") & Q(number__isnull=False, published_at__isnull=False)),
                name="published_values_have_a_number_and_a_day",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["withdrawn", "removed"], withdrawn_at__isnull=False)
                | (~Q(status__in=["withdrawn", "removed"]) & Q(withdrawn_at__isnull=True)),
                name="withdrawn_values_have_their_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.number or 'brouillon'}"


class Answer(models.Model):
    """What an assessment answers to one criterion, in its own words, with a link to see for oneself."""

    YES, GOING, NO, APART = "yes", "going", "no", "apart"
    CHOICES = [
        (YES, "Oui, voici comment"),
        (GOING, "En chemin"),
        (NO, "Non"),
        (APART, "Ne nous concerne pas"),
    ]
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    criterion = models.SlugField(max_length=20)
    answer = models.CharField(max_length=5, choices=CHOICES, blank=True)
    words = models.TextField(max_length=2000, blank=True)
    link = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "criterion"], name="one_answer_a_criterion"),
        ]

    @property
    def said(self) -> tuple[str, str, str]:
        """What counts when two versions are compared."""
        return self.answer, self.words, self.link


class Visit(models.Model):
    """A peer comes and looks (visite entre pairs): asked by one, accepted by the other, written, then confirmed by both.

    `visitor` looks at `organization`. Only a visit that both confirmed is public, and while the version that it read is published.
    """

    PROPOSED, ACCEPTED, DECLINED, CANCELLED, DONE, REMOVED = (
        "proposed", "accepted", "declined", "cancelled", "done", "removed",
    )  # fmt: skip
    OPEN = (PROPOSED, ACCEPTED)
    STATUSES = [
        (PROPOSED, "proposée"),
        (ACCEPTED, "acceptée"),
        (DECLINED, "déclinée"),
        (CANCELLED, "annulée"),
        (DONE, "confirmée par les deux"),
        (REMOVED, "retirée après signalement"),
    ]
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="visits_received")
    visitor = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="visits_made")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="visits")
    asked_by_visitor = models.BooleanField()
    status = models.CharField(max_length=9, choices=STATUSES, default=PROPOSED)
    on = models.DateField()
    who = models.CharField(max_length=200, blank=True, help_text="in what roles, rather than names")
    reply = models.TextField(max_length=2000, blank=True, help_text="what the visited structure answers")
    reason = models.CharField(max_length=500, blank=True)
    heard_visitor = models.CharField(
        max_length=200, blank=True, help_text="told on paper or by telephone: in what role, never a name"
    )
    heard_visited = models.CharField(max_length=200, blank=True, help_text="likewise")
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    visitor_agreed_at = models.DateTimeField(null=True, blank=True)
    visited_agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(visitor=F("organization")), name="nobody_visits_their_own"),
            models.UniqueConstraint(
                fields=["organization", "visitor"],
                condition=Q(status__in=["proposed", "accepted"]),
                name="one_open_visit_a_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(visitor_agreed_at__isnull=False, visited_agreed_at__isnull=False),
                name="done_visit_is_confirmed_by_both",
            ),
            models.CheckConstraint(
                condition=(Q(heard_visitor="") | Q(visitor_agreed_at__isnull=False))
                & (Q(heard_visited="") | Q(visited_agreed_at__isnull=False)),
                name="heard_visit_is_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["declined", "removed"]) | ~Q(reason=""),
                name="declined_visit_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visitor.whole} chez {self.organization.whole}"

    @property
    def fades_on(self) -> date:
        """From this day the visit is said to be old."""
        return self.on.replace(year=self.on.year + OLD_YEARS, day=min(self.on.day, 28))

    @property
    def old(self) -> bool:
        """Whether it was made more than three years ago."""
        return timezone.localdate() >= self.fades_on

    @property
    def public(self) -> bool:
        """Whether anybody may read it: confirmed by both, of a version that its structure has not withdrawn."""
        return self.status == self.DONE and self.assessment.status == Assessment.PUBLISHED

    @property
    def asker(self) -> Organization:
        """Who asked for it."""
        return (self.visitor if self.asked_by_visitor else self.organization).whole

    @property
    def asked(self) -> Organization:
        """Who accepts or declines it."""
        return (self.organization if self.asked_by_visitor else self.visitor).whole


class Seen(models.Model):
    """What a visit says of one criterion."""

    SEEN, NOT_SEEN = "seen", "not_seen"
    CHOICES = [(SEEN, "Vu"), (NOT_SEEN, "Pas vu")]
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="seen")
    criterion = models.SlugField(max_length=20)
    verdict = models.CharField(max_length=8, choices=CHOICES, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "criterion"], name="one_verdict_a_criterion"),
        ]
