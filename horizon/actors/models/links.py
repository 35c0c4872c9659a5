"""Links between organizations (liens): one says it, the other confirms it, or is silent and that is shown too."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from horizon.actors.models.organization import Organization
from horizon.actors.models.people import Person
from horizon.kernel.publicid import random_id


class OrganizationLink(models.Model):
    """What one organization is to another, from a year to a day, on whose word.

    `origin` supplies, hosts, is a member or holds shares of `target`; to buy and to supply are one link seen from its two
    ends. Partners have no direction: the older row of the two comes first, so that the link is stored once. A merge moves
    nothing here: reads follow `canonical`.
    """

    SUPPLIES, HOSTS, MEMBER, OWNS, PARTNER = "supplies", "hosts", "member", "owns", "partner"
    KINDS = [
        (SUPPLIES, "fournit"),
        (HOSTS, "héberge"),
        (MEMBER, "est membre de"),
        (OWNS, "détient des parts de"),
        (PARTNER, "est partenaire de"),
    ]
    SEEN_FROM_TARGET = {
        SUPPLIES: "achète à", HOSTS: "est hébergée par", MEMBER: "a pour membre", OWNS: "est détenue en partie par",
        PARTNER: "est partenaire de",
    }  # fmt: skip
    SYMMETRIC = frozenset({PARTNER})
    DECLARED, CONFIRMED, REFUSED, ENDED, REMOVED = "declared", "confirmed", "refused", "ended", "removed"
    STATUSES = [
        (DECLARED, "sans réponse"),
        (CONFIRMED, "confirmé"),
        (REFUSED, "refusé"),
        (ENDED, "terminé"),
        (REMOVED, "retiré après signalement"),
    ]
    OPEN = (DECLARED, CONFIRMED)
    ORIGIN, TARGET = "origin", "target"
    REFERENT, RELAY, OPERATOR = "referent", "relay", "operator"
    THROUGH = [(REFERENT, "elle-même"), (RELAY, "sa structure relais"), (OPERATOR, "l’animation, pour elle")]
    BY_OTHER, BY_EVIDENCE = "other", "evidence"

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    kind = models.CharField(max_length=8, choices=KINDS)
    origin = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="links_from")
    target = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="links_to")
    side = models.CharField(
        max_length=6, choices=[(ORIGIN, "la première"), (TARGET, "la seconde")], help_text="on whose word"
    )
    through = models.CharField(max_length=8, choices=THROUGH, default=REFERENT)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    since = models.PositiveSmallIntegerField(null=True, blank=True, help_text="a year")
    until = models.DateField(null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True, help_text="where it is known from")
    status = models.CharField(max_length=9, choices=STATUSES, default=DECLARED)
    confirmed_by = models.CharField(max_length=8, blank=True, help_text="other, evidence, or nobody yet")
    reason = models.CharField(max_length=500, blank=True, help_text="why it was refused or removed")
    declared_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)
    relay_name = ""  # read from the journal by the pages that name it

    class Meta:
        ordering = ["-declared_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(origin=F("target")), name="link_never_to_itself"),
            models.CheckConstraint(
                condition=~Q(kind="partner") | Q(origin__lt=F("target")), name="symmetric_link_stored_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "origin", "target"], condition=Q(status__in=["declared", "confirmed"]),
                name="one_open_link_a_kind_and_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | (~Q(confirmed_by="") & Q(answered_at__isnull=False)),
                name="confirmed_link_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status="declared") | Q(confirmed_by=""), name="declared_link_is_not_confirmed"
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by="evidence") | ~Q(evidence=""), name="evidence_is_written"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["refused", "removed"]) | ~Q(reason=""), name="refusal_has_a_reason"
            ),
            models.CheckConstraint(
                condition=(Q(status="ended") & Q(until__isnull=False)) | (~Q(status="ended") & Q(until__isnull=True)),
                name="ended_link_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(since__gte=1800, since__lte=2200), name="link_since_a_year"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.first.name} {self.get_kind_display()} {self.second.name}"

    @property
    def first(self) -> Organization:
        """The origin today: the one it was merged into, if any."""
        return self.origin.canonical or self.origin

    @property
    def second(self) -> Organization:
        """The target today."""
        return self.target.canonical or self.target

    @property
    def speaker(self) -> Organization:
        """Who said it."""
        return self.first if self.side == self.ORIGIN else self.second

    @property
    def listener(self) -> Organization:
        """Who may confirm it."""
        return self.second if self.side == self.ORIGIN else self.first

    @property
    def is_open(self) -> bool:
        """Whether it holds today, confirmed or not."""
        return self.status in self.OPEN

    @property
    def told(self) -> str:
        """The state, with who said it and how it was confirmed (source)."""
        said = f"déclaré par {self.speaker.name}" + (
            " (l’animation l’a noté)" if self.through == self.OPERATOR else ""
        )
        if self.through == self.RELAY:
            said += f" (par sa structure relais{', ' if self.relay_name else ''}{self.relay_name})"
        if self.status == self.DECLARED:
            return f"{said}, sans réponse"
        if self.status == self.CONFIRMED:
            if self.confirmed_by == self.BY_EVIDENCE:
                return f"{said}, confirmé par l’animation sur pièce : {self.evidence}"
            return f"{said}, confirmé par {self.listener.name}"
        return f"{said}, {self.get_status_display()}"


RELATIONS: dict[str, tuple[str, bool, str]] = {
    "supplies": (OrganizationLink.SUPPLIES, False, "Nous la fournissons"),
    "buys": (OrganizationLink.SUPPLIES, True, "Nous lui achetons"),
    "hosts": (OrganizationLink.HOSTS, False, "Nous l’hébergeons"),
    "hosted": (OrganizationLink.HOSTS, True, "Elle nous héberge"),
    "member": (OrganizationLink.MEMBER, False, "Nous en sommes membres"),
    "members": (OrganizationLink.MEMBER, True, "Elle est membre chez nous"),
    "owns": (OrganizationLink.OWNS, False, "Nous détenons des parts chez elle"),
    "owned": (OrganizationLink.OWNS, True, "Elle détient des parts chez nous"),
    "partner": (OrganizationLink.PARTNER, False, "Nous sommes partenaires"),
}
