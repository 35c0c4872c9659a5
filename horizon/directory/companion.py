"""The map that one opens beside a list (carte compagne): what its page says, drawn or not.

Everything that the map shows by colours and places is also here in words: the tints have their legend and their table,
so that a page without WebGL, without JavaScript or on paper says the same.
"""

from __future__ import annotations

from horizon.directory.listing import CommuneCount, Listing
from horizon.directory.models import Publication
from horizon.directory.selection import TINTS
from horizon.engine.tints import tinted
from horizon.kernel.doors import DOORS
from horizon.territory.atlas import Atlas, Drawn
from horizon.territory.shapes import shapes

NOBODY = CommuneCount(0, 0, 0)
NAMED = 3


def companion(listing: Listing, drawing: Atlas) -> dict[str, object]:
    """What the templates need beside the list's own; `values` are in the order of the shapes, for the browser."""
    selection, publication = listing.selection, listing.publication
    counts = {drawn.code: listing.by_commune.get(drawn.code, NOBODY) for drawn in drawing.communes}
    values = {
        drawn.code: value
        for drawn in drawing.communes
        if (value := _value(selection.tint, drawn, counts[drawn.code])) is not None
    }
    tints = tinted(values) if selection.tint else {"shades": {}, "tints": []}
    shades: dict[str, int] = tints["shades"]  # type: ignore[assignment]
    rows = [(drawn, counts[drawn.code], values.get(drawn.code)) for drawn in drawing.communes]
    if selection.tint:
        rows.sort(key=lambda row: -1 if row[2] is None else row[2], reverse=True)
    return {
        **tints,
        "tint_name": TINTS.get(selection.tint, ""),
        "tint_options": TINTS.items(),
        "tint_pairs": [(name, value) for name, value in selection.pairs() if name not in {"teinte", "page"}],
        "commune_rows": rows,
        "highest": [(drawn.name, value) for drawn, _, value in rows[:NAMED] if value],
        "placed": sum(count.total - count.at_commune for count in counts.values()),
        "at_commune": sum(count.at_commune for count in counts.values()),
        "shade_list": ",".join(str(shades.get(code, 0)) for code in _codes(publication)),
        "door_keys": DOORS,
        "without_map_href": selection.query(map=False),
    }


def _codes(publication: Publication) -> tuple[str, ...]:
    return shapes(publication.territory_code, publication.edition).codes


def _value(tint: str, drawn: Drawn, count: CommuneCount) -> float | None:
    """The tint's value for a commune; None when it cannot be known (population unknown, nobody on the register)."""
    if tint == "densite":
        return round(1000 * count.total / drawn.population, 1) if drawn.population else None
    if tint == "part":
        return round(100 * count.total / count.register, 1) if count.register else None
    return count.total
