"""How well does an offer answer an ask? Hard facts first, then a score that can be said in a sentence.

Relevance is the share of what is asked that the offer's words hold, each unit weighed by its rarity (idf). An offer that
falls short of one fact (days, terms, distance, quantity, law) is kept apart, with what would be needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import exp, log

from horizon.engine.distance import distance_km
from horizon.engine.pairing.reading import GENERIC_TERMS, Lexicon, Unit, read_ask, read_offer

GOODS, EQUIPMENT, MATERIALS, SERVICE, SKILLS, HELP, SPACE, STAFF = (
    "goods", "equipment", "materials", "service", "skills", "help", "space", "staff"
)  # fmt: skip
KINDS = (GOODS, EQUIPMENT, MATERIALS, SERVICE, SKILLS, HELP, SPACE, STAFF)
LOAN, PRICE, GIFT, SWAP, LOCAL = "loan", "price", "gift", "swap", "local_currency"
TERMS = (GIFT, LOAN, SWAP, PRICE, LOCAL)
COMPANY, PERSON = "company", "person"
# How far one goes for it, in km: a choice of the house, said on the methods page.
FAR = {GOODS: 25, EQUIPMENT: 25, MATERIALS: 25, SERVICE: 40, SKILLS: 40, HELP: 25, SPACE: 25, STAFF: 40}
_NEAR_KINDS = [{GOODS, EQUIPMENT}, {GOODS, MATERIALS}, {SERVICE, SKILLS}, {SERVICE, HELP}, {SKILLS, HELP}]
EXACT, CONCEPT = 1.0, 0.9
ENOUGH, RELATED = 0.5, 0.34
FITS, PART, ALMOST = 3, 2, 1


@dataclass(frozen=True)
class Side:
    """An offer or an ask as plain values. `lat`, `lon` in degrees; `quantity` in `unit`; days may be open (None)."""

    key: str
    title: str
    text: str = ""
    kind: str = ""
    who: str = ""
    holder: str = ""
    quantity: float | None = None
    unit: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    since: date | None = None
    until: date | None = None
    terms: frozenset[str] = frozenset()
    confirmed: date | None = None
    deals: int = 0


@dataclass(frozen=True)
class Match:
    """One offer for one ask. `level`: FITS, PART (something less than asked) or ALMOST (see `missing`)."""

    key: str
    level: int
    score: float
    relevance: float
    km: float | None
    words: tuple[str, ...]
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    covers: float | None = None


@dataclass
class Corpus:
    """How many offers have each term: what is rare says more."""

    counts: Mapping[str, int]
    size: int

    def rarity(self, word: str) -> float:
        """From 1 (every offer has it) to 2.5 (few or none has it)."""
        count = self.counts.get(word, 0)
        return min(2.5, 1 + log((max(self.size, count) + 1) / (1 + count)) / 3)


@dataclass
class Pairing:
    """Pairs an ask with offers; keeps the reading of an offer while it lives."""

    lexicon: Lexicon
    corpus: Corpus
    today: date
    _read: dict[tuple[str, str], tuple[Unit, ...]] = field(default_factory=dict)

    def best(self, ask: Side, offers: Iterable[Side], limit: int = 10) -> list[Match]:
        """The offers worth showing, best first: those that fit, those that answer in part, those that almost do."""
        units = read_ask(self.lexicon, ask.title, ask.text)
        if not units:
            return []
        found = [match for offer in offers if (match := self.match(ask, units, offer)) is not None]
        found.sort(key=lambda m: (-_rank(m), m.key))
        return found[:limit]

    def match(self, ask: Side, units: Sequence[Unit], offer: Side) -> Match | None:
        """How one offer answers; None when it does not, or when it is the asker's own."""
        if ask.holder and ask.holder == offer.holder:
            return None
        relevance, words = self.relevance(units, self._units(offer))
        relevance *= _kinship(ask.kind, offer.kind)
        if relevance < RELATED:
            return None
        km = _km(ask, offer)
        missing = [
            said
            for said in (_law(ask, offer), _days(ask, offer), _terms(ask, offer), _far(ask, offer, km))
            if said
        ]
        covers = _covered(ask, offer)
        level = FITS if relevance >= ENOUGH else ALMOST
        if level == ALMOST:
            missing.append("à vérifier : une partie seulement de vos mots")
        elif covers is not None and covers < 1:
            level = PART if covers >= 0.1 else ALMOST
            missing.append(f"il y en a {_number(offer.quantity)}, vous en demandez {_number(ask.quantity)}")
        blocked = len(missing) - (1 if level == PART else 0)
        if level != ALMOST and blocked:
            level = ALMOST
        score = relevance * (exp(-km / 60) if km is not None else 0.8) * self._fresh(offer)
        score *= 1 + min(offer.deals, 5) / 50
        if covers is not None and covers < 1:
            score *= 0.6 + 0.4 * covers
        return Match(
            offer.key, level, round(score, 4), round(relevance, 4), km, words, tuple(missing),
            tuple(self._reasons(ask, offer, km, words)), covers,
        )  # fmt: skip

    def relevance(self, asked: Sequence[Unit], offered: Sequence[Unit]) -> tuple[float, tuple[str, ...]]:
        """The share of the ask that the offer's words hold, from 0 to 1, and those words, as the offer says them."""
        wanted = held = 0.0
        said: list[str] = []
        for unit in asked:
            worth = unit.weight * max(self.corpus.rarity(word) for word in unit.terms)
            best, word = _quality(unit, offered)
            if unit.weight >= 1 or best:
                wanted += worth
            held += worth * best
            if best and word not in said:
                said.append(word)
        thing = [unit for unit in asked if unit.weight >= 1]
        if thing and not any(_quality(unit, offered)[0] for unit in thing):
            held *= 0.75
        return (held / wanted if wanted else 0.0), tuple(said)

    def _units(self, offer: Side) -> tuple[Unit, ...]:
        key = (offer.title, offer.text)
        if key not in self._read:
            self._read[key] = tuple(read_offer(self.lexicon, offer.title, offer.text))
        return self._read[key]

    def _fresh(self, offer: Side) -> float:
        if offer.confirmed is None:
            return 0.9
        return max(0.8, 1 - max((self.today - offer.confirmed).days, 0) / 1800)

    def _reasons(self, ask: Side, offer: Side, km: float | None, words: Sequence[str]) -> Iterable[str]:
        yield "en commun : " + ", ".join(words)
        if km is not None:
            yield f"à {km:.0f} km" if km >= 1 else "dans la commune"
        if offer.confirmed:
            yield f"confirmée le {offer.confirmed:%d/%m/%Y}"
        if offer.deals:
            yield f"déjà {offer.deals} accord{'s' if offer.deals > 1 else ''} conclu{'s' if offer.deals > 1 else ''}"


