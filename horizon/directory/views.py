"""The list, its exports, and the entry page. GET only: nothing here writes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from horizon.actors.access import acts_for, is_operator
from horizon.actors.models import Organization, Touched
from horizon.actors.plan import plan
from horizon.actors.queries import public_contacts
from horizon.directory import labels
from horizon.directory.cards import LISTS, cards, unnumbered
from horizon.directory.companion import companion
from horizon.directory.jsonld import describe_open
from horizon.directory.licences import NAME, closed_sources, opened
from horizon.directory.listing import PER_PAGE, iter_entries, list_entries
from horizon.directory.listing import positions as find_positions
from horizon.directory.models import Entry, EntryReason, Photo, Publication
from horizon.directory.positions import pack
from horizon.directory.printing import printed
from horizon.directory.publishing import HOME_HIDDEN
from horizon.directory.queries import (
    SAME_DOOR,
    communes_of,
    current_publication,
    find_entry,
    neighbours,
    publication_of,
)
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.overlay import Said, lay, said_of, withdrawn
from horizon.directory.said.photos import shown_photos
from horizon.directory.selection import SORTS, Selection
from horizon.engine.spreading import spread
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.pictures import served
from horizon.kernel.registry import beside, tables
from horizon.kernel.spreadsheets import csv_answer
from horizon.kernel.templatetags.atlas import day
from horizon.territory.atlas import atlas
from horizon.territory.shapes import shapes

PIN_APART = 56  # a disc of the list's map and its border (`.dirgrid .map .pin`)
CSV_COLUMNS = (
    "identifiant", "nom", "sigle", "famille", "forme_juridique", "siren", "rna", "activite", "code_naf", "portes",
    "poles", "commune", "code_insee", "adresse", "code_postal", "latitude", "longitude", "effectif", "employeur",
    "creation", "site", "raisons_ess", "signes_de_vie", "confirmee_le", "page", "millesime",
    "licence", "non_repris",
)  # fmt: skip


@require_safe
def entry_list(request: HttpRequest) -> HttpResponse:
    """The list: a page of the selection, or all of it to print (`imprimer=1`).

    What the page says is a function of the edition and the selection: it is kept an hour, so that a second visitor
    costs only the frame around it.
    """
    selection = Selection.parse(request.GET)
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html", status=200)
    if request.GET.get("imprimer") == "1":
        return _printed(request, selection, publication)
    kept = caches[LISTS]
    asked = f"{selection.query(page=selection.page)} {selection.problems}"
    key = f"list.{publication.edition}.{sha256(asked.encode()).hexdigest()}"
    said = kept.get(key)
    if said is None:
        said = _draw(selection, publication)
        kept.set(key, said)
    title, body = said
    return render(
        request,
        "directory/list.html",
        {"title": title, "body": body, "publication": publication, "map": selection.map},
    )


def _draw(selection: Selection, publication: Publication) -> tuple[str, str]:
    """The title and the HTML of a page of the list."""
    listing = list_entries(selection, publication, radii=True)
    assert listing is not None  # a publication is given
    drawing = atlas(publication.territory_code, publication.edition)
    title = _title(selection, drawing, listing.radius)
    body = render_to_string(
        "directory/_list.html",
        {
            "listing": listing,
            "selection": selection,
            "publication": publication,
            "cards": cards(listing, drawing),
            "atlas": drawing,
            "pins": _pins(listing, drawing) if drawing.drawable else [],
            "title": title,
            "named": len(selection.doors) == 1 or bool(selection.commune),
            "sorts": _sorts(selection, drawing.drawable),
            "query": selection.query(page=selection.page),
            "register_href": selection.query(view="registre"),
            "actors_href": selection.query(view="acteurs"),
            "previous_href": selection.query(page=listing.page - 1),
            "next_href": selection.query(page=listing.page + 1),
            "near_href": selection.query(radius=10)
            if drawing.drawable and selection.commune and not selection.radius
            else "",
            "print_href": _with(selection.query(), "imprimer=1"),
            "communes": [(drawn, None) for drawn in drawing.communes],
            "all_query": selection.query(),
            "map_href": selection.query(page=listing.page, map=not selection.map),
            "none_href": Selection(map=selection.map, tint=selection.tint).query(),
            **(companion(listing, drawing) if selection.map and drawing.drawable else {}),
        },
    )
    return title, body


def _printed(request: HttpRequest, selection: Selection, publication: Publication) -> HttpResponse:
    drawing = atlas(publication.territory_code, publication.edition)
    part = printed(selection, publication, drawing)
    query = selection.query()
    return render(
        request,
        "directory/list_print.html",
        {
            "printed": part,
            "publication": publication,
            "title": _title(selection, drawing, part.listing.radius),
            "all_query": query,
            "shown_query": query if len(query) > 1 else "",
            "previous_href": _with(selection.query(page=part.listing.page - 1), "imprimer=1"),
            "next_href": _with(selection.query(page=part.listing.page + 1), "imprimer=1"),
        },
    )


def _with(query: str, more: str) -> str:
    return f"{query}&{more}" if len(query) > 1 else f"?{more}"


def _sorts(selection: Selection, drawable: bool) -> list[tuple[str, str]]:
    """The orders that may be chosen, the one by default first, without a code; by distance where distances are known."""
    default = "pertinence" if selection.q else "nom"
    left_out = {default, *(() if selection.q else ("pertinence",)), *(() if drawable else ("distance",))}
    return [("", SORTS[default]), *((code, label) for code, label in SORTS.items() if code not in left_out)]


def _title(selection: Selection, drawing, radius: int) -> str:
    what = "Toutes les structures" if selection.view == "registre" else "Les acteurs"
    if len(selection.doors) == 1 and selection.doors[0] in DOOR_BY_CODE:
        what = DOOR_BY_CODE[selection.doors[0]].name
    elif selection.q:
        what = f"« {selection.q} »"
    commune = next((drawn.name for drawn in drawing.communes if drawn.code == selection.commune), "")
    if commune:
        return f"{what}, autour de {commune}" if radius else f"{what}, {commune}"
    return what


def _pins(listing, drawing) -> list[dict]:
    """For the small schematic map: which entries of the page stand in each commune, on discs that cover none other."""
    shown: dict[str, list[int]] = {}
    for number, code in enumerate(listing.communes, listing.first):
        shown.setdefault(code, []).append(number)
    by_code = {drawn.code: drawn for drawn in drawing.communes}
    pinned = [(by_code[code], numbers) for code, numbers in shown.items() if code in by_code]
    places = spread([(drawn.x, drawn.y) for drawn, _ in pinned], PIN_APART, 1000, 900)
    return [
        {
            "commune": drawn,
            "x": x,
            "y": y,
            "moved": (x, y) != (drawn.x, drawn.y),
            "label": str(numbers[0]) + ("+" if len(numbers) > 1 else ""),
        }
        for (drawn, numbers), (x, y) in zip(pinned, places, strict=True)
    ]


@require_safe
def entry_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection, as a spreadsheet reads it (UTF-8 with its mark, semicolons), in what is open: a structure that
    another licence keeps on the site has a row that says so and leads to its page."""
    selection = Selection.parse(request.GET)
    publication = current_publication()
    if publication is None:
        raise Http404
    told = _Told(
        settings.ORIGIN,
        f"{publication.vintage.isoformat()}{' (fictif)' if publication.synthetic else ''}",
        closed_sources(publication),
        dict(communes_of(publication)),
    )
    rows = (_csv_row(*given, told) for given in opened(iter_entries(selection)))
    return csv_answer(f"annuaire-ess-{publication.territory_code}.csv", CSV_COLUMNS, rows)


