"""Why somebody is sent to the door: the page they asked for, in words, so that entering does not feel like a wrong turn."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from horizon.kernel.access import rule_for
from horizon.kernel.interrupted import page_before

WHY = {
    "exchange:propose": "Pour répondre à cette annonce",
    "exchange:write": "Pour écrire une annonce",
    "listening:answer": "Pour répondre à ce besoin",
    "care:claim-page": "Pour tenir la page de votre structure",
    "relief:ask": "Pour demander un coup de main",
    "care:desk": "Pour voir ce qui vous attend",
}
OTHERWISE = "Pour voir la page demandée"


def why_enter(wanted: str) -> str:
    """The beginning of the sentence that says what entering is for; empty when the page is open to everybody."""
    try:
        found = resolve(urlsplit(wanted).path)
    except Resolver404:
        return ""
    rule = rule_for(found.view_name)
    return "" if rule is None or rule(AnonymousUser()) else WHY.get(found.view_name, OTHERWISE)


def back_of(request: HttpRequest) -> str:
    """The page of this site that led here, or an empty string."""
    back = page_before(request)
    return "" if urlsplit(back).path == request.path else back
