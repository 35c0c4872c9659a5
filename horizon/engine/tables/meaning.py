"""What does this column say? Proposed from its title and from its values, with the reason; never decided.

A column that may tell of a person (name, private address, mobile telephone) is proposed as left aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from horizon.engine.folding import fold
from horizon.engine.tables.shape import Table

FIELDS = {
    "name": "Nom de la structure",
    "acronym": "Sigle",
    "siren": "SIREN",
    "siret": "SIRET",
    "rna": "Numéro RNA",
    "description": "Ce qu’elle fait",
    "doors": "Portes du quotidien",
    "address": "Adresse du lieu",
    "postal_code": "Code postal",
    "city": "Commune",
    "insee": "Code INSEE de la commune",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "phone": "Téléphone",
    "email": "Adresse électronique",
    "website": "Site",
    "hours": "Horaires",
}
MANY = frozenset({"description", "address", "hours", "doors"})  # several columns may be joined into one field


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words of a title, most telling first: the first rule whose words are all there decides.
TITLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("addresscountry",)),  # of every address of a GoGoCarto file, and no part of one here
    ("siret", ("siret",)), ("siren", ("siren",)), ("rna", ("rna",)), ("rna", ("waldec",)), ("insee", ("insee",)),
    ("insee", ("code", "commune")), ("insee", ("citycode",)), ("postal_code", ("code", "postal")), ("postal_code", ("cp",)),
    ("postal_code", ("postalcode",)), ("postal_code", ("postcode",)), ("postal_code", ("zip",)),
    ("latitude", ("latitude",)), ("latitude", ("lat",)), ("longitude", ("longitude",)), ("longitude", ("lon",)),
    ("longitude", ("lng",)), ("email", ("email",)), ("email", ("mail",)), ("email", ("courriel",)), ("email", ("mel",)),
    ("email", ("adresse", "electronique")), ("website", ("site",)), ("website", ("website",)), ("website", ("url",)),
    ("website", ("web",)), ("website", ("internet",)), ("phone", ("telephone",)), ("phone", ("tel",)), ("phone", ("phone",)),
    ("phone", ("portable",)), ("phone", ("mobile",)), ("hours", ("horaires",)), ("hours", ("horaire",)),
    ("hours", ("ouverture",)), ("hours", ("openhours",)), ("hours", ("openhoursstring",)), ("acronym", ("sigle",)), ("acronym", ("acronyme",)),
    ("acronym", ("nom", "court")), ("city", ("commune",)), ("city", ("ville",)), ("city", ("addresslocality",)),
    ("city", ("localite",)), ("city", ("city",)), ("address", ("adresse",)), ("address", ("address",)),
    ("address", ("streetaddress",)), ("address", ("rue",)), ("address", ("voie",)), ("description", ("description",)),
    ("description", ("abstract",)), ("description", ("objet",)), ("description", ("activite",)), ("description", ("activites",)),
    ("description", ("presentation",)), ("description", ("missions",)), ("name", ("nom",)), ("name", ("name",)),
    ("name", ("titre",)), ("name", ("denomination",)), ("name", ("structure",)), ("name", ("association",)),
    ("name", ("raison", "sociale",)), ("name", ("organisme",)), ("name", ("intitule",)),
)  # fmt: skip
PERSON = _words(
    "prenom prenoms president presidente presidents tresorier tresoriere secretaire responsable referent referente contact "
    "contacts dirigeant dirigeante gerant gerante directeur directrice civilite correspondant correspondante interlocuteur "
    "representant animateur animatrice personne naissance famille firstname lastname surname"
)
STRUCTURE = _words("structure association asso organisme etablissement entreprise societe site lieu")
PRIVATE_MAIL = _words(
    "gmail.com orange.fr wanadoo.fr hotmail.fr hotmail.com free.fr laposte.net yahoo.fr yahoo.com outlook.fr outlook.com "
    "sfr.fr live.fr bbox.fr icloud.com me.com neuf.fr numericable.fr aol.com msn.com protonmail.com proton.me"
)
FUNCTIONS = _words(
    "contact info infos accueil asso association bureau secretariat communication direction mairie bonjour hello "
    "administration admin billetterie inscription inscriptions adherents presidence tresorerie coordination commande "
    "commandes contacts courrier equipe"
)
_MAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+\.[^\s@;,]+")
_PHONE = re.compile(r"(?:\+33|0033|0)\(?0?\)?[1-9](?:\d{2}){4}")
_WEB = re.compile(
    r"(?:https?://|www\.)\S+\.\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:fr|com|org|net|coop|eu|asso|info)(?:/\S*)?",
    re.I,
)
_RNA = re.compile(r"W\d[0-9A-Z]\d{7}", re.I)
_NAME = re.compile(r"(?:M|Mme|Mr|Mlle|Monsieur|Madame)\.? +[A-ZÀ-Ý]")
SEEN = 200


def digits(text: str) -> str:
    """A code without the spaces, points and dashes that people put in it.

    >>> digits(" 552 013 500 ")
    '552013500'
    """
    return re.sub(r"[\s.\-\u00a0\u202f]", "", text)


def private_mail(text: str) -> bool:
    """Whether an address may be a person's: first.last@…, or a provider's box without the name of a function.

    >>> [private_mail(m) for m in ("contact@tilleul.fr", "jo.vonne@tilleul.fr", "lou@orange.fr", "asso.tilleul@gmail.com")]
    [False, True, True, False]
    """
    local, _, host = text.strip().lower().partition("@")
    words = [word for word in re.split(r"[^a-zà-ÿ]+", local) if word]
    if FUNCTIONS & set(words) or any(
        word.startswith(("asso", "contact", "club", "comite")) for word in words
    ):
        return False
    if host in PRIVATE_MAIL:
        return True
    return len(words) == 2 and "." in local and all(len(word) > 1 for word in words)


def private_phone(text: str) -> bool:
    """Whether a number is a mobile one, which is often a person's."""
    number = re.sub(r"^(?:\+33|0033)\(?0?\)?", "0", re.sub(r"[\s.\-()/]", "", text))
    return number.startswith(("06", "07"))


