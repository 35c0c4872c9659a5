"""The filters of the list of offers and asks, read from an address and written back into one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from horizon.exchange import queries
from horizon.exchange.models import Listing
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED

SIDES = {"offres": Listing.OFFER, "demandes": Listing.ASK}
SIDE_NAMES = {"offres": "ce qui est proposé", "demandes": "ce qui est demandé"}
KINDS, TERMS = dict(Listing.KINDS), dict(Listing.TERMS)
NAMES = (
    ("words", "q"), ("side", "sens"), ("kind", "genre"), ("commune", "commune"), ("terms", "conditions"),
    ("door", "porte"), ("nobody", "sans"),
)  # fmt: skip


def read(query: QueryDict, communes: set[str]) -> dict[str, str]:
    """The filters that are understood; the others are left out."""
    get = query.get
    return {
        "side": get("sens", "") if get("sens") in SIDES else "",
        "kind": get("genre", "") if get("genre") in KINDS else "",
        "commune": get("commune", "") if get("commune") in communes else "",
        "terms": get("conditions", "") if get("conditions") in TERMS else "",
        "words": get("q", "")[:100].strip(),
        "door": get("porte", "") if get("porte") in DOOR_BY_CODE or get("porte") == UNDECIDED else "",
        "nobody": "oui" if get("sans") == "oui" else "",
    }


def write(chosen: dict[str, str]) -> str:
    """The filters as a query string, in a fixed order."""
    return urlencode([(name, chosen[code]) for code, name in NAMES if chosen[code]])


def rows(chosen: dict[str, str], members: bool) -> QuerySet[Listing]:
    """The listings under these filters."""
    return queries.open_listings(
        members=members, side=SIDES.get(chosen["side"], ""), kind=chosen["kind"], commune=chosen["commune"],
        terms=chosen["terms"], door=chosen["door"], words=chosen["words"], nobody=bool(chosen["nobody"]),
    )  # fmt: skip
