"""Typing an offer or an ask that was heard by telephone or read on paper, in the name of who told it."""

from __future__ import annotations

from horizon.actors.models import Organization, Person
from horizon.actors.services.people import find_or_create_person
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services.listing import publish_listing, write_listing
from horizon.exchange.shipped import with_lexicon
from horizon.kernel.refusal import Refused

NO_SOURCE = (
    "Dites de qui vous le tenez et comment : « la trésorière, au téléphone », « fiche papier du marché »."
)


@with_lexicon()
def note_listing(
    side: str, values: dict, *, once: str, heard_from: str, by: Person, organization: Organization | None = None, email: str = ""
) -> Listing:  # fmt: skip  # noqa: PLR0913
    """Keeps and publishes what somebody who animates heard: for a structure, for a person known by an address (to whom answers go),
    else in their own name, to pass answers on. Its holder is told. The same `once` again gives the same listing.

    Raises Refused without a source, and for what may not be offered or asked.
    """
    if not heard_from.strip():
        raise Refused(NO_SOURCE)
    known = Listing.objects.filter(once=once).first()
    if known is not None:
        return known
    person = find_or_create_person(email, actor=by.actor) if email else by
    holder = Party(organization) if organization else Party(person=person)
    made = write_listing(side, holder, values, once=once, actor=by.actor, heard_from=heard_from)
    return publish_listing(made, actor=by.actor, read=True)
