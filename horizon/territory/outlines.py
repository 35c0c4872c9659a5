"""Official outlines of communes: fetched from the geo API of the State at the operator's demand, kept, drawn."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import transaction

from horizon.engine.outlines import exterior_rings, simplify
from horizon.kernel.journal import record_event
from horizon.territory.models import Commune, Epci, Outline

TOLERANCE_DEGREES = 0.0006  # about 60 m: one pixel of a map 1,000 pixels wide over 60 km
TRIES = 4


class OutlinesUnavailable(RuntimeError):
    """The geo API did not give what was asked; the message, in French, says what to do. Nothing was changed."""


def fetch_outlines(epci_code: str, *, actor: str, pause: float = 1.0) -> int:
    """Fetches and keeps the outlines of all communes of an EPCI; returns how many. All or nothing.

    Communes without a centroid get that of the API. `pause` seconds, doubled at each try, between tries.
    Raises OutlinesUnavailable.
    """
    epci = Epci.objects.filter(code=epci_code).first()
    if epci is None:
        raise OutlinesUnavailable(f"Publiez d’abord le territoire {epci_code}.")
    address = f"{settings.GEO_API}/epcis/{epci_code}/communes?fields=code,centre,contour&format=json"
    features = {row.get("code"): row for row in _get(address, pause) if isinstance(row, dict)}
    communes = list(Commune.objects.filter(epci=epci).order_by("code"))
    missing = [commune.name for commune in communes if not features.get(commune.code, {}).get("contour")]
    if missing:
        raise OutlinesUnavailable(
            f"L’API Géo n’a pas donné le contour de : {', '.join(missing)}. Rien n’a été changé."
        )
    outlines = []
    for commune in communes:
        try:
            rings = exterior_rings(features[commune.code]["contour"])
        except (ValueError, TypeError) as problem:
            raise OutlinesUnavailable(
                f"Le contour de {commune.name} est illisible ({problem}). Rien n’a été changé."
            ) from problem
        light = [simplify(ring, TOLERANCE_DEGREES) for ring in rings]
        outlines.append(
            Outline(
                commune=commune, rings=[ring for ring in light if len(ring) >= 4], source=settings.GEO_API
            )
        )
    with transaction.atomic():
        Outline.objects.filter(commune__in=communes).delete()
        Outline.objects.bulk_create(outlines)
        for commune in communes:
            centre = (features[commune.code].get("centre") or {}).get("coordinates")
            if commune.lat is None and centre:
                commune.lon, commune.lat = float(centre[0]), float(centre[1])
                commune.save(update_fields=["lat", "lon"])
        record_event("fetch-outlines", "epci", epci_code, actor=actor, payload={"communes": len(outlines)})
    return len(outlines)


def _get(address: str, pause: float) -> list:
    import httpx

    problem: Exception | None = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            answer = httpx.get(address, timeout=60, follow_redirects=True)
            if answer.status_code == 200:
                found = answer.json()
                if isinstance(found, list) and found:
                    return found
                raise OutlinesUnavailable("L’API Géo ne connaît aucune commune à ce code.")
            problem = RuntimeError(f"réponse {answer.status_code}")
            if answer.status_code < 500 and answer.status_code != 429:
                break
        except (httpx.HTTPError, ValueError) as failure:
            problem = failure
    raise OutlinesUnavailable(
        f"L’API Géo ne répond pas ({problem}). Réessayez plus tard ; la carte schématique reste."
    ) from problem
