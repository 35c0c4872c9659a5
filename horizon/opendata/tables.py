"""The tables that are given away, column by column: what CSV, Parquet and the data package write, what the page explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from horizon.crossings.coverage import coverage
from horizon.observatory.read import MartsMissing
from horizon.opendata import queries, records
from horizon.opendata.records import Frame
from horizon.territory.panorama import kept_panorama


class Column(NamedTuple):
    """A column: its name, its kind (texte, entier, nombre, booleen, date, liste), what it says."""

    name: str
    kind: str = "texte"
    says: str = ""


@dataclass(frozen=True)
class Table:
    """A table: `rows` gives records; `shape` makes one flat when its columns are not all there."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[Frame], Iterator[dict]]
    shape: Callable[[dict], dict] = dict

    def flat(self, record: dict) -> dict:
        """The columns of a record, in order."""
        shaped = self.shape(record)
        return {column.name: shaped[column.name] for column in self.columns}


def _structure(record: dict) -> dict:
    return {
        **record,
        "raisons": [one["code"] for one in record["raisons"]],
        "sources": [one["source"] for one in record["sources"]],
        "champs_dits": [one["champ"] for one in record["dit"]],
    }


def _commune(record: dict) -> dict:
    doors = [f"{code}:{count}" for code, count in record["acteurs_par_porte"].items()]
    return {**record, "acteurs_par_porte": doors}


def _needs(frame: Frame) -> Iterator[dict]:
    for row in queries.open_needs().order_by("public_id").iterator(chunk_size=queries.CHUNK):
        yield records.need(row, frame)


def _answers(frame: Frame) -> Iterator[dict]:
    for need in _needs(frame):
        yield from need["reponses"]


def _exchanges(frame: Frame) -> Iterator[dict]:
    rows = queries.open_exchanges().order_by("public_id")
    last = ""
    while chunk := list(rows.filter(public_id__gt=last)[: queries.CHUNK]):
        yield from queries.exchanges_of(chunk, frame)
        last = chunk[-1].public_id


def _coverage(frame: Frame) -> Iterator[dict]:
    yield from queries.coverage_rows(coverage(frame.publication.counts, people=False), frame)


def _indicators(frame: Frame) -> Iterator[dict]:
    try:
        found = kept_panorama(frame.publication.territory_code)
    except MartsMissing:
        return
    for one in found["indicators"]:
        for row in one["rows"]:
            for column, value in zip(one["columns"][1:], row[1:], strict=True):
                number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
                yield {
                    "code_territoire": found["territory"]["code"], "territoire": found["territory"]["name"],
                    "chapitre": one["chapter"], "indicateur": one["code"], "titre": one["title"], "ligne": str(row[0]),
                    "colonne": column, "valeur": None if number is None else float(number),
                    "texte": None if value is None or number is not None else str(value), "unite": one["unit"],
                    "source": one["source"], "millesime": one["vintage"], "definition": one["definition"],
                    "methode": one["method"], "fictif": found["synthetic"],
                }  # fmt: skip


