"""What listening shows that may be reported: needs, the words of voices, answers."""

from __future__ import annotations

from django.urls import reverse

from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading


def declare() -> None:
    """Tells the kernel about the three kinds."""
    declare_content("need", ContentKind(_need, _refuse_need, _publish_need))
    declare_content("voice", ContentKind(_voice, _hide_voice, _show_voice))
    declare_content("answer", ContentKind(_answer, _refuse_answer, _publish_answer))


def _page(need: Need) -> str:
    return reverse("listening:need", args=[need.public_id])


def _need(key: str) -> Content | None:
    need = Need.objects.filter(public_id=key, status=Need.PUBLISHED).first()
    return Content("Le besoin", need.text, _page(need)) if need else None


def _voice(key: str) -> Content | None:
    voice = Voice.objects.filter(public_id=key, words_status=Voice.SHOWN).select_related("need").first()
    return Content("Le besoin", voice.words, _page(voice.need)) if voice and voice.words else None


def _answer(key: str) -> Content | None:
    answer = Answer.objects.filter(public_id=key, status=Answer.SHOWN).select_related("need").first()
    return (
        Content("Le besoin", answer.text or answer.get_kind_display(), _page(answer.need)) if answer else None
    )


def _refuse_need(key: str, reason: str, actor: str) -> None:
    reading.refuse_need(Need.objects.get(public_id=key), reason, actor=actor)


def _publish_need(key: str, actor: str) -> None:
    reading.publish_need(Need.objects.get(public_id=key), actor=actor)


def _hide_voice(key: str, reason: str, actor: str) -> None:
    reading.read_voice(Voice.objects.get(public_id=key), False, actor=actor)


def _show_voice(key: str, actor: str) -> None:
    reading.read_voice(Voice.objects.get(public_id=key), True, actor=actor)


def _refuse_answer(key: str, reason: str, actor: str) -> None:
    answering.refuse_answer(Answer.objects.get(public_id=key), reason, actor=actor)


def _publish_answer(key: str, actor: str) -> None:
    answering.publish_answer(Answer.objects.get(public_id=key), actor=actor)
