"""The collective: who joined, in which college, since when, what is due, and who was called about what."""

from django.db import models

from horizon.actors.models.organization import Organization
from horizon.actors.models.people import Person


class College(models.Model):
    """A college of the collective (collège). `partner` colleges gather conventional companies, chambers and banks."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    partner = models.BooleanField(default=False)
    due_cents = models.PositiveIntegerField(default=0, help_text="yearly due in cents")
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["rank", "name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An organization's membership (adhésion): requested, accepted or refused, left. History is kept row by row."""

    REQUESTED, ACTIVE, REFUSED, LEFT = "requested", "active", "refused", "left"
    LIVING = (REQUESTED, ACTIVE)
    STATUSES = [
        (REQUESTED, "demandée"),
        (ACTIVE, "membre"),
        (REFUSED, "refusée"),
        (LEFT, "partie"),
    ]
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    college = models.ForeignKey(College, on_delete=models.PROTECT, related_name="memberships")
    status = models.CharField(max_length=10, choices=STATUSES, default=REQUESTED)
    motive = models.TextField(max_length=1000, blank=True, help_text="why they join, in their words")
    heard_from = models.CharField(
        max_length=200, blank=True, help_text="typed for whom, how; erased after a year"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="why it was refused, or why they left")

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(status__in=["requested", "active"]),
                name="one_living_membership",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="active") | models.Q(since__isnull=False),
                name="active_membership_has_a_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="left") | models.Q(left_on__isnull=False),
                name="left_membership_has_a_day",
            ),
        ]


class Due(models.Model):
    """A yearly due (cotisation): asked, reminded, received. No payment is handled here."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="dues")
    year = models.PositiveSmallIntegerField()
    amount_cents = models.PositiveIntegerField()
    received_on = models.DateField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["membership", "year"], name="one_due_a_year")]


class Contact(models.Model):
    """Somebody to reach at a structure (personne à joindre), with or without an account. Read by operators only."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    function = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(phone="") | ~models.Q(email=""), name="contact_can_be_reached"
            ),
            models.UniqueConstraint(
                fields=["organization", "email"], condition=~models.Q(email=""), name="one_contact_an_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.function}" if self.function else self.name


class ContactNote(models.Model):
    """What was said with a structure (note d’appel) and when to come back to it. Read by operators only."""

    KINDS = [("call", "appel"), ("mail", "courrier ou courriel"), ("visit", "visite"), ("meeting", "réunion")]
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="contact_notes")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=8, choices=KINDS, default="call")
    text = models.TextField(max_length=4000)
    next_on = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
