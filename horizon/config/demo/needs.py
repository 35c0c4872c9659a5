"""The needs of the demonstration: invented, said and answered through the services, then spread over a year."""

from __future__ import annotations

import csv
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.config.demo.people import ACTOR, demo_person
from horizon.directory.models import Entry, Publication
from horizon.directory.queries import entries_saying
from horizon.listening.access import voices_of
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading, saying
from horizon.listening.services.settling import DUE_AFTER, STUDIED_FOR
from horizon.territory.queries import home_communes

PHRASES = Path(__file__).with_name("needs.csv")
NEEDS, HELD, GROUPED = 168, 8, 6
PUBLICS = ("citizen", "citizen", "citizen", "member", "authority", "company", "")
OVER = timedelta(days=330)


@transaction.atomic
def needs_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Says, reads, joins and answers invented needs; returns how many of each. Run once, after the people."""
    if Need.objects.exists():
        return {}
    random = Random("needs")  # noqa: S311 - a demonstration, the same each time
    with PHRASES.open(encoding="utf-8", newline="") as stream:
        phrases = list(csv.DictReader(stream))
    communes = home_communes()
    weights = [(commune.population or 100) ** 0.5 for commune in communes]
    operator, agent = demo_person(0), demo_person(3)
    made = {"needs": 0, "voices": 0, "answers": 0, "held": 0}
    for index in range(NEEDS):
        phrase = phrases[index % len(phrases)]
        commune = random.choices(communes, weights)[0]
        voice = saying.say_need(
            phrase["need"].format(c=commune.name), once=f"demo-{index}", commune=commune, public=random.choice(PUBLICS),
            origin=random.choice((Voice.WEB, Voice.WEB, Voice.PHONE, Voice.PAPER, Voice.INTERVIEW)), actor=ACTOR,
        )  # fmt: skip
        made["needs"] += 1
        if index >= NEEDS - HELD:
            made["held"] += 1
            continue
        need = reading.publish_need(voice.need, actor=operator.actor)
        made["voices"] += _voices(need, phrase["voice"], index, random, operator)
        if phrase["kind"] and random.random() < 0.8:
            made["answers"] += _answer(need, phrase, publication, agent, operator)
        _spread(need, publication, random)
    for index in range(GROUPED):
        made["needs"] += _said_again(phrases[index], index, publication, random, operator)
    return made


def _said_again(
    phrase: dict[str, str], index: int, publication: Publication, random: Random, operator: Person
) -> int:
    """Somebody says in other words what was said already in the same commune; whoever animates groups the two."""
    first = Voice.objects.select_related("need__commune").get(once=f"demo-{index}").need
    assert first.commune is not None
    words = (
        f"{phrase['need'].format(c=first.commune.name)}, {phrase['voice'][0].lower()}{phrase['voice'][1:]}"
    )
    voice = saying.say_need(
        words, once=f"demo-again-{index}", commune=first.commune, public="citizen", actor=ACTOR
    )
    need = reading.publish_need(voice.need, actor=operator.actor)
    _spread(need, publication, random)
    reading.group_needs(need, first, actor=operator.actor)
    return 1


def _voices(need: Need, words: str, index: int, random: Random, operator: Person) -> int:
    count = min(int(random.paretovariate(1.1)), 24)
    for number in range(count):
        voice = saying.say_too(
            need, once=f"demo-{index}-{number}", words=words if number == 0 else "",
            public=random.choice(PUBLICS), actor=ACTOR,
        )  # fmt: skip
        if voice.words and random.random() < 0.9:
            reading.read_voice(voice, True, actor=operator.actor)
    return count + 1


def _answer(
    need: Need, phrase: dict[str, str], publication: Publication, agent: Person, operator: Person
) -> int:
    kind = phrase["kind"]
    found: list[Entry] = []
    if kind in {Need.EXISTS, Need.TAKEN_UP}:
        found = entries_saying(phrase["need"].replace("{c}", ""), publication, 2)
        if not found:
            return 0
    author = demo_person(12) if kind == Answer.LEAD else (agent if need.pk % 3 else operator)
    speaks_as, title, mine = voices_of(author)[0]
    answering.answer_need(
        need, kind=kind, text=phrase["answer"], author=author, speaks_as=speaks_as, title=title,
        organizations=[entry.organization for entry in found[:1]], speaks_for=mine,
    )  # fmt: skip
    return 1


def _spread(need: Need, publication: Publication, random: Random) -> None:
    """A year in the life of the territory: the services write today, the demonstration needs a past."""
    today = timezone.make_aware(datetime.combine(publication.vintage, time(10)))
    said = today - OVER * random.random()
    answered = min(said + timedelta(days=random.choice((3, 9, 16, 28, 41, 75))), today)
    Voice.objects.filter(need=need).update(created_at=said)
    answers = Answer.objects.filter(need=need)
    answers.update(created_at=answered)
    answers.exclude(shown_at=None).update(shown_at=answered)
    need.refresh_from_db()
    due_on = said.date() + DUE_AFTER
    if need.state == Need.STUDIED:
        due_on = max(due_on, answered.date() + STUDIED_FOR)
    Need.objects.filter(pk=need.pk).update(
        created_at=said, published_at=said, due_on=due_on,
        answered_at=answered if need.answered_at else None,
    )  # fmt: skip
