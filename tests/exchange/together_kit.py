"""Prepares and counts in the database of a running site: `python -m tests.exchange.together_kit prepare|count`."""

import json
import sys
from decimal import Decimal

TEAM, RIVALS = 4, 2
CHAIRS = {"kind": "goods", "terms": "gift", "unit": "piece", "quantity": Decimal(40)}


def main(verb: str) -> None:
    """An ask that two offers cover, with four people who hold it, and two who each take the last of one offer; or what came of it."""
    import django

    django.setup()
    print(json.dumps(_prepare() if verb == "prepare" else _count()))  # noqa: T201


def _prepare() -> dict:
    from horizon.actors.services.people import join_as_referent
    from horizon.exchange.parties import Party
    from horizon.exchange.services import dealing
    from tests.exchange.kit import an_ask, an_offer, organization
    from tests.people import a_referent, somebody
    from tests.visitors import session_of

    team = [somebody() for _ in range(TEAM)]
    for person in team:
        join_as_referent(person, organization(1), obtained_by="operator", actor="test")
    offers = [an_offer(number, title="Chaises pliantes", **CHAIRS) for number in (0, 2)]
    ask = an_ask(1, title="80 chaises pliantes", **{**CHAIRS, "quantity": Decimal(80)})
    holder, rivals = a_referent(organization(0)), []
    for number in range(RIVALS):
        person = somebody()
        rival = dealing.propose_deal(
            offers[0], Party(person=person), "Moi", once=f"kit-{number}", author=person
        )
        dealing.accept_deal(rival, author=holder)
        dealing.agree(rival, {"quantity": Decimal(40)}, author=holder, from_holder=True)
        rivals.append([session_of(person), rival.public_id])
    return {"ask": ask.public_id, "team": [session_of(one) for one in team], "rivals": rivals}


def _count() -> dict:
    from horizon.exchange.models import Deal, Message
    from horizon.kernel.models import Event

    made = Deal.objects.filter(other__title="80 chaises pliantes")
    return {
        "concluded": Deal.objects.filter(status=Deal.CONCLUDED).count(),
        "offers": sorted(made.values_list("listing__organization", flat=True)),
        "messages": Message.objects.filter(deal__in=made).count(),
        "events": Event.objects.filter(
            record_type="deal", verb="propose", record_id__in=list(made.values_list("public_id", flat=True))
        ).count(),
    }


if __name__ == "__main__":
    main(sys.argv[1])
