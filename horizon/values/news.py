"""What values tell of what happens: a version published, a visit confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from horizon.kernel.news import News, declare_news, facets
from horizon.values.models import Assessment, Visit


def declare() -> None:
    """Tells the kernel about this room."""
    declare_news("values", find)


def find(since: datetime, until: datetime) -> Iterator[News]:
    """Versions published and visits confirmed between two instants, if they still are. Two queries."""
    rows = Assessment.objects.filter(
        status=Assessment.PUBLISHED, published_at__gte=since, published_at__lt=until
    )
    for row in rows.select_related("organization__canonical").order_by("published_at", "pk"):
        assert row.published_at
        whole = row.organization.whole
        yield News(
            f"values:{row.pk}", row.published_at, "page", whole.name, "Dit comment elle vit ses valeurs.",
            reverse("values:show", args=[whole.public_id]), facets(entry=whole.public_id),
        )  # fmt: skip
    visits = Visit.objects.filter(
        status=Visit.DONE,
        assessment__status=Assessment.PUBLISHED,
        visitor_agreed_at__lt=until,
        visited_agreed_at__lt=until,
    ).exclude(visitor_agreed_at__lt=since, visited_agreed_at__lt=since)
    for visit in visits.select_related("organization__canonical", "visitor__canonical").order_by("pk"):
        assert visit.visitor_agreed_at and visit.visited_agreed_at
        whole = visit.organization.whole
        yield News(
            f"visit:{visit.pk}", max(visit.visitor_agreed_at, visit.visited_agreed_at), "page", whole.name,
            f"Visitée par {visit.visitor.whole.name}.", reverse("values:show", args=[whole.public_id]),
            facets(entry=whole.public_id),
        )  # fmt: skip
