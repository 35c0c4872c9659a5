"""`horizon routes` lists every address with its rule, and each rule says in a sentence whom it lets in."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
from django.test import override_settings
from django.urls import get_resolver, include, path, reverse

from horizon.config.routes import walk
from horizon.kernel import access
from horizon.kernel.views import journal

ROUTES = list(walk())


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "horizon.config.cli", "routes", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern)
def test_each_address_has_a_name_a_rule_and_a_sentence(route):
    assert route.name and route.rule, f"{route.pattern} has no name or no rule"
    assert len(route.says) > 10, f"the rule {route.rule} has no docstring"


def test_none_is_missing_and_each_leads_where_it_says():
    """Compared with what Django itself reverses: as many names, and the same patterns."""
    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert known <= {route.name for route in ROUTES}
    by_name = {route.name: route for route in ROUTES}
    assert by_name["kernel:journal"].pattern == reverse("kernel:journal") == "/journal/"
    assert by_name["directory:entry"].pattern == "/structures/<slug:public_id>/"
    assert by_name["kernel:journal"].rule == access.everyone.__name__
    assert by_name["care:desk"].rule != access.everyone.__name__
    namespaces = set(get_resolver().namespace_dict)
    assert namespaces and namespaces <= {route.name.split(":")[0] for route in ROUTES}


def test_the_command_says_the_same_in_json_and_for_people():
    told = run("--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == [asdict(route) for route in ROUTES]
    plain = run()
    assert plain.returncode == 0 and len(plain.stdout.splitlines()) == len(ROUTES)
    assert "AUCUNE RÈGLE" not in plain.stdout and "(sans nom)" not in plain.stdout


class Nested:
    """Addresses nobody wrote a rule for."""

    inner = [path("deep/<int:number>/", journal, name="deep"), path("bare/", journal)]
    urlpatterns = [
        path("one/", include(([path("two/", include((inner, "b"), namespace="b"))], "a"), namespace="a"))
    ]


@override_settings(ROOT_URLCONF=Nested)
def test_an_address_without_a_rule_or_a_name_is_seen():
    found = [(route.name, route.pattern, route.rule, route.says) for route in walk()]
    assert found == [("a:b:deep", "/one/two/deep/<int:number>/", None, ""), ("", "/one/two/bare/", None, "")]
