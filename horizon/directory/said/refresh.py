"""The lists follow what people say: entries, order, search and counts of the current publication, in one go."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from horizon.actors.models import Organization, Touched
from horizon.directory import publishing, search
from horizon.directory.models import Entry, EntryReason, Publication, SearchTerm
from horizon.directory.said.overlay import BASED, declared_entry, follow_kind, lay, said_of, withdrawn
from horizon.engine.folding import fold
from horizon.kernel.journal import record_event
from horizon.territory.models import Commune

WRITTEN = [name for name in BASED if name != "commune_id"] + [
    "commune", "base", "ordinal", "folded", "in_perimeter", "exclusions",
]  # fmt: skip


def refresh_directory(*, actor: str = "worker") -> int:
    """Takes into the lists what was said since the last time. Returns how many organizations it touched.

    The search index is prepared before the write lock is taken. Run again, it does nothing.
    """
    publication = Publication.objects.filter(current=True).first()
    touched = list(Touched.objects.select_related("organization").order_by("pk"))
    if publication is None or not touched:
        return 0
    organizations = {row.organization_id: row.organization for row in touched}
    said = said_of(organizations)
    communes = {c.code: c for c in Commune.objects.filter(epci_id=publication.territory_code)}
    entries = list(
        Entry.objects.filter(publication=publication).select_related("commune").order_by("ordinal")
    )
    known = {entry.organization_id for entry in entries}
    gone = {
        entry.organization_id
        for entry in entries
        if entry.organization_id in organizations
        and withdrawn(organizations[entry.organization_id], said[entry.organization_id], entry)
    }
    left = [entry.pk for entry in entries if entry.organization_id in gone]
    entries = [entry for entry in entries if entry.organization_id not in gone]
    changed, otherwise = [], []
    for entry in entries:
        if entry.organization_id in organizations:
            if follow_kind(entry, organizations[entry.organization_id]):
                otherwise.append(entry)
            lay(entry, said[entry.organization_id])
            entry.folded = organizations[entry.organization_id].canonical_id in known
            changed.append(entry)
    for pk, organization in organizations.items():
        if (
            pk not in known
            and organization.kind != Organization.REGISTER
            and organization.canonical_id is None
        ):
            entry = declared_entry(organization, said[pk])
            lay(entry, said[pk])
            if entry.commune_id in communes:
                entry.publication, entry.ordinal = publication, len(entries)
                entries.append(entry)
    for entry in entries:
        entry.commune = communes.get(entry.commune_id, entry.commune)
    entries.sort(key=lambda entry: (fold(entry.name), entry.ordinal))
    moved = []
    for ordinal, entry in enumerate(entries):
        if entry.ordinal != ordinal and entry.pk:
            moved.append(entry)
        entry.ordinal = ordinal
    terms = search.terms_of(publication, entries)
    counts = publishing.counts((publishing.counted(entry) for entry in entries), publication.vintage)
    with transaction.atomic():
        kept = Publication.objects.select_for_update().get(pk=publication.pk)
        if not kept.current or kept.edition != publication.edition:
            return 0  # published anew meanwhile: the next minute follows
        Entry.objects.filter(pk__in=left).delete()
        Entry.objects.bulk_update([entry for entry in changed if entry.pk], WRITTEN, batch_size=200)
        Entry.objects.bulk_update(moved, ["ordinal"], batch_size=500)
        new = Entry.objects.bulk_create([entry for entry in entries if entry.pk is None], batch_size=500)
        EntryReason.objects.filter(entry__in=[entry.pk for entry in otherwise]).delete()
        EntryReason.objects.bulk_create(
            EntryReason(entry=entry, code=code, source=code, excludes=code not in entry.reasons)
            for entry in (*new, *otherwise)
            for code in (*entry.reasons, *entry.exclusions)
        )
        SearchTerm.objects.all()._raw_delete(using="default")
        SearchTerm.objects.bulk_create(terms, batch_size=search.BATCH)
        Publication.objects.filter(pk=publication.pk).update(revision=F("revision") + 1, counts=counts)
        Touched.objects.filter(pk__in=[row.pk for row in touched]).delete()
        record_event(
            "follow",
            "publication",
            publication.pk,
            actor=actor,
            payload={"organizations": len(organizations)},
        )
    return len(organizations)
