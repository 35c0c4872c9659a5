"""What was read lately in listening, for those who animate: needs, voices and leads; `undo` has each read again.

The rows keep no day of their reading: the journal does. What a report had taken away is undone by its report alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.kernel.answered import decisions
from horizon.kernel.registry import Waiting, contestable
from horizon.listening.models import Answer, Need, Voice


def needs_read(person: Person, since: datetime) -> Iterator[Waiting]:
    """Needs published or not."""
    if not is_operator(person):
        return
    read = decisions("need", ("publish", "refuse"), since)
    rows = Need.objects.filter(
        public_id__in=read.keys() - contestable("need"),
        status__in=[Need.PUBLISHED, Need.REFUSED],
    ).filter(Q(same_as=None) | Q(status=Need.REFUSED))
    for need in rows:
        yield Waiting(
            key=need.public_id, room="need", title=f"Besoin {need.get_status_display()} : {need.text[:90]}",
            since=read[need.public_id].at, href=reverse("listening:manage", args=[need.public_id]), detail=need.reason,
        )  # fmt: skip


def voices_read(person: Person, since: datetime) -> Iterator[Waiting]:
    """Words of voices shown or not."""
    if not is_operator(person):
        return
    read = decisions("voice", ("show", "hide"), since)
    rows = Voice.objects.filter(
        public_id__in=read.keys() - contestable("voice"), words_status__in=[Voice.SHOWN, Voice.HIDDEN]
    ).exclude(words="")
    for voice in rows.select_related("need__same_as"):
        need = voice.need.same_as or voice.need
        yield Waiting(
            key=voice.public_id, room="voice", title=f"Voix {voice.get_words_status_display()} : {voice.words[:90]}",
            since=read[voice.public_id].at, href=reverse("listening:need", args=[need.public_id]),
            detail=f"Sur : {need.text[:120]} {voice.reason}".strip(),
        )  # fmt: skip


def leads_read(person: Person, since: datetime) -> Iterator[Waiting]:
    """Leads published or not."""
    if not is_operator(person):
        return
    read = decisions("answer", ("publish", "refuse"), since)
    rows = Answer.objects.filter(
        public_id__in=read.keys() - contestable("answer"),
        kind=Answer.LEAD,
        status__in=[Answer.SHOWN, Answer.REFUSED],
    )
    for answer in rows.select_related("need"):
        yield Waiting(
            key=answer.public_id, room="lead", title=f"Piste {answer.get_status_display()} : {answer.text[:90]}",
            since=read[answer.public_id].at, href=reverse("listening:need", args=[answer.need.public_id]),
            detail=f"Pour : {answer.need.text[:120]} {answer.reason}".strip(),
        )  # fmt: skip
