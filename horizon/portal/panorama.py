"""The panorama's pages: of any territory that the marts know."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from horizon.crossings.coverage import Coverage, coverage
from horizon.engine.folding import fold
from horizon.observatory import shipped
from horizon.observatory.errors import BadInput
from horizon.observatory.panorama import formats
from horizon.observatory.panorama.territory import REGIONS
from horizon.observatory.read import MartsMissing
from horizon.portal.context import publication_of
from horizon.territory.panorama import kept_panorama

ANSWERS = 30


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Choosing a territory: the published one and its communes first, then any of France by its name or code."""
    query = request.GET.get("q", "").strip()[:80]
    publication = publication_of(request)
    here = [
        row
        for row in shipped.rows("communes")
        if publication
        and row["kind"] == "commune-actuelle"
        and row["epci_code"] == publication.territory_code
    ]
    context = {
        "query": query,
        "answers": _answers(query) if query else [],
        "here_communes": sorted(here, key=lambda row: fold(row["name"])),
    }
    return render(request, "portal/panorama_index.html", context)


def _answers(query: str) -> list[tuple[str, str, str]]:
    wanted = fold(query)
    found = [
        (
            row["code"],
            row["name"],
            "intercommunalité" if row["status"] == "current" else "intercommunalité disparue",
        )
        for row in shipped.rows("epcis")
        if wanted in fold(row["name"]) or row["code"] == query
    ]
    found += [
        (f"dep:{row['code']}", row["name"], f"département, {row['code']}")
        for row in shipped.rows("departments")
        if fold(row["name"]).startswith(wanted) or row["code"] == query.upper()
    ]
    found += [
        (row["code"], row["name"], f"commune, {row['department']}")
        for row in shipped.rows("communes")
        if row["kind"] == "commune-actuelle"
        and (fold(row["name"]).startswith(wanted) or row["code"] == query)
    ]
    found += [
        (f"reg:{code}", name, "région") for code, name in REGIONS.items() if fold(name).startswith(wanted)
    ]
    if "france".startswith(wanted):
        found.append(("FR", "France", "pays"))
    return sorted(found, key=lambda row: (fold(row[1]) != wanted, len(row[1]), row[1], row[0]))[:ANSWERS]


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The panorama of a territory; computed once a day per run of the observatory."""
    try:
        found = kept_panorama(code)
    except MartsMissing:
        return render(request, "portal/empty.html")
    except BadInput as problem:
        return render(
            request, "portal/panorama_unknown.html", {"problem": str(problem), "query": code}, status=404
        )
    if request.GET.get("format") == "csv":
        return _csv(found)
    if request.GET.get("format") == "json":
        return HttpResponse(formats.to_json(found), content_type="application/json; charset=utf-8")
    context = {
        "panorama": found,
        "where": found["territory"],
        "sections": mark_safe(formats.fragment(found)),  # noqa: S308 - every value is escaped there
        "chapters": formats.chapters(found),
        "csv": "?" + urlencode({"format": "csv"}),
        "json": "?" + urlencode({"format": "json"}),
        "covered": _covered(request, code),
    }
    return render(request, "portal/panorama.html", context)


def _covered(request: HttpRequest, code: str) -> Coverage | None:
    """What people said and exchange, for the territory that this site publishes; None elsewhere."""
    publication = publication_of(request)
    if publication is None or publication.territory_code != code:
        return None
    return coverage(publication.counts)


def _csv(found: dict) -> HttpResponse:
    response = HttpResponse("\ufeff" + formats.to_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="panorama-{found["territory"]["code"].replace(":", "-")}.csv"'
    )
    return response
