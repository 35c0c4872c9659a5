"""What each line is: new, already there, a likely double, elsewhere, broken. Reads only; nothing is written here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from horizon.actors.merged import root
from horizon.actors.models import Organization
from horizon.care.imports.cells import Read, read_cells
from horizon.care.imports.likely import likely_existing, phone_key, register_keys, website_key
from horizon.care.imports.models import Import, ImportLine
from horizon.directory.models import Entry, Identifier, Statement
from horizon.directory.queries import current_publication
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.overlay import Said, lay, said_of
from horizon.engine.communes import CommuneResolver
from horizon.engine.folding import fold
from horizon.engine.tables.meaning import digits
from horizon.kernel.templatetags.atlas import day
from horizon.observatory import shipped
from horizon.territory.models import Commune

TOLD = ("acronym", "description", "doors", "address", "point", "phone", "email", "website", "hours")
SHOWN = ("name", "commune", "address", "phone", "email", "website")
NUMBERS = ("siret", "rna")
ITSELF = "la structure dit"
BY_SOMEBODY = {
    Statement.REFERENT: ITSELF,
    Statement.RELAY: ITSELF,
    Statement.VISITOR: ITSELF,
    Statement.OPERATOR: "l’animation l’a noté :",
}


@dataclass
class Judge:
    """What is needed to judge the lines of one import; made once for many lines."""

    batch: Import
    communes: dict[str, Commune]
    resolver: CommuneResolver = field(default_factory=shipped.resolver)
    free: dict[int, list[str]] = field(default_factory=dict)

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
        self.free.clear()
        self._compare([line for line in lines if line.outcome == ImportLine.COMPLETES], reads)
        self._once_each([line for line in lines if line.outcome == ImportLine.COMPLETES])
        self._numbers(
            [line for line in lines if line.outcome in {ImportLine.COMPLETES, ImportLine.SAME}], reads
        )
        self._show_candidates(lines)
        return reads

    def _one(
        self, line: ImportLine, read: Read, before: dict[str, list[Before]], kept: dict[str, list[ImportLine]]
    ) -> None:
        if read.problems:
            line.outcome = ImportLine.BROKEN
            return
        known = line.organization_id if line.answer == ImportLine.ANSWER_SAME else None
        if line.created and line.organization_id:
            known = None  # its own structure, taken back or not: it is new again
        found: list[tuple[Organization, str, bool]] = []
        if known is None and line.answer != ImportLine.ANSWER_OTHER:
            twin = _twin(line, kept)
            if twin is not None:
                line.outcome = ImportLine.TWICE
                line.notes.append(f"Répète la ligne {twin.number}.")
                line.candidates = _same_as(twin)
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
            line.candidates = [{"pk": organization.pk, "why": why} for organization, why, _ in found]
        else:
            line.outcome = ImportLine.NEW
        for key in (line.key_id, line.key_name):
            if key:
                kept.setdefault(key, []).append(line)

    def _found(
        self, line: ImportLine, read: Read, before: dict[str, list[Before]]
    ) -> list[tuple[Organization, str, bool]]:
        values = {
            **{code: str(said) for code, said in read.values.items()},
            **read.identifiers,
            "commune": read.commune,
        }
        found = [
            one for one in likely_existing(values) if not (line.created and one[0].pk == line.organization_id)
        ]
        if any(sure for *_, sure in found):
            return found
        known = before.get(line.key_name, ())
        for pk, when, said in sorted(known, key=lambda one: told_apart(line.values, one[2])):
            organization = Organization.objects.select_related("canonical").filter(pk=pk).first()
            if organization and not (line.created and pk == line.organization_id):
                same = not told_apart(line.values, said)
                why = (
                    f"déjà importée le {day(when)}"
                    if same
                    else f"même nom, importée le {day(when)}, mais {APART}"
                )
                rest = [one for one in found if one[0].pk != organization.root_id]
                return [(organization.whole, why, same), *rest]
        return found

    def _already_imported(self, lines: list[ImportLine]) -> dict[str, list[Before]]:
        """Structures that other imports brought under the same name and commune, the last first. One query."""
        rows = (
            ImportLine.objects.filter(
                key_name__in=[line.key_name for line in lines if line.key_name],
                state__in=[ImportLine.APPLIED, ImportLine.KEPT],
                organization__isnull=False,
            )
            .exclude(batch=self.batch)
            .order_by("-batch__applied_at", "-pk")
        )
        found: dict[str, list[Before]] = {}
        for key, pk, when, values in rows.values_list(
            "key_name", "organization_id", "batch__applied_at", "values"
        ):
            found.setdefault(key, []).append((pk, (when or timezone.now()).date(), values))
        return found

    def _other_lines(self, lines: list[ImportLine]) -> dict[str, list[ImportLine]]:
        """Lines of the same import that already stand for a structure, by key, in their order. Two queries."""
        ids = {line.key_id for line in lines} - {""}
        names = {line.key_name for line in lines} - {""}
        standing = self._standing(lines)
        found: dict[str, list[ImportLine]] = {}
        for line in standing.filter(key_id__in=ids).order_by("number"):
            found.setdefault(line.key_id, []).append(line)
        for line in standing.filter(key_name__in=names).order_by("number"):
            found.setdefault(line.key_name, []).append(line)
        return found

    def _once_each(self, lines: list[ImportLine]) -> None:
        """A structure that an earlier line completes is not completed again by itself: somebody may say so. One query."""
        ids = {line.organization_id for line in lines}
        standing = self._standing(lines).filter(outcome=ImportLine.COMPLETES, organization__in=ids)
        first: dict[int | None, ImportLine] = {}
        for line in standing.order_by("number"):
            first.setdefault(line.organization_id, line)
        for line in sorted(lines, key=lambda one: one.number):
            twin = first.setdefault(line.organization_id, line)
            if twin is line or line.answer == ImportLine.ANSWER_SAME or line.state == ImportLine.APPLIED:
                continue
            if twin.number < line.number or twin.state == ImportLine.APPLIED:
                line.outcome = ImportLine.TWICE
                line.candidates = _same_as(twin)
                line.notes.append(f"La ligne {twin.number} complète déjà cette structure.")
                line.organization, line.changes = None, {}

    def _standing(self, lines: list[ImportLine]) -> QuerySet[ImportLine]:
        return (
            ImportLine.objects.filter(
                batch=self.batch,
                outcome__in=[ImportLine.NEW, ImportLine.COMPLETES, ImportLine.SAME, ImportLine.LIKELY],
            )
            .exclude(pk__in=[line.pk for line in lines])
            .exclude(answer=ImportLine.ANSWER_OTHER)
        )

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
            origin = spoken.statements[code].origin if code in spoken.statements else ""
            if now in ("", None, []) or (self.batch.columns.replace and origin not in BY_SOMEBODY):
                line.changes[code] = [now if now is not None else "", then]
            else:
                who = BY_SOMEBODY.get(origin, "l’annuaire dit")
                line.notes.append(f"{FIELDS[code].label} : {who} « {FIELDS[code].shown(now)[:80]} », gardé.")
        if fold(str(read.values.get("name", ""))) != fold(entry.name) and entry.name:
            line.notes.append(f"Nom dans l’annuaire : « {entry.name} », gardé.")
        if read.commune and entry.commune_id and read.commune != entry.commune_id:
            here = self.communes.get(entry.commune_id)
            line.notes.append(f"Commune dans l’annuaire : {here.name if here else entry.commune_id}, gardée.")

    def _numbers(self, lines: list[ImportLine], reads: dict[int, Read]) -> None:
        """The numbers that lines bring to the structures that they are: tied when nobody has them, else said. Three queries."""
        said = {line.pk: register_keys(reads[line.pk].identifiers) for line in lines}
        if not any(said.values()):
            return
        wanted = {key for keys in said.values() for key in keys}
        holders = {
            row.key: row.organization.whole
            for row in Identifier.objects.filter(key__in=wanted).select_related("organization__canonical")
        }
        whole = Organization.objects.in_bulk({line.organization_id for line in lines if line.organization_id})
        roots = {line.pk: whole[line.organization_id].root_id for line in lines if line.organization_id}
        known: dict[int, set[str]] = {}
        rows = Identifier.objects.annotate(root=root()).filter(root__in=set(roots.values()))
        for pk, key in rows.values_list("root", "key"):
            known.setdefault(pk, set()).add(key)
        for line in lines:
            for key in said[line.pk]:
                kind, _, number = key.partition(":")
                own = known.setdefault(roots.get(line.pk, 0), set())
                if key in own:
                    continue
                if key in holders:
                    line.notes.append(f"{kind.upper()} {number} laissé : déjà tenu par {holders[key].name}.")
                elif other := next((one for one in sorted(own) if one.startswith(f"{kind}:")), ""):
                    line.notes.append(
                        f"{kind.upper()} {number} laissé : sa fiche a un autre numéro ({other.partition(':')[2]})."
                    )
                else:
                    line.notes.append(f"{kind.upper()} {number} : relié à sa fiche.")
                    line.outcome = ImportLine.COMPLETES
                    self.free.setdefault(line.pk, []).append(key)
                    own.add(key)

    def _show_candidates(self, lines: list[ImportLine]) -> None:
        """What the directory says of each candidate, to be read side by side. Three queries."""
        pks = {one["pk"] for line in lines for one in line.candidates}
        if not pks:
            return
        entries = {entry.organization_id: entry for entry in Entry.objects.filter(organization__in=pks)}
        said = said_of(pks)
        named = Organization.objects.in_bulk(pks)
        for line in lines:
            for one in line.candidates:
                entry = entries.get(one["pk"])
                if entry is not None:
                    lay(entry, said[one["pk"]])
                one["values"] = {code: _shown(entry, code, self.communes) for code in SHOWN} if entry else {}
                one["name"] = entry.name if entry else named[one["pk"]].name
                one["id"] = named[one["pk"]].public_id


Before = tuple[int, date, Mapping[str, str]]
APART = "un numéro ou la commune écrite diffère"


def _twin(line: ImportLine, kept: Mapping[str, list[ImportLine]]) -> ImportLine | None:
    """An earlier line that is the same structure: one number, or one name where nothing else differs."""
    named = [one for one in kept.get(line.key_name, ()) if not told_apart(line.values, one.values)]
    for twin in (*(kept.get(line.key_id, ()) if line.key_id else ()), *named):
        if twin.number < line.number or twin.state == ImportLine.APPLIED:
            return twin
    return None


def _same_as(twin: ImportLine) -> list[dict[str, object]]:
    """The structure that an earlier line is, when it is known: somebody may say that this line completes it too."""
    if twin.organization_id is None or twin.outcome not in {
        ImportLine.COMPLETES,
        ImportLine.SAME,
        ImportLine.NEW,
    }:
        return []
    return [{"pk": twin.organization_id, "why": f"comme la ligne {twin.number}"}]


def told_apart(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two lines of one name speak of two structures: numbers of one kind that differ, or communes as they are written.

    >>> told_apart({"rna": "W863001234"}, {"rna": "W863005678"}), told_apart({"rna": "W863001234"}, {"siren": "732829320"})
    (True, False)
    >>> told_apart({"city": "Saint-Sauvant"}, {"city": "SAINT SAUVANT"}), told_apart({"city": "Celle-Lévescault"}, {"city": "Rouillé"})
    (False, True)
    """
    pairs = [(digits(one.get(kind, "")).upper(), digits(other.get(kind, "")).upper()) for kind in NUMBERS]
    pairs.append((fold(one.get("city", "")), fold(other.get("city", ""))))
    sirens = [digits(said.get("siren", "")) or digits(said.get("siret", ""))[:9] for said in (one, other)]
    return any(mine and theirs and mine != theirs for mine, theirs in (*pairs, sirens))


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
