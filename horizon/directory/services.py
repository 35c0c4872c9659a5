"""Writes of the directory: publishing what the observatory found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from django.core.cache import caches
from django.db import transaction

from horizon.actors import plan
from horizon.actors.models import Organization, Touched
from horizon.directory import catalogue, publishing, search
from horizon.directory.cards import FRAGMENTS, LISTS
from horizon.directory.gone import Former, left_registers, write_former_evidence
from horizon.directory.models import (
    Closure,
    Entry,
    EntryReason,
    EntryTheme,
    Identifier,
    Publication,
    SearchTerm,
    SourceRecord,
)
from horizon.directory.publishing import Row
from horizon.directory.said.closing import follow_registers
from horizon.directory.said.overlay import declared_entry, lay, said_of
from horizon.directory.said.services import compare_with_registers
from horizon.directory.search import index_entries
from horizon.engine.folding import fold
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.publicid import public_id
from horizon.observatory.read import Marts
from horizon.observatory.stops import stop_point
from horizon.territory.models import Commune
from horizon.territory.outlines import OutlinesUnavailable, fetch_outlines
from horizon.territory.services import load_territory

BATCH = 1000
PHASES = ("territory", "read", "identities", "entries", "evidence", "search", "commit")
Progress = Callable[[str], None]


@transaction.atomic
def publish_directory(
    marts: Marts, territory: str, *, actor: str = "horizon publish", progress: Progress = lambda phase: None
) -> Publication:
    """Replaces the published directory by what the marts say of a territory, in one transaction.

    Organizations and identifiers stay for ever: an entry that leaves the registers leaves its public id behind.
    `progress` is called with the name of each phase. Raises `territory.services.UnknownTerritory`.
    """

    def step(phase: str) -> None:
        progress(phase)
        stop_point(f"directory/{phase}")

    step("territory")
    epci = load_territory(marts, territory)
    vintage = _vintage(marts)
    step("read")
    rows = publishing.read_rows(marts, territory, vintage)
    step("identities")
    organizations = _identify(rows, actor)
    step("entries")
    touched = list(Touched.objects.values_list("pk", flat=True))
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
        demo=bool(marts.manifest.get("demo")),
        synthetic=bool(marts.manifest.get("synthetic")),
        current=True,
    )
    open_before = set(Entry.objects.filter(active=True).values_list("organization", flat=True))
    formers = left_registers(publication, organizations, actor=actor)
    _clear_entries()
    communes = {commune.code: commune for commune in Commune.objects.filter(epci=epci)}
    found = _write_entries(publication, rows, organizations, formers, set(communes), open_before, actor)
    entries = [entry for entry, _ in found]
    closed = [e.organization.public_id for e in entries if not e.active and e.organization_id in open_before]
    record_events("close", "organization", closed, actor=actor)
    for entry in entries:
        entry.commune = communes[entry.commune_id]
    publication.counts = publishing.counts((publishing.counted(entry) for entry in entries), vintage)
    publication.save(update_fields=["counts"])
    step("evidence")
    _write_evidence(found, publishing.vintages(sources), publishing.evidence(marts))
    write_former_evidence(formers, entries)
    step("search")
    index_entries(publication, entries)
    _forget_touched(touched)
    record_event(
        "publish",
        "publication",
        publication.pk,
        actor=actor,
        payload={"territory": territory, "run": publication.marts_run, "entries": len(entries)},
    )
    transaction.on_commit(forget)
    step("commit")
    return publication


def _forget_touched(keys: list[int]) -> None:
    """Forgets what was taken in; what was said while the publication was being made is for the next minute."""
    for start in range(0, len(keys), BATCH):
        Touched.objects.filter(pk__in=keys[start : start + BATCH]).delete()


def forget() -> None:
    """Drops what this process keeps of publications in memory."""
    catalogue.forget()
    search.forget()
    plan.forget()
    for kept in (FRAGMENTS, LISTS):
        caches[kept].clear()


def fetch_territory_outlines(*, actor: str, pause: float = 1.0) -> int:
    """Fetches the official outlines of the published territory and has its map drawn again. Returns how many.

    Raises `territory.outlines.OutlinesUnavailable`, also when nothing is published.
    """
    publication = Publication.objects.filter(current=True).first()
    if publication is None:
        raise OutlinesUnavailable("Publiez d’abord un territoire : horizon publish --territory CODE.")
    count = fetch_outlines(publication.territory_code, actor=actor, pause=pause)
    Publication.objects.filter(pk=publication.pk).update(atlas_edition=publication.atlas_edition + 1)
    return count


def _vintage(marts: Marts) -> date:
    value = marts.manifest["vintage"]
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _identify(rows: list[Row], actor: str) -> list[Organization]:
    """The organization of each row, by the crosswalk; new ones are created, and every change is journalled.

    An RNA number that several rows carry identifies none of them. The surest key decides first, so that two rows never
    share an organization. When a row's keys lead to two organizations (an association published first by its RNA, then
    by its SIREN), the SIREN's one becomes canonical; when the register parts them again, each has its page again.
    """
    shared = Counter(key for row in rows for key in row.keys)
    wanted = [[key for key in row.keys if shared[key] == 1] or [row.values["org_id"]] for row in rows]
    identifiers = {i.key: i for i in Identifier.objects.select_related("organization__canonical")}
    chosen: list[Organization | None] = [None] * len(rows)
    taken: set[int] = set()
    for surest in (True, False):
        for number, keys in enumerate(wanted):
            for key in keys[:1] if surest else keys[1:]:
                known = identifiers.get(key)
                if chosen[number] is None and known and known.organization_id not in taken:
                    chosen[number] = known.organization
                    taken.add(known.organization_id)
    used = set(Organization.objects.values_list("public_id", flat=True))
    fresh, organizations = [], []
    for row, keys, organization in zip(rows, wanted, chosen, strict=True):
        if organization is None:
            organization = Organization(
                public_id=_unused_id(keys[0], used), name=(row.values["name"] or "")[:300]
            )
            fresh.append(organization)
        organizations.append(organization)
    Organization.objects.bulk_create(fresh, batch_size=BATCH)
    record_events("create", "organization", [o.public_id for o in fresh], actor=actor)
    _tie(wanted, organizations, identifiers, taken, actor)
    _rename(rows, organizations, actor)
    return organizations


def _unused_id(key: str, used: set[str]) -> str:
    """The public id of a key; in the rare case that another organization has it, that of the key's next variant."""
    candidate, variant = public_id(key), 2
    while candidate in used:
        candidate, variant = public_id(f"{key}#{variant}"), variant + 1
    used.add(candidate)
    return candidate