class _Told(NamedTuple):
    """What every row says or leaves out."""

    base: str
    vintage: str
    closed: frozenset[str]
    communes: dict[str, str]


def _csv_row(entry: Entry, left_out: list[str], kept: str, told: _Told) -> list[object]:
    page = f"{told.base}/structures/{entry.organization.public_id}/"
    if kept:
        blank = [""] * (len(CSV_COLUMNS) - 5)
        return [entry.organization.public_id, *blank, page, told.vintage, kept, "tout : à lire sur sa page"]
    return [
        entry.organization.public_id, entry.name, entry.acronym, labels.FAMILY_ONE.get(entry.family, entry.family),
        labels.legal_label(entry.legal_category), entry.siren, entry.rna,
        labels.naf_label(entry.naf_rev2) if entry.naf_rev2 else "", entry.naf_rev2, "|".join(entry.doors),
        "|".join(entry.poles), told.communes.get(entry.commune_id, ""), entry.commune_id, entry.address, entry.postal_code,
        "" if entry.lat is None else f"{entry.lat:.6f}", "" if entry.lon is None else f"{entry.lon:.6f}",
        labels.band_label(entry.employees_band), {True: "oui", False: "non", None: "inconnu"}[entry.is_employer],
        entry.created_on.isoformat() if entry.created_on else "", entry.website, "|".join(code for code in entry.reasons if code not in told.closed),
        "|".join(entry.signs), entry.confirmed_on.isoformat() if entry.confirmed_on else "", page, told.vintage, NAME,
        ", ".join(FIELDS[code].label for code in left_out if code in FIELDS),
    ]  # fmt: skip


