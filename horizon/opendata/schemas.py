"""The shapes of the API, version 1: what may be asked, what is answered. `records` makes the values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from horizon.actors.plan import plan
from horizon.directory.selection import SORTS
from horizon.engine.labels import FAMILIES, SIZES
from horizon.exchange.models import Listing
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED
from horizon.listening import models as listening

PER_PAGE, MOST = 30, 100
NEED_STATES = listening.Need.STATES


class Among:
    """A code of a list; the description says which, a refusal too. A list that people change is read when it is asked."""

    def __init__(self, codes: Iterable[str] | Callable[[], Iterable[str]]):
        kept = () if callable(codes) else tuple(codes)
        self.read = codes if callable(codes) else lambda: kept

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Checks a string."""
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        """Describes it."""
        return {"type": "string", "enum": list(self.read())}

    def _checked(self, value: str) -> str:
        codes = list(self.read())
        if value not in codes:
            raise PydanticCustomError("among", "{expected}", {"expected": ", ".join(codes)})
        return value


Door = Annotated[str, Among([*DOOR_BY_CODE, UNDECIDED])]
OneDoor = Annotated[str, Among(DOOR_BY_CODE)]
Pole = Annotated[str, Among(lambda: plan().names)]
Family = Annotated[str, Among(FAMILIES)]
Size = Annotated[str, Among(SIZES)]
Sort = Annotated[str, Among(SORTS)]
State = Annotated[str, Among(dict(NEED_STATES))]
Kind = Annotated[str, Among(dict(Listing.KINDS))]
Terms = Annotated[str, Among(dict(Listing.TERMS))]
Words = Annotated[str, Field(description="Des mots à trouver.", max_length=200)]
COMMUNE = "Code Insee d’une commune."
CommuneCode = Annotated[str, Field(pattern=r"^[0-9][0-9AB][0-9]{3}$")]

Identifier = Annotated[str, Field(description="Identifiant.", max_length=40)]


class Paged(Schema):
    """Which page, of how many."""

    page: int = Field(1, ge=1, le=100_000, description="Numéro de la page, à partir de 1.")
    par_page: int = Field(PER_PAGE, ge=1, le=MOST, description=f"Résultats par page, {MOST} au plus.")


class StructuresAsked(Paged):
    """The filters of the list of the directory, with the same names as in its address."""

    q: Words = ""
    porte: list[Door] = Field([], description="Une porte, ou plusieurs (répétez le paramètre).")
    pole: Pole | None = Field(None, description="Un pôle : un code de /vocabulaires.")
    famille: Family | None = Field(None, description="Une famille de formes juridiques.")
    activite: str = Field("", max_length=6, description="Section (une lettre) ou code NAF rév. 2.")
    commune: CommuneCode | None = Field(None, description=COMMUNE)
    rayon: int | None = Field(
        None, ge=1, le=200, description="Kilomètres autour de la commune, à vol d’oiseau."
    )
    taille: Size | None = Field(None, description="Classe d’effectif.")
    employeur: Literal["1"] | None = Field(None, description="1 : celles qui emploient.")
    recent: Literal["1"] | None = Field(None, description="1 : créées ou modifiées depuis moins de cinq ans.")
    confirmee: Literal["1"] | None = Field(None, description="1 : confirmées par elles-mêmes depuis un an.")
    site: Literal["1"] | None = Field(None, description="1 : celles dont le site répond.")
    membre: Literal["1"] | None = Field(None, description="1 : membres du collectif.")
    vue: Literal["acteurs", "registre"] = Field(
        "acteurs", description="Les acteurs (un signe de vie connu) ou tout le registre."
    )
    tri: Sort | None = Field(None, description="Ordre ; par défaut, la pertinence ou le nom.")


class NeedsAsked(Paged):
    """The filters of the list of needs."""

    q: Words = ""
    porte: OneDoor | None = Field(None, description="Une porte.")
    commune: CommuneCode | None = Field(None, description=COMMUNE)
    reponse: State | None = Field(None, description="Ce qu’il en est.")
    tri: Literal["voix"] | None = Field(None, description="voix : les plus dits d’abord.")