def _tie(
    wanted: list[list[str]],
    organizations: list[Organization],
    identifiers: dict[str, Identifier],
    taken: set[int],
    actor: str,
) -> None:
    """Ties keys to organizations: new keys, keys that the register moved, pages that became or ceased to be one."""
    links = []
    for keys, organization in zip(wanted, organizations, strict=True):
        if organization.canonical_id is not None and not organization.merged_by:
            organization.canonical = None
            organization.save(update_fields=["canonical"])
            record_event("split", "organization", organization.public_id, actor=actor)
        for key in keys:
            known = identifiers.get(key)
            if known is None:
                links.append(Identifier(key=key, organization=organization))
            elif known.organization_id == organization.pk:
                continue
            elif known.organization_id in taken:
                known.organization = organization
                known.save(update_fields=["organization"])
                record_event(
                    "move", "identifier", key, actor=actor, payload={"organization": organization.public_id}
                )
            elif known.organization.root_id != organization.root_id:
                _redirect(known.organization, organization.whole, actor)
    Identifier.objects.bulk_create(links, batch_size=BATCH)


def _redirect(old: Organization, canonical: Organization, actor: str) -> None:
    """The registers say that two pages are one. What was read as the old one is read as the other, which is no one's guest."""
    if old.canonical_id is not None and old.merged_by:
        old = old.whole
    Organization.objects.filter(canonical=old).update(canonical=canonical)
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
    for model in (SearchTerm, EntryTheme, EntryReason, SourceRecord, Entry):
        model.objects.all()._raw_delete(using="default")


