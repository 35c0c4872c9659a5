"""Somebody who acts in every room, and others who name them; and every word that the database holds."""

import io
import json
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from horizon.actors.models import College, Mandate, Person, SeenAgent
from horizon.actors.services import collective, contacts, links, people, poles
from horizon.care import claims, contents
from horizon.care.imports import services as imports
from horizon.care.models import Claim
from horizon.care.services import receive_report, suggest_missing
from horizon.directory.models import Closure, Statement
from horizon.directory.said import closing, confirming, photos
from horizon.directory.said.services import state
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing, picturing
from horizon.exchange.services import listing as listings
from horizon.exchange.services.noting import note_listing
from horizon.kernel.journal import record_event
from horizon.listening.models import ANIMATION, CITIZEN, Answer, Need
from horizon.listening.services import answering, gaps, reading, saying
from horizon.pages.services import write_version
from horizon.relief.services import answering as relief_answers
from horizon.subscriptions import topics
from horizon.subscriptions.services import following
from horizon.values.services import assessing, visiting
from tests.exchange.kit import values
from tests.people import a_referent, again, an_operator, entry_named, somebody
from tests.relief.kit import a_call, a_volunteer, place

EMAIL, NAME, PHONE = "zelie.quercantorel@example.org", "Zélie Quercantorel", "06 98 76 54 32"
WORDS = ["zelie.quercantorel", "quercantorel", "0698765432", "698765432"]
# one word each for what only they wrote, for themselves: it goes with them
PRIVATE = [
    "myosotis", "campanule", "gentiane", "digitale", "ancolie", "sarriette", "hysope", "mauve", "consoude",
    "verveine",
]  # fmt: skip


def picture():
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return SimpleUploadedFile("a.jpg", out.getvalue(), content_type="image/jpeg")


def live_everywhere() -> Person:
    """One person in every room, in every role."""
    operator = an_operator()
    who = people.find_or_create_person(EMAIL, name=NAME, actor="test")
    Person.objects.filter(pk=who.pk).update(last_login=timezone.now(), of_age_at=timezone.now())
    mine, other, third = (entry_named(w).organization for w in ("Pédalier", "Pain", "VONNE"))
    people.join_as_referent(who, mine, obtained_by="operator", actor="test")
    EmailAddress.objects.create(user=who, email=EMAIL, verified=True, primary=True)
    Authenticator.objects.create(user=who, type="totp", data={"secret": "x"})
    SeenAgent.objects.create(person=who, siret="20006985400019")
    who = again(who)
    _actors(who, operator, mine, other, third)
    _directory(who, operator, mine, other)
    _listening(who, operator)
    _exchange(who, operator, mine, other)
    _relief(who, operator)
    _care(who, operator, mine, other, third)
    _pages(who, operator, mine, other)
    _values(who, operator, mine, other, entry_named("Tricoteuses").organization)
    write_version("example", "laverie", EXAMPLE, by=who)
    reader = following.subscriber_of(who, timezone.now())
    following.follow(reader, topics.find_topic("commune", "86139"), timezone.now())
    reader.messages.create(
        kind="digest", subject=f"Pour {NAME}", text=NAME, html=NAME, next_try_at=timezone.now(), created_at=timezone.now()
    )  # fmt: skip
    with transaction.atomic():
        record_event("call", "person", who.public_id, actor="test", private={"email": EMAIL, "name": NAME})
    return again(who)


EXAMPLE = {
    "title": "Une laverie", "where": "Nulle-Part", "what": f"Une idée de {NAME}", "doors": "vetir", "poles": "",
    "source": "Journal", "url": "https://example.org/laverie", "source_on": "2026-01-02", "licence": "cc-by",
}  # fmt: skip


