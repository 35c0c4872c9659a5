"""Behind Caddy or nginx: the site knows that the reader came by https, and writes its own public address, never the proxy's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from horizon.directory.models import Statement
from horizon.directory.said.services import state
from horizon.engine import tables
from horizon.kernel import pictures
from tests.people import a_referent, an_operator, enter, entry_named

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = """
import json
from django.conf import settings
print(json.dumps([settings.SECURE_PROXY_SSL_HEADER, settings.SECURE_HSTS_SECONDS]))
"""


def settings_of(**environment):
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "horizon.config.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_header_is_believed_of_a_trusted_proxy_only():
    origin = {"HORIZON_ORIGIN": "https://ess.exemple.fr", "HORIZON_HOSTS": "ess.exemple.fr"}
    assert settings_of(**origin, HORIZON_PROXIES="1") == [["HTTP_X_FORWARDED_PROTO", "https"], 31_536_000]
    assert settings_of(**origin, HORIZON_PROXIES="0") == [None, 31_536_000]


@pytest.fixture
def proxied(settings, client):
    """A site as `horizon setup` sets it behind one proxy, and what Caddy adds to a request."""
    settings.ORIGIN = "https://ess.exemple.fr"
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client.defaults["HTTP_X_FORWARDED_PROTO"] = "https"
    return client


def test_https_is_told_to_browsers_and_written_in_what_leaves(published, proxied):
    entry = entry_named("pédalier")
    page = proxied.get(f"/structures/{entry.organization.public_id}/")
    assert page["Strict-Transport-Security"].startswith("max-age=31536000")
    described = json.loads(
        re.search(r'<script type="application/ld\+json">(.*?)</script>', page.content.decode(), re.S)[1]
    )
    assert described["@id"] == f"https://ess.exemple.fr/structures/{entry.organization.public_id}/"
    table = b"".join(proxied.get("/annuaire.csv").streaming_content).decode()
    assert f"https://ess.exemple.fr/structures/{entry.organization.public_id}/" in table
    assert "http://testserver" not in table
    assert "Strict-Transport-Security" not in proxied.get("/", HTTP_X_FORWARDED_PROTO="http")


def test_a_question_by_mail_leads_to_the_public_address(
    published, proxied, mailoutbox, django_capture_on_commit_callbacks
):
    organization = entry_named("pédalier").organization
    a_referent(organization)
    made = state(organization, {"phone": "05 49 00 00 00"}, origin=Statement.VISITOR, actor="visitor")
    enter(proxied, an_operator())
    with django_capture_on_commit_callbacks(execute=True):
        proxied.post(f"/bureau/suggestions/{made[0].pk}/", {"verb": "ask"})
    assert (
        f"Accepter ou refuser : https://ess.exemple.fr/bureau/suggestions/{made[0].pk}/"
        in mailoutbox[-1].body
    )


def test_the_proxies_let_through_what_the_forms_accept():
    """A table or a photo of the greatest size, with a megabyte for the rest of its form."""
    caddy = re.search(r"max_size (\d+)MB", (DEPLOY / "Caddyfile").read_text())
    nginx = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    most = max(tables.MAX_BYTES, pictures.MAX_BYTES) + 1_000_000
    assert int(caddy[1]) * 1_000_000 >= most and int(nginx[1]) * 1024**2 >= most
