"""The texts of the demonstration: those that the site ships, and one that an operator wrote over."""

from __future__ import annotations

from horizon.config.demo.people import demo_person
from horizon.pages.models import Version
from horizon.pages.queries import current_values
from horizon.pages.services import keep_path, tick_steps, write_version

SAID = "Tenez votre page de l’annuaire, dites ce que vous offrez et ce qu’il vous faut, puis passez au repas du premier jeudi (fictif)."


def texts_of_the_demonstration() -> int:
    """One version over a step, one path kept and begun; returns how many. Run once."""
    if Version.objects.exists():
        return 0
    values = current_values(Version.STEP, "collectif") | {"text": SAID}
    write_version(Version.STEP, "collectif", values, by=demo_person(0))
    tick_steps(keep_path({"stade": ["idee"], "projet": ["subvention"]}), ["parler", "autour"])
    return 2
