"""Contents that somebody reports: received, decided with a reason that both sides read, undone."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from horizon.care.models import ContentReport
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, content_kind

GROUNDS = dict(ContentReport.GROUNDS)
CONTEST_WITHIN = timedelta(days=183)
HOW = "C’est une personne qui a décidé, pas une machine. Pour contester, sans compte et pendant six mois :"
ELSEWHERE = "Si vous n’êtes pas d’accord, un organe de règlement extrajudiciaire certifié par l’Arcom ou un tribunal peut être saisi."


def content_of(record_type: str, record_id: str) -> Content | None:
    """The public content of a reference, or None."""
    kind = content_kind(record_type)
    return kind.find(record_id) if kind else None


def recalled(record_type: str, record_id: str) -> Content | None:
    """The content of a reference, taken away or not, for those who decide."""
    kind = content_kind(record_type)
    return kind.recall(record_id) if kind else None


def keep_away(record_type: str, record_ids: list[str]) -> None:
    """What a report took away comes back by those who decide reports alone. Raises Refused."""
    away = ContentReport.objects.filter(record_type=record_type, record_id__in=record_ids, away=True)
    if away.exists():
        raise Refused(
            "Un signalement l’a fait retirer : l’équipe d’animation seule peut le remettre. Le message reçu dit comment contester."
        )


@transaction.atomic
def report_content(
    record_type: str, record_id: str, *, ground: str, message: str, email: str = "", actor: str = "visitor"
) -> ContentReport:
    """Keeps a report and confirms it to who left an address (DSA, article 16 §4). Raises Refused for what is not public."""
    content = content_of(record_type, record_id)
    if content is None:
        raise Refused("Ce contenu n’est plus public.")
    row = ContentReport.objects.create(
        record_type=record_type,
        record_id=record_id,
        ground=ground,
        message=message,
        email=email.strip().lower(),
    )
    record_event(
        "report", record_type, record_id, actor=actor, payload={"report": row.public_id, "ground": ground}
    )
    write_to(
        row.email,
        "Votre signalement est reçu",
        f"Bonjour,\n\nVous avez signalé : « {content.text[:300]} »\n({GROUNDS[ground]}).\n\n"
        "Une personne décide, et vous dira pourquoi.",
    )
    return row


@transaction.atomic
def decide_content(row: ContentReport, away: bool, *, actor: str) -> ContentReport:
    """Takes the content away or leaves it, with the reason; tells who reported and who wrote it, and how to contest.

    The second decision, after a contest, is the last one here (DSA, articles 16, 17 and 20).
    """
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    if locked.status not in ContentReport.WAITING:
        raise Refused("Ce signalement a déjà reçu une réponse.")
    again = locked.status == ContentReport.CONTESTED
    ground = GROUNDS[locked.ground]
    locked.reason = (
        f"{ground} : {'retiré' if away else 'laissé'} après {'une seconde lecture' if again else 'lecture'}."
    )
    kind = content_kind(locked.record_type)
    content = kind.recall(locked.record_id) if kind else None
    authors = sorted({address for address in kind.authors(locked.record_id) if address}) if kind else []
    if kind and away != locked.away:
        _move(locked, kind, away, ground, actor)
    said = f"« {content.text[:300]} »\n\n" if content else ""
    if again:
        _tell_last(locked, said, authors)
    else:
        _tell_first(locked, said, authors, away)
    locked.status = ContentReport.TAKEN_AWAY if away else ContentReport.LEFT
    locked.email, locked.away, locked.decided_at = "", away, timezone.now()
    locked.save()
    record_event("take_away" if away else "leave", "content_report", locked.public_id, actor=actor)
    return locked


def _move(row: ContentReport, kind: ContentKind, away: bool, ground: str, actor: str) -> None:
    try:
        if away:
            kind.take_away(row.record_id, f"Signalé et retiré : {ground[0].lower()}{ground[1:]}.", actor)
        else:
            kind.put_back(row.record_id, actor)
    except ObjectDoesNotExist:
        raise Refused("Ce contenu n’existe plus : il ne peut être ni retiré ni remis.") from None


def _tell_first(row: ContentReport, said: str, authors: list[str], away: bool) -> None:
    write_to(
        row.email, "Votre signalement : la décision",
        f"Bonjour,\n\n{said}{row.reason}\n\n{HOW}\n{decision_link(row, ContentReport.REPORTER)}",
    )  # fmt: skip
    for address in authors if away else ():
        write_to(
            address, "Un de vos textes est retiré : pourquoi, et comment contester",
            f"Bonjour,\n\n{said}{row.reason} Quelqu’un l’avait signalé ; il contrevient à la loi ou à ce que ce site accepte.\n\n"
            f"{HOW}\n{decision_link(row, ContentReport.AUTHOR)}",
        )  # fmt: skip


def _tell_last(row: ContentReport, said: str, authors: list[str]) -> None:
    others = authors if row.appeal_side == ContentReport.REPORTER else []
    for address in {row.email, *others} - {""}:
        write_to(
            address, "La décision contestée a été relue",
            f"Bonjour,\n\n{said}{row.reason}\n\nUne personne a relu, avec ce que vous en dites ou ce qui en est dit. {ELSEWHERE}",
        )  # fmt: skip


def decision_key(row: ContentReport, side: str) -> str:
    """What opens a decision to one side, without an account: it goes in their message, and is kept nowhere."""
    return salted_hmac("horizon.care.content", f"{row.public_id}:{side}").hexdigest()[:24]


def decision_link(row: ContentReport, side: str) -> str:
    """The page where one side reads the decision and may contest it."""
    path = reverse("care:content-decision", args=[row.public_id, side, decision_key(row, side)])
    return settings.ORIGIN.rstrip("/") + path


def find_decision(public_id: str, side: str, key: str) -> ContentReport | None:
    """The decided report that a key opens."""
    row = ContentReport.objects.filter(public_id=public_id).exclude(status=ContentReport.OPEN).first()
    known = row is not None and side in dict(ContentReport.SIDES)
    return row if row and known and constant_time_compare(decision_key(row, side), key) else None


@transaction.atomic
def contest_content(row: ContentReport, side: str, words: str, *, email: str = "") -> ContentReport:
    """One side contests, once, within six months: what was decided stands until somebody decides again."""
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    if locked.status not in {ContentReport.TAKEN_AWAY, ContentReport.LEFT} or locked.appealed_at:
        raise Refused(f"Cette décision a déjà été contestée. {ELSEWHERE}")
    now = timezone.now()
    if locked.decided_at is None or locked.decided_at < now - CONTEST_WITHIN:
        raise Refused(f"Cette décision a plus de six mois. {ELSEWHERE}")
    locked.away = locked.status == ContentReport.TAKEN_AWAY
    locked.status, locked.appeal, locked.appeal_side = ContentReport.CONTESTED, words.strip()[:2000], side
    locked.email, locked.appealed_at = email.strip().lower(), now
    locked.save()
    record_event("contest", "content_report", locked.public_id, actor=side)
    return locked


@transaction.atomic
def reopen_content(row: ContentReport, *, actor: str) -> None:
    """Undoes a decision: what it took away is there again, and the report waits; after a contest, the contest waits."""
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    kind = content_kind(locked.record_type)
    away = locked.status == ContentReport.TAKEN_AWAY
    if away and kind:
        _move(locked, kind, False, GROUNDS[locked.ground], actor)
    locked.status = ContentReport.CONTESTED if locked.appealed_at else ContentReport.OPEN
    locked.away, locked.reason, locked.decided_at = False, "", None
    locked.save()
    record_event("reopen", "content_report", locked.public_id, actor=actor)
