"""The values of the demonstration: invented answers, in several voices, and visits at every step."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Membership, Organization, OrganizationRole, Person
from horizon.config.demo.people import demo_person
from horizon.directory.models import Publication
from horizon.values.criteria import criteria
from horizon.values.models import Answer, Assessment, Visit
from horizon.values.services.assessing import keep_draft, publish
from horizon.values.services.visiting import (
    answer_visit,
    confirm_visit,
    propose_visit,
    reply_to,
    write_report,
)

ANSWERED, AGAIN, VISITED = 14, 5, 7
WORDS = {
    "but": ("L’article 2 de nos statuts le dit : l’activité sert le quartier, pas nos poches.", "Nous existons pour que chacun répare."),
    "decider": ("Une personne, une voix, à l’assemblée de mars comme dans l’année.", "Chaque salarié devient associé au bout d’un an."),
    "informer": ("Les comptes sont affichés à l’entrée, et expliqués deux fois par an.", "Un cahier de décisions reste ouvert à l’accueil."),
    "strategie": ("Une journée d’orientation par an, ouverte aux usagers.", "Le projet des trois ans a été écrit à quarante."),
    "benefices": ("Deux tiers du résultat vont aux réserves.", "Le résultat a payé la mise aux normes du local."),
    "reserves": ("Réserves impartageables, article 19 des statuts.", "À la dissolution, tout irait à une association semblable."),
    "salaires": ("De un à trois entre le plus bas et le plus haut salaire.", "Tous les contrats sont durables depuis deux ans."),
    "travail": ("Chaque bénévole est accueilli par un binôme.", "Deux jours de formation par personne et par an."),
    "territoire": ("Sept achats sur dix à moins de cinquante kilomètres.", "Le local sert le soir à trois associations."),
    "cooperer": ("Nous prêtons la camionnette et la salle.", "Réponse commune à deux appels l’an dernier."),
    "usagers": ("Une boîte à remarques, lue chaque mois en équipe.", "Deux usagers siègent au conseil."),
    "besoins": ("Prix selon les ressources.", "Nous ouvrons le samedi, quand tout est fermé."),
    "egalite": ("Autant de femmes que d’hommes au bureau.", "Entrée de plain-pied depuis les travaux."),
    "environnement": ("Tout ce qui arrive cassé repart réparé ou en pièces.", "Compost, vélo, et une facture d’énergie divisée par deux."),
    "ethique": ("Nos comptes et nos subventions sont en ligne.", "Qui a un intérêt dans un achat ne vote pas."),
}  # fmt: skip
NOTES = ("Montré pendant la visite.", "Nous avons lu le document.", "")


@transaction.atomic
def values_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Publishes, publishes again, visits; returns how many of each. Run once, after the people."""
    if Assessment.objects.exists():
        return {}
    random = Random("values")  # noqa: S311 - a demonstration, the same each time
    roles = OrganizationRole.objects.filter(
        until=None, organization__memberships__status=Membership.ACTIVE, organization__entry__active=True
    )
    held = list(
        {
            role.organization_id: role
            for role in roles.select_related("organization", "person").order_by("pk")
        }.values()
    )
    chosen, peers = held[:ANSWERED], held[ANSWERED : ANSWERED + VISITED]
    for number, role in enumerate(chosen):
        _publish(role.organization, role.person, random, years_ago=1.4 if number < AGAIN else 0.3)
    for role in chosen[:AGAIN]:
        _publish(role.organization, role.person, random, years_ago=0.1)
    keep_draft(held[ANSWERED].organization, _answers(random), by=held[ANSWERED].person)
    shop = Organization.objects.filter(kind=Organization.PARTNER).order_by("pk").first()
    if shop:
        _publish(shop, demo_person(0), random, years_ago=0.2)
    visits = [
        _visit(visited, peer, random, number, publication)
        for number, (visited, peer) in enumerate(zip(chosen, peers, strict=False))
    ]
    return {"versions": Assessment.objects.count(), "visits": len(visits)}


def _answers(random: Random) -> dict[str, tuple[str, str, str]]:
    said = {}
    for one in criteria():
        answer = random.choice(
            (Answer.YES, Answer.YES, Answer.YES, Answer.GOING, Answer.GOING, Answer.NO, Answer.APART, "")
        )
        words = random.choice(WORDS[one.code]) if answer == Answer.YES or random.random() < 0.2 else ""
        said[one.code] = (answer, words if answer else "", "")
    said["but"] = (Answer.YES, random.choice(WORDS["but"]), "")
    return said


def _publish(organization: Organization, by: Person, random: Random, *, years_ago: float) -> None:
    made = publish(organization, _answers(random), by=by)
    at = timezone.now() - timedelta(days=int(365 * years_ago))
    Assessment.objects.filter(pk=made.pk).update(published_at=at, changed_at=at)


def _visit(
    visited: OrganizationRole, peer: OrganizationRole, random: Random, number: int, publication: Publication
) -> Visit:
    """Asked, accepted, told, confirmed: each visit stops one step further; the last ones are public, one is old."""
    on = publication.vintage - timedelta(days=1200 if number == 3 else 20 + 15 * number)
    visit = propose_visit(
        visited.organization, peer.organization, on, "Deux bénévoles et la coordination", by=peer.person,
        from_visitor=bool(number % 2),
    )  # fmt: skip
    asked = visited.person if visit.asked_by_visitor else peer.person
    if number == 0:
        return visit
    visit = answer_visit(visit, True, by=asked)
    if number == 1:
        return visit
    seen = {
        one.code: (random.choice(("seen", "seen", "seen", "not_seen", "")), random.choice(NOTES))
        for one in criteria()
    }
    said = {
        row.criterion for row in visit.assessment.answers.all() if row.answer in {Answer.YES, Answer.GOING}
    }
    seen = {code: what if code in said else ("", "") for code, what in seen.items()}
    visit = write_report(visit, seen | {"but": ("seen", "")}, by=peer.person)
    visit = reply_to(
        visit, "Merci : nous avons noté ce qui reste à montrer." if number % 2 else "", by=visited.person
    )
    visit = confirm_visit(visit, "visitor", by=peer.person)
    return visit if number == 2 else confirm_visit(visit, "visited", by=visited.person)
