"""Emptying the outbox: each message is taken before the server is spoken to, and settled after.

A worker that dies leaves a message either ready, and it leaves later, or taken: whether the server has it is then unknown.
A letter in that state is not sent again: twice in a week is what was promised not to happen, and the next letter says so.
A request to confirm is sent again: twice does no harm, never would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from time import monotonic

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.engine.digests import retry_after
from horizon.kernel import periodic
from horizon.subscriptions.letters import as_mail
from horizon.subscriptions.models import Message, Subscriber
from horizon.subscriptions.postman import Carrier, Outcome, Postman

AT_ONCE = 100
A_RUN_SECONDS = 30  # a slow server does not hold back lists and urgent calls
LOST_AFTER = timedelta(minutes=15)
STALE = {
    Message.DIGEST: timedelta(days=2),
    Message.REMINDER: timedelta(days=1),
    Message.CONFIRM: timedelta(days=2),
}
Clock = Callable[[], datetime]


def send_messages() -> str:
    """The job: sends what waits."""
    if not Message.objects.filter(status__in=Message.OPEN).exists():
        return ""
    with Postman() as postman:
        done = empty_outbox(postman, timezone.now, seconds=A_RUN_SECONDS)
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(done.items()))


def empty_outbox(
    carrier: Carrier, clock: Clock, at_most: int = AT_ONCE, seconds: float = inf
) -> dict[str, int]:
    """Hands over what is ready, oldest first, until nothing is, the server does not answer, or `seconds` have passed; returns
    what became of it."""
    done: Counter[str] = Counter()
    settle_lost(clock())
    drop_stale(clock())
    until = monotonic() + seconds
    for _ in range(at_most):
        if monotonic() > until or periodic.stopping() or not _anything(clock()) or not carrier.ready():
            break
        message = _take(clock())
        if message is None:
            break
        outcome, problem = carrier.hand_over(as_mail(message))
        settle(message, outcome, problem, clock())
        done[outcome.value] += 1
    return dict(done)


def _waiting(now: datetime):
    return Message.objects.filter(status=Message.READY, next_try_at__lte=now)


def _anything(now: datetime) -> bool:
    return _waiting(now).exists()


def _take(now: datetime) -> Message | None:
    """Takes one message: an update of one row under a condition, which one worker wins."""
    for pk in _waiting(now).order_by("next_try_at", "pk").values_list("pk", flat=True)[:20]:
        mine = Message.objects.filter(pk=pk, status=Message.READY).update(
            status=Message.SENDING, taken_at=now
        )
        if mine:
            return Message.objects.select_related("subscriber__person").filter(pk=pk).first()
    return None


@transaction.atomic
def settle(message: Message, outcome: Outcome, problem: str, now: datetime) -> None:
    """Writes what became of a message that was taken."""
    row = (
        Message.objects.select_for_update(of=("self",)).filter(pk=message.pk, status=Message.SENDING).first()
    )
    if row is None:  # its subscriber left meanwhile
        return
    row.attempts, row.problem = row.attempts + 1, problem[:200]
    if outcome == Outcome.LATER or (outcome == Outcome.UNSURE and row.kind == Message.CONFIRM):
        row.status, row.next_try_at = Message.READY, now + retry_after(row.attempts)
        row.save()
        return
    _leave(row, outcome.value)


def _leave(row: Message, status: str) -> None:
    row.status, row.subject, row.text, row.html = status, "", "", ""
    row.save()
    told = {Message.DIGEST: "last_digest_at", Message.REMINDER: "last_reminder_at"}.get(row.kind)
    if told:
        Subscriber.objects.filter(pk=row.subscriber_id).update(**{told: row.taken_at})


@transaction.atomic
def settle_lost(now: datetime) -> int:
    """Settles the messages whose worker died while it spoke to the server. Returns how many."""
    lost = Message.objects.select_for_update(of=("self",)).filter(
        status=Message.SENDING, taken_at__lt=now - LOST_AFTER
    )
    rows = list(lost)
    for row in rows:
        row.attempts, row.problem = row.attempts + 1, "the worker stopped"
        if row.kind == Message.CONFIRM:
            row.status, row.next_try_at = Message.READY, now
            row.save()
        else:
            _leave(row, Message.UNSURE)
    return len(rows)


@transaction.atomic
def drop_stale(now: datetime) -> int:
    """Takes back what no server took for days, with its marks: what it told is told again as it is then, if it is still public."""
    old = Q()
    for kind, age in STALE.items():
        old |= Q(kind=kind, created_at__lt=now - age)
    count, _ = Message.objects.filter(old, status=Message.READY).delete()
    return count
