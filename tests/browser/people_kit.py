"""People and things that wait, made in the database of a running site: `python -m tests.browser.people_kit`."""

import io


def main() -> None:
    """Makes an operator, a referent who is a member, and one of each thing that may wait at the desk."""
    import django

    django.setup()
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.utils import timezone
    from PIL import Image

    from horizon.actors.models import College, Mandate
    from horizon.actors.services import collective, people, poles
    from horizon.care import claims, services
    from horizon.directory.models import Statement
    from horizon.directory.said.photos import add_photo
    from horizon.directory.said.refresh import refresh_directory
    from horizon.directory.said.services import declare_organization, state
    from tests.browser.fresh_kit import freshness_and_values
    from tests.people import entry_named

    def person(email: str, name: str):
        made = people.find_or_create_person(email, actor="test", name=name)
        people.say_of_age(made)
        return made

    poles.seed_actors(actor="test")
    College.objects.update(due_cents=2000)
    operator, referent, other = (
        person("animation@example.org", "Ade Auxanciel"),
        person("tresoriere@example.org", "Lou Paludeclair"),
        person("autre@example.org", "Sacha Vonnelune"),
    )
    poles.give_mandate(operator, Mandate.OPERATOR, actor="test", public=True)
    poles.give_mandate(
        other, Mandate.POLE, actor="test", pole=poles.Pole.objects.get(code="alimentation"), public=True
    )
    bike, bread, stage, knit = (
        entry_named(word).organization for word in ("Pédalier", "PAIN", "VONNE", "Tricoteuses")
    )
    people.join_as_referent(referent, bike, obtained_by="operator", actor="test")
    people.publish_role(bike.role_rows.get(), True, actor="test")
    college = College.objects.get(code="associations")
    asked = collective.request_membership(
        bike, college, by=referent, actor="test", motive="Partager l’atelier"
    )
    collective.decide_membership(asked, True, actor="test")
    collective.request_membership(stage, college, by=other, actor="test", motive="Jouer ensemble")
    state(
        bike,
        {"hours": "Mardi, 14 h à 18 h", "phone": "0536491234"},
        origin="referent",
        actor="test",
        author=referent,
        publish=True,
    )
    state(
        bike,
        {"website": "https://exemple.fr"},
        origin=Statement.VISITOR,
        actor="visitor",
        message="Vu sur leur affiche",
    )
    state(bread, {"email": "contact@example.org"}, origin=Statement.OPERATOR, actor="test", publish=True)
    state(knit, {"description": "Tricot et café"}, origin=Statement.VISITOR, actor="visitor")
    claims.open_claim(knit, other, "letter", "Je tiens les aiguilles")
    claims.open_claim(bike, other, "evidence", "Nouvelle équipe")
    services.suggest_missing(
        {"name": "La Laverie qui chante", "commune": "86139", "description": "Laver en chanson"}
    )
    services.receive_report(bread, subject="adresse", message="L’entrée a changé de côté")
    collective.note_contact(stage, "Rappeler après la première", by=operator, next_on=timezone.localdate())
    people.ask_to_join(bike, by=other, message="Je répare aussi")
    people.invite(bike, "nouvelle@example.org", by=referent, message="Viens avec nous")
    partner = declare_organization(
        {"name": "Quincaillerie des Ponts", "commune": "86194"},
        kind="partner",
        origin="operator",
        actor="test",
    )
    joined = collective.request_membership(
        partner, College.objects.get(code="partenaires"), by=operator, actor="test"
    )
    collective.decide_membership(joined, True, actor="test")
    out = io.BytesIO()
    Image.new("RGB", (800, 500), "teal").save(out, "PNG")
    for kind in ("logo", "photo"):
        picture = SimpleUploadedFile("a.png", out.getvalue())
        add_photo(bike, picture, kind=kind, alt="L’établi", author="Lou", licence="cc-by", by=referent)
    needs_to_read_and_to_answer(referent, other)
    offers_and_asks(bread, stage, other)
    links_said(bike, bread, stage, knit, partner)
    urgent_help(stage)
    pairs_to_look_at(partner, stage)
    freshness_and_values(bike, knit, partner, referent, other)
    refresh_directory()
    a_table(operator)


def a_table(operator) -> None:
    """An import that was confirmed, with a likely double and a line to correct on the desk."""
    from horizon.care.imports import applying, services
    from horizon.engine.tables.mapping import Mapping

    text = "Nom;Ville;Téléphone\nAtelier du pédalier;Lusignan;0549000001\nLa Criée des mots;Trifouillis;\nLes Cerfs-volants;Poitiers;\n"
    batch = services.receive_table(text.encode(), "mairie.csv", author=operator, actor="test")
    mapping = Mapping(
        columns={"name": ("Nom",), "city": ("Ville",), "phone": ("Téléphone",)},
        source="Mairie, 2026",
        licence="odbl",
    )
    services.map_columns(batch, mapping, actor="test")
    applying.advance(batch.public_id)
    services.confirm_import(batch, actor="test")
    applying.advance(batch.public_id)


