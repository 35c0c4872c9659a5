"""The API, version 1: reads only, everything that the public pages say and nothing else. Served at `/api/v1/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import urlencode
from ninja import NinjaAPI, Path, Query
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from horizon.actors.plan import plan
from horizon.crossings.coverage import coverage as laid_side_by_side
from horizon.directory import labels
from horizon.directory.licences import ADDRESS, NAME, OPEN, SPDX
from horizon.directory.listing import list_entries
from horizon.directory.queries import find_entry, publication_of
from horizon.directory.selection import Selection
from horizon.engine.labels import FAMILIES, SIZES
from horizon.exchange.models import Listing
from horizon.kernel.doors import DOORS, UNDECIDED
from horizon.listening.models import Answer, Need
from horizon.observatory.errors import BadInput
from horizon.opendata import queries, records, schemas
from horizon.opendata.records import Frame
from horizon.opendata.serving import problem
from horizon.territory.panorama import kept_panorama

VERSION = "1.0.0"
NOTHING = "Rien n’est encore publié sur ce site."
SIDES = {"offres": Listing.OFFER, "demandes": Listing.ASK}
EDITIONED = frozenset({"structures", "structure", "communes", "commune", "vocabulaires", "sources"})
Row = TypeVar("Row")


class Api(NinjaAPI):
    """The OpenAPI description says what is really sent: problems have their own media type and no other cause."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict | None = None
    ) -> OpenAPISchema:
        """The description, OpenAPI 3.1; made once."""
        return _described(settings.ORIGIN)

    def describe(self) -> OpenAPISchema:
        """Makes it."""
        described = super().get_openapi_schema()
        for methods in described["paths"].values():
            for operation in methods.values():
                for status, response in operation["responses"].items():
                    response["description"] = MEANS[int(status)]
                    if int(status) >= 400:
                        content = response["content"].pop("application/json")
                        response["content"]["application/problem+json"] = content
                    response["headers"] = {
                        name: {"description": says, "schema": {"type": "string"}}
                        for name, (says, when) in HEADERS.items()
                        if int(status) in when
                    }
        described["servers"] = [{"url": settings.ORIGIN}]
        return described


@cache
def _described(origin: str) -> OpenAPISchema:
    return api.describe()


class Json(JSONRenderer):
    """Accents as they are."""

    json_dumps_params = {"ensure_ascii": False}


MEANS = {
    200: "Voici.",
    304: "Rien n’a changé depuis l’étiquette envoyée (If-None-Match).",
    404: "Introuvable.",
    422: "Un paramètre n’a pas été compris.",
    429: "Trop de demandes.",
}
HEADERS: dict[str, tuple[str, set[int]]] = {
    "ETag": ("Étiquette de la réponse, à renvoyer dans If-None-Match.", {200, 304}),
    "Retry-After": ("Secondes à attendre.", {429}),
}
api = Api(
    title="Horizon Commun, données ouvertes",
    version=VERSION,
    description=(
        "Ce que disent les pages publiques, pour les machines. Lecture seule, sans clé, ouverte à tout site (CORS). "
        "Les mêmes filtres que les listes, avec les mêmes noms. Tout est sous Licence Ouverte 2.0 : citez le site et la date. "
        "Ce qui nous vient sous une autre licence (partage à l’identique, par exemple) se lit sur le site et n’est pas ici."
    ),
    openapi_url="/openapi.json",
    docs_url=None,
    urls_namespace="api-v1",
    renderer=Json(),
    openapi_extra={"info": {"license": {"name": NAME, "url": ADDRESS}, "x-licence-spdx": SPDX}},
)


def answers(shape: Any) -> dict:
    """What an operation may answer."""
    problems = dict.fromkeys((404, 422, 429), schemas.Problem)
    return {200: shape, 304: None, **problems}


def frame_of(request: HttpRequest) -> Frame:
    """The frame of the current publication. Raises Http404 on an empty site."""
    publication = publication_of(request)
    if publication is None:
        raise Http404(NOTHING)
    return Frame(publication)


def edition_of(request: HttpRequest) -> str:
    """What the answers of `EDITIONED` depend on."""
    publication = publication_of(request)
    return publication.edition if publication else ""


@api.get("/structures", response=answers(schemas.Structures), url_name="structures", operation_id="structures",
         tags=["Annuaire"], summary="Les structures de l’annuaire")  # fmt: skip
