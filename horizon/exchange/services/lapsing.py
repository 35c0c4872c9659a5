"""Proposals that nobody answers: their holder is reminded, then they lapse and who proposed is told."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from horizon.exchange.models import Deal
from horizon.exchange.parties import holder_in, opener_of
from horizon.exchange.services.dealing import locked_deal, write_about
from horizon.kernel.journal import record_event

REMINDED_AFTER = timedelta(days=7)
LAPSES_AFTER = timedelta(days=21)
AT_ONCE = 500


def lapses_on(deal: Deal) -> date:
    """The day when a proposal lapses if nobody answers; never less than two weeks after its holder was reminded."""
    made = timezone.localdate(deal.created_at)
    return max(made + LAPSES_AFTER, (deal.reminded_on or made) + LAPSES_AFTER - REMINDED_AFTER)


def follow_proposals() -> str:
    """Reminds once of what waits for a week, and lets lapse what was not answered in three."""
    now, today = timezone.now(), timezone.localdate()
    waiting = Deal.objects.filter(status=Deal.PROPOSED).order_by("created_at", "pk")
    late = list(waiting.filter(reminded_on=None, created_at__lt=now - REMINDED_AFTER)[:AT_ONCE])
    for deal in late:
        _remind(deal)
    over = waiting.filter(
        reminded_on__lt=today - (LAPSES_AFTER - REMINDED_AFTER), created_at__lt=now - LAPSES_AFTER
    )
    ended = list(over[:AT_ONCE])
    for deal in ended:
        _lapse(deal)
    return f"{len(late)} rappels, {len(ended)} propositions sans réponse"


@transaction.atomic
def _remind(deal: Deal) -> None:
    locked = locked_deal(deal)
    if locked.status != Deal.PROPOSED or locked.reminded_on is not None:
        return
    before = holder_in(locked)
    left_alone = not before.carried and before.unattended
    locked.carried, locked.reminded_on = locked.carried or left_alone, timezone.localdate()
    locked.save(update_fields=["carried", "reminded_on"])
    record_event("remind", "deal", locked.public_id, actor="worker")
    title, holder = locked.listing.title, holder_in(locked)
    write_about(
        locked, holder, f"Une réponse attend la vôtre : « {title} »",
        f"Depuis une semaine, on attend de savoir si « {title} » peut se faire. Un oui ou un non suffit ; sans réponse le "
        f"{lapses_on(locked):%d/%m/%Y}, la proposition s’éteint.",
    )  # fmt: skip
    if left_alone:
        write_about(
            locked, opener_of(locked), f"Votre proposition pour « {title} »",
            f"Personne ne tient la page de {holder.name}. L’équipe d’animation a repris votre proposition et répondra pour elle.",
        )  # fmt: skip


@transaction.atomic
def _lapse(deal: Deal) -> None:
    locked = locked_deal(deal)
    if locked.status != Deal.PROPOSED:
        return
    locked.status, locked.ended_at = Deal.LAPSED, timezone.now()
    locked.save(update_fields=["status", "ended_at"])
    record_event("lapse", "deal", locked.public_id, actor="worker")
    again = (
        "Vous pouvez proposer de nouveau, ou chercher" if locked.listing.is_open else "Vous pouvez chercher"
    )
    write_about(
        locked, opener_of(locked), f"Sans réponse : « {locked.listing.title} »",
        f"Personne n’a répondu à votre proposition pour « {locked.listing.title} » en {LAPSES_AFTER.days} jours : elle s’éteint. Ce n’est "
        f"pas un refus. {again} ailleurs dans « Échanges ».",
    )  # fmt: skip
