"""What codes are called, in French, for pages and exports."""

from __future__ import annotations

from horizon.engine.staff import BANDS
from horizon.kernel.templatetags.atlas import MONTHS, day
from horizon.observatory import shipped

FAMILY_ONE = {
    "association": "association",
    "cooperative": "coopérative",
    "mutuelle": "mutuelle",
    "fondation": "fondation",
    "societe": "société commerciale de l’ESS",
    "autre": "autre forme",
}
SIGNS = {
    "employer": "emploie",
    "recent": "créée ou modifiée depuis moins de cinq ans",
    "site": "son site répond",
    "confirmed": "fiche confirmée par elle-même",
    "member": "membre du collectif",
    "declared": "ajoutée par elle-même ou par l’équipe d’animation",
}
REASONS = {
    "insee_flag": (
        "L’Insee la signale comme structure de l’ESS",
        "Case « économie sociale et solidaire » du registre Sirene (loi du 31 juillet 2014).",
    ),
    "ess_france_list": (
        "Elle figure sur la liste d’ESS France",
        "Liste nationale tenue avec les chambres régionales (loi du 31 juillet 2014, art. 6).",
    ),
    "legal_category": (
        "Sa forme juridique est de l’ESS",
        "Associations, coopératives, mutuelles et fondations en sont de droit (loi du 31 juillet 2014, art. 1, II, 1°).",
    ),
    "approval": ("Elle a un agrément", "Liste d’agréments chargée par l’animateur (par exemple ESUS)."),
    "declared": ("Elle l’a déclaré", "Déclaration de la structure, recueillie par l’animateur."),
}
EXCLUSIONS = {
    "worship": "Culte : hors du périmètre par défaut.",
    "party": "Parti ou activité politique : hors du périmètre par défaut.",
    "partner": "De l’économie conventionnelle : ce n’est pas une structure de l’ESS.",
    "public": "Collectivité ou administration : ce n’est pas une structure de l’ESS.",
    "union": "Syndicat ou organisation professionnelle : hors du périmètre par défaut.",
}
HIDDEN = {
    "home": "Montrée à sa commune seulement : le siège d’une association qui n’emploie pas est souvent un domicile.",
    "diffusion": "Adresse non diffusée par le registre, à la demande de la structure : montrée à sa commune seulement.",
    "unknown": "Adresse inconnue : montrée à sa commune seulement.",
    "said": "Adresse retirée de la page : montrée à sa commune seulement.",
}
APART = {"partner": "économie conventionnelle", "public": "collectivité ou administration"}
SOURCES = {
    "sirene": "Sirene (Insee)",
    "sirene_units": "Sirene, unités légales (Insee)",
    "sirene_establishments": "Sirene, établissements (Insee)",
    "rna": "Répertoire national des associations",
    "ess_france_list": "Liste ESS France",
    "approvals": "Agréments chargés par l’animateur",
    "approval": "Agréments chargés par l’animateur",
    "declared": "Déclaration de la structure",
    "insee_flag": "Sirene (Insee)",
    "legal_category": "Sirene ou RNA",
}
FIELDS = {
    "name": "Nom",
    "acronym": "Sigle",
    "other_names": "Autres noms",
    "object": "Objet déclaré",
    "legal_category": "Forme juridique",
    "naf_rev2": "Activité (NAF rév. 2)",
    "naf_2025": "Activité (NAF 2025)",
    "employees_band": "Effectif salarié",
    "employees_year": "Année de l’effectif",
    "is_employer": "Emploie",
    "created_on": "Création",
    "closed_on": "Fermeture",
    "updated_on": "Dernier changement",
    "declared_on": "Dernière déclaration",
    "address": "Adresse",
    "postal_code": "Code postal",
    "commune_code": "Commune",
    "website": "Site",
    "rna_object1": "Objet social (RNA)",
    "rna_object2": "Objet social, second (RNA)",
    "siren": "SIREN",
    "siret": "SIRET",
    "rna": "Numéro RNA",
}
SECTION_SHORT = {
    "A": "Agriculture", "B": "Industries extractives", "C": "Industrie", "D": "Énergie", "E": "Eau et déchets",
    "F": "Construction", "G": "Commerce et réparation", "H": "Transports", "I": "Hébergement et restauration",
    "J": "Information et communication", "K": "Finance et assurance", "L": "Immobilier", "M": "Études et conseil",
    "N": "Services de soutien", "O": "Administration publique", "P": "Enseignement", "Q": "Santé et action sociale",
    "R": "Arts, sports et loisirs", "S": "Autres services, vie associative", "T": "Ménages employeurs",
    "U": "Organismes internationaux",
}  # fmt: skip


def naf_label(code: str) -> str:
    """The label of a NAF rév. 2 code or section; the code itself when it is unknown."""
    if len(code) == 1:
        return section_label(code)
    return shipped.labels("naf_rev2").get(code, code)


def naf_2025_label(code: str) -> str:
    """The label of a NAF 2025 code."""
    return shipped.labels("naf_2025").get(code, code)


def section_label(code: str) -> str:
    """A section of activity in a few words."""
    return SECTION_SHORT.get(code, code)


def legal_label(code: str) -> str:
    """The label of a legal category."""
    return shipped.labels("legal_categories_3").get(code, code)


def band_label(code: str) -> str:
    """A staff band in words; the unknown band says so."""
    bounds = BANDS.get(code)
    if bounds is None:
        return "effectif inconnu"
    if code == "00":
        return "aucun salarié au 31 décembre, mais des salariés dans l’année"
    if bounds.high is None:
        return f"{bounds.low} salariés et plus"
    return f"{bounds.low} à {bounds.high} salariés"


def file_said(vintage: str) -> str:
    """Of which day a source is, as far as its file says it.

    >>> file_said("2026-11-01"), file_said("2026-10"), file_said("2026"), file_said("")
    ('d’après le fichier du 1er\\xa0novembre 2026', 'd’après le fichier d’octobre 2026', 'd’après le fichier de 2026', 'date inconnue')
    """
    if not vintage:
        return "date inconnue"
    year, *rest = vintage.split("-")
    if len(rest) == 1:
        month = MONTHS[int(rest[0]) - 1]
        return f"d’après le fichier {'d’' if month[0] in 'ao' else 'de '}{month} {year}"
    return f"d’après le fichier {'du ' if rest else 'de '}{day(vintage)}"


def field_value(name: str, value: object) -> str:
    """A field of a source as a person reads it."""
    if name == "legal_category":
        return f"{legal_label(str(value))} ({value})"
    if name == "naf_rev2":
        return f"{naf_label(str(value))} ({value})"
    if name == "naf_2025":
        return f"{naf_2025_label(str(value))} ({value})"
    if name == "employees_band":
        return band_label(str(value))
    if name == "is_employer":
        return "oui" if value else "non"
    if name.endswith("_on"):
        return day(str(value))
    if isinstance(value, list):
        return " · ".join(str(item) for item in value)
    return str(value)
