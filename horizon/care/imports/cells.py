"""What the cells of one line say: cleaned by the rules of each field, or refused with the reason; nothing in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from horizon.directory.said.fields import clean
from horizon.engine.communes import CommuneResolver
from horizon.engine.distance import distance_km
from horizon.engine.folding import fold
from horizon.engine.tables.meaning import FIELDS, digits, private_mail, private_phone
from horizon.kernel.doors import DOORS

PLAIN = ("name", "acronym", "description", "phone", "email", "website", "hours")
SCIENTIFIC = re.compile(r"\d[.,]?\d*E\+\d+", re.IGNORECASE)
TAIL = re.compile(r"[\s,;–-]*\b(\d{5})\s+([^\d,;]{2,60})$")
FAR_KM = 30
SAVED = "Mettez la colonne en texte dans le tableur, ou corrigez ici."


@dataclass
class Read:
    """What a line says once read. `commune` is a code or empty; `problems` by field; `notes` say what was left out."""

    values: dict[str, object] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)
    commune: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_cells(
    said: Mapping[str, str],
    resolver: CommuneResolver,
    names: Mapping[str, str],
    *,
    places: bool,
    functional: frozenset[str],
    centres: Mapping[str, tuple[float, float]] | None = None,
) -> Read:
    """Reads the cells of a line, by field. `names`: communes of the territory by code, to name what is hesitated between;
    `functional`: fields whose addresses and numbers are said to be of the structures."""
    read = Read()
    for code in PLAIN:
        if said.get(code):
            _plain(read, code, said[code], functional)
    if not said.get("name", "").strip():
        read.problems["name"] = "Le nom manque."
    for code in ("siren", "siret", "rna"):
        if said.get(code):
            _identifier(read, code, said[code])
    siren, siret = read.identifiers.get("siren"), read.identifiers.get("siret")
    if siren and siret and not siret.startswith(siren):
        read.problems["siret"] = f"Ce SIRET n’est pas du SIREN {siren} : l’un des deux est faux."
    if said.get("doors"):
        _doors(read, said["doors"])
    _place(read, said, resolver, names, places)
    if said.get("latitude") or said.get("longitude"):
        _point(read, said, places, centres or {})
    return read


def _plain(read: Read, code: str, text: str, functional: frozenset[str]) -> None:
    private = {"email": private_mail, "phone": private_phone}.get(code)
    if private and code not in functional and private(text):
        kind = "adresse électronique" if code == "email" else "numéro"
        read.notes.append(f"{FIELDS[code]} : {kind} qui semble de quelqu’un, pas importé.")
        return
    try:
        kept = clean(code, text)
    except ValidationError as problem:
        read.problems[code] = problem.messages[0]
        return
    if kept:
        read.values[code] = kept


def _identifier(read: Read, code: str, text: str) -> None:
    number = digits(text).upper()
    if SCIENTIFIC.fullmatch(text.replace(" ", "")):
        read.problems[code] = f"« {text} » : le tableur a arrondi ce numéro. {SAVED}"
        return
    if code == "rna":
        if not re.fullmatch(r"W\d[0-9A-Z]\d{7}", number):
            read.problems[code] = f"« {text} » : un numéro RNA est W suivi de neuf caractères."
            return
    else:
        width, valid = (9, siren_numbers.is_valid) if code == "siren" else (14, siret_numbers.is_valid)
        if number.isdigit() and width - 3 <= len(number) < width and valid(number.zfill(width)):
            number = number.zfill(width)
            read.notes.append(f"{FIELDS[code]} : zéros du début rétablis ({number}).")
        if not (number.isdigit() and len(number) == width):
            read.problems[code] = (
                f"« {text} » : {width} chiffres attendus, il y en a {sum(c.isdigit() for c in number)}."
            )
            return
        if not valid(number):
            read.problems[code] = f"« {text} » : ce n’est pas un {code.upper()}, sa clé ne tombe pas juste."
            return
    read.identifiers[code] = number


def _doors(read: Read, text: str) -> None:
    known = {fold(said): door.code for door in DOORS for said in (door.code, door.name)}
    found: list[str] = []
    unknown: list[str] = []
    for word in re.split(r"[,;|\n]", text):
        if not fold(word):
            continue
        code = known.get(fold(word))
        if code:
            found.append(code)
        else:
            unknown.append(word.strip())
    if found:
        read.values["doors"] = clean("doors", found)
    if unknown:
        read.notes.append(f"Portes inconnues, laissées : {', '.join(unknown)[:200]}.")


def _place(
    read: Read, said: Mapping[str, str], resolver: CommuneResolver, names: Mapping[str, str], places: bool
) -> None:
    """The commune, from its code, else from (postal code, label), else from the end of the address; then the address."""
    address = " ".join(said.get("address", "").split())
    postal, label = said.get("postal_code", "").strip(), said.get("city", "").strip()
    if re.fullmatch(r"\d{4}", postal):
        postal = f"0{postal}"
    if postal and not re.fullmatch(r"\d{5}", digits(postal)):
        read.problems["postal_code"] = f"« {postal} » : un code postal a cinq chiffres."
        return
    tail = TAIL.search(address)
    if tail and not label:
        postal, label = postal or tail.group(1), tail.group(2)
    if said.get("insee"):
        read.commune = resolver.resolve_code(said["insee"]) or ""
        if not read.commune:
            read.problems["insee"] = f"« {said['insee']} » : ce code de commune n’existe pas."
            return
    elif label:
        found = resolver.resolve(postal, label)
        read.commune = found.code or ""
        if not read.commune:
            between = ", ".join(names.get(code, code) for code in found.candidates[:6])
            read.problems["city"] = f"« {' '.join((postal, label)).strip()} » : " + (
                f"plusieurs communes possibles ({between}). Écrivez laquelle."
                if found.how == "ambiguous"
                else "commune introuvable" + (f" ; à ce code postal : {between}." if between else ".")
            )
            return
        if found.how == "typo":
            read.notes.append(
                f"Commune lue malgré une faute : « {label} » est {names.get(read.commune, read.commune)}."
            )
    if address and places:
        if not tail and (postal or label):
            address = f"{address}, {' '.join((postal, label)).strip()}"
        try:
            read.values["address"] = clean("address", address)
        except ValidationError as problem:
            read.problems["address"] = problem.messages[0]


def _point(
    read: Read, said: Mapping[str, str], places: bool, centres: Mapping[str, tuple[float, float]]
) -> None:
    """A point, kept with the public address that it is of, and only near its commune; else the line says why not."""
    texts = [said.get(code, "").replace(",", ".").strip() for code in ("latitude", "longitude")]
    if not any(texts):
        return
    if not places:
        read.notes.append(
            "Point laissé : le tableau ne dit pas que ses adresses sont celles de lieux publics."
        )
        return
    if "address" not in read.values:
        if "address" not in read.problems:
            read.notes.append(
                "Point laissé : il manque l’adresse du lieu, écrivez-la pour le montrer sur la carte."
            )
        return
    if not all(texts):
        read.notes.append("Point laissé : il manque la latitude ou la longitude.")
        return
    try:
        lat, lon = float(texts[0]), float(texts[1])
        point = clean("point", {"lat": lat, "lon": lon, "address": read.values["address"]})
    except (ValueError, ValidationError):
        read.problems["latitude"] = (
            f"« {texts[0]} ; {texts[1]} » : une latitude et une longitude en degrés sont attendues."
        )
        return
    centre = centres.get(read.commune)
    if centre and distance_km(*centre, lat, lon) > FAR_KM:
        read.notes.append(f"Point laissé : il tombe à plus de {FAR_KM} km de la commune.")
        return
    read.values["point"] = point
