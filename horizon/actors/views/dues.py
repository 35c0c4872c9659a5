"""Dues (cotisations): of one structure, and of a selection of members."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from horizon.actors import queries
from horizon.actors.forms import DueForm, DuesForm, ReceivedForm
from horizon.actors.models import Due, Membership, Person
from horizon.actors.reach import addresses_of
from horizon.actors.services import dues
from horizon.actors.views.collective import selection
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day, euros, plural

YEARS = range(2000, 2101)
NAMED_AT_MOST = 10


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.actor


def _year(request: HttpRequest) -> int:
    asked = request.POST.get("annee") or request.GET.get("annee") or ""
    return (
        int(asked)
        if asked.isdecimal() and len(asked) == 4 and int(asked) in YEARS
        else timezone.localdate().year
    )


@require_http_methods(["GET", "HEAD", "POST"])
def of_selection(request: HttpRequest) -> HttpResponse:
    """Asks, reminds of, or takes back the due of a year, for all the members of a selection."""
    rows, _ = selection(request)
    members, year = list(rows), _year(request)
    asked = dues.already_asked(members, year)
    to_ask = [
        one for one in members if one.status == Membership.ACTIVE and one.organization.root_id not in asked
    ]
    colleges = {one.college.code: one.college for one in to_ask}
    form = DuesForm(
        request.POST if request.POST.get("verb") == "ask" else None, colleges=list(colleges.values())
    )
    kept = request.GET.copy()
    for name in ("page", "annee"):
        kept.pop(name, None)
    here = f"{request.path}?{kept.urlencode()}{'&' if kept else ''}annee={year}"
    if request.method == "POST":
        said = _done(request, form, members, year)
        if said:
            messages.success(request, said)
            return HttpResponseRedirect(here)
    by_root = queries.dues_by_root(members)
    expected = [
        one
        for one in members
        if any(d.year == year and not d.received_on for d in by_root.get(one.organization.root_id, ()))
    ]
    reached = addresses_of({one.organization.root_id for one in expected})
    return render(
        request, "actors/dues.html",
        {
            "members": members, "year": year, "form": form, "to_ask": to_ask, "asked": len(asked), "expected": expected, "here": here,
            "unreachable": [one for one in expected if not reached[one.organization.root_id].letter],
            "totals": queries.due_totals(members), "query": kept.urlencode(), "kept": [(name, value) for name in kept for value in kept.getlist(name)],
            "filtered": any(kept.values()),
        },
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip


def _done(request: HttpRequest, form: DuesForm, members: Sequence[Membership], year: int) -> str:
    """What was done of what the button asks; empty when it was refused, which the form or a message says."""
    verb, actor = request.POST.get("verb"), _actor(request)
    try:
        if verb == "remind":
            return _said(
                f"Rappel {year} envoyé à",
                dues.remind_dues(members, year, actor=actor),
                ("déjà rappelée aujourd’hui", "déjà rappelées aujourd’hui"),
            )
        if verb == "withdraw":
            return _said(f"Cotisation {year} retirée à", dues.withdraw_dues(members, year, actor=actor))
        if not form.is_valid():
            return ""
        done = dues.ask_dues(members, year, form.cents(), actor=actor)
        return _said(
            f"Cotisation {year} demandée à", done, ("à qui elle l’était déjà", "à qui elle l’était déjà")
        )
    except Refused as problem:
        if form.is_bound:
            form.add_error(None, str(problem))
        else:
            messages.error(request, str(problem))
    return ""


def _said(what: str, done: dues.Done, already: tuple[str, str] = ("", "")) -> str:
    parts = [f"{what} {plural(done.done, 'structure', 'structures')}"]
    if done.already:
        parts.append(plural(done.already, *already))
    if done.nothing:
        parts.append(f"{done.nothing} dans un collège sans montant")
    if done.unreachable:
        names = ", ".join(one.name for one in done.unreachable[:NAMED_AT_MOST])
        more = " et d’autres" if len(done.unreachable) > NAMED_AT_MOST else ""
        call = "appelez-la" if len(done.unreachable) == 1 else "appelez-les"
        parts.append(f"aucune adresse pour {names}{more} : {call}")
    if done.left:
        parts.append(f"il en reste {done.left} : recommencez")
    return " ; ".join(parts) + "."


@require_http_methods(["GET", "HEAD", "POST"])
def ask_due(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the due of a year."""
    membership = get_object_or_404(
        Membership.objects.select_related("organization__canonical", "college"), pk=pk
    )
    organization = membership.organization.whole
    here = reverse("actors:contact", args=[organization.public_id])

    def do(cleaned: dict) -> str:
        due, sent = dues.ask_due(
            membership, cleaned["year"], int(cleaned["amount"] * 100), actor=_actor(request)
        )
        told = (
            plural(sent, "adresse prévenue", "adresses prévenues") if sent else "aucun courriel n’est parti"
        )
        if due.amount_cents and not sent and not dues.reached_by(membership).letter:
            told = "aucune adresse : appelez-la"
        messages.success(request, f"Cotisation {due.year} : {euros(due.amount_cents)} demandés ; {told}.")
        return here

    year = timezone.localdate().year
    return ask(request, DueForm, do, title=f"Cotisation de {organization.name}", back=(here, organization.name),
               button="Demander", lead="La structure reçoit un courriel : le montant, et comment dire qu’elle l’a réglée. "
                    "Une année déjà demandée et non reçue prend le nouveau montant.",
               initial={"year": year, "amount": membership.college.due_cents / 100})  # fmt: skip


@require_POST
def due(request: HttpRequest, pk: int) -> HttpResponse:
    """Notes a due as received on a day, takes that back, sends a reminder, or takes back what was asked."""
    row = get_object_or_404(Due.objects.select_related("membership__organization__canonical"), pk=pk)
    verb, actor = request.POST.get("verb"), _actor(request)

    def do() -> str:
        if verb == "remind":
            return f"Rappel envoyé à {plural(dues.remind_due(row, actor=actor), 'adresse', 'adresses')}."
        if verb == "unreceive":
            dues.unreceive_due(row, actor=actor)
            return "La réception est annulée."
        if verb == "withdraw":
            sent = dues.withdraw_due(row, actor=actor)
            told = " : la structure l’apprend par courriel" if sent else ""
            if row.amount_cents and not sent:
                told = " ; la structure n’a aucune adresse : appelez-la"
            return f"La cotisation {row.year} n’est plus demandée{told}."
        form = ReceivedForm(request.POST)
        if not form.is_valid():
            raise Refused("Écrivez le jour où la cotisation est arrivée, par exemple 31/01/2027.")
        received = dues.receive_due(row, actor=actor, on=form.cleaned_data["on"])
        return f"Cotisation {received.year} reçue le {day(received.received_on)}."

    return do_and_return(
        request, do, reverse("actors:contact", args=[row.membership.organization.whole.public_id])
    )