@require_safe
def positions(request: HttpRequest) -> HttpResponse:
    """The selection's points for the map, packed; see `directory.positions` for the format."""
    publication = publication_of(request)
    found = find_positions(Selection.parse(request.GET), publication)
    if publication is None or found is None:
        return JsonResponse({"count": 0}, status=404)
    codes = shapes(publication.territory_code, publication.edition).codes
    packed = pack(*found, {code: rank for rank, code in enumerate(codes)})
    return _of_edition(request, publication, packed, "application/octet-stream")


@require_safe
def communes_geojson(request: HttpRequest) -> HttpResponse:
    """The communes of the territory as shapes, for the map."""
    publication = publication_of(request)
    found = shapes(publication.territory_code, publication.edition) if publication else None
    if publication is None or found is None or not found.codes:
        return JsonResponse({"type": "FeatureCollection", "features": []}, status=404)
    return _of_edition(request, publication, found.geojson, "application/geo+json")


@require_safe
def cards_of(request: HttpRequest) -> HttpResponse:
    """The rows of some entries, by their places in the array of positions of the same selection and edition.

    409 when the list has changed since: places would lead to others.
    """
    publication = publication_of(request)
    if publication is None or request.GET.get("edition") != publication.edition:
        return JsonResponse({"error": "L’annuaire vient d’être mis à jour : rechargez la page."}, status=409)
    asked = request.GET.get("rangs", "").split(",")
    if not all(rank.isdecimal() and len(rank) <= 7 for rank in asked) or len(asked) > PER_PAGE:
        return JsonResponse({"error": f"rangs : de 1 à {PER_PAGE} nombres."}, status=400)
    found = find_positions(Selection.parse(request.GET), publication)
    assert found is not None  # a publication is given
    entries, ordinals = found
    ids = [entries.ids[ordinals[int(rank)]] for rank in asked if int(rank) < len(ordinals)]
    return HttpResponse("".join(unnumbered(ids, publication)))


def _of_edition(request: HttpRequest, publication: Publication, body: bytes, kind: str) -> HttpResponse:
    """Kept a day by the browser when it names the edition that it wants: under this name it does not change."""
    response = HttpResponse(body, content_type=kind)
    named = request.GET.get("edition") == publication.edition
    response["Cache-Control"] = "public, max-age=86400, immutable" if named else "no-cache"
    return response


@require_safe
def photo(request: HttpRequest, public_id: str) -> FileResponse:
    """A picture of an organization, as it was drawn again."""
    row = get_object_or_404(Photo, public_id=public_id, removed_at=None)
    return served(row)


def _no_page(request: HttpRequest, organization: Organization) -> HttpResponse:
    """Not yet in the lists, taken back by those who animate, or no longer in the registers: each says so."""
    taken_back = withdrawn(organization.whole, said_of([organization.root_id])[organization.root_id], None)
    if not taken_back and Touched.objects.filter(organization=organization).exists():
        return render(request, "directory/soon.html", {"organization": organization})
    return render(
        request, "directory/gone.html", {"organization": organization, "taken_back": taken_back}, status=410
    )


