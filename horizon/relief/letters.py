"""What relief writes to people: short messages, each with a link to a page with one prepared button."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from horizon.actors.access import animators
from horizon.actors.models import Person
from horizon.actors.queries import roles_on
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.mail import write_to
from horizon.kernel.templatetags.atlas import moment
from horizon.relief.models import Proposal, UrgentCall, Volunteer

SALT = "horizon.relief.proposal"


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
    return [role.person for role in roles_on(volunteer.organization) if role.person.is_active]


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
    """Writes to whoever asked: the people of the structure, or the person."""
    link = settings.ORIGIN + reverse("relief:call", args=[call.public_id])
    people = [call.author] if call.author and call.author.is_active else []
    for person in people:
        write_to(person.email, f"{subject} : {call.title}", f"Bonjour,\n\n{said}\n\n{link}")


def _to(proposal: Proposal, subject: str, said: str, *, link: bool = True) -> None:
    if proposal.volunteer is None:
        return
    address = f"\n{settings.ORIGIN}{answer_path(proposal)}" if link else ""
    for person in people_of(proposal.volunteer):
        write_to(person.email, subject, f"Bonjour,\n\n{said}{address}")
