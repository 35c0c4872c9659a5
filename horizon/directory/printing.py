"""The list to print: the whole selection in its order, in parts when it is longer than anybody prints at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from horizon.directory.labels import FAMILY_ONE
from horizon.directory.listing import Listing, list_entries
from horizon.directory.models import Entry, Publication
from horizon.directory.selection import Selection
from horizon.kernel.templatetags.atlas import door_name
from horizon.territory.atlas import Atlas

# The register of an intercommunality of 350,000 inhabitants, in one page: 2 MB, 280 kB sent, drawn in 0.6 s. Beyond, in parts.
PRINTED_AT_MOST = 10_000
ANY = "any-public-id"
_COLUMNS = (
    "id",
    "organization__public_id",
    "name",
    "commune_id",
    "commune__name",
    "address",
    "doors",
    "family",
)


class Printed(NamedTuple):
    """A part of the selection as rows of a table, `last` the number of the last one over the whole selection."""

    listing: Listing
    rows: SafeString
    last: int


def printed(selection: Selection, publication: Publication, drawing: Atlas) -> Printed:
    """The part that `page` asks for. One query for its rows."""
    listing = list_entries(selection, publication, per_page=PRINTED_AT_MOST)
    assert listing is not None  # a publication is given
    rows = mark_safe("".join(_rows(listing.ids, drawing)))  # noqa: S308 - every value is escaped there
    return Printed(listing, rows, listing.first + len(listing.ids) - 1)


def _rows(ids: list[int], drawing: Atlas) -> Iterator[str]:
    """Written here rather than in a template, which takes twice as long: a whole register is thousands of rows."""
    address = reverse("directory:entry", args=[ANY])
    squares = {drawn.code: drawn.square for drawn in drawing.communes}
    found = {values[0]: values for values in Entry.objects.filter(pk__one_of=ids).values_list(*_COLUMNS)}
    for entry_id in ids:
        if values := found.get(entry_id):
            yield _row(address, squares, *values[1:])


def _row(
    address: str,
    squares: dict[str, str],
    public_id: str,
    name: str,
    commune_code: str,
    commune: str,
    street: str,
    doors: list[str],
    family: str,
) -> str:
    square = squares.get(commune_code)
    return (
        f'<tr><th scope="row"><a href="{address.replace(ANY, public_id)}">{escape(name)}</a></th><td>{escape(commune)}'
        + (f' <span class="gr">{square}</span>' if square else "")
        + f"</td><td>{escape(street) or '–'}</td><td>{', '.join(map(door_name, doors)) or 'à préciser'}</td>"
        f"<td>{escape(FAMILY_ONE.get(family, ''))}</td></tr>\n"
    )
