"""A link's page, the answer of the other side, its end, and a structure's own list of links."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import is_operator, may_answer, may_end, may_reopen
from horizon.actors.forms import EvidenceForm, RefusalForm
from horizon.actors.models import OrganizationLink, Person
from horizon.actors.services import links
from horizon.actors.spoken import relays_told
from horizon.kernel.pages import ask, do_and_return

BOTH = ["GET", "HEAD", "POST"]


def _link(public_id: str) -> OrganizationLink:
    return get_object_or_404(OrganizationLink.objects.select_related(*links.DEPTH), public_id=public_id)


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.actor


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is said, by whom, confirmed or not. What is over is shown to its two sides and to operators only."""
    link = _link(public_id)
    known = request.user.is_authenticated
    ends = known and may_end(request.user, link)
    if not link.is_open and not ends:
        raise Http404
    if link.through == OrganizationLink.RELAY:
        link.relay_name = relays_told("link", [link.public_id], "declare").get(link.public_id, "")
    return render(
        request,
        "actors/link.html",
        {
            "link": link, "sentence": links.sentence(link), "may_end": ends and link.is_open,
            "may_answer": known and link.status == OrganizationLink.DECLARED and may_answer(request.user, link),
            "may_reopen": known and link.status != OrganizationLink.DECLARED and may_reopen(request.user, link),
            "may_prove": link.status == OrganizationLink.DECLARED and is_operator(request.user),
        },
    )  # fmt: skip


@require_http_methods(BOTH)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page that a message opens: two prepared buttons, for those who act for the other side."""
    link = _link(public_id)
    if not may_answer(request.user, link):
        raise PermissionDenied
    page = reverse("actors:link", args=[link.public_id])

    def do(cleaned: dict) -> str:
        accept = cleaned["verb"] == "accept"
        links.answer_link(link, accept, actor=_actor(request), reason=cleaned["reason"])
        messages.success(
            request, "C’est confirmé." if accept else f"C’est refusé ; {link.speaker.name} le saura."
        )
        return page

    asked = link.status == OrganizationLink.DECLARED
    return ask(
        request, RefusalForm, do, title="Ce lien est-il juste ?", back=(page, "Le lien"),
        lead=f"{link.speaker.name} a noté : « {links.sentence(link)} »."
        + ("" if asked else f" Il est déjà {link.get_status_display()}."),
        button="Confirmer", verb="accept", others=[("refuse", "Refuser")],
        after="Confirmé, il est montré sur vos deux pages. Refusé, il n’est plus montré. Vous pourrez revenir en arrière.",
    )  # fmt: skip


@require_POST
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says that a link is over."""
    link = _link(public_id)
    if not may_end(request.user, link):
        raise PermissionDenied

    def do() -> str:
        links.end_link(link, actor=_actor(request))
        return "C’est noté : ce lien est terminé. Il n’est plus montré."

    return do_and_return(request, do, reverse("actors:link", args=[link.public_id]))


@require_POST
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    """Undoes the last step."""
    link = _link(public_id)
    if not may_reopen(request.user, link):
        raise PermissionDenied

    def do() -> str:
        done = links.reopen_link(link, actor=_actor(request))
        return (
            "Le lien est de nouveau montré."
            if done.confirmed_by
            else "Le lien attend de nouveau une réponse."
        )

    return do_and_return(request, do, reverse("actors:link", args=[link.public_id]))


@require_http_methods(BOTH)
def evidence(request: HttpRequest, public_id: str) -> HttpResponse:
    """An operator confirms on evidence what nobody can answer."""
    link = _link(public_id)
    page = reverse("actors:link", args=[link.public_id])

    def do(cleaned: dict) -> str:
        links.confirm_on_evidence(link, cleaned["evidence"], actor=_actor(request))
        messages.success(request, "Confirmé sur pièce : la pièce est montrée avec le lien.")
        return page

    return ask(
        request, EvidenceForm, do, title="Confirmer sur pièce", back=(page, "Le lien"), button="Confirmer sur pièce",
        lead=f"« {links.sentence(link)} », {link.told}.", initial={"evidence": link.evidence},
    )  # fmt: skip


@require_safe
def mine(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every link of a structure for those who hold its page: what waits, what holds, what is over."""
    organization = queries.editable(public_id, request.user)
    rows = list(queries.links_of(organization))
    to_answer = [
        row for row in rows if row.status == OrganizationLink.DECLARED and row.listener.pk == organization.pk
    ]
    return render(
        request,
        "actors/links.html",
        {
            "organization": organization, "to_answer": to_answer,
            "holding": [row for row in rows if row.is_open and row not in to_answer],
            "over": [row for row in rows if not row.is_open],
        },
    )  # fmt: skip
