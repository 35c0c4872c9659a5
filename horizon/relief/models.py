"""Those who are available, urgent calls, and who was asked and said what."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from horizon.actors.models import Organization, Person
from horizon.kernel.publicid import random_id
from horizon.territory.models import Commune

MOST_MINUTES = 72 * 60
MOST_PEOPLE = 100
KINDS = [
    ("carry", "porter, déménager, mettre à l’abri"),
    ("drive", "conduire, transporter"),
    ("food", "cuisiner, distribuer"),
    ("clean", "nettoyer, déblayer"),
    ("repair", "bricoler, réparer"),
    ("company", "tenir compagnie, garder un œil"),
    ("desk", "appeler, traduire, aider aux démarches"),
    ("host", "héberger, accueillir"),
    ("other", "autre coup de main"),
]


class Volunteer(models.Model):
    """A person or a structure that said it is available (disponible). Private: never listed, seen by those who animate.

    Paused, it is not asked; silent for a year, it is erased.
    """

    DAYS = [
        ("0", "lundi"), ("1", "mardi"), ("2", "mercredi"), ("3", "jeudi"), ("4", "vendredi"), ("5", "samedi"), ("6", "dimanche"),
    ]  # fmt: skip
    PARTS = [
        ("morning", "le matin (6 h à midi)"),
        ("afternoon", "l’après-midi (midi à 18 h)"),
        ("evening", "le soir (18 h à minuit)"),
        ("night", "la nuit"),
    ]
    DISTANCES = [
        ("0", "dans ma commune"),
        ("5", "à 5 km"),
        ("10", "à 10 km"),
        ("20", "à 20 km"),
        ("40", "à 40 km"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.OneToOneField(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    person = models.OneToOneField(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    adult = models.BooleanField(default=False, help_text="a person says they are eighteen or more")
    skills = models.CharField(max_length=100, help_text="codes of KINDS, separated by spaces")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    km = models.PositiveSmallIntegerField(default=10)
    places = models.ManyToManyField(Commune, related_name="+", blank=True, help_text="also there")
    days = models.CharField(max_length=13, help_text="0 (Monday) to 6, separated by spaces")
    parts = models.CharField(max_length=40, help_text="codes of PARTS, separated by spaces")
    people = models.PositiveSmallIntegerField(default=1, help_text="how many it may bring")
    phone = models.CharField(
        max_length=30, blank=True, help_text="for those who animate, and whoever is helped"
    )
    paused = models.BooleanField(default=False)
    confirmed_on = models.DateField()
    reminded_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=True) ^ Q(person__isnull=True),
                name="volunteer_has_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(adult=True), name="volunteer_is_an_adult"
            ),
            models.CheckConstraint(
                condition=Q(people__gte=1, people__lte=MOST_PEOPLE), name="volunteer_brings_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.organization.whole.name if self.organization else str(self.person)

    @property
    def skill_names(self) -> list[str]:
        """What they can do, in French."""
        names = dict(KINDS)
        return [names[code] for code in self.skills.split() if code in names]


class UrgentCall(models.Model):
    """An urgent call for help (appel): what, where, between when and when, how many people.

    `place`, `contact` and `callback` are seen only by those who go, by who asks and by those who animate. `taken` never
    passes `wanted`: the database says so. Thirty days after its end, what could name somebody is erased.
    """

    HELD, OPEN, CLOSED, CANCELLED, REFUSED, WITHDRAWN = (
        "held", "open", "closed", "cancelled", "refused", "withdrawn",
    )  # fmt: skip
    PUBLIC = (OPEN, CLOSED)
    STATUSES = [
        (HELD, "à rappeler"),
        (OPEN, "en cours"),
        (CLOSED, "terminé"),
        (CANCELLED, "annulé"),
        (REFUSED, "non publié"),
        (WITHDRAWN, "retiré"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asker = models.CharField(max_length=300, help_text="who asks, as shown: never a person's name")
    kind = models.CharField(max_length=8, choices=KINDS)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=1000, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    callback = models.CharField(max_length=30, blank=True)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField()
    open_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="from publication to the end")
    wanted = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=9, choices=STATUSES, default=HELD)
    reason = models.CharField(max_length=500, blank=True)
    thanks = models.CharField(max_length=1000, blank=True)
    waves = models.PositiveSmallIntegerField(default=0)
    last_wave_at = models.DateTimeField(null=True, blank=True)
    once = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["status", "until_at"], name="call_by_end")]
        constraints = [
            models.CheckConstraint(
                condition=Q(wanted__gte=1, wanted__lte=MOST_PEOPLE), name="call_wants_somebody"
            ),
            models.CheckConstraint(condition=Q(taken__lte=F("wanted")), name="call_never_overbooked"),
            models.CheckConstraint(condition=Q(until_at__gt=F("since_at")), name="call_ends_after_it_begins"),
            models.CheckConstraint(
                condition=~Q(status__in=["open", "closed"])
                | Q(published_at__isnull=False, open_minutes__gte=1, open_minutes__lte=MOST_MINUTES),
                name="open_call_ends_within_72_hours",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(text="", place="", contact="", callback="", thanks="", author__isnull=True),
                name="erased_call_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def missing(self) -> int:
        """How many people are still missing."""
        return self.wanted - self.taken

    @property
    def is_open(self) -> bool:
        """Whether one may say yes."""
        return self.status == self.OPEN


class Proposal(models.Model):
    """Somebody was asked, or offered to go (sollicitation), and what they said. One for each volunteer of a call.

    Without a volunteer: somebody whom the operator had on the telephone (`name`), or whose data were erased.
    """

    ASKED, GOING, WAITING, DECLINED, CANCELLED, RELEASED = (
        "asked", "going", "waiting", "declined", "cancelled", "released",
    )  # fmt: skip
    STATUSES = [
        (ASKED, "sans réponse"),
        (GOING, "y va"),
        (WAITING, "en liste d’attente"),
        (DECLINED, "ne peut pas"),
        (CANCELLED, "ne vient plus"),
        (RELEASED, "remercié"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    call = models.ForeignKey(UrgentCall, on_delete=models.CASCADE, related_name="proposals")
    volunteer = models.ForeignKey(
        Volunteer, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals"
    )
    name = models.CharField(max_length=120, blank=True)
    wave = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=9, choices=STATUSES, default=ASKED)
    people = models.PositiveSmallIntegerField(default=1)
    by_phone = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0, help_text="calls that nobody answered")
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["call", "volunteer"], name="asked_once_a_call"),
            models.CheckConstraint(
                condition=Q(people__gte=1, people__lte=MOST_PEOPLE), name="proposal_of_somebody"
            ),
        ]

    def __str__(self) -> str:
        return str(self.volunteer) if self.volunteer else self.name or "une personne"
