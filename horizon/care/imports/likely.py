"""Which structures of the directory may a line of a table be? A quick index brings a few; the engine of duplicates decides."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from horizon.actors.models import Organization
from horizon.care.finding import COLUMNS, home_ground, numbers_known, record_from
from horizon.directory.models import Entry, Identifier
from horizon.directory.queries import current_publication
from horizon.engine.folding import fold
from horizon.engine.identity import words
from horizon.engine.identity.comparing import Corpus, compare
from horizon.engine.identity.records import Reading, Record, phones_in, read, web_address
from horizon.engine.identity.weighing import AUTO, NO, Verdict, judge
from horizon.engine.tables.meaning import digits

AT_MOST, COMPARED, NEAR = (
    4,
    12,
    55,
)  # shown; compared by the engine; of 100, how near two names are to be compared
MANY = 3
Found = list[tuple[Organization, str, bool]]


def likely_existing(values: Mapping[str, str]) -> Found:
    """`(organization, why in French, sure)`, the surest first, from what a line says: name, commune (a code), numbers, contacts.

    Sure: a number that the engine believes with all else that is known, or a contact that one structure alone gives and a name
    that agrees. A number alone may be mistyped, or be of another establishment. Two queries once warm; merged organizations
    answer with their canonical one.
    """
    publication = current_publication()
    if publication is None:
        return []
    index = _index(publication.pk, publication.edition, publication.published_at.isoformat())
    line = read(_line(values), index.corpus.ground)
    said: dict[int, list[str]] = defaultdict(list)
    for row in Identifier.objects.filter(key__in=register_keys(values)).select_related("organization"):
        said[row.organization.root_id].append(row.key.partition(":")[0].upper())
    judged = {
        pk: index.verdict(line, pk) for pk in {*index.near(line), *(said.keys() & index.records.keys())}
    }
    kept = {pk: one for pk, one in judged.items() if one[0].decision != NO and pk not in said}
    organizations = Organization.objects.in_bulk([*said, *kept])
    found = [
        (organizations[pk], *_numbered(kinds, judged[pk][0] if pk in judged else None))
        for pk, kinds in said.items()
        if pk in organizations
    ]
    found.sort(key=lambda one: not one[2])
    for pk, (verdict, sure) in sorted(
        kept.items(), key=lambda one: (not one[1][1], -one[1][0].score, one[0])
    ):
        if pk in organizations:
            found.append((organizations[pk], ", ".join(verdict.reasons[:3]) or "noms proches", sure))
    return found[:AT_MOST]


def _numbered(kinds: list[str], verdict: Verdict | None) -> tuple[str, bool]:
    """Why a structure that has a number of the line is it, or what speaks against it; without a page, nothing does."""
    why = f"même {' et même '.join(sorted(kinds, reverse=True))}"
    if verdict is None or verdict.decision == AUTO:
        return why, True
    doubts = verdict.doubts[:2] or ("le nom ou le lieu n’est pas le même",)
    return f"{why}, mais {' ; '.join(doubts)}", False


def _line(values: Mapping[str, str]) -> Record:
    names = (
        "name",
        "acronym",
        "siren",
        "siret",
        "rna",
        "postal_code",
        "commune",
        "website",
        "phone",
        "email",
    )
    return Record(
        key="line", street=values.get("address", ""), **{name: values.get(name, "") for name in names}
    )


def register_keys(values: Mapping[str, str]) -> list[str]:
    """The keys that registers may know a structure by; a SIRET starts with its SIREN."""
    siren = digits(values.get("siren", "")) or digits(values.get("siret", ""))[:9]
    rna = values.get("rna", "").strip().upper()
    return [f"{kind}:{key}" for kind, key in (("siren", siren), ("rna", rna)) if key]


def website_key(text: str) -> str:
    """A web address without what does not tell one site from another.

    >>> website_key("https://www.Tilleul.fr/"), website_key("tilleul.fr"), website_key("https://facebook.com")
    ('tilleul.fr', 'tilleul.fr', '')
    """
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", text.strip().lower()).rstrip("/")
    shared = bare.partition("/")[0] in {
        "facebook.com",
        "instagram.com",
        "linkedin.com",
        "helloasso.com",
        "fr-fr.facebook.com",
    }
    return "" if shared and "/" not in bare else bare


def phone_key(text: str) -> str:
    """The digits of a telephone number, French ones with their zero."""
    return re.sub(r"^(?:\+33|0033)0?", "0", re.sub(r"[^\d+]", "", text))


@dataclass
class _Index:
    """What the directory says, to compare with: records by organization, and what quickly leads to a few of them."""

    records: dict[int, list[Record]]
    corpus: Corpus
    contacts: dict[str, list[int]]
    names: dict[str, dict[str, list[int]]]
    initials: dict[tuple[str, str], list[int]]
    read: dict[int, list[Reading]] = field(default_factory=dict)

    def near(self, line: Reading) -> set[int]:
        """Those that share a contact, and those of its commune whose name, acronym or initials are near."""
        found = {pk for contact in _contacts(line.record) for pk in self.contacts.get(contact, ())[:COMPARED]}
        here, name = line.record.commune, fold(line.record.name)
        known = self.names.get(here, {})
        close = (
            process.extract(
                name, known.keys(), scorer=fuzz.token_set_ratio, score_cutoff=NEAR, limit=COMPARED
            )
            if name
            else []
        )
        found.update(pk for text, *_ in close for pk in known[text])
        for word in {*line.acronyms, *_initials(name)}:
            found.update(self.initials.get((here, word), ()))
        return found

    def verdict(self, line: Reading, pk: int) -> tuple[Verdict, bool]:
        """What the engine says of a line and an organization, by the record of it that is nearest; and whether it is sure."""
        if pk not in self.read:
            self.read[pk] = [read(record, self.corpus.ground) for record in self.records[pk]]
        compared = [compare(line, one, self.corpus) for one in self.read[pk]]
        verdict, facts = max(((judge(one), one.facts) for one in compared), key=lambda pair: pair[0].score)
        alone = any(self.contacts.get(contact) == [pk] for contact in _contacts(line.record))
        agrees = bool(facts.get("contact_and_word") or facts.get("same_name"))
        return (
            verdict,
            verdict.decision == AUTO or verdict.decision != NO and alone and agrees and not verdict.doubts,
        )


def _contacts(record: Record) -> set[str]:
    site = web_address(record.website) if website_key(record.website) else ""
    return {*phones_in(record.phone), *({site} if site else ())}


def _initials(folded: str) -> set[str]:
    """The plain initials of a name, its empty words counted or not: the engine knows more, and decides."""
    said = folded.split()
    full = [word for word in said if word not in words.STOP]
    return {
        text for text in ("".join(w[0] for w in said), "".join(w[0] for w in full)) if 3 <= len(text) <= 9
    }


@lru_cache(maxsize=1)
def _index(publication_id: int, edition: str, published_at: str) -> _Index:
    """The index of a publication, kept until it says something else. Four queries."""
    numbers = numbers_known()
    records: dict[int, list[Record]] = defaultdict(list)
    contacts: dict[str, list[int]] = defaultdict(list)
    names: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    initials: dict[tuple[str, str], list[int]] = defaultdict(list)
    rows = Entry.objects.filter(publication_id=publication_id).order_by("ordinal")
    for canonical, *row in rows.values_list("organization__canonical", *COLUMNS).iterator(chunk_size=5000):
        record = record_from(dict(zip(COLUMNS, row, strict=True)), numbers)
        pk = canonical or int(record.key)
        records[pk].append(replace(record, key=str(pk)))
        for contact in _contacts(record):
            if pk not in contacts[contact]:
                contacts[contact].append(pk)
        for text in filter(None, {fold(record.name), fold(record.acronym)}):
            names[record.commune][text].append(pk)
            for word in {*_initials(text), *([text] if " " not in text else [])}:
                initials[record.commune, word].append(pk)
    shared = frozenset(contact for contact, pks in contacts.items() if len(pks) >= MANY)
    corpus = Corpus(ground=home_ground(), shared=shared)
    return _Index(
        dict(records), corpus, dict(contacts), {c: dict(k) for c, k in names.items()}, dict(initials)
    )
