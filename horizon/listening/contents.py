"""What listening shows that may be reported: needs, the words of voices, answers."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading


def declare() -> None:
    """Tells the kernel about the three kinds."""
    declare_content("need", ContentKind(_needs, _refuse_need, _publish_need, _need_authors))
    declare_content("voice", ContentKind(_voices, _hide_voice, _show_voice, _voice_authors))
    declare_content("answer", ContentKind(_answers, _refuse_answer, _publish_answer, _answer_authors))


def _page(need: Need) -> str:
    return reverse("listening:need", args=[need.public_id])


def _needs(keys: Collection[str], public: bool) -> dict[str, Content]:
    rows = Need.objects.filter(public_id__in=keys)
    return {
        need.public_id: Content("Le besoin", need.text, _page(need))
        for need in rows
        if not public or need.status == Need.PUBLISHED
    }


def _voices(keys: Collection[str], public: bool) -> dict[str, Content]:
    rows = Voice.objects.filter(public_id__in=keys).exclude(words="").select_related("need")
    return {
        voice.public_id: Content("Le besoin", voice.words, _page(voice.need))
        for voice in rows
        if not public or voice.words_status == Voice.SHOWN
    }


def _answers(keys: Collection[str], public: bool) -> dict[str, Content]:
    rows = Answer.objects.filter(public_id__in=keys).select_related("need")
    return {
        answer.public_id: Content("Le besoin", answer.text or answer.get_kind_display(), _page(answer.need))
        for answer in rows
        if not public or answer.status == Answer.SHOWN
    }


def _refuse_need(key: str, reason: str, actor: str) -> None:
    reading.refuse_need(Need.objects.get(public_id=key), reason, actor=actor, told=False)


def _publish_need(key: str, actor: str) -> None:
    need = Need.objects.get(public_id=key)
    _still(need.status == Need.REFUSED, f"le besoin est {need.get_status_display()}")
    reading.publish_need(need, actor=actor)


def _still(away: bool, said: str) -> None:
    """Only what a refusal took away is put back: what its author took back or erased since stays so. Raises Refused."""
    if not away:
        raise Refused(said)


def _hide_voice(key: str, reason: str, actor: str) -> None:
    reading.read_voice(Voice.objects.get(public_id=key), False, reason=reason, actor=actor, told=False)


def _show_voice(key: str, actor: str) -> None:
    voice = Voice.objects.get(public_id=key)
    _still(voice.words_status == Voice.HIDDEN, f"la voix est {voice.get_words_status_display()}")
    reading.read_voice(voice, True, actor=actor)


def _refuse_answer(key: str, reason: str, actor: str) -> None:
    answering.refuse_answer(Answer.objects.get(public_id=key), reason, actor=actor, told=False)


def _publish_answer(key: str, actor: str) -> None:
    answer = Answer.objects.get(public_id=key)
    _still(answer.status == Answer.REFUSED, f"la réponse est {answer.get_status_display()}")
    answering.publish_answer(answer, actor=actor)


def _addresses(voices) -> list[str]:
    return [voice.author.email if voice.author else voice.email for voice in voices.select_related("author")]


def _need_authors(key: str) -> list[str]:
    return _addresses(Voice.objects.filter(need__public_id=key, first=True))


def _voice_authors(key: str) -> list[str]:
    return _addresses(Voice.objects.filter(public_id=key))


def _answer_authors(key: str) -> list[str]:
    return [a.author.email for a in Answer.objects.filter(public_id=key).select_related("author") if a.author]
