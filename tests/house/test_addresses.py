"""Every address has a rule; without one it is refused; no address changes data on GET; the matrix role × address."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from horizon.actors.models import Person
from horizon.kernel import access


def addresses(resolver=None, namespace=""):
    """All `namespace:name` of the site, with their route."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", str(pattern.pattern)


ALL = sorted(addresses())
PERSONAL = {
    "actors:answer", "actors:ask", "actors:ask-withdraw", "actors:attestation", "actors:end-role", "actors:erase", "actors:export", "actors:invitation",
    "actors:join", "actors:leave", "actors:mandate", "actors:mandate-contacts", "actors:me", "actors:relay", "actors:relay-end", "actors:role",
    "kernel:take-up", "actors:link-answer", "actors:link-end", "actors:link-reopen", "actors:links", "care:declare-link",
    "actors:sessions", "actors:sign-out-everywhere", "actors:team",
    "care:answered", "care:claim", "care:claim-page", "care:closure", "care:confirm", "care:desk", "care:undo-confirm", "care:history-undo",
    "care:photo-remove", "care:photos", "care:suggestion", "listening:answer", "listening:answer-together",
    "listening:take-back", "exchange:accept", "exchange:agree", "exchange:close", "exchange:deal", "exchange:decline",
    "exchange:edit", "exchange:message", "exchange:mine", "exchange:reopen", "exchange:return",
    "exchange:picture-change", "exchange:pictures", "exchange:propose", "exchange:publish", "exchange:renew", "exchange:together",
    "exchange:write",
    "relief:available", "relief:change", "relief:help",
    "subscriptions:mine", "care:duplicate",
    "values:act", "values:answer", "values:propose", "values:reply", "values:report", "values:withdraw", "values:write",
    "account_reauthenticate", "actors:of-age", "mfa_index", "mfa_list_webauthn", "mfa_add_webauthn",
    "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
}  # fmt: skip
DESK = {
    "actors:ask-due", "actors:change-kind", "actors:colleges", "actors:contact", "actors:contact-change", "actors:contact-forget",
    "actors:contact-keep", "actors:contacts", "actors:correct-mandate", "actors:correct-note", "actors:delete-note", "actors:describe-pole",
    "actors:dues", "actors:mandates-addresses", "actors:mandates-csv", "directory:addresses",
    "actors:contacts-addresses", "actors:contacts-csv", "actors:members-addresses", "actors:decide", "actors:due", "actors:end-mandate",
    "actors:finish-note", "actors:left-name", "actors:link-evidence", "actors:manage-poles", "actors:mandates", "actors:members", "actors:members-csv",
    "actors:new-mandate", "care:calls", "care:letters", "care:missing-answer", "listening:address", "listening:by-reference",
    "listening:group",
    "care:split", "care:import", "care:import-file", "care:import-line", "care:import-progress", "care:import-result", "care:imports",
    "listening:hide-voice", "listening:manage", "listening:refuse", "listening:show-voice", "listening:split", "listening:type-in",
    "exchange:funnel", "exchange:note", "relief:desk", "relief:phone", "relief:refuse",
    "pages:desk", "pages:history", "pages:write", "pages:write-new", "values:note",
}  # fmt: skip


def person(*roles, active=True):
    """Somebody with these roles, without a database."""
    made = Person(email="x@example.org", is_active=active)
    made.__dict__["roles"] = frozenset(roles)
    return made


ROLES = {
    "visitor": (AnonymousUser(), 0),
    "closed account": (person("citizen", "operator", active=False), 0),
    "citizen": (person("citizen"), 1),
    "referent": (person("citizen", "referent"), 1),
    "member": (person("citizen", "referent", "member"), 1),
    "partner": (person("citizen", "referent", "partner"), 1),
    "elected": (person("citizen", "elected"), 1),
    "agent": (person("citizen", "agent"), 1),
    "pole referent": (person("citizen", "pole_referent"), 1),
    "operator": (person("citizen", "operator"), 2),
}


@pytest.mark.parametrize(("name", "route"), ALL)
def test_every_address_has_a_name_and_a_rule(name, route):
    assert not name.endswith("None"), f"the address {route} has no name"
    assert access.rule_for(name) is not None, f"the address {name} has no rule"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "route"), ALL)
def test_each_role_opens_what_its_rule_says(name, route, role):
    """Public addresses are what is written in neither list: adding a private one means writing it here."""
    user, level = ROLES[role]
    needed = 2 if name in DESK else 1 if name in PERSONAL else 0
    assert access.rule_for(name)(user) is (level >= needed)


def test_the_lists_name_only_addresses_that_exist():
    assert {name for name, _ in ALL} >= PERSONAL | DESK


def test_an_address_without_a_rule_is_refused(rf):
    """Denied by default: the middleware does not know this name."""
    request = rf.get("/nowhere")
    request.user = person("citizen", "operator")
    request.resolver_match = type("Match", (), {"view_name": "room:unruled"})()
    middleware = access.AccessMiddleware(lambda request: HttpResponse())
    with pytest.raises(PermissionDenied):
        middleware.process_view(request, None, (), {})


def test_a_visitor_is_asked_to_sign_in_and_a_post_is_refused(rf):
    request = rf.get("/bureau/")
    request.user = AnonymousUser()
    request.resolver_match = type("Match", (), {"view_name": "care:desk"})()
    middleware = access.AccessMiddleware(lambda request: HttpResponse())
    assert middleware.process_view(request, None, (), {}).url == "/entrer/?next=/bureau/"
    request.method = "POST"
    with pytest.raises(PermissionDenied):
        middleware.process_view(request, None, (), {})


def test_a_rule_cannot_be_replaced_in_silence():
    with pytest.raises(ValueError, match="already has a rule"):
        access.allow(access.operators, "portal:home")
