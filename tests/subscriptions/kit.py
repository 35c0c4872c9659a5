"""People who follow things, news that happen, and a carrier that keeps what it was given."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from horizon.kernel import news
from horizon.kernel.news import News
from horizon.subscriptions.models import Message, Subscriber, Subscription, Told
from horizon.subscriptions.postman import Outcome
from horizon.subscriptions.services import composing, following, sending

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
COMMUNES = [f"86{n:03}" for n in range(1, 41)]
DOORS = ["instruire", "soigner", "loger", "deplacer", "nourrir", "vetir", "divertir", "participer"]


class Killed(BaseException):
    """The worker dies here."""


class Rooms:
    """News that a test makes, in place of those of the rooms."""

    def __init__(self, monkeypatch):
        self.items: list[News] = []
        monkeypatch.setattr(news, "_news", {"test": self._find})
        monkeypatch.setattr(news, "_places", {})

    def _find(self, since, until):
        return [item for item in self.items if since <= item.at < until]

    def happen(self, key, at, *facets, kind="structure", said="À Lusignan.", href=""):
        """One thing happens."""
        item = News(key, at, kind, f"Nouvelle {key}", said, href or f"/structures/{key}/", frozenset(facets))
        self.items.append(item)
        return item


def subscriber(email="lectrice@example.org", *follows, at=START, **values):
    """An address that confirmed what it follows: pairs of (kind, value)."""
    made = Subscriber.objects.create(email=email, created_at=at, **values)
    for kind, value in follows:
        Subscription.objects.create(
            subscriber=made, kind=kind, value=value, title=f"{kind} {value}", confirmed_at=at, created_at=at
        )
    return made


@dataclass
class Bag:
    """A carrier that takes everything and notes what each message told; `dies` may raise before or after it takes."""

    clock: datetime = START
    dies: object = lambda where: None
    up: bool = True
    taken: list[tuple[datetime, int, str, list[str], object]] = field(default_factory=list)

    def ready(self):
        self.dies("ready")
        return self.up

    def hand_over(self, mail):
        self.dies("before")
        public_id = mail.extra_headers["Message-ID"][1:].split("@")[0]
        row = Message.objects.get(public_id=public_id)
        events = list(Told.objects.filter(message=row).values_list("event", flat=True))
        self.taken.append((self.clock, row.subscriber_id, row.kind, events, mail))
        self.dies("after")
        return Outcome.SENT, ""


def run(now, bag):
    """One run of the worker's jobs."""
    bag.clock = now
    composing.compose_digests(now)
    sending.empty_outbox(bag, lambda: now, at_most=100_000)


@dataclass
class Year:
    """What a simulation did."""

    rooms: Rooms
    bag: Bag
    end: datetime
    runs: int = 0
    killed: Counter = field(default_factory=Counter)


def simulate(monkeypatch, people, days, seed, points, outage=0.05):
    """So many people and days, two runs a day; one run in twenty does not happen or dies, at one of the points."""
    chance = random.Random(seed)
    rooms, bag = Rooms(monkeypatch), Bag()
    year = Year(rooms, bag, START + timedelta(days=days))
    made = Subscriber.objects.bulk_create(
        Subscriber(email=f"p{n}@example.org", created_at=START, every_days=chance.choice([7, 7, 7, 30]))
        for n in range(people)
    )
    rows = []
    for one in made:
        wanted = {("commune", chance.choice(COMMUNES)) for _ in range(chance.randint(1, 3))}
        wanted |= {("porte", chance.choice(DOORS)) for _ in range(chance.randint(0, 2))}
        since = START + timedelta(days=chance.choice([0, 0, chance.randrange(max(days // 2, 1))]))
        rows += [
            Subscription(
                subscriber=one,
                kind=k,
                value=v,
                title=v,
                confirmed_at=since,
                created_at=since,
                public_id=f"{one.pk:05}{n:05}",
            )  # fmt: skip
            for n, (k, v) in enumerate(sorted(wanted))
        ]
    Subscription.objects.bulk_create(rows)
    fuse: dict[str, int] = {}

    def dies(where):
        if where in fuse:
            fuse[where] -= 1
            if fuse[where] <= 0:
                year.killed[where] += 1
                fuse.clear()
                raise Killed(where)

    keep = composing.record_event

    def recorded(*arguments, **named):
        dies("writing")
        kept = keep(*arguments, **named)
        dies("written")
        return kept

    monkeypatch.setattr(composing, "record_event", recorded)
    bag.dies = dies
    for n in range(days):
        today = START + timedelta(days=n)
        for k in range(chance.randint(0, 6)):
            facets = {("commune", chance.choice(COMMUNES)), ("porte", chance.choice(DOORS))}
            rooms.happen(f"e{n}-{k}", today + timedelta(minutes=chance.randrange(1440)), *facets)
        for hour in (1, 9):
            now = today + timedelta(hours=hour, minutes=chance.randrange(60))
            year.runs += 1
            fuse.clear()
            if chance.random() < outage:
                point = chance.choice(points)
                if point == "down":
                    year.killed[point] += 1
                    continue
                fuse[point] = chance.randint(1, 3)
            try:
                run(now, bag)
            except Killed:
                continue
        if n % 30 == 29:
            following.forget_old(today)
    fuse.clear()
    for n in range(1, 40, 3):
        run(year.end + timedelta(days=n), bag)
    return year


def figures(year):
    """What a simulation measured, in one line that `make test-long` shows."""
    told, due = told_of(year), owed(year)
    letters = len(year.bag.taken)
    twice = sum(count > 1 for count in told.values())
    return (
        f"{year.runs} runs, killed {dict(sorted(year.killed.items()))}; {letters} letters, {len(told)} events told of "
        f"{len(due)} owed; told twice {twice}, lost {len(due - set(told))}, closest letters {closest(year)}"
    )


def told_of(year):
    """How many times each person was told each event."""
    told = Counter()
    for _, person, _, events, _ in year.bag.taken:
        told.update((person, event) for event in events)
    return told


def owed(year):
    """Whom each event concerns, read plainly: followed before it happened."""
    concerned = set()
    by_facet = defaultdict(list)
    for row in Subscription.objects.all():
        by_facet[row.kind, row.value].append(row)
    for item in year.rooms.items:
        for facet in item.facets:
            concerned |= {
                (row.subscriber_id, item.key) for row in by_facet[facet] if row.confirmed_at <= item.at
            }
    return concerned


def closest(year):
    """The shortest time between two letters to one person."""
    last, shortest = {}, timedelta.max
    for at, person, *_ in year.bag.taken:
        if person in last:
            shortest = min(shortest, at - last[person])
        last[person] = at
    return shortest
