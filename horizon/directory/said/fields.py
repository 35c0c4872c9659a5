"""The fields that people may say: how each is typed, checked, shown, and laid over an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from horizon.actors.plan import plan
from horizon.directory.models import Entry
from horizon.engine.labels import FAMILIES
from horizon.engine.webaddress import ascii_host
from horizon.kernel.doors import DOOR_BY_CODE, DOORS
from horizon.kernel.forms import choice, text

OPEN, CLOSED = "open", "closed"
STATES = {OPEN: "Elle existe toujours", CLOSED: "Elle n’existe plus"}


@dataclass(frozen=True)
class Field:
    """One field. `clean` returns the value kept or raises ValidationError in French; `shown` is what a person reads."""

    code: str
    label: str
    make: Callable[[], forms.Field]
    clean: Callable[[object], object]
    read: Callable[[Entry], object]
    lay: Callable[[Entry, object], None]
    shown: Callable[[object], str] = lambda value: str(value or "")


def _plain(limit: int) -> Callable[[object], str]:
    def clean(value: object) -> str:
        said = re.sub(r"[ \t]+", " ", str(value or "")).strip()
        said = "".join(character for character in said if character == "\n" or character >= " ")
        if len(said) > limit:
            raise ValidationError(f"C’est trop long : {limit} caractères au plus (il y en a {len(said)}).")
        return said

    return clean


def _name(value: object) -> str:
    said = _plain(300)(value)
    if not said:
        raise ValidationError("Une structure a un nom : écrivez-le.")
    return said


def clean_website(value: object) -> str:
    """A web address; `https://` is added where it lacks."""
    said = _plain(300)(value)
    if not said:
        return ""
    if "://" not in said:
        said = f"https://{said}"
    try:
        parts = urlsplit(said)
        host = ascii_host(parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        host, parts = "", None
    if parts is None or parts.scheme not in {"http", "https"} or "." not in host or " " in said:
        raise ValidationError("Cette adresse de site n’est pas complète, par exemple https://www.exemple.fr.")
    return said


def clean_phone(value: object) -> str:
    """A telephone number of ten French digits, or international with its +."""
    said = str(value or "").strip()
    digits = re.sub(r"[\s.\-()/\u00a0\u202f]", "", said)
    if not digits:
        return ""
    digits = re.sub(r"^(\+33|0033)\(?0?\)?", "0", digits)
    if re.fullmatch(r"0\d{9}", digits):
        return " ".join(digits[i : i + 2] for i in range(0, 10, 2))
    if re.fullmatch(r"\+\d{8,15}", digits):
        return digits
    raise ValidationError("Un numéro a dix chiffres, par exemple 05 49 00 00 00 (ou commence par +).")


def clean_email(value: object) -> str:
    """A functional e-mail address."""
    said = str(value or "").strip().lower()
    if said:
        try:
            validate_email(said)
        except ValidationError as problem:
            raise ValidationError(
                "Cette adresse n’est pas complète, par exemple contact@exemple.fr."
            ) from problem
    return said


def _codes(known) -> Callable[[object], list[str]]:
    def clean(value: object) -> list[str]:
        wanted = list(value) if isinstance(value, (list, tuple)) else []
        return [code for code in known if code in wanted]

    return clean


def _one_of(known: dict[str, str]) -> Callable[[object], str]:
    def clean(value: object) -> str:
        if value not in known:
            raise ValidationError("Choisissez dans la liste.")
        return str(value)

    return clean


def _set(name: str, limit: int = 0) -> Callable[[Entry, object], None]:
    def lay(entry: Entry, value: object) -> None:
        setattr(entry, name, value[:limit] if limit and isinstance(value, str) else value)

    return lay


def _lay_address(entry: Entry, value: object) -> None:
    """An address that somebody gives is a public place; its point is no longer the register's."""
    said = str(value or "")
    entry.address, entry.lat, entry.lon = said[:300], None, None
    code = re.search(r"\b\d{5}\b", said)
    entry.postal_code = "" if not said or code else entry.postal_code
    entry.at_home, entry.hidden_why = not said, "" if said else "said"
    if not said:
        entry.postal_code = ""


def _lay_state(entry: Entry, value: object) -> None:
    entry.active = value != CLOSED
    if entry.active:
        entry.closed_on = None


def _lay_commune(entry: Entry, value: object) -> None:
    if value and value != entry.commune_id:
        entry.commune_id = str(value)
        entry.lat = entry.lon = None


