"""A small published territory: registers by hand, through the whole pipeline."""

from pathlib import Path

from horizon.observatory.pipeline import observe
from tests.observatory.registers_kit import association, establishment, unit, write_registers

TERRITORY = "200069854"
UNITS = [
    unit("111111111", "L'ATELIER DU PEDALIER", activitePrincipale="95.29Z", caractereEmployeur="O",
         trancheEffectifs="01", identifiantAssociation="W861000001", dateCreation="2012-04-01"),
    unit("222222222", "SCOP LE PAIN VIVANT", categorieJuridique="5458", activitePrincipale="10.71C",
         caractereEmployeur="O", trancheEffectifs="12", economieSocialeSolidaire="O", dateCreation="1999-09-09"),
    unit("333333333", "THEATRE DE LA VONNE", activitePrincipale="90.01Z", dateCreation="2024-02-29"),
    unit("444444444", "CLUB ENDORMI", dateCreation="1980-01-01", dateDebut="1980-01-01"),
    unit("555555555", "COMPAGNIE FERMEE", etatAdministratif="C", dateDebut="2023-05-05"),
    unit("666666666", "PAROISSE", activitePrincipale="94.91Z"),
    unit("777777777", "=CMD()|FORMULE", dateCreation="2025-01-01"),
]  # fmt: skip
ESTABLISHMENTS = [
    establishment("111111111", codeCommune="86139", codePostal="86600", libelleCommune="LUSIGNAN", caractereEmployeur="O",
                  coordonneeLambertAbscisse="480000", coordonneeLambertOrdonnee="6594000"),
    establishment("222222222", caractereEmployeur="O"),
    establishment("333333333", codeCommune="86253"),
    *(establishment(siren) for siren in ("444444444", "555555555", "666666666", "777777777")),
]  # fmt: skip
ASSOCIATIONS = [
    association("W861000001", titre="L'Atelier du Pédalier", objet="réparer les vélos et apprendre à s'en servir",
                siteweb="www.pedalier.example"),
    association("W861000002", titre="Les Tricoteuses du mardi", objet="tricot, couture et échange de vêtements",
                date_creat="2023-01-01"),
    association("W861000003", titre="ASSOCIATION POUR L'AVENIR", objet="", date_creat="1975-01-01", date_decla="1990-01-01"),
]  # fmt: skip


def build_marts(folder: Path, units=(), establishments=(), associations=()) -> Path:
    """Observes the small territory, with further lines of the registers, and returns the folder of its marts."""
    write_registers(
        folder / "in", [*UNITS, *units], [*ESTABLISHMENTS, *establishments], [*ASSOCIATIONS, *associations],
        listed=["222222222"],
    )  # fmt: skip
    observe(folder / "in", folder / "marts")
    return folder / "marts"
