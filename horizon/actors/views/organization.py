"""An organization's own pages: its team, its relay, its place in the collective."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import acts_for, holds, is_operator, manages
from horizon.actors.forms import AskForm, EndRoleForm, InviteForm, JoinForm, LeaveForm, RelayForm
from horizon.actors.merged import of
from horizon.actors.models import (
    College,
    Due,
    Invitation,
    Membership,
    Organization,
    OrganizationRole,
    Person,
    RelayConsent,
)
from horizon.actors.services import collective, people, teams
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, by_person, too_often
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Aside, beside
from horizon.kernel.templatetags.atlas import day

BOTH = ["GET", "HEAD", "POST"]
TEAM_MAILS = 20


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _page(organization: Organization) -> tuple[str, str]:
    return reverse("directory:entry", args=[organization.public_id]), organization.name


@require_http_methods(BOTH)
def ask_to_join(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asking the referents of a page to act for the organization too."""
    organization, person = queries.organization_of(public_id), _person(request)

    def do(cleaned: dict) -> str:
        if too_often(request, by_person(request, "team"), TEAM_MAILS):
            raise Refused(TOO_MANY)
        people.ask_to_join(organization, by=person, message=cleaned["message"])
        messages.success(
            request, f"Demande envoyée aux personnes qui tiennent la page de {organization.name}."
        )
        return reverse("actors:me")

    return ask(request, AskForm, do, title=f"Agir pour {organization.name}", back=_page(organization),
               lead="Les personnes qui tiennent déjà cette page vous répondent.", button="Envoyer la demande")  # fmt: skip


