"""« Toujours exact ? », closures, and the list of calls."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import acts_for, may_edit
from horizon.actors.models import Organization, Person
from horizon.care.freshness.forms import ClosureForm, HeardForm
from horizon.care.freshness.letters import opened_by
from horizon.care.freshness.queries import pages_to_call
from horizon.care.speaking import role_of
from horizon.directory.models import Closure, Entry, Statement
from horizon.directory.queries import communes_of, live_entry, publication_of
from horizon.directory.said.closing import answer_closure, closure_of, reopen_closure
from horizon.directory.said.confirming import confirm_entry, last_confirmation, undo_confirmation
from horizon.directory.said.fields import CORRECTED, FIELDS
from horizon.kernel.answered import remember
from horizon.kernel.forms import HouseForm
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day

BOTH = ["GET", "HEAD", "POST"]
PER_PAGE = 100
DONE = "Merci : la page est confirmée aujourd’hui. La liste suit dans la minute."


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _page(organization: Organization) -> str:
    return reverse("directory:entry", args=[organization.public_id])


@require_http_methods(BOTH)
def confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the page says today, and one button; somebody who animates says from whom they heard it."""
    organization = queries.editable(public_id, request.user)
    person = _person(request)
    role = role_of(person, organization)
    form_class = HeardForm if role == Statement.OPERATOR else None

    def do(cleaned: dict) -> str:
        confirm_entry(organization, by=person, origin=role, heard_from=cleaned.get("heard_from", ""))
        messages.success(request, DONE)
        return _page(organization)

    return _still_right(request, organization, form_class, do)


@require_http_methods(BOTH)
def still_right(request: HttpRequest, key: str) -> HttpResponse:
    """The page that a yearly letter opens, without an account: its key is the right of one person for one page."""
    opened = opened_by(key)
    person = Person.objects.filter(public_id=opened[1], is_active=True).first() if opened else None
    if opened is None or person is None:
        return render(request, "care/still_right_over.html", {}, status=410)
    organization = queries.organization_of(opened[0])
    if not acts_for(person, organization):
        return render(request, "care/still_right_over.html", {"organization": organization}, status=410)

    role = role_of(person, organization)
    if role == Statement.OPERATOR:  # who animates as well: the letter reached them through a relay
        role = Statement.RELAY

    def do(cleaned: dict) -> str:
        confirm_entry(organization, by=person, origin=role)
        messages.success(request, DONE)
        return _page(organization)

    return _still_right(request, organization, None, do)


def _still_right(request: HttpRequest, organization: Organization, form_class, do) -> HttpResponse:
    entry = live_entry(organization)
    if entry is None:
        raise Http404
    form: HouseForm | None = form_class(request.POST or None) if form_class else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            return HttpResponseRedirect(do(form.cleaned_data if form else {}))
        except Refused as problem:
            if form is None:
                messages.error(request, str(problem))
            else:
                form.add_error(None, str(problem))
    last, asked = last_confirmation(organization), closure_of(organization)
    return render(
        request,
        "care/still_right.html",
        {
            "organization": organization,
            "entry": entry,
            "form": form,
            "shown": _shown(request, entry),
            "last": last,
            "asked": asked if asked and asked.status == Closure.WAITING else None,
            "may_undo": last is not None and may_edit(request.user, organization),
        },
        status=422 if request.method == "POST" else 200,
    )


def _shown(request: HttpRequest, entry: Entry) -> list[tuple[str, str]]:
    communes = dict(communes_of(publication_of(request)))
    rows = []
    for code in CORRECTED:
        field = FIELDS[code]
        said = field.shown(field.read(entry))
        rows.append((field.label, communes.get(said, said) if code == "commune" else said))
    return rows


@require_POST
def undo_confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes the last confirmation back."""
    organization = queries.editable(public_id, request.user)
    last = last_confirmation(organization)

    def do() -> str:
        if last is None:
            raise Refused("Il n’y a pas de confirmation à annuler.")
        undo_confirmation(last, actor=_person(request).actor)
        return "La confirmation est annulée : la page montre la précédente."

    return do_and_return(request, do, reverse("care:confirm", args=[organization.public_id]))


@require_http_methods(BOTH)
def closure(request: HttpRequest, public_id: str) -> HttpResponse:
    """A register says that a structure closed: those who hold its page, or who animate, say whether it did."""
    organization = queries.organization_of(public_id)
    found = closure_of(organization)
    if found is None:
        raise Http404
    queries.editable(public_id, request.user)
    person = _person(request)
    role = role_of(person, organization)
    if role == Statement.VISITOR:
        raise PermissionDenied
    since = f" depuis le {day(found.closed_on)}" if found.closed_on else ""
    said = f"D’après les registres publics du {day(found.vintage)}, {found.get_why_display()}{since}."
    back = (_page(organization), organization.name)

    def do(cleaned: dict) -> str:
        if cleaned["verb"] == "reopen":
            reopen_closure(found, actor=person.actor)
            messages.success(request, "La réponse est annulée : la question attend de nouveau.")
            return request.path
        answer_closure(
            found, cleaned["answer"], origin=role, actor=person.actor, author=person, note=cleaned["note"]
        )
        remember(request, f"closure/{found.pk}")
        closed = cleaned["answer"] == Closure.YES
        moved = cleaned["answer"] == Closure.MOVED
        messages.success(
            request,
            "C’est noté : sa page dit qu’elle est fermée. Vous pouvez revenir en arrière."
            if closed
            else "C’est noté : sa page reste." + (" Corrigez maintenant son adresse." if moved else ""),
        )
        return reverse("care:edit", args=[organization.public_id]) if moved else back[0]

    answered = found.get_answer_display()
    late = request.method == "POST" and request.POST.get("verb") != "reopen"
    if answered and not late:
        return ask(
            request, None, do, title=f"{organization.name} : fermée ?", lead=said, back=back, verb="reopen",
            button="Annuler cette réponse",
            before=[f"Répondu : « {answered} »." + (f" {found.note}" if found.note else "")],
        )  # fmt: skip
    wait = (
        f"Déjà répondu : « {answered} »."
        if answered
        else f"Sa page reste comme elle est jusqu’à votre réponse, ou jusqu’au {day(found.due_on)}."
        if found.status == Closure.WAITING
        else "Personne n’a répondu en trente jours : sa page la dit fermée. Une réponse la rouvre."
    )
    return ask(
        request, ClosureForm, do, title=f"{organization.name} : fermée ?", lead=said, back=back, before=[wait],
        button="Répondre", after="Votre réponse est datée et se défait. Le registre, lui, ne change pas : il se corrige auprès de l’Insee ou du greffe.",
    )  # fmt: skip


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Pages to call, by commune: on the screen a page at a time, on paper all of them."""
    commune = request.GET.get("commune", "")[:5]
    every = pages_to_call()
    shown = [one for one in every if not commune or one.entry.commune_id == commune]
    counts: dict[tuple[str, str], int] = {}
    for one in every:
        place = (one.entry.commune_id, one.entry.commune.name)
        counts[place] = counts.get(place, 0) + 1
    printed = request.GET.get("imprimer") == "1"
    page = Paginator(shown, len(shown) or 1 if printed else PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "care/calls.html",
        {
            "page": page,
            "total": len(every),
            "communes": [(code, name, count) for (code, name), count in counts.items()],
            "commune": commune,
            "query": f"commune={commune}" if commune else "",
            "printed": printed,
        },
    )