@dataclass(frozen=True)
class Column:
    """What is proposed for a column: a field or nothing, why, and whether it may tell of persons."""

    header: str
    field: str
    reason: str
    personal: str = ""
    samples: tuple[str, ...] = ()


def propose(table: Table) -> list[Column]:
    """A proposal for each column; a field that only one column may fill goes to the best one."""
    columns = []
    for number, header in enumerate(table.headers):
        values = [value for value in table.column(number)[:SEEN] if value]
        columns.append((*_guess(header, values), _personal(header, values), tuple(dict.fromkeys(values))[:3]))
    best: dict[str, int] = {}
    for number, (field, score, _reason, personal, _samples) in enumerate(columns):
        if (
            field
            and not personal
            and field not in MANY
            and (field not in best or score > columns[best[field]][1])
        ):
            best[field] = number
    found = []
    for number, (field, _score, reason, personal, samples) in enumerate(columns):
        if field and field not in MANY and not personal and best[field] != number:
            field, reason = "", f"une autre colonne dit déjà : {FIELDS[field].lower()}"
        found.append(Column(table.headers[number], "" if personal else field, reason, personal, samples))
    if not any(column.field == "name" for column in found):
        _first_name(found)
    return found


def _first_name(found: list[Column]) -> None:
    for number, column in enumerate(found):
        if (
            not column.field
            and not column.personal
            and any(len(s) > 3 and any(map(str.isalpha, s)) for s in column.samples)
        ):
            found[number] = Column(column.header, "name", "la première colonne de mots", "", column.samples)
            return


def _guess(header: str, values: Sequence[str]) -> tuple[str, float, str]:
    """(field, how sure, why). Values that all have the shape of a code say more than a title."""
    by_value = next(((f, s) for f, test in VALUES if values and (s := _share(values, test)) >= 0.8), None)
    words = fold(re.sub(r"(?<=[a-z])(?=[A-Z])", "", header)).split()
    by_title = next((field for field, wanted in TITLES if set(wanted) <= set(words)), "")
    if by_value and by_value[0] in {"siren", "siret", "rna", "email"}:
        return by_value[0], 3 + by_value[1] + (by_title == by_value[0]), "ses valeurs en ont la forme"
    if by_title == "name" and set(words) & PERSON and not set(words) & STRUCTURE:
        by_title = ""
    if by_title:
        whole = 1 if len(words) == 1 else 0.5
        return by_title, 2 + whole, f"son titre : « {header} »"
    if by_value:
        return by_value[0], 1 + by_value[1], "ses valeurs en ont la forme"
    return "", 0, "rien ne le dit"


def _share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(1 for value in values if test(value)) / len(values)


def _is_siret(value: str) -> bool:
    return len(digits(value)) == 14 and bool(siret_numbers.is_valid(digits(value)))


def _is_siren(value: str) -> bool:
    return len(digits(value)) == 9 and bool(siren_numbers.is_valid(digits(value)))


def _between(low: float, high: float) -> Callable[[str], bool]:
    def test(value: str) -> bool:
        return (
            bool(re.fullmatch(r"-?\d{1,2}[.,]\d{2,}", value))
            and low <= float(value.replace(",", ".")) <= high
        )

    return test


VALUES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("siret", _is_siret),
    ("siren", _is_siren),
    ("rna", lambda value: bool(_RNA.fullmatch(value.strip()))),
    ("email", lambda value: bool(_MAIL.fullmatch(value.strip()))),
    ("phone", lambda value: bool(_PHONE.fullmatch(re.sub(r"[\s.\-/]", "", value)))),
    ("website", lambda value: bool(_WEB.fullmatch(value.strip()))),
    ("postal_code", lambda value: bool(re.fullmatch(r"\d{5}", value.strip()))),
    ("latitude", _between(41, 52)),
    ("longitude", _between(-6, 10)),
)


def _personal(header: str, values: Sequence[str]) -> str:
    """Why a column may tell of persons; empty when nothing says so."""
    words = set(fold(header).split())
    mails = [value for value in values if _MAIL.fullmatch(value.strip())]
    phones = [value for value in values if _PHONE.fullmatch(re.sub(r"[\s.\-/]", "", value))]
    if mails and 2 * len(mails) >= len(values):
        private = sum(map(private_mail, mails))
        return f"adresses qui semblent celles de personnes : {private} sur {len(mails)}" if private else ""
    if phones and 2 * len(phones) >= len(values):
        private = sum(map(private_phone, phones))
        return (
            f"numéros de mobiles, souvent ceux de personnes : {private} sur {len(phones)}" if private else ""
        )
    if words & PERSON and not words & STRUCTURE and values:
        return "son titre annonce des personnes"
    named = sum(1 for value in values if _NAME.match(value))
    return (
        f"valeurs qui commencent comme un nom de personne : {named} sur {len(values)}"
        if values and 2 * named >= len(values)
        else ""
    )
