#!/usr/bin/env python3
"""Vérifie l’export du journal scellé d’un site Horizon Commun : python3 verify.py journal.jsonl [--head EMPREINTE]

Bibliothèque standard seule, aucune connexion, mémoire constante. Ce fichier ne partage aucun code avec le site : il
refait tout le calcul, et compare chaque ligne, octet par octet, à la seule écriture permise.

Une ligne d’en-tête, puis les événements et les sceaux dans leur ordre. Une seule formule :
empreinte = SHA-256(empreinte précédente + écriture canonique de l’événement ou du sceau) ; la première suit 64 zéros.
Sans --head ni --seals, le fichier est comparé à lui-même : qui l’a réécrit en entier n’est pas découvert. Donnez une
empreinte que vous avez notée, ou la liste des sceaux (/journal/sceaux.txt) que vous avez gardée.

Code de sortie : 0 intact, 1 altéré (la première mauvaise ligne est nommée), 2 fichier illisible ou commande mal écrite.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FORMAT = "horizon-journal-1"
START = "0" * 64
EVENT = {"actor", "at", "id", "payload", "record_id", "record_type", "verb"}
SEAL = {"at", "first", "last", "number"}
HASH = re.compile(r"[0-9a-f]{64}")
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Altered(Exception):
    """Ce qui ne va pas, et à quelle ligne du fichier."""

    def __init__(self, line: int, why: str):
        super().__init__(f"ligne {line} : {why}")
        self.line = line


class Verified(NamedTuple):
    """Ce que contient un export intact."""

    events: int
    seals: int
    head: str
    last_seal_at: str


class Chain:
    """L’état du calcul : une empreinte et quelques compteurs, quelle que soit la longueur du journal."""

    def __init__(self) -> None:
        self.hash = START
        self.events = self.seals = self.sealed = 0
        self.first, self.at = 0, ""

    def add_event(self, line: int, raw: bytes, parsed: dict) -> None:
        """Ajoute un événement, ou dit pourquoi cette ligne n’est pas celle qui a été scellée."""
        event = parsed["event"]
        if not isinstance(event, dict) or set(event) != EVENT:
            raise Altered(line, "cet événement n’a pas les champs attendus")
        position = self.events + 1
        if not is_number(parsed["position"], position):
            raise Altered(
                line, f"position {position} attendue : une ligne a été retirée, ajoutée ou déplacée"
            )
        form = _encode(event)
        hash_ = follow(self.hash, form)
        if parsed["hash"] != hash_:
            raise Altered(line, "l’empreinte ne suit pas : cet événement, ou son empreinte, a été changé")
        if raw != f'{{"event":{form},"hash":"{hash_}","position":{position}}}\n'.encode("ascii"):
            raise Altered(line, "cette ligne n’est pas dans l’écriture canonique")
        self.hash, self.events = hash_, position

    def add_seal(self, line: int, raw: bytes, parsed: dict) -> None:
        """Ajoute un sceau, ou dit pourquoi cette ligne n’est pas celui qui a été posé."""
        seal = parsed["seal"]
        if not isinstance(seal, dict) or set(seal) != SEAL or not isinstance(seal["at"], str):
            raise Altered(line, "ce sceau n’a pas les champs attendus")
        number = self.seals + 1
        if not is_number(seal["number"], number):
            raise Altered(line, f"sceau {number} attendu : une ligne a été retirée, ajoutée ou déplacée")
        if not is_number(seal["first"], self.sealed + 1) or not is_number(seal["last"], self.events):
            raise Altered(line, f"le sceau {number} ne ferme pas les événements qui le précèdent")
        if self.events == self.sealed:
            raise Altered(line, f"le sceau {number} ne ferme aucun événement")
        form = _encode(seal)
        hash_ = follow(self.hash, form)
        if parsed["hash"] != hash_:
            raise Altered(line, "l’empreinte ne suit pas : ce sceau, ou son empreinte, a été changé")
        if raw != f'{{"hash":"{hash_}","seal":{form}}}\n'.encode("ascii"):
            raise Altered(line, "cette ligne n’est pas dans l’écriture canonique")
        self.first, self.at = self.sealed + 1, seal["at"]
        self.hash, self.seals, self.sealed = hash_, number, self.events

    def published(self) -> str:
        """Le dernier sceau tel que la liste publique l’écrit."""
        return f"{self.seals} {self.at} {self.first} {self.sealed} {self.hash}"

    def header(self) -> bytes:
        """La seule première ligne que ce contenu permet."""
        fields = {"events": self.sealed, "format": FORMAT, "head": self.hash, "seals": self.seals}
        return _encode(fields).encode("ascii") + b"\n"


def verify(lines: Iterable[bytes], heads: Iterable[str] = (), published: Iterable[str] = ()) -> Verified:
    """Vérifie un export, lu ligne par ligne ; `heads` et les lignes `published` de sceaux.txt doivent s’y retrouver.

    Lève Altered à la première mauvaise ligne.
    """
    stream = iter(lines)
    first = next(stream, b"")
    announced = parse(1, first)
    if announced.get("format") != FORMAT:
        raise Altered(1, f"l’en-tête d’un export « {FORMAT} » est attendu")
    noted = set(heads)
    listed = dict(read_published(published))
    chain, line = Chain(), 1
    for line, raw in enumerate(stream, 2):
        parsed = parse(line, raw)
        keys = set(parsed)
        if keys == {"event", "hash", "position"}:
            chain.add_event(line, raw, parsed)
        elif keys == {"hash", "seal"}:
            chain.add_seal(line, raw, parsed)
            noted.discard(chain.hash)
            wanted = listed.pop(chain.seals, None)
            if wanted is not None and wanted != chain.published():
                raise Altered(line, f"le sceau {chain.seals} n’est pas celui de la liste publiée")
        else:
            raise Altered(line, "ni un événement, ni un sceau")
    if chain.events != chain.sealed:
        raise Altered(line, "le fichier finit sur des événements sans sceau : la fin manque")
    if first != chain.header():
        raise Altered(
            1,
            f"l’en-tête ne dit pas ce que le fichier contient ({chain.sealed} événements, {chain.seals} sceaux, "
            f"tête {chain.hash}) : il a été changé, ou la fin manque",
        )
    noted -= {START}
    if noted:
        raise Altered(
            line, f"l’empreinte {min(noted)} n’est celle d’aucun sceau : la fin manque, ou tout a été réécrit"
        )
    if listed:
        raise Altered(line, f"le sceau {min(listed)} de la liste publiée n’y est pas : la fin manque")
    return Verified(chain.events, chain.seals, chain.hash, chain.at)


def parse(line: int, raw: bytes) -> dict:
    """L’objet JSON d’une ligne, qui finit par un saut de ligne ; lève Altered."""
    if not raw.endswith(b"\n"):
        raise Altered(line, "cette ligne n’est pas finie" if raw else "le fichier est vide")
    try:
        parsed = json.loads(raw.decode("ascii"))
    except (ValueError, RecursionError):
        raise Altered(line, "cette ligne n’est pas du JSON en ASCII") from None
    if not isinstance(parsed, dict):
        raise Altered(line, "cette ligne n’est pas un objet")
    return parsed


def read_published(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Les sceaux d’une liste `numéro date première dernière empreinte` ; lève ValueError."""
    for line in lines:
        line = line.rstrip("\n")
        parts = line.split(" ")
        if len(parts) != 5 or not parts[0].isdigit() or not HASH.fullmatch(parts[4]):
            raise ValueError(f"« {line[:80]} » n’est pas un sceau")
        yield int(parts[0]), line


