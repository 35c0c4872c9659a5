"""What somebody answered last, at the desk or on a page, so that the desk undoes that and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

LAST = "desk.last"


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
