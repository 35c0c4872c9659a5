"""What somebody answered last, at the desk or on a page, so that the desk undoes that and nothing else; what was decided lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpRequest

from horizon.kernel.models import Event

LAST = "desk.last"
LATELY = timedelta(days=30)
AT_MOST = 200


class Decision(NamedTuple):
    """What somebody decided of a record, and when."""

    verb: str
    at: datetime


def decisions(
    record_type: str, verbs: Sequence[str], since: datetime, which: Q | None = None
) -> dict[str, Decision]:
    """The last decision of somebody on each record of a kind, by record id, the latest first, for rows that keep no day of it.

    One query.
    """
    rows = Event.objects.filter(
        which or Q(), record_type=record_type, verb__in=verbs, at__gte=since, actor__startswith="person:"
    )
    found: dict[str, Decision] = {}
    for key, verb, at in rows.order_by("-pk").values_list("record_id", "verb", "at")[:AT_MOST]:
        found.setdefault(key, Decision(verb, at))
    return found


def remember(request: HttpRequest, *handles: str) -> None:
    """Keeps what was just answered, `room/key` each, in the order of the answers; with none, the former stays."""
    if handles:
        request.session[LAST] = list(handles)


def last_answered(request: HttpRequest) -> Sequence[str]:
    """What was answered last."""
    return request.session.get(LAST, [])


def forget(request: HttpRequest, *, but: Sequence[str] = ()) -> None:
    """Nothing is left to undo, but what could not be."""
    request.session.pop(LAST, None)
    remember(request, *but)
