"""What is written to those who hold a page; a letter is marked in the transaction that sends it, so that it leaves once.

It is a row of `kernel.OutgoingMail` until it has left. Between the end of its text and the mail server's answer nobody can know; a yearly
letter has its second try, a closure and a site stay on the desk.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.actors.queries import roles_on
from horizon.actors.services.links import referents_of
from horizon.care.freshness.queries import failing_sites
from horizon.directory.models import Closure, SiteCheck
from horizon.directory.said.closing import waiting_closures
from horizon.engine.freshness import failing_twice
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.periodic import stopping
from horizon.kernel.templatetags.atlas import day
from horizon.subscriptions.postman import Postman

SALT, LIFE_SECONDS = "horizon.care.freshness", 120 * 86_400
AT_MOST = 500


def may_write() -> bool:
    """Asked before each letter: nothing is lost when the server is away, but each of five hundred would wait for it."""
    if stopping():
        return False
    with Postman() as postman:
        return postman.ready()


def answering(organization: Organization) -> list[Person]:
    """Everybody who may answer for an organization: those who hold its page, and those of its relay."""
    whole = organization.whole
    found = [role.person for role in roles_on(whole) if role.person.is_active] + referents_of(whole)
    return list({person.pk: person for person in found}.values())


def key_for(organization: Organization, person: Person) -> str:
    """What opens the page of one button for one person, during four months; it is written in their letter and kept nowhere."""
    return signing.dumps([organization.whole.public_id, person.public_id], salt=SALT)


def opened_by(key: str) -> tuple[str, str] | None:
    """The public ids of the organization and the person of a key; None when it is not ours, or too old."""
    try:
        organization, person = signing.loads(key, salt=SALT, max_age=LIFE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(organization), str(person)


def whole_address(name: str, *args: str) -> str:
    """An address to write in a message."""
    return settings.ORIGIN + reverse(name, args=args)


def ask_whether_right(organization: Organization, said_on: date | None, held_on: date, *, again: bool) -> int:
    """Asks everybody who holds a page whether it is still right; `said_on` is None where they never said so.

    Returns how many were written to.
    """
    people = answering(organization)
    before = (
        f"Vous tenez la page de {organization.name} dans l’annuaire. Elle a été confirmée ou corrigée pour la dernière "
        f"fois le {day(said_on)}."
        if said_on
        else f"Vous tenez la page de {organization.name} dans l’annuaire depuis le {day(held_on)}, et personne de votre "
        "équipe ne l’a encore confirmée."
    )
    for person in people:
        link = whole_address("care:still-right", key_for(organization, person))
        write_to(
            person.email, f"{organization.name} : votre page est-elle toujours exacte ?",
            f"Bonjour,\n\n{before}\n\nVoir ce qu’elle dit aujourd’hui, et la confirmer d’un bouton ou la corriger :\n{link}\n\n"
            "Le lien ouvre une page ; rien ne change tant que vous n’avez pas choisi. La première réponse de votre équipe suffit."
            + ("\n\nC’est notre second message : nous ne vous redemanderons rien avant un an." if again
               else "\n\nSans réponse, nous vous écrirons une seule autre fois, dans un mois."),
        )  # fmt: skip
    return len(people)


def tell_closures() -> str:
    """Tells those who hold a page that a register closes it, once; where nobody does, the desk alone knows."""
    told = 0
    for row in waiting_closures().filter(told_at=None).order_by("pk")[:AT_MOST]:
        if not may_write():
            break
        with transaction.atomic():
            kept = (
                Closure.objects.select_for_update(of=("self",))
                .select_related("organization__canonical")
                .get(pk=row.pk)
            )
            if kept.told_at or kept.status != Closure.WAITING or kept.organization.canonical_id:
                continue
            kept.told_at = timezone.now()
            kept.save(update_fields=["told_at"])
            people = answering(kept.organization)
            _write_closure(kept, people)
            record_event(
                "tell_closure", "organization", kept.organization.public_id, actor="worker", payload={"people": len(people)}
            )  # fmt: skip
        told += 1
    return f"{told} fermetures dites" if told else ""


def _write_closure(closure: Closure, people: list[Person]) -> None:
    organization = closure.organization.whole
    since = f" depuis le {day(closure.closed_on)}" if closure.closed_on else ""
    link = whole_address("care:closure", organization.public_id)
    for person in people:
        write_to(
            person.email, f"{organization.name} : est-elle fermée ?",
            f"Bonjour,\n\nD’après les registres publics du {day(closure.vintage)}, {organization.name} : "
            f"{closure.get_why_display()}{since}.\n\nEst-ce juste ? Sa page reste comme elle est jusqu’à votre réponse, "
            f"ou jusqu’au {day(closure.due_on)}.\n\nRépondre (oui, elle a déménagé, elle a été reprise, c’est une erreur) :\n{link}",
        )  # fmt: skip


def tell_failing_sites() -> str:
    """Tells those who hold a page, once, that its site failed twice a week apart. Nothing is removed."""
    told = 0
    for row in failing_sites().filter(told_at=None)[:AT_MOST]:
        if not fails_twice(row):
            continue
        if not may_write():
            break
        with transaction.atomic():
            kept = (
                SiteCheck.objects.select_for_update(of=("self",))
                .select_related("organization__canonical")
                .get(pk=row.pk)
            )
            if kept.told_at or not fails_twice(kept):
                continue
            kept.told_at = timezone.now()
            kept.save(update_fields=["told_at"])
            organization = kept.organization.whole
            for person in answering(organization):
                write_to(
                    person.email, f"{organization.name} : son site ne répond plus",
                    f"Bonjour,\n\nVotre page donne l’adresse {kept.address}. Nous l’avons demandée deux fois, à une semaine d’écart "
                    f"au moins, la dernière fois le {day(timezone.localdate(kept.checked_at))} : {kept.get_outcome_display()}.\n\n"
                    f"Rien n’est retiré de votre page. Corriger l’adresse, si elle a changé :\n"
                    f"{whole_address('care:edit', organization.public_id)}",
                )  # fmt: skip
            record_event("tell_site", "organization", organization.public_id, actor="worker")
        told += 1
    return f"{told} sites dits" if told else ""


def fails_twice(row: SiteCheck) -> bool:
    """Whether a site failed twice a week apart."""
    first = timezone.localdate(row.failing_since) if row.failing_since else None
    return failing_twice(first, timezone.localdate(row.checked_at))
