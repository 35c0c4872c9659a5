"""Writing to the structures of a selection (liste de diffusion), for those who animate."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from horizon.actors.reach import with_addresses
from horizon.actors.views.contacts import show_addresses
from horizon.directory.listing import iter_entries
from horizon.directory.selection import Selection


@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of the selection, all its pages, each once, and how many structures have none."""
    found = with_addresses(
        iter_entries(Selection.parse(request.GET)), lambda entry: entry.organization.root_id
    )
    return show_addresses(request, (reached.all for _, reached in found), reverse("directory:list"))
