"""French labels of the codes shown everywhere, in the order they are shown; how a quantity is written."""

from decimal import Decimal

FAMILIES = {
    "association": "Associations",
    "cooperative": "Coopératives",
    "mutuelle": "Mutuelles",
    "fondation": "Fondations",
    "societe": "Sociétés commerciales de l’ESS",
    "autre": "Autres formes",
}
DOORS = {
    "instruire": "S’instruire",
    "soigner": "Se soigner",
    "loger": "Se loger",
    "deplacer": "Se déplacer",
    "nourrir": "Se nourrir",
    "vetir": "Se vêtir",
    "divertir": "Se divertir",
    "participer": "Participer",
}
POLES = {
    "transition": "Transition écologique",
    "territoires": "Territoires attractifs et innovants",
    "emploi": "Emploi et création d’entreprises",
    "habitat": "Habitat et mobilité solidaire",
    "proximite": "Services de proximité",
    "alimentation": "Alimentation locale et saine",
    "sante": "Bien vivre et bonne santé",
}
SIZES = {
    "inconnue": "Effectif inconnu",
    "0": "Aucun salarié",
    "1-9": "1 à 9 salariés",
    "10-49": "10 à 49 salariés",
    "50-249": "50 à 249 salariés",
    "250": "250 salariés et plus",
}
REASONS = {
    "legal_category": "Forme juridique de l’ESS",
    "insee_flag": "Signalée par l’Insee",
    "ess_france_list": "Sur la liste ESS France",
    "approval": "Agrément ou label",
    "declared": "Déclarée par elle-même",
}


def number(value: Decimal | float | None) -> str:
    """A quantity, to the hundredth at most; nothing when it is not known.

    >>> number(40.0), number(Decimal("2.50")), number(2.25), number(1_000_000.0), number(None)
    ('40', '2,5', '2,25', '1000000', '')
    """
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
