"""Looking for duplicates: among what is published, when it changed, and while somebody types a name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import product
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.db.models.fields.json import KT

from horizon.actors.models import Organization
from horizon.care.duplicates import file_suggestion, merge_pair, weight
from horizon.care.models import DuplicateSuggestion, LookedAt
from horizon.directory.models import Entry, Identifier, Publication, SourceRecord
from horizon.directory.queries import current_publication, entries_saying
from horizon.engine.folding import fold
from horizon.engine.identity.comparing import Corpus
from horizon.engine.identity.finding import Population
from horizon.engine.identity.grouping import Pair, pair_of
from horizon.engine.identity.records import Ground, Reading, Record, read
from horizon.engine.identity.weighing import NO, Verdict, decide
from horizon.kernel.journal import record_event
from horizon.territory.models import Commune

PER_RUN = 1500
WEIGHED = 30
COLUMNS = (
    "organization_id", "name", "acronym", "siren", "rna", "legal_category", "address", "postal_code", "commune_id",
    "website", "phone", "email",
)  # fmt: skip


class Found(NamedTuple):
    """How many records were compared with all the others, merged by their numbers, shown to somebody."""

    compared: int = 0
    merged: int = 0
    suggested: int = 0

    def __str__(self) -> str:
        if not self.compared:
            return ""
        return f"{self.compared} comparées, {self.merged} réunies, {self.suggested} à regarder"


def find_duplicates(*, actor: str = "worker", everything: bool = False) -> Found:
    """Compares what changed since the last time with all that is published; `everything` looks at all of it again.

    At most `PER_RUN` records a run: the next one goes on. Merges what numbers prove, files what a person should look at,
    never asks again what was answered. Nothing is read twice while nothing changes.
    """
    publication = current_publication()
    if publication is None:
        return Found()
    ground = home_ground()
    records = {record.key: record for record in published_records(publication)}
    digests = {key: _digest(record) for key, record in records.items()}
    known = {str(pk): digest for pk, digest in LookedAt.objects.values_list("organization_id", "digest")}
    changed = sorted((key for key in records if everything or digests[key] != known.get(key)), key=int)
    now = changed if everything else changed[:PER_RUN]
    found = Found()
    if now:
        population = Population([read(record, ground) for record in records.values()], ground, set(now))
        found = _keep(population, population.verdicts, now, digests, actor)
    return found


@transaction.atomic
def _keep(
    population: Population, verdicts: Mapping[Pair, Verdict], looked: list[str], digests: dict[str, str], actor: str
) -> Found:  # fmt: skip
    """Merges what numbers prove and files the rest, wholes for wholes: a record that was merged speaks for its whole.

    `verdicts` are given: comparing takes seconds, during which nobody could write to SQLite if it were done in here.
    """
    wholes = _Wholes(population.readings)
    never, different, asked = _answers(wholes)
    organizations = {
        str(one.pk): one
        for one in Organization.objects.filter(
            pk__in={int(wholes.root(key)) for pair in verdicts for key in pair}
        )
    }
    best: dict[Pair, Verdict] = {}
    for pair, verdict in verdicts.items():
        both = _ordered(*map(wholes.root, pair))
        best[both] = max(best.get(both, verdict), verdict, key=lambda one: one.score)
    merged = 0
    for group in population.merges(never):
        stays = min(map(wholes.root, group), key=lambda key: weight(organizations[key]))
        for other in sorted({wholes.root(key) for key in group} - {stays}, key=int):
            pair = _ordered(stays, other)
            if pair not in asked and not wholes.parted(stays, other, never):
                why = best[pair].reasons if pair in best else ("même structure qu’une troisième fiche",)
                merge_pair(organizations[pair[0]], organizations[pair[1]], why=why, actor=actor)
                merged += 1
                wholes.join(stays, other)
    kept: set[tuple[int, int]] = set()
    for raw, verdict in population.suggestions(never):
        first, second = _ordered(*map(wholes.root, raw))
        rows = int(first), int(second)
        if first == second or (first, second) in asked or pair_of(*raw) in different or rows in kept:
            continue
        file_suggestion(organizations[first], organizations[second], verdict)
        kept.add(rows)
    _forget(looked, kept)
    LookedAt.objects.bulk_create(
        (LookedAt(organization_id=int(key), digest=digests[key]) for key in looked), batch_size=500,
        update_conflicts=True, unique_fields=["organization"], update_fields=["digest"],
    )  # fmt: skip
    if merged or kept:
        record_event(
            "look", "duplicates", len(looked), actor=actor, payload={"merged": merged, "suggested": len(kept)}
        )
    return Found(len(looked), merged, len(kept))


class _Wholes:
    """Which whole each record is of, while the job merges. One query."""

    def __init__(self, keys: Iterable[str]):
        merged = Organization.objects.filter(canonical__isnull=False).values_list("pk", "canonical")
        self._root = {str(pk): str(canonical) for pk, canonical in merged}
        self.members: dict[str, set[str]] = defaultdict(set)
        for key in {*keys, *self._root, *self._root.values()}:
            self.members[self.root(key)].add(key)

    def root(self, key: str) -> str:
        return self._root.get(key, key)

    def join(self, stays: str, other: str) -> None:
        for key in self.members.pop(other):
            self._root[key] = stays
            self.members[stays].add(key)

    def between(self, one: str, other: str) -> Iterator[Pair]:
        """Every pair of records of two wholes; none when they are one."""
        if self.root(one) != self.root(other):
            for mine, theirs in product(self.members[self.root(one)], self.members[self.root(other)]):
                yield pair_of(mine, theirs)

    def parted(self, one: str, other: str, never: Collection[Pair]) -> bool:
        return any(pair in never for pair in self.between(one, other))


def _answers(wholes: _Wholes) -> tuple[set[Pair], set[Pair], set[Pair]]:
    """Pairs of records that numbers may not merge, those of them that are two for ever, and the pairs already answered.

    What was said of two records holds for their wholes. An open question that is `automatic` is one whose merge somebody undid.
    """
    never, different, asked = set[Pair](), set[Pair](), set[Pair]()
    rows = DuplicateSuggestion.objects.exclude(status=DuplicateSuggestion.OPEN, automatic=False)
    for first, second, status in rows.values_list("first", "second", "status"):
        pair = str(first), str(second)
        if status != DuplicateSuggestion.OPEN:
            asked.add(pair)
        if status == DuplicateSuggestion.DIFFERENT:
            different.update((pair_of(*pair), *wholes.between(*pair)))
        elif status == DuplicateSuggestion.OPEN:
            never.update((pair_of(*pair), *wholes.between(*pair)))
    return never | different, different, asked


def _forget(looked: Iterable[str], kept: set[tuple[int, int]]) -> None:
    """Questions that nobody has answered nor reopened, about records that changed and no longer look alike, go."""
    ids = {int(key) for key in looked}
    old = DuplicateSuggestion.objects.filter(status=DuplicateSuggestion.OPEN, asked_at=None, automatic=False)
    stale = [
        pk for pk, first, second in old.values_list("pk", "first", "second")
        if (first in ids or second in ids) and (first, second) not in kept
    ]  # fmt: skip
    for start in range(0, len(stale), 500):
        DuplicateSuggestion.objects.filter(pk__in=stale[start : start + 500]).delete()


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if int(one) < int(other) else (other, one)


def _digest(record: Record) -> str:
    return blake2b(repr(record).encode(), digest_size=16).hexdigest()


def published_records(publication: Publication) -> Iterable[Record]:
    """The entries of a publication, declared structures and partners among them, merged ones too, as the engine reads them."""
    known = numbers_known()
    rows = Entry.objects.filter(publication=publication, active=True).order_by("organization")
    for row in rows.values_list(*COLUMNS).iterator(chunk_size=2000):
        yield record_from(dict(zip(COLUMNS, row, strict=True)), known)


Numbers = Mapping[int, Mapping[str, str]]


def numbers_known() -> Numbers:
    """What tells organizations apart and their entries do not say: tied SIREN and RNA numbers, the SIRET of SIRENE. Two queries."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    several: set[tuple[int, str]] = set()
    for key, pk in Identifier.objects.values_list("key", "organization_id").iterator(chunk_size=5000):
        kind, _, number = key.partition(":")
        if kind in found[pk]:
            several.add((pk, kind))
        found[pk][kind] = number
    for pk, kind in several:  # a page that changed numbers: its entry says which one lives
        del found[pk][kind]
    said = SourceRecord.objects.filter(source="sirene").annotate(siret=KT("values__siret"))
    for pk, siret in said.values_list("organization_id", "siret").iterator(chunk_size=5000):
        if siret:
            found[pk]["siret"] = siret
    return found


