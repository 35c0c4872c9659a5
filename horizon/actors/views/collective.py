"""The operator's side of the collective: members, dues, contacts, colleges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import following, queries
from horizon.actors.forms import AcceptForm, DecisionForm, NoteForm
from horizon.actors.merged import of
from horizon.actors.models import College, Contact, ContactNote, Due, Membership, Organization, Person
from horizon.actors.reach import AT_ONCE, Reached, with_addresses
from horizon.actors.services import collective, kinds
from horizon.actors.views.contacts import show_addresses
from horizon.kernel.answered import remember
from horizon.kernel.forms import HouseForm, text
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.spreadsheets import csv_answer
from horizon.kernel.templatetags.atlas import day, plural

PER_PAGE = 50
STATUSES = dict(Membership.STATUSES)


def _actor(request: HttpRequest) -> str:
    assert isinstance(request.user, Person)
    return request.user.actor


def selection(request: HttpRequest):
    """The memberships that an address asks for, and what was chosen."""
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
    rows, chosen = selection(request)
    found = list(rows)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "actors/members.html",
        {
            "page": page, "chosen": chosen, "rows": list(_members(page)),
            "statuses": Membership.STATUSES, "colleges": College.objects.all(), "query": query.urlencode(),
            "fields": following.fields(chosen["narrowed"]), "filtered": any(query.values()),
            "totals": queries.due_totals(found),
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A line of the list: the membership, its dues by year, the last first, and to whom one writes."""

    membership: Membership
    dues: list[Due]
    reached: Reached

    @property
    def dues_said(self) -> str:
        """The years still expected, and the last one received."""
        expected = sorted(due.year for due in self.dues if not due.received_on)
        received = max((due.year for due in self.dues if due.received_on), default=None)
        said = (
            [f"{', '.join(map(str, expected))} attendue{'s' if len(expected) > 1 else ''}"]
            if expected
            else []
        )
        return " ; ".join([*said, f"{received} reçue"] if received else said)

    def of_year(self, year: int) -> tuple[int, int]:
        """What was asked and received of a year, in cents."""
        of_year = [due for due in self.dues if due.year == year]
        return sum(due.amount_cents for due in of_year), sum(
            due.amount_cents for due in of_year if due.received_on
        )


def _members(rows: Iterable[Membership]) -> Iterator[Member]:
    """These memberships with what is known of them, read by the hundreds."""
    left = iter(rows)
    while batch := list(islice(left, AT_ONCE)):
        dues = queries.dues_by_root(batch)
        for row, reached in with_addresses(batch, lambda one: one.organization.root_id):
            yield Member(row, dues.get(row.organization.root_id, []), reached)


@require_safe
def members_addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of the selection, each once, and how many structures have none."""
    found = with_addresses(selection(request)[0], lambda one: one.organization.root_id)
    return show_addresses(request, (reached.all for _, reached in found), reverse("actors:members"))


@require_safe
def members_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection; the column of addresses is a mailing list. What is due is said year by year, and in all on the last line."""
    rows = list(selection(request)[0])
    totals = sorted(queries.due_totals(rows), key=lambda one: one.year)
    columns = ["structure", "collège", "statut", "depuis", "partie le", "cotisation", "adresses", "page"]
    for one in totals:
        columns += [
            f"cotisation {one.year} demandée",
            f"cotisation {one.year} reçue",
            f"cotisation {one.year} restante",
        ]

    def lines() -> Iterator[list[object]]:
        for member in _members(rows):
            one, whole = member.membership, member.membership.organization.whole
            amounts = [euro for total in totals for euro in _amounts(*member.of_year(total.year))]
            yield [
                whole.name, one.college.name, STATUSES[one.status], one.since or "", one.left_on or "", member.dues_said,
                ", ".join(member.reached.all), request.build_absolute_uri(reverse("directory:entry", args=[whole.public_id])), *amounts,
            ]  # fmt: skip
        if totals:
            said = plural(len(rows), "structure", "structures")
            yield [
                f"Total ({said})",
                *[""] * 7,
                *(euro for one in totals for euro in _amounts(one.asked, one.received)),
            ]

    return csv_answer("membres.csv", columns, lines())


def _amounts(asked: int, received: int) -> list[str]:
    """Euros as French spreadsheets read them; empty where nothing was asked."""
    if not asked:
        return ["", "", ""]
    return [f"{cents / 100:.2f}".replace(".", ",") for cents in (asked, received, asked - received)]


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
            "today": timezone.localdate(),
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


@require_POST
def finish_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note's next date was kept, or waits again."""
    note = get_object_or_404(ContactNote.objects.select_related("organization__canonical"), pk=pk)
    done = request.POST.get("verb") != "reopen"

    def do() -> str:
        collective.finish_note(note, done, actor=_actor(request))
        return "C’est noté." if done else "La note attend de nouveau."

    return do_and_return(request, do, reverse("actors:contact", args=[note.organization.whole.public_id]))


def _note(pk: int) -> tuple[ContactNote, tuple[str, str]]:
    """A note, and the page that shows it: its address and its name."""
    note = get_object_or_404(ContactNote.objects.select_related("organization__canonical", "author"), pk=pk)
    whole = note.organization.whole
    return note, (reverse("actors:contact", args=[whole.public_id]), whole.name)


@require_http_methods(["GET", "HEAD", "POST"])
def correct_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrects a note, or moves its next date."""
    note, back = _note(pk)

    def do(cleaned: dict) -> str:
        collective.correct_note(
            note, cleaned["text"], actor=_actor(request), kind=cleaned["kind"], next_on=cleaned["next_on"]
        )
        messages.success(request, "Note corrigée.")
        return back[0]

    return ask(
        request, NoteForm, do, title="Corriger une note", button="Garder", back=back,
        lead=f"Note du {day(note.created_at)}, de {note.author or 'quelqu’un'}.",
        initial={"kind": note.kind, "text": note.text, "next_on": note.next_on},
        after="Le journal dit que la note a changé, jamais ses mots. Une date déplacée attend de nouveau.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def delete_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes a note, once it was shown again."""
    note, back = _note(pk)

    def do(_: dict) -> str:
        collective.delete_note(note, actor=_actor(request))
        messages.success(request, "La note est effacée.")
        return back[0]

    return ask(
        request, None, do, title="Effacer une note", button="Effacer définitivement", back=back,
        lead=f"Note du {day(note.created_at)}, de {note.author or 'quelqu’un'}.", before=[note.text],
        after="Le journal dit qu’une note a été effacée, jamais ses mots.",
    )  # fmt: skip


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
