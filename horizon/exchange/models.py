"""Offers and asks, the words that find them, and the deals made from them."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from horizon.actors.models import Organization, Person
from horizon.engine.labels import number
from horizon.kernel.pictures import Picture
from horizon.kernel.publicid import random_id
from horizon.territory.models import Commune


class Listing(models.Model):
    """An offer or an ask (annonce): what, how much, when, where, on which terms, seen by whom.

    Held by an organization or by a person, never both. `need` is the public id of the need it answers or comes from:
    the two rooms do not know each other, a crossing joins them.
    """

    OFFER, ASK = "offer", "ask"
    SIDES = [(OFFER, "offre"), (ASK, "demande")]
    KINDS = [
        ("equipment", "du matériel à emprunter ou à louer"),
        ("goods", "des biens à donner ou à vendre"),
        ("materials", "des matériaux, du réemploi"),
        ("service", "un service, une prestation"),
        ("skills", "un savoir-faire, une formation"),
        ("help", "un coup de main bénévole"),
        ("space", "un lieu, une place"),
        ("staff", "du personnel mis à disposition"),
    ]
    TERMS = [
        ("gift", "don"),
        ("loan", "prêt"),
        ("swap", "échange"),
        ("price", "prix"),
        ("local_currency", "monnaie locale"),
    ]
    UNITS = [
        ("", "sans unité"),
        ("piece", "pièces"),
        ("lot", "lots"),
        ("kg", "kg"),
        ("litre", "litres"),
        ("m", "m"),
        ("m2", "m²"),
        ("m3", "m³"),
        ("hour", "heures"),
        ("day", "jours"),
        ("person", "personnes"),
        ("seat", "places assises"),
        ("place", "places"),
    ]
    ONE = {
        "piece": "pièce", "lot": "lot", "litre": "litre", "hour": "heure", "day": "jour", "person": "personne",
        "seat": "place assise", "place": "place",
    }  # fmt: skip
    DRAFT, HELD, PUBLISHED, CLOSED, EXPIRED, REFUSED = (
        "draft",
        "held",
        "published",
        "closed",
        "expired",
        "refused",
    )
    STATUSES = [
        (DRAFT, "brouillon"),
        (HELD, "à lire"),
        (PUBLISHED, "publiée"),
        (CLOSED, "retirée"),
        (EXPIRED, "arrivée à son terme"),
        (REFUSED, "non publiée"),
    ]
    EVERYBODY, MEMBERS = "everybody", "members"
    AUDIENCES = [(EVERYBODY, "tout le monde"), (MEMBERS, "les membres du collectif")]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    side = models.CharField(max_length=5, choices=SIDES)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=KINDS)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=2000, blank=True)
    quantity = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=6, choices=UNITS, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    terms = models.CharField(max_length=40, blank=True, help_text="codes of TERMS, separated by spaces")
    price = models.CharField(max_length=80, blank=True, help_text="as its holder says it")
    audience = models.CharField(max_length=9, choices=AUDIENCES, default=EVERYBODY)
    status = models.CharField(max_length=9, choices=STATUSES, default=DRAFT)
    reason = models.CharField(max_length=500, blank=True)
    need = models.CharField(max_length=10, blank=True, db_index=True)
    noted = models.BooleanField(default=False, help_text="typed by somebody who animates, for who told them")
    heard_from = models.CharField(max_length=200, blank=True, help_text="from whom, how; erased after a year")
    door = models.CharField(max_length=12, blank=True, help_text="proposed from the words, or chosen")
    door_chosen = models.BooleanField(
        default=False, help_text="its holder chose the door: words change nothing"
    )
    once = models.CharField(max_length=32, unique=True, help_text="one form sent twice makes one listing")
    answered = models.BooleanField(
        null=True, help_text="whether an offer answered this ask when last looked for"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    public_at = models.DateTimeField(null=True, blank=True, help_text="since when everybody may read it")
    confirmed_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    reminded_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-published_at", "-id"]
        indexes = [
            models.Index(fields=["status", "side", "-published_at"], name="listing_by_publication"),
            models.Index(fields=["status", "expires_on"], name="listing_by_expiry"),
            models.Index(fields=["status", "door", "-published_at"], name="listing_by_door"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(organization__isnull=True) ^ Q(person__isnull=True))
                | Q(organization__isnull=True, person__isnull=True, status="closed", text=""),
                name="listing_has_one_holder_until_erased",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="listing_quantity_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(from_on__isnull=True) | Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="listing_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False, expires_on__isnull=False),
                name="published_listing_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(heard_from="") | Q(noted=True), name="listing_heard_from_somebody_was_noted"
            ),
            models.CheckConstraint(
                condition=~Q(kind="staff") | Q(person__isnull=True), name="staff_between_organizations"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def unit_of(self, quantity: Decimal | None) -> str:
        """The unit as it is said of a quantity: « 1,5 heure », « 2 heures » (French: plural from two on)."""
        if quantity is not None and abs(quantity) < 2:
            return self.ONE.get(self.unit, self.get_unit_display())
        return self.get_unit_display()

    def counted(self, quantity: Decimal) -> str:
        """So many of it, with the unit when it has one: « 1 pièce », « 2,5 kg », « 12 »."""
        return f"{number(quantity)} {self.unit_of(quantity) if self.unit else ''}".strip()

    @property
    def unit_said(self) -> str:
        """Its unit, said of its own quantity."""
        return self.unit_of(self.quantity)

    @property
    def term_list(self) -> list[str]:
        """The terms in French, as a line says them."""
        names = {**dict(self.TERMS), "price": "payant", "local_currency": "en monnaie locale"}
        return [names[code] for code in self.terms.split() if code in names]

    @property
    def is_open(self) -> bool:
        """Whether one may answer it today."""
        return self.status == self.PUBLISHED

    @property
    def is_public(self) -> bool:
        """Whether its text may be read: open, or over after it was public, and not taken away since."""
        over = self.status in {self.CLOSED, self.EXPIRED} and self.published_at is not None
        return self.is_open or over and not self.reason

    @classmethod
    def public(cls, prefix: str = "") -> Q:
        """The same as a condition, on the listing itself or, with `prefix`, on what leads to it."""
        over = {"status__in": [cls.CLOSED, cls.EXPIRED], "published_at__isnull": False, "reason": ""}
        return Q(**{f"{prefix}status": cls.PUBLISHED}) | Q(
            **{f"{prefix}{name}": value for name, value in over.items()}
        )


class ListingTerm(models.Model):
    """A term of a published listing, to find what it may meet."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="terms_index")
    side = models.CharField(max_length=5)
    term = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["side", "term", "listing"], name="listing_by_term")]
        constraints = [models.UniqueConstraint(fields=["listing", "term"], name="term_once_a_listing")]