def record_of(entry: Entry) -> Record:
    """One entry as the engine reads it."""
    return record_from({name: getattr(entry, name) for name in COLUMNS})


def record_from(row: dict, known: Numbers | None = None) -> Record:
    """The columns of an entry as the engine reads them, with the numbers that are known besides."""
    pk = row["organization_id"]
    numbers = (known or {}).get(pk, {})
    return Record(
        key=str(pk), name=row["name"], acronym=row["acronym"], siren=row["siren"] or numbers.get("siren", ""),
        siret=numbers.get("siret", ""), rna=row["rna"] or numbers.get("rna", ""), legal_category=row["legal_category"],
        street=row["address"], postal_code=row["postal_code"], commune=row["commune_id"], website=row["website"],
        phone=row["phone"], email=row["email"],
    )  # fmt: skip


def home_ground() -> Ground:
    """The communes that names may mention: those that the site knows. One query."""
    return Ground(dict(Commune.objects.values_list("code", "name")))


class Likely(NamedTuple):
    """An entry that may be the structure that somebody types, and why."""

    entry: Entry
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]


def likely_same(
    name: str, publication: Publication | None, *, commune: str = "", leave_out: int = 0, limit: int = 4
) -> list[Likely]:
    """Published entries that may be the structure that somebody names (existe peut-être déjà), the likeliest first.

    The search gives the candidates, the engine of duplicates decides and says why: a page is as near as the nearest of the
    records that are read as one with it. Six queries at most once warm.
    """
    if publication is None or len(name.strip()) < 3:
        return []
    ground = home_ground()
    typed = read(Record(key="typed", name=name[:300], commune=commune), ground)
    found: dict[int, Entry] = {}
    for words in (name, " ".join(typed.tokens)):
        found |= {entry.pk: entry for entry in entries_saying(words, publication, WEIGHED)}
    found |= {entry.pk: entry for entry in _partners(typed, publication)}
    corpus = Corpus(ground)
    judged = []
    for root, (kept, *folded) in _wholes_of(found.values(), publication).items():
        if root != leave_out:
            verdicts = [decide(typed, read(record_of(entry), ground), corpus) for entry in (kept, *folded)]
            judged.append((max(verdicts, key=lambda verdict: verdict.score), kept))
    judged = [pair for pair in judged if pair[0].decision != NO]
    judged.sort(key=lambda pair: (-pair[0].score, pair[1].pk))
    return [Likely(entry, verdict.reasons, verdict.doubts) for verdict, entry in judged[:limit]]


