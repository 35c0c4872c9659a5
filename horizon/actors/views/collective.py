"""The operator's side of the collective: members, dues, contacts, colleges."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import following, queries
from horizon.actors.forms import DecisionForm, DueForm, NoteForm
from horizon.actors.merged import of
from horizon.actors.models import College, Contact, ContactNote, Due, Membership, Organization, Person
from horizon.actors.services import collective, kinds
from horizon.actors.views.contacts import show_addresses
from horizon.engine.spreadsheets import harmless
from horizon.kernel.forms import HouseForm, text
from horizon.kernel.mail import write_to
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.templatetags.atlas import euros, plural

PER_PAGE = 50
STATUSES = dict(Membership.STATUSES)


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.actor


def _selection(request: HttpRequest):
    status = request.GET.get("statut", Membership.ACTIVE)
    status = status if status in STATUSES else Membership.ACTIVE
    college, words = request.GET.get("college", ""), request.GET.get("q", "").strip()
    found = queries.members(status, college, words)
    if request.GET.get("cotisation") == "attendue":
        found = found.filter(dues__received_on=None, dues__isnull=False).distinct()
    found, narrowed = following.narrowed(
        found, request.GET, "organization", "organization__canonical", "organization__merged"
    )
    return found.distinct(), {
        "status": status, "college": college, "q": words, "due": request.GET.get("cotisation", ""), "narrowed": narrowed,
    }  # fmt: skip


@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """The members' list with its filters, its mailing list and its export."""
    found, chosen = _selection(request)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "actors/members.html",
        {
            "page": page, "chosen": chosen, "statuses": Membership.STATUSES, "colleges": College.objects.all(),
            "query": query.urlencode(), "fields": following.fields(chosen["narrowed"]),
            "filtered": any(query.values()),
        },
    )  # fmt: skip


def _emails(membership: Membership) -> list[str]:
    acting = queries.acting_together(membership.organization)
    return [role.person.email for role in acting if role.person.is_active]


