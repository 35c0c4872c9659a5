"""Contents that somebody reports: received, decided with a reason that both sides read, undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization
from horizon.care.models import ContentReport
from horizon.directory.models import Statement
from horizon.engine.folding import fold
from horizon.kernel.journal import record_event
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, content_kind

SALT = "horizon.care.content"
GROUNDS = dict(ContentReport.GROUNDS)
CONTEST_WITHIN = timedelta(days=183)
BY_SOMEBODY = "C’est une personne qui a décidé, pas une machine."
HOW = f"{BY_SOMEBODY} Pour contester, sans compte et pendant six mois :"
REPORTED = "Quelqu’un l’avait signalé ; il contrevient à la loi ou à ce que ce site accepte."
ELSEWHERE = "Si vous n’êtes pas d’accord, un organe de règlement extrajudiciaire certifié par l’Arcom ou un tribunal peut être saisi."


def content_of(record_type: str, record_id: str) -> Content | None:
    """The public content of a reference, or None."""
    kind = content_kind(record_type)
    return kind.find(record_id) if kind else None


def recalled_all(reports: Iterable[ContentReport]) -> dict[tuple[str, str], Content]:
    """The contents of many reports, taken away or not, by kind and key: no more queries than kinds, whatever their number."""
    keys: dict[str, set[str]] = {}
    for row in reports:
        keys.setdefault(row.record_type, set()).add(row.record_id)
    found = {}
    for record_type, wanted in keys.items():
        kind = content_kind(record_type)
        for key, content in (kind.read(wanted, False) if kind else {}).items():
            found[record_type, key] = content
    return found


def keep_away(record_type: str, record_ids: list[str]) -> None:
    """What a report took away comes back by those who decide reports alone. Raises Refused."""
    away = ContentReport.objects.filter(record_type=record_type, record_id__in=record_ids, away=True)
    if away.exists():
        raise Refused(
            "Un signalement l’a fait retirer : l’équipe d’animation seule peut le remettre. Le message reçu dit comment contester."
        )


def keep_words_away(organization: Organization, said: dict[str, object]) -> None:
    """What a report took away is not typed again, in the same words, by its author or its structure. Raises Refused."""
    refused = Statement.objects.filter(of(organization), field__in=list(said), status=Statement.REFUSED)
    again = [
        str(pk) for pk, field, value in refused.values_list("pk", "field", "value") if _alike(value, said[field])
    ]  # fmt: skip
    if again:
        keep_away("statement", again)


def _alike(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return fold(one).split() == fold(other).split()
    return one == other


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

    The other reports of the same content that wait have the same answer. After a contest, whoever it now goes against
    for the first time may contest too (DSA, articles 16, 17 and 20).
    """
    rows = _locked_reports(row)
    locked = next(one for one in rows if one.pk == row.pk)
    if locked.status not in ContentReport.WAITING:
        raise Refused("Ce signalement a déjà reçu une réponse.")
    kind = content_kind(locked.record_type)
    content = kind.recall(locked.record_id) if kind else None
    authors = sorted({address for address in kind.authors(locked.record_id) if address}) if kind else []
    kept_away = any(one.away for one in rows)
    problem = _move(locked, kind, away, kept_away, actor) if kind else ""
    said, now = f"« {content.text[:300]} »\n\n" if content else "", timezone.now()
    waiting = [locked, *(one for one in rows if one.pk != row.pk and one.status in ContentReport.WAITING)]
    for one in waiting:
        again = one.status == ContentReport.CONTESTED
        one.reason = _reason(one, away, again, problem)
        one.stood, one.away, one.decided_at = one.away, away or bool(problem and kept_away), now
        one.status = ContentReport.TAKEN_AWAY if away else ContentReport.LEFT
        (_tell_last if again else _tell_first)(one, said, authors if one is locked else [])
        one.email = ""
        one.save()
        record_event("take_away" if away else "leave", "content_report", one.public_id, actor=actor)
    if not away and not problem:
        _say_put_back([one for one in rows if one.away and one not in waiting], locked, actor)
    return locked


def _locked_reports(row: ContentReport) -> list[ContentReport]:
    """Every report of the same content, locked in one order."""
    rows = ContentReport.objects.select_for_update().filter(
        record_type=row.record_type, record_id=row.record_id
    )
    return list(rows.order_by("pk"))


def _reason(row: ContentReport, away: bool, again: bool, problem: str) -> str:
    what = f"{'retiré' if away else 'laissé'} après {'une seconde lecture' if again else 'lecture'}"
    known = "" if not problem else f" ; {problem}" if away else f" ; ne peut plus être remis : {problem}"
    return f"{GROUNDS[row.ground]} : {what}{known}."[:500]


def _say_put_back(rows: list[ContentReport], by: ContentReport, actor: str) -> None:
    """Earlier reports that had it taken away say that it is there again."""
    for one in rows:
        one.status, one.away, one.reason = ContentReport.LEFT, False, _reason(one, False, True, "")
        one.save(update_fields=["status", "away", "reason"])
        record_event("leave", "content_report", one.public_id, actor=actor, payload={"with": by.public_id})


