"""Shapes of what is typed about freshness."""

from __future__ import annotations

from horizon.directory.models import Closure
from horizon.kernel.forms import HouseForm, choice, text


class HeardForm(HouseForm):
    """From whom somebody who animates heard that a page is right."""

    heard_from = text(
        "De qui le tenez-vous ?",
        "En quelle qualité, sans son nom : « la trésorière, au téléphone ».",
        limit=200,
        missing="Dites de qui vous le tenez : « la trésorière, au téléphone ».",
    )


class ClosureForm(HouseForm):
    """Whether a structure that a register says closed is."""

    answer = choice("Est-elle fermée ?", Closure.ANSWERS, radio=True)
    note = text(
        "Une précision",
        "Par exemple par qui elle a été reprise. Lue par l’équipe d’animation et par votre équipe seulement.",
        rows=3,
        required=False,
        limit=300,
    )
