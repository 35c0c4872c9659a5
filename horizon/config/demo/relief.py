"""Urgent help in the demonstration: people and structures available, calls open, one to call back, others past and thanked."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import OrganizationRole
from horizon.actors.sorts import companies
from horizon.config.demo.people import ACTOR, demo_person
from horizon.directory.models import Publication
from horizon.relief.models import KINDS, Proposal, UrgentCall, Volunteer
from horizon.relief.services import answering, calling, volunteering
from horizon.territory.queries import home_communes

PEOPLE, STRUCTURES = 90, 12
OPEN = (
    (
        "carry",
        "Mettre à l’abri les livres de la ressourcerie",
        "Une fuite au plafond : deux heures de cartons à déplacer.",
        6,
        20,
    ),
    (
        "food",
        "Servir la soupe du vendredi soir",
        "Deux personnes de l’équipe sont malades. Tabliers fournis.",
        3,
        30,
    ),
    (
        "drive",
        "Conduire trois familles au relogement",
        "Permis B, un véhicule de sept places est prêté.",
        2,
        44,
    ),
)
PAST = (
    ("clean", "Nettoyer la salle après la crue de la Vonne", "La salle rouvre samedi. Grâce à vous.", 8),
    ("repair", "Bâcher un toit avant l’orage", "Le toit a tenu.", 4),
    ("desk", "Traduire pour une famille à l’hôpital", "", 1),
)


@transaction.atomic
def relief_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Volunteers and calls, through the services; returns how many of each. Run once, after the people."""
    if Volunteer.objects.exists():
        return {}
    random = Random("relief")  # noqa: S311 - a demonstration, the same each time
    communes = home_communes()
    roles = list(
        OrganizationRole.objects.filter(until=None, organization__kind="register")
        .select_related("organization")
        .order_by("pk")[: STRUCTURES * 2 : 2]
    )
    for number in range(PEOPLE):
        volunteering.be_available(
            _said(number, random, communes), actor=ACTOR, person=demo_person(200 + number)
        )
    for number, role in enumerate(roles):
        said = _said(number, random, communes) | {"people": random.randrange(2, 7)}
        volunteering.be_available(said, actor=ACTOR, organization=role.organization)
    firms = companies((role.organization_id, role.organization.kind) for role in roles)
    roles = [role for role in roles if role.organization_id not in firms]
    operator = demo_person(0)
    for number, (kind, title, text, wanted, hours) in enumerate(OPEN):
        role = roles[number % len(roles)]
        call = calling.ask_help(
            _asked(kind, title, text, wanted, communes[number * 11 % len(communes)], hours), once=f"demo-urgent-{number}",
            actor=ACTOR, asker=role.organization.name, organization=role.organization, to_read=False,
        )  # fmt: skip
        _answer(calling.publish_call(call, actor=ACTOR), wanted - 1 - number % 2, random, operator.actor)
    calling.ask_help(
        _asked("company", "Une voisine seule sans chauffage ce soir", "Il faudrait un poêle d’appoint et une visite.", 1, communes[7], 10)
        | {"callback": "05 36 49 12 90"},
        once="demo-urgent-held", actor="visitor", asker=f"Une personne de {communes[7].name}",
    )  # fmt: skip
    for number, (kind, title, thanks, wanted) in enumerate(PAST):
        call = calling.ask_help(
            _asked(kind, title, "", wanted, communes[3 + number], 12), once=f"demo-urgent-past-{number}", actor=ACTOR,
            asker=roles[-1 - number].organization.name, organization=roles[-1 - number].organization, to_read=False,
        )  # fmt: skip
        _answer(calling.publish_call(call, actor=ACTOR), wanted, random, operator.actor)
        calling.close_call(call, actor=ACTOR, thanks=thanks)
        at = timezone.now() - timedelta(days=6 + 5 * number)
        UrgentCall.objects.filter(pk=call.pk).update(
            created_at=at, published_at=at, since_at=at, until_at=at + timedelta(hours=12), ended_at=at + timedelta(hours=11)
        )  # fmt: skip
        Proposal.objects.filter(call=call).update(asked_at=at, answered_at=at + timedelta(minutes=8))
    return {"volunteers": PEOPLE + len(roles), "calls": len(OPEN) + len(PAST) + 1}


def _said(number: int, random: Random, communes: list) -> dict:
    days = sorted(random.sample("0123456", random.randrange(3, 8)))
    parts = random.sample(["morning", "afternoon", "evening"], random.randrange(1, 4))
    skills = random.sample([code for code, _ in KINDS], random.randrange(1, 5))
    return {
        "skills": " ".join(skills), "commune": random.choice(communes), "km": random.choice((0, 5, 10, 20, 40)),
        "days": " ".join(days), "parts": " ".join(parts), "people": 1, "adult": True,
        "phone": f"05 36 49 {number // 90 + 10:02d} {number % 90 + 10:02d}",
    }  # fmt: skip


def _asked(kind: str, title: str, text: str, wanted: int, commune, hours: int) -> dict:
    return {
        "kind": kind, "title": title, "text": text, "commune": commune, "wanted": wanted, "place": "2 place de la Fiction",
        "contact": "À l’accueil, 05 36 49 00 00", "callback": "", "until_at": timezone.now() + timedelta(hours=hours),
    }  # fmt: skip


def _answer(call: UrgentCall, yes: int, random: Random, operator: str) -> None:
    for proposal in call.proposals.select_related("call").order_by("pk"):
        call.refresh_from_db()
        if proposal.status != Proposal.ASKED or call.missing == 0:
            continue
        if call.taken < yes:
            answering.say_yes(proposal, actor=operator, by_phone=random.random() < 0.3)
        elif random.random() < 0.4:
            answering.say_no(proposal, actor=operator)
