"""How good is the pairing? Measured on labelled asks, beside two baselines in the same run.

success@3: share of answerable asks with an offer graded 2 or 3 among the first three. nDCG@5: Järvelin & Kekäläinen (2002),
gains 2^grade - 1. nobody_recall: share of unanswerable asks of which it is said that nobody answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log, log2, sqrt

from horizon.engine.distance import distance_km
from horizon.engine.pairing.judging import Judge
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.reading import index_terms, read_offer
from horizon.engine.pairing.scoring import Corpus, Pairing, Side, answered
from horizon.engine.search.analysis import content_words, term

GOOD = 2
Ranker = Callable[[Side], tuple[list[str], bool]]


@dataclass(frozen=True)
class Labelled:
    """An ask and the grade (0 to 3) of each offer worth showing."""

    ask: Side
    grades: Mapping[str, int]

    @property
    def answerable(self) -> bool:
        """Whether an offer answers it fully or in good part."""
        return any(grade >= GOOD for grade in self.grades.values())


def read_side(row: Mapping[str, str], places: Mapping[str, tuple[float, float]], who: str) -> Side:
    """One row of the labelled files; a text without a title is one. `places` maps INSEE codes to (lat, lon)."""
    lat, lon = places.get(row["commune_code"], (None, None))
    return Side(
        key=row["id"], title=row["title"] or row["text"], text=row["text"] if row["title"] else "", kind=row["kind"], who=row[who],
        quantity=float(row["quantity"]) if row["quantity"] else None, unit=row["unit"], place=row["commune_code"],
        lat=lat, lon=lon, since=_day(row["from"]), until=_day(row["until"]), terms=frozenset(row["terms"].split()),
        confirmed=_day(row.get("confirmed_on", "")),
    )  # fmt: skip


def read_grades(text: str) -> dict[str, int]:
    """`o001:3 o002:1` as a mapping."""
    return {key: int(grade) for key, grade in (pair.split(":") for pair in text.split())}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def our_ranker(offers: Sequence[Side], lexicon: Lexicon, today: date, judge: Judge | None = None) -> Ranker:
    """The engine as it runs; without a judge, its hand-written rule."""
    counts: Counter[str] = Counter()
    for offer in offers:
        counts.update(index_terms(read_offer(lexicon, offer.title, offer.text)))
    pairing = Pairing(lexicon, Corpus(counts, len(offers)), today, judge)

    def rank(ask: Side) -> tuple[list[str], bool]:
        found = pairing.best(ask, offers)
        return [match.key for match in found], not answered(found)

    return rank


def boolean_ranker(offers: Sequence[Side]) -> Ranker:
    """Yes/no filters as marketplaces do: same kind, terms and days that meet, within 25 km; the nearest first."""

    def rank(ask: Side) -> tuple[list[str], bool]:
        kept = []
        for offer in offers:
            if ask.kind and offer.kind != ask.kind or ask.terms and not ask.terms & offer.terms:
                continue
            if offer.until and ask.since and offer.until < ask.since:
                continue
            km = distance_km(ask.lat or 0, ask.lon or 0, offer.lat or 0, offer.lon or 0)
            if km <= 25:
                kept.append((km, offer.key))
        return [key for _, key in sorted(kept)], not kept

    return rank


def tfidf_ranker(offers: Sequence[Side]) -> Ranker:
    """Plain TF-IDF, cosine, on stems of title and text (Salton & Buckley 1988)."""
    bags = {o.key: Counter(map(term, content_words(f"{o.title} {o.text}"))) for o in offers}
    seen = Counter(word for bag in bags.values() for word in bag)

    def weigh(bag: Counter[str]) -> dict[str, float]:
        weights = {w: n * log((len(offers) + 1) / (seen[w] + 1)) for w, n in bag.items()}
        norm = sqrt(sum(v * v for v in weights.values())) or 1.0
        return {w: v / norm for w, v in weights.items()}

    vectors = {key: weigh(bag) for key, bag in bags.items()}

    def rank(ask: Side) -> tuple[list[str], bool]:
        mine = weigh(Counter(map(term, content_words(f"{ask.title} {ask.text}"))))
        scores = {k: sum(v * vector.get(w, 0) for w, v in mine.items()) for k, vector in vectors.items()}
        kept = sorted((k for k, s in scores.items() if s > 0), key=lambda k: (-scores[k], k))
        return kept, not kept

    return rank


def measure(labelled: Iterable[Labelled], rank: Ranker) -> dict[str, float]:
    """The figures of a ranker. `nobody_false`: share of answerable asks of which « nobody » was said."""
    hits, gains, said, wrongly = [], [], [], []
    for one in labelled:
        keys, nobody = rank(one.ask)
        if not one.answerable:
            said.append(nobody)
            continue
        wrongly.append(nobody)
        hits.append(any(one.grades.get(key, 0) >= GOOD for key in keys[:3]))
        best = sorted(one.grades.values(), reverse=True)[:5]
        gains.append(_dcg([one.grades.get(key, 0) for key in keys[:5]]) / _dcg(best))
    return {
        "success_at_3": _mean(hits), "ndcg_at_5": _mean(gains), "nobody_recall": _mean(said), "nobody_false": _mean(wrongly),
    }  # fmt: skip


def _dcg(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
