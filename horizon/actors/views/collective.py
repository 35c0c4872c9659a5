"""The operator's side of the collective: members, dues, contacts, colleges."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import following, queries
from horizon.actors.forms import AcceptForm, DecisionForm, DueForm, NoteForm, ReceivedForm
from horizon.actors.merged import of
from horizon.actors.models import College, Contact, ContactNote, Due, Membership, Organization, Person
from horizon.actors.services import collective, kinds
from horizon.actors.views.contacts import show_addresses
from horizon.kernel.answered import remember
from horizon.kernel.forms import HouseForm, text
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.spreadsheets import csv_answer
from horizon.kernel.templatetags.atlas import day, euros, plural

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
            "page": page, "chosen": chosen, "rows": [(row, dues_said(row), _emails(row)) for row in page],
            "statuses": Membership.STATUSES, "colleges": College.objects.all(), "query": query.urlencode(),
            "fields": following.fields(chosen["narrowed"]), "filtered": any(query.values()),
        },
    )  # fmt: skip


def _emails(membership: Membership) -> list[str]:
    acting = queries.acting_together(membership.organization)
    return [role.person.email for role in acting if role.person.is_active]


def dues_said(membership: Membership) -> str:
    """The years still expected, and the last one received."""
    dues = list(membership.dues.all())
    expected = sorted(due.year for due in dues if not due.received_on)
    received = max((due.year for due in dues if due.received_on), default=None)
    said = [f"{', '.join(map(str, expected))} attendue{'s' if len(expected) > 1 else ''}"] if expected else []
    return " ; ".join([*said, f"{received} reçue"] if received else said)


@require_safe
def members_addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of the selection, each once, and how many structures have none."""
    return show_addresses(request, map(_emails, _selection(request)[0]), reverse("actors:members"))


@require_safe
def members_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection; the column of addresses is a mailing list."""
    rows = (
        [
            one.organization.whole.name, one.college.name, STATUSES[one.status], one.since or "", one.left_on or "",
            dues_said(one), ", ".join(_emails(one)),
            request.build_absolute_uri(reverse("directory:entry", args=[one.organization.whole.public_id])),
        ]
        for one in _selection(request)[0]
    )  # fmt: skip
    columns = ["structure", "collège", "statut", "depuis", "partie le", "cotisation", "adresses", "page"]
    return csv_answer("membres.csv", columns, rows)


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
            "roles": queries.roles_on(organization), "ended": queries.ended_roles(organization),
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


def _said_of(membership: Membership) -> list[str]:
    heard = f"Notée au bureau, d’après : {membership.heard_from}" if membership.heard_from else ""
    return [line for line in (membership.motive, heard) if line]


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
            collective.decide_membership(
                membership, verb == "accept", actor=_actor(request), reason=cleaned["reason"],
                since=cleaned.get("since"),
            )  # fmt: skip
            remember(request, f"membership/{pk}")
        return here

    button, verb, others = {
        Membership.REQUESTED: ("Accepter", "accept", [("refuse", "Refuser")]),
        Membership.ACTIVE: ("Noter son départ", "leave", [("reopen", "Annuler l’acceptation")]),
        Membership.LEFT: (
            "Annuler son départ" if membership.since else "Reprendre la demande", "reopen", []),
    }.get(membership.status, ("Reprendre la demande", "reopen", []))  # fmt: skip
    form = AcceptForm if membership.status == Membership.REQUESTED else DecisionForm
    return ask(
        request, form, do, title=f"{name} : {STATUSES[membership.status]}", back=(here, name),
        lead=f"Collège : {membership.college.name}.", before=_said_of(membership),
        button=button, verb=verb, others=others,
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
        due = collective.ask_due(
            membership, cleaned["year"], int(cleaned["amount"] * 100), actor=_actor(request)
        )
        messages.success(request, f"Cotisation {due.year} : {euros(due.amount_cents)} demandés.")
        return here

    year = timezone.localdate().year
    return ask(request, DueForm, do, title=f"Cotisation de {organization.name}", back=(here, organization.name),
               button="Demander", lead="Une année déjà demandée et non reçue prend le nouveau montant.",
               initial={"year": year, "amount": membership.college.due_cents / 100})  # fmt: skip


@require_POST
def due(request: HttpRequest, pk: int) -> HttpResponse:
    """Notes a due as received on a day, takes that back, or sends a reminder."""
    row = get_object_or_404(Due.objects.select_related("membership__organization__canonical"), pk=pk)
    verb, actor = request.POST.get("verb"), _actor(request)

    def do() -> str:
        if verb == "remind":
            return (
                f"Rappel envoyé à {plural(collective.remind_due(row, actor=actor), 'personne', 'personnes')}."
            )
        if verb == "unreceive":
            collective.unreceive_due(row, actor=actor)
            return "La réception est annulée."
        form = ReceivedForm(request.POST)
        if not form.is_valid():
            raise Refused("Écrivez le jour où la cotisation est arrivée, par exemple 31/01/2027.")
        received = collective.receive_due(row, actor=actor, on=form.cleaned_data["on"])
        return f"Cotisation {received.year} reçue le {day(received.received_on)}."

    return do_and_return(
        request, do, reverse("actors:contact", args=[row.membership.organization.whole.public_id])
    )


@require_POST
def finish_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note's next date was kept, or waits again."""
    note = get_object_or_404(ContactNote.objects.select_related("organization__canonical"), pk=pk)
    done = request.POST.get("verb") != "reopen"

    def do() -> str:
        collective.finish_note(note, done, actor=_actor(request))
        return "C’est noté." if done else "La note attend de nouveau."

    return do_and_return(request, do, reverse("actors:contact", args=[note.organization.whole.public_id]))


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
    code = request.GET.get("college", "")
    chosen = get_object_or_404(College, code=code) if code else None
    initial = (
        {"name": chosen.name, "due": chosen.due_cents / 100, "partner": chosen.partner} if chosen else {}
    )
    form = CollegeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        try:
            collective.keep_college(
                chosen, data["name"], int((data["due"] or 0) * 100), data["partner"], actor=_actor(request)
            )
        except Refused as problem:
            form.add_error("name", str(problem))
        else:
            messages.success(request, "Collège enregistré.")
            return redirect("actors:colleges")
    return render(request, "actors/colleges.html", {"colleges": College.objects.all(), "form": form, "chosen": chosen},
                  status=422 if form.errors else 200)  # fmt: skip
