"""The rows of a list, drawn once per edition of the publication and kept: most pages draw none of them again."""

from __future__ import annotations

from django.core.cache import caches
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from horizon.directory.labels import FAMILY_ONE
from horizon.directory.listing import Listing
from horizon.territory.atlas import Atlas

FRAGMENTS = "template_fragments"
NUMBER = "\x00"  # stands for the row's number in a kept row: no text of a database holds it


def cards(listing: Listing, drawing: Atlas, limit: int | None = None) -> list[SafeString]:
    """The first `limit` rows of the page as HTML, in order. One query when a row was not kept, none otherwise.

    A distance belongs to a selection, not to an entry: rows that show one are drawn each time.
    """
    kept = caches[FRAGMENTS]
    edition = listing.publication.edition
    keys = {entry_id: f"card.{edition}.{entry_id}" for entry_id in listing.ids[:limit]}
    found: dict[int, SafeString] = {}
    if not listing.distances:
        drawn = kept.get_many(keys.values())
        found = {entry_id: drawn[key] for entry_id, key in keys.items() if key in drawn}
    missing = [entry_id for entry_id in keys if entry_id not in found]
    if missing:
        template = get_template("directory/_entry.html")
        for entry in listing.load(missing):
            entry.square = drawing.square_of(entry.commune_id)
            entry.away = listing.distances.get(entry.pk)
            found[entry.pk] = template.render({"entry": entry, "families": FAMILY_ONE, "number": NUMBER})
            if entry.away is None:
                kept.set(keys[entry.pk], found[entry.pk], timeout=None)
    return [
        mark_safe(found[entry_id].replace(NUMBER, str(number)))  # noqa: S308 - drawn by the template above
        for number, entry_id in enumerate(keys, listing.first)
        if entry_id in found
    ]