class ListingMeaning(models.Model):
    """What a published listing means, as vectors (title; title and text), with the version of the lexicon it was read by."""

    listing = models.OneToOneField(
        Listing, primary_key=True, on_delete=models.CASCADE, related_name="meaning"
    )
    vectors = models.BinaryField()
    version = models.CharField(max_length=16)


class ListingPicture(Picture):
    """A photo of what is offered or asked. Three at most, in the order that its holder chose.

    A constraint holds the three: those shown have ranks 1 to 3, one each; 0 is for the time of a swap.
    """

    MOST = 3

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="pictures")
    rank = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty once removed")
    reason = models.CharField(max_length=500, blank=True, help_text="why somebody who animates took it away")
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    comes_back = models.BooleanField(default=False, help_text="as soon as one of the three is removed")

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(comes_back=False) | Q(removed_at__isnull=False, reason=""),
                name="picture_that_comes_back_is_not_shown",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, rank__isnull=False, rank__lte=3, reason="")
                | Q(removed_at__isnull=False, rank__isnull=True),
                name="listing_picture_shown_has_a_rank",
            ),
            models.UniqueConstraint(fields=["listing", "rank"], name="one_listing_picture_a_rank"),
        ]


class Deal(models.Model):
    """From a match to a deal (accord): proposed, accepted, talked over, concluded when both confirm the same terms; a proposal that
    nobody answers lapses.

    `listing` is what was answered, the opener who answered. The giver holds the offer, or answers the ask.
    """

    PROPOSED, TALKING, CONCLUDED, DECLINED, CANCELLED, LAPSED = (
        "proposed",
        "talking",
        "concluded",
        "declined",
        "cancelled",
        "lapsed",
    )
    STATUSES = [
        (PROPOSED, "proposé"),
        (TALKING, "en discussion"),
        (CONCLUDED, "conclu"),
        (DECLINED, "décliné"),
        (CANCELLED, "abandonné"),
        (LAPSED, "sans réponse"),
    ]
    OPEN = (PROPOSED, TALKING)
    ENDED = (DECLINED, CANCELLED, LAPSED)
    WHY = [
        ("days", "Pas à ces dates"),
        ("taken", "Déjà promis, ou plus disponible"),
        ("far", "Trop loin"),
        ("terms", "Pas à ces conditions"),
        ("other_way", "Trouvé autrement"),
        ("changed", "Plus besoin"),
        ("else", "Autre raison"),
    ]

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="deals")
    other = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="answering"
    )
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    between_organizations = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=STATUSES, default=PROPOSED)
    why = models.CharField(max_length=9, choices=WHY, blank=True, help_text="what is counted of a refusal")
    reason = models.CharField(
        max_length=500, blank=True, help_text="in their words, for the other side alone"
    )
    quantity = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, help_text="in euros")
    km = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    holder_agreed_at = models.DateTimeField(null=True, blank=True)
    opener_agreed_at = models.DateTimeField(null=True, blank=True)
    once = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="declined, given up, or never answered")
    carried = models.BooleanField(
        default=False,
        help_text="nobody acted for who holds the listing: who animates answers, until somebody does",
    )
    reminded_on = models.DateField(null=True, blank=True, help_text="when its holder was told that it waits")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(organization__isnull=True) ^ Q(person__isnull=True))
                | Q(organization__isnull=True, person__isnull=True)
                & ~Q(status__in=["proposed", "talking"]),
                name="deal_has_one_opener_until_erased",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(between_organizations=True, value__gte=0),
                name="value_between_organizations_only",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="deal_quantity_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(from_on__isnull=True) | Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="deal_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(status="concluded")
                | Q(concluded_at__isnull=False, holder_agreed_at__isnull=False, opener_agreed_at__isnull=False),
                name="concluded_when_both_agreed",
            ),
            models.UniqueConstraint(
                fields=["listing", "organization"], name="one_open_deal_an_organization",
                condition=Q(status__in=["proposed", "talking"], organization__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["listing", "person"], name="one_open_deal_a_person",
                condition=Q(status__in=["proposed", "talking"], person__isnull=False),
            ),
        ]  # fmt: skip

    @property
    def unit_said(self) -> str:
        """The unit of what it is about, said of its own quantity."""
        return self.listing.unit_of(self.quantity)

    @property
    def said_why(self) -> str:
        """Why there is no deal, as the other side reads it: the reason chosen, then the words."""
        chosen = self.get_why_display() if self.why and self.why != "else" else ""
        return ". ".join(part.rstrip(".") for part in (chosen, self.reason) if part)

    def __str__(self) -> str:
        return f"accord {self.public_id}"


class Message(models.Model):
    """A message between the two sides of a deal. Read by them alone; emptied when its author is erased.

    With a `reason`, a report took it away: the reason is shown in its place.
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    from_holder = models.BooleanField()
    text = models.TextField(max_length=3000, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="why it was taken away")
    once = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") | Q(reason=""), name="emptied_message_has_no_reason"
            ),
        ]
