"""Claiming a page: choose a proof, give the code, be answered; and the operator's letters."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors import queries
from horizon.actors.access import acts_for, is_operator
from horizon.actors.merged import of
from horizon.actors.models import OrganizationRole, Person
from horizon.care import claims as writes
from horizon.care import proofs
from horizon.care.forms import ClaimForm, CodeForm, ReasonForm, SideForm
from horizon.care.models import Claim
from horizon.care.registers import postal_addresses
from horizon.directory.queries import live_entry
from horizon.kernel.answered import remember
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, by_person, too_often
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Aside

BOTH = ["GET", "HEAD", "POST"]
AT_ONCE, AN_HOUR, SITES_AN_HOUR = 5, 60, 10
HELD_SINCE = "Quelqu’un d’autre tient cette page depuis : l’équipe d’animation entend les deux côtés avant de répondre."


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@require_http_methods(BOTH)
def claim_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Chooses a proof."""
    organization, person = queries.organization_of(public_id), _person(request)
    if OrganizationRole.objects.filter(of(organization), person=person, until=None).exists():
        return redirect("care:edit", organization.public_id)
    running = Claim.objects.filter(of(organization), person=person, status=Claim.OPEN).first()
    if running:
        return redirect("care:claim", running.public_id)
    entry = live_entry(organization)
    held = OrganizationRole.objects.filter(of(organization), until=None).exists()

    def do(cleaned: dict) -> str:
        if too_often(request, by_person(request, "claim"), AT_ONCE, AN_HOUR):
            raise Refused(TOO_MANY)
        made = writes.open_claim(organization, person, cleaned["method"], cleaned["said"])
        if made.status == Claim.GRANTED:
            return reverse("care:edit", args=[organization.public_id])
        return reverse("care:claim", args=[made.public_id])

    return ask(
        request, lambda **kw: ClaimForm(methods=writes.methods(entry, person), **kw), do,
        title="C’est ma structure", button="Continuer",
        lead=f"Tenir la page de {organization.name} : la corriger, rejoindre le collectif, répondre pour elle.",
        back=(reverse("directory:entry", args=[organization.public_id]), organization.name),
        beside=[Aside("Mode d’emploi", ((reverse("portal:guide", args=["tenir-sa-page"]), "tenir la page de sa structure", ""),))],
        before=[
            "Quelqu’un tient déjà cette page. Si c’est un ou une collègue, demandez-lui plutôt de vous y joindre : "
            "« Agir pour elle » sur la page. Sinon, l’équipe d’animation entendra les deux côtés."
        ] if held else [],
    )  # fmt: skip


@require_http_methods(BOTH)
def claim(request: HttpRequest, public_id: str) -> HttpResponse:
    """One claim: its author gives the code or waits; those who hold the page answer; the operator decides."""
    found = get_object_or_404(
        Claim.objects.select_related("organization__canonical", "person"), public_id=public_id
    )
    person = _person(request)
    back = (
        reverse("directory:entry", args=[found.organization.whole.public_id]),
        found.organization.whole.name,
    )
    if found.person_id == person.pk:
        return _own(request, found, back)
    if is_operator(person):
        return _judge(request, found, person)
    if found.disputed and acts_for(person, found.organization):

        def do(cleaned: dict) -> str:
            writes.answer_dispute(found, person, cleaned["words"])
            return reverse("actors:me")

        return ask(request, SideForm, do, title="Quelqu’un d’autre demande à tenir votre page", back=back, button="Donner mon avis",
                   before=[f"{found.person} écrit : « {found.said} »"])  # fmt: skip
    raise PermissionDenied


