"""Embeds (intégrations): a structure and its neighbours, or a list, in one line on anybody's site.

Only these pages may stand in another site's frame. They set no cookie, ask nobody for anything, and lead to the whole
page in a new tab.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_exempt, xframe_options_sameorigin
from django.views.decorators.http import require_safe

from horizon.directory.listing import list_entries
from horizon.directory.models import Entry, Publication
from horizon.directory.queries import entries_saying, find_entry, neighbours, publication_of
from horizon.directory.selection import Selection
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.opendata import queries
from horizon.opendata.records import Frame, address
from horizon.territory.atlas import Atlas, Drawn, atlas
from horizon.territory.queries import home_communes

SHOWN = 8
FOUND = 8
HEIGHT = 760
VIEW = (560, 400)  # of the 1000 × 900 of the atlas


def framed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Any site may put it in a frame."""
    return xframe_options_exempt(csp_replace({"frame-ancestors": ["*"]})(require_safe(view)))


@framed
def one(request: HttpRequest, public_id: str) -> HttpResponse:
    """A structure, what it does, how to reach it, and those that do something alike nearby, around it on the map."""
    publication = publication_of(request)
    entry = find_entry(public_id) if publication else None
    frame = Frame(publication) if publication else None
    found = queries.structures_of([entry.pk], frame) if frame and entry else []
    if publication is None or frame is None or entry is None or not found:
        return render(request, "opendata/embed_gone.html", {"page": _kept_page(entry)}, status=404)
    near = _given(neighbours(entry), frame)
    drawing = atlas(publication.territory_code, publication.edition)
    here = next((drawn for drawn in drawing.communes if drawn.code == found[0]["code_insee"]), None)
    return render(
        request,
        "opendata/embed_one.html",
        {
            "one": found[0], "near": near, "atlas": drawing, "here": here, "view": _around(drawing, here),
            "pins": _pins(drawing, [other["code_insee"] for other, _ in near]), "publication": publication,
        },
    )  # fmt: skip


def _kept_page(entry: Entry | None) -> str:
    """Where a structure is read that another licence keeps on the site; empty for those that are closed or unknown."""
    kept = entry and entry.active and queries.kept_here(entry)
    return address("directory:entry", entry.organization.public_id) if entry and kept else ""


def _given(near: list[tuple[Entry, str]], frame: Frame) -> list[tuple[dict, str]]:
    """Neighbours as they may be given away, each with why it is one."""
    why = {entry.organization.public_id: said for entry, said in near}
    return [
        (one, why[one["identifiant"]])
        for one in queries.structures_of([entry.pk for entry, _ in near], frame)
    ]


def _around(drawing: Atlas, here: Drawn | None) -> str:
    """The part of the map whose middle is the commune of the structure."""
    if here is None or not drawing.drawable:
        return ""
    width, height = VIEW
    return f"{here.x - width // 2} {here.y - height // 2} {width} {height}"


def _pins(drawing: Atlas, codes: list[str]) -> list[tuple[Drawn, str]]:
    """Where the neighbours are, by their number in the list."""
    numbers: dict[str, list[int]] = {}
    for number, code in enumerate(codes, 1):
        numbers.setdefault(code, []).append(number)
    by_code = {drawn.code: drawn for drawn in drawing.communes}
    return [
        (by_code[code], "…" if len(found) > 2 else ",".join(map(str, found)))
        for code, found in numbers.items()
        if code in by_code
    ]


@framed
def some(request: HttpRequest) -> HttpResponse:
    """The first structures of a selection of the directory, with the same address as the list's."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "opendata/embed_gone.html", status=404)
    selection = Selection.parse(request.GET)
    listing = list_entries(selection, publication, SHOWN, given=True)
    assert listing is not None  # a publication is given
    return render(
        request,
        "opendata/embed_list.html",
        {
            "rows": queries.structures_of(listing.ids, Frame(publication)), "total": listing.total,
            "query": selection.query(), "title": _named(selection), "publication": publication,
        },
    )  # fmt: skip


def _named(selection: Selection) -> str:
    communes = {commune.code: commune.name for commune in home_communes()} if selection.commune else {}
    what = [DOOR_BY_CODE[code].name for code in selection.doors if code in DOOR_BY_CODE]
    where = communes.get(selection.commune, "")
    return ", ".join([*(what or ["Économie sociale et solidaire"]), *([where] if where else [])])


@xframe_options_sameorigin
@csp_update({"frame-src": [SELF]})
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Choosing what to show, the line to copy, and what it will look like."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    get = request.GET.get
    words, path, title = get("nom", "").replace("\x00", " ").strip()[:100], "", ""
    if get("structure"):
        path, title = _one_line(get("structure", ""), publication)
    elif {"commune", "porte", "liste"} & set(request.GET):
        selection = Selection.parse(request.GET)
        path = reverse("opendata:embed-list") + selection.query()
        title = _named(selection)
    return render(
        request,
        "opendata/embed_choose.html",
        {
            "path": path, "line": _line(path, title) if path else "", "title": title, "words": words, "height": HEIGHT,
            "found": entries_saying(words, publication, FOUND) if words else [], "communes": home_communes(),
            "commune": get("commune", ""), "door": get("porte", ""), "missing": bool(get("structure")) and not path,
        },
    )  # fmt: skip


def _one_line(public_id: str, publication: Publication) -> tuple[str, str]:
    entry = find_entry(public_id[:20].replace("\x00", ""))
    found = queries.structures_of([entry.pk], Frame(publication)) if entry else []
    if not found:
        return "", ""
    return reverse("opendata:embed-structure", args=[found[0]["identifiant"]]), found[0]["nom"]


def _line(path: str, title: str) -> str:
    return format_html(
        '<iframe src="{}" title="{}, sur Horizon Commun" width="100%" height="{}" loading="lazy"></iframe>',
        settings.ORIGIN + path, title, HEIGHT,
    )  # fmt: skip
