"""What every page knows: the publication shown, the operator, the doors. One query, made only by pages that ask."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from horizon.directory.queries import publication_of
from horizon.kernel.doors import DOORS
from horizon.portal.conformity import conformity


def _menu() -> list[tuple[str, str]]:
    names = (
        ("directory:list", "Annuaire"),
        ("listening:list", "Besoins"),
        ("exchange:list", "Échanges"),
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


def site(request: HttpRequest) -> dict:
    """Context processor: see the module."""
    return {
        "publication": SimpleLazyObject(lambda: publication_of(request)),
        "doors": DOORS,
        "menu": [(address, label, request.path.startswith(address)) for address, label in _menu()],
        "origin": settings.ORIGIN.rstrip("/"),
        "conformity": conformity(),
        "operator": settings.OPERATOR,
        "contact": settings.CONTACT,
        "source": settings.SOURCE,
    }