def _write_entries(
    publication: Publication,
    rows: list[Row],
    organizations: list[Organization],
    formers: list[Former],
    communes: set[str],
    open_before: set[int],
    actor: str,
) -> list[tuple[Entry, Row | None]]:
    """The entries in alphabetical order, what people say laid over what the registers say; `Row` None: declared,
    or gone from the registers."""
    drafts: list[tuple[Entry, Row | None]] = [
        (Entry(organization=organization, **publishing.entry_values(row)), row)
        for row, organization in zip(rows, organizations, strict=True)
    ]
    follow_registers(
        [(entry, _why_closed(row)) for entry, row in drafts if row] + [(former.entry, Closure.GONE) for former in formers],
        open_before, vintage=publication.vintage, actor=actor,
    )  # fmt: skip
    said = said_of()
    spoken = {pk: what.statements for pk, what in said.items()}
    compare_with_registers([entry for entry, _ in drafts], spoken, actor=actor)
    drafts += [(former.entry, None) for former in formers]
    known = {organization.pk for organization in organizations}
    declared = (
        Organization.objects.exclude(kind=Organization.REGISTER).filter(canonical=None).exclude(pk__in=known)
    )
    drafts += [
        (declared_entry(organization, said[organization.pk]), None)
        for organization in declared.order_by("pk")
    ]
    for entry, _ in drafts:
        lay(entry, said[entry.organization_id])
        if (
            entry.commune_id not in communes and entry.base
        ):  # said to be elsewhere: the register's commune stays
            entry.commune_id = entry.base["commune_id"]
    kept = [(entry, row) for entry, row in drafts if entry.commune_id in communes]
    kept.sort(
        key=lambda draft: (
            fold(draft[0].name),
            draft[1].values["org_id"] if draft[1] else draft[0].organization.public_id,
        )
    )
    present = {entry.organization_id for entry, _ in kept}
    for ordinal, (entry, _) in enumerate(kept):
        entry.publication, entry.ordinal = publication, ordinal
        entry.folded = entry.organization.canonical_id in present
    Entry.objects.bulk_create([entry for entry, _ in kept], batch_size=BATCH)
    return kept


def _why_closed(row: Row) -> str:
    """Closed as a whole, or without an open establishment here any more."""
    return Closure.LEFT if row.values["active"] else Closure.CEASED


def _write_evidence(
    found: list[tuple[Entry, Row | None]], vintages: dict[str, str], approvals: dict[str, str]
) -> None:
    reasons, themes, records = [], [], []
    for entry, row in found:
        for code in entry.reasons:
            # what came by this site has no file
            vintage = publishing.vintage_of(publishing.reason_source(code, entry), vintages) if row else ""
            evidence = approvals.get(entry.siren, "") if code == "approval" else ""
            reasons.append(
                EntryReason(entry=entry, code=code, source=code, vintage=vintage, evidence=evidence)
            )
        for code in entry.exclusions:
            reasons.append(EntryReason(entry=entry, code=code, excludes=True))
        if row is None:
            continue
        for kind, rows in ((EntryTheme.DOOR, row.doors), (EntryTheme.POLE, row.poles)):
            for _org, rank, code, confidence, reason in rows:
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
            vintage = publishing.vintage_of(source, vintages)
            records.append(
                SourceRecord(organization=entry.organization, source=source, vintage=vintage, values=values)
            )
    EntryReason.objects.bulk_create(reasons, batch_size=BATCH)
    EntryTheme.objects.bulk_create(themes, batch_size=BATCH)
    SourceRecord.objects.bulk_create(records, batch_size=BATCH)
