"""Every address has a rule; without one it is refused; no address changes data on GET."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from horizon.kernel import access


def addresses(resolver=None, namespace=""):
    """All `namespace:name` of the site, with their route."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", str(pattern.pattern)


ALL = sorted(addresses())
PUBLIC = {
    "care:report",
    "directory:csv",
    "directory:entry",
    "directory:list",
    "directory:positions",
    "portal:accessibility",
    "portal:commune",
    "portal:communes",
    "portal:door",
    "portal:health",
    "portal:home",
    "portal:legal",
    "portal:methods",
    "portal:panorama",
    "portal:panorama-index",
    "portal:privacy",
    "portal:sitemap",
}


@pytest.mark.parametrize(("name", "route"), ALL)
def test_every_address_has_a_name_and_a_rule(name, route):
    assert not name.endswith("None"), f"the address {route} has no name"
    assert access.rule_for(name) is not None, f"the address {name} has no rule"


@pytest.mark.parametrize(("name", "route"), ALL)
@pytest.mark.parametrize(("role", "expected_on_public", "expected_elsewhere"), [
    ("visitor", True, False), ("member", True, False), ("operator", True, True),
])  # fmt: skip
def test_each_role_opens_what_its_rule_says(name, route, role, expected_on_public, expected_elsewhere):
    user = {
        "visitor": AnonymousUser(),
        "member": User(username="m", is_active=True),
        "operator": User(username="o", is_active=True, is_staff=True),
    }[role]
    expected = expected_on_public if name in PUBLIC else expected_elsewhere
    assert access.rule_for(name)(user) is expected


def test_an_address_without_a_rule_is_refused(rf):
    """Denied by default: the middleware does not know this name."""
    request = rf.get("/nowhere")
    request.user = User(username="o", is_active=True, is_staff=True)
    request.resolver_match = type("Match", (), {"view_name": "room:unruled"})()
    middleware = access.AccessMiddleware(lambda request: HttpResponse())
    with pytest.raises(PermissionDenied):
        middleware.process_view(request, None, (), {})


def test_a_rule_cannot_be_replaced_in_silence():
    with pytest.raises(ValueError, match="already has a rule"):
        access.allow(access.staff, "portal:home")
