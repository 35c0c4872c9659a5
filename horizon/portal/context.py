"""What every page knows: the publication shown, the operator, the doors. One query, made only by pages that ask."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from horizon.directory.queries import publication_of
from horizon.kernel.doors import DOORS
from horizon.portal.conformity import conformity
from horizon.portal.handbook import guide_of


def _menu() -> list[tuple[str, str, bool]]:
    """Address, label, and whether a telephone shows it in the bar: five words are what one row holds."""
    names = (
        ("directory:list", "Annuaire", True),
        ("listening:list", "Besoins", True),
        ("exchange:list", "Échanges", True),
        ("portal:collective", "Collectif", True),
        ("portal:panorama-index", "Panorama", False),
        ("portal:communes", "Communes", False),
        ("portal:sitemap", "Plus", True),
    )
    found = []
    for name, label, everywhere in names:
        try:
            found.append((reverse(name), label, everywhere))
        except NoReverseMatch:
            continue
    return found


def site(request: HttpRequest) -> dict:
    """Context processor: see the module."""
    return {
        "publication": SimpleLazyObject(lambda: publication_of(request)),
        "doors": DOORS,
        "menu": [(*one, request.path.startswith(one[0])) for one in _menu()],
        "origin": settings.ORIGIN,
        "conformity": conformity(),
        "operator": settings.OPERATOR,
        "contact": settings.CONTACT,
        "help": guide_of(request.resolver_match.view_name) if request.resolver_match else None,
        "source": settings.SOURCE,
    }
