"""Reads of the directory that pages share."""

import re
from collections.abc import Collection

from django.db import DatabaseError
from django.db.models import Case, F, FloatField, Prefetch, Q, Value, When
from django.db.models.functions import Cast
from django.http import HttpRequest

from horizon.actors.merged import of, root
from horizon.actors.models import Organization
from horizon.actors.plan import with_last_change
from horizon.directory.catalogue import catalogue
from horizon.directory.models import Entry, EntryReason, EntryTheme, Publication, SourceRecord
from horizon.directory.said.overlay import lay, said_of
from horizon.directory.search import find
from horizon.engine.companies import is_company
from horizon.engine.folding import fold
from horizon.kernel.publicid import SHAPE
from horizon.territory.models import Commune

SAME_DOOR, SAME_WORDS = "même porte", "même porte, mêmes mots"

_KEPT = "horizon.publication"
_ENTRIES = Entry.objects.select_related("organization__canonical", "commune", "publication")


def current_publication() -> Publication | None:
    """The published state that every page shows, or None on an empty site. One query."""
    return with_last_change(Publication.objects.filter(current=True)).first()


def publication_of(request: HttpRequest) -> Publication | None:
    """The current publication, read once per request; None too when the database does not answer (error pages)."""
    if _KEPT not in request.META:
        try:
            request.META[_KEPT] = current_publication()
        except DatabaseError:
            request.META[_KEPT] = None
    return request.META[_KEPT]


def find_entry(public_id: str) -> Entry | None:
    """The entry of a public id with all its evidence; a merged organization answers with its canonical one, or with its
    own while the canonical one has none.

    Five queries whatever the entry.
    """
    entries = _ENTRIES.filter(publication__current=True).prefetch_related(
        Prefetch("reason_rows", EntryReason.objects.order_by("excludes", "code")),
        Prefetch("theme_rows", EntryTheme.objects.order_by("kind", "rank")),
        Prefetch("organization__source_records", SourceRecord.objects.order_by("source")),
    )
    named = Q(organization__public_id=public_id)
    return (
        entries.filter(named, organization__canonical=None).first()
        or entries.filter(organization__merged__public_id=public_id).first()
        or entries.filter(named | Q(organization__canonical__public_id=public_id)).order_by("pk").first()
        or entries.filter(organization__canonical__merged__public_id=public_id).order_by("pk").first()
    )


def live_entry(organization: Organization) -> Entry | None:
    """The entry with what people say right now laid over it, in memory; None when no page exists yet. Three queries."""
    found = list(_ENTRIES.filter(of(organization), publication__current=True))
    entry = min(found, key=lambda one: (one.organization_id != organization.root_id, one.pk), default=None)
    if entry is not None:
        lay(entry, said_of([organization.root_id])[organization.root_id])
    return entry


def published_addresses(organizations: Collection[int]) -> dict[int, str]:
    """The functional address that the page of each whole structure shows, where it shows one: that of its own entry, or of what was
    merged into it while it has none. One query."""
    ids = list(organizations)
    rows = Entry.objects.filter(
        Q(organization__in=ids) | Q(organization__canonical__in=ids), publication__current=True
    )
    own_last = rows.annotate(of_root=root()).order_by(
        F("organization__canonical").desc(nulls_last=True), "-pk"
    )
    shown = dict(own_last.values_list("of_root", "email"))
    return {pk: email for pk, email in shown.items() if email}


def companies_among(organizations: Collection[int]) -> set[int]:
    """Those of these whole structures that are companies by their legal form, or by that of what was merged into them. One query."""
    ids = list(organizations)
    rows = Entry.objects.filter(Q(organization__in=ids) | Q(organization__canonical__in=ids)).annotate(
        of_root=root()
    )
    told = rows.values_list("of_root", "legal_category", "family")
    return {pk for pk, category, family in told if is_company(category, family)}


def communes_of(publication: Publication | None) -> list[tuple[str, str]]:
    """The communes of the published territory, to choose from: `(code, name)`."""
    if publication is None:
        return []
    found = Commune.objects.filter(epci_id=publication.territory_code).values_list("code", "name")
    return sorted(found, key=lambda pair: fold(pair[1]))