@require_safe
def entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of a structure. A former id leads to the current one; one that left the registers says so."""
    found = find_entry(public_id)
    if found is None:
        organization = Organization.objects.filter(public_id=public_id).first()
        if organization is None:
            raise Http404
        return _no_page(request, organization)
    organization = found.organization.whole
    if organization.public_id != public_id:
        said_there = f"{reverse('directory:entry', args=[organization.public_id])}#reunie"
        return HttpResponsePermanentRedirect(said_there)
    said = said_of([organization.pk])[organization.pk]
    if withdrawn(organization, said, found):
        return _no_page(request, organization)
    lay(found, said)
    shown = publication_of(request) or found.publication
    drawing, poles = atlas(shown.territory_code, shown.edition), plan(shown.poles_stamp)
    url = settings.ORIGIN + request.path
    themes = list(found.theme_rows.all())
    others = neighbours(found)
    itself = acts_for(request.user, organization)
    editor = itself or is_operator(request.user)
    return render(
        request,
        "directory/entry.html",
        {
            "entry": found,
            "reasons": [
                (*labels.REASONS.get(row.code, (row.code, "")), _reason_source(row), row.evidence)
                for row in found.reason_rows.all()
                if not row.excludes
            ],
            "exclusions": [labels.EXCLUSIONS.get(code, code) for code in found.exclusions],
            "said_doors": said.statements.get("doors"),
            "spoken": sorted(
                said.statements.values(),
                key=lambda s: list(FIELDS).index(s.field) if s.field in FIELDS else 99,
            ),
            "labels_of": {code: field.label for code, field in FIELDS.items()},
            "said": said,
            "contacts": public_contacts(organization),
            "photos": shown_photos(organization),
            "may_edit": editor,
            "follows": is_operator(request.user),
            "confirms": ("button" if itself else "page") if editor else "",
            "partner": bool(set(labels.APART) & set(found.exclusions)),
            "door_rows": [row for row in themes if row.kind == "door"],
            "pole_rows": [(poles.name(row.code), row) for row in themes if row.kind == "pole"],
            "signs": [_sign(code, found, said) for code in found.signs],
            "facts": _facts(found),
            "neighbours": others,
            "akin": any(why != SAME_DOOR for _, why in others),
            "beside": beside("entry", found),
            "tables": tables("entry", found),
            "atlas": drawing,
            "rank": drawing.rank_of(found.commune_id),
            "here": next((drawn for drawn in drawing.communes if drawn.code == found.commune_id), None),
            "family": next(
                (said for code, said in labels.APART.items() if code in found.exclusions),
                labels.FAMILY_ONE.get(found.family, found.family),
            ),
            "legal": labels.legal_label(found.legal_category),
            "activity": labels.naf_label(found.naf_rev2) if found.naf_rev2 else "",
            "hidden": labels.HIDDEN.get(found.hidden_why, labels.HIDDEN["home"]) if found.at_home else "",
            "staff": labels.band_label(found.employees_band),
            "jsonld": json.dumps(describe_open(found, said, url), ensure_ascii=False).replace("<", "\\u003c"),
        },
    )


def _reason_source(row: EntryReason) -> str:
    source = labels.SOURCES.get(row.source, row.source)
    if row.code == "declared" and not row.vintage:  # said on this site, not read in a file
        return source
    return f"{source}, {labels.file_said(row.vintage)}"


def _sign(code: str, found: Entry, said: Said) -> str:
    """A sign of life in words, with its day where it has one."""
    if code == "confirmed" and found.confirmed_on:
        return f"fiche confirmée {said.confirmed_how}, le {day(found.confirmed_on)}"
    if code == "site" and said.site:
        return f"{labels.SIGNS[code]}, vérifié le {day(timezone.localdate(said.site.checked_at))}"
    return labels.SIGNS.get(code, code)


def _facts(found: Entry) -> list[dict]:
    """Every field with the source that says it and the day it describes; two sources of one field make two lines.

    A place that people say is a home is not told by the registers either.
    """
    hidden = HOME_HIDDEN if found.at_home else ()
    here = {found.commune_id: f"{found.commune.name} ({found.commune_id})"}
    facts = []
    for record in found.organization.source_records.all():
        for name, label in labels.FIELDS.items():
            if name in record.values and name not in hidden:
                facts.append(
                    {
                        "label": label,
                        "value": here.get(record.values[name])
                        if name == "commune_code" and record.values[name] in here
                        else labels.field_value(name, record.values[name]),
                        "source": labels.SOURCES.get(record.source, record.source),
                        "vintage": record.vintage,
                    }
                )
        if not record.values:
            facts.append(
                {
                    "label": "Inscription",
                    "value": "présente sur la liste",
                    "source": labels.SOURCES.get(record.source, record.source),
                    "vintage": record.vintage,
                }
            )
    return facts
