"""An offer or an ask that those who animate heard by telephone or read on paper."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors.models import Person
from horizon.actors.queries import organization_of, speakers_of
from horizon.exchange.forms import NotedForm
from horizon.exchange.models import Listing
from horizon.exchange.services.noting import note_listing
from horizon.exchange.views.listings import WRITE_AS
from horizon.kernel.pages import ask
from horizon.kernel.refusal import Refused
from horizon.territory.queries import home_communes


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, side: str) -> HttpResponse:
    """One form: for whom, from whom it was heard, and the offer or the ask; sent, it is public, and its holder is told."""
    if side not in WRITE_AS:
        raise Http404
    person, code, communes = request.user, WRITE_AS[side], home_communes()
    assert isinstance(person, Person)

    def form(**kwargs) -> NotedForm:
        return NotedForm(side=code, communes=[(c.code, c.name) for c in communes], **kwargs)

    def do(cleaned: dict) -> str:
        whom = cleaned["whom"]
        if whom == NotedForm.STRUCTURE and not cleaned["structure"]:
            raise Refused("Plusieurs structures portent ces mots : choisissez laquelle.")
        values = {**cleaned, "commune": next(c for c in communes if c.code == cleaned["commune"])}
        made = note_listing(
            code, values, once=cleaned["once"], heard_from=cleaned["heard_from"], by=person,
            organization=organization_of(cleaned["structure"]) if whom == NotedForm.STRUCTURE else None,
            email=cleaned["email"] if whom == NotedForm.SOMEBODY else "",
        )  # fmt: skip
        messages.success(request, f"C’est publié. {_where_answers_go(made, person)}")
        if cleaned["verb"] == "pictures":
            return reverse("exchange:pictures", args=[made.public_id])
        return reverse("exchange:listing", args=[made.public_id])

    offers = code == Listing.OFFER
    return ask(
        request, form, do, title="Noter une offre entendue" if offers else "Noter une demande entendue", button="Publier",
        others=[("pictures", "Publier et ajouter des photos")], back=(reverse("exchange:list"), "Les échanges"),
        initial={"whom": NotedForm.STRUCTURE},
        lead="Au téléphone, sur papier, au marché : ce que quelqu’un ne peut pas écrire ici, écrivez-le pour lui. L’annonce dira que l’équipe "
        "d’animation l’a notée.",
    )  # fmt: skip


def _where_answers_go(listing: Listing, by: Person) -> str:
    if listing.person_id == by.pk:
        return "Les réponses vous arrivent : transmettez-les."
    if listing.person_id:
        return "La personne reçoit un message, et les réponses à son adresse."
    if listing.organization and not speakers_of(listing.organization):
        return "Personne ne tient la page de cette structure : les réponses vous arrivent, et attendent au bureau."
    return "Celles et ceux qui agissent pour la structure reçoivent un message, et les réponses."
