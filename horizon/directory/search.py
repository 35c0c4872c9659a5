"""The directory's search index: postings in the database, understanding and ranking in `engine.search`.

One row per term: the listed entries that have it, grouped by the fields they have it in. SQLite and PostgreSQL return
the same bytes, and the engine ranks, so both give the same order.
"""

from __future__ import annotations

import csv
import json
import struct
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

from horizon.actors.models import Organization
from horizon.directory import labels
from horizon.directory.models import Entry, Publication, SearchTerm
from horizon.engine.folding import fold
from horizon.engine.search.analysis import EMPTY, content_words, initials, joined_pairs, term, words
from horizon.engine.search.ranking import (
    ACRONYM,
    ACTIVITY,
    COMMUNE,
    FORM,
    NAME,
    OBJECT,
    OTHER,
    Groups,
    Phrase,
    rank,
)
from horizon.engine.search.vocabulary import Vocabulary

SYNONYMS = Path(__file__).with_name("synonyms.csv")
BROADER = Path(__file__).with_name("broader.csv")
VOCABULARY = " words"
LENGTHS = " lengths"
NOT_TELLING = {"94.99Z", ""}
BATCH = 1000
LONG = 16_384
KEPT_BYTES = 32_000_000
_kept: dict[tuple[str, str], tuple[Groups, int]] = {}
_keeping = Lock()


@dataclass(frozen=True)
class Found:
    """Entries found, as positions in the catalogue, best first, and what the search did."""

    ordinals: list[int]
    explanation: list[str] = field(default_factory=list)


def listed(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that a list may show, in alphabetical order: their rank is their position in the index."""
    return [entry for entry in entries if entry.active and entry.in_perimeter and not entry.folded]


def index_entries(publication: Publication, entries: Iterable[Entry]) -> int:
    """Writes the index of a publication's entries (communes loaded); returns the number of terms."""
    rows = terms_of(publication, entries)
    SearchTerm.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows) - 2