class ExchangesAsked(Paged):
    """The filters of the list of exchanges."""

    q: Words = ""
    sens: Literal["offres", "demandes"] | None = Field(None, description="Offres, ou demandes.")
    genre: Kind | None = Field(None, description="Un genre.")
    porte: Door | None = Field(None, description="Une porte.")
    commune: CommuneCode | None = Field(None, description=COMMUNE)
    conditions: Terms | None = Field(None, description="Une condition.")
    sans: Literal["oui"] | None = Field(None, description="oui : demandes encore sans offre.")


class PanoramaAsked(Schema):
    """Which territory."""

    territoire: str | None = Field(
        None,
        max_length=12,
        description="Code d’une commune, d’une intercommunalité (SIREN), dep:86, reg:75 ou FR ; par défaut, celui du site.",
    )


class Problem(Schema):
    """What went wrong (RFC 9457), in French."""

    type: str
    title: str
    status: int
    detail: str
    erreurs: list[ProblemError] | None = None


class ProblemError(Schema):
    """One parameter that was not understood."""

    parametre: str
    message: str


class Territory(Schema):
    """The territory that the site publishes."""

    code: str
    nom: str


class Head(Schema):
    """Said once with each answer."""

    territoire: Territory
    millesime: str = Field(description="Jour que les registres décrivent.")
    licence: str
    fictif: bool = Field(description="Vrai : données inventées pour une démonstration, rien n’existe.")


class Page(Head):
    """One page of results."""

    total: int
    page: int
    pages: int
    par_page: int
    precedente: str | None
    suivante: str | None


class Why(Schema):
    """Why a door or a pole is proposed."""

    genre: Literal["porte", "pole"]
    code: str
    confiance: float = Field(description="De 0 à 1.")
    raison: str


class Reason(Schema):
    """Why a structure is of the social economy."""

    code: str
    libelle: str
    source: str | None
    millesime: str | None


class Source(Schema):
    """A register that knows a structure."""

    source: str
    libelle: str
    millesime: str | None


class Said(Schema):
    """A field that somebody corrected or completed."""

    champ: str
    libelle: str
    par: str
    le: str | None


class Structure(Schema):
    """A structure of the directory."""

    identifiant: str = Field(description="Permanent ; le même que dans l’adresse de sa page.")
    nom: str
    sigle: str | None
    autres_noms: str | None
    description: str | None
    famille: str
    forme_juridique: str | None
    categorie_juridique: str | None
    siren: str | None
    siret: str | None
    rna: str | None
    activite: str | None
    code_naf: str | None = Field(description="NAF rév. 2.")
    portes: list[str] = Field(description="De la plus sûre à la moins sûre.")
    poles: list[str]
    pourquoi: list[Why] = Field(description="Ce que la machine propose, et pourquoi.")
    commune: str
    code_insee: str
    montree_a: Literal["adresse", "commune"] = Field(
        description="« commune » : sans adresse ni point, car ce pourrait être un domicile."
    )
    adresse: str | None
    code_postal: str | None
    latitude: float | None
    longitude: float | None
    effectif: str
    tranche_effectif: str | None
    annee_effectif: str | None
    employeur: bool | None
    creation: str | None
    modification: str | None
    site: str | None
    telephone: str | None
    courriel: str | None
    horaires: str | None
    acteur: bool = Field(description="Un signe de vie connu.")
    signes: list[str]
    raisons: list[Reason]
    sources: list[Source]
    dit: list[Said] = Field(description="Champs corrigés ou complétés, par qui, quand.")
    page: str
    millesime: str
    fictif: bool


class Structures(Page):
    """A page of structures; `explications` says how the words were understood."""

    explications: list[str]
    resultats: list[Structure]


class Commune(Schema):
    """A commune and who is there."""

    code_insee: str
    nom: str
    departement: str
    codes_postaux: list[str]
    population: int | None
    millesime_population: str | None
    latitude: float | None = Field(description="Centre de la commune.")
    longitude: float | None
    acteurs: int
    structures: int = Field(description="Tout le registre.")
    acteurs_par_porte: dict[str, int]
    page: str
    fictif: bool


