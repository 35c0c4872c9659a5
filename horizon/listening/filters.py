"""The filters of the list of needs, read from an address and written back into one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import QueryDict

from horizon.kernel.doors import DOOR_BY_CODE
from horizon.listening.models import Need

STATES = dict(Need.STATES)
NAMES = (("words", "q"), ("commune", "commune"), ("door", "porte"), ("state", "reponse"))


def read(query: QueryDict, communes: set[str]) -> dict[str, str]:
    """The filters that are understood; the others are left out."""
    get = query.get
    return {
        "door": get("porte", "") if get("porte") in DOOR_BY_CODE else "",
        "commune": get("commune", "") if get("commune") in communes else "",
        "state": get("reponse", "") if get("reponse") in STATES else "",
        "words": get("q", "")[:100].strip(),
        "order": "voix" if get("tri") == "voix" else "",
    }


def write(chosen: dict[str, str]) -> str:
    """The filters as a query string, in a fixed order, without the order of the list."""
    return urlencode([(name, chosen[code]) for code, name in NAMES if chosen[code]])
