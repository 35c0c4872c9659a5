"""The upkeep of what the directory says: reports of errors, claims on pages, structures that are missing."""

from django.db import models

from horizon.actors.models import Organization, Person
from horizon.kernel.publicid import random_id


class Report(models.Model):
    """A reported error (signalement). The e-mail is optional, kept only to answer, erased when the report closes."""

    OPEN, DONE, REFUSED = "open", "done", "refused"
    public_id = models.CharField(max_length=10, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="reports")
    subject = models.CharField(max_length=20)
    message = models.TextField(max_length=4000)
    email = models.EmailField(blank=True)
    status = models.CharField(
        max_length=8, default=OPEN, choices=[(OPEN, "à traiter"), (DONE, "corrigé"), (REFUSED, "refusé")]
    )
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="open") | models.Q(email=""), name="closed_report_has_no_email"
            )
        ]


class Claim(models.Model):
    """Somebody says they act for an organization (revendication), and how they prove it.

    The code is never kept, only its keyed digest. A claim on a page that somebody holds already is disputed: the
    operator sees both sides.
    """

    EMAIL, LETTER, PHONE, WEBSITE, EVIDENCE = "email", "letter", "phone", "website", "evidence"
    METHODS = [
        (EMAIL, "un code à l’adresse électronique de la structure"),
        (LETTER, "un code par courrier, à l’adresse du registre"),
        (PHONE, "un appel au numéro public de la structure"),
        (WEBSITE, "un code à montrer sur son site"),
        (EVIDENCE, "une preuve que l’équipe d’animation regarde"),
    ]
    OPEN, GRANTED, REFUSED, WITHDRAWN = "open", "granted", "refused", "withdrawn"
    STATUSES = [(OPEN, "en cours"), (GRANTED, "accordée"), (REFUSED, "refusée"), (WITHDRAWN, "retirée")]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="claims")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="claims")
    method = models.CharField(max_length=8, choices=METHODS)
    status = models.CharField(max_length=9, choices=STATUSES, default=OPEN)
    said = models.TextField(max_length=2000, blank=True, help_text="who they are for it, and their evidence")
    other_side = models.TextField(
        max_length=2000, blank=True, help_text="what those who hold the page answer"
    )
    disputed = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    posted_at = models.DateTimeField(null=True, blank=True, help_text="when its letter was printed")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person"],
                condition=models.Q(status="open"),
                name="one_open_claim_each",
            )
        ]


class ContentReport(models.Model):
    """Somebody says that a public text should not be there, and why (signaler un contenu; DSA, article 16).

    The address is kept to tell the decision, and erased with it. The side that a decision goes against may contest it,
    each side once (article 20): the report is then `contested`, what was decided stands (`away`) until somebody decides again.
    """

    OPEN, TAKEN_AWAY, LEFT, CONTESTED = "open", "taken_away", "left", "contested"
    WAITING = (OPEN, CONTESTED)
    REPORTER, AUTHOR = "reporter", "author"
    SIDES = [(REPORTER, "la personne qui a signalé"), (AUTHOR, "la personne qui l’a écrit")]
    GROUNDS = [
        ("person", "Il désigne quelqu’un, ou donne une information privée"),
        ("insult", "Il insulte, menace ou appelle à la haine"),
        ("false", "Il est faux et fait du tort"),
        ("advert", "C’est une publicité, ou un envoi automatique"),
        ("rights", "Il prend un texte ou une image à quelqu’un"),
        ("other", "Autre chose"),
    ]
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    record_type = models.CharField(max_length=20)
    record_id = models.CharField(max_length=10)
    ground = models.CharField(max_length=8, choices=GROUNDS)
    message = models.TextField(max_length=2000, blank=True)
    email = models.EmailField(blank=True)
    status = models.CharField(max_length=10, default=OPEN)
    away = models.BooleanField(default=False, help_text="taken away by this report, today")
    reason = models.CharField(max_length=500, blank=True)
    appeal = models.TextField(max_length=2000, blank=True, help_text="why the decision is contested")
    appeal_side = models.CharField(max_length=8, blank=True, choices=SIDES)
    appealed_at = models.DateTimeField(null=True, blank=True)
    earlier_side = models.CharField(
        max_length=8, blank=True, choices=SIDES, help_text="which side contested before `appeal_side`"
    )
    earlier_appeal = models.TextField(max_length=2000, blank=True, help_text="what that side wrote")
    stood = models.BooleanField(default=False, help_text="whether it was away before the contest was decided")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "contested"]) | models.Q(email=""),
                name="decided_content_has_no_email",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="contested") | models.Q(appealed_at__isnull=False),
                name="contested_content_says_when",
            ),
        ]


class Missing(models.Model):
    """A structure that somebody says is missing (structure manquante), until an operator adds it or says why not."""

    OPEN, ADDED, REFUSED = "open", "added", "refused"
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    values = models.JSONField()
    email = models.EmailField(blank=True, help_text="to tell the answer; erased with it")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=8, default=OPEN)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="open") | models.Q(email=""), name="decided_missing_has_no_email"
            )
        ]


class DuplicateSuggestion(models.Model):
    """Two organizations that may be one (doublon possible), and what became of the question. The pair is asked once, for ever.

    `first` is the older row. When they are one, `folded` is read as the other, and `followers` came with it. `automatic` on an
    open question: somebody undid the answer, so numbers no longer merge the two.
    """

    OPEN, SAME, DIFFERENT = "open", "same", "different"
    STATUSES = [(OPEN, "à regarder"), (SAME, "la même"), (DIFFERENT, "deux structures")]
    first = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    reasons = models.JSONField(default=list)
    doubts = models.JSONField(default=list)
    status = models.CharField(max_length=9, choices=STATUSES, default=OPEN)
    automatic = models.BooleanField(default=False, help_text="merged by their numbers, without a person")
    folded = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    followers = models.JSONField(default=list, help_text="public ids that followed the folded one")
    asked_at = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(
        default=dict, help_text="what those who hold each page say: public id to same or different"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_is_asked_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="a_pair_has_an_order"
            ),
            models.CheckConstraint(
                condition=models.Q(status="same", folded__isnull=False)
                | ~models.Q(status="same") & models.Q(folded__isnull=True),
                name="one_is_folded_when_same",
            ),
            models.CheckConstraint(
                condition=models.Q(folded__isnull=True)
                | models.Q(folded=models.F("first"))
                | models.Q(folded=models.F("second")),
                name="folded_is_one_of_the_pair",
            ),
            models.UniqueConstraint(
                fields=["folded"], condition=models.Q(folded__isnull=False), name="folded_once"
            ),
        ]
        indexes = [models.Index(fields=["status", "-score"], name="duplicates_to_look_at")]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"


class LookedAt(models.Model):
    """What an organization looked like when duplicates of it were last looked for: only what changed is looked at again."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=32)


from horizon.care.freshness.models import Reminder  # noqa: E402 - a model of this room, kept with what it serves
from horizon.care.imports.models import (  # noqa: E402 - models of this room, kept with what they serve
    Import,
    ImportFile,
    ImportLine,
    ImportMapping,
)

__all__ = [
    "Claim",
    "ContentReport",
    "DuplicateSuggestion",
    "Import",
    "ImportFile",
    "ImportLine",
    "ImportMapping",
    "LookedAt",
    "Missing",
    "Reminder",
    "Report",
]
