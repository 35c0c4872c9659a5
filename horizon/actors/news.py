"""What the actors tell of what happens: structures that join the collective, people to talk to in a pole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from horizon.actors.models import Mandate, Membership
from horizon.actors.queries import published_mandates
from horizon.kernel.news import News, declare_news, facets


def declare() -> None:
    """Tells the kernel about this room."""
    declare_news("actors", find)


def find(since: datetime, until: datetime) -> Iterator[News]:
    """Members accepted and pole contacts shown between two instants, if they still are. Two queries."""
    joined = Membership.objects.filter(
        status=Membership.ACTIVE, decided_at__gte=since, decided_at__lt=until
    ).select_related("organization__canonical", "college")
    for row in joined:
        assert row.decided_at
        kind = "partenaire" if row.college.partner else "membre"
        whole = row.organization.whole
        yield News(
            f"member:{row.pk}", row.decided_at, "member", whole.name, f"Nouveau {kind} du collectif.",
            reverse("directory:entry", args=[whole.public_id]), facets(entry=whole.public_id),
        )  # fmt: skip
    for mandate in published_mandates(
        function=Mandate.POLE, published_at__gte=since, published_at__lt=until, pole__closed_at=None
    ):
        assert mandate.pole and mandate.published_at
        yield News(
            f"mandate:{mandate.pk}", mandate.published_at, "contact", f"Pôle {mandate.pole.name}",
            f"À qui parler : {mandate.person}.", reverse("actors:pole", args=[mandate.pole.code]), facets(pole=mandate.pole.code),
        )  # fmt: skip
