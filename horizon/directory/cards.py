"""The rows of a list, drawn once per edition of the publication and kept: most pages draw none of them again.

Written here rather than in a template: thirty rows of a template cost more than all the rest of a list page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.cache import caches
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from horizon.directory.labels import FAMILY_ONE
from horizon.directory.listing import Listing
from horizon.directory.models import Entry, Publication
from horizon.kernel.doors import DOORS
from horizon.kernel.templatetags.atlas import day, door_tag, km
from horizon.territory.atlas import Atlas, atlas

FRAGMENTS, LISTS = "template_fragments", "lists"  # caches: rows kept as long as their edition, pages an hour
NUMBER, AWAY = "\x00", "\x01"  # what a selection adds to a kept row: no text of a database holds these
LONGEST = 180
ANY = "any-public-id"
_COLUMNS = (
    "id", "organization__public_id", "name", "acronym", "description", "family", "commune_id", "commune__name",
    "signs", "doors", "confirmed_on",
)  # fmt: skip
_TAGS = {door.code: str(door_tag(door.code)) for door in DOORS}
_SIGNS = {
    "employer": "<span>employeur</span>",
    "recent": "<span>activité récente</span>",
    "site": "<span>son site répond</span>",
    "member": "<span>membre du collectif</span>",
}


def cards(listing: Listing, drawing: Atlas, limit: int | None = None) -> list[SafeString]:
    """The first `limit` rows of the page as HTML, in order. One query when a row was not kept, none otherwise."""
    drawn = rows(listing.ids[:limit], listing.publication.edition, drawing)
    return [
        _filled(drawn[entry_id], number, listing.distances.get(entry_id))
        for number, entry_id in enumerate(listing.ids[:limit], listing.first)
        if entry_id in drawn
    ]


def unnumbered(ids: list[int], publication: Publication) -> list[SafeString]:
    """The rows of some entries, in the order given, as the map shows them. One query at most once the atlas is drawn."""
    drawn = rows(ids, publication.edition, atlas(publication.territory_code, publication.edition))
    return [_filled(drawn[entry_id], "", None) for entry_id in ids if entry_id in drawn]


def rows(ids: Iterable[int], edition: str, drawing: Atlas) -> dict[int, str]:
    """The rows of entries by id, their number and distance still to fill."""
    kept = caches[FRAGMENTS]
    keys = {f"card.{edition}.{entry_id}": entry_id for entry_id in ids}
    drawn = {keys[key]: row for key, row in kept.get_many(keys).items()}
    missing = [entry_id for entry_id in keys.values() if entry_id not in drawn]
    if missing:
        address = reverse("directory:entry", args=[ANY])
        fresh = {
            values[0]: _row(address, drawing, *values[1:])
            for values in Entry.objects.filter(pk__in=missing).values_list(*_COLUMNS)
        }
        kept.set_many({f"card.{edition}.{entry_id}": row for entry_id, row in fresh.items()})
        drawn |= fresh
    return drawn


def _row(
    address: str,
    drawing: Atlas,
    public_id: str,
    name: str,
    acronym: str,
    description: str,
    family: str,
    commune_code: str,
    commune: str,
    signs: list[str],
    doors: list[str],
    confirmed_on: date | None,
) -> str:
    square = drawing.square_of(commune_code)
    if len(description) > LONGEST:
        description = description[: LONGEST - 1] + "…"
    return (
        f'<li class="entry"><span class="no" aria-hidden="true">{NUMBER}</span><div class="body"><h3><a href="'
        f'{address.replace(ANY, public_id)}">{escape(name)}</a></h3>\n'
        + (f"<p>{escape(description)}</p>\n" if description else "")
        + f'<p class="meta"><span><b>{escape(commune)}</b>'
        + (f' <span class="gr">{square}</span>' if square else "")
        + f"</span>{AWAY}<span>{escape(FAMILY_ONE.get(family, ''))}{', ' + escape(acronym) if acronym else ''}</span>"
        + (
            "".join(_SIGNS.get(sign, "") for sign in signs)
            if signs
            else "<span>sans signe de vie connu</span>"
        )
        + (f"<span>confirmée le {day(confirmed_on)} par elle-même</span>" if confirmed_on else "")
        + '</p>\n<p class="meta">'
        + ("".join(_TAGS.get(code, "") for code in doors) if doors else "<span>porte à préciser</span>")
        + "</p></div></li>\n"
    )


def _filled(row: str, number: int | str, away: float | None) -> SafeString:
    distance = "" if away is None else f"<span>{km(away)}</span>"
    return mark_safe(row.replace(NUMBER, str(number)).replace(AWAY, distance))  # noqa: S308 - escaped in `_row`
