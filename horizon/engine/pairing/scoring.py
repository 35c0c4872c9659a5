"""How well does an offer answer an ask? Hard facts first, then a score that can be said in a sentence.

Relevance is the share of what is asked that the offer's words hold, each unit weighed by its rarity (idf). An offer that
falls short of one fact (days, terms, distance, quantity, law) is kept apart, with what would be needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import exp, log

from horizon.engine.distance import distance_km
from horizon.engine.pairing.days import DAYS, weekdays
from horizon.engine.pairing.judging import Asker, Judge, Meant, Reading, compared
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.reading import GENERIC_TERMS, Asked, Unit, read_ask, read_offer

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
EXACT, CONCEPT, NARROWER, BROADER = 1.0, 0.95, 0.9, 0.5
PLACE, ASIDE, RIVAL = 0.6, 0.7, 0.7
SERVES_VAGUE, SERVES_NAMED = 0.85, 0.6
LOST, LOST_NAMED = 0.85, 0.5
ENOUGH, RELATED = 0.5, 0.2
# Of a judge: from which probability an offer answers, and is shown; from which cosine a purpose is a reason.
JUDGED_ENOUGH, JUDGED_RELATED, NEAR_ENOUGH = 0.2, 0.005, 0.5
# Of an offer weighed by itself: beside one that answers, and instead of one that would but cannot be used.
BESIDE, INSTEAD = 0.1, 0.3
FITS, PART, ALMOST = 3, 2, 1
PARTLY = "à vérifier : cela n’y répond peut-être qu’en partie"


@dataclass(frozen=True)
class Side:
    """An offer or an ask as plain values. `lat`, `lon` in degrees; `quantity` in `unit`; days may be open (None).

    `quantity` is what is left of `total`, when some of it was promised; `back`: what is lent comes back, for other days.
    """

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
    total: float | None = None
    back: bool = False


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
    asked: float | None = None
    left: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class _Held:
    """How much of an ask an offer holds, the words and the purpose that say so, whether it answers."""

    relevance: float
    words: tuple[str, ...]
    purpose: str
    answers: bool
    shown: bool
    by_itself: float = 0.0


@dataclass
class Corpus:
    """How many offers have each term: what is rare says more."""

    counts: Mapping[str, int]
    size: int

    def rarity(self, word: str) -> float:
        """From 1 (every offer has it) to 2.5 (few or none has it)."""
        count = self.counts.get(word, 0)
        return min(2.5, 1 + log((max(self.size, count) + 1) / (1 + count)) / 3)


_Touched = tuple[frozenset[str], frozenset[int], frozenset[int]]


@dataclass
class Pairing:
    """Pairs an ask with offers; keeps the reading of an offer while it lives.

    With a `judge`, `meanings` may hold the vectors of offers and asks by key; those that it lacks are computed.
    `read` may be shared by pairings of one lexicon: offers already read, by title and text.
    """

    lexicon: Lexicon
    corpus: Corpus
    today: date
    judge: Judge | None = None
    meanings: Mapping[str, Meant] = field(default_factory=dict)
    read: dict[tuple[str, str], tuple[Unit, ...]] = field(default_factory=dict)
    _met: dict[tuple[Unit, ...], _Touched] = field(default_factory=dict)

    def best(self, ask: Side, offers: Iterable[Side], limit: int = 10) -> list[Match]:
        """The offers worth showing, best first: those that fit, those that answer in part, those that almost do."""
        asked = read_ask(self.lexicon, ask.title, ask.text)
        others = [offer for offer in offers if not (ask.holder and ask.holder == offer.holder)]
        if not others or not (asked.units or self.judge):
            return []
        held = self._judged(ask, asked, others, among=True) if self.judge else self._held(ask, asked, others)
        found = self._matches(ask, others, held)
        if not self.judge:
            closest = max((match.relevance for match in found), default=0.0)
            found = [_beside(match, closest) for match in found]
        elif any(one.answers for one in held):
            # Where one offer says it in the very words, another that says it otherwise still answers; surely so when the
            # first one cannot be used.
            least = BESIDE if answered(found) else INSTEAD
            late = [
                (offer, replace(one, answers=True, shown=True))
                for offer, one in zip(others, held, strict=True)
                if one.by_itself >= least and not one.answers
            ]
            again = {offer.key for offer, _ in late}
            found = [match for match in found if match.key not in again]
            found += self._matches(ask, [offer for offer, _ in late], [one for _, one in late])
        found.sort(key=lambda m: (-_rank(m), m.key))
        return found[:limit]

    def match(self, ask: Side, asked: Asked, offer: Side) -> Match | None:
        """How one offer answers, by itself; None when it does not, or when it is the asker's own."""
        if ask.holder and ask.holder == offer.holder:
            return None
        held = (
            self._judged(ask, asked, [offer], among=False) if self.judge else self._held(ask, asked, [offer])
        )
        return self._match(ask, offer, held[0])

    def _held(self, ask: Side, asked: Asked, offers: Sequence[Side]) -> list[_Held]:
        found = []
        for offer in offers:
            relevance, words, purpose = self.relevance(asked, self._units(offer))
            share = relevance * kinship(ask.kind, offer.kind)
            found.append(_Held(share, words, purpose, share >= ENOUGH, share >= RELATED))
        return found

    def _judged(self, ask: Side, asked: Asked, offers: Sequence[Side], *, among: bool) -> list[_Held]:
        judge = self.judge
        assert judge is not None
        readings, said = [], []
        for offer in offers:
            units = self._units(offer)
            relevance, words, purpose = self.relevance(asked, units)
            serves, _ = self.serves(asked, units)
            meant = self.meanings.get(offer.key) or judge.meant(offer.title, offer.text)
            readings.append(
                Reading(units, relevance, kinship(ask.kind, offer.kind), serves, bool(words), meant)
            )
            said.append((words, purpose))
        asker = Asker(ask.title, ask.text, ask.kind, self.meanings.get(ask.key))
        weighed = judge.signs(asker, asked, readings, brief=not among)
        alone = judge.alone.probabilities(weighed.signs)
        shares = judge.among.probabilities(compared(weighed.signs)) if among else alone
        held = []
        for share, by_itself, (words, purpose), (near, concept) in zip(
            shares, alone, said, weighed.nearest, strict=True
        ):
            if not purpose and concept and near >= NEAR_ENOUGH:
                purpose = f"proche par le sens : {concept}"
            if not words and not purpose:
                purpose = "rapprochement incertain"
            held.append(
                _Held(
                    float(share), words, purpose, bool(share >= JUDGED_ENOUGH), bool(share >= JUDGED_RELATED),
                    float(by_itself),
                )
            )  # fmt: skip
        return held

    def _matches(self, ask: Side, offers: Sequence[Side], held: Sequence[_Held]) -> list[Match]:
        pairs = zip(offers, held, strict=True)
        return [match for offer, one in pairs if (match := self._match(ask, offer, one))]

    def _match(self, ask: Side, offer: Side, held: _Held) -> Match | None:
        relevance, words, purpose = held.relevance, held.words, held.purpose
        if not held.shown:
            return None
        km = _km(ask, offer)
        missing = [
            said
            for said in (
                _left(offer),
                _law(ask, offer),
                _days(ask, offer),
                _weekdays(ask, offer),
                _terms(ask, offer),
                _far(ask, offer, km),
            )
            if said
        ]
        covers = _covered(ask, offer)
        level = FITS if held.answers else ALMOST
        if level == ALMOST:
            missing.append(PARTLY)
        elif covers and covers < 1:
            level = PART if covers >= 0.1 else ALMOST
            missing.append(f"{_number(offer.quantity)} proposés, {_number(ask.quantity)} demandés")
        blocked = len(missing) - (1 if level == PART else 0)
        if level != ALMOST and blocked:
            level = ALMOST
        score = relevance * (exp(-km / 60) if km is not None else 0.8) * self._fresh(offer)
        score *= 1 + min(offer.deals, 5) / 50
        if covers is not None and covers < 1:
            score *= 0.6 + 0.4 * covers
        return Match(
            offer.key, level, round(score, 4), round(relevance, 4), km, words, tuple(missing),
            tuple(self._reasons(ask, offer, km, words, purpose)), covers, ask.quantity, offer.quantity,
            offer.unit,
        )  # fmt: skip

    def relevance(self, asked: Asked, offered: Sequence[Unit]) -> tuple[float, tuple[str, ...], str]:
        """How likely the offer is what is asked, from 0 to 1, the words that say so, and the purpose that it serves.

        Each unit of the ask that the offer holds is one more piece of evidence (noisy or); a thing named and not held
        halves it. What the ask tells without naming a thing is evidence for what serves it.
        """
        doubt = 1.0
        said: list[str] = []
        things = [unit for unit in asked.units if unit.weight >= 1]
        named = [unit for unit in things if unit.concepts]
        titled = [unit for unit in offered if unit.weight >= 1]
        held = headed = False
        touched = self._touched(tuple(offered))
        for unit in asked.units:
            best, word = self._quality(unit, offered) if self._touches(unit, touched) else (0.0, "")
            if not best:
                continue
            if unit.weight >= 1:
                held = True
                headed = headed or bool(self._quality(unit, titled)[0])
            telling = min(1.0, self._telling(unit))
            doubt *= 1 - min(0.97, unit.weight * best * telling)
            if word not in said:
                said.append(word)
        serves, purpose = self.serves(asked, offered)
        found = 1 - doubt
        if things and not held:
            found *= LOST_NAMED if named else LOST
        elif things and not headed:
            found *= ASIDE
        weight = SERVES_NAMED if named else SERVES_VAGUE
        if serves and (not named or held or serves * weight > found):
            found = 1 - (1 - found) * (1 - serves * weight)
        else:
            purpose = ""
        return found, tuple(said), purpose

    def _telling(self, unit: Unit) -> float:
        """A concept of the lexicon tells; an unknown word tells as it is rare."""
        return 1.0 if unit.concepts else 0.45 + 0.2 * max(self.corpus.rarity(word) for word in unit.terms)

    def serves(self, asked: Asked, offered: Sequence[Unit]) -> tuple[float, str]:
        """How surely what is told is a purpose of what is offered, word for word, and the purpose."""
        best, words = 0.0, ""
        for unit in offered:
            for concept in unit.concepts:
                strength, purpose = asked.served.get(concept, (0.0, ""))
                strength *= 0.4 + 0.6 * min(unit.weight, 1.0)
                if strength > best:
                    best = strength
                    words = (
                        f"{unit.words} sert pour « {purpose} »"
                        if purpose
                        else f"{unit.words} sert souvent à cela"
                    )
        return best, words

    def _touched(self, offered: tuple[Unit, ...]) -> _Touched:
        """What an offer can be matched by, at all: its terms, its concepts, these with what they are a kind of."""
        found = self._met.get(offered)
        if found is None:
            if len(self._met) > 5000:
                self._met.clear()
            concepts = frozenset(c for unit in offered for c in unit.concepts)
            kin = frozenset(above for c in concepts for above in self.lexicon.broader[c])
            terms = frozenset(term for unit in offered for term in unit.terms)
            found = self._met[offered] = terms, concepts, concepts | kin
        return found

    def _touches(self, unit: Unit, touched: _Touched) -> bool:
        terms, concepts, kin = touched
        return (
            not terms.isdisjoint(unit.terms) or not kin.isdisjoint(unit.concepts)
            or any(not concepts.isdisjoint(self.lexicon.broader[c]) for c in unit.concepts)
        )  # fmt: skip

    def _quality(self, unit: Unit, offered: Sequence[Unit]) -> tuple[float, str]:
        best, word = 0.0, ""
        for other in offered:
            place = PLACE + (1 - PLACE) * min(other.weight, 1.0)
            if unit.terms == other.terms:
                quality = EXACT * place
            elif unit.concepts & other.concepts:
                quality = CONCEPT * place
            else:
                quality = self._kin(unit, other) * place
                if shared := (set(unit.terms) & set(other.terms)) - GENERIC_TERMS:
                    quality = max(quality, 0.7 * place * len(shared) / max(len(unit.terms), len(other.terms)))
            if quality > best:
                best, word = quality, other.words
        return best, word

    def _kin(self, unit: Unit, other: Unit) -> float:
        """What is a kind of what is asked answers it; what it is a kind of may."""
        if any(self.lexicon.broader[c] & unit.concepts for c in other.concepts):
            return NARROWER
        if any(self.lexicon.broader[c] & other.concepts for c in unit.concepts):
            return BROADER
        return 0.0

    def _units(self, offer: Side) -> tuple[Unit, ...]:
        key = (offer.title, offer.text)
        found = self.read.get(key)
        if found is None:
            found = self.read[key] = tuple(read_offer(self.lexicon, offer.title, offer.text))
        return found

    def _fresh(self, offer: Side) -> float:
        if offer.confirmed is None:
            return 0.9
        return max(0.8, 1 - max((self.today - offer.confirmed).days, 0) / 1800)

    def _reasons(
        self, ask: Side, offer: Side, km: float | None, words: Sequence[str], purpose: str
    ) -> Iterable[str]:
        if words:
            yield "en commun : " + ", ".join(words)
        if purpose:
            yield purpose
        if km is not None:
            yield f"à {km:.0f} km" if km >= 1 else "dans la commune"
        if offer.quantity and offer.total and offer.quantity < offer.total:
            yield f"il en reste {_number(offer.quantity)} sur {_number(offer.total)}"
        if offer.confirmed:
            yield f"confirmée le {offer.confirmed:%d/%m/%Y}"
        if offer.deals:
            yield f"déjà {offer.deals} accord{'s' if offer.deals > 1 else ''} conclu{'s' if offer.deals > 1 else ''}"


