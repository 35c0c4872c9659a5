"""The facts between two records, as names of `weighing.POINTS`; each is yes, no, or a measure from 0 to 1."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from horizon.engine.identity import words
from horizon.engine.identity.names import Alignment, align, spells
from horizon.engine.identity.records import Ground, Reading, opened

CONTACTS = ("same_phone", "same_email", "same_site", "same_domain")


@dataclass(frozen=True)
class Corpus:
    """What is known of all the records together: how rare words are, which contacts many share."""

    ground: Ground = field(default_factory=Ground)
    rarity: Mapping[str, float] = field(default_factory=dict)
    shared: Collection[str] = frozenset()


@dataclass
class Comparison:
    """Two readings side by side: the facts, and the matched words that reasons quote."""

    a: Reading
    b: Reading
    facts: dict[str, float]
    alignment: Alignment
    piece: tuple[str, ...] = ()


def compare(a: Reading, b: Reading, corpus: Corpus) -> Comparison:
    """Every fact between two readings; the order of the two does not matter."""
    if (b.record.name, b.record.key) < (a.record.name, a.record.key):
        a, b = b, a
    facts: dict[str, float] = {}
    mine, theirs = _spelled_out(a.tokens, b.tokens), _spelled_out(b.tokens, a.tokens)
    mine, theirs = _acronyms(a, b, mine, facts, corpus), _acronyms(b, a, theirs, facts, corpus)
    found = Comparison(a, b, facts, align(mine, theirs, corpus.ground.place_words, corpus.rarity))
    _numbers(a, b, facts)
    _contacts(a, b, facts, corpus)
    if not found.alignment.shared and not (a.acronyms or b.acronyms) and not any(facts.values()):
        facts.update(cover=0.0, letters=0.0, piece=0.0, each_has_more=1.0, nothing_telling=1.0)
        return found
    _place(a, b, facts)
    _names(found, corpus)
    _natures(found)
    return found


def _spelled_out(tokens: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name, a usual acronym opened where the other name has its words."""
    found: list[str] = []
    for word in tokens:
        longer = words.SPELLED.get(word, ())
        found.extend(longer if longer and set(longer) <= set(other) else (word,))
    return tuple(found)


def _acronyms(
    mine: Reading, theirs: Reading, tokens: tuple[str, ...], facts: dict[str, float], corpus: Corpus
) -> tuple[str, ...]:
    """Notes that an acronym of one is made of the other's initials, and leaves it out of the words to match."""
    for word in sorted(mine.acronyms):
        if word in theirs.tokens or not (spells(word, theirs.all_words) or spells(word, theirs.glued)):
            continue
        bare = [w.rstrip("0123456789") for w in tokens]
        plain = corpus.ground.place_words | words.GENERIC | {word, ""}
        if all(w in plain for w in bare):
            facts["spelled"] = 1
        elif word in bare:
            facts["spelled_too"] = 1
        else:
            continue
        return tuple(token for token, w in zip(tokens, bare, strict=True) if w != word)
    return tokens


def _numbers(a: Reading, b: Reading, facts: dict[str, float]) -> None:
    if a.siret and b.siret and a.siret == b.siret:
        facts["same_siret"] = 1
    if a.siren and b.siren:
        if a.siren == b.siren:
            facts["same_siren"] = 1
        elif _one_digit(a.siren, b.siren):
            facts["siren_misread"] = 1
        else:
            facts["two_siren"] = 1
    if a.siret and b.siret and a.siret != b.siret and a.siren == b.siren:
        facts["two_siret"] = 1
    if a.rna and b.rna:
        facts["same_rna" if a.rna == b.rna else "two_rna"] = 1


def _one_digit(one: str, other: str) -> bool:
    return sum(x != y for x, y in zip(one, other, strict=True)) == 1


def _contacts(a: Reading, b: Reading, facts: dict[str, float], corpus: Corpus) -> None:
    same, apart = 0, 0
    for name, mine, theirs in (
        ("phone", a.phones, b.phones),
        ("email", frozenset({a.email} - {""}), frozenset({b.email} - {""})),
        ("site", frozenset({a.site} - {""}), frozenset({b.site} - {""})),
    ):
        both = mine & theirs
        if both:
            same += 1
            facts[f"same_{name}"] = 1
            if both <= set(corpus.shared):
                facts["contact_of_many"] = 1
        elif mine and theirs:
            apart += 1
    facts["contacts_apart"] = float(apart > 0 and same == 0)
    if a.domain and b.domain and a.email != b.email and a.domain == b.domain:
        facts["same_domain_two_boxes"] = 1
    hosts = a.site.split("/")[0], b.site.split("/")[0]
    if not same and (a.domain and a.domain == hosts[1] or b.domain and b.domain == hosts[0]):
        facts["same_domain"] = 1


def _place(a: Reading, b: Reading, facts: dict[str, float]) -> None:
    one, other = a.record, b.record
    if one.commune and other.commune:
        facts["same_commune" if one.commune == other.commune else "two_communes"] = 1
    elif one.postal_code and other.postal_code:
        facts["same_postal" if one.postal_code == other.postal_code else "two_postals"] = 1
    if a.mentioned and b.mentioned and not a.mentioned & b.mentioned:
        facts["names_two_communes"] = 1
    else:
        for here, there in ((a, b), (b, a)):
            if (
                here.mentioned
                and not there.mentioned
                and there.record.commune
                and there.record.commune not in here.mentioned
            ):
                facts["names_another_commune"] = 1
    contact = any(facts.get(name) for name in CONTACTS)
    if a.street and b.street and not contact:
        facts["same_street" if a.street == b.street else "two_streets"] = 1


