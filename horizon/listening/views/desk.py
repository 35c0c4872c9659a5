"""The desk of listening: reading, placing, addressing, grouping; and typing what was heard."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors.access import current_mandates
from horizon.actors.models import Mandate, Person, Pole
from horizon.actors.queries import speakers_of
from horizon.engine.wording import remarks
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.publicid import SHAPE
from horizon.kernel.refusal import Refused
from horizon.listening import queries, themes
from horizon.listening.forms import (
    AddressForm,
    EntryForm,
    LineForm,
    PlaceForm,
    ReasonForm,
    find_organizations,
)
from horizon.listening.models import Need, Voice
from horizon.listening.services import reading, saying
from horizon.listening.waiting import refuse_reported
from horizon.territory.queries import home_communes

BOTH = ["GET", "HEAD", "POST"]
LINES = 6
NOBODY_THERE = "personne ne tient sa page, personne n’est prévenu. Choisissez aussi qui suit ce besoin."
READINGS = {"publish": (reading.publish_need, "Publié."), "hold": (reading.hold_need, "À lire de nouveau.")}


def _here(need: Need) -> str:
    return reverse("listening:manage", args=[need.public_id])


def _need(public_id: str) -> Need:
    return get_object_or_404(queries.desk_needs(), public_id=public_id)


@require_http_methods(BOTH)
def manage(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything about a need: what each voice said, what to remark, its text and themes, who is asked to answer."""
    need = _need(public_id)
    communes, poles = home_communes(), list(Pole.objects.filter(closed_at=None))
    verb = request.POST.get("verb", "") if request.method == "POST" else ""
    if verb in READINGS:
        read, said = READINGS[verb]

        def done() -> str:
            read(need, actor=request.user.actor)  # type: ignore[union-attr]
            return said

        return do_and_return(request, done, _here(need))
    form = PlaceForm(
        data=request.POST if request.method == "POST" else None,
        communes=[(c.code, c.name) for c in communes], poles=poles,
        initial={
            "text": need.text, "commune": need.commune_id or "", "door": need.door, "pole": need.pole.code if need.pole else "",
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def keep() -> str:
            reading.edit_need(
                need, text=data["text"], commune=next((c for c in communes if c.code == data["commune"]), None),
                door=data["door"], pole=next((p for p in poles if p.code == data["pole"]), None),
                actor=request.user.actor,  # type: ignore[union-attr]
            )  # fmt: skip
            return "C’est corrigé."

        return do_and_return(request, keep, _here(need))
    door, words = themes.door_of(need.text)
    return render(
        request,
        "listening/manage.html",
        {
            "need": need, "form": form, "remarks": remarks(need.text), "proposed_door": door, "proposed_words": words,
            "similar": themes.similar_needs(need.text, need.commune, besides=need.pk), "late": queries.days_late(need),
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_http_methods(BOTH)
def address(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who is asked to answer, who follows it, until when."""
    need = _need(public_id)
    mandates = list(
        current_mandates()
        .filter(function__in=[Mandate.ELECTED, Mandate.AGENT, Mandate.POLE])
        .select_related("person")
    )
    poles = list(Pole.objects.filter(closed_at=None))
    people = list(
        Person.objects.filter(mandates__in=current_mandates(), is_active=True)
        .distinct()
        .order_by("name", "pk")
    )

    def form(**kwargs: object) -> AddressForm:
        return AddressForm(mandates=mandates, poles=poles, people=people, **kwargs)

    def do(cleaned: dict) -> str:
        kind, _, code = cleaned["to"].partition(":")
        organizations, problems = find_organizations(cleaned["structure"])
        if problems or len(organizations) > 1:
            raise Refused(" ".join(problems) or "Une seule structure.")
        reading.address_need(
            need, actor=request.user.actor,  # type: ignore[union-attr]
            pole=next((p for p in poles if kind == "pole" and p.code == code), None),
            mandate=next((m for m in mandates if kind == "mandate" and str(m.pk) == code), None),
            organization=organizations[0] if organizations else None,
            owner=next((p for p in people if p.public_id == cleaned["owner"]), None), due_on=cleaned["due_on"],
        )  # fmt: skip
        if organizations and not speakers_of(organizations[0]):
            messages.warning(request, f"{organizations[0].name} : {NOBODY_THERE}")
        return _here(need)

    to = ""
    if need.addressee_mandate_id:
        to = f"mandate:{need.addressee_mandate_id}"
    elif need.addressee_pole:
        to = f"pole:{need.addressee_pole.code}"
    return ask(
        request, form, do, title="À qui, et pour quand", button="Enregistrer", lead=f"« {need.text} »",
        back=(_here(need), "Le besoin"),
        initial={
            "to": to, "structure": need.addressee_organization.whole.public_id if need.addressee_organization else "",
            "owner": need.owner.public_id if need.owner else "", "due_on": need.due_on,
        },
    )  # fmt: skip


@require_http_methods(BOTH)
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    """Not published, and why."""
    need = _need(public_id)

    def do(cleaned: dict) -> str:
        reading.refuse_need(need, cleaned["reason"], actor=request.user.actor)  # type: ignore[union-attr]
        messages.success(request, "Non publié. La personne est prévenue.")
        return _here(need)

    return ask(
        request, ReasonForm, do, title="Ne pas publier", button="Ne pas publier", lead=f"« {need.text} »",
        back=(_here(need), "Le besoin"),
    )  # fmt: skip


@require_POST
def show_voice(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the words of a voice, however long ago they were read."""
    voice = get_object_or_404(Voice.objects.select_related("need"), public_id=public_id)

    def do() -> str:
        refuse_reported("voice", public_id)
        reading.read_voice(voice, True, actor=request.user.actor)  # type: ignore[union-attr]
        return "Ces mots sont montrés."

    return do_and_return(request, do, _here(voice.need))


@require_http_methods(BOTH)
def hide_voice(request: HttpRequest, public_id: str) -> HttpResponse:
    """Does not show the words of a voice, and says why to whoever said them."""
    voice = get_object_or_404(Voice.objects.select_related("need"), public_id=public_id)

    def do(cleaned: dict) -> str:
        refuse_reported("voice", public_id)
        reading.read_voice(voice, False, reason=cleaned["reason"], actor=request.user.actor)  # type: ignore[union-attr]
        messages.success(request, "Ces mots ne sont pas montrés, la personne sait pourquoi ; la voix compte.")
        return _here(voice.need)

    return ask(
        request, ReasonForm, do, title="Ne pas montrer ces mots", button="Ne pas montrer", lead=f"« {voice.words} »",
        back=(_here(voice.need), "Le besoin"),
    )  # fmt: skip


@require_http_methods(BOTH)
def group(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says that two needs are the same, seen side by side before (`?avec=`); undone by « Séparer »."""
    need = _need(public_id)
    posted = request.method == "POST"
    asked = (request.POST.get("other", "") if posted else request.GET.get("avec", ""))[:300]
    other, problem = _named(asked), ""
    if asked and other is None or posted and not asked:
        problem = "Aucun besoin n’a cette référence."
    elif posted and other is not None:
        try:
            reading.group_needs(need, other, actor=request.user.actor)  # type: ignore[union-attr]
        except Refused as refused:
            problem = str(refused)
        else:
            messages.success(
                request, "Réunis : les voix et les réponses comptent ensemble, chaque voix garde ses mots."
            )
            return HttpResponseRedirect(_here(need))
    return render(
        request,
        "listening/group.html",
        {
            "need": need, "other": other if other != need else None, "asked": asked, "problem": problem,
            "similar": themes.similar_needs(need.text, need.commune, besides=need.pk),
        },
        status=422 if problem else 200,
    )  # fmt: skip


def _named(asked: str) -> Need | None:
    """The need whose page or reference is given. Seven queries at most."""
    reference = re.findall(SHAPE, asked)
    return queries.desk_needs().filter(public_id=reference[-1]).first() if reference else None


@require_POST
def split(request: HttpRequest, public_id: str) -> HttpResponse:
    """Undoes a grouping."""
    need = _need(public_id)
    return do_and_return(
        request, lambda: reading.split_need(need, actor=request.user.actor) or "Séparé.", _here(need)  # type: ignore[union-attr]
    )  # fmt: skip


@require_http_methods(BOTH)
def type_in(request: HttpRequest) -> HttpResponse:
    """Types what was heard by phone, on paper or in an interview: several at once, each kept or given back with why.

    Those just noted are shown with the needs that may say the same: one button counts the voice there ("moi aussi").
    """
    if request.method == "POST" and "other" in request.POST:
        return _count_with(request)
    communes = home_communes()
    choices = [(c.code, c.name) for c in communes]
    posted = request.method == "POST"
    entry = EntryForm(data=request.POST if posted else None, initial={"origin": Voice.PHONE})

    def line_of(i: int, data: QueryDict | None) -> LineForm:
        return LineForm(data=data, prefix=str(i), communes=choices, use_required_attribute=False)

    lines = [line_of(i, None) for i in range(LINES)]
    written = [i for i in range(LINES) if posted and lines[i].was_touched(request.POST)]
    for i in written:
        lines[i] = line_of(i, request.POST)
    kept: list[Voice] = []
    left = 0
    if posted and entry.is_valid():
        for i in written:
            voice = _keep_line(lines[i], entry.cleaned_data, communes, request.user)  # type: ignore[arg-type]
            if voice is None:
                left += 1
            else:
                kept.append(voice)
                lines[i] = line_of(i, None)
        if not written:
            entry.add_error(None, "Écrivez au moins un besoin.")
        if kept and not left:
            said = f"{len(kept)} besoins notés" if len(kept) > 1 else "Un besoin noté"
            messages.success(request, f"{said}. Ils attendent d’être lus, au bureau.")
            noted = urlencode({"note": [voice.public_id for voice in kept]}, doseq=True)
            return HttpResponseRedirect(f"{reverse('listening:type-in')}?{noted}")
    return render(
        request,
        "listening/type_in.html",
        {
            "entry": entry,
            "lines": lines,
            "kept": kept,
            "just": _noted(request.GET.getlist("note")[:LINES]),
            "left": left,
            "slip": request.GET.get("fiche", "")[:20],
        },
        status=422 if posted else 200,
    )


def _noted(public_ids: list[str]) -> list[tuple[Voice, list[themes.Similar]]]:
    """The voices just typed, each with the public needs that it may be counted with. Six queries a voice at most."""
    return [
        (
            voice,
            themes.similar_needs(voice.words, voice.need.commune, here=True, limit=3)
            if voice.first and voice.need.status == Need.HELD and voice.need.same_as is None
            else [],
        )
        for voice in queries.noted_just_now(public_ids)
    ]


def _count_with(request: HttpRequest) -> HttpResponse:
    """Somebody who typed a voice says that it says the same as a public need."""
    noted = urlencode({"note": request.GET.getlist("note")[:LINES]}, doseq=True)
    voice = get_object_or_404(
        Voice.objects.exclude(origin=Voice.WEB), public_id=request.POST.get("voice", "")
    )
    other = get_object_or_404(queries.desk_needs(), public_id=request.POST["other"])

    def join() -> str:
        saying.join_need(voice, other, actor=request.user.actor)  # type: ignore[union-attr]
        return "C’est compté avec les autres voix."

    return do_and_return(request, join, f"{reverse('listening:type-in')}?{noted}")


@require_safe
def by_reference(request: HttpRequest) -> HttpResponse:
    """The need typed from a paper form, by the reference that whoever wrote it kept. An O is read as a zero, an I or an L as a one."""
    asked = saying.folded_reference(request.GET.get("fiche", ""))
    likely = {asked, asked.translate(str.maketrans("OIL", "011"))} - {""}
    voice = Voice.objects.filter(reference__in=likely).select_related("need").first()
    if voice is not None:
        return HttpResponseRedirect(_here(voice.need))
    if asked:
        messages.error(
            request, f"Aucune fiche saisie n’a la référence {asked}. Relisez-la, ou saisissez la fiche."
        )
    return HttpResponseRedirect(f"{reverse('listening:type-in')}?{urlencode({'fiche': asked})}")


def _keep_line(line: LineForm, entry: dict, communes: list, person: Person) -> Voice | None:
    if not line.is_valid():
        return None
    data = line.cleaned_data
    try:
        return saying.say_need(
            data["words"], once=data["once"] or saying.fresh_once(), origin=entry["origin"], public=data["public"],
            commune=next((c for c in communes if c.code == data["commune"]), None), email=data["email"],
            heard_from=entry["heard_from"], reference=data["reference"], actor=person.actor,
        )  # fmt: skip
    except Refused as problem:
        line.add_error("words", str(problem))
        return None
