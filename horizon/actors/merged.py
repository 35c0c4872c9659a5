"""Merged organizations (structures réunies) read as one: conditions and expressions that follow `canonical`.

No foreign key moves when organizations are merged, so each read asks for the whole: the canonical one and those merged
into it. Chains do not exist: `services.merging` points every merged organization at the last one.
"""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from horizon.actors.models.organization import Organization
from horizon.actors.models.people import OrganizationRole, RelayConsent


def of(organization: Organization, path: str = "organization") -> Q:
    """Rows of an organization and of all that is one with it. `path` leads from the row to its organization."""
    root = organization.root_id
    return Q(**{path: root}) | Q(**{f"{path}__canonical": root})


def root(path: str = "organization") -> Coalesce:
    """The organization that a row counts for."""
    return Coalesce(F(f"{path}__canonical"), F(path))


def held_by_nobody(path: str) -> Q:
    """Rows whose organization, the root at the end of `path`, nobody acts for, nor a relay. To filter with, after `root`."""
    held = OrganizationRole.objects.filter(until=None).annotate(of_root=root()).order_by().values("of_root")
    relayed = (
        RelayConsent.objects.annotate(of_root=root("group"), by_root=root("relay"))
        .filter(until=None, by_root__in=held).order_by().values("of_root")
    )  # fmt: skip
    return Q(**{f"{path}__isnull": False}) & ~Q(**{f"{path}__in": held}) & ~Q(**{f"{path}__in": relayed})


def acted_for(person: object) -> QuerySet:
    """The ids of the organizations that a person acts for, with all that is one with them, to use as a subquery."""
    paths = ("", "canonical__", "merged__", "canonical__merged__")
    held = Q()
    for path in paths:
        held |= Q(**{f"{path}role_rows__person": person, f"{path}role_rows__until": None})
    return Organization.objects.filter(held).order_by().values("pk")


def acts_or_relays_for(person: object) -> QuerySet:
    """The same, with the groups that let one of these organizations act for them (structures relais)."""
    mine = acted_for(person)
    relayed = Organization.objects.filter(relays__relay__in=mine, relays__until=None).order_by().values("pk")
    one_with = Q(pk__in=mine) | Q(pk__in=relayed)
    for path in ("canonical", "merged", "canonical__merged"):
        one_with |= Q(**{f"{path}__in": relayed})
    return Organization.objects.filter(one_with).order_by().values("pk")
