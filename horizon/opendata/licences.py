"""What may be given away (réutilisation): the licence of everything here, and what it leaves out.

A source is open when its licence is on the list; everything else, share-alike first, stays on the pages where its own
licence is written beside it.
"""

from __future__ import annotations

from dataclasses import replace

from horizon.directory.models import Entry, Publication
from horizon.directory.said.overlay import Said, lay

NAME = "Licence Ouverte 2.0"
ADDRESS = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
SPDX = "etalab-2.0"
OPEN = frozenset({NAME, "CC0 1.0"})
ALIASES = {"approvals": ("approvals", "approval")}
FREED = ("description", "website", "phone", "email", "hours", "acronym")
PLACE = ("address", "postal_code")


def closed_sources(publication: Publication) -> frozenset[str]:
    """The codes of the publication's sources whose licence is not known to be open."""
    closed: set[str] = set()
    for source in publication.sources:
        if source.get("licence") not in OPEN:
            closed.update(ALIASES.get(source["source"], (source["source"],)))
    return frozenset(closed)


def open_up(entry: Entry, said: Said) -> list[str]:
    """Lays over the entry, in memory, what people say now, under open licences only. Returns the fields left out.

    Leaving a statement out never shows what it hid: a field emptied on the page stays empty here.
    """
    lay(entry, said)
    left_out = sorted(code for code, one in said.statements.items() if one.licence not in OPEN)
    if left_out:
        hidden = {name: "" for name in (*FREED, *PLACE) if not getattr(entry, name)}
        at_home, unplaced, active = entry.at_home, entry.lat is None, entry.active
        lay(entry, replace(said, statements={c: s for c, s in said.statements.items() if c not in left_out}))
        for name, value in hidden.items():
            setattr(entry, name, value)
        entry.at_home, entry.active = entry.at_home or at_home, entry.active and active
        if unplaced:
            entry.lat = entry.lon = None
    if entry.at_home:
        entry.address = entry.postal_code = ""
        entry.lat = entry.lon = None
    return left_out
