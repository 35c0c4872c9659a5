"""Which listings meet another: candidates by their terms, then the pairing engine, its reasons and its covering sets."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from threading import RLock
from typing import NamedTuple

import numpy as np
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from horizon.engine.pairing.covering import Candidate, cover
from horizon.engine.pairing.judging import Judge, Meant
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.meaning import pack, unpack
from horizon.engine.pairing.reading import KIN, index_terms, read_ask, read_offer, wanted_terms
from horizon.engine.pairing.scoring import ALMOST, Corpus, Match, Pairing, Side
from horizon.engine.search.analysis import content_words
from horizon.exchange.models import Deal, Listing, ListingMeaning, ListingTerm
from horizon.exchange.parties import holder_of
from horizon.exchange.shipped import lexicon_version, read_judge, read_lexicon

ROWS, WEIGHED, SERVING = 3000, 300, 12
_ALONE = RLock()


def lexicon() -> Lexicon:
    """The lexicon that the room ships; read once in a process."""
    with _ALONE:
        return _lexicon()


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return read_lexicon()


def judge() -> Judge | None:
    """The judge that the room ships: what it learned, and the purposes of its lexicon; made once in a process.

    None where the encoder cannot be loaded: the hand-written rule then pairs alone.
    """
    with _ALONE:
        return _judge()


@lru_cache(maxsize=1)
def _judge() -> Judge | None:
    try:
        return read_judge(lexicon())
    except (ImportError, OSError, MemoryError):
        logging.getLogger(__name__).exception("no sentence encoder: offers are paired by words alone")
        return None


@lru_cache(maxsize=1)
def version() -> str:
    """Changes with the lexicon: what was indexed by another version is read again."""
    return lexicon_version()


def index_listing(listing: Listing) -> None:
    """Keeps the terms of a published listing and, once that is committed, its meaning; forgets those of any other.

    The encoder takes a second to load: not while a transaction holds the only writer of SQLite.
    """
    ListingTerm.objects.filter(listing=listing).delete()
    ListingMeaning.objects.filter(listing=listing).delete()
    if listing.status == Listing.PUBLISHED:
        found = index_terms(read_offer(lexicon(), listing.title, listing.text))
        ListingTerm.objects.bulk_create(
            ListingTerm(listing=listing, side=listing.side, term=term[:40]) for term in sorted(found)
        )
        transaction.on_commit(partial(_keep_meaning, listing.pk))


def _keep_meaning(pk: int) -> None:
    listing = Listing.objects.filter(pk=pk, status=Listing.PUBLISHED).first()
    if listing is None:
        return
    vectors = meaning_of(listing)
    if not vectors:
        return
    with transaction.atomic():
        same = Listing.objects.filter(pk=pk, title=listing.title, text=listing.text, status=Listing.PUBLISHED)
        if same.select_for_update().first():
            ListingMeaning.objects.update_or_create(
                listing_id=pk, defaults={"vectors": vectors, "version": version()}
            )


def meaning_of(listing: Listing) -> bytes:
    """The vectors of a listing, as they are kept; nothing without an encoder."""
    weigh = judge()
    if weigh is None:
        return b""
    meant = weigh.meant(listing.title, listing.text)
    return pack(np.vstack([meant.title, meant.whole]))


def index_again(most: int = 300) -> int:
    """Reads again listings that another version of the lexicon indexed, or none did. How many.

    Without an encoder no version is ever kept: nothing is read again, else the same ones would be at each hour.
    """
    if judge() is None:
        return 0
    stale = Listing.objects.filter(status=Listing.PUBLISHED).exclude(meaning__version=version())
    rows = list(stale.order_by("-pk")[:most])
    for listing in rows:
        with transaction.atomic():
            index_listing(Listing.objects.select_for_update().get(pk=listing.pk))
    return len(rows)


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
    weigh = judge()
    if not wanted and (weigh is None or not content_words(mine.title)):
        return []
    size = _size(other)
    if side == Listing.ASK and weigh and size > WEIGHED:
        meant = weigh.meant(mine.title, mine.text)
        for concept, near in weigh.purposes.served(np.vstack([meant.title, meant.whole]), SERVING).items():
            for one in lexicon().terms_of(concept):
                wanted[one] = max(wanted.get(one, 0), near * KIN)
    counts = dict(
        ListingTerm.objects.filter(side=other, term__in=list(wanted)).values_list("term").annotate(Count("id")).order_by()
    )  # fmt: skip
    corpus = Corpus(counts, size)
    rows = Listing.objects.filter(status=Listing.PUBLISHED, side=other)
    if size > WEIGHED:
        rows = rows.filter(pk__in=_candidates(wanted, counts, other, corpus))
    rows = rows.select_related("organization__canonical", "person", "commune")
    if not members:
        rows = rows.filter(audience=Listing.EVERYBODY)
    rows = rows.annotate(concluded=Count("deals", filter=Q(deals__status=Deal.CONCLUDED)))
    by_key = {row.public_id: row for row in rows.order_by("-pk")[:WEIGHED]}
    pairing = Pairing(lexicon(), corpus, timezone.localdate(), weigh, _meanings(by_key.values()))
    sides = [side_of(row, row.concluded) for row in by_key.values()]  # type: ignore[attr-defined]
    if side == Listing.ASK:
        found = pairing.best(mine, sides, limit)
    else:
        reverse = [match for ask in sides for match in [_as_seen_by(pairing, ask, mine)] if match is not None]
        found = sorted(reverse, key=lambda m: (m.level == ALMOST, -m.score, m.key))[:limit]
    return [Met(by_key[match.key], match) for match in found]


def _meanings(listings: Iterable[Listing]) -> dict[str, Meant]:
    keys = {listing.pk: listing.public_id for listing in listings}
    kept = ListingMeaning.objects.filter(listing_id__in=list(keys), version=version())
    return {keys[pk]: Meant(*unpack(bytes(vectors))) for pk, vectors in kept.values_list("pk", "vectors")}


def _size(side: str) -> int:
    """How many listings are open on one side, as it was five minutes ago at most: rarity needs no more."""
    return cache.get_or_set(
        f"exchange.open.{side}",
        lambda: Listing.objects.filter(status=Listing.PUBLISHED, side=side).count(),
        300,
    )  # type: ignore[return-value]


def _as_seen_by(pairing: Pairing, ask: Side, offer: Side) -> Match | None:
    """How an ask is met by one offer. The vectors that are known are those of the asks."""
    asked = read_ask(pairing.lexicon, ask.title, ask.text)
    match = pairing.match(ask, asked, offer) if asked.units or pairing.judge else None
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
    return len(match.missing) == 1 and " proposés, " in match.missing[0]
