"""The people of the demonstration: all invented, made through the services, so that each page has something to show.

Telephone numbers come from the range that Arcep keeps for fiction (05 36 49 …); addresses end in `.invalid` (RFC 2606).
"""

from __future__ import annotations

from random import Random

from django.conf import settings
from django.db import transaction

from horizon.actors.models import College, Mandate, Organization, Person, Pole
from horizon.actors.services import collective, dues, people, poles
from horizon.care import claims
from horizon.care.models import Claim
from horizon.care.services import receive_report, suggest_missing
from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, state

ACTOR = "make demo"
FIRST = (
    "Nour",
    "Camille",
    "Sacha",
    "Ade",
    "Lou",
    "Charlie",
    "Yaël",
    "Maé",
    "Andrea",
    "Swan",
    "Ilan",
    "Joyce",
    "Noa",
    "Elia",
)
LAST = (
    "Vonnelune",
    "Clainbrume",
    "Miosson-Doux",
    "Auxanciel",
    "Paludeclair",
    "Boivreau-Vent",
    "Palluneau",
    "Envignelle",
)
MEMBERS, REQUESTS, CORRECTED, SUGGESTED = 60, 6, 40, 24
HOURS = (
    "Du lundi au vendredi, 9 h à 17 h",
    "Mardi et jeudi, 14 h à 18 h 30\nSamedi, 10 h à 12 h",
    "Mercredi, 10 h à 19 h",
    "Sur rendez-vous",
)
PARTNERS = (
    (
        "Quincaillerie des Trois Ponts-Levis",
        "Quincaillerie de quartier ; prête ses outils les jours de chantier collectif.",
    ),
    (
        "Banque coopérante de la Rive inventée",
        "Reçoit les associations une fois par mois pour parler trésorerie.",
    ),
    ("Chambre des métiers imaginaires", "Met en relation artisans et ateliers d’insertion."),
)
GROUPS = (
    ("Les Voisins du banc vert", "Un groupe d’habitants qui partage un jardin de pied d’immeuble."),
    ("Le Repas du premier dimanche", "On cuisine ensemble, une fois par mois, pour qui vient."),
    ("La Chaîne des outils", "Des outils qui passent de main en main dans le hameau."),
)
MISSING = (
    ("L’Atelier des chaises bancales", "Réparer ses chaises le samedi matin."),
    ("Le Covoitureur du marché", "Des trajets partagés vers le marché du vendredi."),
    ("La Laverie qui chante", "Une laverie associative avec un piano."),
)
NOTES = (
    "A changé de local, cherche un camion.",
    "Veut venir à la prochaine réunion du pôle.",
    "Rappeler après l’assemblée générale.",
)
WORDS = (
    "Ouvert à tout le monde, on apprend en faisant.",
    "Nous accueillons les personnes du quartier et leurs voisins.",
    "Une équipe de bénévoles et deux personnes salariées.",
    "Prix libre, adhésion conseillée.",
)


@transaction.atomic
def people_the_demonstration(publication: Publication) -> dict[str, int]:
    """Makes invented people, members, partners, corrections and things that wait; returns how many of each. Run once."""
    if Person.objects.filter(demo=True).exists():
        return {}
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    random = Random("people")  # noqa: S311 - a demonstration, the same each time
    poles.seed_actors(actor=ACTOR)
    colleges = {college.code: college for college in College.objects.all()}
    for college in colleges.values():
        collective.keep_college(
            college, college.name, 0 if college.partner else 2000, college.partner, actor=ACTOR
        )
        college.refresh_from_db()
    operators = _mandated(random)
    pool = list(
        Entry.objects.filter(publication=publication, is_actor=True, is_employer=True)
        .select_related("organization")
        .order_by("ordinal")
    )
    chosen = random.sample(pool, min(len(pool), MEMBERS + REQUESTS + SUGGESTED + 12))
    made = {"members": 0, "requests": 0, "corrections": 0, "suggestions": 0}
    for index, entry in enumerate(chosen[: MEMBERS + REQUESTS]):
        referent = demo_person(index + 20)
        people.join_as_referent(referent, entry.organization, obtained_by="operator", actor=ACTOR)
        asked = collective.request_membership(
            entry.organization,
            colleges[_college(entry)],
            by=referent,
            actor=referent.actor,
            motive=random.choice(("", "", WORDS[index % 4])),
        )
        made["requests"] += 1
        if index < MEMBERS:
            joined = collective.decide_membership(asked, True, actor=operators[0].actor)
            made["members"] += 1
            due = joined.dues.first()
            if due and random.random() < 0.7:
                dues.receive_due(due, actor=operators[0].actor)
        if index < CORRECTED:
            made["corrections"] += len(_correct(entry, referent, index, random))
        if index % 9 == 0:
            people.publish_role(entry.organization.role_rows.get(), True, actor=referent.actor)
        if index % 12 == 0:
            collective.note_contact(
                entry.organization, NOTES[index % 3], by=operators[0], next_on=publication.vintage
            )
    spare = chosen[MEMBERS + REQUESTS :]
    for index, entry in enumerate(spare[:SUGGESTED]):
        made["suggestions"] += len(_suggest(entry, index))
    _partners_and_groups(publication, colleges, operators[0], random)
    for index, entry in enumerate(spare[SUGGESTED : SUGGESTED + 6]):
        claims.open_claim(
            entry.organization,
            demo_person(100 + index),
            (Claim.LETTER, Claim.EVIDENCE)[index % 2],
            "Je tiens la trésorerie depuis trois ans.",
        )
    disputed = chosen[0]
    claims.open_claim(
        disputed.organization, demo_person(110), Claim.EVIDENCE, "Nouvelle équipe élue en septembre."
    )
    for entry in spare[SUGGESTED + 6 : SUGGESTED + 10]:
        receive_report(
            entry.organization,
            subject="adresse",
            message="L’entrée est maintenant de l’autre côté de la place.",
        )
    communes = list(dict.fromkeys(entry.commune_id for entry in pool))
    for index, (name, what) in enumerate(MISSING):
        suggest_missing({"name": name, "commune": communes[index], "description": what})
    refresh_directory(actor=ACTOR)
    return made


