"""Writes of the directory: publishing what the observatory found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from django.db import transaction

from horizon.actors.models import Organization
from horizon.directory import publishing
from horizon.directory.catalogue import forget
from horizon.directory.models import (
    Entry,
    EntryReason,
    EntryTheme,
    Identifier,
    Posting,
    Publication,
    SourceRecord,
)
from horizon.directory.publishing import Row
from horizon.directory.search import index_entries
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.publicid import public_id
from horizon.observatory.read import Marts
from horizon.territory.services import load_territory

BATCH = 1000
Progress = Callable[[str], None]


@transaction.atomic
def publish_directory(
    marts: Marts, territory: str, *, actor: str = "horizon publish", progress: Progress = lambda phase: None
) -> Publication:
    """Replaces the published directory by what the marts say of a territory, in one transaction.

    Organizations and identifiers stay for ever: an entry that leaves the registers leaves its public id behind.
    `progress` is called with the name of each phase. Raises `territory.services.UnknownTerritory`.
    """
    progress("territory")
    epci = load_territory(marts, territory)
    vintage = _vintage(marts)
    progress("read")
    rows = publishing.read_rows(marts, territory, vintage)
    progress("identities")
    organizations = _identify(rows, actor)
    progress("entries")
    sources = marts.query("SELECT * FROM sources ORDER BY source, file", {})
    Publication.objects.filter(current=True).update(current=False)
    publication = Publication.objects.create(
        territory_code=territory,
        territory_name=epci.name,
        marts_run=marts.manifest["run_id"],
        vintage=vintage,
        sources=[
            {name: str(value) if value is not None else "" for name, value in s.items()} for s in sources
        ],
        counts=publishing.counts(rows, vintage),
        demo=bool(marts.manifest.get("demo")),
        synthetic=bool(marts.manifest.get("synthetic")),
        current=True,
    )
    _clear_entries()
    entries = _write_entries(publication, rows, organizations)
    progress("evidence")
    _write_evidence(rows, entries, {source["source"]: str(source["vintage"] or "") for source in sources})
    progress("search")
    index_entries(entries)
    record_event(
        "publish",
        "publication",
        publication.pk,
        actor=actor,
        payload={"territory": territory, "run": publication.marts_run, "entries": len(entries)},
    )
    transaction.on_commit(forget)
    progress("commit")
    return publication


def _vintage(marts: Marts) -> date:
    value = marts.manifest["vintage"]
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _identify(rows: list[Row], actor: str) -> list[Organization]:
    """The organization of each row, by the crosswalk; new ones are created and journalled.

    An RNA number that several rows carry identifies none of them. When a row's keys lead to two organizations
    (an association published first by its RNA, then by its SIREN), the SIREN's one becomes canonical.
    """
    shared = Counter(key for row in rows for key in row.keys)
    wanted = [[key for key in row.keys if shared[key] == 1] or [row.values["org_id"]] for row in rows]
    known: dict[str, Organization] = {
        identifier.key: identifier.organization
        for identifier in Identifier.objects.select_related("organization__canonical")
    }
    taken: set[int] = set()
    organizations: list[Organization] = []
    fresh: list[Organization] = []
    links: list[tuple[str, Organization]] = []
    for row, keys in zip(rows, wanted, strict=True):
        found = [known[key] for key in keys if key in known]
        name = (row.values["name"] or "")[:300]
        organization = next((o for o in found if o.pk not in taken), None) if found else None
        if organization is None:
            organization = Organization(public_id=public_id(keys[0]), name=name)
            fresh.append(organization)
        else:
            taken.add(organization.pk)
            for other in found:
                if other.pk != organization.pk and other.canonical_id != organization.pk:
                    _redirect(other, organization, actor)
        links.extend((key, organization) for key in keys if key not in known)
        organizations.append(organization)
    Organization.objects.bulk_create(fresh, batch_size=BATCH)
    record_events("create", "organization", [o.public_id for o in fresh], actor=actor)
    Identifier.objects.bulk_create(
        [Identifier(key=key, organization=organization) for key, organization in links],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    _rename(rows, organizations, actor)
    return organizations


def _redirect(old: Organization, canonical: Organization, actor: str) -> None:
    old.canonical = canonical
    old.save(update_fields=["canonical"])
    record_event(
        "merge", "organization", old.public_id, actor=actor, payload={"canonical": canonical.public_id}
    )


def _rename(rows: list[Row], organizations: list[Organization], actor: str) -> None:
    changed = []
    for row, organization in zip(rows, organizations, strict=True):
        name = (row.values["name"] or "")[:300]
        if organization.name != name:
            record_event(
                "rename", "organization", organization.public_id, actor=actor,
                payload={"from": organization.name, "to": name},
            )  # fmt: skip
            organization.name = name
            changed.append(organization)
    Organization.objects.bulk_update(changed, ["name"], batch_size=BATCH)


def _clear_entries() -> None:
    """Removes the previous publication's rows, children first, without loading them."""
    for model in (Posting, EntryTheme, EntryReason, SourceRecord, Entry):
        model.objects.all()._raw_delete(using="default")


def _write_entries(
    publication: Publication, rows: list[Row], organizations: list[Organization]
) -> list[Entry]:
    entries = [
        Entry(
            publication=publication,
            organization=organization,
            ordinal=ordinal,
            **publishing.entry_values(row),
        )
        for ordinal, (row, organization) in enumerate(zip(rows, organizations, strict=True))
    ]
    return Entry.objects.bulk_create(entries, batch_size=BATCH)


def _write_evidence(rows: list[Row], entries: list[Entry], vintages: dict[str, str]) -> None:
    reasons, themes, records = [], [], []
    for row, entry in zip(rows, entries, strict=True):
        for code in entry.reasons:
            reasons.append(EntryReason(entry=entry, code=code, source=code))
        for code in entry.exclusions:
            reasons.append(EntryReason(entry=entry, code=code, excludes=True))
        for kind, found in ((EntryTheme.DOOR, row.doors), (EntryTheme.POLE, row.poles)):
            for _org, rank, code, confidence, reason in found:
                themes.append(
                    EntryTheme(
                        entry=entry,
                        kind=kind,
                        code=code,
                        rank=rank,
                        confidence=confidence,
                        reason=reason[:300],
                    )
                )
        for source, values in publishing.source_values(row.values, row.at_home):
            vintage = vintages.get(source) or next(
                (v for name, v in vintages.items() if name.startswith(source)), ""
            )
            records.append(
                SourceRecord(
                    organization=entry.organization, source=source, vintage=vintage[:10], values=values
                )
            )
    EntryReason.objects.bulk_create(reasons, batch_size=BATCH)
    EntryTheme.objects.bulk_create(themes, batch_size=BATCH)
    SourceRecord.objects.bulk_create(records, batch_size=BATCH)
