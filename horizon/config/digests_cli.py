"""`horizon digests`: write and send the letters that are due, now."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from horizon.config.site_cli import _setup


def digests(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Écrit et envoie maintenant les lettres et rappels qui sont dus ; l’exécutant des tâches le fait de lui-même, de jour.

    Personne ne reçoit pour autant deux lettres en sept jours.

    Exemple : horizon digests
    """
    _setup()
    from django.utils import timezone

    from horizon.subscriptions.models import Message
    from horizon.subscriptions.postman import Postman
    from horizon.subscriptions.services.composing import compose_digests, compose_reminders
    from horizon.subscriptions.services.sending import empty_outbox

    now = timezone.now()
    written = {"letters": compose_digests(now), "reminders": compose_reminders(now)}
    with Postman() as postman:
        sent = empty_outbox(postman, timezone.now, at_most=10_000)
    left = Message.objects.filter(status__in=Message.OPEN).count()
    if json:
        typer.echo(json_module.dumps({**written, "outcomes": sent, "left": left}))
        return
    typer.echo(
        f"Écrits : {written['letters']} lettres, {written['reminders']} rappels. "
        f"Remis au serveur de messagerie : {sent.get('sent', 0)}. Restent à envoyer : {left}."
    )
