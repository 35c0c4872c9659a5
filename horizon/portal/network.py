"""The network's pages: links as a table and a drawing, those that nothing joins, and through whom to pass."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from horizon.actors.plan import plan
from horizon.crossings.network import export
from horizon.crossings.network.reading import ESS, KINDS, PARTNER, PUBLIC, Network, Node, network
from horizon.crossings.network.selection import STATES, Asked, isolated, select
from horizon.crossings.network.study import study
from horizon.crossings.network.ways import instead, paths
from horizon.directory.models import Entry, Publication
from horizon.directory.queries import structures_named
from horizon.engine.network.betweenness import BUDGET
from horizon.engine.network.layout import MOST
from horizon.kernel.doors import DOORS
from horizon.kernel.spreadsheets import csv_answer
from horizon.portal.context import publication_of
from horizon.territory.queries import home_communes

PER_PAGE, PRINTED_AT_MOST = 25, 2000
SIGNS = {PUBLIC: "collectivité", PARTNER: "partenaire, hors ESS"}


def _read(request: HttpRequest) -> tuple[Publication, Network, Asked, dict[str, str]] | None:
    publication = publication_of(request)
    if publication is None:
        return None
    communes = {commune.code: commune.name for commune in home_communes()}
    return publication, network(publication), Asked.parse(request.GET, communes), communes


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The links of the selection, what they say together, and their drawing."""
    read = _read(request)
    if read is None:
        return render(request, "portal/empty.html")
    publication, found, asked, communes = read
    told = study(found, asked.measured)
    printing = request.GET.get("imprimer") == "1"
    page = Paginator(told.ties, PRINTED_AT_MOST if printing else PER_PAGE).get_page(asked.page)
    return render(
        request,
        "portal/network.html",
        {
            "asked": asked, "told": told, "page": page, "kinds": KINDS.items(), "communes": communes.items(), "doors": DOORS,
            "poles": plan(publication.poles_stamp).choices(), "states": STATES.items(), "query": asked.query()[1:], "printing": printing,
            "centre": found.named(asked.around) if asked.around else None, "where": communes.get(asked.commune, ""),
            "signs": SIGNS, "today": timezone.localdate(), "most": MOST, "budget": BUDGET,
            "without_around": asked.query(around=""), "ess": ESS, "largest": told.groups[0] if told.groups else 0,
        },
    )  # fmt: skip


@require_safe
def alone(request: HttpRequest) -> HttpResponse:
    """The actors that no link names: an invitation, not a blame."""
    read = _read(request)
    if read is None:
        return render(request, "portal/empty.html")
    publication, found, asked, communes = read
    rows = isolated(found, asked)
    return render(
        request,
        "portal/network_alone.html",
        {
            "asked": asked, "page": Paginator(rows, PER_PAGE).get_page(asked.page), "total": len(rows),
            "communes": communes.items(), "doors": DOORS, "poles": plan(publication.poles_stamp).choices(), "query": asked.query()[1:],
            "where": communes.get(asked.commune, ""),
        },
    )  # fmt: skip


@require_safe
def csv_file(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection, as a spreadsheet reads it."""
    read = _read(request)
    if read is None:
        raise Http404
    _, found, asked, _ = read
    return csv_answer("reseau.csv", export.COLUMNS, export.csv_rows(select(found, asked), settings.ORIGIN))


@require_safe
def graphml_file(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection, for tools that draw and measure graphs."""
    read = _read(request)
    if read is None:
        raise Http404
    _, found, asked, _ = read
    response = StreamingHttpResponse(
        export.graphml(select(found, asked), settings.ORIGIN), content_type="application/graphml+xml"
    )
    response["Content-Disposition"] = 'attachment; filename="reseau.graphml"'
    return response


@dataclass(frozen=True)
class End:
    """One end of a way: what was typed, whom it may mean, and whom it means when that is sure."""

    name: str
    typed: str
    among: tuple[tuple[str, Entry], ...]
    node: Node | None

    @property
    def shown(self) -> str:
        """What the field shows: the whole name once it is known."""
        return self.node.name if self.node else self.typed

    @property
    def asked(self) -> str:
        """What the address says of this end."""
        return self.node.public_id if self.node else self.typed


@require_safe
def ways(request: HttpRequest) -> HttpResponse:
    """Through whom to pass from one structure to another: `de` and `a` are references, or words to find them."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    found = network(publication)
    start, end = (_end(request, name, publication, found) for name in ("de", "a"))
    routes, others, same = [], [], False
    if start.node and end.node:
        same = start.node.pk == end.node.pk
        routes = [] if same else paths(found, start.node, end.node)
        if not same and (not routes or len(routes[0].steps) > 1):
            others = instead(start.node, end.node)
    return render(
        request,
        "portal/network_ways.html",
        {
            "start": start, "end": end, "ends": (start, end), "routes": routes, "others": others, "same": same,
            "both": bool(start.node and end.node),
        },
        status=200,
    )  # fmt: skip


def _end(request: HttpRequest, name: str, publication: Publication, found: Network) -> End:
    typed = " ".join(request.GET.get(name, "").replace("\x00", " ").split())[:200]
    entries = structures_named(typed, publication)
    other = {"de": "a", "a": "de"}[name]
    kept = request.GET.copy()
    kept[other] = kept.get(other, "")
    among = []
    for entry in entries:
        kept[name] = entry.organization.public_id
        among.append((kept.urlencode(), entry))
    node = None
    if len(entries) == 1:
        one = entries[0]
        node = found.nodes.get(one.organization_id) or Node(
            one.organization_id, one.organization.public_id, one.name, one.commune_id, one.commune.name, poles=tuple(one.poles),
        )  # fmt: skip
    return End(name, typed, tuple(among), node)
