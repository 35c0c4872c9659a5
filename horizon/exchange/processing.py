"""What exchanges keep of people, why and how long; where somebody may be named."""

from __future__ import annotations

from horizon.exchange.indexing import index_listing
from horizon.exchange.services.forgetting import forget_old_listings, forget_old_messages, forget_who_told
from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing


def declare() -> None:
    """Tells the kernel."""
    declare_free_texts(
        FreeText("exchange.Listing", ("title", "text", "price", "reason", "heard_from"), index_listing),
        FreeText("exchange.ListingPicture", ("alt", "author", "reason")),
        FreeText("exchange.Deal", ("reason",)),
        FreeText("exchange.Message", ("text", "reason")),
    )
    declare_processing(
        Processing(
            "exchanges", "Les échanges", "Mettre en relation qui offre et qui demande, jusqu’à un accord.",
            "L’exécution du service que la personne demande (RGPD, article 6, 1, b).",
            "Qui publie une annonce, y répond, en parle ; qui en dit une à l’équipe d’animation.",
            "L’annonce et ses photos, lues avant d’être publiques quand une personne publie ; de qui l’équipe d’animation tient celle qu’elle "
            "a notée, et l’adresse donnée pour les réponses ; les messages entre les deux côtés.",
            (
                Kept(("exchange.Listing", "exchange.ListingPicture"), "L’annonce d’une personne", "Un an après sa fin, puis vidée ; celle "
                     "d’une structure est à elle.", forget=forget_old_listings),
                Kept(("exchange.Message",), "Les messages", "Un an après la fin de l’échange ; signalés, tant que la "
                     "décision peut être contestée.", forget=forget_old_messages),
                Kept(("exchange.Deal",), "Les accords", "Sans limite pour le compte (quoi, où, combien) ; qui l’a passé, tant que dure son "
                     "compte.", with_account=True),
                Kept(("exchange.Listing",), "De qui une annonce notée au bureau a été entendue", "Un an.", forget=forget_who_told),
            ),
            recipients="Tout le monde lit l’annonce ; les messages et les adresses, l’autre côté seulement (l’équipe d’animation où elle "
            "répond pour une structure que personne ne tient) ; de qui elle est tenue, l’équipe d’animation.",
        ),
    )  # fmt: skip
