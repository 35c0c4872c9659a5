"""The needs as everybody sees them: the list, one need, saying one, saying it too, following one's own."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.mandated import title_said
from horizon.actors.models import Person, Pole
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.publicid import random_id
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import beside
from horizon.kernel.spreadsheets import csv_answer
from horizon.listening import filters, queries, themes
from horizon.listening.access import may_answer
from horizon.listening.forms import FollowForm, SayForm, TooForm
from horizon.listening.models import Need, Voice
from horizon.listening.services import saying
from horizon.territory.queries import home_communes

BOTH = ["GET", "HEAD", "POST"]
PER_PAGE = 30
VOICES_A_PAGE = 60
AT_ONCE = 60
PLACE_KEPT = "C’est noté, sauf le lieu : ce besoin est déjà publié, l’équipe d’animation peut le changer."
STAYS = "D’autres le disent aussi : la phrase publiée reste, sans rien de vous."


def _person(request: HttpRequest) -> Person | None:
    return request.user if isinstance(request.user, Person) else None


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The public needs, with filters in the address. Seven queries whatever the needs."""
    communes = home_communes()
    chosen = filters.read(request.GET, {c.code for c in communes})
    page = Paginator(queries.public_needs(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    commune = next((c for c in communes if c.code == chosen["commune"]), None)
    return render(
        request,
        "listening/list.html",
        {
            "page": page, "communes": communes, "commune": commune, "door": DOOR_BY_CODE.get(chosen["door"]),
            "states": Need.STATES, "chosen": chosen, "query": query.urlencode(), "share": queries.answered_share(),
            "promise": queries.PROMISE_DAYS, "filtered": any(v for k, v in chosen.items() if k != "order"),
            "together": bool(getattr(request.user, "roles", frozenset()) & {"operator", "agent", "elected"}),
        },
    )  # fmt: skip


@require_safe
def csv_file(request: HttpRequest) -> HttpResponseBase:
    """The needs of the list's filters, as CSV. No voice is in it, only how many."""
    columns = ("reference", "besoin", "commune", "code_insee", "porte", "pole", "voix", "publie_le", "etat", "repondu_le")  # fmt: skip
    chosen = filters.read(request.GET, {c.code for c in home_communes()})
    rows = (
        [
            need.public_id, need.text, need.commune.name if need.commune else "", need.commune_id or "", need.door,
            need.pole.code if need.pole else "", need.voice_count, need.published_at.date().isoformat(), need.state,  # type: ignore[attr-defined,union-attr]
            need.answered_at.date().isoformat() if need.answered_at else "",
        ]
        for need in queries.public_needs(**chosen).iterator(chunk_size=500)
    )  # fmt: skip
    return csv_answer("besoins.csv", columns, rows)


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """One need: what was said, by how many, where, since when, what became of it. Thirteen queries at most."""
    need = get_object_or_404(
        queries.with_voices(
            Need.objects.select_related(
                "commune", "pole", "same_as", "addressee_pole", "addressee_organization__canonical", "addressee_mandate__person"
            ).annotate(agreed=queries.AGREED)
        ),
        public_id=public_id,
    )  # fmt: skip
    if need.same_as is not None and need.same_as.status == Need.PUBLISHED:
        return redirect("listening:need", need.same_as.public_id)
    if need.status != Need.PUBLISHED:
        raise Http404
    person = _person(request)
    voices = queries.shown_voices(need)
    few = need.voice_count <= VOICES_A_PAGE  # type: ignore[attr-defined]
    page = Paginator(list(voices) if few else voices, VOICES_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "listening/need.html",
        {
            "need": need, "answers": queries.answers_of(need), "page": page,
            "publics": queries.publics_of(need), "official": may_answer(person, need),
            "beside": beside("need", need), "similar": themes.similar_needs(need.text, need.commune, besides=need.pk, limit=4),
            "promise": queries.PROMISE_DAYS,
            "agreed": need.state == Need.WAITING and need.agreed,  # type: ignore[attr-defined]
            "addressed": title_said(need.addressee_mandate) if need.addressee_mandate else "",
        },
    )  # fmt: skip


@require_http_methods(BOTH)
def say(request: HttpRequest) -> HttpResponse:
    """One field, one button. What is said goes to a page of its own, where the rest may be added."""
    form = SayForm(
        data=request.POST or None, initial={"words": request.GET.get("quoi", "")[: saying.LONGEST]}
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.caught_a_robot():
            return redirect("listening:list")
        if form.is_valid():
            person = _person(request)
            try:
                if too_often(request, "say", AT_ONCE):
                    status = 429
                    raise Refused(TOO_MANY)
                voice = saying.say_need(
                    form.cleaned_data["words"], once=form.cleaned_data["once"], author=person,
                    actor=person.actor if person else "visitor",
                )  # fmt: skip
            except Refused as problem:
                form.add_error("words", str(problem))
            else:
                return HttpResponseRedirect(saying.voice_path(voice))
    return render(request, "listening/say.html", {"form": form}, status=status)


def _own(public_id: str, key: str) -> Voice:
    voice = get_object_or_404(
        Voice.objects.select_related("need__commune", "need__pole", "need__same_as__pole"),
        public_id=public_id,
    )
    if not saying.opens(voice, key):
        raise Http404
    return voice


@require_http_methods(BOTH)
def mine(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """One's own voice, without an account: where, who, an address; what it looks like; what became of it."""
    voice = _own(public_id, key)
    need = voice.carried_by
    here = saying.voice_path(voice)
    actor = voice.author.actor if voice.author else "visitor"
    if request.method == "POST" and "other" in request.POST:
        other = get_object_or_404(Need, public_id=request.POST["other"], status=Need.PUBLISHED)
        return do_and_return(
            request, lambda: saying.join_need(voice, other, actor=actor) or "Votre voix compte avec les autres.", here
        )  # fmt: skip
    waits = voice.first and need.status == Need.HELD
    where = waits and need == voice.need
    communes = home_communes() if where else []
    poles = list(Pole.objects.filter(closed_at=None)) if where else None
    form = FollowForm(
        where=where,
        data=request.POST if request.method == "POST" else None,
        communes=[(c.code, c.name) for c in communes], poles=poles,
        initial={
            "commune": need.commune_id or "", "public": voice.public, "email": voice.email, "door": need.door,
            "pole": need.pole.code if need.pole else "",
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        place = need.commune_id or ""
        late = not where and request.POST.get("commune", place) != place
        chosen = next((c for c in communes if c.code == form.cleaned_data["commune"]), None)

        def keep() -> str:
            saying.complete_voice(
                voice, commune=chosen, public=form.cleaned_data["public"], email=form.cleaned_data["email"],
                theme=_theme(form.cleaned_data, poles), actor=actor,
            )  # fmt: skip
            return PLACE_KEPT if late else "C’est noté."

        return do_and_return(request, keep, here)
    return render(
        request,
        "listening/mine.html",
        {
            "voice": voice, "need": need, "form": form, "waits": waits, "path": here,
            "similar": themes.similar_needs(voice.words, need.commune, here=True, limit=4) if waits else [],
            "answers": queries.answers_of(need), "link": saying.voice_link(voice),
            "beside": beside("need", need) if need.status == Need.PUBLISHED else [],
            "agreed": need.state == Need.WAITING and need.pk in queries.agreed_for([need]),
            "erased": voice.words_status == Voice.ERASED, "stays": STAYS if saying.text_stays(voice) else "",
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _theme(cleaned: dict, poles: list[Pole] | None) -> tuple[str, Pole | None] | None:
    """The door and the pole that were chosen; None where they were not asked."""
    if poles is None:
        return None
    return cleaned["door"], next((pole for pole in poles if pole.code == cleaned["pole"]), None)


@require_http_methods(BOTH)
def erase(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """One prepared button: takes one's words, address and name back."""
    voice = _own(public_id, key)

    def do(cleaned: dict) -> str:
        saying.erase_voice(voice)
        return saying.voice_path(voice)

    lead = "Vos mots, votre adresse et votre nom sont effacés. Votre voix garde sa place dans le compte, sans rien d’autre."
    if saying.text_stays(voice):
        lead += f" {STAYS}"
    return ask(
        request, None, do, title="Reprendre vos mots", button="Reprendre mes mots", back=(saying.voice_path(voice), "Ma voix"),
        lead=lead,
    )  # fmt: skip


@require_http_methods(BOTH)
def too(request: HttpRequest, public_id: str) -> HttpResponse:
    """"Moi aussi": one button; words, public and address if one wants."""  # fmt: skip
    need = get_object_or_404(Need, public_id=public_id, status=Need.PUBLISHED, same_as=None)
    person = _person(request)
    page = reverse("listening:need", args=[need.public_id])

    def do(cleaned: dict) -> str:
        if too_often(request, "too", AT_ONCE):
            raise Refused(TOO_MANY)
        voice = saying.say_too(
            need, once=cleaned["once"], words=cleaned["words"], public=cleaned["public"], email=cleaned["email"],
            author=person, actor=person.actor if person else "visitor",
        )  # fmt: skip
        return saying.voice_path(voice)

    return ask(
        request, TooForm, do, title="Moi aussi", button="Ajouter ma voix", back=(page, "Le besoin"),
        lead=f"« {need.text} »", robots=lambda: redirect(page), after="Tout est facultatif : le bouton suffit.", draft=True,
    )  # fmt: skip


@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """Forms to print, each with its reference: four a page."""
    try:
        count = min(max(int(request.GET.get("n", "4")), 1), 40)
    except ValueError:
        count = 4
    return render(
        request, "listening/paper.html", {"references": [random_id()[:8].upper() for _ in range(count)]}
    )