def answered(matches: Collection[Match]) -> bool:
    """Whether somebody answers the ask, wholly or in part; otherwise « personne ne le propose »."""
    return any(match.level > ALMOST for match in matches)


def _rank(match: Match) -> float:
    """Fits and parts compete by score; what almost fits comes after, whatever its words."""
    return match.score + (10 if match.level > ALMOST else 0)


def _quality(unit: Unit, offered: Sequence[Unit]) -> tuple[float, str]:
    best, word = 0.0, ""
    for other in offered:
        place = 0.85 + 0.15 * min(other.weight, 1.0)
        if unit.terms == other.terms:
            quality = EXACT * place
        elif unit.concepts & other.concepts:
            quality = CONCEPT * place
        elif shared := (set(unit.terms) & set(other.terms)) - GENERIC_TERMS:
            quality = 0.7 * place * len(shared) / max(len(unit.terms), len(other.terms))
        else:
            continue
        if quality > best:
            best, word = quality, other.words
    return best, word


def _kinship(asked: str, offered: str) -> float:
    if not asked or not offered or asked == offered:
        return 1.0
    return 0.92 if {asked, offered} in _NEAR_KINDS else 0.75


def _law(ask: Side, offer: Side) -> str:
    """Volunteers never for a company; staff is lent without profit only (Code du travail, L. 8241-1, L. 8241-2)."""
    if ask.who == COMPANY and HELP in {ask.kind, offer.kind}:
        return "l’aide bénévole ne va jamais à une entreprise"
    if offer.kind == STAFF and ask.who == PERSON:
        return "le personnel se prête entre structures seulement"
    return ""


def _days(ask: Side, offer: Side) -> str:
    if offer.until and ask.since and offer.until < ask.since:
        return f"l’offre s’arrête le {offer.until:%d/%m/%Y}"
    if offer.since and ask.until and offer.since > ask.until:
        return f"l’offre commence le {offer.since:%d/%m/%Y}"
    if (
        offer.until
        and ask.until
        and offer.until < ask.until
        and offer.kind in {EQUIPMENT, SPACE}
        and ask.since
    ):
        return f"l’offre s’arrête le {offer.until:%d/%m/%Y}"
    return ""


def _terms(ask: Side, offer: Side) -> str:
    if ask.terms and offer.terms and not ask.terms & offer.terms:
        return "les conditions ne se rejoignent pas"
    return ""


def _far(ask: Side, offer: Side, km: float | None) -> str:
    limit = FAR.get(offer.kind, 25)
    return f"à {km:.0f} km" if km is not None and km > limit else ""


def _km(ask: Side, offer: Side) -> float | None:
    if ask.lat is None or ask.lon is None or offer.lat is None or offer.lon is None:
        return None
    return distance_km(ask.lat, ask.lon, offer.lat, offer.lon)


def _covered(ask: Side, offer: Side) -> float | None:
    """The share of the quantity that the offer holds; None when the two are not counted alike."""
    if not ask.quantity or offer.quantity is None or ask.unit != offer.unit:
        return None
    return min(offer.quantity / ask.quantity, 1.0)


def _number(value: float | None) -> str:
    return f"{value:g}".replace(".", ",") if value is not None else "?"
