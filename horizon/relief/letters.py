"""What relief writes to people: short messages, each with a link to a page with one prepared button."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from horizon.actors.access import animators
from horizon.actors.models import Organization, Person
from horizon.actors.queries import roles_on
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.mail import write_to
from horizon.kernel.templatetags.atlas import moment
from horizon.relief.models import Proposal, UrgentCall, Volunteer

SALT = "horizon.relief.proposal"
NOBODY_KNOWN = "Personne de disponible n’est connu pour ce moment et ce lieu : parlez-en autour de vous."


def proposal_key(proposal: Proposal) -> str:
    """What opens a proposal to whoever was asked, without an account: it goes in their link, and is kept nowhere."""
    return keyed(SALT, proposal.public_id)


def opens(proposal: Proposal, key: str) -> bool:
    """Whether a key opens a proposal."""
    return fits(SALT, proposal.public_id, key)


def answer_path(proposal: Proposal) -> str:
    """The address of the page with the prepared button."""
    return reverse("relief:answer", args=[proposal.public_id, proposal_key(proposal)])


def people_of(volunteer: Volunteer) -> list[Person]:
    """Those who are written to. One query for a structure, none for a person."""
    if volunteer.person is not None:
        return [volunteer.person] if volunteer.person.is_active else []
    assert volunteer.organization
    return _acting(volunteer.organization)


def _acting(organization: Organization) -> list[Person]:
    return [role.person for role in roles_on(organization) if role.person.is_active]


def ask_by_mail(proposal: Proposal) -> None:
    """Asks whoever is available; the address of the place is told only to those who go."""
    call = proposal.call
    how_many = "une personne" if call.missing == 1 else f"{call.missing} personnes"
    _to(proposal, f"Un coup de main ? {call.title}, {call.commune.name}",
        f"{call.asker} cherche {how_many} à {call.commune.name}, avant le {moment(call.until_at)} :\n\n{call.title}\n{call.text}\n\n"
        f"Pour dire oui ou non, sans compte :")  # fmt: skip


def tell_place(proposal: Proposal, said: str) -> None:
    """Confirms to somebody who goes: where, whom to call; and how to say that they cannot any more."""
    call = proposal.call
    where = "\n".join(line for line in (call.place, call.contact) if line) or "On vous dira où."
    _to(proposal, f"Vous y allez : {call.title}",
        f"{said}\n\n{call.title}, {call.commune.name}, avant le {moment(call.until_at)}\n{where}\n\n"
        f"Si vous ne pouvez plus venir, dites-le ici :")  # fmt: skip


def tell_waiting(proposal: Proposal) -> None:
    """Tells somebody that they wait for a place."""
    _to(
        proposal,
        f"En liste d’attente : {proposal.call.title}",
        "Assez de monde a déjà dit oui. Si une place se libère, nous vous écrivons. Pour ne plus attendre :",
    )


def stand_down(proposal: Proposal, said: str = "Assez de monde a répondu : inutile de venir.") -> None:
    """Tells somebody that they are not needed any more."""
    _to(proposal, f"Merci, c’est bon : {proposal.call.title}", f"{said} Merci d’être là.", link=False)


def thank(proposal: Proposal, words: str) -> None:
    """Thanks somebody who went."""
    said = f"\n\n« {words} »" if words else ""
    _to(
        proposal,
        f"Merci : {proposal.call.title}",
        f"{proposal.call.asker} vous remercie de votre aide.{said}",
        link=False,
    )


def call_operators(call: UrgentCall) -> None:
    """Tells those who animate, at once, that a person asks and waits to be called back."""
    link = settings.ORIGIN + reverse("relief:phone", args=[call.public_id])
    for person in animators():
        write_to(
            person.email, f"Urgent, à rappeler : {call.title}",
            f"Bonjour,\n\n{call.asker} demande de l’aide à {call.commune.name}, avant le {moment(call.until_at)}.\n\n{link}",
        )  # fmt: skip


def tell_asker(call: UrgentCall, subject: str, said: str) -> None:
    """Writes to whoever asked with an account; where they left, to the people of the structure."""
    link = settings.ORIGIN + reverse("relief:call", args=[call.public_id])
    people = [call.author] if call.author and call.author.is_active else []
    if not people and call.organization is not None:
        people = _acting(call.organization)
    for person in people:
        write_to(person.email, f"{subject} : {call.title}", f"Bonjour,\n\n{said}\n\n{link}")


def tell_launched(call: UrgentCall, asked: int) -> None:
    """Tells who asked that somebody read their call and launched it."""
    people = "Une personne est sollicitée" if asked == 1 else f"{asked} personnes sont sollicitées"
    answering = call.proposals.filter(status__in=[Proposal.ASKED, Proposal.GOING, Proposal.WAITING])
    if asked:
        said = f"{people} ; d’autres le seront si cela ne suffit pas."
    elif call.missing == 0:
        said = f"C’est déjà pourvu. {_coming(call)}."
    elif answering.exists():
        said = f"Les personnes disponibles pour ce moment et ce lieu sont déjà sollicitées. {_coming(call)}, sur {call.wanted}."
    else:
        said = NOBODY_KNOWN
    tell_asker(call, "Votre appel est lancé", f"L’équipe d’animation a lu votre appel et l’a lancé. {said}")


def tell_who_comes(call: UrgentCall, *, first: bool) -> None:
    """Tells who asked that a first person comes, or that enough do; in between, their page says it."""
    if call.missing == 0:
        tell_asker(
            call, "C’est pourvu", f"{_coming(call)}. Qui, et comment les joindre : sur la page de l’appel."
        )
    elif first:
        tell_asker(
            call,
            "Quelqu’un vient",
            f"{_coming(call)}, sur {call.wanted} ; l’appel continue. Qui, et comment le joindre :",
        )


def tell_place_lost(call: UrgentCall) -> None:
    """Tells who asked that somebody does not come any more and that nobody was waiting for the place."""
    tell_asker(
        call, "Une place se libère",
        f"Quelqu’un ne vient plus. {_coming(call)}, sur {call.wanted} ; l’appel s’élargit à d’autres personnes.",
    )  # fmt: skip


def tell_nobody_left(call: UrgentCall) -> None:
    """Tells who asked that all who could go were asked."""
    tell_asker(
        call, "Plus personne à solliciter",
        f"Toutes les personnes disponibles pour ce moment et ce lieu ont été sollicitées. {_coming(call)}, sur {call.wanted}. Des réponses peuvent "
        "encore arriver ; parlez-en aussi autour de vous.",
    )  # fmt: skip


def take_answer_back(proposal: Proposal) -> None:
    """Tells somebody that their answer, or the one typed in their name by mistake, is undone, and how to give theirs."""
    said = (
        "Une réponse avait été notée à votre nom par erreur ; elle est annulée, et l’on ne vous attend pas."
        if proposal.by_phone
        else "L’équipe d’animation a annulé votre réponse ; on ne vous attend pas."
    )
    _to(
        proposal,
        f"Ne venez pas : {proposal.call.title}",
        f"{said} Si vous pouvez venir, dites-le ici :",
    )


def _coming(call: UrgentCall) -> str:
    if call.taken == 0:
        return "Personne ne vient pour l’instant"
    return "Une personne vient" if call.taken == 1 else f"{call.taken} personnes viennent"


def _to(proposal: Proposal, subject: str, said: str, *, link: bool = True) -> None:
    if proposal.volunteer is None:
        return
    address = f"\n{settings.ORIGIN}{answer_path(proposal)}" if link else ""
    for person in people_of(proposal.volunteer):
        write_to(person.email, subject, f"Bonjour,\n\n{said}{address}")
