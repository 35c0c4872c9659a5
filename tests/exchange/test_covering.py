"""Several offers that cover an ask: the largest are weighed too, and what was not weighed is not called exact."""

from decimal import Decimal

import pytest

from horizon.exchange import finding
from tests.exchange.kit import an_ask, an_offer

pytestmark = pytest.mark.django_db
CHAIRS = {"kind": "goods", "terms": "gift", "unit": "piece"}


def test_the_largest_offers_are_weighed_though_others_say_it_better(client, published, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    large = [
        an_offer(0, title=f"Un lot de chaises de bistrot {n}", quantity=Decimal(40 + n), **CHAIRS)
        for n in (0, 1)
    ]
    for n in range(5):
        an_offer(2, title="Chaises pliantes", quantity=Decimal(5 + n), **CHAIRS)
    ask = an_ask(1, title="80 chaises pliantes", quantity=Decimal(80), **CHAIRS)
    monkeypatch.setattr(finding, "WEIGHED", 1)
    monkeypatch.setattr(finding, "COVERING", 4)
    finding.caches["pairing"].clear()
    found = finding.matches(ask, members=False)
    together = finding.together(ask, found)
    assert {one.key for one in together.matches} == {one.public_id for one in large}
    assert found.cut and (together.exact, together.at_least) == (False, 2)
    assert finding.matches(ask, members=False).cut, "kept with what was found"
    page = client.get(f"/echanges/{ask.public_id}/").content.decode()
    assert "parmi celles que nous avons pesées" in page and "on ne peut pas faire avec moins" not in page
    monkeypatch.setattr(finding, "COVERING", 200)
    finding.caches["pairing"].clear()
    found = finding.matches(ask, members=False)
    assert not found.cut and finding.together(ask, found).exact
    page = client.get(f"/echanges/{ask.public_id}/").content.decode()
    assert "À plusieurs" in page and "avons pesées" not in page


def test_how_far_they_are_together_is_said(client, published, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    for n in (0, 2):
        an_offer(n, title="Chaises pliantes", quantity=Decimal(40), commune="86194", **CHAIRS)
    ask = an_ask(1, title="80 chaises pliantes", quantity=Decimal(80), commune="86139", **CHAIRS)
    assert "en additionnant les distances" in client.get(f"/echanges/{ask.public_id}/").content.decode()
