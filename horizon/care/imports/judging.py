"""What each line is: new, already there, a likely double, elsewhere, broken. Reads only; nothing is written here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from horizon.actors.models import Organization
from horizon.care.imports.cells import Read, read_cells
from horizon.care.imports.likely import likely_existing, phone_key, register_keys, website_key
from horizon.care.imports.models import Import, ImportLine
from horizon.directory.models import Entry, Statement
from horizon.directory.queries import current_publication
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.overlay import Said, lay, said_of
from horizon.engine.communes import CommuneResolver
from horizon.engine.folding import fold
from horizon.kernel.templatetags.atlas import day
from horizon.observatory import shipped
from horizon.territory.models import Commune

TOLD = ("acronym", "description", "doors", "address", "point", "phone", "email", "website", "hours")
SHOWN = ("name", "commune", "address", "phone", "email", "website")
BY_ITSELF = {Statement.REFERENT, Statement.RELAY, Statement.VISITOR}


@dataclass
class Judge:
    """What is needed to judge the lines of one import; made once for many lines."""

    batch: Import
    communes: dict[str, Commune]
    resolver: CommuneResolver = field(default_factory=shipped.resolver)

    @classmethod
    def of(cls, batch: Import) -> Judge:
        """The judge of an import, in the territory that is published. Two queries."""
        publication = current_publication()
        code = publication.territory_code if publication else ""
        return cls(batch, {c.code: c for c in Commune.objects.filter(epci_id=code)})

    def read(self, line: ImportLine) -> Read:
        """What the cells of a line say."""
        mapping = self.batch.columns
        return read_cells(
            line.values,
            self.resolver,
            {code: commune.name for code, commune in self.communes.items()},
            places=mapping.places,
            functional=frozenset(
                code for code, headers in mapping.columns.items() if set(headers) & mapping.functional
            ),
            centres={
                code: (commune.lat, commune.lon)
                for code, commune in self.communes.items()
                if commune.lat is not None and commune.lon is not None
            },
        )

    def judge(self, lines: Iterable[ImportLine]) -> dict[int, Read]:
        """Gives each line its outcome, in memory; returns what each says, by its key. Lines come in their order.

        An earlier line of the same table that is the same structure makes a line say that it repeats it.
        """
        lines = list(lines)
        reads = {line.pk: self.read(line) for line in lines}
        for line in lines:
            read = reads[line.pk]
            keys = register_keys(read.identifiers)
            line.key_id = keys[0] if keys else ""
            line.key_name = _name_key(read) if read.commune and not read.problems else ""
            line.problems, line.notes = read.problems, list(read.notes)
            line.candidates, line.changes, line.outcome = [], {}, ""
        before = self._already_imported(lines)
        kept = self._other_lines(lines)
        for line in lines:
            self._one(line, reads[line.pk], before, kept)
        self._compare([line for line in lines if line.outcome == ImportLine.COMPLETES], reads)
        self._show_candidates(lines)
        return reads

    def _one(
        self, line: ImportLine, read: Read, before: dict[str, tuple[int, date]], kept: dict[str, ImportLine]
    ) -> None:
        if read.problems:
            line.outcome = ImportLine.BROKEN
            return
        known = line.organization_id if line.answer == ImportLine.ANSWER_SAME else None
        if line.created and line.organization_id:
            known = None  # its own structure, taken back or not: it is new again
        found: list[tuple[Organization, str, bool]] = []
        if known is None and line.answer != ImportLine.ANSWER_OTHER:
            twin = kept.get(line.key_id) or kept.get(line.key_name)
            if twin is not None and (twin.number < line.number or twin.state == ImportLine.APPLIED):
                line.outcome = ImportLine.TWICE
                line.notes.append(f"Répète la ligne {twin.number}.")
                return
            found = self._found(line, read, before)
            sure = {organization.pk for organization, _, is_sure in found if is_sure}
            if len(sure) == 1:
                known = sure.pop()
                line.notes.append(next(why for o, why, is_sure in found if is_sure).capitalize() + ".")
        if known is None and not read.commune:
            line.problems = {"city": "La commune manque, et rien d’autre ne dit quelle structure c’est."}
            line.outcome = ImportLine.BROKEN
            return
        if known is None and read.commune not in self.communes:
            line.outcome = ImportLine.OUTSIDE
            line.notes.append("Sa commune n’est pas dans le territoire publié : rien n’est importé.")
            return
        if known is not None:
            line.organization_id, line.outcome = known, ImportLine.COMPLETES
        elif found:
            line.outcome = ImportLine.LIKELY
            line.candidates = [
                {"id": organization.public_id, "pk": organization.pk, "why": why}
                for organization, why, _ in found
            ]
        else:
            line.outcome = ImportLine.NEW
        for key in (line.key_id, line.key_name):
            if key:
                kept.setdefault(key, line)

    def _found(self, line: ImportLine, read: Read, before: dict[str, tuple[int, date]]):
        values = {
            **{code: str(said) for code, said in read.values.items()},
            **read.identifiers,
            "commune": read.commune,
        }
        found = [
            one for one in likely_existing(values) if not (line.created and one[0].pk == line.organization_id)
        ]
        if not any(sure for *_, sure in found) and line.key_name in before:
            pk, when = before[line.key_name]
            organization = Organization.objects.filter(pk=pk, canonical=None).first()
            if organization:
                found = [(organization, f"déjà importée le {day(when)}", True), *found]
        return found

    def _already_imported(self, lines: list[ImportLine]) -> dict[str, tuple[int, date]]:
        """Structures that other imports brought under the same name and commune. One query."""
        rows = (
            ImportLine.objects.filter(
                key_name__in=[line.key_name for line in lines if line.key_name],
                state__in=[ImportLine.APPLIED, ImportLine.KEPT],
                organization__isnull=False,
            )
            .exclude(batch=self.batch)
            .values_list("key_name", "organization_id", "batch__applied_at")
        )
        return {key: (pk, (when or timezone.now()).date()) for key, pk, when in rows}

    def _other_lines(self, lines: list[ImportLine]) -> dict[str, ImportLine]:
        """Lines of the same import that already stand for a structure, by key; the first one wins. One query."""
        ids = {line.key_id for line in lines} - {""}
        names = {line.key_name for line in lines} - {""}
        standing = (
            ImportLine.objects.filter(
                batch=self.batch,
                outcome__in=[ImportLine.NEW, ImportLine.COMPLETES, ImportLine.SAME, ImportLine.LIKELY],
            )
            .exclude(pk__in=[line.pk for line in lines])
            .exclude(answer=ImportLine.ANSWER_OTHER)
        )
        found: dict[str, ImportLine] = {}
        for line in standing.filter(key_id__in=ids).order_by("number"):
            found.setdefault(line.key_id, line)
        for line in standing.filter(key_name__in=names).order_by("number"):
            found.setdefault(line.key_name, line)
        return found

    def _compare(self, lines: list[ImportLine], reads: dict[int, Read]) -> None:
        """What each line would change of the structure that it is. Four queries, however many lines."""
        ids = [line.organization_id for line in lines if line.organization_id]
        entries = {entry.organization_id: entry for entry in Entry.objects.filter(organization__in=ids)}
        said = said_of(ids) if ids else {}
        for line in lines:
            assert line.organization_id
            spoken = said.get(line.organization_id, Said())
            entry = entries.get(line.organization_id)
            if entry is None:
                entry = Entry(commune_id=reads[line.pk].commune)
                line.notes.append("Sa page n’est plus dans la publication.")
            else:
                lay(entry, spoken)
            self._differences(line, reads[line.pk], entry, spoken)
            if not line.changes:
                line.outcome = ImportLine.SAME

    def _differences(self, line: ImportLine, read: Read, entry: Entry, spoken: Said) -> None:
        for code in TOLD:
            if code not in read.values:
                continue
            now, then = FIELDS[code].read(entry), read.values[code]
            if _alike(code, now, then):
                continue
            if (
                code == "point"
                and "address" not in line.changes
                and entry.address != read.values.get("address")
            ):
                continue
            by_itself = code in spoken.statements and spoken.statements[code].origin in BY_ITSELF
            if now in ("", None, []) or (self.batch.columns.replace and not by_itself):
                line.changes[code] = [now if now is not None else "", then]
            else:
                who = "la structure dit" if by_itself else "l’annuaire dit"
                line.notes.append(f"{FIELDS[code].label} : {who} « {FIELDS[code].shown(now)[:80]} », gardé.")
        if fold(str(read.values.get("name", ""))) != fold(entry.name) and entry.name:
            line.notes.append(f"Nom dans l’annuaire : « {entry.name} », gardé.")
        if read.commune and entry.commune_id and read.commune != entry.commune_id:
            here = self.communes.get(entry.commune_id)
            line.notes.append(f"Commune dans l’annuaire : {here.name if here else entry.commune_id}, gardée.")

    def _show_candidates(self, lines: list[ImportLine]) -> None:
        """What the directory says of each candidate, to be read side by side. Three queries."""
        pks = {one["pk"] for line in lines for one in line.candidates}
        if not pks:
            return
        entries = {entry.organization_id: entry for entry in Entry.objects.filter(organization__in=pks)}
        said = said_of(pks)
        names = dict(Organization.objects.filter(pk__in=pks).values_list("pk", "name"))
        for line in lines:
            for one in line.candidates:
                entry = entries.get(one["pk"])
                if entry is not None:
                    lay(entry, said[one["pk"]])
                one["values"] = {code: _shown(entry, code, self.communes) for code in SHOWN} if entry else {}
                one["name"] = entry.name if entry else names.get(one["pk"], "")


def _shown(entry: Entry, code: str, communes: dict[str, Commune]) -> str:
    if code == "commune":
        return communes[entry.commune_id].name if entry.commune_id in communes else entry.commune_id
    return FIELDS[code].shown(FIELDS[code].read(entry))


def _alike(code: str, now: object, then: object) -> bool:
    if code == "website":
        return website_key(str(now or "")) == website_key(str(then))
    if code == "phone":
        return phone_key(str(now or "")) == phone_key(str(then))
    if isinstance(then, str) and isinstance(now, str) and code != "email":
        return fold(now) == fold(then)
    return now == then


def _name_key(read: Read) -> str:
    words = re.sub(r"\s+", " ", fold(str(read.values.get("name", ""))))
    return hashlib.sha256(f"{words}\n{read.commune}".encode()).hexdigest()