def structures(request: HttpRequest, response: HttpResponse, asked: Query[schemas.StructuresAsked]) -> dict:
    """Avec leurs raisons, leurs portes, leurs sources et leurs dates. Montrée à sa commune, une structure n’a ni adresse ni point."""
    frame = frame_of(request)
    selection = Selection(
        q=" ".join(asked.q.replace("\x00", " ").split()), doors=tuple(dict.fromkeys(map(str, asked.porte))),
        pole=asked.pole or "", family=asked.famille or "", activity=asked.activite.strip(), commune=asked.commune or "",
        radius=asked.rayon or 0, size=asked.taille or "", employer=bool(asked.employeur), recent=bool(asked.recent),
        confirmed=bool(asked.confirmee), site=bool(asked.site), member=bool(asked.membre),
        view=asked.vue, sort=asked.tri or "", page=asked.page,
    )  # fmt: skip
    found = list_entries(selection, frame.publication, asked.par_page, given=True)
    if found is None:
        raise Http404(NOTHING)
    ids = found.ids if asked.page <= found.pages else []
    return {
        **frame.head,
        **paged(request, response, asked, found.total),
        "explications": found.explanation,
        "resultats": queries.structures_of(ids, frame),
    }


@api.get("/structures/{identifiant}", response=answers(schemas.Structure), url_name="structure", operation_id="structure",
         tags=["Annuaire"], summary="Une structure")  # fmt: skip
def structure(request: HttpRequest, identifiant: Path[schemas.Identifier]) -> dict:
    """Une structure listée. Un ancien identifiant, après une fusion, donne la structure d’aujourd’hui avec son identifiant."""
    frame = frame_of(request)
    entry = find_entry(identifiant)
    found = queries.structures_of([entry.pk], frame) if entry else []
    if entry and not found and (licence := queries.kept_here(entry)):
        page = records.address("directory:entry", entry.organization.public_id)
        raise Http404(
            f"Cette structure nous vient sous une autre licence ({licence}) : elle se lit sur sa page, {page}."
        )
    if not found:
        raise Http404(f"Aucune structure listée n’a l’identifiant « {identifiant} ».")
    return found[0]


@api.get("/communes", response=answers(schemas.Communes), url_name="communes", operation_id="communes",
         tags=["Annuaire"], summary="Les communes")  # fmt: skip
def communes(request: HttpRequest) -> dict:
    """Les communes du territoire, par code, et combien de structures y sont."""
    frame = frame_of(request)
    return {**frame.head, "resultats": queries.communes_of(frame)}


@api.get("/communes/{code}", response=answers(schemas.Commune), url_name="commune", operation_id="commune",
         tags=["Annuaire"], summary="Une commune")  # fmt: skip
def commune(request: HttpRequest, code: Path[schemas.Identifier]) -> dict:
    """Une commune du territoire, par son code Insee."""
    frame = frame_of(request)
    found = [row for row in queries.communes_of(frame) if row["code_insee"] == code]
    if not found:
        raise Http404(f"Aucune commune du territoire n’a le code « {code} ».")
    return found[0]


@api.get("/indicateurs", response=answers(schemas.Indicators), url_name="indicateurs", operation_id="indicateurs",
         tags=["Comprendre"], summary="Les indicateurs du panorama")  # fmt: skip
def indicators(request: HttpRequest, asked: Query[schemas.PanoramaAsked]) -> dict:
    """Le panorama d’un territoire de France : chaque indicateur avec sa définition, sa méthode et sa source."""
    frame = frame_of(request)
    try:
        found = kept_panorama(asked.territoire or frame.publication.territory_code)
    except BadInput as unknown:
        raise Http404(str(unknown)) from unknown
    where = found["territory"]
    return {
        "territoire": {"code": where["code"], "nom": where["name"]},
        "niveau": where["level"],
        "population": where["population"],
        "millesime": found["vintage"],
        "licence": NAME,
        "fictif": found["synthetic"],
        "notes": found["notes"],
        "resultats": [
            {
                "code": one["code"], "chapitre": one["chapter"], "titre": one["title"], "definition": one["definition"],
                "methode": one["method"], "source": one["source"], "millesime": one["vintage"], "unite": one["unit"],
                "colonnes": list(one["columns"]), "lignes": [list(row) for row in one["rows"]],
            }
            for one in found["indicators"]
        ],
    }  # fmt: skip


@api.get("/besoins", response=answers(schemas.Needs), url_name="besoins", operation_id="besoins",
         tags=["Besoins et échanges"], summary="Les besoins publiés")  # fmt: skip
