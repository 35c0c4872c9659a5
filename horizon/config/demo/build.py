"""`make demo`: each step once, timed; a second run only checks that nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from rich.console import Console

from horizon.config.demo.exchanges import exchanges_of_the_demonstration
from horizon.config.demo.freshness import freshness_of_the_demonstration
from horizon.config.demo.links import links_of_the_demonstration
from horizon.config.demo.needs import needs_of_the_demonstration
from horizon.config.demo.pages import texts_of_the_demonstration
from horizon.config.demo.people import people_the_demonstration
from horizon.config.demo.pictures import pictures_of_the_demonstration
from horizon.config.demo.relief import relief_of_the_demonstration
from horizon.config.demo.values import values_of_the_demonstration
from horizon.config.demonstration import NotTheDemonstration, mark_demonstration
from horizon.directory.models import Publication
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from horizon.observatory.synthetic import generate_demo

TERRITORY = "200069854"
PACKAGE = Path(__file__).resolve().parent.parent.parent
LOOK_AT = [
    ("/", "l’accueil : les huit portes, la carte schématique"),
    ("/annuaire/?q=velo", "chercher « velo » : accents, pluriels et fautes pardonnés"),
    ("/annuaire/?porte=nourrir", "la porte Se nourrir, avec ses filtres"),
    ("/communes/86194/", "la commune de Poitiers"),
    ("/panorama/200069854/", "le panorama du territoire, à imprimer"),
    ("/entrer/", "entrer comme… : animation, personne élue, référente d’une structure"),
    ("/besoins/", "ce qui manque, dit par qui veut, et ce qu’on répond"),
    ("/echanges/", "ce qui se prête, se donne, se demande ; qui répond, et ce que personne ne propose"),
    ("/reseau/", "qui fournit, héberge, adhère ; qui fait le pont ; par qui passer"),
    ("/entraide/", "un coup de main dans les heures qui viennent ; l’écran du téléphone est au bureau"),
    ("/parcours/", "le parcours d’une association, question par question"),
    ("/ailleurs/", "des exemples d’ailleurs, réels, avec leurs sources"),
    ("/collectif/", "le collectif, ses membres et ses partenaires"),
    ("/donnees/", "tout en fichiers, API, flux ; montrer une structure sur son propre site"),
    ("/valeurs/", "quinze questions sur les valeurs, des réponses, des visites entre structures"),
    ("/methodes/", "d’où vient chaque chiffre"),
]


def run_demo(port: int, start: bool) -> int:
    """Prepares (when needed) and starts the demonstration; prints each step and its time. Returns an exit code."""
    console = Console()
    began = time.monotonic()
    console.print("[bold]Horizon Commun[/], territoire de démonstration : Grand Poitiers, données fictives")
    stamp_path = settings.VAR / "demo" / "stamp.json"
    fingerprint = _fingerprint()
    ready = stamp_path.exists() and json.loads(stamp_path.read_text()).get("fingerprint") == fingerprint
    _step(console, "Base de données", lambda: call_command("migrate", verbosity=0))
    try:
        mark_demonstration()
    except NotTheDemonstration as problem:
        console.print(f"[bold]{problem}[/]")
        return 1
    if ready and Publication.objects.filter(current=True, demo=True).exists():
        console.print("  Déjà prêt : rien n’a changé depuis la dernière fois.")
    else:
        stamp_path.unlink(missing_ok=True)
        _build(console)
        stamp_path.write_text(json.dumps({"fingerprint": fingerprint}))
    if start:
        from horizon.config.processes import PortTaken, start_background

        os.environ["HORIZON_DEMO_MODE"] = "1"
        try:
            _step(console, "Site et exécutant des tâches", lambda: start_background("127.0.0.1", port))
        except PortTaken as problem:
            console.print(f"[bold]{problem}[/]")
            return 1
    console.print(f"Prêt en {time.monotonic() - began:.1f} s. À regarder :")
    for path, what in LOOK_AT:
        console.print(f"  http://localhost:{port}{path}  {what}", soft_wrap=True, highlight=False)
    console.print("Arrêter : make stop")
    return 0


def _build(console: Console) -> None:
    from horizon.directory.services import publish_directory

    registers = settings.VAR / "demo" / "registers"
    shutil.rmtree(registers, ignore_errors=True)
    registers.mkdir(parents=True)
    _step(console, "Registres fictifs", lambda: generate_demo(registers))
    _step(
        console, "Observatoire : registres, tables, indicateurs", lambda: observe(registers, settings.MARTS)
    )

    def publish() -> None:
        with Marts(settings.MARTS) as marts:
            publish_directory(marts, TERRITORY, actor="make demo")

    _step(console, "Annuaire : fiches, sources, recherche", publish)
    shown = Publication.objects.get(current=True)
    _step(console, "Personnes inventées, membres, corrections", lambda: people_the_demonstration(shown))
    _step(console, "Besoins dits, rejoints, répondus", lambda: needs_of_the_demonstration(shown))
    _step(console, "Offres, demandes, accords", lambda: exchanges_of_the_demonstration(shown))
    _step(console, "Liens entre structures", lambda: links_of_the_demonstration(shown))
    _step(console, "Photos dessinées des offres", pictures_of_the_demonstration)
    _step(console, "Appels urgents, personnes disponibles", lambda: relief_of_the_demonstration(shown))
    _step(console, "Valeurs dites, visites entre structures", lambda: values_of_the_demonstration(shown))
    _step(console, "Fiches confirmées, à rappeler, fermetures", lambda: freshness_of_the_demonstration(shown))
    _step(console, "Parcours des associations, exemples", texts_of_the_demonstration)


def _step(console: Console, name: str, work: Callable[[], object]) -> None:
    began = time.monotonic()
    with console.status(f"{name}…"):
        work()
    console.print(f"  {name:<48} {time.monotonic() - began:6.1f} s", highlight=False)


def _fingerprint() -> str:
    """Changes when the code or data that make the demonstration change."""
    digest = hashlib.sha256(str(settings.DATABASES["default"]["NAME"]).encode())
    for folder in (
        "observatory",
        "engine",
        "directory",
        "actors",
        "care",
        "listening",
        "exchange",
        "relief",
        "pages",
        "subscriptions",
        "values",
        "territory",
        "kernel",
        "config/demo",
    ):
        for path in sorted((PACKAGE / folder).rglob("*")):
            if path.suffix in {".py", ".sql", ".csv", ".gz", ".parquet", ".json", ".toml"}:
                digest.update(str(path.relative_to(PACKAGE)).encode() + path.read_bytes())
    return digest.hexdigest()
