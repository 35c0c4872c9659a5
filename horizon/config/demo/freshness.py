"""The freshness of the demonstration: invented confirmations, calls to make, closures to confirm, sites that answer or not."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import OrganizationRole, touch
from horizon.config.demo.people import ACTOR, demo_person
from horizon.directory.models import Closure, Confirmation, Entry, Publication, SiteCheck, Statement
from horizon.directory.said.closing import follow_registers
from horizon.directory.said.confirming import confirm_entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from horizon.directory.sites.fetching import Seen
from horizon.directory.sites.services import Site, keep_check

CONFIRMED, TO_CALL, CLOSING, SITES = 24, 14, 4, 10
LONG_AGO = timedelta(days=420)


@transaction.atomic
def freshness_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Confirms, lets some pages age, files closures and looks; returns how many of each. Run once, after the people."""
    if Confirmation.objects.exists():
        return {}
    random = Random("freshness")  # noqa: S311 - a demonstration, the same each time
    roles = OrganizationRole.objects.filter(until=None, organization__entry__active=True)
    held = list(roles.select_related("organization", "person").order_by("pk"))
    for role in held[:CONFIRMED]:
        made = confirm_entry(role.organization, by=role.person, origin=Statement.REFERENT)
        at = made.at - timedelta(days=random.choice((2, 9, 40, 130, 300, 500)))
        Confirmation.objects.filter(pk=made.pk).update(at=at)
        Statement.objects.filter(organization=role.organization, status=Statement.PUBLISHED).update(
            decided_at=at, created_at=at
        )
    return {
        "confirmed": len(held[:CONFIRMED]),
        "to call": _calls(publication, random),
        "closing": _closures(publication),
        "sites": _sites(held[CONFIRMED : CONFIRMED + SITES], random),
        "followed": refresh_directory(actor=ACTOR),
    }


def _calls(publication: Publication, random: Random) -> int:
    """Pages that somebody who animates filled long ago, and that nobody holds."""
    free = Entry.objects.filter(
        publication=publication, is_actor=True, organization__role_rows=None, organization__statements=None
    )
    chosen = random.sample(list(free.select_related("organization").order_by("pk")), TO_CALL)
    operator, made = demo_person(0), []
    for number, entry in enumerate(chosen):
        made += state(
            entry.organization, {"phone": f"05 36 49 {number:02d} 11"}, origin=Statement.OPERATOR, actor=operator.actor,
            author=operator, heard_from="l’accueil, au téléphone (fictif)", publish=True,
        )  # fmt: skip
    Statement.objects.filter(pk__in=[row.pk for row in made]).update(
        decided_at=timezone.now() - LONG_AGO, created_at=timezone.now() - LONG_AGO
    )
    return len(chosen)


def _closures(publication: Publication) -> int:
    """Structures that the invented register says closed, as if they had been open in the one before."""
    closed = list(
        Entry.objects.filter(publication=publication, active=False, in_perimeter=True)
        .exclude(closed_on=None)
        .select_related("organization")
        .order_by("-closed_on", "pk")[:CLOSING]
    )
    follow_registers(
        [(entry, Closure.CEASED) for entry in closed],
        {entry.organization_id for entry in closed},
        vintage=publication.vintage,
        actor=ACTOR,
    )
    Closure.objects.update(told_at=timezone.now())
    for entry in closed:
        touch(entry.organization)
    return len(closed)


def _sites(held: list[OrganizationRole], random: Random) -> int:
    """Sites that were never asked: no demonstration knocks at anybody's door."""
    for number, role in enumerate(held):
        address = f"https://structure{number}.invalid"
        state(role.organization, {"website": address}, origin=Statement.REFERENT, actor=role.person.actor,
              author=role.person, publish=True)  # fmt: skip
        outcome = random.choice(
            (SiteCheck.ANSWERS, SiteCheck.ANSWERS, SiteCheck.ANSWERS, SiteCheck.CERTIFICATE, SiteCheck.SILENT)
        )
        keep_check(Site(role.organization.root_id, address), Seen(outcome), actor=ACTOR)
    SiteCheck.objects.exclude(failing_since=None).update(failing_since=timezone.now() - timedelta(days=9))
    return len(held)