FICTITIOUS = Column("fictif", "booleen", "vrai : inventé pour une démonstration, rien n’existe")
PAGE = Column("page", says="adresse permanente de sa page")
WHERE = (Column("commune"), Column("code_insee", says="code Insee de la commune"))
STRUCTURES = Table(
    "structures", "Structures de l’annuaire", (
        Column("identifiant", says="permanent"), Column("nom"), Column("sigle"), Column("autres_noms"),
        Column("description", says="objet déclaré, ou ce que la structure dit d’elle-même"),
        Column("famille", says="famille de formes juridiques"), Column("forme_juridique"),
        Column("categorie_juridique", says="code Insee"), Column("siren"), Column("siret", says="du siège"),
        Column("rna"), Column("activite"), Column("code_naf", says="NAF rév. 2"),
        Column("portes", "liste", "portes de la vie quotidienne, la plus sûre d’abord"),
        Column("poles", "liste", "pôles du collectif"), *WHERE,
        Column("montree_a", says="« commune » : ni adresse ni point, car ce pourrait être un domicile"),
        Column("adresse"), Column("code_postal"), Column("latitude", "nombre", "WGS 84"),
        Column("longitude", "nombre", "WGS 84"), Column("effectif"), Column("tranche_effectif", says="code Insee"),
        Column("annee_effectif"), Column("employeur", "booleen", "vide : inconnu"), Column("creation", "date"),
        Column("modification", "date", "dernier changement connu des registres"), Column("site"), Column("telephone"),
        Column("courriel", says="adresse de la structure"), Column("horaires"),
        Column("acteur", "booleen", "un signe de vie est connu"), Column("signes", "liste", "signes de vie"),
        Column("raisons", "liste", "pourquoi elle est de l’économie sociale et solidaire"),
        Column("sources", "liste", "registres qui la connaissent"),
        Column("champs_dits", "liste", "champs que des gens ont corrigés ou complétés"), PAGE,
        Column("millesime", "date", "jour que les registres décrivent"), FICTITIOUS,
    ), queries.all_structures, _structure,
)  # fmt: skip
TABLES = (
    STRUCTURES,
    Table(
        "communes", "Communes du territoire", (
            Column("code_insee"), Column("nom"), Column("departement"), Column("codes_postaux", "liste"),
            Column("population", "entier", "population municipale, Insee"), Column("millesime_population"),
            Column("latitude", "nombre", "centre de la commune"), Column("longitude", "nombre", "centre de la commune"),
            Column("acteurs", "entier", "structures dont un signe de vie est connu"),
            Column("structures", "entier", "tout le registre"),
            Column("acteurs_par_porte", "liste", "porte:nombre"), PAGE, FICTITIOUS,
        ), lambda frame: iter(queries.communes_of(frame)), _commune,
    ),
    Table(
        "indicateurs", "Indicateurs du panorama", (
            Column("code_territoire"), Column("territoire"), Column("chapitre"), Column("indicateur"), Column("titre"),
            Column("ligne"), Column("colonne"), Column("valeur", "nombre", "vide : inconnue, secrète, ou dite en texte"),
            Column("texte"), Column("unite"), Column("source"), Column("millesime"), Column("definition"),
            Column("methode"), FICTITIOUS,
        ), _indicators,
    ),
    Table(
        "besoins", "Besoins publiés", (
            Column("identifiant"), Column("besoin", says="tel que publié"), *WHERE, Column("porte"), Column("pole"),
            Column("voix", "entier", "combien le disent"), Column("etat"), Column("etat_libelle"),
            Column("publie_le", "date"), Column("repondu_le", "date"), PAGE, FICTITIOUS,
        ), _needs,
    ),
    Table(
        "reponses", "Réponses aux besoins", (
            Column("identifiant"), Column("besoin", says="identifiant du besoin"), Column("genre"),
            Column("genre_libelle"), Column("texte"), Column("au_nom_de"),
            Column("structures", "liste", "identifiants des structures citées"), Column("le", "date"), PAGE, FICTITIOUS,
        ), _answers,
    ),
    Table(
        "echanges", "Offres et demandes des structures", (
            Column("identifiant"), Column("sens", says="offre ou demande"), Column("genre"), Column("genre_libelle"),
            Column("titre"), Column("texte"), Column("quantite", "nombre"), Column("unite"), Column("porte", says="vide : à préciser"), *WHERE,
            Column("a_partir_du", "date"), Column("jusqu_au", "date"), Column("conditions", "liste"), Column("prix"),
            Column("structure", says="identifiant de la structure"), Column("structure_nom", says="vide : sa licence la garde sur le site"),
            Column("besoin", says="identifiant du besoin auquel elle répond"), Column("publiee_le", "date"),
            Column("confirmee_le", "date"), Column("ouverte_jusqu_au", "date"), PAGE, FICTITIOUS,
        ), _exchanges,
    ),
    Table(
        "echanges-comptes", "Annonces des personnes, comptées", (
            Column("sens"), Column("genre"), Column("genre_libelle"),
            Column("code_insee", says="vide : les communes où moins de trois personnes en ont, ensemble"),
            Column("commune"), Column("annonces", "entier"), FICTITIOUS,
        ), lambda frame: iter(queries.counted_exchanges(frame)),
    ),
    Table(
        "couverture", "Ce qui manque, et qui peut répondre", (
            Column("par", says="porte ou commune"), Column("code"), Column("nom"), Column("besoins", "entier"),
            Column("sans_reponse", "entier"), Column("acteurs", "entier"), Column("offres", "entier", "des structures"),
            Column("demandes", "entier", "des structures"), Column("demandes_sans_offre", "entier", "des structures"), FICTITIOUS,
        ), _coverage,
    ),
)  # fmt: skip