def _actors(who, operator, mine, other, third):
    for function, more in ((Mandate.AGENT, {"title": "chargée de mission"}), (Mandate.OPERATOR, {})):
        poles.give_mandate(who, function, actor="test", decided_by="le bureau", **more)
    poles.give_mandate(operator, Mandate.ELECTED, actor="test", decided_by=f"proposé par {NAME}")
    pole = poles.open_pole("Un pôle à elle", actor="test", decided_by=f"{NAME}, en réunion")
    poles.rename_pole(pole, "Un autre nom", actor="test", decided_by=NAME)
    people.invite(mine, "autre@example.org", by=who, message=f"myosotis, {NAME}")
    a_referent(other)
    people.ask_to_join(other, by=who, message="campanule")
    people.invite(third, EMAIL, by=a_referent(third), message="Viens, Zélie Quercantorel")
    people.give_relay(mine, third, f"{NAME}, par téléphone au {PHONE}", actor="test")
    collective.request_membership(
        mine,
        College.objects.order_by("pk")[0],
        by=who,
        actor="test",
        motive=f"{NAME} le veut",
        heard_from=f"{NAME}, par téléphone",
    )
    collective.note_contact(mine, "note écrite par elle", by=who)
    for one, by, name, email in (
        (mine, operator, NAME, EMAIL),
        (other, who, "Autre Personne", "autre@example.org"),
    ):
        values = {
            "name": name,
            "function": "trésorière",
            "phone": PHONE if one is mine else "",
            "email": email,
        }
        contacts.keep_contact(one, None, values, by=by)
    collective.note_contact(
        mine, f"Parlé à ZÉLIE QUERCANTOREL, {PHONE.replace(' ', '.')}, {EMAIL}", by=operator
    )
    links.declare_link(
        mine, "partner", other, actor=who.actor, author=who, evidence=f"convention signée de {NAME}"
    )


def _directory(who, operator, mine, other):
    state(
        mine, {"email": EMAIL, "phone": PHONE, "description": f"Demandez Zélie  Quercantorel au {PHONE}"},
        origin=Statement.REFERENT, actor=who.actor, author=who, message="gentiane", publish=True,
    )  # fmt: skip
    state(
        other,
        {"hours": "le mardi"},
        origin=Statement.VISITOR,
        actor="visitor",
        email=EMAIL,
        message="digitale",
    )
    state(
        other, {"website": "https://pain.example"}, origin=Statement.OPERATOR, actor="test", author=operator,
        heard_from=f"{NAME}, au téléphone", publish=True,
    )  # fmt: skip
    photos.add_photo(
        mine, picture(), kind="photo", alt=f"{NAME} répare", author=NAME, licence="cc-by", by=who
    )


def _pages(who, operator, mine, other):
    confirming.confirm_entry(mine, by=who, origin=Statement.REFERENT)
    confirming.confirm_entry(
        other, by=operator, origin=Statement.OPERATOR, heard_from=f"{NAME}, trésorière, au {PHONE}"
    )
    today = timezone.localdate()
    for organization, author, note in (
        (mine, who, f"verveine, dit {NAME}"),
        (other, operator, f"{NAME} dit que non"),
    ):
        closure = Closure.objects.create(organization=organization, vintage=today, due_on=today)
        closing.answer_closure(
            closure, Closure.MISTAKE, origin=Statement.OPERATOR, actor="test", author=author, note=note
        )


def _values(who, operator, mine, other, third):
    visitor = a_referent(third)
    college = College.objects.filter(partner=False).order_by("pk")[0]
    asked = collective.request_membership(third, college, by=visitor, actor="test", motive="")
    collective.decide_membership(asked, True, actor=operator.actor)
    link = f"https://example.org/bilan?a={EMAIL}"
    assessing.publish(mine, {"but": ("yes", f"Réparer, avec {NAME}.", link)}, by=who)
    assessing.keep_draft(mine, {"but": ("going", f"Brouillon de {NAME}", "")}, by=who)
    visit = visiting.propose_visit(
        mine, third, timezone.localdate(), f"deux bénévoles, {NAME} les reçoit", by=who, from_visitor=False
    )
    visiting.answer_visit(visit, True, by=visitor)
    visiting.write_report(visit, {"but": ("seen", f"{NAME} nous a montré l’atelier.")}, by=visitor)
    visiting.reply_to(visit, f"Merci ! {NAME}, {PHONE}", by=who)
    visiting.confirm_visit(visit, visiting.VISITOR, by=visitor)
    visiting.confirm_visit(visit, visiting.VISITED, by=who)
    back = visiting.propose_visit(
        mine, third, timezone.localdate(), "une autre fois", by=visitor, from_visitor=True
    )
    visiting.answer_visit(back, False, by=who, reason=f"Pas en ce moment. {NAME}")


def _listening(who, operator):
    alone = saying.say_need(
        f"Il manque une ancolie mécanique, dit {NAME}",
        once=saying.fresh_once(),
        commune=place(),
        author=who,
        email=EMAIL,
    )
    reading.publish_need(alone.need, actor="test")
    shared = saying.say_need(
        f"Il faut un banc devant chez Zélie Quercantorel à Lusignan, appeler le {PHONE}", once=saying.fresh_once(),
        commune=place(), author=who,
    )  # fmt: skip
    need = reading.publish_need(shared.need, actor="test")
    saying.say_too(need, once=saying.fresh_once(), words="Oui, un banc", author=somebody())
    typed = saying.say_need(
        "Un café le soir",
        once=saying.fresh_once(),
        commune=place(),
        heard_from=NAME,
        origin="phone",
        email=EMAIL,
    )
    reading.publish_need(typed.need, actor="test")
    reading.address_need(need, actor="test", owner=who, due_on=timezone.localdate() + timedelta(days=9))
    answering.answer_need(
        need, kind=Need.STUDIED, text="C’est à l’étude", author=who, speaks_as=ANIMATION, title="agente"
    )
    answering.answer_need(typed.need, kind=Answer.LEAD, text="sarriette", author=who, speaks_as=CITIZEN)
    gaps.note_gap(place(), "loger", by=who)