def needs(request: HttpRequest, response: HttpResponse, asked: Query[schemas.NeedsAsked]) -> dict:
    """Ce qui manque, dit par qui veut, et ce qui a été répondu. Les voix ne sont que comptées."""
    frame = frame_of(request)
    rows = queries.open_needs(
        words=asked.q.replace("\x00", " "), door=asked.porte or "", commune=asked.commune or "",
        state=asked.reponse or "", order=asked.tri or "",
    )  # fmt: skip
    page = paged(request, response, asked, rows.count())
    return {**frame.head, **page, "resultats": [records.need(row, frame) for row in window(rows, asked)]}


@api.get("/besoins/{identifiant}", response=answers(schemas.Need), url_name="besoin", operation_id="besoin",
         tags=["Besoins et échanges"], summary="Un besoin et ses réponses")  # fmt: skip
def need(request: HttpRequest, identifiant: Path[schemas.Identifier]) -> dict:
    """Un besoin publié. Réuni avec un autre, il donne celui qui les rassemble."""
    frame = frame_of(request)
    rows = queries.open_needs()
    found = (
        rows.filter(public_id=identifiant).first()
        or rows.filter(grouped__public_id=identifiant, grouped__status=Need.PUBLISHED).first()
    )
    if found is None:
        raise Http404(f"Aucun besoin publié n’a l’identifiant « {identifiant} ».")
    return records.need(found, frame)


@api.get("/echanges", response=answers(schemas.Exchanges), url_name="echanges", operation_id="echanges",
         tags=["Besoins et échanges"], summary="Les offres et les demandes des structures")  # fmt: skip
def exchanges(request: HttpRequest, response: HttpResponse, asked: Query[schemas.ExchangesAsked]) -> dict:
    """Les annonces ouvertes que des structures font à tout le monde. Celles des personnes ne sont que comptées (/echanges/comptes)."""
    frame = frame_of(request)
    rows = queries.open_exchanges(
        words=asked.q.replace("\x00", " "), side=SIDES.get(asked.sens or "", ""), kind=asked.genre or "",
        commune=asked.commune or "", terms=asked.conditions or "", nobody=bool(asked.sans), door=asked.porte or "",
    )  # fmt: skip
    page = paged(request, response, asked, rows.count())
    return {**frame.head, **page, "resultats": queries.exchanges_of(window(rows, asked), frame)}


@api.get("/echanges/comptes", response=answers(schemas.AllCounted), url_name="echanges-comptes", operation_id="echanges-comptes",
         tags=["Besoins et échanges"], summary="Les annonces des personnes, comptées")  # fmt: skip
def counted(request: HttpRequest) -> dict:
    """Par sens, genre et commune, à partir de trois personnes différentes ; en dessous, toutes communes ensemble, ou rien."""
    frame = frame_of(request)
    return {**frame.head, "seuil": queries.FEW, "resultats": queries.counted_exchanges(frame)}


@api.get("/couverture", response=answers(schemas.Coverage), url_name="couverture", operation_id="couverture",
         tags=["Comprendre"], summary="Ce qui manque, et qui peut répondre")  # fmt: skip
def coverage(request: HttpRequest) -> dict:
    """Besoins, structures, offres et demandes des structures côte à côte, par porte puis par commune."""
    frame = frame_of(request)
    found = laid_side_by_side(frame.publication.counts, people=False)
    return {**frame.head, "resultats": queries.coverage_rows(found, frame)}


@api.get("/vocabulaires", response=answers(schemas.Vocabulary), url_name="vocabulaires", operation_id="vocabulaires",
         tags=["Comprendre"], summary="Ce que veulent dire les codes")  # fmt: skip
def vocabulary(request: HttpRequest) -> dict:
    """Chaque code employé ailleurs, avec son nom."""
    frame = frame_of(request)
    return {
        **frame.head,
        "portes": _codes([*((door.code, door.name) for door in DOORS), (UNDECIDED, "À préciser")]),
        "poles": _codes(plan().names.items()),
        "familles": _codes(FAMILIES.items()),
        "tailles": _codes(SIZES.items()),
        "signes": _codes(labels.SIGNS.items()),
        "raisons": _codes((code, said[0]) for code, said in labels.REASONS.items()),
        "etats_de_besoin": _codes(Need.STATES),
        "genres_de_reponse": _codes(Answer.KINDS),
        "genres_d_echange": _codes(Listing.KINDS),
        "conditions_d_echange": _codes(Listing.TERMS),
    }