def _names(found: Comparison, corpus: Corpus) -> None:
    a, b, facts, align_ = found.a, found.b, found.facts, found.alignment
    places = corpus.ground.place_words
    facts["cover"] = align_.cover
    facts["letters"] = fuzz.ratio(a.shape, b.shape) / 100 if a.shape and b.shape else 0.0
    if align_.whole > 0.999:
        facts["same_name"] = 1
        if align_.telling < 0.9:
            facts["plain_name"] = 1
            if facts.get("two_communes") or facts.get("two_postals"):
                facts["plain_name_elsewhere"] = 1
    facts["each_has_more"] = min(align_.left_a, align_.left_b, 2.0) / 2
    facts["mistyped"] = float(bool(align_.mistyped))
    facts["shortened"] = float(bool(align_.shortened))
    best = 0.0
    for mine, theirs in ((a, b), (b, a)):
        for piece in mine.pieces:
            if piece == mine.tokens and len(theirs.pieces) == 1:
                part = found.alignment
                left = part.left_a if mine is a else part.left_b
                if part.telling >= 0.7 and left < 0.01 and part.shared > best:
                    best, found.piece = part.shared, piece
                continue
            part = align(piece, theirs.tokens, corpus.ground.place_words, corpus.rarity)
            if piece and part.telling >= 0.7 and part.left_a < 0.01 and part.shared > best:
                best, found.piece = part.shared, piece
            for other in theirs.pieces:
                both = align(piece, other, corpus.ground.place_words, corpus.rarity)
                if both.telling >= 0.7 and both.whole > 0.999:
                    facts["same_piece"] = 1
    facts["piece"] = min(best, 2.0) / 2
    if a.renamed or b.renamed:
        facts["renamed"] = 1
    for mine, theirs in ((a, b), (b, a)):
        for piece in mine.pieces if mine.renamed else ():
            others = (align(piece, other, places, corpus.rarity) for other in (theirs.tokens, *theirs.pieces))
            if any(other.whole >= 0.6 for other in others):
                facts["was_named"] = 1
    for word in a.acronyms & b.acronyms:
        said = [
            word in "".join(opened(side.record.acronym)) or word.upper() in side.record.name
            for side in (a, b)
        ]
        named = any(word in side.tokens and len(side.tokens) <= 2 for side in (a, b))
        if all(said):
            facts["same_acronym" if named or facts["cover"] > 0.6 else "acronym_only"] = 1
    if facts["letters"] >= 0.92:
        facts["same_letters"] = 1
    if facts["mistyped"] and (facts.get("two_rna") or facts.get("two_siren") or facts.get("contacts_apart")):
        facts["near_but_known_apart"] = 1
    known = any(
        facts.get(name)
        for name in ("same_rna", "same_siren", "same_siret", "spelled", "spelled_too", "same_piece")
    )
    contact = any(facts.get(name) for name in CONTACTS)
    whole = align_.cover > 0.99 and align_.shared >= 0.7 or facts.get("same_letters")
    if align_.telling < 0.7 and not (known or contact or whole or facts.get("same_name")):
        facts["nothing_telling"] = 1
    if contact and align_.shared > 0:
        facts["contact_and_word"] = 1
    elif contact and not facts.get("contact_of_many"):
        facts["contact_alone"] = 1
    for mine, theirs in ((a, b), (b, a)):
        short, long = mine.tokens, theirs.tokens
        if (
            short
            and short[0] in words.INSTITUTIONS
            and len(long) > len(short)
            and long[-len(short) :] == short
        ):
            facts["of_an_institution"] = 1


def _natures(found: Comparison) -> None:
    a, b, facts = found.a, found.b, found.facts
    alone = set(found.alignment.alone_a), set(found.alignment.alone_b)
    sides = set(a.all_words), set(b.all_words)
    bodies = [{words.BODY_OF[word] for word in side if word in words.BODY_OF} for side in sides]
    apart = [{words.BODY_OF[word] for word in side if word in words.BODY_OF} for side in alone]
    if apart[0] ^ apart[1]:
        facts["other_body"] = 1
    if (
        {"town", "ccas"} & bodies[0]
        and {"town", "ccas"} & bodies[1]
        and ("ccas" in bodies[0]) != ("ccas" in bodies[1])
    ):
        facts["town_and_ccas"] = 1
    if ((words.PARTS & alone[0]) or (words.PARTS & alone[1])) and not facts.get("spelled"):
        facts["a_part"] = 1
    if (words.HEADS & alone[0]) or (words.HEADS & alone[1]):
        facts["a_head"] = 1
    if (
        (words.SITES & sides[0])
        and (words.SITES & sides[1])
        and (words.SITES & sides[0]) != (words.SITES & sides[1])
    ):
        facts["two_sites"] = 1
    if (words.AFTER & sides[0]) or (words.AFTER & sides[1]):
        facts["came_after"] = 1
    if a.form and b.form and a.form != b.form:
        facts["two_forms"] = 1
