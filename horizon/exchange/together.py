"""An ask that several offers cover, as its holder follows it: what is agreed, what is proposed, who said no, and what completes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for, held_by_nobody, of, root
from horizon.actors.models import Person
from horizon.engine.labels import number
from horizon.exchange import finding
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_of, is_member, opener_of, parties_of
from horizon.exchange.queries import taken_from
from horizon.exchange.services.dealing import AFTER_A_REFUSAL, ALREADY, DECLINED_LATELY, counted_alike

HIDDEN = "Une des offres"
OVER = "Elle n’est plus ouverte."
NONE_LEFT = "Il n’en reste plus pour ces jours-là."
ANOTHER_UNIT = "Elle ne se compte plus dans la même unité : répondez-lui à part."
YOURS_TOO = "Vous agissez aussi pour elle : une autre personne de l’une des deux structures doit répondre."
UNDER_WAY = "Une proposition pour cette demande est déjà en cours avec {name}."
CHANGED = "Cette offre a changé depuis que cette page est affichée : relisez-la, puis envoyez."
ONLY = "Il n’en reste que {left} : demandez-en moins, ou laissez vide pour ne pas lui écrire."
# What a reader weighs before asking; when one of them changes, it is read again.
_SAID = ("kind", "title", "text", "quantity", "unit", "commune_id", "from_on", "until_on", "terms", "price")


class Sent(NamedTuple):
    """One deal about an ask, as its holder follows it: the other side, the offer if there is one, how many (None: nobody said yet)."""

    deal: Deal
    other_side: Party
    about: Listing | None
    quantity: Decimal | None

    @property
    def title(self) -> str:
        """The title of the offer, as long as it may be read."""
        return self.about.title if self.about and self.about.is_public else HIDDEN if self.about else ""

    @property
    def key(self) -> int | str:
        """What is under way: the offer or, of an answer made without one, whoever made it."""
        return self.about.pk if self.about else self.other_side.key


class Progress(NamedTuple):
    """How far an ask is: `missing` is what is neither agreed nor proposed. `ended`: who said no, or nothing, these thirty days."""

    agreed: Decimal
    proposed: Decimal
    missing: Decimal
    standing: list[Sent]
    ended: list[Sent]

    @property
    def begun(self) -> bool:
        """Whether anybody was asked, or answered."""
        return bool(self.standing or self.ended)

    @property
    def waiting(self) -> list[Sent]:
        """What waits or is talked over."""
        return [one for one in self.standing if one.deal.status in Deal.OPEN]

    def asked_of(self, offers: Sequence[Listing]) -> list[Sent | None]:
        """What is under way with each of these offers: about it, or with its holder when they answered without an offer."""
        by_key = {one.key: one for one in self.waiting}
        return [by_key.get(one.pk) or by_key.get(holder_of(one).key) for one in offers]


class Line(NamedTuple):
    """An offer of the set: how many are free on the days of the ask, why nobody may write to it now (`why`, empty when one may)."""

    listing: Listing
    title: str
    holder: str
    free: Decimal
    why: str
    unattended: bool

    @property
    def label(self) -> str:
        """What it is and who holds it; neither of what may not be read."""
        return f"« {self.title} », {self.holder}" if self.holder else self.title

    @property
    def left_said(self) -> str:
        """How many are free: « 12 pièces », « il en reste 1 sur 4 pièces »."""
        every = self.listing.counted(self.listing.quantity or self.free)
        return every if self.free == self.listing.quantity else f"il en reste {number(self.free)} sur {every}"

    @property
    def mark(self) -> str:
        """Tells whether the offer still says what it said."""
        said = repr([getattr(self.listing, name) for name in _SAID])
        return blake2b(said.encode(), digest_size=8).hexdigest()


class Plan(NamedTuple):
    """What the holder of an ask may do next: the set that completes it, and its offers in the same order."""

    progress: Progress
    together: finding.Together | None
    lines: list[Line]


def told_apart(lines: Sequence[Line]) -> list[str]:
    """The label of each; of those that would read the same, also where, on which terms and how many, as these differ, or its rank."""
    labels = [one.label for one in lines]
    for say in (
        lambda one: one.listing.commune.name,
        lambda one: ", ".join(one.listing.term_list) or "conditions à convenir",
        lambda one: one.left_said,
    ):
        said: dict[str, set[str]] = {}
        for label, one in zip(labels, lines, strict=True):
            said.setdefault(label, set()).add(say(one))
        labels = [
            f"{label}, {say(one)}" if len(said[label]) > 1 and one.holder else label
            for label, one in zip(labels, lines, strict=True)
        ]
    many, ranks = Counter(labels), Counter[str]()
    for at, label in enumerate(labels):
        ranks[label] += 1
        labels[at] = f"{label}, n° {ranks[label]}" if many[label] > 1 else label
    return labels


def note_under_way(listings: Sequence[Listing], progress: Progress) -> None:
    """Writes on each of these offers the deal in which it is already asked for the ask (`asked_in`, None when in none)."""
    for one, sent in zip(listings, progress.asked_of(listings), strict=True):
        one.asked_in = sent.deal if sent else None  # type: ignore[attr-defined]


def asker_of(ask: Listing, person: Person) -> Party | None:
    """As whom this person may answer with their ask; None when it is not theirs. Three queries."""
    holder = holder_of(ask)
    return next((party for _, _, party in parties_of(person) if party.key == holder.key), None)


def progress_of(ask: Listing) -> Progress:
    """How far an ask that is counted is. One query."""
    rows = Deal.objects.filter(Q(listing=ask) | Q(other=ask)).select_related(
        "listing__organization__canonical", "listing__person", "organization__canonical", "person", "other"
    )
    standing, ended, since = [], {}, timezone.now() - AFTER_A_REFUSAL
    for deal in rows.order_by("created_at", "pk"):
        answered = deal.listing_id == ask.pk
        other = opener_of(deal) if answered else holder_of(deal.listing)
        about = deal.other if answered else deal.listing
        concluded = deal.status == Deal.CONCLUDED
        one = Sent(deal, other, about, deal.quantity or (Decimal(1) if concluded else None))
        if deal.status not in Deal.ENDED:
            standing.append(one)
        elif deal.ended_at and deal.ended_at >= since:
            ended[one.key] = one
    agreed, proposed = (
        sum((one.quantity for one in standing if one.quantity and one.deal.status in statuses), Decimal(0))
        for statuses in ((Deal.CONCLUDED,), Deal.OPEN)
    )
    left = max((ask.quantity or Decimal(0)) - agreed - proposed, Decimal(0))
    again = {one.key for one in standing}
    return Progress(agreed, proposed, left, standing, [one for key, one in ended.items() if key not in again])


def lines_of(
    ask: Listing, offers: Sequence[Listing], asker: Party, person: Person, progress: Progress
) -> list[Line]:
    """What may be asked of each of these offers now, in their order. Six queries at most, whatever their number."""
    keys = [one.pk for one in offers]
    if not keys:
        return []
    taken, members = taken_from(keys), is_member(person)
    theirs, between = _held_too(keys, person), _between(keys, asker)
    rows = Listing.objects.filter(pk__one_of=keys).annotate(held_root=root())
    unattended = set(rows.filter(held_by_nobody("held_root")).values_list("pk", flat=True))
    found = []
    for one, sent in zip(offers, progress.asked_of(offers), strict=True):
        holder = holder_of(one)
        free = finding.free(finding.plain_of(one), taken.get(one.pk, ()), ask.from_on, ask.until_on)
        seen = one.is_public and (members or one.audience == Listing.EVERYBODY)
        carried = one.noted and one.pk in unattended and is_operator(person)
        if not (seen and one.is_open) or one.side == ask.side:
            why = OVER
        elif one.pk in theirs or carried or holder.key == asker.key:
            why = YOURS_TOO
        elif sent:
            why = UNDER_WAY.format(name=sent.other_side.name)
        elif one.pk in between:
            why = between[one.pk]
        elif free is None or not counted_alike(ask, one):
            why = ANOTHER_UNIT
        else:
            why = "" if free else NONE_LEFT
        title, name = (one.title, holder.name) if seen else (HIDDEN, "")
        found.append(Line(one, title, name, free or Decimal(0), why, one.pk in unattended))
    return found


def _held_too(keys: list[int], person: Person) -> set[int]:
    """Those of these listings for which the person acts too."""
    held = Q(person=person) | Q(organization__in=acts_or_relays_for(person))
    return set(Listing.objects.filter(held, pk__one_of=keys).values_list("pk", flat=True))


def _between(keys: list[int], asker: Party) -> dict[int, str]:
    """Why a new proposal would be refused: one is open between the two, or was declined lately."""
    whose = of(asker.organization) if asker.organization else Q(person=asker.person)
    late = Q(status=Deal.DECLINED, ended_at__gte=timezone.now() - AFTER_A_REFUSAL)
    rows = Deal.objects.filter(whose, Q(status__in=Deal.OPEN) | late, listing_id__one_of=keys)
    statuses = list(rows.values_list("listing_id", "status"))
    declined = {listing: DECLINED_LATELY for listing, status in statuses if status == Deal.DECLINED}
    return declined | {listing: ALREADY for listing, status in statuses if status != Deal.DECLINED}


def problems_of(lines: Sequence[Line], asked: dict[str, tuple[Decimal, str]]) -> dict[str, str]:
    """Why some of what is asked, by offer `(how many, the mark of what was read)`, cannot be sent as it is."""
    found = {}
    for one in lines:
        key = one.listing.public_id
        if key not in asked:
            continue
        quantity, mark = asked[key]
        if one.why:
            found[key] = one.why
        elif mark != one.mark:
            found[key] = CHANGED
        elif quantity > one.free:
            found[key] = ONLY.format(left=number(one.free))
    return found


def plan_of(
    ask: Listing, found: finding.Matches, asker: Party, person: Person, *, alone_too: bool = False
) -> Plan:
    """What completes an ask among the offers that meet it, for its holder. Nine queries at most.

    Whoever was asked and did not follow is asked again only when the others are not enough. `alone_too`: one offer that is
    enough alone is given too, before anybody was asked.
    """
    progress = progress_of(ask)
    met = finding.shown(finding.counted(ask, found)) if progress.missing else []
    offers = [one.listing for one in met]
    lines = {one.listing.public_id: one for one in lines_of(ask, offers, asker, person, progress)}
    closed = {key for key, one in lines.items() if one.why} | ({match.key for match in found} - lines.keys())
    if progress.begun or alone_too:
        tried = closed | {one.about.public_id for one in progress.ended if one.about}
        together = finding.covering(ask, found, progress.missing, tried) or finding.covering(
            ask, found, progress.missing, closed
        )
    else:
        together = finding.together(ask, found, closed)
    chosen = [match.key for match in together.matches] if together else []
    return Plan(progress, together, [lines[key] for key in chosen])
