"""A little of everything: what is public, and what must not go out (each with the word `SECRET`).

`python -m tests.opendata.kit` makes it for a running site, from an empty database.
"""

from __future__ import annotations

SECRET = "SECRET"


def main() -> None:
    """In its own process: the database, the publication, what is said, the files."""
    import django

    django.setup()
    from django.conf import settings

    from horizon.directory.services import publish_directory
    from horizon.observatory.read import Marts
    from horizon.opendata.dumps import write_dumps
    from tests.published import TERRITORY

    with Marts(settings.MARTS) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    fill()
    write_dumps()


def fill() -> None:
    """Needs, answers, listings, statements: some public, some not."""
    from horizon.directory.models import Statement
    from horizon.directory.said.refresh import refresh_directory
    from horizon.directory.said.services import state
    from tests.people import entry_named

    bike, bread, stage = (entry_named(word).organization for word in ("Pédalier", "PAIN", "VONNE"))
    state(bike, {"hours": "Mardi, 14 h à 18 h", "phone": "0536491234", "email": "contact@example.org"},
          origin=Statement.REFERENT, actor="test", publish=True)  # fmt: skip
    state(
        stage,
        {"description": "Théâtre SECRET de partage"},
        origin=Statement.OPERATOR,
        actor="test",
        publish=True,
    )
    Statement.objects.filter(organization=stage).update(licence="ODbL 1.0")
    state(bread, {"description": "SECRET à relire"}, origin=Statement.VISITOR, actor="visitor",
          message="SECRET message", email="secret@example.org")  # fmt: skip
    needs(bread)
    exchanges(bike, bread)
    refresh_directory()


def needs(bread) -> None:
    """A need answered, one that waits, one grouped, and what nobody may read."""
    from horizon.listening.models import Answer, Need
    from horizon.listening.services import answering, reading, saying
    from tests.people import an_operator, somebody

    operator = an_operator()

    def said(words: str) -> Need:
        voice = saying.say_need(words, once=saying.fresh_once())
        return reading.publish_need(voice.need, actor="test")

    baked, bus, oven = (
        said("Un four à pain à Lusignan"),
        said("Un bus le soir à Lusignan"),
        said("Un four, ici"),
    )
    reading.group_needs(oven, baked, actor="test")
    too = saying.say_too(
        baked, once=saying.fresh_once(), words="SECRET : mes mots", email="secret@example.org"
    )
    reading.read_voice(too, True, actor="test")
    saying.say_need("SECRET : le banc de M. Dupontel", once=saying.fresh_once())
    reading.refuse_need(said("SECRET refusé"), "un nom", actor="test")
    answer = {"author": operator, "speaks_as": "authority", "title": "SECRET, vice-présidence"}
    answering.answer_need(baked, kind=Need.EXISTS, text="Le mardi.", organizations=[bread], **answer)
    gone = answering.answer_need(bus, kind=Need.STUDIED, text="SECRET repris", **answer)
    answering.take_back_answer(gone, actor="test")
    answering.answer_need(
        bus, kind=Answer.LEAD, text="SECRET piste à lire", author=somebody("SECRET Nom"), speaks_as="citizen"
    )


def exchanges(bike, bread) -> None:
    """Open offers and asks of structures; those of people, of members, withdrawn, in draft."""
    from horizon.exchange.forms import fresh_once
    from horizon.exchange.models import Listing
    from horizon.exchange.parties import Party
    from horizon.exchange.services import listing as listings
    from tests.exchange.kit import an_ask, an_offer, values
    from tests.people import somebody

    an_offer(holder=Party(bike), title="Deux barnums", quantity=2, unit="piece", price="caution de 50 €")
    an_ask(holder=Party(bread), title="=PIANO droit", kind="goods")
    an_offer(holder=Party(bike), title="SECRET entre membres", audience=Listing.MEMBERS)
    closed = an_offer(holder=Party(bike), title="SECRET retirée")
    listings.close_listing(closed, actor="test")
    listings.write_listing(
        Listing.OFFER, Party(bike), values(title="SECRET brouillon"), once=fresh_once(), actor="test"
    )
    for _ in range(3):
        an_offer(
            holder=Party(person=somebody("SECRET Nom")),
            title="SECRET coup de main",
            kind="help",
            terms="gift",
        )
    an_offer(holder=Party(person=somebody("SECRET Nom")), title="SECRET vélo", kind="goods", terms="gift")


if __name__ == "__main__":
    main()
