"""Looking for duplicates: among what is published, when it changed, and while somebody types a name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from django.db import transaction

from horizon.actors.models import Organization
from horizon.care.duplicates import file_suggestion, merge_pair, weight
from horizon.care.models import DuplicateSuggestion, LookedAt
from horizon.directory.models import Entry, Publication
from horizon.directory.queries import current_publication, entries_saying
from horizon.engine.folding import fold
from horizon.engine.identity.comparing import Corpus
from horizon.engine.identity.finding import Population
from horizon.engine.identity.records import Ground, Reading, Record, read
from horizon.engine.identity.weighing import NO, decide
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
        found = _keep(population, now, digests, actor)
    return found


@transaction.atomic
def _keep(population: Population, looked: list[str], digests: dict[str, str], actor: str) -> Found:
    answered = DuplicateSuggestion.objects.exclude(status=DuplicateSuggestion.OPEN)
    never = {
        (str(first), str(second))
        for first, second in answered.filter(status=DuplicateSuggestion.DIFFERENT).values_list(
            "first", "second"
        )
    }
    asked = {(str(first), str(second)) for first, second in answered.values_list("first", "second")}
    organizations = {
        str(one.pk): one
        for one in Organization.objects.filter(
            pk__in={int(key) for pair in population.verdicts for key in pair}
        )
    }
    merged, gone = 0, set[str]()
    for group in population.merges(never):
        stays = min(group, key=lambda key: weight(organizations[key]))
        for other in (key for key in group if key != stays):
            pair = _ordered(stays, other)
            if pair not in asked:
                verdict = population.verdicts.get(pair) or population.verdicts.get((pair[1], pair[0]))
                why = verdict.reasons if verdict else ("même structure qu’une troisième fiche",)
                merge_pair(organizations[pair[0]], organizations[pair[1]], why=why, actor=actor)
                merged += 1
                gone.add(other)
    kept = set()
    for pair, verdict in population.suggestions(never):
        first, second = _ordered(*pair)
        if (first, second) in asked or gone & {first, second}:
            continue
        file_suggestion(organizations[first], organizations[second], verdict)
        kept.add((int(first), int(second)))
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


def _forget(looked: Iterable[str], kept: set[tuple[int, int]]) -> None:
    """Questions that nobody has answered, about records that changed and no longer look alike, go."""
    ids = {int(key) for key in looked}
    old = DuplicateSuggestion.objects.filter(status=DuplicateSuggestion.OPEN, asked_at=None)
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
    """The entries of a publication, declared structures and partners among them, as the engine reads them; merged ones once."""
    rows = Entry.objects.filter(publication=publication, active=True, organization__canonical=None).order_by(
        "organization"
    )
    for row in rows.values_list(*COLUMNS).iterator(chunk_size=2000):
        yield record_from(dict(zip(COLUMNS, row, strict=True)))


def record_of(entry: Entry) -> Record:
    """One entry as the engine reads it."""
    return record_from({name: getattr(entry, name) for name in COLUMNS})


def record_from(row: dict) -> Record:
    """The columns of an entry as the engine reads them."""
    return Record(
        key=str(row["organization_id"]), name=row["name"], acronym=row["acronym"], siren=row["siren"], rna=row["rna"],
        legal_category=row["legal_category"], street=row["address"], postal_code=row["postal_code"], commune=row["commune_id"],
        website=row["website"], phone=row["phone"], email=row["email"],
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

    The search gives the candidates, the engine of duplicates decides and says why. Five queries at most once warm.
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
    judged = [
        (decide(typed, read(record_of(entry), ground), corpus), entry)
        for entry in found.values()
        if entry.organization.root_id != leave_out and not entry.folded
    ]
    judged = [pair for pair in judged if pair[0].decision != NO]
    judged.sort(key=lambda pair: (-pair[0].score, pair[1].pk))
    return [Likely(entry, verdict.reasons, verdict.doubts) for verdict, entry in judged[:limit]]


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
    """Partners and public bodies, which no list shows, with the longest word of the name."""
    longest = max(typed.tokens, key=len, default="")
    if len(longest) < 4:
        return []
    rows = Entry.objects.filter(
        publication=publication, in_perimeter=False, folded=False, name__icontains=longest
    )
    return rows.select_related("organization__canonical", "commune").order_by("pk")[:WEIGHED]
