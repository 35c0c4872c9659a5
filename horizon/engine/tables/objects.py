"""Tables written as objects: GeoJSON, the JSON of GoGoCarto, any list of JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterator

from horizon.engine.tables.shape import MAX_COLUMNS, MAX_ROWS, Table, UnreadableTable, make_table

DEEPEST = 4
LISTS = ("features", "data", "elements", "results", "records", "items")


def read_objects(data: bytes) -> Table:
    """A list of objects as a table: one column for each path (`address.postalCode`), the points as two columns."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise UnreadableTable(
            "Ce fichier commence comme du JSON, mais ne se lit pas jusqu’au bout."
        ) from problem
    kind, items, notes = _items(found)
    if len(items) > MAX_ROWS:
        raise UnreadableTable(f"Ce fichier a plus de {MAX_ROWS} éléments : coupez-le en plusieurs.")
    rows: list[dict[str, object]] = []
    aside = 0
    for item in items:
        row = (
            _feature(item)
            if kind == "geojson"
            else dict(_flat(item, "", 0))
            if isinstance(item, dict)
            else {}
        )
        aside += not row
        rows.append(row)
    headers = list(dict.fromkeys(name for row in rows for name in row))
    if not headers:
        raise UnreadableTable("Aucun élément de ce fichier ne dit quoi que ce soit.")
    if len(headers) > MAX_COLUMNS:
        raise UnreadableTable(f"Ce fichier a {len(headers)} propriétés différentes : {MAX_COLUMNS} au plus.")
    if aside:
        notes.append(
            f"{aside} éléments sans propriété, laissés de côté."
            if aside > 1
            else "Un élément sans propriété, laissé de côté."
        )

    def grid() -> Iterator[tuple[int, list[object]]]:
        yield 0, list(headers)
        for number, row in enumerate(rows, 1):
            yield number, [row.get(name) for name in headers]

    return make_table(grid(), kind=kind, notes=notes, encoding="utf-8")


def _items(found: object) -> tuple[str, list, list[str]]:
    notes: list[str] = []
    if isinstance(found, list):
        return "json", found, notes
    if not isinstance(found, dict):
        raise UnreadableTable("Ce JSON n’est pas une liste d’éléments.")
    if found.get("type") == "Feature":
        return "geojson", [found], notes
    if found.get("type") == "FeatureCollection":
        return "geojson", _listed(found.get("features")), notes
    if found.get("ontology") == "gogocompact":
        raise UnreadableTable(
            "C’est la forme abrégée de GoGoCarto, sans le nom des colonnes : prenez l’export complet (elements.json, ontology=gogofull)."
        )
    kind = "gogocarto" if "ontology" in found or "licence" in found else "json"
    if kind == "gogocarto" and found.get("licence"):
        notes.append(f"Licence dite par le fichier : {found['licence']}.")
    for name in LISTS:
        if isinstance(found.get(name), list):
            return kind, found[name], notes
    raise UnreadableTable("Ce JSON n’a pas de liste d’éléments (« features », « data »…).")


def _listed(value: object) -> list:
    if not isinstance(value, list):
        raise UnreadableTable("Ce GeoJSON n’a pas de liste « features ».")
    return value


def _feature(item: object) -> dict[str, object]:
    """A feature's properties, and its point when it has one; an outline is no address and is left out."""
    if not isinstance(item, dict):
        return {}
    row = dict(_flat(item.get("properties") or {}, "", 0))
    geometry = item.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        numbers = geometry.get("coordinates")
        if isinstance(numbers, list) and len(numbers) >= 2:
            row.setdefault("latitude", numbers[1])
            row.setdefault("longitude", numbers[0])
    return row


def _flat(value: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and depth < DEEPEST:
        for key, inside in value.items():
            yield from _flat(inside, f"{path}.{key}" if path else str(key), depth + 1)
    elif path:
        yield path, _said(value)


def _said(value: object) -> object:
    """A list as its words, whatever is deeper as its JSON."""
    if isinstance(value, list):
        words = [v.get("name") or v.get("nom") if isinstance(v, dict) else v for v in value]
        return ", ".join(str(word) for word in words if word not in (None, ""))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value
