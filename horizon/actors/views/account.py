"""Entering, and one's own space."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import ConfirmLoginCodeView, RequestLoginCodeView
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import proconnect, queries
from horizon.actors.access import NAMES
from horizon.actors.coming import back_of, why_enter
from horizon.actors.forms import AgeForm, MandateContactsForm, NameForm
from horizon.actors.lent import lent_people
from horizon.actors.models import Invitation, Mandate, OrganizationRole, Person
from horizon.actors.services import people, poles, teams
from horizon.kernel.interrupted import kept_for
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.registry import beside, waiting_for

LEFT, UNDO = "actors.left", timedelta(hours=1)


class EnterView(RequestLoginCodeView):
    """The door: one address; in the demonstration, also a list of invented people."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: object) -> None:
        """A code already on its way does not lock the door: another address may be typed."""

    def get_context_data(self, **kwargs) -> dict:
        """Adds the invented people."""
        found = super().get_context_data(**kwargs)
        found["proconnect"] = proconnect.is_on()
        found["why"] = why_enter(found.get("redirect_field_value") or "")
        found["back"] = back_of(self.request) if found["why"] else ""
        if settings.DEMO_MODE:
            found["demo_people"] = lent_people()
        return found


enter = EnterView.as_view()


class CodeView(ConfirmLoginCodeView):
    """The code received, and the only box: somebody new says there that they are fifteen or more."""

    def form_valid(self, form: object) -> HttpResponse:
        """Enters; a box left empty is asked again on its own page. A code sent again counts like one asked for."""
        if self._action == "resend" and not ratelimit.consume(
            self.request, action="request_login_code", key=self._process.state["email"]
        ):
            messages.error(self.request, get_adapter().error_messages["rate_limited"])
            return redirect(self.request.get_full_path())
        answer = super().form_valid(form)
        if "fifteen" in self.request.POST and isinstance(self.request.user, Person):
            people.say_of_age(self.request.user)
        return answer


confirm_code = CodeView.as_view()


def roles_said(person: Person) -> str:
    """What a person may act as, in words."""
    held = person.roles - {"citizen"} or person.roles
    return ", ".join(NAMES[role] for role in NAMES if role in held)


@require_http_methods(["GET", "HEAD", "POST"])
def of_age(request: HttpRequest) -> HttpResponse:
    """Asked once, before anything else: fifteen or more (loi Informatique et Libertés, article 45). No date of birth is asked."""
    person = request.user
    assert isinstance(person, Person)
    after = request.GET.get("next") or request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    if person.of_age_at:
        return HttpResponseRedirect(after if safe else reverse("actors:me"))
    form = AgeForm(request.POST or None)
    if request.method == "POST" and request.POST.get("verb") == "younger":
        if not people.just_came(person):
            messages.error(request, "Ce compte a déjà servi : pour tout effacer, confirmez ici.")
            return redirect("actors:erase")
        people.refuse_minor(person)
        logout(request)
        return redirect("portal:younger")
    if request.method == "POST" and form.is_valid():
        people.say_of_age(person)
        return HttpResponseRedirect(after if safe else reverse("actors:me"))
    return render(
        request,
        "actors/of_age.html",
        {"form": form, "next": after if safe else ""},
        status=422 if form.errors else 200,
    )


@require_POST
def demo_enter(request: HttpRequest) -> HttpResponse:
    """Enters as an invented person, only where the demonstration made the database."""
    if not settings.DEMO_MODE:
        raise Http404
    person = get_object_or_404(Person, public_id=request.POST.get("person", ""), demo=True, is_active=True)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    record_authentication(request, person, "demo")
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if safe else reverse("actors:me"))


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """One's own space; POST keeps the name one gives."""
    person = request.user
    assert isinstance(person, Person)
    form = NameForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        people.rename_person(person, form.cleaned_data["name"])
        return redirect("actors:me")
    roles = (
        OrganizationRole.objects.filter(person=person, until=None)
        .select_related("organization__canonical")
        .order_by("organization__name", "pk")
    )
    return render(
        request,
        "actors/me.html",
        {
            "form": form,
            "left": _just_left(request),
            "kept": kept_for(request),
            "person": person,
            "roles": list({role.organization.root_id: role for role in reversed(roles)}.values())[::-1],
            "said": roles_said(person),
            "mandates": Mandate.objects.filter(person=person).select_related("organization", "pole"),
            "invitations": Invitation.objects.filter(
                email=person.email, kind=Invitation.INVITED, status=Invitation.OPEN
            ).select_related("organization"),
            "asked": Invitation.objects.filter(
                made_by=person, kind=Invitation.ASKED, status=Invitation.OPEN
            ).select_related("organization"),
            "beside": beside("me", person),
            "relayed": queries.relayed_by(person),
            "waiting": len(waiting_for(person)),
        },
        status=422 if form.errors else 200,
    )


@require_POST
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows, hides or ends one's own role in an organization; ending it by mistake is undone within the hour."""
    assert isinstance(request.user, Person)
    verb, actor = request.POST.get("verb"), request.user.actor
    if verb == "undo":
        left = _just_left(request)
        if left is None or left.pk != pk:
            raise Http404
        return do_and_return(request, lambda: _give_back(request, left, actor), reverse("actors:me"))
    held = get_object_or_404(
        OrganizationRole.objects.select_related("organization__canonical", "person"),
        pk=pk,
        person=request.user,
        until=None,
    )

    def do() -> str:
        if verb == "leave":
            people.leave_organization(held, actor=actor)
            request.session[LEFT] = held.pk
            return ""
        people.publish_role(held, verb == "show", actor=actor)
        return "Votre nom est montré sur sa page." if verb == "show" else "Votre nom n’est plus montré."

    return do_and_return(request, do, reverse("actors:me"))


