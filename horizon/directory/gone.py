"""Structures that the registers no longer know: what people hold or spoke of stays, until they have been asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from horizon.actors.merged import root
from horizon.actors.models import Organization, OrganizationRole, RelayConsent
from horizon.directory.models import (
    Closure,
    Entry,
    EntryReason,
    EntryTheme,
    Publication,
    SourceRecord,
    Statement,
)
from horizon.directory.said.overlay import take_off
from horizon.kernel.journal import record_events

SLICE = 500


@dataclass
class Former:
    """An entry of the publication before, as the registers last gave it, with its evidence; no register gives it now."""

    entry: Entry
    themes: list[EntryTheme] = field(default_factory=list)
    records: list[SourceRecord] = field(default_factory=list)
    reasons: list[EntryReason] = field(default_factory=list)


def left_registers(
    publication: Publication, present: Collection[Organization], *, actor: str
) -> list[Former]:
    """Before the former entries are cleared: those whose structure left the registers and that somebody holds or spoke of.

    Each structure that leaves is journalled, once. Merged ones are read as the other, and nothing is kept when another
    territory is published.
    """
    before = Publication.objects.exclude(pk=publication.pk).order_by("-pk").first()
    if before is None or before.territory_code != publication.territory_code:
        return []
    here = {one.pk for one in present} | {one.root_id for one in present}
    known = Entry.objects.filter(
        organization__kind=Organization.REGISTER, organization__canonical=None
    ).values_list("organization_id", flat=True)
    gone = sorted(set(known) - here)
    found, lately = [], []
    cared_for = _cared_for() if gone else set()
    for start in range(0, len(gone), SLICE):
        rows = Entry.objects.filter(organization__in=gone[start : start + SLICE])
        for entry in rows.select_related("organization").prefetch_related(
            "theme_rows", "reason_rows", "organization__source_records"
        ):
            themes, reasons = list(entry.theme_rows.all()), list(entry.reason_rows.all())
            take_off(entry)
            if entry.active:
                lately.append(entry.organization.public_id)
            if entry.organization_id in cared_for:
                records = list(entry.organization.source_records.all())
                found.append(Former(_bare(entry), themes, records, reasons))
    record_events("leave_registers", "organization", lately, actor=actor)
    return found


def _bare(entry: Entry) -> Entry:
    """A new entry of the same values, that no register says to be open."""
    values = {one.attname: getattr(entry, one.attname) for one in Entry._meta.concrete_fields}
    return Entry(**{**values, "id": None, "active": False, "is_actor": False, "folded": False})


def write_former_evidence(formers: Collection[Former], written: Collection[Entry]) -> None:
    """Writes again what the sources last said of those that were kept."""
    kept = {entry.organization_id for entry in written}
    formers = [former for former in formers if former.entry.organization_id in kept]
    for former in formers:
        for row in (*former.themes, *former.records, *former.reasons):
            row.pk = None
        for theme in former.themes:
            theme.entry = former.entry
        for reason in former.reasons:
            reason.entry = former.entry
    for start in range(0, len(formers), SLICE):
        entries = [former.entry for former in formers[start : start + SLICE]]
        EntryReason.objects.filter(entry__in=entries).delete()
    EntryReason.objects.bulk_create([row for one in formers for row in one.reasons], batch_size=SLICE)
    EntryTheme.objects.bulk_create([row for one in formers for row in one.themes], batch_size=SLICE)
    SourceRecord.objects.bulk_create([row for one in formers for row in one.records], batch_size=SLICE)


def _cared_for() -> set[int]:
    """The (canonical) organizations that somebody holds, spoke of, or answered for. Four queries."""
    rows = [
        OrganizationRole.objects.filter(until=None, person__is_active=True).annotate(of_root=root()),
        RelayConsent.objects.filter(until=None).annotate(of_root=root("group")),
        Statement.objects.filter(status=Statement.PUBLISHED).annotate(of_root=root()),
        Closure.objects.exclude(status=Closure.WITHDRAWN).annotate(of_root=root()),
    ]
    return {pk for one in rows for pk in one.order_by().values_list("of_root", flat=True)}
