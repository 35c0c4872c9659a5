"""`horizon secret`: changing the secret that signs links, sessions and what protects accounts, without closing anything."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from horizon.config.environment import FORMER, SECRET, forget_former_secrets, former_keys, rotate_secret
from horizon.config.site_cli import BAD_INPUT, _setup

app = typer.Typer(help="Le secret du site : le changer, puis oublier l’ancien.")
BY_HAND = (
    "Erreur : le secret vient de HORIZON_SECRET_KEY. Mettez-y un nouveau secret et l’ancien dans HORIZON_SECRET_KEY_FALLBACKS, "
    "relancez le site et la tâche de fond, puis : horizon secret forget, videz HORIZON_SECRET_KEY_FALLBACKS, relancez encore."
)
ORDER = "L’ordre : rotate, relancer, forget, relancer. Mode d’emploi : /aide/secret/ sur le site."


def _var() -> Path:
    return Path(os.environ.get("HORIZON_VAR", "var")).resolve()


@app.callback()
def _group() -> None:
    """Le secret du site : le changer, puis oublier l’ancien."""


@app.command()
def rotate(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Fait un nouveau secret ; l’ancien ouvre encore les liens et les connexions. Relancez ensuite le site et la tâche de fond.

    Exemple : horizon secret rotate
    """
    if os.environ.get("HORIZON_SECRET_KEY"):
        typer.echo(BY_HAND, err=True)
        raise typer.Exit(BAD_INPUT)
    var = _var()
    rotate_secret(var)
    count = len(former_keys(var, ""))
    if json:
        typer.echo(json_module.dumps({"secret": str(var / SECRET), "former": count}))
        return
    typer.echo(
        f"Nouveau secret : {var / SECRET}. Anciens encore acceptés : {count} ({var / FORMER}).\n"
        "Relancez maintenant le site et la tâche de fond : avant, horizon secret forget chiffrerait les codes sous un secret que le "
        "site qui tourne ne connaît pas.\n"
        f"Dans quatre mois (la vie du lien de la lettre annuelle ; plus long : /aide/secret/) : horizon secret forget, puis relancez encore. {ORDER}"
    )


@app.command()
def forget(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Chiffre de nouveau ce qui protège les comptes, puis n’accepte plus les anciens secrets.

    Seulement après avoir relancé le site depuis « rotate », et relancez-le encore ensuite : un site qui tourne ne doit jamais
    rencontrer un code chiffré par un secret qu’il ne connaît pas.

    Exemple : horizon secret forget
    """
    _setup()
    from cryptography.fernet import InvalidToken

    from horizon.actors.keys import encrypt_again

    try:
        again = encrypt_again()
    except InvalidToken:
        typer.echo(
            "Erreur : une application de codes est chiffrée sous un secret inconnu ici. Rien n’est changé. "
            f"Remettez ce secret dans HORIZON_SECRET_KEY_FALLBACKS ou dans {_var() / FORMER}.",
            err=True,
        )
        raise typer.Exit(BAD_INPUT) from None
    count = forget_former_secrets(_var())
    if json:
        typer.echo(json_module.dumps({"encrypted_again": again, "forgotten": count}))
        return
    typer.echo(
        f"Chiffrés de nouveau : {again}. Anciens secrets oubliés : {count}. Relancez maintenant le site et la tâche de fond : "
        f"jusque-là, l’ancien secret ouvre encore. {ORDER}"
    )