def _just_left(request: HttpRequest) -> OrganizationRole | None:
    """The role that this session ended less than an hour ago, by the person themself; nobody else ended it since."""
    pk = request.session.get(LEFT)
    if pk is None or not isinstance(request.user, Person):
        return None
    mine = OrganizationRole.objects.filter(
        pk=pk, person=request.user, left=True, until__gt=timezone.now() - UNDO
    )
    return mine.select_related("organization__canonical", "person").first()


def _give_back(request: HttpRequest, left: OrganizationRole, actor: str) -> str:
    teams.give_back_role(left, actor=actor)
    request.session.pop(LEFT, None)
    return f"Vous agissez de nouveau pour {left.organization.whole.name}."


@require_POST
def withdraw_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes back one's own request to act for an organization."""
    assert isinstance(request.user, Person)
    person = request.user
    asked = get_object_or_404(
        Invitation.objects.select_related("organization__canonical"),
        pk=pk, made_by=person, kind=Invitation.ASKED,
    )  # fmt: skip

    def do() -> str:
        people.withdraw_invitation(asked, by=person)
        return f"Votre demande pour {asked.organization.whole.name} est retirée."

    return do_and_return(request, do, reverse("actors:me"))


@require_POST
def mandate(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows or hides one's own name under a mandate."""
    assert isinstance(request.user, Person)
    actor = request.user.actor
    held = get_object_or_404(Mandate, pk=pk, person=request.user)

    def do() -> str:
        shown = request.POST.get("verb") == "show"
        poles.publish_mandate(held, shown, actor=actor)
        return (
            "Votre nom est montré pour ce mandat." if shown else "Votre nom n’est plus montré pour ce mandat."
        )

    return do_and_return(request, do, reverse("actors:me"))


@require_http_methods(["GET", "HEAD", "POST"])
def mandate_contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows beside one's own name, for a mandate, an address or a telephone; empty, none."""
    assert isinstance(request.user, Person)
    actor = request.user.actor
    held = get_object_or_404(Mandate.objects.select_related("pole"), pk=pk, person=request.user)

    def do(cleaned: dict) -> str:
        poles.show_contacts(held, cleaned["email"], cleaned["phone"], actor=actor)
        shown = [word for word in (cleaned["email"], cleaned["phone"]) if word]
        messages.success(
            request,
            f"Montré à côté de votre nom : {', '.join(shown)}."
            if shown
            else "Rien n’est montré à côté de votre nom.",
        )
        return reverse("actors:me")

    return ask(
        request, MandateContactsForm, do, title="Me joindre pour ce mandat", button="Garder", back=(reverse("actors:me"), "Mon espace"),
        lead=f"{poles.said_of(held)}. Tout le monde le lira à côté de votre nom.", initial={"email": held.shown_email, "phone": held.shown_phone},
        after="Videz un champ pour ne plus le montrer. Tout s’efface quand vous ne montrez plus votre nom, ou à la fin du mandat ; rien n’en va dans les "
              "données ouvertes.",
    )  # fmt: skip


@require_safe
def export(request: HttpRequest) -> JsonResponse:
    """Everything kept about oneself, in a file."""
    assert isinstance(request.user, Person)
    response = JsonResponse(
        people.export_person(request.user), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = 'attachment; filename="mes-donnees.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Erases oneself."""
    person = request.user
    assert isinstance(person, Person)

    def do(_: dict) -> str:
        people.erase_person(person)
        logout(request)
        messages.success(request, "C’est effacé. Il ne reste ici ni votre adresse, ni votre nom.")
        return reverse("portal:home")

    return ask(
        request, None, do,
        title="Effacer ce qui est gardé de moi",
        lead="Votre adresse, votre nom, vos rôles et vos demandes disparaissent. Ce que vous avez écrit au nom d’une "
             "structure reste à cette structure, sans vous nommer.",
        button="Effacer définitivement",
        back=(reverse("actors:me"), "Mon espace"),
        after="Vous pouvez d’abord emporter une copie depuis votre espace.",
    )  # fmt: skip


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends every session of the person, this one too."""
    assert isinstance(request.user, Person)
    people.end_sessions(request.user)
    logout(request)
    return redirect("account_login")


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page that a mailed invitation opens: two prepared buttons."""
    found = get_object_or_404(
        Invitation.objects.select_related("organization"), token=token, kind=Invitation.INVITED
    )
    assert isinstance(request.user, Person)
    person = request.user

    def do(cleaned: dict) -> str:
        given = people.answer_invitation(found, cleaned["verb"] == "accept", by=person)
        return reverse("actors:team", args=[found.organization.public_id]) if given else reverse("actors:me")

    closed = found.status != Invitation.OPEN
    return ask(
        request, None, do,
        title=f"Agir pour {found.organization.name}",
        lead="Cette invitation a déjà reçu une réponse." if closed else
             "Vous pourrez tenir sa page à jour, demander à rejoindre le collectif, inviter d’autres personnes.",
        before=[found.message] if found.message else [],
        button="Accepter", verb="accept", others=[("refuse", "Refuser")],
    )  # fmt: skip