def _move(row: ContentReport, kind: ContentKind, away: bool, kept_away: bool, actor: str) -> str:
    """Makes the content what was decided, when it is not so already. Returns why it cannot be, in French, or nothing.

    Only what a report took away is put back: what its author took back since stays so.
    """
    key, ground = row.record_id, GROUNDS[row.ground]
    reason = f"Signalé et retiré : {ground[0].lower()}{ground[1:]}."
    if kind.recall(key) is None:
        return "il n’existe plus" if away or kept_away else ""
    shown = kind.find(key) is not None
    try:
        with transaction.atomic():
            if away and shown:
                kind.take_away(key, reason, actor)
            elif away and kind.bar and not kept_away:
                kind.bar(key, reason, actor)
            elif not away and not shown and kept_away:
                kind.put_back(key, actor)
    except ObjectDoesNotExist:
        return "il n’existe plus"
    except Refused as problem:
        if away:
            raise
        return (str(problem)[:1].lower() + str(problem)[1:]).rstrip(".")
    return ""


def _contested_by(row: ContentReport) -> set[str]:
    return {row.earlier_side, row.appeal_side} - {""}


def may_contest(row: ContentReport, side: str) -> bool:
    """Whether a decision goes against this side, which has not contested one yet."""
    against = {ContentReport.TAKEN_AWAY: ContentReport.AUTHOR, ContentReport.LEFT: ContentReport.REPORTER}
    return against.get(row.status) == side and side not in _contested_by(row)


def _how(row: ContentReport, side: str) -> str:
    return f"{HOW}\n{decision_link(row, side)}" if may_contest(row, side) else ""


def _tell_first(row: ContentReport, said: str, authors: list[str]) -> None:
    write_to(
        row.email, "Votre signalement : la décision",
        f"Bonjour,\n\n{said}{row.reason}\n\n{_how(row, ContentReport.REPORTER) or BY_SOMEBODY}",
    )  # fmt: skip
    for address in authors if row.status == ContentReport.TAKEN_AWAY else ():
        write_to(
            address, "Un de vos textes est retiré : pourquoi, et comment contester",
            f"Bonjour,\n\n{said}{row.reason} {REPORTED}\n\n{_how(row, ContentReport.AUTHOR)}",
        )  # fmt: skip


def _tell_last(row: ContentReport, said: str, authors: list[str]) -> None:
    """Who contested, and always who wrote it: taken away for the first time, they may contest in turn."""
    told, how = f"Bonjour,\n\n{said}{row.reason}", _how(row, ContentReport.AUTHOR)
    read_again = f"Une personne a relu, avec ce qui en est dit. {ELSEWHERE}"
    for address in authors:
        after = f"{REPORTED}\n\n{how}" if how else read_again
        write_to(address, "La décision contestée a été relue", f"{told}\n\n{after}")
    if row.email not in authors:
        write_to(row.email, "La décision contestée a été relue", f"{told}\n\n{read_again}")


def decision_key(row: ContentReport, side: str) -> str:
    """What opens a decision to one side, without an account: it goes in their message, and is kept nowhere."""
    return keyed(SALT, f"{row.public_id}:{side}")


def decision_link(row: ContentReport, side: str) -> str:
    """The page where one side reads the decision and may contest it."""
    path = reverse("care:content-decision", args=[row.public_id, side, decision_key(row, side)])
    return settings.ORIGIN + path


def find_decision(public_id: str, side: str, key: str) -> ContentReport | None:
    """The decided report that a key opens."""
    row = ContentReport.objects.filter(public_id=public_id).exclude(status=ContentReport.OPEN).first()
    known = row is not None and side in dict(ContentReport.SIDES)
    return row if row and known and fits(SALT, f"{row.public_id}:{side}", key) else None


@transaction.atomic
def contest_content(row: ContentReport, side: str, words: str, *, email: str = "") -> ContentReport:
    """One side contests, once, within six months: what was decided stands until somebody decides again."""
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    if not may_contest(locked, side):
        raise Refused(f"Cette décision a déjà été contestée, ou elle vous donne raison. {ELSEWHERE}")
    now = timezone.now()
    if locked.decided_at is None or locked.decided_at < now - CONTEST_WITHIN:
        raise Refused(f"Cette décision a plus de six mois. {ELSEWHERE}")
    locked.earlier_side, locked.earlier_appeal = locked.appeal_side, locked.appeal
    locked.status, locked.appeal, locked.appeal_side = ContentReport.CONTESTED, words.strip()[:2000], side
    locked.email, locked.appealed_at = email.strip().lower(), now
    locked.save()
    record_event("contest", "content_report", locked.public_id, actor=side)
    return locked


@transaction.atomic
def reopen_content(row: ContentReport, *, actor: str) -> str:
    """Undoes a decision, and the same answer to other reports: the content is as before it, the report or the contest waits.

    Returns why the content cannot be as before, in French, or nothing.
    """
    rows = _locked_reports(row)
    locked = next(one for one in rows if one.pk == row.pk)
    if locked.status in ContentReport.WAITING:
        raise Refused("Ce signalement attend déjà.")
    kind = content_kind(locked.record_type)
    same = [
        one for one in rows if one.status not in ContentReport.WAITING and one.decided_at == locked.decided_at
    ]
    stood, away = any(one.stood for one in same), any(one.away for one in same)
    problem = _move(locked, kind, stood, away, actor) if kind and stood != away else ""
    for one in same:
        one.status = ContentReport.CONTESTED if one.appealed_at else ContentReport.OPEN
        one.away, one.reason, one.decided_at = one.stood or bool(problem and one.away), "", None
        one.save()
        record_event("reopen", "content_report", one.public_id, actor=actor)
    return problem


def contestable(record_type: str) -> set[str]:
    """The contents of a kind that must be kept: their report waits, or was decided lately enough to be contested."""
    recent = Q(status__in=ContentReport.WAITING) | Q(decided_at__gte=timezone.now() - CONTEST_WITHIN)
    rows = ContentReport.objects.filter(recent, record_type=record_type)
    return set(rows.values_list("record_id", flat=True))
