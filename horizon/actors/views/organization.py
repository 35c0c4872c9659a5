"""An organization's own pages: its team, its relay, its place in the collective."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import is_operator
from horizon.actors.forms import AskForm, DecisionForm, InviteForm, JoinForm, RelayForm
from horizon.actors.merged import of
from horizon.actors.models import (
    College,
    Due,
    Invitation,
    Membership,
    Organization,
    Person,
    RelayConsent,
)
from horizon.actors.services import collective, people
from horizon.kernel.mail import write_to
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.registry import beside

BOTH = ["GET", "HEAD", "POST"]


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
        people.ask_to_join(organization, by=person, message=cleaned["message"])
        for role in queries.roles_on(organization):
            write_to(
                role.person.email,
                f"{person} demande à agir pour {organization.name}",
                f"Bonjour,\n\n{person} ({person.email}) demande à tenir avec vous la page de {organization.name}.\n\n"
                f"« {cleaned['message']} »\n\nPour répondre : {request.build_absolute_uri(reverse('actors:team', args=[organization.public_id]))}",
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

        def do() -> str:
            made = people.invite(
                organization, form.cleaned_data["email"], by=person, message=form.cleaned_data["message"]
            )
            link = request.build_absolute_uri(reverse("actors:invitation", args=[made.token]))
            write_to(
                made.email,
                f"Invitation à tenir la page de {organization.name}",
                f"Bonjour,\n\n{person} vous invite à tenir la page de {organization.name} dans l’annuaire de l’ESS.\n\n"
                + (f"« {made.message} »\n\n" if made.message else "")
                + f"Accepter ou refuser : {link}\n\nLe lien ouvre une page ; rien ne change tant que vous n’avez pas choisi.",
            )
            return f"Invitation envoyée à {made.email}."

        return do_and_return(request, do, request.path)
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


@require_POST
def answer(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Accepts or refuses somebody's request, or withdraws an invitation."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    found = get_object_or_404(Invitation.objects.filter(of(organization)), pk=pk)

    def do() -> str:
        accept = request.POST.get("verb") == "accept"
        if found.kind == Invitation.INVITED:
            people.withdraw_invitation(found, by=person)
            return "Invitation retirée."
        people.answer_invitation(found, accept, by=person)
        write_to(
            found.email,
            f"Votre demande pour {organization.name}",
            f"Bonjour,\n\n{'Vous pouvez désormais agir pour' if accept else 'Votre demande n’a pas été retenue pour'} {organization.name}.\n\n"
            f"{request.build_absolute_uri(reverse('actors:me'))}",
        )
        return "Demande acceptée." if accept else "Demande refusée."

    return do_and_return(request, do, reverse("actors:team", args=[organization.public_id]))


@require_http_methods(BOTH)
def relay(request: HttpRequest, public_id: str) -> HttpResponse:
    """An informal group lets a relay structure act for it."""
    organization, person = queries.editable(public_id, request.user), _person(request)

    def do(cleaned: dict) -> str:
        helper = queries.organization_of(cleaned["structure"])
        people.give_relay(helper, organization, cleaned["consent"], actor=person.actor)
        messages.success(request, f"C’est noté : {helper.name} peut agir pour {organization.name}.")
        return reverse("actors:team", args=[organization.public_id])

    return ask(request, RelayForm, do, title=f"Une structure relais pour {organization.name}",
               back=(reverse("actors:team", args=[organization.public_id]), organization.name), button="Donner l’accord",
               lead="Un centre socioculturel ou une fédération peut agir pour un groupe sans statut, avec son accord. "
                    "L’historique le dira à chaque fois.")  # fmt: skip


@require_POST
def end_relay(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Ends a relay's consent; either side may."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    row = RelayConsent.objects.select_related("group", "relay").filter(pk=pk, until=None).first()
    if row is None or organization.root_id not in {row.group.root_id, row.relay.root_id}:
        raise Http404
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
            organization, college, by=person, actor=person.actor, motive=cleaned["motive"]
        )
        return request.path

    twins = beside("joining", organization)
    return ask(request, lambda **kw: JoinForm(twins=bool(twins), **kw), do, title="Rejoindre le collectif",
               back=_page(organization), button="Envoyer la demande", beside=twins,
               lead=f"{organization.name} demande à rejoindre le collectif. L’équipe d’animation répond ; rien n’est payé ici.")  # fmt: skip


@require_http_methods(BOTH)
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Leaving the collective, or withdrawing a request."""
    organization, person = queries.editable(public_id, request.user), _person(request)
    living = queries.living_membership(organization)
    if living is None:
        raise Http404

    def do(cleaned: dict) -> str:
        collective.leave_collective(living, actor=person.actor, reason=cleaned["reason"], by=person)
        return reverse("actors:team", args=[organization.public_id])

    return ask(request, DecisionForm, do, title="Quitter le collectif", back=_page(organization), button="Quitter",
               lead=f"{organization.name} ne sera plus membre à partir d’aujourd’hui. L’historique reste, et elle pourra revenir.")  # fmt: skip


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
