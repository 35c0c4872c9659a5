"""What waits about freshness: closures to confirm, pages to call, sites that fail; and how each is answered and undone.

The yearly question is not among what waits for those who hold a page: what waits is told every week, and this is asked once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for
from horizon.actors.models import Person
from horizon.care.freshness.letters import fails_twice
from horizon.care.freshness.queries import communes_to_call, failing_sites
from horizon.care.speaking import role_of
from horizon.directory.models import Closure, SiteCheck
from horizon.directory.said.closing import answer_closure, reopen_closure, waiting_closures
from horizon.directory.sites.services import put_aside
from horizon.kernel.answered import AT_MOST as LATEST
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Waiting, declare_waiting
from horizon.kernel.templatetags.atlas import day, plural

AT_MOST = 300


def declare() -> None:
    """Tells the desk."""
    declare_waiting("closure", closures, answer, answered=closures_answered)
    declare_waiting("stale", stale)
    declare_waiting("site", sites, answer_site, verbs=("accept",), answered=sites_seen)


def closures(person: Person) -> Iterator[Waiting]:
    """Structures that a register says closed: all for operators, their own for those who hold a page."""
    rows = waiting_closures().select_related("organization__canonical")
    if not is_operator(person):
        rows = rows.filter(organization__in=acts_or_relays_for(person))
    for row in rows.order_by("due_on", "pk")[:AT_MOST]:
        name = row.organization.whole.name
        since = f" depuis le {day(row.closed_on)}" if row.closed_on else ""
        yield Waiting(
            key=str(row.pk), room="closure", title=f"{name} : fermée ?", since=row.filed_at,
            href=reverse("care:closure", args=[row.organization.whole.public_id]),
            detail=f"{row.get_why_display().capitalize()}{since} (registres du {day(row.vintage)}). "
                   f"Sa page reste comme elle est jusqu’au {day(row.due_on)}.",
            actions={"accept": "Oui, fermée", "refuse": "Non, elle continue"}, alike=f"closure:{row.why}",
        )  # fmt: skip


def answer(verb: str, key: str, person: Person) -> str:
    """Says whether it is closed, or undoes that."""
    row = Closure.objects.select_related("organization__canonical").filter(pk=int(key)).first()
    allowed = row and (
        is_operator(person) or acts_or_relays_for(person).filter(pk=row.organization_id).exists()
    )
    if row is None or not allowed:
        raise Refused("Cette question ne vous revient pas.")
    name = row.organization.whole.name
    if verb == "undo":
        reopen_closure(row, actor=person.actor)
        return f"{name} : la question attend de nouveau."
    said = Closure.YES if verb == "accept" else Closure.MISTAKE
    answer_closure(row, said, origin=role_of(person, row.organization), actor=person.actor, author=person)
    return f"{name} : {'montrée fermée' if verb == 'accept' else 'sa page reste'}."


def closures_answered(person: Person, since: datetime) -> Iterator[Waiting]:
    """Closures that somebody answered: all for operators, their own for those who hold a page."""
    rows = Closure.objects.filter(
        status__in=[Closure.CONFIRMED, Closure.DENIED], answered_at__gte=since
    ).select_related("organization__canonical")
    if not is_operator(person):
        rows = rows.filter(organization__in=acts_or_relays_for(person))
    for row in rows.order_by("-answered_at", "-pk")[:LATEST]:
        yield Waiting(
            key=str(row.pk), room="closure", since=row.answered_at or row.filed_at,
            title=f"{row.organization.whole.name}, fermeture {row.get_status_display()}",
            href=reverse("care:closure", args=[row.organization.whole.public_id]),
            detail=f"« {row.get_answer_display()} », {row.get_origin_display()}. {row.note}".strip(),
        )  # fmt: skip


def stale(person: Person) -> Iterator[Waiting]:
    """Pages that somebody spoke of long ago and that nobody holds, one line for each commune."""
    if not is_operator(person):
        return
    for commune, count, oldest in communes_to_call():
        yield Waiting(
            key=commune.code, room="stale", title=f"{commune.name} : {plural(count, 'fiche', 'fiches')} à rappeler",
            since=timezone.make_aware(datetime.combine(oldest, time(12))),
            href=f"{reverse('care:calls')}?commune={commune.code}",
            detail="Personne ne les tient, et rien n’y a été confirmé depuis un an : la liste d’appels s’imprime.",
        )  # fmt: skip


def sites(person: Person) -> Iterator[Waiting]:
    """Sites that failed twice a week apart."""
    if not is_operator(person):
        return
    for row in failing_sites().filter(seen_at=None)[:AT_MOST]:
        if fails_twice(row) and row.organization.entry.website == row.address and row.failing_since:
            yield Waiting(
                key=str(row.pk), room="site", title=f"{row.organization.whole.name} : {row.get_outcome_display()}",
                since=row.failing_since, href=reverse("care:edit", args=[row.organization.whole.public_id]),
                detail=f"{row.address}, demandé pour la dernière fois le {day(timezone.localdate(row.checked_at))}.",
                actions={"accept": "C’est vu"}, alike=f"site:{row.outcome}",
            )  # fmt: skip


def sites_seen(person: Person, since: datetime) -> Iterator[Waiting]:
    """Failing sites put aside, that still fail."""
    if not is_operator(person):
        return
    rows = SiteCheck.objects.filter(seen_at__gte=since, failing_since__isnull=False)
    for row in rows.select_related("organization__canonical").order_by("-seen_at", "-pk")[:LATEST]:
        yield Waiting(
            key=str(row.pk), room="site", title=f"{row.organization.whole.name} : {row.get_outcome_display()}, vu",
            since=row.seen_at or row.checked_at, href=reverse("care:edit", args=[row.organization.whole.public_id]),
            detail=row.address,
        )  # fmt: skip


def answer_site(verb: str, key: str, person: Person) -> str:
    """Puts a failing site aside, or takes it up again."""
    row = SiteCheck.objects.select_related("organization").filter(pk=int(key)).first()
    if row is None or not is_operator(person):
        raise Refused("Cette vérification n’existe plus.")
    put_aside(row, verb == "accept", actor=person.actor)
    return f"{row.address} : {'mis de côté' if verb == 'accept' else 'de nouveau au bureau'}."