def follow(previous: str, form: str) -> str:
    """L’empreinte qui suit `previous` quand on ajoute cette écriture."""
    return hashlib.sha256((previous + form).encode("ascii")).hexdigest()


def is_number(value: object, expected: int) -> bool:
    """Le même entier, et bien un entier : en Python, `True` vaut 1."""
    return type(value) is int and value == expected


def hash_argument(text: str) -> str:
    """Une empreinte donnée sur la ligne de commande."""
    if not HASH.fullmatch(text.lower()):
        raise argparse.ArgumentTypeError("une empreinte a 64 chiffres hexadécimaux")
    return text.lower()


def main() -> int:
    """La commande."""
    parser = argparse.ArgumentParser(
        description="Vérifie l’export du journal scellé d’un site Horizon Commun."
    )
    parser.add_argument("file", metavar="FICHIER", help="l’export (horizon journal export --out FICHIER)")
    parser.add_argument(
        "--head", action="append", default=[], type=hash_argument, metavar="EMPREINTE",
        help="une empreinte notée un jour sur la page publique ; peut être répété",
    )  # fmt: skip
    parser.add_argument("--seals", metavar="LISTE", help="la liste des sceaux gardée un jour (sceaux.txt)")
    asked = parser.parse_args()
    published: list[str] = []
    try:
        if asked.seals:
            with open(asked.seals, encoding="ascii") as listing:  # noqa: PTH123
                published = listing.readlines()
            list(read_published(published))
        with open(asked.file, "rb") as export:  # noqa: PTH123
            found = verify(export, asked.head, published)
    except Altered as problem:
        sys.stdout.write(f"ALTÉRÉ, {problem}\n")
        return 1
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"Illisible : {problem}\n")
        return 2
    sys.stdout.write(
        f"Intact : {found.events} événements, {found.seals} sceaux, le dernier posé le {found.last_seal_at or 'jamais'}.\n"
        f"Tête : {found.head}\n"
    )
    for head in asked.head:
        sys.stdout.write(f"Empreinte notée retrouvée : {head}\n")
    if published:
        sys.stdout.write(f"Sceaux de la liste retrouvés : {len(published)}\n")
    if not asked.head and not published:
        sys.stdout.write(
            "Comparé à lui-même seulement : donnez --head ou --seals pour le comparer à ce qui a été publié.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
