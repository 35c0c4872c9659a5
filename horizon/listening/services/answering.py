"""Answering needs, one or many at once; taking an answer back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.actors.spoken import record_spoken
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.listening.access import may_answer
from horizon.listening.models import Answer, Need
from horizon.listening.services.reading import tell_voices
from horizon.listening.services.settling import settle

NEED_A_STRUCTURE = "Dites quelle structure : c’est elle que la personne ira voir."
NEED_WORDS = "Écrivez une phrase : la personne qui a parlé la lira."


@transaction.atomic
def answer_need(
    need: Need, *, kind: str, text: str, author: Person, speaks_as: str,
    organizations: Sequence[Organization] = (), title: str = "", speaks_for: Organization | None = None,
) -> Answer:  # fmt: skip
    """Answers a need, for a structure (`speaks_for`) or not. A lead (piste) from somebody who does not answer for anybody is read before it is public.

    Raises Refused for a need that is not public, an answer that says nothing, or somebody who may not give it.
    """
    locked = Need.objects.select_for_update(of=("self",)).get(pk=need.pk)
    if locked.same_as_id:
        raise Refused("Ce besoin vient d’être réuni à un autre : copiez vos mots, puis répondez sur sa page.")
    if locked.status != Need.PUBLISHED:
        raise Refused("Ce besoin n’attend pas de réponse ici.")
    trusted = may_answer(author, locked)
    if kind != Answer.LEAD and not trusted:
        raise Refused(
            "Vous pouvez proposer une piste ; la réponse revient à qui ce besoin est adressé, ou à une structure du collectif."
        )
    text = text.strip()[:2000]
    if kind in {Need.EXISTS, Need.TAKEN_UP} and not organizations:
        raise Refused(NEED_A_STRUCTURE)
    if kind not in {Need.EXISTS, Need.TAKEN_UP} and not text:
        raise Refused(NEED_WORDS)
    answer = Answer.objects.create(
        need=locked, kind=kind, text=text, author=author, speaks_as=speaks_as, title=title[:200],
        status=Answer.SHOWN if trusted else Answer.HELD, shown_at=timezone.now() if trusted else None,
    )  # fmt: skip
    answer.organizations.set(organizations)
    record_spoken(
        speaks_for, "answer", "need", locked.public_id, actor=author.actor,
        payload={"answer": answer.public_id, "kind": kind, "organizations": [o.public_id for o in organizations]},
    )  # fmt: skip
    if trusted:
        _shown(answer, author.actor)
    return answer


@transaction.atomic
def answer_many(needs: Sequence[Need], **answer: object) -> list[Answer]:
    """The same answer to needs that are alike: all or none."""
    return [answer_need(need, **answer) for need in needs]  # type: ignore[arg-type]


@transaction.atomic
def publish_answer(answer: Answer, *, actor: str) -> Answer:
    """Makes a lead public."""
    locked = Answer.objects.select_for_update(of=("self",)).select_related("need__same_as").get(pk=answer.pk)
    if locked.status == Answer.SHOWN:
        raise Refused("Cette réponse est déjà publiée.")
    locked.status, locked.reason, locked.shown_at = Answer.SHOWN, "", locked.shown_at or timezone.now()
    locked.save(update_fields=["status", "reason", "shown_at"])
    record_event("publish", "answer", locked.public_id, actor=actor)
    _tell_author(
        locked, "Votre piste est publiée", "Votre piste est publiée : merci. Qui a dit le besoin la lit."
    )
    _shown(locked, actor)
    return locked


@transaction.atomic
def refuse_answer(answer: Answer, reason: str, *, actor: str, told: bool = True) -> None:
    """Keeps a lead from the public, with a reason that its author is told; `told`: a report has its own letter."""
    refused = _put(answer, Answer.REFUSED, "refuse", actor, reason.strip()[:500])
    if told:
        _tell_author(
            refused, "Votre piste n’est pas publiée", f"Votre piste n’est pas publiée : {refused.reason}"
        )


@transaction.atomic
def take_back_answer(answer: Answer, *, actor: str) -> None:
    """Takes an answer back: the need is again in the state of the answers that stand; those who read it are told."""
    _put(answer, Answer.TAKEN_BACK, "take_back", actor)


@transaction.atomic
def hold_answer(answer: Answer, *, actor: str) -> None:
    """Undoes a reading: the lead waits again. Raises Refused for what its author took back, or that changed since."""
    _put(answer, Answer.HELD, "hold", actor, only={Answer.SHOWN, Answer.REFUSED})


def _put(
    answer: Answer, status: str, verb: str, actor: str, reason: str = "", *, only: Collection[str] = ()
) -> Answer:
    locked = Answer.objects.select_for_update(of=("self",)).select_related("need__same_as").get(pk=answer.pk)
    if only and locked.status not in only:
        raise Refused("Cette réponse a changé depuis : il n’y a rien à annuler.")
    was_shown = locked.status == Answer.SHOWN
    locked.status, locked.reason = status, reason
    locked.save(update_fields=["status", "reason"])
    relay = _relay_of(locked, actor)
    record_event(verb, "answer", locked.public_id, actor=actor, payload=relay)
    settle(locked.need, actor, relay=relay)
    if was_shown and status != Answer.HELD:
        need = locked.need.same_as or locked.need
        tell_voices(
            need, "Une réponse est retirée",
            f"Ce qui vous avait été répondu n’est plus valable : {_said(locked)}\n\nVotre besoin est maintenant : {need.get_state_display()}.",
        )  # fmt: skip
    return locked


def _tell_author(answer: Answer, subject: str, said: str) -> None:
    """Writes to whoever left a lead, and waited for it to be read."""
    if answer.kind == Answer.LEAD and answer.author:
        page = settings.ORIGIN + reverse("listening:need", args=[answer.need.public_id])
        write_to(
            answer.author.email, subject,
            f"Bonjour,\n\nVous avez proposé : « {answer.text} »\n\n{said}\n\nLe besoin : {page}",
        )  # fmt: skip


def _relay_of(answer: Answer, actor: str) -> dict[str, str]:
    """The relay through which somebody gave the answer that they change now: the answer itself keeps no structure."""
    said = Event.objects.filter(
        record_type="need", record_id=answer.need.public_id, verb="answer", actor=actor,
        payload__answer=answer.public_id,
    )  # fmt: skip
    given: dict[str, str] = said.order_by("-pk").values_list("payload", flat=True).first() or {}
    return {"through": given["through"]} if "through" in given else {}


def _shown(answer: Answer, actor: str) -> None:
    settle(answer.need, actor, said_again=answer.kind == Need.STUDIED, relay=_relay_of(answer, actor))
    need = answer.need.same_as or answer.need
    said = f"{_said(answer)}{' ' + answer.text if answer.text else ''}\n\n{answer.get_speaks_as_display().capitalize()} vous répond."
    tell_voices(need, "Une réponse à ce que vous avez dit", said)


def _said(answer: Answer) -> str:
    names = ", ".join(one.name for one in answer.shown_organizations)
    return f"{dict(Answer.KINDS)[answer.kind]}{' : ' + names if names else ''}."
