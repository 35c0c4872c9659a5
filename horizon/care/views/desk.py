"""The desk: what waits for me over every room, oldest first; answered one by one or many at once; undone."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.access import is_operator
from horizon.actors.fresh import is_fresh, suspend
from horizon.kernel.answered import LATELY, forget, last_answered, remember
from horizon.kernel.mail import one_mail_each
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, answered_for, waiting_for

PER_PAGE = 40
ROOMS = {
    "urgent": "Urgences",
    "need": "Besoins à lire", "voice": "Voix à lire", "lead": "Pistes à lire", "asked": "Besoins sans réponse",
    "listing": "Annonces à lire", "deal": "Accords à suivre", "gap": "Là où il n’y a personne",
    "duplicate": "Doublons possibles", "suggestion": "Corrections proposées", "missing": "Structures manquantes", "double": "Lignes d’import en double",
    "left-name": "Noms laissés",
    "cells": "Lignes à corriger", "import": "Imports à finir", "claim": "Pages revendiquées",
    "content": "Contenus signalés",
    "report": "Signalements", "membership": "Adhésions", "invitation": "Équipes", "note": "À rappeler", "orphan": "Pages orphelines",
    "closure": "Fermetures à confirmer", "stale": "Fiches à rappeler", "site": "Sites qui ne répondent plus",
    "agent": "Agents vus par ProConnect", "link": "Liens à confirmer", "visit": "Visites entre structures",
    "silent-links": "Liens sans réponse", "running": "Marche du site", "unsent": "Courriels qui n’ont pu partir",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponseBase:
    """GET lists; POST answers the ticked things with one verb, or undoes the last answers."""
    if request.method == "POST":
        return _answer(request)
    found = waiting_for(request.user)
    counts: dict[str, int] = {}
    for item in found:
        counts[item.room] = counts.get(item.room, 0) + 1
    room = request.GET.get("quoi", "")
    alike = request.GET.get("semblables", "")
    shown = [i for i in found if (not room or i.room == room) and (not alike or i.alike == alike)]
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "care/desk.html",
        {
            "page": page, "chosen": f"{ROOMS[room]} ({counts.get(room, 0)})" if room in ROOMS else "tout",
            "rooms": [(code, label, counts[code]) for code, label in ROOMS.items() if code in counts],
            "room": room, "alike": alike, "total": len(found), "query": query.urlencode(),
            "verbs": _common_verbs(page.object_list), "several": sum(bool(i.actions) for i in page.object_list) > 1,
            "last": len(last_answered(request)),
            "operator_view": is_operator(request.user),
        },
    )  # fmt: skip


def _common_verbs(items) -> dict[str, str]:
    """The answers that mean the same for all that is listed: one word for two acts would hide what it does."""
    labels: dict[str, set[str]] = {}
    for item in items:
        for verb, label in item.actions.items():
            labels.setdefault(verb, set()).add(label)
    return {verb: next(iter(said)) for verb, said in labels.items() if len(said) == 1}


def _answer(request: HttpRequest) -> HttpResponseBase:
    """Answers what is ticked. A mandate is given or ended only by who proved just now who they are.

    Undone, the last answer goes first: each is then as it was when the next was given. What cannot be undone may be tried again.
    """
    verb = request.POST.get("verb", "")
    back = f"{reverse('care:desk')}?{request.POST.get('query', '')}".rstrip("?")
    if request.POST.get("from") == "answered":
        back = f"{reverse('care:answered')}?{request.POST.get('query', '')}".rstrip("?")
    one = request.POST.get("one", "")
    if one:
        verb, _, handle = one.partition("|")
        picked = [handle]
    elif verb == "undo":
        picked = list(reversed(last_answered(request)))
    else:
        picked = request.POST.getlist("item")
    if any(str(handle).startswith("agent/") for handle in picked) and not is_fresh(request):
        return suspend(request)
    done, said, refused, left = [], [], [], []
    with one_mail_each():
        for handle in picked:
            room, _, key = str(handle).partition("/")
            try:
                said.append(act_on(room, verb, key, request.user))
                done.append(handle)
            except (Refused, KeyError, ValueError) as problem:
                refused.append(str(problem) if isinstance(problem, Refused) else "Cette chose n’attend plus.")
                left += [handle] if isinstance(problem, Refused) else []
    if not picked:
        messages.error(request, "Rien n’était coché.")
    if len(said) > 3:
        messages.success(request, f"{len(said)} réponses gardées.")
    else:
        for line in said:
            messages.success(request, line)
    for line in dict.fromkeys(refused):
        messages.error(request, line)
    if verb == "undo":
        others = [handle for handle in last_answered(request) if handle not in picked]
        forget(request, but=others if one else left[::-1])
    else:
        remember(request, *done)
    return HttpResponseRedirect(back)


@require_safe
def answered(request: HttpRequest) -> HttpResponseBase:
    """What was answered these thirty days, the latest first, each with its undo: a mistake seen the day after is not for ever."""
    page = Paginator(answered_for(request.user, timezone.now() - LATELY), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "care/answered.html", {"page": page, "query": ""})
