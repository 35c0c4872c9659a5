"""What subscriptions keep of people, why and how long."""

from __future__ import annotations

from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing


def declare() -> None:
    """Tells the kernel."""
    declare_free_texts(
        FreeText("subscriptions.Message", ("subject", "text", "html", "problem")),
        FreeText("subscriptions.Subscription", ("title",)),
    )
    declare_processing(
        Processing(
            "subscriptions", "Les lettres", "Écrire ce qui est nouveau de ce qu’on suit, et ce qui attend une réponse.",
            "Le consentement, retiré d’un clic dans chaque lettre (RGPD, article 6, 1, a) ; pour ce qui attend, l’intérêt légitime.",
            "Qui s’abonne, avec ou sans compte ; qui a une part dans ce qui attend.",
            "L’adresse, ce qui est suivi, ce qui a déjà été dit.",
            (
                Kept(("subscriptions.Subscriber", "subscriptions.Subscription"), "L’adresse et ce qu’elle suit", "Jusqu’à l’arrêt ; sept jours "
                     "sans confirmation.", job="forget who follows nothing"),
                Kept(("subscriptions.Message", "subscriptions.Told"), "Ce qui a été dit", "Cent dix jours ; les mots d’une lettre, jusqu’à "
                     "son départ.", job="forget who follows nothing"),
            ),
            recipients="Le serveur de messagerie que l’organisme choisit.",
        ),
    )  # fmt: skip
