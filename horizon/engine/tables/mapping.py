"""A mapping (correspondance): which column says what, in a TOML file or from a page; the same for import and observe."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field

from horizon.engine.folding import fold
from horizon.engine.tables.meaning import FIELDS, MANY
from horizon.engine.tables.shape import Table, UnreadableTable

LICENCE_OUVERTE, CC0 = "Licence Ouverte 2.0", "Domaine public (CC0)"
LICENCES = {
    "lo": LICENCE_OUVERTE,
    "odbl": "ODbL 1.0 (partage à l’identique)",
    "cc-by": "Creative Commons Attribution 4.0",
    "cc-by-sa": "Creative Commons Attribution, partage à l’identique 4.0",
    "cc0": CC0,
    "agreed": "Avec l’accord de qui l’a faite",
}
SHARE_ALIKE = frozenset({"odbl", "cc-by-sa"})
FOR_REGISTERS = {
    "approval": "Agrément",
    "granted_on": "Accordé le",
    "expires_on": "Valable jusqu’au",
    "issuer": "Accordé par",
}
KINDS = ("declared", "approval", "place")


@dataclass(frozen=True)
class Mapping:
    """Which headers fill each field, and what goes with the whole table.

    `functional`: headers that may tell of persons, and that somebody says are of the structures. `places`: the addresses
    are public places, not homes. `replace`: what the table says takes the place of what registers say.
    """

    columns: dict[str, tuple[str, ...]]
    functional: frozenset[str] = frozenset()
    places: bool = False
    replace: bool = False
    source: str = ""
    licence: str = ""
    url: str = ""
    sheet: str = ""
    kind: str = ""
    constants: dict[str, str] = field(default_factory=dict)
    table: str = ""

    def values(self, headers: tuple[str, ...], cells: tuple[str, ...]) -> dict[str, str]:
        """The text of each field in a line; several columns are joined, one a line (addresses: side by side)."""
        place = {header: number for number, header in enumerate(headers)}
        said = dict(self.constants)
        for code, wanted in self.columns.items():
            parts = [cells[place[header]] for header in wanted if header in place and cells[place[header]]]
            if parts:
                said[code] = (" " if code == "address" else ", " if code == "doors" else "\n").join(parts)
        return said


def check_mapping(mapping: Mapping, headers: tuple[str, ...], *, needs: str = "name") -> None:
    """Raises UnreadableTable when a mapping cannot be used with these headers."""
    for code, wanted in mapping.columns.items():
        for header in wanted:
            if header not in headers:
                raise UnreadableTable(
                    f"La correspondance nomme la colonne « {header} », que ce tableau n’a pas. Colonnes : {', '.join(headers[:12])}."
                )
        if len(wanted) > 1 and code not in MANY:
            raise UnreadableTable(f"Une seule colonne peut dire : {FIELDS[code].lower()}.")
    if needs and needs not in mapping.columns:
        raise UnreadableTable(f"Dites quelle colonne donne : {FIELDS[needs].lower()}.")


def read_mapping(data: bytes, name: str = "la correspondance") -> Mapping:
    """A mapping written in TOML (docs/reference/tables.md). Raises UnreadableTable.

    >>> read_mapping('source = "Ville"\\nlicence = "lo"\\n[columns]\\nname = "Nom"\\n'.encode()).columns
    {'name': ('Nom',)}
    """
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
        columns = {
            code: (said,) if isinstance(said, str) else tuple(said) for code, said in found["columns"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UnreadableTable(
            f'{name} ne se lit pas : il faut du TOML avec une partie [columns], par exemple name = "Nom". ({problem})'
        ) from problem
    known = {**FIELDS, **FOR_REGISTERS}
    for code, said in columns.items():
        if code not in known:
            raise UnreadableTable(f"{name} : « {code} » n’est pas un champ. Champs : {', '.join(known)}.")
        if not all(isinstance(header, str) for header in said):
            raise UnreadableTable(f"{name} : {code} attend le titre d’une colonne, ou une liste de titres.")
    licence = str(found.get("licence", ""))
    if licence not in LICENCES:
        raise UnreadableTable(f"{name} : dites la licence : {', '.join(LICENCES)}.")
    if not str(found.get("source", "")).strip():
        raise UnreadableTable(
            f'{name} : dites d’où vient le tableau, par exemple source = "Ville de Lusignan, 2026".'
        )
    kind = str(found.get("kind", ""))
    if kind and kind not in KINDS:
        raise UnreadableTable(f"{name} : kind est « declared », « approval » ou « place ».")
    return Mapping(
        columns=columns, functional=frozenset(found.get("functional", ())), places=bool(found.get("places", False)),
        replace=bool(found.get("replace", False)), source=str(found["source"]).strip()[:200], licence=licence,
        url=str(found.get("url", "")), sheet=str(found.get("sheet", "")), kind=kind, table=str(found.get("table", "")),
        constants={code: str(said) for code, said in found.get("constants", {}).items() if code in known},
    )  # fmt: skip


def refused_personal(mapping: Mapping, personal: Dictionary[str, str]) -> list[str]:
    """Columns that may tell of persons, mapped without anybody saying that they are of the structures."""
    used = {header for wanted in mapping.columns.values() for header in wanted}
    return [header for header in personal if header in used and header not in mapping.functional]


def fits(table: Table, columns: Dictionary[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """A remembered mapping under the titles of this table, which may differ by accents and case."""
    titles = {fold(header): header for header in table.headers}
    return {
        code: kept
        for code, wanted in columns.items()
        if (kept := tuple(titles[fold(header)] for header in wanted if fold(header) in titles))
    }
