"""Needs, the voices behind each, and what is answered."""

from __future__ import annotations

from django.db import models

from horizon.actors.models import Mandate, Organization, Person, Pole
from horizon.kernel.publicid import random_id
from horizon.territory.models import Commune

CITIZEN, MEMBER, AUTHORITY, COMPANY, ANIMATION = "citizen", "member", "authority", "company", "animation"
PUBLICS = [
    (CITIZEN, "une personne du territoire"),
    (MEMBER, "une structure de l’ESS"),
    (AUTHORITY, "la collectivité"),
    (COMPANY, "une entreprise conventionnelle"),
]
ANSWERING = [*PUBLICS, (ANIMATION, "l’animation du collectif")]


class Need(models.Model):
    """A need (besoin): what is missing, and where. Public once a person has read it; its voices are counted apart.

    `same_as` groups needs that say the same: the voices stay where they were said, the grouped need leads to the other.
    """

    HELD, PUBLISHED, REFUSED = "held", "published", "refused"
    STATUSES = [(HELD, "à lire"), (PUBLISHED, "publié"), (REFUSED, "non publié")]
    WAITING, EXISTS, TAKEN_UP, STUDIED, IMPOSSIBLE = "waiting", "exists", "taken_up", "studied", "impossible"
    STATES = [
        (WAITING, "sans réponse"),
        (EXISTS, "cela existe déjà"),
        (TAKEN_UP, "quelqu’un s’en charge"),
        (STUDIED, "à l’étude"),
        (IMPOSSIBLE, "pas possible aujourd’hui"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    text = models.TextField(
        max_length=1000, help_text="as published: the first voice's words, or as corrected"
    )
    commune = models.ForeignKey(Commune, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=12, blank=True)
    pole = models.ForeignKey(Pole, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=9, choices=STATUSES, default=HELD)
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    same_as = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="grouped"
    )
    addressee_pole = models.ForeignKey(
        Pole, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    addressee_organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    addressee_mandate = models.ForeignKey(
        Mandate, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="the first answer that still stands")

    class Meta:
        ordering = ["-published_at", "-id"]
        indexes = [
            models.Index(fields=["status", "-published_at"], name="need_by_publication"),
            models.Index(fields=["status", "state", "due_on"], name="need_by_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(same_as__isnull=True) | ~models.Q(same_as=models.F("id")),
                name="need_not_grouped_with_itself",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="published")
                | models.Q(published_at__isnull=False, due_on__isnull=False),
                name="published_need_has_a_day_and_a_due_day",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class NeedTerm(models.Model):
    """A telling term of a published need, to find those that say the same."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="terms")
    term = models.CharField(max_length=40, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["need", "term"], name="term_once_a_need")]


class Voice(models.Model):
    """One voice (voix): somebody says it, or says it too. Erased, it keeps its place in the count and nothing else."""

    WEB, PHONE, PAPER, INTERVIEW = "web", "phone", "paper", "interview"
    ORIGINS = [
        (WEB, "sur le site"),
        (PHONE, "par téléphone"),
        (PAPER, "sur papier"),
        (INTERVIEW, "en entretien"),
    ]
    HELD, SHOWN, HIDDEN, ERASED = "held", "shown", "hidden", "erased"
    STATUSES = [(HELD, "à lire"), (SHOWN, "montrée"), (HIDDEN, "non montrée"), (ERASED, "effacée")]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="voices")
    words = models.TextField(max_length=1000, blank=True)
    words_status = models.CharField(max_length=6, choices=STATUSES, default=HELD)
    reason = models.CharField(
        max_length=500, blank=True, help_text="why its words are not shown, for who spoke"
    )
    first = models.BooleanField(default=False, help_text="the voice that made the need")
    public = models.CharField(max_length=9, choices=PUBLICS, blank=True)
    origin = models.CharField(max_length=9, choices=ORIGINS, default=WEB)
    reference = models.CharField(max_length=12, blank=True, help_text="printed on the paper form")
    heard_from = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True, help_text="to tell what becomes of it; erased after that")
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    once = models.CharField(max_length=32, unique=True, help_text="one form sent twice makes one voice")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "author"],
                condition=models.Q(author__isnull=False),
                name="one_voice_each_when_known",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=~models.Q(reference=""), name="paper_form_typed_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(words_status="erased")
                | models.Q(words="", email="", author__isnull=True, heard_from="", reason=""),
                name="erased_voice_is_empty",
            ),
        ]

    @property
    def carried_by(self) -> Need:
        """The need to read for this voice: its own when that was refused, else the one that carries it."""
        refused = self.first and self.need.status == Need.REFUSED
        return self.need if refused else self.need.same_as or self.need


class Answer(models.Model):
    """What somebody answers to a need (réponse). Taken back, it stays in the history of the desk."""

    LEAD = "lead"
    KINDS = [
        (Need.EXISTS, "Cela existe déjà"),
        (Need.TAKEN_UP, "Nous nous en chargeons"),
        (Need.STUDIED, "C’est à l’étude"),
        (Need.IMPOSSIBLE, "Ce n’est pas possible aujourd’hui"),
        (LEAD, "Une piste"),
    ]
    HELD, SHOWN, REFUSED, TAKEN_BACK = "held", "shown", "refused", "taken_back"
    STATUSES = [(HELD, "à lire"), (SHOWN, "publiée"), (REFUSED, "non publiée"), (TAKEN_BACK, "reprise")]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=10, choices=KINDS)
    text = models.TextField(max_length=2000, blank=True)
    organizations = models.ManyToManyField(Organization, related_name="+", blank=True)
    speaks_as = models.CharField(max_length=9, choices=ANSWERING)
    title = models.CharField(max_length=200, blank=True, help_text="in what function, as shown")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=STATUSES, default=SHOWN)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    shown_at = models.DateTimeField(null=True, blank=True, help_text="since when everybody may read it")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="shown") | models.Q(shown_at__isnull=False),
                name="shown_answer_has_its_day",
            ),
        ]

    @property
    def shown_organizations(self) -> list[Organization]:
        """The structures that it names, each as it is read today, once."""
        return list(dict.fromkeys(one.whole for one in self.organizations.all()))


class Sequel(models.Model):
    """What was offered or agreed elsewhere for a need (suite), told once to those who spoke. It names no person.

    `key` is the public id of the offer or of the deal: a crossing notes it, and takes it away when the deal is undone. A deal
    between a listing made for one need and one made for another is noted for both.
    """

    OFFERED, AGREED = "offered", "agreed"
    KINDS = [(OFFERED, "offre"), (AGREED, "accord conclu")]

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="sequels")
    kind = models.CharField(max_length=7, choices=KINDS)
    key = models.CharField(max_length=10)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="who gives, when it is a structure"
    )  # fmt: skip
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["need", "kind", "key"], name="sequel_told_once_a_need")
        ]


class KnownGap(models.Model):
    """A door in a commune where needs wait and nobody is known, that somebody who animates has taken note of (D-E5).

    It comes back to the desk after `until_on` if nobody is there yet.
    """

    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="+")
    door = models.CharField(max_length=12)
    until_on = models.DateField()
    noted_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["commune", "door"], name="one_known_gap_a_place")]
