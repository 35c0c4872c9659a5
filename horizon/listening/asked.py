"""The people behind whom a need is addressed to, today: who is written to, and where nobody is."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from horizon.actors.access import current_mandates
from horizon.actors.merged import held_by_nobody, root
from horizon.actors.models import Mandate, Person
from horizon.actors.plan import plan
from horizon.actors.queries import speakers_of
from horizon.listening.access import OFFICIAL, asked_through
from horizon.listening.models import Need


def _in_office() -> QuerySet[Mandate]:
    return current_mandates().filter(person__is_active=True)


def pole_people(code: str) -> list[Person]:
    """The contacts of a pole today, or of what it became, oldest mandate first. Two queries."""
    rows = _in_office().filter(function=Mandate.POLE, pole__code__in=plan().carried([code]))
    return list({row.person_id: row.person for row in rows.select_related("person")}.values())


def people_asked(need: Need) -> list[Person]:
    """Who is asked to answer a need, and who follows it, each once: what a theme addresses reaches all who hold it. Four queries
    at most."""
    found: list[Person] = [need.owner] if need.owner else []
    if need.addressee_mandate:
        rows = _in_office().filter(Q(pk=need.addressee_mandate.pk) | Q(function__in=OFFICIAL))
        found += [
            row.person for row in rows.select_related("person").order_by("pk")
            if row == need.addressee_mandate
            or need.door in row.themes and need.addressee_mandate.function in OFFICIAL
        ]  # fmt: skip
    elif need.addressee_pole:
        found += pole_people(need.addressee_pole.code)
    if need.addressee_organization:
        found += [role.person for role in speakers_of(need.addressee_organization)]
    return list({person.pk: person for person in found if person.is_active}.values())


def asked_of_nobody(needs: QuerySet[Need]) -> QuerySet[Need]:
    """Those of these needs that nobody in office follows nor is asked to answer: addressed to none, to a mandate that ended, to a
    pole without a contact or to a structure that nobody acts for. Three queries."""
    in_office = _in_office()
    asked = (
        asked_through(in_office)
        | Q(owner__in=in_office.values("person"))
        | Q(addressee_organization__isnull=False) & ~held_by_nobody("asked_root")
    )
    somebody = needs.annotate(asked_root=root("addressee_organization")).filter(asked)
    return needs.exclude(pk__in=somebody.order_by().values("pk"))
