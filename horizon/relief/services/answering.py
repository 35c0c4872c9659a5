"""Yes, no, not any more: places fill without overbooking, in the order of answers, under the lock of the call."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from horizon.actors.spoken import record_spoken
from horizon.kernel.refusal import Refused
from horizon.relief import letters
from horizon.relief.models import MOST_PEOPLE, Proposal, UrgentCall, Volunteer

OVER = "Cet appel est terminé. Merci d’y avoir pensé."
BECAUSE_OF_A_PLACE = "Une place s’est libérée : on compte sur vous."


def locked_call(call: UrgentCall) -> UrgentCall:
    """The call, locked until the end of the transaction."""
    return (
        UrgentCall.objects.select_for_update(of=("self",))
        .select_related("commune", "organization", "author")
        .get(pk=call.pk)
    )


@transaction.atomic
def say_yes(proposal: Proposal, *, actor: str, people: int = 1, by_phone: bool = False) -> Proposal:
    """Somebody goes; when all places are taken, they wait for one. Said twice, it counts once.

    The last place taken stands down those who have not answered. Raises Refused when the call is over.
    """
    call, proposal = _locked(proposal)
    if call.status != UrgentCall.OPEN or call.until_at <= timezone.now():
        raise Refused(OVER)
    if not 1 <= people <= MOST_PEOPLE:
        raise Refused(f"Entre 1 et {MOST_PEOPLE} personnes.")
    if proposal.status in {Proposal.GOING, Proposal.WAITING}:
        return proposal
    proposal.by_phone, proposal.answered_at = by_phone, timezone.now()
    if call.missing > 0:
        _seat(call, proposal, min(people, call.missing))
        letters.tell_place(proposal, "Merci ! C’est noté : on vous attend.")
    else:
        proposal.status, proposal.people = Proposal.WAITING, people
        letters.tell_waiting(proposal)
    proposal.save()
    _note("go" if proposal.status == Proposal.GOING else "wait", proposal, actor)
    if proposal.status == Proposal.GOING:
        letters.tell_who_comes(call, first=call.taken == proposal.people)
    if call.missing == 0:
        _release_unanswered(call)
    return proposal


@transaction.atomic
def say_no(proposal: Proposal, *, actor: str, by_phone: bool = False) -> Proposal:
    """Somebody cannot, or cannot any more: their place goes to the next."""
    _, proposal = _locked(proposal)
    if proposal.status in {Proposal.GOING, Proposal.WAITING}:
        return give_place_back(proposal, actor=actor)
    if proposal.status != Proposal.DECLINED:
        proposal.status, proposal.answered_at, proposal.by_phone = Proposal.DECLINED, timezone.now(), by_phone
        proposal.save(update_fields=["status", "answered_at", "by_phone"])
        _note("decline", proposal, actor)
    return proposal


@transaction.atomic
def give_place_back(proposal: Proposal, *, actor: str) -> Proposal:
    """Somebody does not come any more: who waits longest takes the place and is told."""
    call, proposal = _locked(proposal)
    if proposal.status not in {Proposal.GOING, Proposal.WAITING}:
        return proposal
    freed = proposal.people if proposal.status == Proposal.GOING else 0
    proposal.status, proposal.answered_at = Proposal.CANCELLED, timezone.now()
    proposal.save(update_fields=["status", "answered_at"])
    _note("cancel", proposal, actor)
    if freed:
        call.taken -= freed
        call.save(update_fields=["taken"])
        _fill_again(call)
    return proposal


def _fill_again(call: UrgentCall) -> None:
    """Gives the places just freed to those who wait; who asked is told when nobody does."""
    fill_from_waiting(call)
    if call.status == UrgentCall.OPEN and call.missing > 0:
        letters.tell_place_lost(call)


def fill_from_waiting(call: UrgentCall) -> None:
    """Gives the places that are free to those who wait, in the order of their answers. The call is locked."""
    waiting = call.proposals.filter(status=Proposal.WAITING).select_related(
        "volunteer__person", "volunteer__organization"
    )
    for proposal in waiting.order_by("answered_at", "pk"):
        if call.missing <= 0 or call.status != UrgentCall.OPEN:
            return
        proposal.call = call
        _seat(call, proposal, min(proposal.people, call.missing))
        proposal.save(update_fields=["status", "people"])
        _note("go", proposal, "worker")
        letters.tell_place(proposal, BECAUSE_OF_A_PLACE)


@transaction.atomic
def join_call(call: UrgentCall, volunteer: Volunteer, *, actor: str, people: int = 1) -> Proposal:
    """Somebody who was not asked offers to go."""
    locked_call(call)
    proposal, _ = Proposal.objects.get_or_create(call=call, volunteer=volunteer)
    return say_yes(proposal, actor=actor, people=people)


@transaction.atomic
def type_answer(
    call: UrgentCall, said: str, *, actor: str, volunteer: Volunteer | None = None, name: str = "", people: int = 1
) -> Proposal:  # fmt: skip
    """Keeps what somebody said on the telephone: "yes", "no", or "away" (nobody answered).

    Raises Refused for somebody without a name, or an answer that is none of these.
    """
    if said not in {"yes", "no", "away"}:
        raise Refused("Choisissez ce qui a été répondu.")
    locked_call(call)
    if volunteer is None:
        if not name.strip():
            raise Refused("Écrivez le nom de la personne.")
        proposal = Proposal.objects.create(call=call, name=name.strip()[:120], by_phone=True)
    else:
        proposal, _ = Proposal.objects.get_or_create(call=call, volunteer=volunteer)
    if said == "yes":
        return say_yes(proposal, actor=actor, people=people, by_phone=True)
    if said == "no":
        return say_no(proposal, actor=actor, by_phone=True)
    proposal.tries += 1
    proposal.save(update_fields=["tries"])
    _note("no_answer", proposal, actor)
    return proposal


@transaction.atomic
def unsay(proposal: Proposal, *, actor: str) -> Proposal:
    """Undoes what was typed: the person has not answered, and is told so where they had been told that they go or wait."""
    call, proposal = _locked(proposal)
    was = proposal.status
    if was == Proposal.GOING:
        call.taken -= proposal.people
        call.save(update_fields=["taken"])
    if was in {Proposal.GOING, Proposal.WAITING}:
        letters.take_answer_back(proposal)
    proposal.status, proposal.answered_at, proposal.by_phone = Proposal.ASKED, None, False
    proposal.save(update_fields=["status", "answered_at", "by_phone"])
    _note("unsay", proposal, actor)
    if was == Proposal.GOING:
        _fill_again(call)
    return proposal


def _seat(call: UrgentCall, proposal: Proposal, people: int) -> None:
    proposal.status, proposal.people = Proposal.GOING, people
    call.taken += people
    call.save(update_fields=["taken"])


def _release_unanswered(call: UrgentCall) -> None:
    for other in call.proposals.filter(status=Proposal.ASKED).select_related(
        "volunteer__person", "volunteer__organization"
    ):
        other.call = call
        other.status = Proposal.RELEASED
        other.save(update_fields=["status"])
        letters.stand_down(other)


def _locked(proposal: Proposal) -> tuple[UrgentCall, Proposal]:
    call = locked_call(proposal.call)
    again = Proposal.objects.select_related("volunteer__person", "volunteer__organization").get(
        pk=proposal.pk
    )
    again.call = call
    return call, again


def _note(verb: str, proposal: Proposal, actor: str) -> None:
    who = proposal.volunteer.organization if proposal.volunteer else None
    record_spoken(
        who,
        verb,
        "urgent_call",
        proposal.call.public_id,
        actor=actor,
        payload={"proposal": proposal.public_id},
    )
