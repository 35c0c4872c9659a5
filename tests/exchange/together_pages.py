"""The page of an ask that several offers cover, as its tests read and send it."""

import html
import re
from decimal import Decimal

from horizon.exchange.models import Deal, Listing
from tests.exchange.kit import an_offer, organization

CHAIRS = {"kind": "goods", "terms": "gift", "unit": "piece"}


def chairs(number, quantity, **more):
    return an_offer(number, title="Chaises pliantes", quantity=Decimal(quantity), **CHAIRS | more)


def offer_of(number):
    return Listing.objects.get(side=Listing.OFFER, organization=organization(number))


def page_of(client, address, code=200):
    answer = client.get(address)
    assert answer.status_code == code
    return html.unescape(answer.content.decode())


def form_of(page):
    """The fields of the form as a browser would send them back, in the order of the page."""
    main = page[page.index('<form method="post" class="stack mt3"') :]
    written = r'<input type="(?:text|hidden)" name="((?:once|seen|quantity)[^"]*)"(?: value="([^"]*)")?'
    fields = dict(re.findall(written, main))
    text = re.search(r'<textarea name="text"[^>]*>\s*(.*?)</textarea>', main, re.S)
    return fields | {"text": text[1]}


def quantities(form):
    return {
        name.removeprefix("quantity_"): value for name, value in form.items() if name.startswith("quantity_")
    }


def sent(client, sheet):
    assert client.post(*sheet).status_code == 302
    return list(Deal.objects.order_by("listing__organization__pk"))
