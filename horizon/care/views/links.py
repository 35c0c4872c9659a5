"""Noting what a structure is to another: with whom, what, since when. Three fields, the other is found by its words."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors import queries
from horizon.actors.merged import acted_for
from horizon.actors.models import OrganizationLink, Person
from horizon.actors.services import links
from horizon.care.forms import LinkForm
from horizon.directory.queries import publication_of, structures_named
from horizon.kernel.pages import ask


def _through(person: Person, organization_id: int) -> str:
    if acted_for(person).filter(pk=organization_id).exists():
        return OrganizationLink.REFERENT
    return OrganizationLink.OPERATOR if "operator" in person.roles else OrganizationLink.RELAY


@require_http_methods(["GET", "HEAD", "POST"])
def declare_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """Declares a link for a structure; `?avec=` starts from the other one."""
    organization = queries.editable(public_id, request.user)
    person = request.user
    assert isinstance(person, Person)
    through, publication = _through(person, organization.pk), publication_of(request)

    def find(words: str):
        return [
            entry
            for entry in structures_named(words, publication)
            if entry.organization.root_id != organization.root_id
        ]

    def form_of(**kw) -> LinkForm:
        return LinkForm(find=find, prove=through == OrganizationLink.OPERATOR, **kw)

    def do(cleaned: dict) -> str:
        other = cleaned["other"].organization
        made = links.declare_link(
            organization, cleaned["relation"], other, actor=person.actor, author=person, through=through,
            since=cleaned.get("since"), evidence=cleaned.get("evidence", ""),
        )  # fmt: skip
        if made.status == OrganizationLink.CONFIRMED:
            said = f"{other.name} l’avait noté aussi : c’est confirmé."
        elif links.referents_of(other):
            said = f"C’est noté. {other.name} reçoit un message pour le confirmer ; d’ici là, il est montré « sans réponse »."
        else:
            said = (
                f"C’est noté. Personne ne tient encore la page de {other.name} : le lien reste « sans réponse » jusqu’à ce que "
                "quelqu’un le confirme, ou que l’animation le vérifie."
            )
        messages.success(request, said)
        return reverse("actors:link", args=[made.public_id])

    return ask(
        request, form_of, do, title=f"Noter un lien de {organization.name}", button="Noter ce lien",
        back=(reverse("directory:entry", args=[organization.public_id]), organization.name),
        lead="Vous parlez pour elle. L’autre structure confirme ou refuse.", initial={"words": request.GET.get("avec", "")[:200]},
        after="Un lien se termine, se refuse et se reprend depuis sa page. Seules les structures sont nommées.",
    )  # fmt: skip