@api.get("/sources", response=answers(schemas.Sources), url_name="sources", operation_id="sources",
         tags=["Comprendre"], summary="Les registres lus")  # fmt: skip
def sources(request: HttpRequest) -> dict:
    """Chaque registre lu, sa date, sa licence, et s’il est diffusé ici."""
    frame = frame_of(request)
    return {
        **frame.head,
        "resultats": [
            {
                "source": one["source"],
                "titre": one["title"],
                "millesime": one["vintage"],
                "licence": one["licence"],
                "adresse": one["url"],
                "diffusee": one["licence"] in OPEN,
            }
            for one in frame.publication.sources
        ],
    }


def _codes(pairs: Any) -> list[dict]:
    return [{"code": code, "libelle": label} for code, label in pairs]


def window(rows: Any, asked: schemas.Paged) -> Any:
    """The rows of a page."""
    start = (asked.page - 1) * asked.par_page
    return rows[start : start + asked.par_page]


def paged(request: HttpRequest, response: HttpResponse, asked: schemas.Paged, total: int) -> dict:
    """Where one is among the pages, with the addresses of the neighbouring ones, in a `Link` header too."""
    pages = max(1, ceil(total / asked.par_page))
    here = settings.ORIGIN + request.path

    def link(page: int) -> str:
        kept = [
            (name, value) for name in request.GET for value in request.GET.getlist(name) if name != "page"
        ]
        return f"{here}?{urlencode([*kept, ('page', page)])}"

    before = link(asked.page - 1) if 1 < asked.page <= pages + 1 else None
    after = link(asked.page + 1) if asked.page < pages else None
    links = [f'<{url}>; rel="{rel}"' for url, rel in ((before, "prev"), (after, "next")) if url]
    if links:
        response["Link"] = ", ".join(links)
    return {
        "total": total, "page": asked.page, "pages": pages, "par_page": asked.par_page, "precedente": before,
        "suivante": after,
    }  # fmt: skip


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, missing: Http404) -> HttpResponse:
    return problem(404, str(missing) or "Cela n’existe pas, ou n’est pas public.")


SAID: dict[str, Callable[[dict], str]] = {
    "among": lambda about: f"attendu : {about['expected']}",
    "literal_error": lambda about: f"attendu : {about['expected'].replace(' or ', ' ou ')}",
    "greater_than_equal": lambda about: f"au moins {about['ge']}",
    "less_than_equal": lambda about: f"au plus {about['le']}",
    "string_too_long": lambda about: f"{about['max_length']} caractères au plus",
    "string_pattern_mismatch": lambda about: "cette écriture n’est pas celle d’un tel code",
    "int_parsing": lambda about: "un nombre entier est attendu",
    "int_from_float": lambda about: "un nombre entier est attendu",
}


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    errors = []
    for error in invalid.errors:
        place = [str(part) for part in error["loc"] if part not in {"query", "path", "asked"}]
        say = SAID.get(error["type"])
        message = say(error.get("ctx", {})) if say else "cette valeur n’est pas comprise"
        errors.append({"parametre": place[0] if place else "", "message": message})
    if all(error["loc"][0] == "path" for error in invalid.errors):
        return problem(404, "Cela n’existe pas : un identifiant a dix lettres et chiffres.")
    detail = " ; ".join(f"{error['parametre']} : {error['message']}" for error in errors)
    return problem(422, detail, errors)


@cache
def parameters() -> dict[str, frozenset[str]]:
    """The query parameters of each operation."""
    return {
        operation["operationId"]: frozenset(p["name"] for p in operation["parameters"] if p["in"] == "query")
        for methods in api.get_openapi_schema()["paths"].values()
        for operation in methods.values()
    }


def unknown_parameters(request: HttpRequest) -> HttpResponse | None:
    """Refuses a parameter that nobody reads: a filter misspelled would otherwise give everything."""
    match = request.resolver_match
    known = parameters().get(match.url_name or "" if match else "")
    unknown = sorted(set(request.GET) - known) if known is not None else []
    if not unknown or known is None:
        return None
    choice = f"Ceux d’ici : {', '.join(sorted(known))}." if known else "Il n’y en a pas ici."
    errors = [{"parametre": name[:60], "message": "paramètre inconnu"} for name in unknown]
    return problem(422, f"Paramètre inconnu : {', '.join(name[:60] for name in unknown)}. {choice}", errors)