def _own(request: HttpRequest, found: Claim, back: tuple[str, str]) -> HttpResponse:
    if found.status == Claim.GRANTED:
        return redirect("care:edit", found.organization.whole.public_id)
    living = found.status == Claim.OPEN and not found.disputed
    coded = living and found.method in {Claim.EMAIL, Claim.LETTER, Claim.PHONE}
    on_site = living and found.method == Claim.WEBSITE
    site = proofs.site_of(found) if on_site else ""
    waits = {
        Claim.LETTER: "Un courrier part à l’adresse du registre. Revenez ici quand il arrive : votre espace garde le lien.",
        Claim.EMAIL: "Un code vient de partir à l’adresse électronique de la structure.",
        Claim.PHONE: "L’équipe d’animation va appeler le numéro public de la structure, et lira un code à qui répond : écrivez-le ici.",
        Claim.WEBSITE: f"Écrivez « {proofs.written_code(found)} » sur {site or 'le site de la structure'}, à cette adresse "
        "même. C’est écrit ? Nous lisons la page une fois, tout de suite.",
        Claim.EVIDENCE: "L’équipe d’animation lit votre explication et vous répond par courriel.",
    }[found.method]
    lead = (
        "Les personnes qui tiennent la page et l’équipe d’animation sont prévenues."
        if found.disputed
        else waits
    )
    if found.status in {Claim.REFUSED, Claim.WITHDRAWN}:
        lead = f"Cette demande est {found.get_status_display()}. {found.reason}"

    def do(cleaned: dict) -> str:
        if coded:
            proved = writes.enter_code(found, cleaned["code"])
            if proved.status != Claim.GRANTED:
                messages.warning(request, HELD_SINCE)
                return request.path
            return reverse("care:edit", args=[found.organization.whole.public_id])
        if on_site:
            return _read_site(request, found)
        raise Refused("Cette demande n’attend pas de code.")

    verb = request.POST.get("verb", "")
    if request.method == "POST" and verb in {"resend", "again"}:
        return do_and_return(request, lambda: _send_again(request, found, verb), request.path)
    if request.method == "POST" and verb == "withdraw" and found.status == Claim.OPEN:
        return do_and_return(request, lambda: _withdraw(found), reverse("actors:me"))
    if found.status != Claim.OPEN:
        return render(request, "care/claim_over.html", {"claim": found, "lead": lead, "back": back})
    resend = [("resend", "Renvoyer un code")] if found.method == Claim.EMAIL and coded else []
    if writes.letter_is_spent(found):
        resend = [("again", "Demander un autre courrier")]
    proved = "Valider" if coded else "C’est écrit, vérifiez" if on_site else ""
    return ask(
        request, CodeForm if coded else None, do, title=f"Tenir la page de {found.organization.whole.name}", lead=lead, back=back,
        button=proved or "Retirer ma demande", verb="" if proved else "withdraw",
        others=[*resend, ("withdraw", "Retirer ma demande")] if proved else [],
        after="Vous n’y arrivez pas ? L’équipe d’animation peut aussi regarder la page et vous répondre." if on_site else "",
        initial={"code": request.GET.get("code", "")[:20]},
    )  # fmt: skip


def _send_again(request: HttpRequest, found: Claim, verb: str) -> str:
    if too_often(request, by_person(request, "claim"), AT_ONCE, AN_HOUR):
        raise Refused(TOO_MANY)
    if verb == "again":
        writes.ask_letter_again(found)
        return "Un autre courrier partira ; le code du précédent ne sert plus."
    writes.resend_code(found)
    return "Un autre code vient de partir ; le précédent ne sert plus."


def _read_site(request: HttpRequest, found: Claim) -> str:
    """Reading a site takes a process for some seconds: so many times an hour."""
    if too_often(request, by_person(request, "claim-site"), SITES_AN_HOUR, AN_HOUR):
        raise Refused(TOO_MANY)
    if proofs.prove_by_site(found).status != Claim.GRANTED:
        messages.warning(request, HELD_SINCE)
        return request.path
    return reverse("care:edit", args=[found.organization.whole.public_id])


def _give_code(request: HttpRequest, found: Claim, person: Person) -> HttpResponse:
    """Shows the code once, in the answer itself: it is in no address, no message, no session."""
    try:
        code = proofs.give_code(found, actor=person.actor)
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect(request.path)
    return render(
        request, "care/claim_code.html", {"claim": found, "code": code, "phone": proofs.phone_of(found)}
    )


def _withdraw(found: Claim) -> str:
    writes.withdraw(found)
    return "Votre demande est retirée."