def clean_point(value: object) -> object:
    """A point of a public place: where it is, and the address that it is the point of; nothing when it is empty."""
    if not isinstance(value, dict):
        return ""
    try:
        lat, lon = round(float(value["lat"]), 6), round(float(value["lon"]), 6)
    except (KeyError, TypeError, ValueError) as problem:
        raise ValidationError("Un point a une latitude et une longitude, en degrés.") from problem
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValidationError("Ce point n’est pas sur la Terre : latitude et longitude en degrés.")
    return {"lat": lat, "lon": lon, "address": str(value.get("address", ""))[:300]}


def _read_point(entry: Entry) -> object:
    if entry.lat is None or entry.lon is None:
        return ""
    return {"lat": entry.lat, "lon": entry.lon, "address": entry.address}


def _lay_point(entry: Entry, value: object) -> None:
    """Laid after the address, and only over the address that it was said for: a corrected address has no point yet."""
    if isinstance(value, dict) and entry.address and entry.address == value["address"] and not entry.at_home:
        entry.lat, entry.lon = value["lat"], value["lon"]


def _shown_point(value: object) -> str:
    return f"{value['lat']:.5f}, {value['lon']:.5f}".replace(".", ",") if isinstance(value, dict) else ""


def _names(known: Mapping[str, str]) -> Callable[[object], str]:
    def shown(value: object) -> str:
        codes = value if isinstance(value, list) else [value]
        return ", ".join(known.get(str(code), str(code)) for code in codes if code)

    return shown


FIELDS: dict[str, Field] = {
    field.code: field
    for field in (
        Field("name", "Nom", lambda: text("Nom", limit=300, missing="Une structure a un nom : écrivez-le."), _name,
              lambda e: e.name, _set("name", 300)),
        Field("acronym", "Sigle", lambda: text("Sigle", required=False, limit=60), _plain(60), lambda e: e.acronym,
              _set("acronym", 60)),
        Field("description", "Ce qu’elle fait",
              lambda: text("Ce qu’elle fait", "En mots simples, pour quelqu’un qui ne la connaît pas.", rows=5, required=False, limit=2000),
              _plain(2000), lambda e: e.description, _set("description")),
        Field("doors", "Portes", lambda: choice("Portes", [(d.code, d.name) for d in DOORS], "Ce qu’on vient y chercher.", required=False, many=True),
              _codes(DOOR_BY_CODE), lambda e: _codes(DOOR_BY_CODE)(e.doors), _set("doors"), _names({d.code: d.name for d in DOORS})),
        Field("poles", "Pôles", lambda: choice("Pôles", plan().choices(), required=False, many=True),
              lambda value: _codes(plan().names)(value),
              lambda e: _codes(plan().names)(e.poles), _set("poles"), lambda value: _names(plan().names)(value)),
        Field("commune", "Commune", lambda: choice("Commune", [], required=True), _plain(5), lambda e: e.commune_id, _lay_commune),
        Field("address", "Adresse du lieu ouvert au public",
              lambda: text("Adresse du lieu ouvert au public", "Laissez vide si c’est le domicile de quelqu’un.", required=False, limit=300),
              _plain(300), lambda e: e.address, _lay_address),
        Field("point", "Point sur la carte", lambda: text("Point sur la carte", required=False, limit=60), clean_point,
              _read_point, _lay_point, _shown_point),
        Field("hours", "Horaires", lambda: text("Horaires", "Une ligne par jour ou par période.", rows=4, required=False, limit=600),
              _plain(600), lambda e: e.hours, _set("hours", 600)),
        Field("phone", "Téléphone public", lambda: text("Téléphone public", "Celui de la structure.", required=False, limit=30),
              clean_phone, lambda e: e.phone, _set("phone", 30)),
        Field("email", "Adresse électronique de la structure",
              lambda: text("Adresse électronique de la structure", "Du genre contact@… : elle sera publique.", required=False, limit=254),
              clean_email, lambda e: e.email, _set("email", 254)),
        Field("website", "Site", lambda: text("Site", required=False, limit=300), clean_website, lambda e: e.website, _set("website", 300)),
        Field("family", "Famille", lambda: choice("Famille", FAMILIES.items()), _one_of(FAMILIES), lambda e: e.family, _set("family"),
              _names(FAMILIES)),
        Field("state", "Existence", lambda: choice("Existence", STATES.items()), _one_of(STATES),
              lambda e: OPEN if e.active else CLOSED, _lay_state, _names(STATES)),
    )
}  # fmt: skip
MAY_BE_SOMEBODYS = frozenset({"address", "point", "phone", "email"})
CORRECTED = (
    "name",
    "acronym",
    "description",
    "doors",
    "commune",
    "address",
    "hours",
    "phone",
    "email",
    "website",
    "state",
)


def clean(field: str, value: object) -> object:
    """The value kept of a field. Raises ValidationError with a French message, KeyError for an unknown field."""
    return FIELDS[field].clean(value)
