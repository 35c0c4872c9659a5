"""Contents that somebody reports: received, decided with a reason that both sides read, undone."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from horizon.care.models import ContentReport
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, content_kind

GROUNDS = dict(ContentReport.GROUNDS)


def content_of(record_type: str, record_id: str) -> Content | None:
    """The public content of a reference, or None."""
    kind = content_kind(record_type)
    return kind.find(record_id) if kind else None


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
    """Takes the content away or leaves it, with the reason; tells who reported, and how to contest."""
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    if locked.status != ContentReport.OPEN:
        raise Refused("Ce signalement a déjà reçu une réponse.")
    ground = GROUNDS[locked.ground]
    locked.reason = f"{ground} : {'retiré' if away else 'laissé'} après lecture."
    kind = content_kind(locked.record_type)
    if away and kind:
        kind.take_away(locked.record_id, f"Signalé et retiré : {ground[0].lower()}{ground[1:]}.", actor)
    write_to(
        locked.email,
        "Votre signalement : la décision",
        f"Bonjour,\n\n{locked.reason}\n\nC’est une personne qui a décidé. Pour contester, répondez à ce message.",
    )
    locked.status = ContentReport.TAKEN_AWAY if away else ContentReport.LEFT
    locked.email, locked.decided_at = "", timezone.now()
    locked.save()
    record_event("take_away" if away else "leave", "content_report", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def reopen_content(row: ContentReport, *, actor: str) -> None:
    """Undoes a decision: what was taken away is there again, and the report waits."""
    locked = ContentReport.objects.select_for_update().get(pk=row.pk)
    kind = content_kind(locked.record_type)
    if locked.status == ContentReport.TAKEN_AWAY and kind:
        kind.put_back(locked.record_id, actor)
    locked.status, locked.reason, locked.decided_at = ContentReport.OPEN, "", None
    locked.save()
    record_event("reopen", "content_report", locked.public_id, actor=actor)
