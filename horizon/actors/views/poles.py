"""Poles and their contacts; mandates."""

from __future__ import annotations

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors import queries
from horizon.actors.forms import CorrectMandateForm, DescriptionForm, MandateForm, PoleForm
from horizon.actors.mandated import themes_said
from horizon.actors.models import Mandate, Person, Pole
from horizon.actors.services import people
from horizon.actors.services import poles as writes
from horizon.actors.views.contacts import show_addresses
from horizon.kernel.forms import HouseForm, address
from horizon.kernel.pages import ask
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import beside
from horizon.kernel.spreadsheets import csv_answer

BOTH = ["GET", "HEAD", "POST"]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The open poles and who to talk to."""
    contacts = queries.pole_contacts()
    open_poles = [(pole, contacts[pole.code]) for pole in Pole.objects.filter(closed_at=None)]
    return render(
        request, "actors/poles.html", {"poles": open_poles, "closed": Pole.objects.exclude(closed_at=None)}
    )


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One pole: contacts, history, what it became."""
    pole = get_object_or_404(
        Pole.objects.prefetch_related("successors", "predecessors", "changes"), code=code
    )
    asides = beside("pole", pole)
    return render(
        request,
        "actors/pole.html",
        {
            "pole": pole, "contacts": queries.pole_contacts()[pole.code],
            "figures": [aside for aside in asides if aside.anchor == "chiffres"],
            "beside": [aside for aside in asides if aside.anchor != "chiffres"],
        },
    )  # fmt: skip


CHANGES = {
    "rename": "Renommer un pôle",
    "open": "Ouvrir un ou plusieurs pôles",
    "split": "Partager un pôle en plusieurs",
    "merge": "Réunir plusieurs pôles en un",
    "close": "Fermer un pôle ouvert par erreur, sous lequel rien n’est rangé",
    "reopen": "Rouvrir ce qui est fermé : annule un partage, une réunion, une fermeture",
}