def _judge(request: HttpRequest, found: Claim, person: Person) -> HttpResponse:
    if request.method == "POST" and request.POST.get("verb") == "code":
        return _give_code(request, found, person)

    def do(cleaned: dict) -> str:
        if cleaned["verb"] == "accept":
            if writes.grant(found, actor=person.actor).status != Claim.GRANTED:
                messages.warning(request, HELD_SINCE)
                return request.path
        elif cleaned["verb"] == "accept-alone" and found.disputed:
            writes.grant_alone(found, by=person, reason=cleaned["reason"])
        elif cleaned["verb"] == "reopen":
            writes.reopen(found, actor=person.actor)
            return request.path
        else:
            if not cleaned["reason"]:
                raise Refused("Dites pourquoi : la personne lira cette raison.")
            writes.refuse(found, cleaned["reason"], actor=person.actor)
        remember(request, f"claim/{found.public_id}")
        return reverse("care:desk")

    before = [f"{found.person} ({found.person.email}), par {found.get_method_display()} : « {found.said} »"]
    if found.disputed:
        before.append(
            f"Celles et ceux qui tiennent la page : « {found.other_side or 'pas encore de réponse'} »"
        )
    phone = proofs.phone_of(found) if found.method == Claim.PHONE else ""
    if found.method == Claim.PHONE:
        before.append(
            f"Numéro public : {phone}. Demandez si {found.person.name or found.person.email} agit bien pour la structure."
            if phone else proofs.NO_PHONE
        )  # fmt: skip
    called = bool(phone) and found.status == Claim.OPEN and not found.disputed
    if called:
        before.append(
            "Un code a été donné et peut encore servir : en donner un autre l’annule." if writes.has_code(found) else
            "« Donner un code » en montre un, une seule fois : lisez-le à qui répond ; la personne l’écrit sur sa page."
        )  # fmt: skip
    entry = live_entry(found.organization) if found.method == Claim.WEBSITE else None
    if entry:
        site = writes.trusted(entry)["website"] or "(plus aucun site sûr)"
        before.append(f"À chercher sur {site} : « {proofs.written_code(found)} »")
    over = found.status != Claim.OPEN
    others = Claim.objects.filter(of(found.organization), status=Claim.OPEN).exclude(pk=found.pk)
    rows = tuple(
        (
            reverse("care:claim", args=[one.public_id]),
            str(one.person),
            f"par {one.get_method_display()} : « {one.said[:300]} »",
        )
        for one in others.select_related("person")
    )
    coding = [("code", "Donner un code")] if called else []
    alone = [("accept-alone", "Accorder et retirer les autres")] if found.disputed else []
    beside = [Aside("D’autres demandent la même page", rows)] if rows else []
    return ask(
        request, ReasonForm, do, title=f"{found.organization.whole.name} : page {'disputée' if found.disputed else 'revendiquée'}",
        lead=f"Demande {found.get_status_display()}.", before=before, beside=beside, back=(reverse("care:desk"), "Bureau"),
        button="Rouvrir" if over else "Accorder", verb="reopen" if over else "accept", others=[] if over else [*coding, *alone, ("refuse", "Refuser")],
    )  # fmt: skip


@require_http_methods(BOTH)
def letters(request: HttpRequest) -> HttpResponse:
    """Letters to post: GET lists them, POST prints the ticked ones, each with a fresh code and its register's address."""
    waiting = Claim.objects.filter(method=Claim.LETTER, status=Claim.OPEN, disputed=False).select_related(
        "organization", "person"
    )
    if request.method != "POST":
        return render(request, "care/letters.html", {"waiting": list(waiting)})
    picked = list(waiting.filter(public_id__in=request.POST.getlist("claim")))
    addresses = postal_addresses([claim.organization for claim in picked])
    printed = writes.print_letters(picked, actor=_person(request).actor)
    return render(
        request,
        "care/letters_print.html",
        {
            "letters": [(claim, code, addresses.get(claim.organization_id, [])) for claim, code in printed],
            "without": [claim for claim in picked if claim.organization_id not in addresses],
        },
    )
