"""Answering: one need, several that are alike, taking an answer back."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors.access import is_operator
from horizon.kernel.pages import ask
from horizon.kernel.refusal import Refused
from horizon.listening import access
from horizon.listening.forms import AnswerForm, find_organizations
from horizon.listening.models import Answer, Need
from horizon.listening.services import answering

BOTH = ["GET", "HEAD", "POST"]
SEVERAL = 50


@require_http_methods(BOTH)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form of an answer; whoever answers for nobody may leave a lead, read before it is public."""
    need = get_object_or_404(Need.objects.select_related("same_as"), public_id=public_id)
    lead = need.same_as
    if lead and lead.status == Need.PUBLISHED and request.method != "POST":
        return redirect("listening:answer", lead.public_id)
    if need.status != Need.PUBLISHED:
        raise Http404
    return _ask(request, [need], reverse("listening:need", args=[need.public_id]))


@require_http_methods(BOTH)
def answer_together(request: HttpRequest) -> HttpResponse:
    """One answer for needs that are alike: `?besoin=…&besoin=…`."""
    ids = request.GET.getlist("besoin")[:SEVERAL]
    needs = list(Need.objects.filter(public_id__in=ids, status=Need.PUBLISHED, same_as=None))
    if not needs:
        messages.error(request, "Cochez d’abord les besoins auxquels la même réponse va.")
        return redirect("listening:list")
    if not all(access.may_answer(request.user, need) for need in needs):
        raise PermissionDenied
    return _ask(request, needs, reverse("listening:list"))


def _ask(request: HttpRequest, needs: Sequence[Need], back: str) -> HttpResponse:
    official = all(access.may_answer(request.user, need) for need in needs)
    voices = access.voices_of(request.user)  # type: ignore[arg-type]

    def form(**kwargs: object) -> AnswerForm:
        return AnswerForm(official=official, voices=voices, **kwargs)

    def do(cleaned: dict) -> str:
        organizations, problems = find_organizations(cleaned["structures"])
        if problems:
            raise Refused(" ".join(problems))
        speaks_as, title, mine = voices[int(cleaned["speaks_as"])]
        made = answering.answer_many(
            needs, kind=cleaned["kind"], text=cleaned["text"], author=request.user, speaks_as=speaks_as,
            title=title, organizations=organizations, speaks_for=mine,
        )  # fmt: skip
        said = "Votre réponse est publiée ; les personnes qui ont parlé sont prévenues."
        if made[0].status != Answer.SHOWN:
            said = "Merci. Votre piste sera lue, puis, si elle convient, montrée ; vous serez prévenu par courriel. Elle est dans « Moi »."
        messages.success(request, said)
        return back

    one = needs[0]
    initial = {"structures": request.GET.get("structure", "")[:300]}
    if official and initial["structures"]:
        initial["kind"] = Need.TAKEN_UP if request.GET.get("reponse") == Need.TAKEN_UP else Need.EXISTS
    initial["text"] = request.GET.get("texte", "")[:2000]
    return ask(
        request, form, do, title="Répondre" if len(needs) == 1 else f"Répondre à {len(needs)} besoins",
        button="Publier la réponse" if official else "Proposer la piste", initial=initial,
        lead=f"« {one.text} »" if len(needs) == 1 else "La même réponse ira sous chacun.",
        back=(back, "Le besoin" if len(needs) == 1 else "Les besoins"),
        before=[f"« {need.text} »" for need in needs] if len(needs) > 1 else (),
        after="" if official else "Vous ne répondez pour personne ici : votre piste est lue par l’équipe d’animation avant d’être montrée.",
    )  # fmt: skip


@require_http_methods(BOTH)
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """One prepared button: whoever answered, or who animates, takes an answer back."""
    found = get_object_or_404(Answer.objects.select_related("need"), public_id=public_id, status=Answer.SHOWN)
    if found.author_id != request.user.pk and not is_operator(request.user):
        raise PermissionDenied
    page = reverse("listening:need", args=[found.need.public_id])

    def do(cleaned: dict) -> str:
        answering.take_back_answer(found, actor=request.user.actor)  # type: ignore[union-attr]
        messages.success(
            request, "La réponse n’est plus montrée ; les personnes qui ont parlé sont prévenues."
        )
        return page

    return ask(
        request, None, do, title="Reprendre cette réponse", button="La reprendre", back=(page, "Le besoin"),
        lead=f"« {found.text or found.get_kind_display()} » ne sera plus montrée. Le besoin revient à l’état d’avant.",
    )  # fmt: skip