def pairs_to_look_at(shop, stage) -> None:
    """Two records of a shop that may be one, and a page that was merged."""
    from horizon.care import duplicates
    from horizon.care.models import DuplicateSuggestion
    from horizon.directory.said.services import declare_organization

    def also(name, commune, **more):
        values = {"name": name, "commune": commune, **more}
        return declare_organization(values, kind="partner", origin="operator", actor="test")

    again = also("La quincaillerie des Ponts", "86194", phone="0536491200", website="https://ponts.example")
    DuplicateSuggestion.objects.create(
        first=shop,
        second=again,
        score=0.93,
        reasons=["noms équivalents", "même commune"],
        doubts=["des contacts différents"],
    )
    scene = also("Compagnie de la Vonne", "86253")
    merged = DuplicateSuggestion.objects.create(
        first=stage, second=scene, score=0.7, reasons=["même commune"]
    )
    duplicates.say_same(merged, actor="test")


def needs_to_read_and_to_answer(author, agent) -> None:
    """A need that was answered, one that waits for its answer, one to read with a voice and a lead to read."""
    from horizon.actors.models import Mandate
    from horizon.actors.services.poles import give_mandate
    from horizon.listening.models import Answer, Need
    from horizon.listening.services import answering, reading, saying
    from tests.people import entry_named, somebody

    give_mandate(
        agent, Mandate.AGENT, actor="test", title="mission mobilités", themes=["deplacer"], public=True
    )
    agent = type(agent).objects.get(pk=agent.pk)
    answered = saying.say_need("Un four à pain partagé à Lusignan", once="kit-1", author=author).need
    answered = reading.publish_need(answered, actor="test")
    waiting = saying.say_need("Plus de bus le soir vers Lusignan", once="kit-2").need
    waiting = reading.publish_need(waiting, actor="test")
    saying.say_need("Un banc devant chez M. Dupontel, 12 rue des Lilas", once="kit-3")
    shown = saying.say_too(answered, once="kit-4", words="On a le four", public="citizen")
    reading.read_voice(shown, True, actor="test")
    saying.say_too(answered, once="kit-5", words="Moi j’ai la farine")
    baker = entry_named("PAIN").organization
    answering.answer_need(
        answered, kind=Need.EXISTS, text="Le mardi.", author=agent, speaks_as="authority",
        title="mission mobilités", organizations=[baker],
    )  # fmt: skip
    answering.answer_need(
        waiting, kind=Answer.LEAD, text="Un voisin y va.", author=somebody(), speaks_as="citizen"
    )


def links_said(bike, bread, stage, knit, partner) -> None:
    """A chain of confirmed links, one that waits for the bike workshop's answer, one with a partner."""
    from horizon.actors.services import links

    for one, relation, other in (
        (bike, "supplies", bread),
        (bread, "hosts", stage),
        (stage, "buys", partner),
    ):
        links.answer_link(
            links.declare_link(one, relation, other, actor="test", since=2021), True, actor="test"
        )
    links.declare_link(knit, "partner", bike, actor="test")


def offers_and_asks(baker, stage, person) -> None:
    """An offer and the ask that it meets, an ask that nobody meets, a personal offer to read, a draft-free little world."""
    from decimal import Decimal

    from horizon.exchange.parties import Party
    from horizon.exchange.services import listing
    from tests.exchange.kit import values

    def publish(side, holder, once, **more):
        made = listing.write_listing(side, holder, values(**more), once=once, actor="test")
        listing.publish_listing(made, actor="test")

    count = {"unit": "piece"}
    publish(
        "offer",
        Party(stage),
        "kit-o1",
        title="Écocups 25 cl",
        quantity=Decimal(600),
        text="À rendre lavés",
        **count,
    )
    publish("offer", Party(baker), "kit-o2", title="Gobelets du fournil", quantity=Decimal(900), **count)
    publish("ask", Party(baker), "kit-a1", title="1400 gobelets", quantity=Decimal(1400), **count)
    publish("ask", Party(stage), "kit-a2", title="Un piano droit", kind="goods", terms="gift")
    publish("offer", Party(person=person), "kit-o3", title="Des bocaux", kind="goods", terms="gift")


def urgent_help(stage) -> None:
    """Three people available at any hour, an open call of a structure for two, a person to call back."""
    from datetime import timedelta

    from django.utils import timezone

    from tests.people import somebody
    from tests.relief.kit import a_call, a_volunteer

    for name in ("Élie Clainbrume", "Maé Palluneau", "Joyce Envignelle"):
        a_volunteer(somebody(name))
    days = timezone.now() + timedelta(hours=70)
    a_call(asker=stage.name, organization=stage, until_at=days)
    a_call(
        publish=False,
        asker="Une personne de Lusignan",
        title="Plus de chauffage ce soir",
        callback="05 36 49 00 09",
    )


if __name__ == "__main__":
    main()
