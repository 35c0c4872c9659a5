"""The rows of a list, drawn once per edition of the publication and kept: most pages draw none of them again."""

from __future__ import annotations

from django.core.cache import caches
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from horizon.directory.labels import FAMILY_ONE
from horizon.directory.listing import Listing
from horizon.kernel.templatetags.atlas import km
from horizon.territory.atlas import Atlas

FRAGMENTS = "template_fragments"
NUMBER, AWAY = "\x00", "\x01"  # what a selection adds to a kept row: no text of a database holds these


def cards(listing: Listing, drawing: Atlas, limit: int | None = None) -> list[SafeString]:
    """The first `limit` rows of the page as HTML, in order. One query when a row was not kept, none otherwise."""
    kept = caches[FRAGMENTS]
    edition = listing.publication.edition
    keys = {entry_id: f"card.{edition}.{entry_id}" for entry_id in listing.ids[:limit]}
    drawn = kept.get_many(keys.values())
    missing = [entry_id for entry_id, key in keys.items() if key not in drawn]
    if missing:
        template = get_template("directory/_entry.html")
        for entry in listing.load(missing):
            entry.square = drawing.square_of(entry.commune_id)
            row = template.render({"entry": entry, "families": FAMILY_ONE, "number": NUMBER, "away": AWAY})
            drawn[keys[entry.pk]] = row
            kept.set(keys[entry.pk], row)
    return [
        _filled(drawn[key], number, listing.distances.get(entry_id))
        for number, (entry_id, key) in enumerate(keys.items(), listing.first)
        if key in drawn
    ]


def _filled(row: str, number: int, away: float | None) -> SafeString:
    distance = "" if away is None else f"<span>{km(away)}</span>"
    return mark_safe(row.replace(NUMBER, str(number)).replace(AWAY, distance))  # noqa: S308 - drawn by the template