class Communes(Head):
    """Every commune of the territory."""

    resultats: list[Commune]


class Answer(Schema):
    """What was answered to a need."""

    identifiant: str
    besoin: str
    genre: str
    genre_libelle: str
    texte: str | None
    au_nom_de: str
    structures: list[str] = Field(description="Identifiants des structures citées.")
    le: str
    page: str
    fictif: bool


class Need(Schema):
    """A need, as published."""

    identifiant: str
    besoin: str
    commune: str | None
    code_insee: str | None
    porte: str | None
    pole: str | None
    voix: int = Field(description="Combien le disent.")
    etat: str
    etat_libelle: str
    publie_le: str
    repondu_le: str | None
    reponses: list[Answer]
    page: str
    fictif: bool


class Needs(Page):
    """A page of needs."""

    resultats: list[Need]


class Exchange(Schema):
    """An offer or an ask of a structure, open to everybody."""

    identifiant: str
    sens: Literal["offre", "demande"]
    genre: str
    genre_libelle: str
    titre: str
    texte: str | None
    quantite: float | None
    unite: str | None
    porte: str | None = Field(description="Proposée d’après les mots, ou choisie.")
    commune: str
    code_insee: str
    a_partir_du: str | None
    jusqu_au: str | None
    conditions: list[str]
    prix: str | None
    structure: str
    structure_nom: str | None
    besoin: str | None = Field(description="Identifiant du besoin auquel elle répond.")
    publiee_le: str
    confirmee_le: str | None
    ouverte_jusqu_au: str | None
    page: str
    fictif: bool


class Exchanges(Page):
    """A page of offers and asks."""

    resultats: list[Exchange]


class Counted(Schema):
    """How many listings people, and not structures, have open."""

    sens: Literal["offre", "demande"]
    genre: str
    genre_libelle: str
    code_insee: str | None = Field(
        description="Vide : les communes où moins de trois personnes en ont, ensemble."
    )
    commune: str | None
    annonces: int
    fictif: bool


class AllCounted(Head):
    """Listings of people, counted."""

    seuil: int
    resultats: list[Counted]


class CoverageRow(Schema):
    """Needs, structures and exchanges of a door or a commune."""

    par: Literal["porte", "commune"]
    code: str
    nom: str
    besoins: int
    sans_reponse: int
    acteurs: int
    offres: int = Field(description="Des structures seulement ; celles des personnes sont comptées à part.")
    demandes: int = Field(description="Des structures seulement.")
    demandes_sans_offre: int = Field(description="Des structures seulement.")
    fictif: bool


class Coverage(Head):
    """What is missing, and where."""

    resultats: list[CoverageRow]


class Indicator(Schema):
    """An indicator of the panorama, with its definition, method and source."""

    code: str
    chapitre: str
    titre: str
    definition: str
    methode: str
    source: str
    millesime: str
    unite: str
    colonnes: list[str]
    lignes: list[list[str | int | float | None]] = Field(
        description="Le libellé puis une valeur par colonne ; vide : inconnue ou secrète."
    )


class Indicators(Schema):
    """The panorama of a territory."""

    territoire: Territory
    niveau: str
    population: int | None
    millesime: str
    licence: str
    fictif: bool
    notes: list[str]
    resultats: list[Indicator]


class Code(Schema):
    """A code and what it is called."""

    code: str
    libelle: str


class Vocabulary(Head):
    """What the codes mean."""

    portes: list[Code]
    poles: list[Code]
    familles: list[Code]
    tailles: list[Code]
    signes: list[Code]
    raisons: list[Code]
    etats_de_besoin: list[Code]
    genres_de_reponse: list[Code]
    genres_d_echange: list[Code]
    conditions_d_echange: list[Code]


class SourceRead(Schema):
    """A register read for this publication."""

    source: str
    titre: str
    millesime: str
    licence: str
    adresse: str
    diffusee: bool = Field(description="Faux : montrée sur les pages, mais pas dans les données ouvertes.")


class Sources(Head):
    """The registers read for this publication."""

    resultats: list[SourceRead]


Problem.model_rebuild()