def answered(matches: Collection[Match]) -> bool:
    """Whether somebody answers the ask, wholly or in part; otherwise « personne ne le propose »."""
    return any(match.level > ALMOST for match in matches)


def _beside(match: Match, closest: float) -> Match:
    """What is far less what is asked than another offer, be that one blocked by a fact, does not answer in its place."""
    if match.level == ALMOST or match.relevance >= RIVAL * closest:
        return match
    return replace(match, level=ALMOST, missing=(*match.missing, PARTLY))


def _rank(match: Match) -> float:
    """Fits and parts compete by score; what almost fits comes after, whatever its words."""
    return match.score + (10 if match.level > ALMOST else 0)


def kinship(asked: str, offered: str) -> float:
    """How near two kinds are, from 0.75 to 1; unsaid kinds are no obstacle."""
    if not asked or not offered or asked == offered:
        return 1.0
    return 0.92 if {asked, offered} in _NEAR_KINDS else 0.75


def _left(offer: Side) -> str:
    if offer.quantity is None or offer.quantity > 0:
        return ""
    return "tout est déjà réservé pour ces jours-là" if offer.back else "il n’en reste plus"


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


def _weekdays(ask: Side, offer: Side) -> str:
    offered = weekdays(f"{offer.title} . {offer.text}")
    if not offered:
        return ""
    wanted = weekdays(f"{ask.title} . {ask.text}") or _days_between(ask.since, ask.until)
    if not wanted or wanted & offered:
        return ""
    return "proposée le " + ", le ".join(DAYS[day] for day in sorted(offered))


def _days_between(since: date | None, until: date | None) -> frozenset[int]:
    if since is None or until is None or (until - since).days > 5:
        return frozenset()
    return frozenset((since + timedelta(days=n)).weekday() for n in range((until - since).days + 1))


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