@require_safe
def members_addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of the selection, each once, and how many structures have none."""
    found: dict[str, None] = {}
    total = without = 0
    for membership in _selection(request)[0]:
        emails = _emails(membership)
        total, without = total + 1, without + (not emails)
        found |= dict.fromkeys(one.lower() for one in emails)
    return show_addresses(request, list(found), total, without, reverse("actors:members"))


@require_safe
def members_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection; the column of addresses is a mailing list."""
    found, _ = _selection(request)

    class Line:
        """What csv writes into: each row is given back at once."""

        def write(self, value: str) -> str:
            return value

    writer = csv.writer(Line(), delimiter=";")

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield writer.writerow(
            ["structure", "collège", "statut", "depuis", "partie le", "cotisation", "adresses", "page"]
        )
        for membership in found:
            due = next(iter(membership.dues.all()), None)
            state = "" if due is None else f"{due.year} : {'reçue' if due.received_on else 'attendue'}"
            name = membership.organization.whole.name
            yield writer.writerow(
                [
                    harmless(name), membership.college.name, STATUSES[membership.status],
                    membership.since or "", membership.left_on or "", state, ", ".join(_emails(membership)),
                    request.build_absolute_uri(reverse("directory:entry", args=[membership.organization.whole.public_id])),
                ]
            )  # fmt: skip

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="membres.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, public_id: str) -> HttpResponse:
    """All that operators know of one structure: people, membership, dues, notes; POST adds a note."""
    organization = queries.organization_of(public_id)
    assert isinstance(request.user, Person)
    person = request.user
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def keep() -> str:
            collective.note_contact(
                organization, data["text"], by=person, kind=data["kind"], next_on=data["next_on"]
            )
            return "Note gardée."

        return do_and_return(request, keep, request.path)
    memberships = list(
        Membership.objects.filter(of(organization)).select_related("college").prefetch_related("dues")
    )
    return render(
        request,
        "actors/contact.html",
        {
            "organization": organization, "form": form, "memberships": memberships,
            "roles": queries.roles_on(organization),
            "contacts": Contact.objects.filter(of(organization)),
            "notes": ContactNote.objects.filter(of(organization)).select_related("author"),
            "year": timezone.localdate().year,
            "kinds": [one for one in Organization.KINDS if one[0] in kinds.SAID],
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


@require_POST
def change_kind(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says what a structure that no register knows is."""
    organization = queries.organization_of(public_id)

    def do() -> str:
        kept = kinds.change_kind(organization, request.POST.get("kind", ""), actor=_actor(request))
        return f"C’est noté : {kept.get_kind_display()}. Sa page et les listes suivent dans la minute."

    return do_and_return(request, do, reverse("actors:contact", args=[organization.public_id]))


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accepts, refuses, or reopens a request; says so to who asked."""
    membership = get_object_or_404(
        Membership.objects.select_related("organization__canonical", "college", "requested_by"), pk=pk
    )
    name = membership.organization.whole.name
    here = reverse("actors:contact", args=[membership.organization.whole.public_id])

    def do(cleaned: dict) -> str:
        verb = cleaned["verb"]
        if verb == "reopen":
            collective.reopen_membership(membership, actor=_actor(request))
        elif verb == "leave":
            collective.leave_collective(membership, actor=_actor(request), reason=cleaned["reason"])
        else:
            decided = collective.decide_membership(
                membership, verb == "accept", actor=_actor(request), reason=cleaned["reason"]
            )
            _tell_decision(request, decided)
        return here

    button, verb, others = {
        Membership.REQUESTED: ("Accepter", "accept", [("refuse", "Refuser")]),
        Membership.ACTIVE: ("Noter son départ", "leave", [("reopen", "Annuler l’acceptation")]),
    }.get(membership.status, ("Reprendre la demande", "reopen", []))
    return ask(
        request, DecisionForm, do, title=f"{name} : {STATUSES[membership.status]}", back=(here, name),
        lead=f"Collège : {membership.college.name}.", before=[membership.motive] if membership.motive else [],
        button=button, verb=verb, others=others,
    )  # fmt: skip


def _tell_decision(request: HttpRequest, membership: Membership) -> None:
    person = membership.requested_by
    if person is None:
        return
    name = membership.organization.whole.name
    accepted = membership.status == Membership.ACTIVE
    write_to(
        person.email,
        f"{name} {'rejoint' if accepted else 'et'} le collectif",
        f"Bonjour,\n\n{name} est membre du collectif depuis aujourd’hui ({membership.college.name})." if accepted else
        f"Bonjour,\n\nLa demande de {name} n’a pas été retenue.\n\n« {membership.reason} »",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def ask_due(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the due of a year."""
    membership = get_object_or_404(
        Membership.objects.select_related("organization__canonical", "college"), pk=pk
    )
    organization = membership.organization.whole
    here = reverse("actors:contact", args=[organization.public_id])

    def do(cleaned: dict) -> str:
        collective.ask_due(membership, cleaned["year"], int(cleaned["amount"] * 100), actor=_actor(request))
        return here

    year = timezone.localdate().year
    return ask(request, DueForm, do, title=f"Cotisation de {organization.name}", back=(here, organization.name),
               button="Demander", initial={"year": year, "amount": membership.college.due_cents / 100})  # fmt: skip


@require_POST
def due(request: HttpRequest, pk: int) -> HttpResponse:
    """Notes a due as received (or takes it back), or sends a reminder."""
    row = get_object_or_404(Due.objects.select_related("membership__organization"), pk=pk)
    organization = row.membership.organization.whole

    def do() -> str:
        if request.POST.get("verb") != "remind":
            collective.receive_due(row, actor=_actor(request))
            return "Cotisation reçue." if row.received_on else "La réception est annulée."
        people = [role.person for role in queries.roles_on(organization)]
        collective.remind_due(row, actor=_actor(request))
        for person in people:
            write_to(
                person.email,
                f"Cotisation {row.year} de {organization.name}",
                f"Bonjour,\n\nLa cotisation {row.year} de {organization.name} ({euros(row.amount_cents)}) n’est pas encore notée "
                "comme reçue. Si vous l’avez réglée, répondez simplement à ce message.",
            )
        return (
            f"Rappel envoyé à {plural(len(people), 'personne', 'personnes')}."
            if people
            else "Personne ne tient cette page : aucun rappel n’a pu partir."
        )

    return do_and_return(request, do, reverse("actors:contact", args=[organization.public_id]))


@require_POST
def finish_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note's next date was kept, or waits again."""
    note = get_object_or_404(ContactNote.objects.select_related("organization"), pk=pk)
    return do_and_return(
        request,
        lambda: (
            "C’est noté."
            if collective.finish_note(note, actor=_actor(request)).done_at
            else "La note attend de nouveau."
        ),
        reverse("actors:contact", args=[note.organization.public_id]),
    )


class CollegeForm(HouseForm):
    """A college's name and yearly due."""

    name = text("Nom du collège", limit=120, missing="Donnez un nom au collège.")
    due = forms.DecimalField(label="Cotisation annuelle en euros", min_value=0, max_value=99_999, decimal_places=2, localize=True,
                             required=False, error_messages={"invalid": "Écrivez un montant, par exemple 20 ou 12,50."})  # fmt: skip
    partner = forms.BooleanField(
        label="Collège de partenaires (entreprises conventionnelles, chambres, banques)", required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
def colleges(request: HttpRequest) -> HttpResponse:
    """Opens a college, or changes one."""
    chosen = College.objects.filter(code=request.GET.get("college", "")).first()
    initial = (
        {"name": chosen.name, "due": chosen.due_cents / 100, "partner": chosen.partner} if chosen else {}
    )
    form = CollegeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def do() -> str:
            collective.keep_college(
                chosen, data["name"], int((data["due"] or 0) * 100), data["partner"], actor=_actor(request)
            )
            return "Collège enregistré."

        return do_and_return(request, do, reverse("actors:colleges"))
    return render(request, "actors/colleges.html", {"colleges": College.objects.all(), "form": form, "chosen": chosen},
                  status=422 if form.errors else 200)  # fmt: skip
