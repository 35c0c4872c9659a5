"""What is kept of people, why, and how long (registre des traitements, RGPD article 30): declared by rooms, read in one place.

The public register is made from these declarations, and the daily job applies them: what the page says is what is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

log = logging.getLogger(__name__)
Forget = Callable[[datetime], int]
NOBODY_ELSE = "Personne hors du site et de l’équipe d’animation."


@dataclass(frozen=True)
class Kept:
    """What tables keep, how long, and what lets go of it: `forget` each day, or the periodic job named `job`.

    With neither, it lasts as long as the account (`with_account`) or says nothing of a person once the account is erased.
    """

    tables: tuple[str, ...]
    what: str
    how_long: str
    forget: Forget | None = None
    job: str = ""
    with_account: bool = False


@dataclass(frozen=True)
class Processing:
    """One processing (traitement), as the register says it, in French."""

    code: str
    title: str
    purpose: str
    basis: str
    people: str
    data: str
    kept: tuple[Kept, ...]
    recipients: str = NOBODY_ELSE


_declared: dict[str, Processing] = {}


def declare_processing(*processings: Processing) -> None:
    """A room says what it does with what it keeps of people."""
    _declared.update({one.code: one for one in processings})


def said_of_table(label: str) -> str:
    """What the register calls the rows of a table; empty when it says nothing of it."""
    return next((kept.what for one in processings() for kept in one.kept if label in kept.tables), "")


def processings() -> list[Processing]:
    """Every processing, by its title."""
    return sorted(_declared.values(), key=lambda one: one.title)


def forget_what_is_past(now: datetime) -> str:
    """Applies every declared term, one after the other; says how many rows each let go of. A term that fails stops no other."""
    said: list[str] = []
    failed: list[str] = []
    for processing in processings():
        for number, kept in enumerate(processing.kept, 1):
            try:
                gone = kept.forget(now) if kept.forget else 0
            except Exception:
                log.exception("the term %s %s could not be applied", processing.code, number)
                failed.append(f"failed: {processing.code} {number}")
                continue
            if gone:
                said.append(f"{processing.code} {number}: {gone}")
    return ", ".join([*failed, *said])


def declare_own() -> None:
    """What the kernel keeps: the journal, the tasks of the worker, the messages that wait to leave."""
    from horizon.kernel.mail import forget_given_up
    from horizon.kernel.tasks import forget_done_tasks

    declare_processing(
        Processing(
            "journal", "Le journal scellé", "Prouver que rien n’a été changé après coup, même par qui tient le site.",
            "L’intérêt légitime à ce que chaque écriture laisse une trace vérifiable (RGPD, article 6, 1, f).",
            "Qui écrit sur le site avec un compte.",
            "Un identifiant tiré au hasard, un verbe, une date. Ce qui pourrait nommer quelqu’un est à part, sous une empreinte salée.",
            (
                Kept(("kernel.Event",), "Les événements", "Sans limite : l’identifiant ne désigne plus personne une fois le compte effacé.",
                     with_account=True),
                Kept(("kernel.PrivateReference",), "Ce qui ouvre une empreinte", "Tant que dure le compte de la personne qu’elle nomme.",
                     with_account=True),
                Kept(("django_tasks_database.DBTaskResult",), "Les travaux faits (des identifiants, jamais un texte)", "Trente jours.",
                     forget=forget_done_tasks),
            ),
            recipients="Les sceaux sont publics, les événements non.",
        ),
        Processing(
            "interrupted", "Ce qui est envoyé après la fin d’une session", "Que rien de ce qui a été écrit ne soit perdu.",
            "L’intérêt légitime à rendre à qui écrit ce qui a été écrit (RGPD, article 6, 1, f).",
            "Qui envoie un formulaire alors que sa session vient de se terminer.",
            "Les champs du formulaire, sans fichier, ni code, ni mot de passe ; aucun nom n’y est joint.",
            (
                Kept(("kernel.InterruptedPost",), "Ce qui était écrit dans le formulaire",
                     "Une heure, ou moins : effacé dès qu’il est envoyé ou oublié.", job="forget what was sent after a session ended"),
            ),
            recipients="Qui entre ensuite dans le même navigateur.",
        ),
        Processing(
            "mail", "Les courriels qui attendent de partir", "Que chaque réponse arrive, même après une panne du serveur de courriel.",
            "L’intérêt légitime à répondre à qui nous écrit (RGPD, article 6, 1, f).",
            "Qui attend une réponse du site.", "L’adresse électronique, l’objet et le texte du message.",
            (
                Kept(("kernel.OutgoingMail",), "Les courriels à partir",
                     "Effacés dès qu’ils sont partis ; essayés quatre jours, puis gardés trente jours au bureau.", forget=forget_given_up),
            ),
            recipients="La personne à qui le message s’adresse, et notre serveur de courriel.",
        ),
    )  # fmt: skip
