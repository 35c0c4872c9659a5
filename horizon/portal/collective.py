"""The collective as everybody sees it: who is in it, by college, how to join, the poles and their contacts."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from horizon.actors.mandated import mandated
from horizon.actors.models import College, Membership
from horizon.actors.queries import counted_once
from horizon.directory.models import Entry

PER_PAGE = 60


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The public members' list, with filters by college in the address. Seven queries whatever the members and mandates."""
    active = counted_once(Membership.objects.filter(status=Membership.ACTIVE))
    per_college = dict(active.order_by().values_list("college").annotate(n=Count("pk")))
    colleges = list(College.objects.all())
    for one in colleges:
        one.members = per_college.get(one.pk, 0)  # type: ignore[attr-defined]
    college = next((c for c in colleges if c.code == request.GET.get("college")), None)
    found = active.select_related("organization__canonical", "college")
    if college:
        found = found.filter(college=college)
    page = Paginator(found.order_by("college__rank", "organization__name", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = list(page.object_list)
    entries = {
        entry.organization_id: entry
        for entry in Entry.objects.filter(
            organization__in=[row.organization.root_id for row in rows]
        ).select_related("commune")
    }
    return render(
        request,
        "portal/collective.html",
        {
            "page": page,
            "rows": [(row, entries.get(row.organization.root_id)) for row in rows],
            "mandated": mandated(),
            "colleges": colleges,
            "college": college,
            "members": sum(per_college.get(c.pk, 0) for c in colleges if not c.partner),
            "partners": sum(per_college.get(c.pk, 0) for c in colleges if c.partner),
            "query": f"college={college.code}" if college else "",
        },
    )
