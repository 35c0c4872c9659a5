"""A name that an erasure left in the texts of others: each text, and two buttons."""

from __future__ import annotations

from django.apps import apps
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors.models import LeftName, Person
from horizon.actors.services import names
from horizon.kernel.pages import ask
from horizon.kernel.processing import said_of_table

SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def left_name(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where it stands; taken out everywhere, or left."""
    row = get_object_or_404(LeftName, public_id=public_id, status=LeftName.WAITING)
    person = request.user
    assert isinstance(person, Person)
    found = names.where_left(row)

    def do(cleaned: dict) -> str:
        if cleaned["verb"] == "leave":
            names.leave_left_name(row, actor=person.actor)
            messages.success(
                request,
                "Le nom reste dans ces textes. Vous pouvez revenir dessus aujourd’hui depuis le bureau.",
            )
        else:
            count = names.take_left_name(row, actor=person.actor)
            messages.success(request, f"Le nom est retiré de {count} textes.")
        return reverse("care:desk")

    told = [
        f"{n}. {said_of_table(model) or apps.get_model(model)._meta.object_name} : « {excerpt} »"
        for n, (model, _, excerpt) in enumerate(found[:SHOWN], 1)
    ]
    more = [f"Et {len(found) - SHOWN} autres."] if len(found) > SHOWN else []
    return ask(
        request, None, do, title=f"« {row.word} » : laissé dans {len(found)} textes d’autres personnes",
        lead="Une personne a effacé son compte. Ce qui la nommait se lit dans plus de vingt textes écrits par d’autres : c’est peut-être "
             "elle, c’est peut-être un mot, un lieu, quelqu’un d’autre. Lisez, puis choisissez.",
        before=[*told, *more], button="Retirer de tous ces textes", verb="take", others=[("leave", "Laisser")],
        back=(reverse("care:desk"), "Bureau"),
        after="Retirer ne se défait pas. Sans réponse en trente jours, le nom reste et cette question est oubliée.",
    )  # fmt: skip
