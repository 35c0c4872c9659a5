"""Prepares and counts in the database of a running site: `python -m tests.exchange.crowd_kit prepare|count`."""

import json
import sys
from decimal import Decimal

SIDE, RIVALS = 15, 8


def main(verb: str) -> None:
    """A deal with fifteen people on each side, and eight deals for the same last unit; or counts what came of them."""
    import django

    django.setup()
    print(json.dumps(_prepare() if verb == "prepare" else _count()))  # noqa: T201


def _prepare() -> dict:
    from horizon.actors.services.people import join_as_referent
    from horizon.exchange.parties import Party
    from horizon.exchange.services import dealing
    from tests.exchange.kit import an_offer, organization
    from tests.people import somebody
    from tests.visitors import session_of

    def team(number, size):
        people = [somebody() for _ in range(size)]
        for person in people:
            join_as_referent(person, organization(number), obtained_by="operator", actor="test")
        return people

    holders, openers = team(0, SIDE), team(1, SIDE)
    shared = an_offer(0, quantity=Decimal(2), unit="piece")
    deal = dealing.propose_deal(shared, Party(organization(1)), "Bonjour", once="kit", author=openers[0])
    dealing.accept_deal(deal, author=holders[0])
    last = an_offer(0, title="Un lit", kind="goods", terms="gift", quantity=Decimal(1), unit="piece")
    rivals = []
    for number in range(RIVALS):
        person = somebody()
        rival = dealing.propose_deal(last, Party(person=person), "Moi", once=f"kit-{number}", author=person)
        dealing.accept_deal(rival, author=holders[0])
        dealing.agree(rival, {"quantity": Decimal(1)}, author=holders[0], from_holder=True)
        rivals.append([session_of(person), rival.public_id])
    return {
        "deal": deal.public_id,
        "people": [session_of(p) for p in holders + openers],
        "rivals": rivals,
        "last": last.pk,
    }


def _count() -> dict:
    from horizon.exchange.models import Deal, Listing
    from horizon.kernel.models import Event

    return {
        "concluded": sorted(
            Deal.objects.filter(status=Deal.CONCLUDED).values_list("listing__title", flat=True)
        ),
        "events": Event.objects.filter(record_type="deal", verb="conclude").count(),
        "talking": Deal.objects.filter(status=Deal.TALKING).count(),
        "closed": Listing.objects.filter(status=Listing.CLOSED).count(),
    }


if __name__ == "__main__":
    main(sys.argv[1])
