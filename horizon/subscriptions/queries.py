"""Reads of subscriptions: who may receive a letter now, what happened for them, what was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from horizon.actors.access import current_mandates
from horizon.actors.models import OrganizationRole, Person
from horizon.actors.plan import plan
from horizon.engine.digests import LATELY, LEAST, WINDOW, Calendar, Follow, Happening
from horizon.kernel import news
from horizon.kernel.news import News, news_between
from horizon.subscriptions.models import Message, Subscriber, Subscription


def confirmed() -> Prefetch:
    """Loads what somebody follows, confirmed only, as `followed`."""
    return Prefetch(
        "subscriptions", Subscription.objects.exclude(confirmed_at=None).order_by("created_at", "pk"), to_attr="followed"
    )  # fmt: skip


def may_receive(now: datetime) -> QuerySet[Subscriber]:
    """Whoever follows something, is not paused, and received nothing for seven days nor waits for a letter."""
    open_letter = Message.objects.filter(
        subscriber=OuterRef("pk"), kind=Message.DIGEST, status__in=Message.OPEN
    )
    follows = Subscription.objects.filter(subscriber=OuterRef("pk"), confirmed_at__isnull=False)
    return (
        Subscriber.objects.filter(Exists(follows), ~Exists(open_letter), not_paused(now))
        .filter(Q(last_digest_at=None) | Q(last_digest_at__lte=now - LEAST))
        .filter(Q(person=None) | Q(person__is_active=True))
        .order_by("pk")
    )


def not_paused(now: datetime) -> Q:
    """Whose pause is over, if there was one."""
    return Q(paused_until=None) | Q(paused_until__lte=timezone.localdate(now))


def happened(now: datetime, searches: Iterable[str]) -> dict[str, News]:
    """What may still be told, by key, each with the followed searches that it answers. As many queries as
    rooms and searches, and one, or three when poles changed.
    """
    found = news_between(now - WINDOW, now)
    more: dict[str, set[news.Facet]] = {}
    for value in dict.fromkeys(searches):
        code, _, filters = value.partition("?")
        search = news.search_kind(code)
        for key in search.pick(filters, found) if search and found else ():
            more.setdefault(key, set()).add((news.SEARCH, value))
    poles = plan() if any(name == news.POLE for item in found for name, _ in item.facets) else None

    def came_from(facet: news.Facet) -> set[news.Facet]:
        """The closed poles that a pole goes on from: whoever followed one is told what its successors do."""
        name, code = facet
        return {(name, one) for one in poles.before.get(code, ())} if poles and name == news.POLE else set()

    return {
        item.key: replace(
            item, facets=item.facets.union(more.get(item.key, ()), *map(came_from, item.facets))
        )
        for item in found
    }


def calendar_of(items: dict[str, News]) -> Calendar:
    """The news as the engine reads them."""
    return Calendar(Happening(item.key, item.at, item.facets) for item in items.values())


def follows_of(subscriptions: Iterable[Subscription]) -> list[Follow]:
    """What somebody follows, as the engine reads it."""
    return [Follow(row.facet, row.confirmed_at) for row in subscriptions if row.confirmed_at]


def searches_of(subscribers: QuerySet[Subscriber]) -> list[str]:
    """The searches that these people follow, each once."""
    rows = Subscription.objects.filter(
        kind=news.SEARCH, confirmed_at__isnull=False, subscriber__in=subscribers.values("pk")
    )
    return sorted(set(rows.order_by().values_list("value", flat=True)))


def lately(subscriptions: list[Subscription], now: datetime, limit: int) -> list[News]:
    """What happened lately around what somebody follows, newest first, told or not, even before they followed it."""
    items = happened(now, [row.value for row in subscriptions if row.kind == news.SEARCH])
    follows = [Follow(row.facet, now - LATELY) for row in subscriptions]
    keys = list(calendar_of(items).to_tell(follows, frozenset(), now - LATELY))
    return news.merged(items[key] for key in reversed(keys))[:limit]


def people_with_a_part() -> QuerySet[Person]:
    """Whoever entered once and acts for a structure or holds a mandate today: things may wait for them."""
    acting = OrganizationRole.objects.filter(person=OuterRef("pk"), until=None)
    mandated = current_mandates().filter(person=OuterRef("pk"))
    entered = Q(last_login__isnull=False) | Q(demo=True)
    return Person.objects.filter(entered, Exists(acting) | Exists(mandated), is_active=True).order_by("pk")
