"""An ask that several offers cover, as its holder follows it: what is agreed, what is proposed, who said no, and what completes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for, held_by_nobody, of, root
from horizon.actors.models import Person
from horizon.engine.pairing.scoring import ALMOST
from horizon.exchange import finding
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_of, is_member, opener_of, parties_of
from horizon.exchange.queries import taken_from
from horizon.exchange.services.dealing import AFTER_A_REFUSAL, ALREADY, DECLINED_LATELY, counted_alike

ENDED = (Deal.DECLINED, Deal.CANCELLED, Deal.LAPSED)
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
    """One deal about an ask, as its holder follows it: the other side, what it is about, how many (one when nobody said)."""

    deal: Deal
    other_side: Party
    title: str
    quantity: Decimal


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
    def under_way(self) -> dict[str, Sent]:
        """What waits or is talked over, by the key of the other side."""
        return {one.other_side.key: one for one in self.standing if one.deal.status in Deal.OPEN}


class Line(NamedTuple):
    """An offer of the set: how many are free on the days of the ask, why nobody may write to it now (`why`, empty when one may)."""

    listing: Listing
    title: str
    holder: str
    free: Decimal
    why: str
    unattended: bool

    @property
    def unit(self) -> str:
        """The unit, said of what is free."""
        return self.listing.unit_of(self.free)

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


def note_under_way(listings: Sequence[Listing], progress: Progress) -> None:
    """Writes on each of these offers the deal in which its holder is already asked for the ask (`asked_in`, None when in none)."""
    under_way = progress.under_way
    for one in listings:
        sent = under_way.get(holder_of(one).key)
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
        one = Sent(deal, other, about.title if about else "", deal.quantity or Decimal(1))
        if deal.status not in ENDED:
            standing.append(one)
        elif deal.ended_at and deal.ended_at >= since:
            ended[other.key, deal.listing_id] = one
    agreed = sum((one.quantity for one in standing if one.deal.status == Deal.CONCLUDED), Decimal(0))
    proposed = sum((one.quantity for one in standing if one.deal.status in Deal.OPEN), Decimal(0))
    left = max((ask.quantity or Decimal(0)) - agreed - proposed, Decimal(0))
    again = {(one.other_side.key, one.deal.listing_id) for one in standing}
    return Progress(agreed, proposed, left, standing, [one for key, one in ended.items() if key not in again])


def lines_of(
    ask: Listing, offers: Sequence[Listing], asker: Party, person: Person, progress: Progress
) -> list[Line]:
    """What may be asked of each of these offers now, in their order. Six queries at most, whatever their number."""
    keys = [one.pk for one in offers]
    if not keys:
        return []
    taken, under_way, members = taken_from(keys), progress.under_way, is_member(person)
    theirs, between = _held_too(keys, person), _between(keys, asker)
    rows = Listing.objects.filter(pk__one_of=keys).annotate(held_root=root())
    unattended = set(rows.filter(held_by_nobody("held_root")).values_list("pk", flat=True))
    found = []
    for one in offers:
        holder, free = (
            holder_of(one),
            finding.free(finding.plain_of(one), taken.get(one.pk, ()), ask.from_on, ask.until_on),
        )
        seen = one.is_public and (members or one.audience == Listing.EVERYBODY)
        carried = one.noted and one.pk in unattended and is_operator(person)
        if not (seen and one.is_open) or one.side == ask.side:
            why = OVER
        elif one.pk in theirs or carried or holder.key == asker.key:
            why = YOURS_TOO
        elif holder.key in under_way:
            why = UNDER_WAY.format(name=under_way[holder.key].other_side.name)
        elif one.pk in between:
            why = between[one.pk]
        elif free is None or not counted_alike(ask, one):
            why = ANOTHER_UNIT
        else:
            why = "" if free else NONE_LEFT
        title = one.title if seen else HIDDEN
        found.append(Line(one, title, holder.name, free or Decimal(0), why, one.pk in unattended))
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
            found[key] = ONLY.format(left=f"{one.free.normalize():f}".replace(".", ","))
    return found


def plan_of(ask: Listing, found: finding.Matches, asker: Party, person: Person) -> Plan:
    """What completes an ask among the offers that meet it, for its holder. Nine queries at most.

    Whoever was asked and did not follow is asked again only when the others are not enough.
    """
    progress = progress_of(ask)
    rows = {
        one.listing.public_id: one.listing for one in finding.shown(finding.counted(ask, found))
    } if progress.missing else {}  # fmt: skip
    lines = {
        one.listing.public_id: one for one in lines_of(ask, list(rows.values()), asker, person, progress)
    }
    closed = {key for key, one in lines.items() if one.why} | ({match.key for match in found} - lines.keys())
    together = None
    if progress.begun:
        tried = {
            about.public_id for one in progress.ended for about in (one.deal.listing, one.deal.other) if about
        }
        together = _covering(ask, found, progress.missing, closed | tried) or _covering(
            ask, found, progress.missing, closed
        )
    elif not any(
        one.covers == 1 and one.level > ALMOST and one.key not in closed
        for one in finding.counted(ask, found)
    ):
        together = _covering(ask, found, progress.missing, closed)
    chosen = [match.key for match in together.matches] if together else []
    return Plan(progress, together, [lines[key] for key in chosen])


def _covering(
    ask: Listing, found: finding.Matches, missing: Decimal, without: Collection[str]
) -> finding.Together | None:
    return finding.covering(ask, found, missing, without) if missing else None
