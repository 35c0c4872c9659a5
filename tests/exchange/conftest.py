"""An ask that several offers cover, who holds it, and the form that its page prepares."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from horizon.exchange import finding
from tests.exchange.kit import an_ask
from tests.exchange.together_pages import CHAIRS, chairs, form_of, page_of
from tests.people import a_referent


@pytest.fixture
def _covered_site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    cache.clear()
    finding.caches["pairing"].clear()


@pytest.fixture
def ask():
    """Eighty chairs are asked: forty, thirty and thirty cover them, two are not enough; a fourth is spare."""
    for number, quantity in ((0, 40), (2, 30), (3, 30), (4, 20)):
        chairs(number, quantity)
    return an_ask(1, title="80 chaises pliantes", quantity=Decimal(80), **CHAIRS)


@pytest.fixture
def asker(ask):
    return a_referent(ask.organization)


@pytest.fixture
def sheet(client, ask, asker):
    """The prepared form, with a message written in it, and where it goes."""
    client.force_login(asker)
    address = f"/echanges/{ask.public_id}/ensemble/"
    return address, form_of(page_of(client, address)) | {"text": "Pour la fête du 5 juin."}
