"""Following, confirming, changing, pausing, stopping; and forgetting addresses."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from horizon.actors.models import Person
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused
from horizon.subscriptions import letters
from horizon.subscriptions.keys import NEWS
from horizon.subscriptions.models import Message, Subscriber, Subscription, Told
from horizon.subscriptions.topics import Topic

AT_MOST = 40
ASKS_A_DAY = 3
DAY = timedelta(days=1)
UNANSWERED_KEPT = timedelta(days=7)
TOLD_KEPT = timedelta(days=110)
FULL = f"Vous suivez déjà {AT_MOST} choses : retirez-en une d’abord."


@transaction.atomic
def ask_to_follow(email: str, topic: Topic, now: datetime) -> None:
    """Somebody gives an address: a message asks it to confirm. Nothing tells the caller what the site knew of it.

    An address that was asked three times in a day is left alone until the next.
    """
    subscriber = _alone(_subscriber_at(email.strip().lower(), now))
    asked = subscriber.messages.filter(kind=Message.CONFIRM, created_at__gt=now - DAY)
    if asked.count() >= ASKS_A_DAY:
        return
    known = subscriber.subscriptions.filter(kind=topic.kind, value=topic.value).first()
    if known is not None and known.confirmed_at:
        _post(subscriber, Message.CONFIRM, letters.already(subscriber, topic.title), now)
    elif known is None and subscriber.subscriptions.count() >= AT_MOST:
        confirmed = subscriber.subscriptions.exclude(confirmed_at=None).exists()
        if confirmed:
            _post(subscriber, Message.CONFIRM, letters.full(subscriber, topic.title, FULL), now)
    else:
        row = known or _add(subscriber, topic, now)
        _post(subscriber, Message.CONFIRM, letters.confirmation(row), now)


@transaction.atomic
def confirm(subscription: Subscription, now: datetime) -> Subscription:
    """The address says that it wants this; said again, it changes nothing."""
    row = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("subscriber__person")
        .get(pk=subscription.pk)
    )
    if row.confirmed_at is None:
        row.confirmed_at = now
        row.save(update_fields=["confirmed_at"])
        record_event("confirm", "subscription", row.public_id, actor=row.subscriber.actor)
    return row


@transaction.atomic
def follow(subscriber: Subscriber, topic: Topic, now: datetime) -> Subscription:
    """Somebody whose address is sure follows something, at once; twice at the same moment, once. Raises Refused past the limit."""
    subscriber = _alone(subscriber)
    row = subscriber.subscriptions.filter(kind=topic.kind, value=topic.value).first()
    if row is None:
        if subscriber.subscriptions.count() >= AT_MOST:
            raise Refused(FULL)
        row = _add(subscriber, topic, now)
    return confirm(row, now)


@transaction.atomic
def subscriber_of(person: Person, now: datetime) -> Subscriber:
    """The subscriber of a person, made at the first time; what their address followed without an account becomes theirs."""
    mine, _ = Subscriber.objects.get_or_create(person=person, defaults={"created_at": now})
    before = Subscriber.objects.select_for_update().filter(email=person.email).first()
    if before is not None:
        held = {row.facet: row for row in mine.subscriptions.all()}
        for row in before.subscriptions.all():
            known = held.get(row.facet)
            if known is None:
                row.subscriber = mine
                row.save(update_fields=["subscriber"])
            elif row.confirmed_at and not known.confirmed_at:
                known.confirmed_at = row.confirmed_at
                known.save(update_fields=["confirmed_at"])
        for holder in (mine, before):  # what is not leaving yet is written again, for both together
            holder.messages.filter(status=Message.READY).exclude(kind=Message.CONFIRM).delete()
        events = set(mine.told.values_list("event", flat=True))
        before.messages.update(subscriber=mine)
        before.told.exclude(event__in=events).update(subscriber=mine)
        latest = [at for at in (mine.last_digest_at, before.last_digest_at) if at]
        mine.last_digest_at = max(latest, default=None)
        mine.save(update_fields=["last_digest_at"])
        before.delete()
        record_event("join", "subscriber", mine.public_id, actor=mine.actor)
    return mine


@transaction.atomic
def unfollow(subscription: Subscription) -> bool:
    """Stops following one thing. Returns True when it was the last one and the address went with it."""
    subscriber = Subscriber.objects.select_for_update(of=("self",)).get(pk=subscription.subscriber_id)
    subscriber.subscriptions.filter(pk=subscription.pk).delete()
    _forget_open(subscriber)
    record_event("unfollow", "subscription", subscription.public_id, actor=subscriber.actor)
    return _gone(subscriber)


@transaction.atomic
def change(subscriber: Subscriber, *, every_days: int, reminders: str) -> None:
    """How often letters leave."""
    Subscriber.objects.filter(pk=subscriber.pk).update(every_days=every_days, reminders=reminders)
    record_event("change", "subscriber", subscriber.public_id, actor=subscriber.actor)


@transaction.atomic
def pause(subscriber: Subscriber, until: datetime | None) -> None:
    """Nothing leaves before that day; None resumes at once."""
    day = timezone.localdate(until) if until else None
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=day)
    if day:
        _forget_open(subscriber)
    record_event("pause" if day else "resume", "subscriber", subscriber.public_id, actor=subscriber.actor)


@transaction.atomic
def stop(public_id: str, what: str) -> bool:
    """Stops all letters of a kind, from the link that each carries; stopped already, it changes nothing.

    Returns whether the address was erased: somebody without an account receives nothing else.
    """
    subscriber = (
        Subscriber.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(public_id=public_id)
        .first()
    )
    if subscriber is None:
        return True
    kind = Message.DIGEST if what == NEWS else Message.REMINDER
    if what == NEWS:
        subscriber.subscriptions.all().delete()
    else:
        subscriber.reminders = Subscriber.OFF
        subscriber.save(update_fields=["reminders"])
    _forget_open(subscriber, kind)
    record_event("stop", "subscriber", subscriber.public_id, actor=subscriber.actor, payload={"what": what})
    return _gone(subscriber)


@transaction.atomic
def forget_old(now: datetime | None = None) -> str:
    """Forgets the addresses that never answered, marks older than any event looked for, messages that left long ago."""
    now = now or timezone.now()
    silent = Subscription.objects.filter(confirmed_at=None, created_at__lt=now - UNANSWERED_KEPT)
    count = silent.count()
    silent.delete()
    Told.objects.filter(at__lt=now - TOLD_KEPT).delete()
    Message.objects.exclude(status__in=Message.OPEN).filter(created_at__lt=now - TOLD_KEPT).delete()
    follows = Subscription.objects.filter(subscriber=OuterRef("pk"))
    empty = Subscriber.objects.filter(~Exists(follows), person=None)
    gone = list(empty.values_list("public_id", flat=True))
    for public_id in gone:
        record_event("forget", "subscriber", public_id, actor="worker")
    Subscriber.objects.filter(public_id__in=gone).delete()
    return f"{count} unanswered, {len(gone)} addresses forgotten" if count or gone else ""


def _subscriber_at(email: str, now: datetime) -> Subscriber:
    person = Person.objects.filter(email=email, is_active=True, last_login__isnull=False).first()
    if person is not None:
        return subscriber_of(person, now)
    subscriber, _ = Subscriber.objects.get_or_create(email=email, defaults={"created_at": now})
    return subscriber


def _alone(subscriber: Subscriber) -> Subscriber:
    """The subscriber, locked: what it follows does not change until the end of the transaction. Raises Refused if it left."""
    found = (
        Subscriber.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=subscriber.pk)
        .first()
    )
    if found is None:
        raise Refused("Cette adresse ne suit plus rien : abonnez-vous de nouveau.")
    return found


def _add(subscriber: Subscriber, topic: Topic, now: datetime) -> Subscription:
    row = subscriber.subscriptions.create(
        kind=topic.kind, value=topic.value, title=topic.title, created_at=now
    )
    record_event("ask", "subscription", row.public_id, actor=subscriber.actor, payload={"kind": topic.kind})
    return row


def _post(subscriber: Subscriber, kind: str, letter: letters.Letter, now: datetime) -> None:
    Message.objects.create(
        subscriber=subscriber, kind=kind, subject=letter.subject, text=letter.text, html=letter.html,
        created_at=now, next_try_at=now,
    )  # fmt: skip


def _forget_open(subscriber: Subscriber, kind: str = Message.DIGEST) -> None:
    """Takes back a letter that is not leaving yet, with its marks: what it told may be told by the next."""
    subscriber.messages.filter(kind=kind, status=Message.READY).delete()


def _gone(subscriber: Subscriber) -> bool:
    if subscriber.person_id is not None or subscriber.subscriptions.exclude(confirmed_at=None).exists():
        return False
    subscriber.delete()
    return True
