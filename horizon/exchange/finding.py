"""Which listings meet another: candidates by their terms, then the pairing engine, its reasons and its covering sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone

from horizon.engine.pairing.covering import Candidate, cover
from horizon.engine.pairing.lexicon import Lexicon, lexicon_of
from horizon.engine.pairing.reading import index_terms, read_ask, read_offer, wanted_terms
from horizon.engine.pairing.scoring import ALMOST, Corpus, Match, Pairing, Side
from horizon.exchange.models import Deal, Listing, ListingTerm
from horizon.exchange.parties import holder_of

ROWS, WEIGHED = 3000, 300


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that the room ships."""
    return lexicon_of(Path(__file__).with_name("lexicon.csv").read_text(encoding="utf-8").splitlines())


def index_listing(listing: Listing) -> None:
    """Keeps the terms of a published listing; forgets those of any other."""
    ListingTerm.objects.filter(listing=listing).delete()
    if listing.status == Listing.PUBLISHED:
        found = index_terms(read_offer(lexicon(), listing.title, listing.text))
        ListingTerm.objects.bulk_create(
            ListingTerm(listing=listing, side=listing.side, term=term[:40]) for term in sorted(found)
        )


def side_of(listing: Listing, deals: int = 0) -> Side:
    """A listing as the engine reads it."""
    holder, commune = holder_of(listing), listing.commune
    return Side(
        key=listing.public_id, title=listing.title, text=listing.text, kind=listing.kind, who=holder.who, holder=holder.key,
        quantity=float(listing.quantity) if listing.quantity is not None else None, unit=listing.unit, place=commune.code,
        lat=commune.lat, lon=commune.lon, since=listing.from_on, until=listing.until_on,
        terms=frozenset(listing.terms.split()), confirmed=listing.confirmed_on, deals=deals,
    )  # fmt: skip


class Met(NamedTuple):
    """A listing that meets another, and how."""

    listing: Listing
    match: Match


class Together(NamedTuple):
    """Several offers that together cover the quantity of an ask."""

    listings: tuple[Listing, ...]
    quantity: str
    km: float
    exact: bool
    at_least: int


def meets(listing: Listing, *, members: bool, limit: int = 8) -> list[Met]:
    """The open listings of the other side that meet one, best first. Four queries whatever the listings."""
    return meets_side(side_of(listing), listing.side, members=members, limit=limit)


def meets_side(mine: Side, side: str, *, members: bool, limit: int = 8) -> list[Met]:
    """Same, for something that is not a listing yet (a need, what somebody is typing)."""
    other = Listing.ASK if side == Listing.OFFER else Listing.OFFER
    read = read_ask if side == Listing.ASK else lambda lex, title, text: read_offer(lex, title, text)
    wanted = wanted_terms(lexicon(), read(lexicon(), mine.title, mine.text))
    if not wanted:
        return []
    counts = dict(
        ListingTerm.objects.filter(side=other, term__in=list(wanted)).values_list("term").annotate(Count("id")).order_by()
    )  # fmt: skip
    size = _size(other)
    pairing = Pairing(lexicon(), Corpus(counts, size), timezone.localdate())
    ids = _candidates(wanted, counts, other, pairing.corpus)
    rows = Listing.objects.filter(pk__in=ids, status=Listing.PUBLISHED).select_related(
        "organization__canonical", "commune"
    )
    if not members:
        rows = rows.filter(audience=Listing.EVERYBODY)
    rows = rows.annotate(concluded=Count("deals", filter=Q(deals__status=Deal.CONCLUDED)))
    by_key = {row.public_id: row for row in rows}
    sides = [side_of(row, row.concluded) for row in by_key.values()]  # type: ignore[attr-defined]
    if side == Listing.ASK:
        found = pairing.best(mine, sides, limit)
    else:
        reverse = [match for ask in sides for match in [_as_seen_by(pairing, ask, mine)] if match is not None]
        found = sorted(reverse, key=lambda m: (m.level == ALMOST, -m.score, m.key))[:limit]
    return [Met(by_key[match.key], match) for match in found]


def _size(side: str) -> int:
    """How many listings are open on one side, as it was five minutes ago at most: rarity needs no more."""
    return cache.get_or_set(
        f"exchange.open.{side}",
        lambda: Listing.objects.filter(status=Listing.PUBLISHED, side=side).count(),
        300,
    )  # type: ignore[return-value]


def _as_seen_by(pairing: Pairing, ask: Side, offer: Side) -> Match | None:
    asked = read_ask(pairing.lexicon, ask.title, ask.text)
    match = pairing.match(ask, asked, offer) if asked.units else None
    return replace(match, key=ask.key) if match else None


def _candidates(wanted: Mapping[str, float], counts: dict[str, int], side: str, corpus: Corpus) -> list[int]:
    """The listings that share the rarest terms, those that share most first."""
    chosen: list[str] = []
    total = 0
    for term in sorted(counts, key=lambda t: (counts[t] / wanted[t], t)):
        if chosen and total + counts[term] > ROWS:
            break
        chosen.append(term)
        total += counts[term]
    worth: dict[int, float] = {}
    rows = ListingTerm.objects.filter(side=side, term__in=chosen).order_by("-listing_id")
    for listing_id, term in rows.values_list("listing_id", "term")[: ROWS * 3]:
        worth[listing_id] = worth.get(listing_id, 0) + wanted[term] * corpus.rarity(term)
    return sorted(worth, key=lambda pk: (-worth[pk], -pk))[:WEIGHED]


def together(ask: Listing, met: Sequence[Met]) -> Together | None:
    """The fewest offers that cover what an ask asks, then the nearest; None when one is enough or all are not."""
    if ask.quantity is None:
        return None
    usable = [
        one for one in met
        if one.listing.quantity is not None and one.listing.unit == ask.unit and (one.match.level > ALMOST or _only_short(one.match))
    ]  # fmt: skip
    if any(one.match.covers == 1 and one.match.level > ALMOST for one in usable):
        return None
    found = cover(
        int(ask.quantity * 100),
        [Candidate(m.listing.public_id, int((m.listing.quantity or 0) * 100), int((m.match.km or 0) * 1000)) for m in usable],
    )  # fmt: skip
    if found is None:
        return None
    by_key = {one.listing.public_id: one.listing for one in usable}
    return Together(
        tuple(by_key[key] for key in found.keys), f"{found.quantity / 100:g}".replace(".", ","), found.metres / 1000,
        found.exact, found.at_least,
    )  # fmt: skip


def _only_short(match: Match) -> bool:
    return len(match.missing) == 1 and match.missing[0].startswith("il y en a")