def terms_of(publication: Publication, entries: Iterable[Entry]) -> list[SearchTerm]:
    """The index of entries in alphabetical order (communes loaded), as rows to write; the last two are no terms."""
    postings: dict[str, dict[int, int]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    lengths = array("H")
    size = 0
    entries = list(entries)
    aliases = _aliases(entries)
    for ordinal, entry in enumerate(listed(entries)):
        size += 1
        seen: set[str] = set()
        for bit, found in _fields(entry, aliases.get(entry.organization_id, ())):
            for word in found:
                root = term(word)
                postings[root][ordinal] = postings[root].get(ordinal, 0) | bit
                seen.add(word)
        counts.update(seen)
        lengths.append(min(len({term(word) for word in content_words(entry.name)}), 65_535))
    rows = [
        SearchTerm(publication=publication, term=root, body=_pack(found))
        for root, found in sorted(postings.items())
    ]
    vocabulary = zlib.compress(json.dumps({"size": size, "counts": dict(sorted(counts.items()))}).encode())
    rows.append(SearchTerm(publication=publication, term=VOCABULARY, body=vocabulary))
    rows.append(SearchTerm(publication=publication, term=LENGTHS, body=_little(lengths).tobytes()))
    return rows


def _aliases(entries: Iterable[Entry]) -> dict[int, list[str]]:
    """The names of merged entries, by the organization that they are read as. One query when there are some."""
    folded = [entry for entry in entries if entry.folded]
    found: dict[int, list[str]] = defaultdict(list)
    if folded:
        merged = Organization.objects.filter(canonical__isnull=False)
        roots = {row.pk: row.root_id for row in merged.only("pk", "canonical")}
        for entry in folded:
            names = (entry.name, entry.acronym, entry.other_names)
            found[roots.get(entry.organization_id, 0)].extend(name for name in names if name)
    return found


def _fields(entry: Entry, aliases: Iterable[str] = ()) -> Iterable[tuple[int, list[str]]]:
    name = content_words(entry.name)
    yield NAME, name
    yield NAME, joined_pairs(name)
    acronym = [word for word in (fold(entry.acronym).replace(" ", ""), initials(entry.name)) if word]
    yield ACRONYM, acronym + words(entry.acronym)
    for said in (entry.other_names, *aliases):
        other = content_words(said)
        yield OTHER, [*other, *joined_pairs(other)]
    yield OBJECT, content_words(entry.description)
    yield COMMUNE, content_words(entry.commune.name)
    if entry.naf_rev2 not in NOT_TELLING:
        yield ACTIVITY, content_words(labels.naf_label(entry.naf_rev2))
    yield (
        FORM,
        content_words(
            f"{labels.FAMILY_ONE.get(entry.family, '')} {labels.legal_label(entry.legal_category)}"
        ),
    )


def _little(values: array) -> array:
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        values = array(values.typecode, values)
        values.byteswap()
    return values


def _pack(found: dict[int, int]) -> bytes:
    groups: dict[int, array] = {}
    for ordinal, mask in found.items():
        groups.setdefault(mask, array("I")).append(ordinal)
    return b"".join(
        struct.pack("<HI", mask, len(ordinals)) + _little(ordinals).tobytes()
        for mask, ordinals in sorted(groups.items())
    )


def _unpack(body: bytes) -> Groups:
    groups, position = {}, 0
    while position < len(body):
        mask, count = struct.unpack_from("<HI", body, position)
        ordinals = array("I")
        ordinals.frombytes(body[position + 6 : position + 6 + 4 * count])
        groups[mask] = _little(ordinals)
        position += 6 + 4 * count
    return groups


def find(publication: Publication, query: str) -> Found:
    """Searches a publication: one query for the postings (two more the first time, for the vocabulary)."""
    vocabulary, lengths = _vocabulary(publication.pk, publication.edition)
    ranked = rank(query, vocabulary, synonyms(), partial(_fetch, publication), lengths, broader())
    return Found(ranked.ordinals, ranked.explanation)


def _fetch(publication: Publication, terms: list[str]) -> dict[str, Groups]:
    """The postings of terms. Long ones are few and asked again and again: the process keeps them, up to KEPT_BYTES."""
    edition = publication.edition
    found = {root: kept[0] for root in terms if (kept := _kept.get((edition, root)))}
    missing = [root for root in terms if root not in found]
    if missing:
        rows = SearchTerm.objects.filter(publication=publication, term__in=missing).values_list(
            "term", "body"
        )
        for root, body in rows:
            found[root] = _unpack(bytes(body))
            if len(body) >= LONG:
                _keep(edition, root, found[root], len(body))
    return found


def _keep(edition: str, root: str, groups: Groups, size: int) -> None:
    """Keeps postings, and drops those kept for longest when there are too many."""
    with _keeping:
        _kept[edition, root] = groups, size
        while sum(kept for _, kept in _kept.values()) > KEPT_BYTES:
            del _kept[next(iter(_kept))]


@lru_cache(maxsize=2)
def _vocabulary(publication_id: int, edition: str) -> tuple[Vocabulary, array]:
    rows = dict(
        SearchTerm.objects.filter(publication_id=publication_id, term__in=[VOCABULARY, LENGTHS]).values_list(
            "term", "body"
        )
    )
    stored = json.loads(zlib.decompress(bytes(rows[VOCABULARY])))
    lengths = array("H")
    lengths.frombytes(bytes(rows[LENGTHS]))
    return Vocabulary(stored["counts"], stored["size"]), _little(lengths)


@lru_cache(maxsize=1)
def synonyms() -> dict[Phrase, list[Phrase]]:
    """Editable synonyms: each line of the table is a set of words or phrases that may stand for one another."""
    table: dict[Phrase, list[Phrase]] = defaultdict(list)
    for cells in _lines(SYNONYMS):
        for cell in cells:
            _add(table, cell, cells)
    return dict(table)


@lru_cache(maxsize=1)
def broader() -> dict[Phrase, list[Phrase]]:
    """What to look for when nobody has the first word of a line: the others of that line, never the reverse."""
    table: dict[Phrase, list[Phrase]] = defaultdict(list)
    for cells in _lines(BROADER):
        _add(table, cells[0], cells[1:])
    return dict(table)


def _lines(path: Path) -> Iterator[list[list[str]]]:
    with path.open(encoding="utf-8") as stream:
        for row in csv.reader(line for line in stream if not line.startswith("#")):
            if cells := [words(cell) for cell in row if cell.strip()]:
                yield cells


def _add(table: dict[Phrase, list[Phrase]], cell: list[str], others: list[list[str]]) -> None:
    own = tuple(term(word) for word in cell if word not in EMPTY)
    known = table[tuple(term(word) for word in cell)]
    for other in others:
        phrase = tuple(term(word) for word in other if word not in EMPTY)
        if phrase and phrase != own and phrase not in known:
            known.append(phrase)


def forget() -> None:
    """Drops what is kept in memory."""
    with _keeping:
        _kept.clear()
    _vocabulary.cache_clear()
    synonyms.cache_clear()
    broader.cache_clear()
