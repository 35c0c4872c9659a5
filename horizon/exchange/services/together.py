"""Writing to every offer of a set at once: one proposal with each, or none."""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b

from django.db import transaction

from horizon.actors.models import Person
from horizon.exchange import together
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party
from horizon.exchange.services.dealing import locking, propose_deal, whole_listings
from horizon.kernel.refusal import Refused

ASK_IS_OVER = "Votre demande n’est plus ouverte : remettez-la d’abord."


class NotAll(Refused):
    """Nothing was sent: `why` says, by offer, which cannot be written to as things are."""

    def __init__(self, why: dict[str, str]):
        super().__init__("Rien n’est parti : tout ne peut pas être envoyé ainsi.")
        self.why = why


def once_of(once: str, offer: str) -> str:
    """What tells the proposal made to one offer by one form: sent again, it is the same."""
    return blake2b(f"{once}.{offer}".encode(), digest_size=16).hexdigest()


def sent_by(once: str, offers: list[str]) -> list[Deal]:
    """The proposals that this form has made already. One query."""
    marks = [once_of(once, one) for one in offers]
    return list(Deal.objects.filter(once__in=marks).select_related("listing__organization__canonical"))


@transaction.atomic
def propose_together(
    ask: Listing, asked: dict[str, tuple[Decimal, str]], text: str, *, once: str, asker: Party, author: Person
) -> list[Deal]:  # fmt: skip
    """The holder of an ask answers each of these offers with it: `asked` is, by offer, how many and the mark of what was read.

    One proposal each, as `propose_deal` makes it. Raises NotAll, and sends nothing, when one of them cannot be written to, has
    less left or changed; Refused when the ask is over.
    """
    # In one order, so that two sets never wait for each other.
    offers = list(locking(whole_listings().filter(public_id__in=asked)).order_by("pk"))
    done = sent_by(once, list(asked))
    already = {deal.listing.public_id for deal in done}
    fresh = whole_listings().get(pk=ask.pk)
    offers = [one for one in offers if one.public_id not in already]
    if offers and not fresh.is_open:
        raise Refused(ASK_IS_OVER)
    lines = together.lines_of(fresh, offers, asker, author, together.progress_of(fresh))
    why = together.problems_of(lines, asked)
    for one in offers:
        key = one.public_id
        if key in why:
            continue
        try:
            done.append(
                propose_deal(
                    one,
                    asker,
                    text,
                    once=once_of(once, key),
                    author=author,
                    other=fresh,
                    quantity=asked[key][0],
                )
            )
        except Refused as problem:
            why[key] = str(problem)
    if why:
        raise NotAll(why)
    return done