def _exchange(who, operator, mine, other):
    own = listings.write_listing(
        Listing.OFFER,
        Party(person=who),
        values(f"Prêt d’une hysope par {NAME}", text=PHONE),
        once=fresh_once(),
        actor=who.actor,
    )
    picturing.add_picture(own, picture(), alt="hysope", author=NAME, licence="cc-by", by=who)
    listings.publish_listing(own, actor="test", read=True)
    dealing.propose_deal(
        own, Party(other), "Bonjour Zélie Quercantorel", once=fresh_once(), author=a_referent(other)
    )
    theirs = listings.write_listing(
        Listing.OFFER, Party(other), values("Un four"), once=fresh_once(), actor="test"
    )
    listings.publish_listing(theirs, actor="test", read=True)
    deal = dealing.propose_deal(theirs, Party(person=who), "mauve", once=fresh_once(), author=who)
    dealing.decline_deal(deal, "consoude", author=who)
    ask = listings.write_listing(
        Listing.ASK, Party(mine), values("Un barnum"), once=fresh_once(), actor="test"
    )
    picturing.add_picture(ask, picture(), alt="Un barnum", author=NAME, licence="cc-by", by=who)
    note_listing(
        Listing.OFFER, values("Un lit"), once=fresh_once(), heard_from=f"{NAME}, au {PHONE}", by=operator, organization=other
    )  # fmt: skip


def _relief(who, operator):
    a_volunteer(person=who, phone=PHONE)
    a_call(
        author=who, asker="une personne", title=f"Aider {NAME}", contact=f"{NAME}, {PHONE}", callback=PHONE
    )
    call = a_call(title="Vider une cave", contact=f"Zélie au {PHONE}", text=f"voir {NAME}")
    relief_answers.type_answer(call, "yes", name=NAME, actor=operator.actor)


def _care(who, operator, mine, other, third):
    claims.open_claim(third, who, Claim.EVIDENCE, f"Je suis {NAME}, trésorière")
    claim = claims.open_claim(mine, somebody(), Claim.EVIDENCE, f"{NAME} est partie")
    claims.answer_dispute(claim, who, f"Non, je suis là. {NAME}")
    suggest_missing(
        {"name": "Le Bol", "commune": "86139", "description": f"chez {NAME}"}, email=EMAIL, author=who
    )
    receive_report(mine, subject="autre", message=f"{NAME} n’y est plus", email=EMAIL)
    need = Need.objects.filter(status=Need.PUBLISHED).first()
    contents.report_content(
        "need", need.public_id, ground="person", message=f"On y nomme {NAME}", email=EMAIL
    )
    table = f"Nom;Commune;Objet\nLa Ruche d’ici;Lusignan;animée par {NAME} {PHONE}\n".encode()
    imports.receive_table(table, f"liste de {NAME}.csv", author=who, actor=who.actor)


def people_fields():
    """Every field of the site that points to a person: (model, field)."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Person:
                yield model, field


def every_word() -> dict[str, str]:
    """All the text of the database, by table: columns of JSON read as values, so that accents are accents."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = "\n".join(_text(value) for row in cursor.fetchall() for value in row)
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
    assert known - set(found) <= {"django_migrations"}, "a table without a model"
    return found


def _text(value) -> str:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("latin-1")
    text = str(value)
    if text[:1] in '{["':
        try:
            return text + json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return text
    return text


def counts() -> dict[str, int]:
    """What pages count."""
    return {
        model: apps.get_model(model).objects.count()
        for model in (
            "listening.Need", "listening.Voice", "listening.Answer", "exchange.Listing", "exchange.Deal", "exchange.Message",
            "relief.UrgentCall", "relief.Proposal", "actors.OrganizationLink", "actors.Membership", "directory.Statement",
            "directory.Entry", "pages.Version", "care.Missing", "care.Report", "care.ContentReport",
            "values.Assessment", "values.Answer", "values.Visit", "values.Seen", "directory.Confirmation", "directory.Closure",
        )
    }  # fmt: skip
