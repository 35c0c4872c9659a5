"""The links of the demonstration: invented, made through the services; some confirmed, some silent, refused or over."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Membership, Organization, OrganizationLink, OrganizationRole, Person
from horizon.actors.services import links
from horizon.config.demo.people import ACTOR, demo_person
from horizon.directory.models import Entry, Publication
from horizon.kernel.refusal import Refused

LINKS, HUBS, AROUND = 250, 7, 64
OVER = timedelta(days=210)
EVIDENCE = (
    "Rapport d’activité de l’an dernier (fictif).",
    "Appel à la permanence du lundi (fictif).",
    "Convention lue en réunion de pôle (fictive).",
)
WHY_NOT = (
    "Nous ne travaillons plus ensemble depuis deux ans.",
    "Ce n’est pas nous : une structure voisine a presque le même nom.",
)
RELATIONS = ("supplies", "buys", "supplies", "partner", "hosts", "hosted", "partner", "member", "owned")


@transaction.atomic
def links_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Declares, confirms, refuses and ends; returns how many of each. Run once, after the people."""
    if OrganizationLink.objects.exists():
        return {}
    random = Random("links")  # noqa: S311 - a demonstration, the same each time
    entries = Entry.objects.filter(publication=publication, active=True).select_related("organization")
    members = list(
        entries.filter(
            organization__memberships__status=Membership.ACTIVE, organization__canonical=None
        ).order_by("pk")
    )
    others = list(
        entries.filter(is_actor=True, is_employer=True, organization__canonical=None)
        .exclude(pk__in=[entry.pk for entry in members])
        .order_by("pk")
    )
    people = random.sample(others, min(len(others), AROUND))
    pool = members + people
    hubs = random.sample(members, HUBS)
    made = dict.fromkeys((status for status, _ in OrganizationLink.STATUSES), 0)
    for number in range(LINKS * 3):
        if sum(made.values()) == LINKS:
            break
        mine = random.choice(pool)
        near = [
            entry
            for entry in pool
            if set(entry.doors) & set(mine.doors) or entry.commune_id == mine.commune_id
        ]
        hub = number % 4 == 0
        other = random.choice(hubs) if hub else random.choice(near if number % 5 and near else pool)
        relation = (
            ("member", "member", "hosted", "buys")[number // 4 % 4] if hub else random.choice(RELATIONS)
        )
        try:
            link = _declare(mine.organization, relation, other.organization, random)
        except Refused:  # the same twice, or to itself: the draw goes on
            continue
        made[_answer(link, random)] += 1
        at = timezone.make_aware(datetime.combine(publication.vintage, time(9))) - OVER * random.random()
        OrganizationLink.objects.filter(pk=link.pk).update(declared_at=at)
        OrganizationLink.objects.filter(pk=link.pk, answered_at__isnull=False).update(
            answered_at=at + timedelta(days=random.randrange(1, 20))
        )
    return made


def _speaks(organization: Organization) -> Person | None:
    role = (
        OrganizationRole.objects.filter(organization=organization, until=None)
        .select_related("person")
        .first()
    )
    return role.person if role else None


def _declare(mine: Organization, relation: str, other: Organization, random: Random) -> OrganizationLink:
    """By who holds the page, or by the operator who heard it."""
    person = _speaks(mine)
    since = random.choice((None, *range(2009, 2027)))
    if person is not None:
        return links.declare_link(mine, relation, other, actor=person.actor, author=person, since=since)
    operator = demo_person(0)
    return links.declare_link(
        mine, relation, other, actor=operator.actor, author=operator, through=OrganizationLink.OPERATOR, since=since,
        evidence=random.choice(EVIDENCE),
    )  # fmt: skip


def _answer(link: OrganizationLink, random: Random) -> str:
    """What became of it, in the proportions of a network that starts; returns its status."""
    if link.status == OrganizationLink.CONFIRMED:  # the other had said it too
        return link.status
    answers, draw = _speaks(link.listener), random.random()
    if answers is not None and draw < 0.72:
        link = links.answer_link(link, True, actor=answers.actor)
    elif answers is not None and draw < 0.77:
        link = links.answer_link(link, False, actor=answers.actor, reason=random.choice(WHY_NOT))
    elif answers is None and draw < 0.45:
        link = links.confirm_on_evidence(link, random.choice(EVIDENCE), actor=demo_person(0).actor)
    if link.is_open and random.random() < 0.04:
        link = links.end_link(link, actor=ACTOR)
    return link.status
