"""What listening keeps of people, why and how long; where somebody may be named."""

from __future__ import annotations

from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.listening.themes import index_terms


def declare() -> None:
    """Tells the kernel."""
    declare_free_texts(
        FreeText("listening.Need", ("text", "reason"), index_terms, by=("voices__author",)),
        FreeText("listening.Voice", ("words", "heard_from", "reason")),
        FreeText("listening.Answer", ("text", "title", "reason")),
    )
    declare_processing(
        Processing(
            "needs", "Les besoins dits", "Savoir ce qui manque, le faire lire à qui peut répondre, répondre à qui l’a dit.",
            "L’intérêt légitime à savoir ce qui manque (RGPD, article 6, 1, f).",
            "Qui dit un besoin, avec ou sans compte ; qui répond.",
            "Les mots, lus avant d’être publics ; la commune ; un public parmi quatre, si on le dit ; une adresse pour la réponse, si on "
            "la donne.",
            (
                Kept(("listening.Need", "listening.Voice"), "Les mots", "Tant que la personne ne les reprend pas : un lien ou son compte "
                     "le permet. La voix garde sa place dans le compte.", with_account=True),
                Kept(("listening.Voice",), "L’adresse", "Quatre-vingt-dix jours après une réponse définitive, quatre cents jours au plus.",
                     job="forget voices"),
                Kept(("listening.Answer",), "Les réponses", "Données dans une fonction, elles restent ; qui les a écrites, tant que dure son "
                     "compte.", with_account=True),
                Kept(("listening.KnownGap",), "Les manques pris en note", "Trois mois ; qui les a notés, tant que dure son compte.",
                     with_account=True),
            ),
            recipients="Tout le monde lit le besoin ; l’adresse n’est vue de personne, la réponse y part seule.",
        ),
    )  # fmt: skip
