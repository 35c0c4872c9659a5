"""The eight doors of daily life (portes d'entrée, demand D-D2) and the seven poles (pôles) of the plan."""

from typing import NamedTuple


class Door(NamedTuple):
    """A door: `code` in addresses and CSS classes, `name` shown, `title` the page's sentence."""

    code: str
    name: str
    title: str


DOORS: tuple[Door, ...] = (
    Door("instruire", "S’instruire", "Apprendre, transmettre, comprendre"),
    Door("soigner", "Se soigner", "Prendre soin de soi et des autres"),
    Door("loger", "Se loger", "Habiter, s’abriter, vivre chez soi"),
    Door("deplacer", "Se déplacer", "Bouger, partager la route, réparer son vélo"),
    Door("nourrir", "Se nourrir", "Cultiver, cuisiner, partager le repas"),
    Door("vetir", "Se vêtir", "Coudre, réemployer, s’habiller"),
    Door("divertir", "Se divertir", "Jouer, chanter, courir, fêter"),
    Door("participer", "Participer", "S’engager, travailler, décider ensemble"),
)
DOOR_BY_CODE = {door.code: door for door in DOORS}
UNDECIDED = "a-preciser"

POLES: dict[str, str] = {
    "transition": "Transition écologique",
    "territoires": "Territoires attractifs et innovants",
    "emploi": "Emploi et création d’entreprises",
    "habitat": "Habitat et mobilité solidaire",
    "proximite": "Services de proximité",
    "alimentation": "Alimentation locale et saine",
    "sante": "Bien vivre et bonne santé",
}
