"""The page of coverage: what is missing, who could answer, where nobody can."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from horizon.crossings.coverage import coverage
from horizon.exchange.queries import note_left, open_listings
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.spreadsheets import csv_answer
from horizon.listening.models import Need
from horizon.listening.queries import public_needs
from horizon.portal.context import publication_of

FEW = 8


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """Needs, structures and exchanges side by side, by door and commune; what found no answer. As CSV too."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portal/empty.html")
    found = coverage(publication.counts)
    if request.GET.get("format") == "csv":
        return _csv(found)
    gaps = [(gap, DOOR_BY_CODE[gap.door]) for gap in found.gaps]
    return render(
        request,
        "portal/coverage.html",
        {
            "found": found, "gaps": gaps, "waiting": public_needs(state=Need.WAITING, order="voix")[:FEW],
            "nobody": note_left(open_listings(members=False, nobody=True)[:FEW]), "today": timezone.localdate(),
            "communes": [line for line in found.communes if line.needs or line.offers or line.asks],
        },
    )  # fmt: skip


def _csv(found) -> HttpResponseBase:
    columns = (
        "par", "code", "nom", "besoins", "sans_reponse", "structures", "offres", "demandes", "demandes_sans_offre", "compte_le",
    )  # fmt: skip
    today = timezone.localdate().isoformat()
    rows = [
        [
            kind,
            line.code,
            line.name,
            line.needs,
            line.waiting,
            line.actors,
            line.offers,
            line.asks,
            line.nobody,
            today,
        ]
        for kind, lines in (("porte", found.doors), ("commune", found.communes))
        for line in lines
    ]
    return csv_answer("couverture.csv", columns, rows)
