"""Writing letters into the outbox: the message and the marks of what it tells are kept together, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.engine.digests import WINDOW, Calendar, digest_due, grouped, reminder_due
from horizon.kernel import periodic
from horizon.kernel.journal import record_event
from horizon.kernel.news import Facet, News
from horizon.kernel.registry import Waiting, waiting_for
from horizon.subscriptions import letters, queries
from horizon.subscriptions.models import Message, Subscriber, Told

CHUNK = 200
FROM_HOUR, TO_HOUR = 7, 20


def write_letters() -> str:
    """The job: writes the letters that are due, by day only, so that no telephone rings at night."""
    now = timezone.now()
    if not FROM_HOUR <= timezone.localtime(now).hour < TO_HOUR:
        return ""
    digests, reminders = compose_digests(now), compose_reminders(now)
    return f"{digests} digests, {reminders} reminders" if digests or reminders else ""


def compose_digests(now: datetime) -> int:
    """Writes one letter for each person who is due and to whom something happened; returns how many.

    Stopped anywhere, it leaves whole letters and no half one; run again, it goes on.
    """
    due = queries.may_receive(now)
    items = queries.happened(now, queries.searches_of(due))
    if not items:
        return 0
    calendar = queries.calendar_of(items)
    ids, count = list(due.values_list("pk", flat=True)), 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        told: dict[int, set[str]] = {}
        marks = Told.objects.filter(subscriber__in=chunk, channel=Told.MAIL)
        for pk, event in marks.values_list("subscriber", "event"):
            told.setdefault(pk, set()).add(event)
        rows = Subscriber.objects.filter(pk__in=chunk).prefetch_related(queries.confirmed()).order_by("pk")
        for row in rows:
            if periodic.stopping():
                return count
            if digest_due(now, row.last_digest_at, row.every_days):
                count += _write_digest(row, calendar, items, told.get(row.pk, set()), now)
    return count


def _write_digest(
    row: Subscriber, calendar: Calendar, items: Mapping[str, News], told: set[str], now: datetime
) -> bool:
    chosen = calendar.to_tell(queries.follows_of(row.followed), told, now - WINDOW)  # type: ignore[attr-defined]
    if not chosen:
        return False
    order: list[Facet] = [one.facet for one in row.followed]  # type: ignore[attr-defined]
    titles = {one.facet: one.title for one in row.followed}  # type: ignore[attr-defined]
    sections = [
        letters.Section(titles[facet], *facet, [items[key] for key in keys])
        for facet, keys in grouped(chosen, order)
    ]
    try:
        with transaction.atomic():
            subscriber = _locked(row.pk, now)
            if subscriber is None or not digest_due(now, subscriber.last_digest_at, subscriber.every_days):
                return False
            unsure = _unsure_before(subscriber)
            letter = letters.digest(subscriber, sections, unsure)
            message = _post(subscriber, Message.DIGEST, letter, now)
            Told.objects.bulk_create(
                [Told(subscriber=subscriber, event=key, message=message, at=now) for key in chosen],
                batch_size=500,
            )
            record_event(
                "write", "letter", message.public_id, actor="worker", payload={"events": len(chosen)}
            )
    except IntegrityError:  # another worker wrote one at the same moment: its marks stand
        return False
    return True


def _locked(pk: int, now: datetime) -> Subscriber | None:
    return (
        Subscriber.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(queries.not_paused(now), pk=pk)
        .first()
    )


def _unsure_before(subscriber: Subscriber) -> datetime | None:
    """When the letter before this one was given to a server that never answered; None when all is well."""
    last = subscriber.messages.filter(kind=Message.DIGEST).order_by("-created_at", "-pk").first()
    return last.taken_at if last is not None and last.status == Message.UNSURE else None


def compose_reminders(now: datetime) -> int:
    """Writes to whoever has a part to play what waits for them, weekly unless they chose otherwise; returns how many.

    Nothing waits: nothing is written.
    """
    count = 0
    known = {row.person_id: row for row in Subscriber.objects.exclude(person=None)}
    today = timezone.localdate(now)
    for person in queries.people_with_a_part():
        if periodic.stopping():
            break
        row = known.get(person.pk)
        if row is not None and (row.paused_until or today) > today:
            continue
        if _reminder_due(row, now):
            count += _write_reminder(person, waiting_for(person), now)
    return count


def _reminder_due(row: Subscriber | None, now: datetime) -> bool:
    if row is None:
        return True
    last = timezone.localtime(row.last_reminder_at) if row.last_reminder_at else None
    return row.reminders != Subscriber.OFF and reminder_due(
        timezone.localtime(now), last, daily=row.reminders == Subscriber.DAILY
    )


def _write_reminder(person: Person, waiting: list[Waiting], now: datetime) -> bool:
    if not waiting:
        return False
    try:
        with transaction.atomic():
            Subscriber.objects.get_or_create(person=person, defaults={"created_at": now})
            row = (
                Subscriber.objects.select_for_update(of=("self",)).select_related("person").get(person=person)
            )
            if not _reminder_due(row, now):
                return False
            message = _post(row, Message.REMINDER, letters.reminder(row, waiting), now)
            record_event(
                "write", "letter", message.public_id, actor="worker", payload={"waiting": len(waiting)}
            )
    except IntegrityError:  # one is on its way already
        return False
    return True


def _post(subscriber: Subscriber, kind: str, letter: letters.Letter, now: datetime) -> Message:
    return Message.objects.create(
        subscriber=subscriber, kind=kind, subject=letter.subject, text=letter.text, html=letter.html,
        created_at=now, next_try_at=now,
    )  # fmt: skip
