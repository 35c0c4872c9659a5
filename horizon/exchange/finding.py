"""Which listings meet another: candidates by their terms, then the pairing engine, its reasons and its covering sets.

What was found is kept in the process's memory as long as nothing of what was weighed changed: neither listing, what is left
of them, the lexicon, nor the day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from django.core.cache import cache, caches
from django.db.models import Case, Count, F, QuerySet, When
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.actors.sorts import COMPANY, NONPROFIT, PUBLIC, companies
from horizon.engine.labels import number
from horizon.engine.pairing.covering import Candidate, cover, shares
from horizon.engine.pairing.facts import HELP
from horizon.engine.pairing.judging import Meant
from horizon.engine.pairing.meaning import unpack
from horizon.engine.pairing.reading import KIN, Unit, read_ask, read_offer, wanted_terms
from horizon.engine.pairing.scoring import ALMOST, Corpus, Match, Pairing, Side
from horizon.engine.pairing.stock import Taken, last_day, left
from horizon.engine.search.analysis import content_words
from horizon.exchange.models import Listing, ListingMeaning, ListingTerm
from horizon.exchange.queries import comes_back, taken_from
from horizon.exchange.shipped import ENCODED, judge, lexicon, version

ROWS, POOL, WEIGHED, SERVING, KEPT, COVERING = 3000, 300, 50, 12, 200, 200
READ = 5000
# Terms written before the newest that was seen may be committed after it.
LATE = 10_000
_READ: dict[tuple[str, str], tuple[Unit, ...]] = {}
# What a listing says that may change what is found; its place and the sort of its holder come with it.
_STAMP = (
    "pk", "title", "text", "kind", "quantity", "unit", "from_on", "until_on", "terms", "confirmed_on", "commune_id",
    "organization_id", "organization__kind", "organization__canonical_id", "organization__canonical__kind",
)  # fmt: skip


class Plain(NamedTuple):
    """A listing as its columns, without the objects around it: three hundred of them are read for one page."""

    pk: int
    public_id: str
    side: str
    title: str
    text: str
    kind: str
    quantity: Any
    unit: str
    from_on: date | None
    until_on: date | None
    terms: str
    confirmed_on: date | None
    person: int | None
    organization: int | None
    sort: str | None
    commune: str
    lat: float | None
    lon: float | None

    @property
    def returned(self) -> bool:
        """Whether what is taken of it comes back."""
        return comes_back(self.side, self.kind)


_COLUMNS = (
    "pk", "public_id", "side", "title", "text", "kind", "quantity", "unit", "from_on", "until_on", "terms", "confirmed_on",
    "person_id", "holding", "sort", "commune_id", "commune__lat", "commune__lon",
)  # fmt: skip


def _plain(rows: Any) -> list[Plain]:
    merged = When(organization__canonical__isnull=False, then=F("organization__canonical_id"))
    sort = When(organization__canonical__isnull=False, then=F("organization__canonical__kind"))
    told = rows.annotate(
        holding=Case(merged, default=F("organization_id")), sort=Case(sort, default=F("organization__kind"))
    )
    return [Plain(*row) for row in told.values_list(*_COLUMNS)]


def plain_of(listing: Listing) -> Plain:
    """The same of a listing that was read whole. No query where its holder and commune were read with it."""
    whole, commune = listing.organization.whole if listing.organization else None, listing.commune
    return Plain(
        listing.pk, listing.public_id, listing.side, listing.title, listing.text, listing.kind, listing.quantity, listing.unit,
        listing.from_on, listing.until_on, listing.terms, listing.confirmed_on, listing.person_id, whole.pk if whole else None,
        whole.kind if whole else None, commune.code, commune.lat, commune.lon,
    )  # fmt: skip


def side_of(
    row: Plain, taken: Sequence[Taken] = (), since: date | None = None, until: date | None = None,
    firms: Collection[int] = (),
) -> Side:  # fmt: skip
    """A listing as the engine reads it, with what is left of it on some days."""
    there = free(row, taken, since, until)
    return Side(
        key=row.public_id, title=row.title, text=row.text, kind=row.kind,
        who=_who(row, firms),
        holder=f"o{row.organization}" if row.organization else f"p{row.person or 0}",
        quantity=float(there) if there is not None else None, unit=row.unit, place=row.commune, lat=row.lat, lon=row.lon,
        since=row.from_on, until=row.until_on, terms=frozenset(row.terms.split()), confirmed=row.confirmed_on, deals=len(taken),
        total=float(row.quantity) if row.quantity is not None else None, back=row.returned,
    )  # fmt: skip


def free(
    row: Plain, taken: Sequence[Taken], since: date | None = None, until: date | None = None
) -> Decimal | None:
    """What is left of a listing on some days; None when it is not counted.

    When none are said, only what was lent without a day of return is missing: the rest comes back, and an answer must not change
    with what is lent today.
    """
    first = since or (timezone.localdate() if row.returned else None)
    there, away = row.quantity, list(taken)
    if row.returned and since is None and until is None:
        away = [one for one in taken if one.since is None and one.until is None]
    if there is not None and away:
        there = left(there, away, returned=row.returned, since=first, until=last_day(first, until))
    return there


def _who(row: Plain, firms: Collection[int]) -> str:
    if not row.organization:
        return "person"
    if row.organization in firms:
        return COMPANY
    return PUBLIC if row.sort == Organization.PUBLIC else NONPROFIT


class Met(NamedTuple):
    """A listing that meets another, and how."""

    listing: Listing
    match: Match


class Matches(list[Match]):
    """Matches, best first; `cut`: some that might count for a quantity were not weighed."""

    cut = False


class Together(NamedTuple):
    """Several offers that together cover the quantity of an ask; `left` of a match says how many each has, `shares` how many to ask.

    `cut`: larger offers may not have been weighed, so that `at_least` is true of those weighed alone.
    """

    matches: tuple[Match, ...]
    quantity: str
    km: float
    exact: bool
    at_least: int
    cut: bool = False
    shares: tuple[Decimal, ...] = ()


def meets(listing: Listing, *, members: bool, limit: int = 8) -> list[Met]:
    """The open listings of the other side that meet one, best first. Nine queries at most, whatever the listings."""
    return shown(matches(listing, members=members)[:limit])


def matches(listing: Listing, *, members: bool) -> Matches:
    """Same, two hundred at most, without the listings themselves."""
    row = plain_of(listing)
    return _matches(row, taken_from([row.pk]).get(row.pk, []), members)


def meets_side(mine: Side, side: str, *, members: bool, limit: int = 8) -> list[Met]:
    """Same, for something that is not a listing yet (a need, what somebody is typing)."""
    none = Plain(
        0, mine.key, side, mine.title, mine.text, mine.kind, mine.quantity, mine.unit, mine.since, mine.until,
        " ".join(sorted(mine.terms)), mine.confirmed, None, None, None, mine.place, mine.lat, mine.lon,
    )  # fmt: skip
    return shown(_matches(none, [], members, mine)[:limit])


def shown(found: Sequence[Match]) -> list[Met]:
    """These matches with their listings. One query, none for no match."""
    if not found:
        return []
    rows = Listing.objects.filter(public_id__one_of=[match.key for match in found])
    by_key = {
        row.public_id: row for row in rows.select_related("organization__canonical", "person", "commune")
    }
    return [Met(by_key[match.key], match) for match in found if match.key in by_key]


def _matches(mine: Plain, taken: list[Taken], members: bool, as_side: Side | None = None) -> Matches:
    """`as_side`: what is sought as it was given, where it is not a listing: who asks and for whom, or nobody yet."""
    other = Listing.ASK if mine.side == Listing.OFFER else Listing.OFFER
    wanted = _wanted(mine)
    if wanted is None:
        return Matches()
    size, counts, worth, many = _size(other), None, None, False
    if size > POOL:
        counts = _counts(wanted, other)
        worth = known = _worth(wanted, counts, other, size)
        many = len(known) > POOL
        # By their keys alone: asked for open ones too, a database without statistics reads all the open ones instead.
        rows = Listing.objects.filter(pk__one_of=sorted(known, key=lambda pk: (-known[pk], -pk))[:POOL])
    else:
        rows = Listing.objects.filter(status=Listing.PUBLISHED, side=other)
    seen = (Listing.EVERYBODY, Listing.MEMBERS) if members else (Listing.EVERYBODY,)
    read_rows = rows.order_by("-pk").values_list("status", "side", "audience", *_STAMP)[:POOL]
    stamps = [
        tuple(stamp)
        for status, side, audience, *stamp in read_rows
        if (status, side) == (Listing.PUBLISHED, other) and audience in seen
    ]
    promised = taken_from([stamp[0] for stamp in stamps]) if stamps else {}
    whose = as_side and (as_side.who, as_side.holder, as_side.deals, as_side.total, as_side.back)
    firms = _firms(mine, stamps)
    read = repr(
        (
            version(),
            judge() is None,
            timezone.localdate(),
            mine,
            whose,
            taken,
            stamps,
            promised,
            sorted(firms),
        )
    )
    key = f"met.{blake2b(read.encode(), digest_size=16).hexdigest()}"
    found = caches["pairing"].get(key)
    if found is None:
        counts = _counts(wanted, other) if counts is None else counts
        worth = _worth(wanted, counts, other, size) if worth is None else worth
        pool = [stamp[0] for stamp in stamps]
        sizes = _sizes(mine, stamps, worth)
        weighed, left_out = _weigh(
            mine, taken, pool, worth, promised, Corpus(counts, size), sizes, firms, as_side
        )
        found = Matches(weighed[:KEPT])
        found.cut = many or left_out or len(weighed) > KEPT
        caches["pairing"].set(key, found)
    return found


def _firms(mine: Plain, stamps: Sequence[tuple]) -> frozenset[int]:
    """Which of those who ask are companies, where volunteers are asked or offered. One query, and none where they are not."""
    kind, own, own_kind, whole, whole_kind = (
        _STAMP.index(name)
        for name in (
            "kind", "organization_id", "organization__kind", "organization__canonical_id", "organization__canonical__kind",
        )
    )  # fmt: skip
    if mine.side == Listing.ASK:
        helped = mine.kind == HELP or any(row[kind] == HELP for row in stamps)
        return (
            companies([(mine.organization, mine.sort or "")]) if helped and mine.organization else frozenset()
        )
    asking = [row for row in stamps if HELP in {mine.kind, row[kind]} and row[own]]
    return companies({(row[whole] or row[own], row[whole_kind] or row[own_kind]) for row in asking})


def _sizes(mine: Plain, stamps: Sequence[tuple], worth: Mapping[int, float]) -> dict[int, Any]:
    """Of an ask that is counted, what each offer that shares its words has in its unit: the largest may cover it together."""
    if mine.side != Listing.ASK or mine.quantity is None:
        return {}
    quantity, unit = _STAMP.index("quantity"), _STAMP.index("unit")
    rows = (row for row in stamps if row[quantity] is not None and row[unit] == mine.unit)
    return {row[0]: row[quantity] for row in rows if worth.get(row[0])}


def _wanted(mine: Plain) -> dict[str, float] | None:
    """The terms to look for; None when nothing is said that somebody could answer."""
    read = read_ask if mine.side == Listing.ASK else lambda lex, title, text: read_offer(lex, title, text)
    wanted = wanted_terms(lexicon(), read(lexicon(), mine.title, mine.text))
    weigh = judge()
    if not wanted and (weigh is None or not content_words(mine.title)):
        return None
    if mine.side == Listing.ASK and weigh and _size(Listing.OFFER) > POOL:
        meant = weigh.meant(mine.title, mine.text)
        for concept, near in weigh.purposes.served(np.vstack([meant.title, meant.whole]), SERVING).items():
            for one in lexicon().terms_of(concept):
                wanted[one] = max(wanted.get(one, 0), near * KIN)
    return wanted


def _weigh(
    mine: Plain, taken: list[Taken], pool: list[int], worth: Mapping[int, float], promised: Mapping[int, list[Taken]],
    corpus: Corpus, sizes: Mapping[int, Any], firms: Collection[int], as_side: Side | None = None,
) -> tuple[list[Match], bool]:  # fmt: skip
    """The matches, and whether offers that might cover a quantity were left out."""
    if mine.side == Listing.ASK and taken and side_of(mine, taken).quantity == 0:
        return [], False
    meant = _meanings(pool)
    chosen = _shortlist(mine, pool, worth, meant)
    largest = sorted(sizes.keys() - chosen, key=lambda pk: (-sizes[pk], -pk))
    chosen |= set(largest[: max(0, COVERING - len(chosen))])
    left_out = not sizes.keys() <= chosen
    others = _plain(Listing.objects.filter(pk__one_of=sorted(chosen)).order_by("-pk"))
    kept = {row.public_id: meant[row.pk] for row in others if row.pk in meant}
    pairing = Pairing(lexicon(), corpus, timezone.localdate(), judge(), kept, _READ)
    if len(_READ) > READ:
        _READ.clear()
    if mine.side == Listing.ASK:
        asks = as_side or side_of(mine, taken, firms=firms)
        sides = [side_of(row, promised.get(row.pk, ()), mine.from_on, mine.until_on) for row in others]
        return pairing.best(asks, sides, KEPT), left_out
    found = []
    for row in others:
        ask = side_of(row, promised.get(row.pk, ()), firms=firms)
        if ask.quantity == 0:
            continue
        offer = as_side or side_of(mine, taken, row.from_on, row.until_on)
        match = _as_seen_by(pairing, ask, offer)
        if match is not None:
            found.append(match)
    return sorted(found, key=lambda m: (m.level == ALMOST, -m.score, m.key)), left_out


def _shortlist(
    mine: Plain, pool: list[int], worth: Mapping[int, float], meant: Mapping[int, Meant]
) -> set[int]:
    """Those worth weighing: the best by their words, the nearest by their meaning, and all whose meaning is not kept yet."""
    chosen = {pk for pk in pool if pk not in meant} if judge() else set()
    chosen |= set(sorted(pool, key=lambda pk: (-worth.get(pk, 0), -pk))[: WEIGHED if meant else 2 * WEIGHED])
    weigh, known = judge(), [pk for pk in pool if pk in meant]
    if weigh and known:
        own = weigh.meant(mine.title, mine.text)
        rows = np.vstack([np.vstack([meant[pk].title, meant[pk].whole]) for pk in known])
        near = (rows @ np.vstack([own.title, own.whole]).T).max(axis=1).reshape(-1, 2).max(axis=1)
        chosen |= {known[at] for at in np.argsort(-near, kind="stable")[:WEIGHED]}
    return chosen


def _meanings(pool: list[int]) -> dict[int, Meant]:
    kept = ListingMeaning.objects.filter(listing_id__one_of=pool, version__endswith=ENCODED)
    found = [(pk, bytes(vectors)) for pk, vectors in kept.values_list("pk", "vectors")]
    rows = unpack(b"".join(vectors for _, vectors in found)) if found else np.zeros((0, 0), np.float32)
    return {pk: Meant(rows[2 * at], rows[2 * at + 1]) for at, (pk, _) in enumerate(found)}


def _counts(wanted: Mapping[str, float], side: str) -> dict[str, int]:
    """How many listings have each term, as it was ten minutes ago at most. One query, for the terms that none had then.

    All terms are counted at once: PostgreSQL reads the whole index for eighty of them too. What no listing had is looked for each
    time among what was written since, so that the first one to have it is found at once.
    """
    terms = ListingTerm.objects.filter(side=side)
    kept = caches["pairing_counts"].get_or_set(f"all.{side}", lambda: (_by_term(terms), _newest()))
    known, last = kept if kept is not None else ({}, 0)
    missing = [term for term in wanted if term not in known]
    found = _by_term(terms.filter(pk__gt=last - LATE, term__one_of=missing)) if missing else {}
    return {term: found.get(term) or known[term] for term in wanted if term in found or term in known}


def _by_term(terms: QuerySet[ListingTerm]) -> dict[str, int]:
    return dict(terms.values_list("term").annotate(many=Count("*")).order_by())


def _newest() -> int:
    return ListingTerm.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


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


def _worth(wanted: Mapping[str, float], counts: dict[str, int], side: str, size: int) -> dict[int, float]:
    """The listings that share the rarest terms, and how much: three thousand entries of the index are read."""
    corpus = Corpus(counts, size)
    chosen: list[str] = []
    total = 0
    for term in sorted(counts, key=lambda t: (counts[t] / wanted[t], t)):
        if chosen and total + counts[term] > ROWS:
            break
        chosen.append(term)
        total += counts[term]
    worth: dict[int, float] = {}
    rows = ListingTerm.objects.filter(side=side, term__one_of=chosen).order_by("-listing_id")
    weights = {term: wanted[term] * corpus.rarity(term) for term in chosen}
    for listing_id, term in rows.values_list("listing_id", "term")[:ROWS]:
        worth[listing_id] = worth.get(listing_id, 0) + weights[term]
    return worth


def together(ask: Listing, found: Sequence[Match], without: Collection[str] = ()) -> Together | None:
    """The fewest offers that cover what an ask still asks, then the nearest; None when one is enough or all are not.

    `without`: those that are not to be counted.
    """
    needed = next((match.asked for match in found if match.asked is not None), None)
    if ask.quantity is None or not needed:
        return None
    if any(one.covers == 1 and one.level > ALMOST and one.key not in without for one in counted(ask, found)):
        return None
    return covering(ask, found, needed, without)


def counted(ask: Listing, found: Sequence[Match]) -> list[Match]:
    """Those that may be added up for an ask: in its unit, with something left, and which nothing else keeps from answering."""
    return [
        one for one in found if one.left and one.unit == ask.unit and (one.level > ALMOST or _only_short(one))
    ]


def covering(
    ask: Listing, found: Sequence[Match], needed: float | Decimal, without: Collection[str] = ()
) -> Together | None:
    """The fewest offers that have so many together, then the nearest; one alone may do. None when all have not."""
    usable = [one for one in counted(ask, found) if one.key not in without]
    wanted = round(needed * 100)
    chosen = cover(
        wanted, [Candidate(m.key, round((m.left or 0) * 100), round((m.km or 0) * 1000)) for m in usable]
    )
    if chosen is None:
        return None
    known, cut = {match.key: match for match in usable}, getattr(found, "cut", False)
    matches = tuple(known[key] for key in chosen.keys)
    asked = shares(wanted, [round((match.left or 0) * 100) for match in matches])
    return Together(
        matches, number(chosen.quantity / 100), chosen.metres / 1000, chosen.exact and not cut, chosen.at_least,
        cut, tuple(Decimal(one) / 100 for one in asked),
    )  # fmt: skip


def _only_short(match: Match) -> bool:
    return len(match.missing) == 1 and " proposés, " in match.missing[0]
