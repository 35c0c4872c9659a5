"""From an urgent call to its end: asked, read, published, widened wave by wave, closed with thanks or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.actors.sorts import COMPANY, sort_of
from horizon.actors.spoken import record_spoken
from horizon.engine.calling import wave_size
from horizon.engine.wording import remarks, says_something
from horizon.kernel.refusal import Refused
from horizon.relief import letters
from horizon.relief.law import NEVER_FOR_A_COMPANY
from horizon.relief.matching import free_for, to_ask
from horizon.relief.models import KINDS, MOST_MINUTES, MOST_PEOPLE, Proposal, UrgentCall, Volunteer
from horizon.relief.services.answering import fill_from_waiting, locked_call

LONGEST = timedelta(minutes=MOST_MINUTES)
PAST = "L’heure de fin est passée : choisissez-en une autre."
TOO_FAR = "Un appel urgent dure 72 heures au plus. Pour plus tard, passez par « Échanges »."


@transaction.atomic
def ask_help(
    values: dict, *, once: str, actor: str, asker: str, organization: Organization | None = None,
    author: Person | None = None, to_read: bool = True,
) -> UrgentCall:  # fmt: skip  # noqa: PLR0913
    """Keeps an urgent call, not yet public; `to_read`: those who animate are told at once, and call back. The same `once` again gives the same call.

    `values`: kind, title, text, commune, place, contact, callback, since_at (or nothing: now), until_at, wanted.
    Raises Refused for a company, an end past or further than 72 hours, too many people, or public words that name somebody.
    """
    known = UrgentCall.objects.filter(once=once).first()
    if known is not None:
        return known
    if organization is not None and sort_of(organization) == COMPANY:
        raise Refused(NEVER_FOR_A_COMPANY)
    call = UrgentCall(once=once, organization=organization, author=author, asker=asker[:300])
    _fill(call, values)
    call.save()
    record_spoken(
        organization, "ask", "urgent_call", call.public_id, actor=actor, payload={"kind": call.kind}
    )
    if to_read:
        letters.call_operators(call)
    return call


def _fill(call: UrgentCall, values: dict) -> None:
    for name in ("kind", "title", "text", "commune", "place", "contact", "callback", "until_at", "wanted"):
        setattr(
            call,
            name,
            values.get(name, "") if name not in {"commune", "until_at", "wanted"} else values[name],
        )
    now = timezone.now()
    call.since_at = max(values.get("since_at") or now, now)
    if call.kind not in dict(KINDS):
        raise Refused("Choisissez dans la liste ce qu’il y a à faire.")
    if not says_something(call.title):
        raise Refused("Dites en quelques mots ce qu’il y a à faire.")
    if not 1 <= call.wanted <= MOST_PEOPLE:
        raise Refused(f"Entre 1 et {MOST_PEOPLE} personnes.")
    _check_end(call.since_at, call.until_at)
    seen = [remark for remark in remarks(f"{call.title} {call.text}") if remark.personal]
    if seen:
        raise Refused(
            f"« {seen[0].excerpt} » : tout le monde le lirait. Mettez-le dans « Où exactement » ou « Qui appeler sur place », "
            "que seules verront les personnes qui viennent."
        )


def _check_end(since: datetime, until: datetime) -> None:
    now = timezone.now()
    if until <= now:
        raise Refused(PAST)
    if until <= since:
        raise Refused("La fin vient avant le début.")
    if until - now > LONGEST:
        raise Refused(TOO_FAR)


@transaction.atomic
def publish_call(call: UrgentCall, *, actor: str) -> UrgentCall:
    """Makes a call public and asks the first wave at once. Raises Refused when its end is past."""
    locked = locked_call(call)
    if locked.status == UrgentCall.OPEN:
        return locked
    if locked.status not in {UrgentCall.HELD, UrgentCall.REFUSED}:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    now = timezone.now()
    locked.since_at = max(locked.since_at, now)
    _check_end(locked.since_at, locked.until_at)
    locked.status, locked.published_at, locked.reason = UrgentCall.OPEN, now, ""
    locked.open_minutes = max(1, int((locked.until_at - now).total_seconds() // 60))
    locked.save()
    record_spoken(locked.organization, "publish", "urgent_call", locked.public_id, actor=actor)
    asked = launch_wave(locked, actor=actor, tell=False)
    if not _asked_by(locked, actor):
        letters.tell_launched(locked, asked)
    return UrgentCall.objects.get(pk=locked.pk)


@transaction.atomic
def refuse_call(call: UrgentCall, reason: str, *, actor: str) -> UrgentCall:
    """Keeps a call from the public, with a reason; people already asked are stood down."""
    locked = locked_call(call)
    if not reason.strip():
        raise Refused("Dites pourquoi : la personne lira cette raison.")
    locked.status, locked.reason = UrgentCall.REFUSED, reason.strip()[:500]
    _empty(locked, "L’appel est retiré : inutile de venir.")
    locked.ended_at = timezone.now()
    locked.save()
    record_spoken(locked.organization, "refuse", "urgent_call", locked.public_id, actor=actor)
    letters.tell_asker(locked, "Votre appel n’est pas publié", f"Il n’est pas publié. {locked.reason}")
    return locked


@transaction.atomic
def withdraw_call(call: UrgentCall, reason: str, *, actor: str) -> UrgentCall:
    """Takes an ended call off its public page after a report, for a reason: who came has come, nobody is stood down."""
    locked = locked_call(call)
    if locked.status != UrgentCall.CLOSED:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    locked.status, locked.reason = UrgentCall.WITHDRAWN, reason.strip()[:500]
    locked.save(update_fields=["status", "reason"])
    record_spoken(locked.organization, "withdraw", "urgent_call", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def put_call_back(call: UrgentCall, *, actor: str) -> UrgentCall:
    """Undoes that: the call is ended, and public, as before."""
    locked = locked_call(call)
    if locked.status != UrgentCall.WITHDRAWN:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    locked.status, locked.reason = UrgentCall.CLOSED, ""
    locked.save(update_fields=["status", "reason"])
    record_spoken(locked.organization, "put_back", "urgent_call", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def hold_call(call: UrgentCall, *, actor: str) -> UrgentCall:
    """Undoes a publication or a refusal: it waits to be read again. Answers stay, except those that a refusal ended."""
    locked = locked_call(call)
    if locked.status not in {UrgentCall.OPEN, UrgentCall.REFUSED}:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    locked.status, locked.reason, locked.ended_at = UrgentCall.HELD, "", None
    locked.save(update_fields=["status", "reason", "ended_at"])
    record_spoken(locked.organization, "hold", "urgent_call", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def launch_wave(call: UrgentCall, *, actor: str, tell: bool = True) -> int:
    """Asks a few more people, nearest and least asked first; those stood down come after the others, but first where they had
    said yes before the call was taken away. Returns how many; `tell`: who asked is written to when nobody is left."""
    locked = locked_call(call)
    if locked.status != UrgentCall.OPEN or locked.until_at <= timezone.now():
        return 0
    size = wave_size(locked.missing)
    if size == 0:
        return 0
    known = {row.volunteer_id: row for row in locked.proposals.exclude(volunteer=None)}
    ranked = to_ask(locked)
    fresh = [one.pk for one in ranked if one.pk not in known]
    released = [one.pk for one in ranked if one.pk in known and known[one.pk].status == Proposal.RELEASED]
    came = _who_came(locked)
    chosen = [*came, *fresh, *(pk for pk in released if pk not in came)][:size]
    people = Volunteer.objects.select_related("person", "organization").in_bulk(chosen)
    if (
        tell
        and not chosen
        and not _asked_by(locked, actor)
        and locked.proposals.filter(wave=locked.waves, wave__gt=0).exists()
    ):
        letters.tell_nobody_left(locked)
    locked.waves, locked.last_wave_at = locked.waves + 1, timezone.now()
    locked.save(update_fields=["waves", "last_wave_at"])
    for pk in chosen:
        volunteer = people[pk]
        proposal = known.get(volunteer.pk) or Proposal(call=locked, volunteer=volunteer)
        proposal.call, proposal.volunteer = locked, volunteer
        proposal.status, proposal.wave, proposal.asked_at = Proposal.ASKED, locked.waves, timezone.now()
        proposal.answered_at = None
        proposal.save()
        letters.ask_by_mail(proposal)
    record_spoken(
        locked.organization, "widen", "urgent_call", locked.public_id, actor=actor, payload={"wave": locked.waves, "asked": len(chosen)}
    )  # fmt: skip
    return len(chosen)


def _who_came(call: UrgentCall) -> list[int]:
    """Volunteers who had said yes before the call was taken away, in the order of their answers, also where nobody had asked them."""
    rows = call.proposals.filter(
        status=Proposal.RELEASED, answered_at__isnull=False, volunteer__in=free_for(call)
    )
    return [pk for pk in rows.order_by("answered_at", "pk").values_list("volunteer", flat=True) if pk]


@transaction.atomic
def want_more(call: UrgentCall, wanted: int, *, actor: str) -> UrgentCall:
    """Changes how many people are wanted; never below those who go already. Those who wait go first."""
    locked = locked_call(call)
    if locked.status != UrgentCall.OPEN:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    if not max(1, locked.taken) <= wanted <= MOST_PEOPLE:
        raise Refused(f"Entre {max(1, locked.taken)} et {MOST_PEOPLE} personnes.")
    locked.wanted = wanted
    locked.save(update_fields=["wanted"])
    record_spoken(
        locked.organization, "want", "urgent_call", locked.public_id, actor=actor, payload={"wanted": wanted}
    )
    fill_from_waiting(locked)
    return locked


@transaction.atomic
def close_call(call: UrgentCall, *, actor: str, thanks: str = "") -> UrgentCall:
    """It is done: those who went are thanked, the others stood down. Closed twice, it is closed once."""
    locked = locked_call(call)
    if locked.status == UrgentCall.CLOSED:
        return locked
    if locked.status != UrgentCall.OPEN:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    for proposal in _of(locked, Proposal.GOING):
        letters.thank(proposal, thanks.strip())
    _stand_down(locked, "C’est terminé : inutile de venir.")
    locked.status, locked.ended_at, locked.thanks = UrgentCall.CLOSED, timezone.now(), thanks.strip()[:1000]
    locked.save()
    record_spoken(locked.organization, "close", "urgent_call", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def cancel_call(call: UrgentCall, *, actor: str) -> UrgentCall:
    """It is not needed any more: everybody is told, those who were going first."""
    locked = locked_call(call)
    if locked.status == UrgentCall.CANCELLED:
        return locked
    if locked.status not in {UrgentCall.OPEN, UrgentCall.HELD}:
        raise Refused(f"Cet appel est {locked.get_status_display()}.")
    _empty(locked, "L’appel est annulé : inutile de venir.")
    if not _asked_by(locked, actor):
        letters.tell_asker(
            locked,
            "Votre appel est annulé",
            "Il est annulé ; qui devait venir est prévenu.",
        )
    locked.status, locked.ended_at = UrgentCall.CANCELLED, timezone.now()
    locked.save()
    record_spoken(locked.organization, "cancel", "urgent_call", locked.public_id, actor=actor)
    return locked


def _asked_by(call: UrgentCall, actor: str) -> bool:
    """Whether who acts is who asked: the page tells them, no letter does."""
    return call.author is not None and call.author.actor == actor


def _empty(call: UrgentCall, said: str) -> None:
    """Frees every place: nobody comes any more, and a call that comes back asks again. The caller saves the call."""
    _stand_down(call, said, Proposal.GOING)
    _stand_down(call, said)
    call.taken = 0


def _stand_down(call: UrgentCall, said: str, *statuses: str) -> None:
    for proposal in _of(call, *(statuses or (Proposal.ASKED, Proposal.WAITING))):
        proposal.status = Proposal.RELEASED
        proposal.save(update_fields=["status"])
        letters.stand_down(proposal, said)


def _of(call: UrgentCall, *statuses: str) -> list[Proposal]:
    rows = list(
        call.proposals.filter(status__in=statuses).select_related(
            "volunteer__person", "volunteer__organization"
        )
    )
    for row in rows:
        row.call = call
    return rows
