"""The declared sources: where their files are and which columns may be read.

Only whitelisted columns are ever read: names, sex, pseudonyms and address complements of SIRENE, and the declarant and
street of RNA, never enter the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Register:
    """One declared source. `required` columns stop the run when missing; `optional` ones read as unknown."""

    name: str
    title: str
    pattern: str
    required: tuple[str, ...]
    delimiter: str = ""
    optional: tuple[str, ...] = ()
    many: bool = False
    encoding: str = "utf-8"
    licence: str = "Licence Ouverte 2.0"
    url: str = ""

    @property
    def beginning(self) -> str:
        """How the name of its files begins, for people.

        >>> UNITS.beginning, ESS_FRANCE.beginning
        ('StockUniteLegale*', 'liste-ess-france*')
        """
        return self.pattern[1:].split("(")[0].replace("[-_]", "-") + "*"


UNITS = Register(
    name="sirene_units",
    title="SIRENE, unités légales",
    pattern=r"^StockUniteLegale(?!Historique)",
    delimiter=",",
    required=(
        "siren", "statutDiffusionUniteLegale", "dateCreationUniteLegale", "trancheEffectifsUniteLegale",
        "etatAdministratifUniteLegale", "denominationUniteLegale", "categorieJuridiqueUniteLegale",
        "activitePrincipaleUniteLegale", "nicSiegeUniteLegale", "economieSocialeSolidaireUniteLegale",
        "caractereEmployeurUniteLegale", "identifiantAssociationUniteLegale", "dateDebut",
    ),
    optional=(
        "sigleUniteLegale", "denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale",
        "denominationUsuelle3UniteLegale", "anneeEffectifsUniteLegale", "dateDernierTraitementUniteLegale",
        "nomenclatureActivitePrincipaleUniteLegale", "activitePrincipaleNAF25UniteLegale",
    ),
    url="https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret",
)  # fmt: skip
ESTABLISHMENTS = Register(
    name="sirene_establishments",
    title="SIRENE, établissements",
    pattern=r"^StockEtablissement(?!Historique|LiensSuccession)",
    delimiter=",",
    required=(
        "siren", "siret", "statutDiffusionEtablissement", "dateCreationEtablissement", "trancheEffectifsEtablissement",
        "etablissementSiege", "numeroVoieEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement",
        "codePostalEtablissement", "libelleCommuneEtablissement", "codeCommuneEtablissement",
        "etatAdministratifEtablissement", "activitePrincipaleEtablissement", "caractereEmployeurEtablissement", "dateDebut",
    ),
    optional=(
        "indiceRepetitionEtablissement", "coordonneeLambertAbscisseEtablissement",
        "coordonneeLambertOrdonneeEtablissement", "enseigne1Etablissement", "denominationUsuelleEtablissement",
        "activitePrincipaleNAF25Etablissement", "codePaysEtrangerEtablissement",
    ),
    url=UNITS.url,
)  # fmt: skip
RNA = Register(
    name="rna",
    title="RNA, associations déclarées (waldec)",
    pattern=r"^rna_waldec",
    delimiter=";",
    required=("id", "siret", "date_creat", "date_decla", "date_disso", "nature", "titre", "objet", "objet_social1",
              "adrs_codeinsee", "adrs_codepostal", "adrs_libcommune", "position"),
    optional=("titre_court", "objet_social2", "siteweb", "maj_time"),
    many=True,
    encoding="cp1252",
    url="https://www.data.gouv.fr/datasets/repertoire-national-des-associations",
)  # fmt: skip
ESS_FRANCE = Register(
    name="ess_france_list",
    title="Liste ESS France",
    pattern=r"^liste[-_]ess[-_]france",
    required=("SIREN",),
    url="https://www.data.gouv.fr/datasets/646c8d45de96cc3428092c6b",
)
APPROVALS = Register(
    name="approvals",
    title="Agréments chargés par l’opérateur",
    pattern=r"^approvals",
    required=("siren", "approval"),
    optional=("granted_on", "expires_on", "issuer"),
    many=True,
    licence="selon la liste",
)
DECLARED = Register(
    name="declared",
    title="Déclarations recueillies par l’opérateur",
    pattern=r"^declared",
    required=("key",),
    many=True,
    licence="selon la déclaration",
)
PLACES = Register(
    name="places",
    title="Lieux publics confirmés",
    pattern=r"^places",
    required=("key",),
    many=True,
    licence="selon la déclaration",
)
REGISTERS = (UNITS, ESTABLISHMENTS, RNA, ESS_FRANCE, APPROVALS, DECLARED, PLACES)
MANDATORY = (UNITS, ESTABLISHMENTS)
# Registers that a run may do without, and what its marts then do not say.
EXPECTED = {
    RNA: "les associations sans SIREN manquent, et de toutes l’objet et les dates déclarés",
    ESS_FRANCE: "des structures que la règle de l’État retient peuvent manquer : seul le signalement Insee la fait connaître",
}


def not_read(rows: Mapping[str, int]) -> dict[str, str]:
    """{register: what the marts then lack}, of those that a whole run reads, from the rows read of each.

    >>> list(not_read({"sirene_units": 5, "ess_france_list": 3}))
    ['rna']
    """
    return {register.name: lack for register, lack in EXPECTED.items() if not rows.get(register.name)}