@require_http_methods(BOTH)
def manage(request: HttpRequest) -> HttpResponse:
    """Opens, renames, splits, merges, closes and reopens poles."""
    form = PoleForm(request.POST if request.method == "POST" else None)
    chosen = list(Pole.objects.filter(code__in=request.POST.getlist("pole")))
    verb = request.POST.get("verb")
    if request.method == "POST":
        try:
            if _change(verb, chosen, form, request):
                return HttpResponseRedirect(request.path)
        except Refused as problem:
            form.is_valid()
            form.add_error(None, str(problem))
    return render(
        request, "actors/manage_poles.html",
        {"poles": Pole.objects.prefetch_related("successors"), "form": form, "picked": {pole.code for pole in chosen},
         "verbs": CHANGES.items(), "verb": verb},
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip


def _change(verb: str | None, chosen: list[Pole], form: PoleForm, request: HttpRequest) -> bool:
    assert isinstance(request.user, Person)
    actor = request.user.actor
    if verb not in CHANGES:
        raise Refused("Dites d’abord ce que vous voulez faire.")
    if verb == "reopen":
        if not chosen:
            raise Refused("Cochez le pôle à rouvrir.")
        writes.reopen_poles(chosen, actor=actor)
        messages.success(request, "Rouvert.")
        return True
    if verb == "close":
        if len(chosen) != 1:
            raise Refused("Cochez le pôle à fermer, un seul.")
        said = request.POST.get("decided_by", "").strip()
        writes.close_pole(chosen[0], actor=actor, decided_by=said)
        messages.success(request, f"« {chosen[0].name} » est fermé. « Rouvrir » l’annule.")
        return True
    if not form.is_valid():
        return False
    names = [line.strip() for line in form.cleaned_data["names"].splitlines() if line.strip()]
    said = form.cleaned_data["decided_by"]
    if verb == "open":
        writes.open_poles(names, actor=actor, decided_by=said)
    elif verb == "merge":
        writes.merge_poles(chosen, names[0], actor=actor, decided_by=said)
    else:
        if len(chosen) != 1:
            raise Refused("Cochez un pôle, un seul.")
        if verb == "split":
            writes.split_pole(chosen[0], names, actor=actor, decided_by=said)
        else:
            writes.rename_pole(chosen[0], names[0], actor=actor, decided_by=said)
    messages.success(request, "C’est fait. « Rouvrir » annule un partage ou une réunion.")
    return True


@require_http_methods(BOTH)
def describe(request: HttpRequest, code: str) -> HttpResponse:
    """Says what a pole is for."""
    pole = get_object_or_404(Pole, code=code)
    assert isinstance(request.user, Person)
    actor = request.user.actor

    def do(cleaned: dict) -> str:
        changed = writes.describe_pole(pole, cleaned["description"], actor=actor)
        messages.success(request, "Description gardée." if changed else "Rien n’a changé.")
        return reverse("actors:pole", args=[pole.code])

    return ask(
        request, DescriptionForm, do, title=f"Décrire « {pole.name} »", button="Garder", back=(reverse("actors:manage-poles"), "Pôles"),
        initial={"description": pole.description},
    )  # fmt: skip


WHEN = {"now": "en cours", "coming": "à venir", "past": "passés"}


def _mandates(asked: QueryDict) -> tuple[list[tuple[Mandate, str]], dict[str, str]]:
    """The mandates that an address asks for, those in force first, and what was chosen. One query."""
    function, when = asked.get("fonction", ""), asked.get("quand", "")
    chosen = {
        "function": function if function in dict(Mandate.FUNCTIONS) else "",
        "when": when if when in WHEN else "",
    }
    found = [
        (row, "past" if row.is_over else "coming" if row.is_to_come else "now")
        for row in Mandate.objects.select_related("person", "pole", "organization__canonical")
        if chosen["function"] in ("", row.function)
    ]
    rows = sorted(found, key=lambda r: (list(WHEN).index(r[1]), r[0].function, r[0].starts_on, r[0].pk))
    return [row for row in rows if chosen["when"] in ("", row[1])], chosen


@require_safe
def mandates(request: HttpRequest) -> HttpResponse:
    """All mandates, those in force first."""
    rows, chosen = _mandates(request.GET)
    return render(
        request, "actors/mandates.html",
        {"rows": rows, "last_day": writes.last_day_of_animating(), "chosen": chosen, "functions": Mandate.FUNCTIONS, "when": WHEN.items(),
         "query": request.GET.urlencode(), "filtered": any(chosen.values())},
    )  # fmt: skip


@require_safe
def mandates_addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of those who hold the mandates of the selection, each once."""
    emails = ([row.person.email] if row.person.is_active else [] for row, _ in _mandates(request.GET)[0])
    return show_addresses(request, emails, reverse("actors:mandates"), one="mandat", many="mandats")


@require_safe
def mandates_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection."""
    rows = (
        [
            row.person.name, row.person.email if row.person.is_active else "", row.get_function_display(), row.title,
            row.pole.name if row.pole else "", row.organization.whole.name if row.organization else "",
            ", ".join(themes_said(row)), row.starts_on, row.ends_on or "", row.decided_by,
            {"now": "en cours", "coming": "à venir", "past": "fini"}[when], "oui" if row.public else "non",
        ]
        for row, when in _mandates(request.GET)[0]
    )  # fmt: skip
    columns = [
        "personne",
        "adresse",
        "fonction",
        "titre",
        "pôle",
        "structure",
        "thèmes",
        "du",
        "au",
        "décidé par",
        "état",
        "nom montré",
    ]
    return csv_answer("mandats.csv", columns, rows)


@require_http_methods(BOTH)
def new_mandate(request: HttpRequest) -> HttpResponse:
    """Gives a mandate to somebody, known or not yet."""
    assert isinstance(request.user, Person)
    actor = request.user.actor

    def do(cleaned: dict) -> str:
        person = people.find_or_create_person(cleaned["email"], actor=actor, name=cleaned["name"])
        pole = Pole.objects.filter(code=cleaned["pole"]).first() if cleaned["pole"] else None
        writes.give_mandate(
            person, cleaned["function"], actor=actor, starts_on=cleaned["starts_on"], ends_on=cleaned["ends_on"],
            organization=queries.organization_of(cleaned["structure"]) if cleaned["structure"] else None,
            pole=pole, title=cleaned["title"], themes=cleaned["themes"], decided_by=cleaned["decided_by"],
            tell=True,
        )  # fmt: skip
        return reverse("actors:mandates")

    return ask(request, MandateForm, do, title="Donner un mandat", button="Donner le mandat",
               back=(reverse("actors:mandates"), "Mandats"), after="Son nom ne sera montré que si la personne l’accepte, dans son espace.")  # fmt: skip


@require_http_methods(BOTH)
def correct_mandate(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrects a mandate; corrected back, it is as it was."""
    mandate = get_object_or_404(Mandate.objects.select_related("person", "pole"), pk=pk)
    assert isinstance(request.user, Person)
    actor = request.user.actor

    def do(cleaned: dict) -> str:
        cleaned.pop("verb")
        done = writes.correct_mandate(mandate, cleaned, actor=actor)
        messages.success(request, "Mandat corrigé." if done else "Rien n’a changé.")
        return reverse("actors:mandates")

    return ask(
        request, CorrectMandateForm, do, title=f"Corriger le mandat : {mandate.get_function_display()}", button="Corriger",
        lead=f"{mandate.person}{f', {mandate.pole}' if mandate.pole else ''}", back=(reverse("actors:mandates"), "Mandats"),
        initial={name: getattr(mandate, name) for name in writes.CORRECTED},
        after="La personne est prévenue de ce qui change. Le journal garde ce qui a été corrigé : corrigez de nouveau pour revenir en arrière.",
    )  # fmt: skip


class HandOverForm(HouseForm):
    """To whom a mandate passes."""

    email = address(
        "Adresse de la personne qui prend la suite", "Vide : le mandat prend simplement fin.", required=False
    )


@require_http_methods(BOTH)
def end_mandate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a mandate, or hands it over."""
    mandate = Mandate.objects.select_related("person", "pole", "organization").filter(pk=pk).first()
    if mandate is None:
        raise Http404
    assert isinstance(request.user, Person)
    actor = request.user.actor

    def do(cleaned: dict) -> str:
        if cleaned["email"]:
            successor = people.find_or_create_person(cleaned["email"], actor=actor)
            writes.hand_over(mandate, successor, actor=actor)
        else:
            writes.end_mandate(mandate, actor=actor)
        return reverse("actors:mandates")

    return ask(request, HandOverForm, do, title=f"Fin de mandat : {mandate.get_function_display()}", button="Mettre fin",
               lead=f"{mandate.person} {mandate.title}", back=(reverse("actors:mandates"), "Mandats"))  # fmt: skip