def entries_saying(words: str, publication: Publication | None, limit: int) -> list[Entry]:
    """The entries that a search for these words gives first, communes and organizations loaded. Two queries once warm."""
    if publication is None or not words.strip():
        return []
    ordinals = find(publication, words).ordinals[:limit]
    ids = [catalogue(publication).ids[ordinal] for ordinal in ordinals]
    rows = {entry.pk: entry for entry in _ENTRIES.filter(pk__in=ids)}
    return [rows[pk] for pk in ids if pk in rows]


def structures_named(words: str, publication: Publication | None, limit: int = 8) -> list[Entry]:
    """The structures that somebody may mean by a few words, the address of a page or its reference; partners too, which
    no list shows. A reference gives one, and so does a whole name that only one bears. Three queries once warm."""
    if publication is None or not words.strip():
        return []
    live = _ENTRIES.filter(publication=publication, active=True)
    reference = re.search(rf"(?:^|structures/)({SHAPE})(?:/|$)", words.strip())
    if reference:
        named = live.filter(
            Q(organization__public_id=reference[1]) | Q(organization__merged__public_id=reference[1])
        )
        if one := named.first():
            return [one]
    found = entries_saying(words, publication, limit)
    longest = max(fold(words).split(), key=len, default="")
    partners = live.filter(in_perimeter=False).exclude(organization__kind=Organization.REGISTER)
    found += [entry for entry in partners if longest and longest in fold(entry.name)]
    exact = [entry for entry in found if fold(entry.name) == fold(words)]
    return exact if len(exact) == 1 else found[:limit]


def named_for_a_choice(words: str) -> list[tuple[str, str]]:
    """The same as choices of a form: the public id of the whole structure, its name and commune."""
    found = structures_named(words, current_publication())
    return [(one.organization.whole.public_id, f"{one.name} ({one.commune.name})") for one in found]


def neighbours(entry: Entry, limit: int = 6) -> list[tuple[Entry, str]]:
    """Actors doing similar things, with the sentence that says why: same activity code nearby, then same door.

    Behind a door, those that the same words brought there come first: a bicycle workshop is not like ambulances.
    Nearness is the distance between communes' centroids; ties follow the alphabet. Two queries.
    """
    if not entry.doors and entry.naf_rev2 in {"", "94.99Z"}:
        return []
    actors = _ENTRIES.filter(publication=entry.publication, is_actor=True, folded=False).exclude(pk=entry.pk)
    candidates: dict[int, tuple[Entry, str]] = {}
    if entry.naf_rev2 and entry.naf_rev2 != "94.99Z":
        same = actors.filter(naf_rev2=entry.naf_rev2)
        for other in _nearest(same, entry, limit):
            candidates[other.pk] = (other, "même activité")
    if entry.doors and len(candidates) < limit:
        same = actors.filter(
            theme_rows__kind=EntryTheme.DOOR, theme_rows__code=entry.doors[0], theme_rows__rank=1
        )
        alike = Q(pk=None)
        for word in _words_of_door(entry):
            alike |= Q(theme_rows__reason__contains=f"« {word} »")
        same = same.annotate(alike=Case(When(alike, then=Value(1)), default=Value(0)))
        for other in _nearest(same, entry, limit, "-alike"):
            candidates.setdefault(other.pk, (other, SAME_WORDS if other.alike else SAME_DOOR))
    return list(candidates.values())[:limit]


def _words_of_door(entry: Entry) -> list[str]:
    """The words of the name or the purpose that put it behind its first door."""
    reasons = [row.reason for row in entry.theme_rows.all() if row.kind == EntryTheme.DOOR and row.rank == 1]
    return [word for reason in reasons for word in re.findall(r"« ([^»]+) »", reason)]


def _nearest(entries, entry: Entry, limit: int, *first: str) -> list:
    """The entries of the same commune first, then those of the communes whose centroid is nearest."""

    if entry.commune.lat is None:
        return list(entries.filter(commune=entry.commune).order_by(*first, "ordinal")[:limit])
    squeeze = 0.47  # cos² of 46.6° N, so that a degree of longitude weighs its true length
    north = F("commune__lat") - Value(entry.commune.lat)
    east = F("commune__lon") - Value(entry.commune.lon)
    distance = Cast(north * north + east * east * Value(squeeze), FloatField())
    return list(
        entries.annotate(apart=distance).order_by(*first, F("apart").asc(nulls_last=True), "ordinal")[:limit]
    )
