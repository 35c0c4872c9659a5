"""What a database that refuses a write means for whoever typed the command: a sentence that says what to do, an exit code."""

import re

from django.db import DEFAULT_DB_ALIAS, Error, connections

from horizon.observatory.errors import BadInput, DiskFull, ObservatoryError

FULL = ("database or disk is full", "disk i/o error", "no space left", "disk quota", "could not extend file")
READ_ONLY = "read-only transaction"
NOT_OURS = "readonly database"
BUSY = ("database is locked", "lock timeout", "deadlock detected")
UNMADE = re.compile(r"no such (table|column)|(relation|column) \S+ does not exist")


def refusal(problem: Error, intact: str) -> ObservatoryError:
    """The error to raise for the operator; `intact` says, in French, what the refused transaction left as it was.

    >>> refusal(Error("database is locked"), "Rien n’a changé.").exit_code
    3
    """
    said = " ".join(str(problem).split())
    told = said.lower()
    if any(sign in told for sign in FULL):
        return DiskFull(
            f"Plus de place pour la base de données ({said}). Libérez de l’espace puis relancez. {intact}"
        )
    if READ_ONLY in told:
        return DiskFull(
            f"La base de données n’accepte que la lecture ({said}) : un hébergeur fait cela quand le disque est plein ; sinon "
            f"regardez si ce n’est pas une copie de secours. {intact}"
        )
    if NOT_OURS in told:
        return BadInput(
            f"Le fichier de la base de données ne peut être écrit par cet utilisateur ({said}) : relancez sous celui qui le possède, ou "
            f"regardez les droits du fichier, de son dossier et du disque. {intact}"
        )
    if any(sign in told for sign in BUSY):
        return BadInput(
            f"La base de données est prise par une autre écriture ({said}). Relancez dans un moment. {intact}"
        )
    if UNMADE.search(told):
        return BadInput(
            f"La base de données n’est pas celle de cette version ({said}). Préparez-la : horizon manage migrate. {intact}"
        )
    name = connections[DEFAULT_DB_ALIAS].vendor
    return BadInput(f"La base de données ({name}) ne répond pas comme attendu : {said}. {intact}")
