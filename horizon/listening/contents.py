"""What listening shows that may be reported: needs, the words of voices, answers."""

from __future__ import annotations

from functools import partial

from django.urls import reverse

from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading


def declare() -> None:
    """Tells the kernel about the three kinds."""
    for kind, find, away, back, authors in (
        ("need", _need, _refuse_need, _publish_need, _need_authors),
        ("voice", _voice, _hide_voice, _show_voice, _voice_authors),
        ("answer", _answer, _refuse_answer, _publish_answer, _answer_authors),
    ):
        declare_content(kind, ContentKind(find, away, back, partial(find, public=False), authors))


def _page(need: Need) -> str:
    return reverse("listening:need", args=[need.public_id])


def _need(key: str, public: bool = True) -> Content | None:
    need = Need.objects.filter(public_id=key).first()
    if need is None or public and need.status != Need.PUBLISHED:
        return None
    return Content("Le besoin", need.text, _page(need))


def _voice(key: str, public: bool = True) -> Content | None:
    voice = Voice.objects.filter(public_id=key).select_related("need").first()
    if voice is None or not voice.words or public and voice.words_status != Voice.SHOWN:
        return None
    return Content("Le besoin", voice.words, _page(voice.need))


def _answer(key: str, public: bool = True) -> Content | None:
    answer = Answer.objects.filter(public_id=key).select_related("need").first()
    if answer is None or public and answer.status != Answer.SHOWN:
        return None
    return Content("Le besoin", answer.text or answer.get_kind_display(), _page(answer.need))


def _refuse_need(key: str, reason: str, actor: str) -> None:
    reading.refuse_need(Need.objects.get(public_id=key), reason, actor=actor)


def _publish_need(key: str, actor: str) -> None:
    need = Need.objects.get(public_id=key)
    _still(need.status == Need.REFUSED, f"le besoin est {need.get_status_display()}")
    reading.publish_need(need, actor=actor)


def _still(away: bool, said: str) -> None:
    """Only what a refusal took away is put back: what its author took back or erased since stays so. Raises Refused."""
    if not away:
        raise Refused(said)


def _hide_voice(key: str, reason: str, actor: str) -> None:
    reading.read_voice(Voice.objects.get(public_id=key), False, actor=actor)


def _show_voice(key: str, actor: str) -> None:
    voice = Voice.objects.get(public_id=key)
    _still(voice.words_status == Voice.HIDDEN, f"la voix est {voice.get_words_status_display()}")
    reading.read_voice(voice, True, actor=actor)


def _refuse_answer(key: str, reason: str, actor: str) -> None:
    answering.refuse_answer(Answer.objects.get(public_id=key), reason, actor=actor)


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
