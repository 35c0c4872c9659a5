"""The portal's pages: home, doors, communes, methods, legal pages."""

from __future__ import annotations

import json
from pathlib import Path

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from horizon.actors.plan import plan
from horizon.directory import labels
from horizon.directory.cards import cards
from horizon.directory.listing import list_entries
from horizon.directory.queries import publication_of
from horizon.directory.selection import Selection
from horizon.engine.labels import FAMILIES
from horizon.engine.tints import tinted
from horizon.exchange.queries import note_left, open_listings
from horizon.kernel.doors import DOOR_BY_CODE, DOORS, POLES
from horizon.kernel.processing import processings
from horizon.listening.queries import needs_summary
from horizon.observatory import shipped
from horizon.pages.queries import examples
from horizon.territory.atlas import atlas

FEW = 8
SAID = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What do you need, near you? Eight doors, a search, the map, four figures."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    counts = publication.counts
    drawing = atlas(publication.territory_code, publication.edition)
    by_commune = counts.get("by_commune", {})
    communes = [(drawn, by_commune.get(drawn.code, {}).get("actors", 0)) for drawn in drawing.communes]
    return render(
        request,
        "portal/home.html",
        {
            "counts": counts,
            "door_counts": [
                (door, counts.get("by_door", {}).get(door.code, {}).get("actors", 0)) for door in DOORS
            ],
            "atlas": drawing,
            "communes": communes,
            **tinted({drawn.code: count for drawn, count in communes}),
            "families": [
                (code, name, counts.get("by_family", {}).get(code, {}).get("actors", 0))
                for code, name in FAMILIES.items()
            ],
        },
    )


@require_safe
def door(request: HttpRequest, code: str) -> HttpResponse:
    """One door of daily life: who is there, where nobody is."""
    publication = publication_of(request)
    if code not in DOOR_BY_CODE:
        raise Http404
    listing = list_entries(Selection(doors=(code,)), publication)
    if publication is None or listing is None:
        return render(request, "portal/empty.html")
    counts = publication.counts
    present = {
        key.split(":")[0]: views.get("actors", 0)
        for key, views in counts.get("by_commune_door", {}).items()
        if key.endswith(":" + code)
    }
    drawing = atlas(publication.territory_code, publication.edition)
    return render(
        request,
        "portal/door.html",
        {
            "door": DOOR_BY_CODE[code],
            "listing": listing,
            "cards": cards(listing, drawing, FEW),
            "atlas": drawing,
            "communes": [(drawn, present.get(drawn.code, 0)) for drawn in drawing.communes],
            "nobody": [drawn for drawn in drawing.communes if not present.get(drawn.code)],
            **tinted({drawn.code: present.get(drawn.code, 0) for drawn in drawing.communes}),
            "door_counts": counts.get("by_door", {}),
            "needs": needs_summary(door=code, limit=SAID),
            "listings": note_left(open_listings(members=False, door=code)[:SAID]),
            "examples": examples(door=code, limit=2),
        },
    )


@require_safe
def communes(request: HttpRequest) -> HttpResponse:
    """All communes of the territory, with who is there."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    drawing = atlas(publication.territory_code, publication.edition)
    by_commune = publication.counts.get("by_commune", {})
    rows = [(drawn, by_commune.get(drawn.code, {})) for drawn in drawing.communes]
    return render(
        request,
        "portal/communes.html",
        {
            "rows": rows,
            "atlas": drawing,
            "communes": [(drawn, views.get("actors", 0)) for drawn, views in rows],
            **tinted({drawn.code: views.get("actors", 0) for drawn, views in rows}),
        },
    )


@require_safe
def commune(request: HttpRequest, code: str) -> HttpResponse:
    """One commune: figures, doors present and absent, some of its actors."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    drawing = atlas(publication.territory_code, publication.edition)
    here = next((drawn for drawn in drawing.communes if drawn.code == code), None)
    if here is None:
        current = shipped.resolver().resolve_code(code)
        known = next((drawn for drawn in drawing.communes if drawn.code == current), None)
        if known is None:
            raise Http404
        return render(request, "portal/commune_former.html", {"code": code, "known": known}, status=404)
    counts = publication.counts
    views = counts.get("by_commune", {}).get(code, {})
    present = {
        d.code: counts.get("by_commune_door", {}).get(f"{code}:{d.code}", {}).get("actors", 0) for d in DOORS
    }
    listing = list_entries(Selection(commune=code), publication)
    if listing is None:
        raise Http404
    return render(
        request,
        "portal/commune.html",
        {
            "here": here,
            "rank": drawing.rank_of(code),
            "views": views,
            "density": 1000 * views.get("actors", 0) / here.population if here.population else None,
            "present": [(d, present[d.code]) for d in DOORS if present[d.code]],
            "absent": [d for d in DOORS if not present[d.code]],
            "cards": cards(listing, drawing, FEW),
            "listing": listing,
            "atlas": drawing,
            "plain_communes": [(drawn, None) for drawn in drawing.communes],
            "needs": needs_summary(commune=code, limit=SAID),
            "listings": note_left(open_listings(members=False, commune=code)[:SAID]),
        },
    )


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    """Where each figure comes from, and how sure each automatic judgement is."""
    publication = publication_of(request)
    poles = plan(publication.poles_stamp if publication else None)
    measure_path = Path(shipped.RULES) / "doors_measure.json"
    measure = json.loads(measure_path.read_text(encoding="utf-8")) if measure_path.exists() else None
    return render(
        request,
        "portal/methods.html",
        {
            "measure": measure,
            "reasons": labels.REASONS.values(),
            "exclusions": labels.EXCLUSIONS.values(),
            "poles": [poles.name(code) for code in POLES],
            "counts": publication.counts if publication else {},
        },
    )


def _page(template: str):
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, f"portal/{template}.html")

    view.__doc__ = f"The page `{template}`."
    return view


legal = _page("legal")
privacy = _page("privacy")
accessibility = _page("accessibility")
younger = _page("younger")


@require_safe
def processing_register(request: HttpRequest) -> HttpResponse:
    """The register of processing (RGPD, article 30), made from what each room declares and the daily job applies."""
    return render(request, "portal/register.html", {"processings": processings()})


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page of the site in one list."""
    publication = publication_of(request)
    drawing = atlas(publication.territory_code, publication.edition) if publication else None
    return render(request, "portal/sitemap.html", {"atlas": drawing})


ROBOTS = """User-agent: *
Disallow: /annuaire.csv
Disallow: /*imprimer=
Disallow: /*carte=
Disallow: /*format=
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave: the same rows again as a spreadsheet, to print, and on a map; a panorama again as a file."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Whether the site and its database answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
