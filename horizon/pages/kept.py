"""What is kept of a person: the versions that they wrote. A kept path says nothing of who keeps it."""

from __future__ import annotations

from horizon.actors.models import Person
from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.kernel.registry import declare_personal_data
from horizon.pages.models import Version


def declare() -> None:
    """Tells the privacy pages about this room."""
    declare_personal_data("pages", kept_of, let_go, rows=("pages.Version",))
    declare_free_texts(FreeText("pages.Version", ("values",)))
    declare_processing(
        Processing(
            "pages", "Le parcours et les exemples", "Aider à monter son association, tenir les textes à jour.",
            "L’exécution du service que la personne demande (RGPD, article 6, 1, b).",
            "Qui garde un parcours, sans dire qui il est ; qui écrit un texte.",
            "Les réponses et les cases cochées, sous un lien ; qui a écrit une version.",
            (
                Kept(("pages.Path",), "Les parcours gardés", "Quatre cents jours sans s’en servir.", job="forget paths"),
                Kept(("pages.Version",), "Les versions des textes", "Elles restent ; qui les a écrites, tant que dure son compte.",
                     with_account=True),
            ),
        ),
    )  # fmt: skip


def kept_of(person: Person) -> object:
    """The versions that a person wrote."""
    rows = Version.objects.filter(author=person)
    return {
        "versions": [
            {"text": row.code, "number": row.number, "at": row.created_at.isoformat()} for row in rows
        ]
    }


def let_go(person: Person) -> None:
    """The texts stay; nothing says any more who wrote them."""
    Version.objects.filter(author=person).update(author=None)
