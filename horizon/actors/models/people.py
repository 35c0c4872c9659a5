"""People: the least about each (an e-mail address to sign in, a name if they give one), and for whom they act."""

from __future__ import annotations

import secrets
from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from horizon.actors.models.organization import Organization
from horizon.kernel.publicid import random_id


class PersonManager(BaseUserManager["Person"]):
    """Creates people by their address, which is kept in lower case."""

    def create_user(self, email: str, **fields: object) -> Person:
        """A new person without a password. Raises ValueError without an address."""
        if not email:
            raise ValueError("a person needs an e-mail address to sign in")
        person = self.model(email=email.strip().lower(), **fields)
        person.set_unusable_password()
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in (personne). The journal names a person by `public_id`, which says nothing once erased."""

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)  # type: ignore[assignment,misc]
    demo = models.BooleanField(default=False, help_text="invented for the demonstration")
    of_age_at = models.DateTimeField(
        null=True, blank=True, help_text="when they said that they are fifteen or more"
    )
    asked_to_stay_at = models.DateTimeField(
        null=True, blank=True, help_text="after nearly three years of silence"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_address")]

    def __str__(self) -> str:
        return self.name or "Une personne"

    @property
    def actor(self) -> str:
        """How the journal names this person."""
        return f"person:{self.public_id}"

    @cached_property
    def roles(self) -> frozenset[str]:
        """What this person may act as today; at most two queries, once per request (`actors.access` says the names)."""
        from horizon.actors.access import roles_of

        return roles_of(self)

    @property
    def has_a_desk(self) -> bool:
        """Whether every page leads them to the desk: a mandate gives them things to answer."""
        return bool(self.roles & {"operator", "elected", "agent", "pole_referent"})


class OrganizationRole(models.Model):
    """A person acts for an organization (référent·e), from a day to a day. Private unless the person publishes it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="organization_roles")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="role_rows")
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True)
    public = models.BooleanField(default=False)
    obtained_by = models.CharField(max_length=20, help_text="claim, invitation, request, operator")
    left = models.BooleanField(default=False, help_text="the person ended it themself")
    end_reason = models.CharField(max_length=300, blank=True, help_text="why somebody else ended it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization"], condition=models.Q(until=None), name="one_role_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=False) | models.Q(left=False, end_reason=""),
                name="only_an_ended_role_says_how",
            ),
        ]

    OBTAINED = {
        "claim:email": "code envoyé à la structure",
        "claim:letter": "code reçu par courrier",
        "claim:phone": "appel au numéro public",
        "claim:website": "code montré sur le site",
        "claim:evidence": "preuve lue par l’animation",
        "claim": "revendication accordée",
        "invitation": "invitation acceptée",
        "request": "demande acceptée par l’équipe de la page",
        "operator": "noté par l’animation",
    }

    @property
    def how(self) -> str:
        """How it was obtained, in words."""
        return self.OBTAINED.get(self.obtained_by, self.obtained_by)


def _token() -> str:
    return secrets.token_urlsafe(24)


class Invitation(models.Model):
    """A referent invites somebody by e-mail, or somebody asks to join: answered once, by a button."""

    INVITED, ASKED = "invited", "asked"
    OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    kind = models.CharField(max_length=8, choices=[(INVITED, "invitation"), (ASKED, "demande")])
    email = models.EmailField()
    token = models.CharField(max_length=40, unique=True, default=_token)
    message = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=8, default=OPEN)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(status="open"),
                name="one_open_invitation_each",
            )
        ]


class Demonstration(models.Model):
    """One row marks a database that the demonstration made: only there may one « entrer comme… »."""

    made_at = models.DateTimeField(auto_now_add=True)


class RelayConsent(models.Model):
    """A relay structure (structure relais: CSC, federation) may act for an informal group, which agreed (D-D9)."""

    relay = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="relayed")
    group = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="relays")
    consent = models.CharField(max_length=300, help_text="who agreed, when and how")
    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["relay", "group"], condition=models.Q(until=None), name="one_consent_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(relay=models.F("group")), name="relay_is_not_group"),
        ]
