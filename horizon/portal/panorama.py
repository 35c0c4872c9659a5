"""The panorama's pages: of any territory that the marts know."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from django.core.cache import cache, caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
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
from horizon.territory.panorama import KEPT_SECONDS, kept_panorama

ANSWERS = 30
MAKING, MAKING_SECONDS = "panorama-pdf", 300
BUSY = "Un autre PDF est en train d’être fait. Revenez dans une minute, ou imprimez la page du panorama."
MISSING = "Ce qui manque, et qui peut répondre"
COUNTED = (
    "Comptés à l’instant ; un besoin est sans réponse tant qu’aucune réponse officielle n’est publiée, une piste n’en est pas une. Un accord est "
    "conclu quand ses deux parties ont confirmé les mêmes termes."
)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Choosing a territory: the published one and its communes first, then any of France by its name or code."""
    query = request.GET.get("q", "").strip()[:80]
    publication = publication_of(request)
    here = _communes_of(publication.territory_code) if publication else ()
    context = {
        "query": query,
        "answers": _answers(query) if query else [],
        "here_communes": here,
    }
    return render(request, "portal/panorama_index.html", context)


class Place(NamedTuple):
    """A territory that may be chosen. `inside`: words are looked for anywhere in its name, not only at its start."""

    name: str
    folded: str
    code: str
    address: str
    what: str
    inside: bool = False


@lru_cache(maxsize=1)
def _places() -> tuple[Place, ...]:
    """Every territory of France, folded once: the table of communes takes half a second to unpack."""
    named = [
        (row["name"], row["code"], row["code"], "intercommunalité" if row["status"] == "current" else "intercommunalité disparue", True)
        for row in shipped.rows("epcis")
    ]  # fmt: skip
    named += [
        (row["name"], row["code"], f"dep:{row['code']}", f"département, {row['code']}", False)
        for row in shipped.rows("departments")
    ]
    named += [
        (row["name"], row["code"], row["code"], f"commune, {row['department']}", False)
        for row in shipped.rows("communes")
        if row["kind"] == "commune-actuelle"
    ]
    named += [(name, "", f"reg:{code}", "région", False) for code, name in REGIONS.items()]
    named.append(("France", "", "FR", "pays", False))
    return tuple(
        Place(name, fold(name), code, address, what, inside) for name, code, address, what, inside in named
    )


@lru_cache(maxsize=4)
def _communes_of(epci: str) -> tuple[dict[str, str], ...]:
    """The communes of an intercommunality, in the order of their names."""
    found = [
        {"code": row["code"], "name": row["name"]}
        for row in shipped.rows("communes")
        if row["kind"] == "commune-actuelle" and row["epci_code"] == epci
    ]
    return tuple(sorted(found, key=lambda row: fold(row["name"])))


def _answers(query: str) -> list[tuple[str, str, str]]:
    wanted, code = fold(query), query.upper()
    found = [
        place
        for place in _places()
        if (wanted in place.folded if place.inside else place.folded.startswith(wanted)) or place.code == code
    ]
    found.sort(key=lambda place: (place.folded != wanted, len(place.name), place.name, place.address))
    return [(place.address, place.name, place.what) for place in found[:ANSWERS]]


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
    covered = _covered(request, code)
    if request.GET.get("format") == "csv":
        return _csv(_with_what_is_missing(found, covered))
    if request.GET.get("format") == "json":
        body = formats.to_json(_with_what_is_missing(found, covered))
        return HttpResponse(body, content_type="application/json; charset=utf-8")
    can_make_pdf = formats.can_make_pdf()
    if request.GET.get("format") == "pdf" and can_make_pdf:
        return _pdf(_with_what_is_missing(found, covered))
    context = {
        "panorama": found,
        "where": found["territory"],
        "sections": mark_safe(formats.fragment(found)),  # noqa: S308 - every value is escaped there
        "chapters": formats.chapters(found),
        "csv": "?" + urlencode({"format": "csv"}),
        "json": "?" + urlencode({"format": "json"}),
        "pdf": "?" + urlencode({"format": "pdf"}) if can_make_pdf else "",
        "covered": covered,
        "counted": COUNTED,
    }
    return render(request, "portal/panorama.html", context)


def _covered(request: HttpRequest, code: str) -> Coverage | None:
    """What people said and exchange, for the territory that this site publishes; None elsewhere."""
    publication = publication_of(request)
    if publication is None or publication.territory_code != code:
        return None
    return coverage(publication.counts)


def _with_what_is_missing(found: dict, covered: Coverage | None) -> dict:
    """The panorama with its chapter of what people said and exchange, as the page shows it, for its files."""
    if covered is None:
        return found
    source, today = "Besoins et annonces publiés sur ce site", timezone.localdate().isoformat()
    rows = [
        ["besoins dits", covered.needs], ["besoins sans réponse", covered.waiting], ["demandes ouvertes", covered.asks],
        ["demandes sans offre", covered.nobody], ["offres ouvertes", covered.offers], ["accords conclus", covered.deals],
    ]  # fmt: skip
    chapter = {
        "code": "missing", "chapter": MISSING, "title": MISSING, "definition": "Ce qui est dit, demandé, proposé et conclu sur ce site.",
        "columns": ["Quoi", "Nombre"], "rows": rows, "unit": "", "chart": "figures", "source": source,
        "sources": [[source, today, today]], "vintage": today, "method": COUNTED,
    }  # fmt: skip
    return {**found, "indicators": [*found["indicators"], chapter]}


def _csv(found: dict) -> HttpResponse:
    response = HttpResponse("\ufeff" + formats.to_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(found)}.csv"'
    return response


def _pdf(found: dict) -> HttpResponse:
    """Made in seconds of processor: the last ones are kept a day, and each process makes one at a time."""
    key = f"panorama-pdf:{sha256(formats.page(found).encode()).hexdigest()}"
    made = caches["documents"].get(key)
    if made is None:
        if not cache.add(MAKING, "1", MAKING_SECONDS):
            return HttpResponse(
                BUSY, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "60"}
            )
        try:
            made = formats.to_pdf(found)
        finally:
            cache.delete(MAKING)
        caches["documents"].set(key, made, KEPT_SECONDS)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(found)}.pdf"'
    return response


def _file_name(found: dict) -> str:
    return f"panorama-{found['territory']['code'].replace(':', '-')}"
