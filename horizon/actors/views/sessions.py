"""« Mes connexions »: where one's account is open, each closed by a button."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors.fresh import freshly
from horizon.actors.models import Person
from horizon.actors.services import people
from horizon.actors.sessions import close_session, open_sessions
from horizon.kernel.pages import do_and_return
from horizon.kernel.refusal import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponseBase:
    """The open sessions; POST closes one, or all but this one."""
    person = request.user
    assert isinstance(person, Person)
    if request.method == "POST":
        return _closing(request)
    rows = open_sessions(person)
    here = [row for row in rows if row.session_key == request.session.session_key]
    return render(
        request,
        "actors/sessions.html",
        {"here": here[0] if here else None, "others": [row for row in rows if row not in here]},
    )


@freshly
def _closing(request: HttpRequest) -> HttpResponseBase:
    """Whoever took a session must not be able to shut its owner out: who it is is asked again first."""
    person = request.user
    assert isinstance(person, Person)
    return do_and_return(request, lambda: _close(request, person), reverse("actors:sessions"))


def _close(request: HttpRequest, person: Person) -> str:
    if request.POST.get("verb") == "others":
        people.end_sessions(person, but=request.session.session_key)
        update_session_auth_hash(request, person)
        return "C’est fait : votre compte n’est plus ouvert que sur cet appareil."
    try:
        pk = int(request.POST.get("session", ""))
    except ValueError:
        raise Refused("Cette connexion est déjà fermée.") from None
    return f"Fermée : {close_session(person, pk)}."
