"""From facts to a decision: numbers alone may decide, names and places only suggest.

Points are log-odds, as in Fellegi & Sunter (1969): those of names, places and contacts were fitted by logistic regression on
`tests/labelled/pairs_dev.csv`, then rounded; those of numbers are set by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

from horizon.engine.identity.comparing import Comparison, Corpus, compare
from horizon.engine.identity.records import Reading, is_number

AUTO, SUGGEST, NO = "auto", "suggest", "no"
LEAST = -1.3
START = -0.2
SURE = 6.0
POINTS = {
    "same_siret": 2.0, "same_siren": 1.0, "same_rna": 2.0, "siren_misread": 0.0, "two_siren": -2.0, "two_rna": -1.6, "two_siret": -1.0,
    "same_name": 1.2, "cover": 0.7, "piece": 0.7, "same_piece": 0.5, "same_letters": 0.1, "shortened": 0.8, "spelled": 2.2,
    "spelled_too": 1.2, "same_acronym": 0.1, "renamed": 0.2, "was_named": 1.8, "each_has_more": -2.0, "nothing_telling": -1.8,
    "plain_name": -0.5, "plain_name_elsewhere": -2.0, "acronym_only": -0.9, "near_but_known_apart": -1.4, "same_email": 1.0,
    "contact_and_word": 1.5, "contact_alone": 1.3, "contact_of_many": -0.6, "contacts_apart": -2.0, "same_domain_two_boxes": -0.8,
    "same_postal": 0.7, "two_postals": -0.9, "two_communes": -2.3, "names_two_communes": -0.8, "names_another_commune": -0.6,
    "same_street": -1.4, "other_body": -1.1, "town_and_ccas": -3.0, "a_part": -1.2, "came_after": -1.1, "of_an_institution": -1.8,
    "two_forms": -1.7,
}  # fmt: skip

Say = Callable[[Comparison], str]
FOR: dict[str, str | Say] = {
    "same_siret": lambda c: f"même SIRET ({c.a.siret})",
    "same_siren": lambda c: f"même SIREN ({c.a.siren})",
    "same_rna": lambda c: f"même numéro RNA ({c.a.rna})",
    "siren_misread": lambda c: f"SIREN à un chiffre près ({c.a.siren} et {c.b.siren})",
    "same_email": lambda c: f"même adresse électronique ({c.a.email})",
    "same_phone": lambda c: f"même téléphone ({_spaced(min(c.a.phones & c.b.phones))})",
    "same_site": lambda c: f"même site ({c.a.site})",
    "spelled": "le sigle de l’une est fait des initiales de l’autre",
    "spelled_too": "le sigle de l’une est fait des initiales de l’autre",
    "same_name": lambda c: (
        "noms équivalents" + (" à une faute de frappe près" if c.alignment.mistyped else "")
    ),
    "piece": lambda c: f"« {' '.join(c.piece)} » dans les deux noms",
    "same_letters": "mêmes lettres, à une lecture près",
    "shortened": "des mots abrégés",
    "same_domain": "l’adresse électronique de l’une est au nom du site de l’autre",
    "was_named": "l’ancien nom est rappelé",
    "same_commune": "même commune",
    "same_postal": "même code postal",
    "same_street": "même adresse",
}
AGAINST: dict[str, str | Say] = {
    "two_siren": lambda c: f"deux SIREN différents ({c.a.siren} et {c.b.siren})",
    "two_siret": "deux SIRET différents : peut-être deux lieux",
    "two_rna": lambda c: f"deux numéros RNA différents ({c.a.rna} et {c.b.rna})",
    "two_communes": "deux communes différentes",
    "two_postals": "deux codes postaux différents",
    "names_two_communes": "les noms disent deux communes",
    "names_another_commune": "un nom dit une autre commune",
    "two_forms": "deux formes juridiques différentes",
    "town_and_ccas": "une mairie et son CCAS",
    "a_part": "l’une est peut-être une section de l’autre",
    "other_body": "l’une est peut-être l’amicale, les parents ou les amis de l’autre",
    "of_an_institution": "l’une semble rattachée à l’établissement de l’autre",
    "came_after": "l’une a peut-être pris la suite de l’autre",
    "two_sites": "peut-être deux lieux d’une même structure",
    "contacts_apart": "des contacts différents",
    "contact_of_many": "ce contact sert à plusieurs structures",
    "each_has_more": lambda c: (
        f"« {' '.join(c.alignment.alone_a)} » d’un côté, « {' '.join(c.alignment.alone_b)} » de l’autre"
    ),
    "plain_name_elsewhere": "beaucoup portent ce nom ailleurs",
    "near_but_known_apart": "une lettre d’écart peut suffire",
}


@dataclass(frozen=True)
class Verdict:
    """What to do of a pair: `auto`, `suggest` or `no`; from 0 to 1; why, and what speaks against it, in French."""

    decision: str
    score: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]


def decide(a: Reading, b: Reading, corpus: Corpus) -> Verdict:
    """Compares two readings and decides."""
    return judge(compare(a, b, corpus))


def judge(found: Comparison) -> Verdict:
    """The decision on a comparison. Only numbers decide alone: a name, an address, a telephone never do."""
    points = START + sum(POINTS[name] * value for name, value in found.facts.items() if name in POINTS)
    sure = certain(found)
    points = max(points, SURE) if sure else min(points, SURE - 0.1)
    decision = AUTO if sure else SUGGEST if points >= LEAST else NO
    score = round(1 / (1 + exp(-points)), 4)
    if decision == NO:
        return Verdict(NO, score, (), ())
    told = found.facts if not found.facts.get("same_name") else {**found.facts, "piece": 0, "same_letters": 0}
    said = tuple(_say(say, found) for name, say in FOR.items() if told.get(name))
    doubts = tuple(_say(say, found) for name, say in AGAINST.items() if found.facts.get(name))
    return Verdict(decision, score, said, doubts)


def certain(found: Comparison) -> bool:
    """Whether numbers prove that it is the same organisation.

    One SIRET; or one SIREN with a right check digit, unless two SIRET are known or the places differ; or one RNA number,
    which has no check digit and so needs a name or a contact that agrees. Nothing may speak for two organisations: two
    numbers, a town hall and its CCAS, two places, one that followed the other.
    """
    facts = found.facts
    if apart(found) or facts.get("two_sites") or facts.get("came_after"):
        return False
    if facts.get("same_siret"):
        return is_number(found.a.siren)
    if facts.get("same_rna"):
        agree = any(
            facts.get(name)
            for name in ("same_name", "spelled", "same_acronym", "contact_and_word", "same_email")
        )
        return bool(
            agree or facts["cover"] >= 0.6 and not facts.get("nothing_telling") or facts["letters"] >= 0.8
        )
    return bool(facts.get("same_siren")) and is_number(found.a.siren) and not facts.get("two_communes")


def apart(found: Comparison) -> bool:
    """Whether numbers forbid that the two be put together without a person: two SIREN, two SIRET, two RNA numbers."""
    facts = found.facts
    return any(
        facts.get(name) for name in ("two_siren", "siren_misread", "two_siret", "town_and_ccas")
    ) or bool(facts.get("two_rna") and not facts.get("same_siren"))


def _say(say: str | Say, found: Comparison) -> str:
    return say if isinstance(say, str) else say(found)


def _spaced(phone: str) -> str:
    return " ".join(phone[i : i + 2] for i in range(0, len(phone), 2))
