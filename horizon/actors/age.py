"""No account under fifteen: until somebody said that they are, their space and what is theirs stay closed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from horizon.actors.models import Person

OPEN = frozenset({
    "actors:of-age", "account_logout", "actors:erase", "actors:export", "account_reauthenticate", "portal:privacy",
    "portal:legal", "portal:accessibility", "portal:processing-register", "portal:younger", "directory:photo",
})  # fmt: skip


class AgeMiddleware:
    """Sends whoever just entered to the one question; those who read the site without an account are never asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Runs before the view."""
        person = getattr(request, "user", None)
        if not isinstance(person, Person) or person.of_age_at or person.demo:
            return None
        if request.resolver_match is None or request.resolver_match.view_name in OPEN:
            return None
        return HttpResponseRedirect(
            f"{reverse('actors:of-age')}?{urlencode({'next': request.get_full_path()})}"
        )
