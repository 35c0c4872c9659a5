"""What every page knows: the publication shown, the operator, the doors. One query, made only by pages that ask."""

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from horizon.directory.queries import current_publication
from horizon.kernel.doors import DOORS

_KEPT = "horizon.publication"


def _menu() -> list[tuple[str, str]]:
    names = (
        ("directory:list", "Annuaire"),
        ("portal:panorama-index", "Panorama"),
        ("portal:communes", "Communes"),
    )
    found = []
    for name, label in names:
        try:
            found.append((reverse(name), label))
        except NoReverseMatch:
            continue
    return found


def publication_of(request: HttpRequest):
    """The current publication, read once per request."""
    if _KEPT not in request.META:
        try:
            request.META[_KEPT] = current_publication()
        except DatabaseError:
            request.META[_KEPT] = None
    return request.META[_KEPT]


def site(request: HttpRequest) -> dict:
    """Context processor: see the module."""
    return {
        "publication": SimpleLazyObject(lambda: publication_of(request)),
        "doors": DOORS,
        "menu": [(address, label, request.path.startswith(address)) for address, label in _menu()],
        "origin": settings.ORIGIN.rstrip("/"),
        "operator": settings.OPERATOR,
        "contact": settings.CONTACT,
    }