@require_http_methods(BOTH)
def team(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who acts for the organization; POST invites somebody."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _invite(request, organization, person, form.cleaned_data))
            return redirect(request.path)
        except Refused as problem:
            form.add_error(None, str(problem))
    invitations = list(
        Invitation.objects.filter(of(organization), status=Invitation.OPEN).select_related("made_by")
    )
    return render(
        request,
        "actors/team.html",
        {
            "organization": organization,
            "form": form,
            "roles": queries.roles_on(organization),
            "manages": manages(person, organization),
            "asked": [i for i in invitations if i.kind == Invitation.ASKED],
            "invited": [i for i in invitations if i.kind == Invitation.INVITED],
            "membership": queries.living_membership(organization),
            "relays": RelayConsent.objects.filter(of(organization, "group"), until=None).select_related(
                "relay__canonical"
            ),
            "relayed": RelayConsent.objects.filter(of(organization, "relay"), until=None).select_related(
                "group__canonical"
            ),
        },
        status=422 if form.errors else 200,
    )


def _invite(request: HttpRequest, organization: Organization, person: Person, typed: dict) -> str:
    if too_often(request, by_person(request, "team"), TEAM_MAILS):
        raise Refused(TOO_MANY)
    made = people.invite(organization, typed["email"], by=person, message=typed["message"])
    if made.kind == Invitation.ASKED:
        return f"{made.email} l’avait demandé : c’est accepté."
    return f"Invitation envoyée à {made.email}."


@require_POST
def answer(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Accepts or refuses somebody's request, or withdraws an invitation."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    found = get_object_or_404(Invitation.objects.filter(of(organization)), pk=pk)

    def do() -> str:
        accept = request.POST.get("verb") == "accept"
        if not manages(person, organization):
            raise Refused(people.NOT_THE_RELAY)
        if found.kind == Invitation.INVITED:
            people.withdraw_invitation(found, by=person)
            return "Invitation retirée."
        people.answer_invitation(found, accept, by=person)
        return "Demande acceptée." if accept else "Demande refusée."

    return do_and_return(request, do, reverse("actors:team", args=[organization.public_id]))


@require_http_methods(BOTH)
def end_role(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Ends somebody else's role: those who hold the page themselves, and operators, who may also give it back."""
    organization, person = queries.organization_of(public_id), _person(request)
    found = get_object_or_404(
        OrganizationRole.objects.filter(of(organization)).select_related("organization__canonical", "person"),
        pk=pk,
    )
    operator = is_operator(person)
    if found.person_id == person.pk or not (operator or found.until is None and holds(person, organization)):
        raise PermissionDenied
    back = reverse("actors:contact" if operator else "actors:team", args=[organization.public_id])

    def do(cleaned: dict) -> str:
        if cleaned["verb"] == "give-back":
            if not operator:
                raise PermissionDenied
            teams.give_back_role(found, actor=person.actor)
            messages.success(request, f"{found.person} agit de nouveau pour {organization.name}.")
            return back
        orphan = teams.end_role_of(found, by=person, reason=cleaned["reason"])
        messages.success(
            request,
            f"{found.person} n’agit plus pour {organization.name} ; un courriel lui dit pourquoi."
            + (" Plus personne ne tient la page." if orphan else ""),
        )
        return back

    who = f"{found.person} ({found.person.email})"
    if found.until:
        why = f" « {found.end_reason} »" if found.end_reason else ""
        return ask(request, None, do, title=f"Rendre son rôle à {found.person}", back=(back, organization.name),
                   lead=f"{who} n’agit plus pour {organization.name} depuis le {day(found.until)}.{why}",
                   button="Rendre ce rôle", verb="give-back")  # fmt: skip
    return ask(request, EndRoleForm, do, title=f"Retirer {found.person} de l’équipe", back=(back, organization.name),
               lead=f"{who} ne pourra plus agir pour {organization.name}. Les invitations envoyées par cette personne et restées "
                    "sans réponse sont retirées.",
               button="Retirer de l’équipe", after="L’équipe d’animation peut rendre ce rôle.")  # fmt: skip


@require_http_methods(BOTH)
def relay(request: HttpRequest, public_id: str) -> HttpResponse:
    """An informal group lets a relay structure act for it: who already is its relay does not choose another."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    if not manages(person, organization):
        raise PermissionDenied

    def do(cleaned: dict) -> str:
        helper = queries.organization_of(cleaned["structure"])
        people.give_relay(helper, organization, cleaned["consent"], actor=person.actor)
        messages.success(request, f"C’est noté : {helper.name} peut agir pour {organization.name}.")
        return reverse("actors:team", args=[organization.public_id])

    return ask(request, RelayForm, do, title=f"Une structure relais pour {organization.name}",
               back=(reverse("actors:team", args=[organization.public_id]), organization.name), button="Donner l’accord",
               beside=[Aside("Mode d’emploi", ((reverse("portal:guide", args=["structure-relais"]), "être structure relais", ""),))],
               lead="Un centre socioculturel ou une fédération peut agir pour un groupe sans statut, avec son accord. "
                    "L’historique le dira à chaque fois.")  # fmt: skip


@require_POST
def end_relay(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Ends a relay's consent; either side may."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    row = RelayConsent.objects.select_related("group", "relay").filter(pk=pk, until=None).first()
    if row is None or organization.root_id not in {row.group.root_id, row.relay.root_id}:
        raise Http404
    if not manages(person, organization):
        raise PermissionDenied
    return do_and_return(request, lambda: people.end_relay(row, actor=person.actor) or "Accord retiré.",
                         reverse("actors:team", args=[organization.public_id]))  # fmt: skip


@require_http_methods(BOTH)
def join(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asking to join the collective."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    living = queries.living_membership(organization)
    if living:
        return render(
            request,
            "actors/membership.html",
            {"organization": organization, "membership": living, "dues": living.dues.all()},
        )

    def do(cleaned: dict) -> str:
        college = get_object_or_404(College, code=cleaned["college"])
        collective.request_membership(
            organization, college, by=person, actor=person.actor, motive=cleaned["motive"],
            heard_from=cleaned.get("heard_from", ""),
        )  # fmt: skip
        return request.path

    twins = beside("joining", organization)
    for_somebody = not acts_for(person, organization)
    return ask(request, lambda **kw: JoinForm(twins=bool(twins), for_somebody=for_somebody, **kw), do, title="Rejoindre le collectif",
               back=_page(organization), button="Envoyer la demande", beside=twins,
               lead=f"{organization.name} demande à rejoindre le collectif. L’équipe d’animation répond ; rien n’est payé ici.")  # fmt: skip


@require_http_methods(BOTH)
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Leaving the collective, or withdrawing a request."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    living = queries.living_membership(organization)
    if living is None:
        raise Http404
    member = living.status == Membership.ACTIVE
    kind = "partenaire" if living.college.partner else "membre"
    since_today = f"{organization.name} n’est plus {kind} du collectif"

    def do(cleaned: dict) -> str:
        collective.leave_collective(living, actor=person.actor, reason=cleaned["reason"], by=person)
        messages.success(
            request,
            f"{since_today}. L’équipe d’animation est prévenue." if member else "La demande est retirée.",
        )
        return reverse("actors:team", args=[organization.public_id])

    return ask(
        request, LeaveForm, do, title="Quitter le collectif" if member else "Retirer la demande", back=_page(organization),
        button="Quitter" if member else "Retirer la demande",
        lead=f"{organization.name} ne sera plus {kind} à partir d’aujourd’hui. L’historique reste, et elle pourra revenir." if member
        else f"La demande de {organization.name} du {day(living.requested_at)} sera retirée. Elle pourra en faire une autre.",
    )  # fmt: skip


@require_safe
def attestation(request: HttpRequest, public_id: str) -> HttpResponse:
    """The attestation of membership, to print."""
    organization = queries.editable(public_id, request.user)
    living = queries.living_membership(organization)
    if living is None or living.status != Membership.ACTIVE:
        raise Http404
    today = timezone.localdate()
    paid = Due.objects.filter(membership=living, year=today.year).first()
    return render(request, "actors/attestation.html", {"organization": organization, "membership": living, "today": today,
                                                       "due": paid, "by_operator": is_operator(request.user)})  # fmt: skip
