"""Who may open what: one rule per address, deny by default.

A rule is a predicate `(user) -> bool` under the name of an address. An address without a rule answers 403 and
fails a test of the house. Object rules live in each room's `access.py`.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from horizon.kernel import interrupted

WITHOUT_KEY = "operator_without_key"
Rule = Callable[[object], bool]
_rules: dict[str, Rule] = {}


def everyone(user: object) -> bool:
    """Public address (page publique)."""
    return True


def signed_in(user: object) -> bool:
    """Anybody with an account (espace personnel)."""
    return bool(getattr(user, "is_authenticated", False) and getattr(user, "is_active", False))


def operators(user: object) -> bool:
    """Operator's desk (bureau de l’animation)."""
    return signed_in(user) and "operator" in getattr(user, "roles", ())


def allow(rule: Rule, *names: str) -> None:
    """Gives a rule to addresses by their `namespace:name`. Raises ValueError when a name already has another."""
    for name in names:
        if _rules.get(name, rule) is not rule:
            raise ValueError(f"address {name} already has a rule")
        _rules[name] = rule


def rule_for(name: str) -> Rule | None:
    """The rule of an address, or None when nobody wrote one."""
    return _rules.get(name)


class AccessMiddleware:
    """Refuses every address that has no rule, then applies the rule to the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """What is shown to somebody who entered is kept by no cache, unless the page said how.

        What a browser had kept is forgotten once a view took it: refused, it is still there.
        """
        response = self.get_response(request)
        taken = request.method == "POST" and response.status_code < 400
        if taken and interrupted.SESSION in getattr(request, "session", ()):
            interrupted.sent_again(request)
        session = getattr(request, "session", None)
        if (
            session is not None
            and session.accessed
            and "_auth_user_id" in session
            and not response.has_header("Cache-Control")
        ):
            response["Cache-Control"] = "private, no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Runs before the view: a visitor is asked to sign in first; anybody else raises PermissionDenied (403)."""
        try:
            match = request.resolver_match or resolve(request.path_info)
        except Resolver404:  # the router answers 404 itself
            return None
        rule = _rules.get(match.view_name)
        user = getattr(request, "user", None)
        if rule is None or not rule(user):
            if rule is not None and not signed_in(user) and request.method in {"GET", "HEAD"}:
                return redirect_to_login(request.get_full_path())
            if rule is operators and WITHOUT_KEY in getattr(user, "roles", ()):
                return redirect(settings.PROTECT_URL)
            if rule is not None:
                _keep_what_a_visitor_sent(request)
            raise PermissionDenied
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Runs when a view refuses: what a visitor sent there is kept too."""
        if isinstance(exception, PermissionDenied):
            _keep_what_a_visitor_sent(request)


def _keep_what_a_visitor_sent(request: HttpRequest) -> None:
    """The answer stays 403; what was typed is given back after entering (`kernel/interrupted.py`), and the page says so."""
    if request.method == "POST" and hasattr(request, "session") and not signed_in(request.user):
        request.interrupted = interrupted.keep(request)  # type: ignore[attr-defined]
        request.page_before = interrupted.page_before(request)  # type: ignore[attr-defined]