def demo_person(number: int) -> Person:
    """An invented person, the same for the same number."""
    name = f"{FIRST[number % len(FIRST)]} {LAST[(number // len(FIRST) + number) % len(LAST)]}"
    return people.find_or_create_person(f"personne{number}@demo.invalid", actor=ACTOR, name=name, demo=True)


def _mandated(random: Random) -> list[Person]:
    """Two operators, elected people, an agent and the poles' contacts come first: they are who one enters as."""
    operators = [demo_person(0), demo_person(1)]
    for person in operators:
        poles.give_mandate(person, Mandate.OPERATOR, actor=ACTOR, decided_by="Réunion fondatrice (fictive)")
    poles.give_mandate(demo_person(2), Mandate.ELECTED, actor=ACTOR, title="vice-présidence à l’ESS", themes=["nourrir", "deplacer"],
                       decided_by="Délibération (fictive)", public=True)  # fmt: skip
    poles.give_mandate(demo_person(3), Mandate.AGENT, actor=ACTOR, title="mission économie sociale et solidaire", public=True,
                       decided_by="Organigramme (fictif)")  # fmt: skip
    for number, pole in enumerate(Pole.objects.filter(closed_at=None), 4):
        poles.give_mandate(
            demo_person(number),
            Mandate.POLE,
            actor=ACTOR,
            pole=pole,
            decided_by="Réunion de pôle (fictive)",
            public=True,
        )
    demo_person(12)
    return operators


def _college(entry: Entry) -> str:
    return {
        "cooperative": "cooperatives",
        "societe": "cooperatives",
        "mutuelle": "mutuelles-fondations",
        "fondation": "mutuelles-fondations",
    }.get(entry.family, "associations")


def _correct(entry: Entry, referent: Person, index: int, random: Random) -> list[Statement]:
    changes: dict[str, object] = {
        "phone": f"05 36 49 {10 + index:02d} {random.randint(10, 99)}",
        "email": f"contact{index}@demo.invalid",
        "hours": HOURS[index % len(HOURS)],
    }
    if entry.description:
        changes["description"] = f"{entry.description.rstrip('.')}. {WORDS[index % len(WORDS)]}"
    return state(
        entry.organization,
        changes,
        origin=Statement.REFERENT,
        actor=referent.actor,
        author=referent,
        publish=True,
    )


def _suggest(entry: Entry, index: int) -> list[Statement]:
    kinds: list[dict[str, object]] = [
        {"phone": f"05 36 49 {60 + index % 40:02d} 00"},
        {"hours": HOURS[index % len(HOURS)]},
        {"description": WORDS[index % len(WORDS)]},
        {"state": "closed"},
    ]
    changes = kinds[index % 4]
    return state(
        entry.organization,
        changes,
        origin=Statement.VISITOR,
        actor="visitor",
        message="Vu sur place la semaine dernière.",
    )


def _partners_and_groups(
    publication: Publication, colleges: dict[str, College], operator: Person, random: Random
) -> None:
    communes = list(
        Entry.objects.filter(publication=publication, is_employer=True)
        .values_list("commune_id", flat=True)
        .distinct()
        .order_by("commune_id")
    )
    for index, (name, what) in enumerate(PARTNERS):
        partner = declare_organization(
            {"name": name, "commune": communes[index % len(communes)], "description": what}, kind=Organization.PARTNER,
            origin=Statement.OPERATOR, actor=operator.actor, author=operator, heard_from="réunion (fictive)",
        )  # fmt: skip
        asked = collective.request_membership(
            partner, colleges["partenaires"], by=operator, actor=operator.actor
        )
        collective.decide_membership(asked, True, actor=operator.actor)
    relay = (
        Entry.objects.filter(publication=publication, is_employer=True)
        .select_related("organization")
        .order_by("ordinal")[7]
        .organization
    )
    for index, (name, what) in enumerate(GROUPS):
        group = declare_organization(
            {"name": name, "commune": random.choice(communes), "description": what, "doors": [("nourrir", "divertir", "participer")[index]]},
            kind=Organization.DECLARED, origin=Statement.OPERATOR, actor=operator.actor, author=operator, heard_from="au téléphone (fictif)",
        )  # fmt: skip
        people.give_relay(
            relay,
            group,
            "Accord donné de vive voix au forum des associations (fictif).",
            actor=operator.actor,
        )