def _wholes_of(entries: Iterable[Entry], publication: Publication) -> dict[int, list[Entry]]:
    """By organization, its entry, then those of the records that are read as one with it. One query."""
    roots = {entry.organization.root_id for entry in entries}
    rows = Entry.objects.filter(publication=publication).filter(
        Q(organization__in=roots) | Q(organization__canonical__in=roots)
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in rows.select_related("organization__canonical", "commune").order_by("pk"):
        found[entry.organization.root_id].append(entry)
    for root, whole in found.items():
        whole.sort(key=lambda entry: entry.organization_id != root)
    return dict(found)


def likely_there(asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    """For many `(name, commune)` at once, the published record of that commune that each may be. Three queries, however many.

    Only records that share a word of four letters are weighed: the page of the question looks further.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    pairs = [(name[:300], commune) for name, commune in asked if len(name.strip()) >= 3]
    for name, commune in pairs:
        wanted[commune] |= _words(name)
    publication = current_publication() if wanted else None
    if publication is None:
        return {}
    near: dict[tuple[str, str], list[Record]] = defaultdict(list)
    rows = Entry.objects.filter(publication=publication, active=True, folded=False, commune__in=list(wanted))
    for values in rows.values_list(*COLUMNS):
        row = dict(zip(COLUMNS, values, strict=True))
        for word in _words(row["name"]) & wanted[row["commune_id"]]:
            near[row["commune_id"], word].append(record_from(row))
    ground = home_ground()
    corpus, found = Corpus(ground), {}
    for name, commune in pairs:
        typed = read(Record(key="typed", name=name, commune=commune), ground)
        shared = Counter(record for word in _words(name) for record in near[commune, word])
        judged = [
            (decide(typed, read(record, ground), corpus), record) for record, _ in shared.most_common(WEIGHED)
        ]
        likely = [pair for pair in judged if pair[0].decision != NO]
        if likely:
            found[name, commune] = max(likely, key=lambda pair: (pair[0].score, pair[1].key))[1]
    return found


def _words(name: str) -> set[str]:
    return {word for word in fold(name).split() if len(word) >= 4}


def _partners(typed: Reading, publication: Publication) -> Iterable[Entry]:
    """Partners, public bodies and merged entries, which no list shows, with the longest word of the name."""
    longest = max(typed.tokens, key=len, default="")
    if len(longest) < 4:
        return []
    unlisted = Q(in_perimeter=False) | Q(folded=True)
    rows = Entry.objects.filter(unlisted, publication=publication, name__icontains=longest)
    return rows.select_related("organization__canonical", "commune").order_by("pk")[:WEIGHED]
