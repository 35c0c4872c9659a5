"""What urgent help keeps of people, why and how long; where somebody may be named."""

from __future__ import annotations

from collections.abc import Iterator

from horizon.actors.models import Person
from horizon.kernel.naming import FreeText, declare_free_texts, phones_in
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.relief.models import UrgentCall, Volunteer


def declare() -> None:
    """Tells the kernel."""
    declare_free_texts(
        FreeText(
            "relief.UrgentCall",
            ("asker", "title", "text", "place", "contact", "callback", "reason", "thanks"),
        ),
        FreeText("relief.Proposal", ("name",)),
    )
    declare_processing(
        Processing(
            "relief", "L’entraide urgente", "Trouver vite qui peut venir là où il manque des bras.",
            "Le consentement, retiré d’un bouton (RGPD, article 6, 1, a).",
            "Qui demande un coup de main, qui se dit disponible (18 ans ou plus), qui vient.",
            "Ce qu’on sait faire, où et quand, un téléphone s’il est donné ; de l’appel, le lieu et qui joindre sur place.",
            (
                Kept(("relief.Volunteer",), "La disponibilité", "Un an sans nouvelles, après un message un mois avant.",
                     job="ask silent volunteers"),
                Kept(("relief.UrgentCall", "relief.Proposal"), "Les appels, et qui est venu", "Trente jours après la fin : restent quoi, la "
                     "commune et combien.", job="erase old urgent calls"),
            ),
            recipients="Le lieu et les téléphones : qui vient, qui demande et l’équipe d’animation.",
        ),
    )  # fmt: skip


def phones_of(person: Person) -> Iterator[str]:
    """The telephones that somebody gave for themselves."""
    for row in Volunteer.objects.filter(person=person):
        yield from phones_in(row.phone)
    for call in UrgentCall.objects.filter(author=person, organization=None):
        yield from phones_in(call.callback)
