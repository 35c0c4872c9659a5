"""The eight doors of daily life (portes d'entrée, demand D-D2) and the seven poles (pôles) of the plan."""

from typing import NamedTuple

from horizon.engine.labels import DOORS as DOOR_NAMES
from horizon.engine.labels import POLES


class Door(NamedTuple):
    """A door: `code` in addresses and CSS classes, `name` shown, `title` the page's sentence."""

    code: str
    name: str
    title: str


DOORS: tuple[Door, ...] = (
    Door("instruire", DOOR_NAMES["instruire"], "Apprendre, transmettre, comprendre"),
    Door("soigner", DOOR_NAMES["soigner"], "Prendre soin de soi et des autres"),
    Door("loger", DOOR_NAMES["loger"], "Habiter, s’abriter, vivre chez soi"),
    Door("deplacer", DOOR_NAMES["deplacer"], "Bouger, partager la route, réparer son vélo"),
    Door("nourrir", DOOR_NAMES["nourrir"], "Cultiver, cuisiner, partager le repas"),
    Door("vetir", DOOR_NAMES["vetir"], "Coudre, réemployer, s’habiller"),
    Door("divertir", DOOR_NAMES["divertir"], "Jouer, chanter, courir, fêter"),
    Door("participer", DOOR_NAMES["participer"], "S’engager, travailler, décider ensemble"),
)
DOOR_BY_CODE = {door.code: door for door in DOORS}
UNDECIDED = "a-preciser"

__all__ = ["DOORS", "DOOR_BY_CODE", "POLES", "UNDECIDED", "Door"]
