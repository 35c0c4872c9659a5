"""Small acts that the tests of exchange share."""

from horizon.actors.models import Organization
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.territory.models import Commune
from tests.people import a_referent, somebody

LUSIGNAN = "86139"


def values(title="Deux barnums", **more):
    return {
        "kind": "equipment", "title": title, "text": "", "quantity": None, "unit": "", "terms": "loan", "price": "",
        "commune": Commune.objects.get(code=more.pop("commune", LUSIGNAN)), "from_on": None, "until_on": None,
        "audience": Listing.EVERYBODY, **more,
    }  # fmt: skip


def organization(number=0):
    return Organization.objects.filter(kind=Organization.REGISTER).order_by("pk")[number]


def an_offer(number=0, side=Listing.OFFER, holder=None, **more):
    """A published offer of the structure of that rank."""
    holder = holder or Party(organization(number))
    made = listings.write_listing(side, holder, values(**more), once=fresh_once(), actor="test")
    return listings.publish_listing(made, actor="test", read=True)


def an_ask(number=1, **more):
    """A published ask of the structure of that rank."""
    return an_offer(number, side=Listing.ASK, **more)


def two_sides(listing, number=1):
    """The referents of both sides and a deal proposed between them."""
    holder = a_referent(listing.organization) if listing.organization else listing.person
    opener = somebody("Camille Ferrandeau")
    party = Party(organization(number))
    from horizon.actors.services.people import join_as_referent

    join_as_referent(opener, party.organization, obtained_by="operator", actor="test")
    deal = dealing.propose_deal(listing, party, "Bonjour", once=fresh_once(), author=opener)
    return holder, opener, deal
