"""The written registry of indicators: what each one counts, how, from which source. Nothing is shown that is not here."""

from __future__ import annotations

from dataclasses import dataclass

# By code: what a source is called, and the registers (names of the mart `sources`) that it is made of. Populations come with
# the communes and have their own year.
SOURCES = {
    "sirene": ("Sirene (Insee)", ("sirene_units", "sirene_establishments")),
    "rna": ("RNA (ministère de l’Intérieur)", ("rna",)),
    "list": ("Liste ESS France", ("ess_france_list",)),
    "people": ("Populations municipales (Insee)", ()),
}
SIRENE = ("sirene",)
REGISTERS = ("sirene", "rna")
LISTED = ("list", *REGISTERS)
PEOPLE = ("people",)
AT_SEAT = "Comptées à la commune de leur siège."
AT_PLACE = "Établissements ouverts qui emploient, comptés à leur adresse."
OF_ITSELF = (
    "Part : sur les structures ouvertes de l’ESS d’ici, pas sur toutes les structures ; les registres ne disent ni la porte ni le pôle "
    "des autres."
)
PRIVATE = "Dénominateur : établissements employeurs privés, c’est-à-dire hors catégories juridiques 7xxx."
MASKED = (
    "Secret statistique : rien n’est donné quand moins de trois structures, ou une seule au-delà de 85 %, portent le total. D’autres "
    "lignes et d’autres communes de l’intercommunalité sont masquées avec, jusqu’à ce que leur somme, qu’une soustraction donne, ne "
    "soit plus secrète elle-même. D’autres croisements (entre familles et activités, entre intercommunalités, avec le département) ne "
    "sont pas contrôlés."
)


@dataclass(frozen=True)
class Indicator:
    """One indicator. `sources` are codes of SOURCES; `columns` names the label of a line, then its values; `chart` is a
    drawing of `charts.py`."""

    code: str
    chapter: str
    title: str
    definition: str
    method: str
    sources: tuple[str, ...]
    unit: str
    columns: tuple[str, ...]
    chart: str = "table"

    @property
    def source(self) -> str:
        """Its sources in words."""
        return ", ".join(SOURCES[code][0] for code in self.sources)


CHAPTERS = {
    "many": "Combien",
    "who": "Qui",
    "what": "Pour quoi faire",
    "where": "Où",
    "when": "Depuis quand",
    "else": "Et ailleurs",
    "limits": "Ce que ces chiffres ne disent pas",
}

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "numbers", "many", "Combien de structures",
        "Structures ouvertes qui ont un motif d’être dans l’ESS et aucune exclusion.",
        f"{AT_SEAT} La règle de l’État ne retient que la liste ESS France ou le signalement de l’Insee.",
        (*LISTED, *PEOPLE), "structures", ("Mesure", "Valeur"), "figures",
    ),
    Indicator(
        "shares", "many", "Quelle part des établissements",
        "Part des établissements de l’ESS ; le dénominateur est nommé à chaque ligne.",
        "Établissements ouverts, comptés à leur adresse. Privés : hors catégories juridiques 7xxx. Les deux dénominateurs ne "
        "se mélangent pas.",
        SIRENE, "établissements", ("Mesure", "ESS", "Ensemble", "Part (%)"), "shares",
    ),
    Indicator(
        "jobs", "many", "Combien d’emplois salariés",
        "Intervalle : somme des bornes basses et somme des bornes hautes des tranches d’effectif des établissements d’ici.",
        f"{AT_PLACE} L’effectif inconnu n’est pas zéro : il n’est pas compté, et le nombre d’inconnus est donné. {MASKED} "
        "Un intervalle n’est pas une statistique officielle d’emploi.",
        SIRENE, "emplois salariés", ("Mesure", "Valeur"), "figures",
    ),
    Indicator(
        "families", "who", "Quelles formes", "Structures ouvertes par famille de l’ESS.",
        f"{AT_SEAT} La famille vient de la catégorie juridique (table datée).",
        REGISTERS, "structures", ("Famille", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "employing_families", "who", "Quelles formes emploient",
        "Établissements employeurs de l’ESS par famille, et leur part des établissements employeurs privés.",
        f"{AT_PLACE} {PRIVATE}",
        SIRENE, "établissements", ("Famille", "Établissements", "Part des employeurs privés (%)"), "bars",
    ),
    Indicator(
        "state_families", "who", "Ce que la règle de l’État en retient", "Structures ouvertes que retient la règle de l’État, par famille.",
        f"{AT_SEAT} La règle de l’État retient la liste ESS France ou le signalement de l’Insee ; les autres sont de l’ESS par leur "
        "forme, un agrément ou leur déclaration.",
        LISTED, "structures", ("Famille", "Retenues", "Structures", "Part (%)"), "table",
    ),
    Indicator(
        "sizes", "who", "Quelle taille", "Structures ouvertes par tranche d’effectif salarié.",
        f"{AT_SEAT} Part : sur les structures ouvertes de l’ESS d’ici. Tranche Insee la plus récente ; l’effectif inconnu n’est pas zéro.",
        REGISTERS, "structures", ("Effectif", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "jobs_families", "who", "Combien d’emplois par famille", "Intervalle d’emplois salariés par famille.",
        f"{AT_PLACE} {MASKED}",
        SIRENE, "emplois salariés", ("Famille", "Au moins", "Au plus"), "ranges",
    ),
    Indicator(
        "reasons", "who", "À quel titre",
        "Structures ouvertes par motif d’être dans l’ESS.",
        "Une structure peut avoir plusieurs motifs : le total dépasse 100 %.",
        LISTED, "structures", ("Motif", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "doors", "what", "Derrière quelles portes", "Structures ouvertes par porte du quotidien.",
        f"{OF_ITSELF} Portes déduites de l’activité, de l’objet social et des mots de l’objet ; une structure peut en avoir plusieurs, le "
        "total dépasse 100 %.",
        REGISTERS, "structures", ("Porte", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "employers_doors", "what", "Derrière quelles portes on emploie", "Structures ouvertes qui emploient, par porte du quotidien.",
        f"{AT_SEAT} Part des structures de la porte qui emploient, ici ou ailleurs. Portes déduites automatiquement ; une structure "
        "peut en avoir plusieurs.",
        REGISTERS, "structures", ("Porte", "Employeuses", "Structures", "Part (%)"), "table",
    ),
    Indicator(
        "poles", "what", "Quels pôles", "Structures ouvertes par pôle du plan d’action.",
        f"{OF_ITSELF} Pôles déduits comme les portes ; une structure peut en avoir deux.",
        REGISTERS, "structures", ("Pôle", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "sections", "what", "Quelles activités emploient",
        "Établissements employeurs de l’ESS par section d’activité, et leur part des établissements employeurs privés de la section.",
        f"{AT_PLACE} Section de la NAF rév. 2 de l’établissement. {PRIVATE}",
        SIRENE, "établissements", ("Section", "Établissements", "Part des employeurs privés (%)"), "bars",
    ),
    Indicator(
        "jobs_sections", "what", "Combien d’emplois par activité", "Intervalle d’emplois salariés par section d’activité.",
        f"{AT_PLACE} {MASKED}",
        SIRENE, "emplois salariés", ("Section", "Au moins", "Au plus"), "ranges",
    ),
    Indicator(
        "communes", "where", "Commune par commune",
        "Structures ouvertes par commune, et pour 10\u202f000 habitants.",
        f"{AT_SEAT} Population municipale. Sous 1\u202f000 habitants, une seule structure déplace beaucoup le taux.",
        (*REGISTERS, *PEOPLE), "structures", ("Commune", "Structures", "Habitants", "Pour 10\u202f000 habitants"), "communes",
    ),
    Indicator(
        "employing_communes", "where", "Les employeurs, commune par commune",
        "Établissements employeurs de l’ESS par commune, et leur part des établissements employeurs privés.",
        f"{AT_PLACE} {PRIVATE}",
        SIRENE, "établissements", ("Commune", "ESS", "Employeurs privés", "Part (%)"), "communes",
    ),
    Indicator(
        "several_communes", "where", "Dans une ou plusieurs communes",
        "Structures ouvertes selon que leurs établissements ouverts sont dans une seule commune ou dans plusieurs.",
        f"{AT_SEAT} Leurs autres communes peuvent être hors de ce territoire. Une association sans SIREN n’a que sa commune.",
        REGISTERS, "structures", ("Présence", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "nobody", "where", "Où il n’y a personne", "Pour chaque porte, les communes sans aucune structure ouverte.",
        "Portes déduites automatiquement, au siège ; une structure voisine peut servir la commune.",
        REGISTERS, "communes", ("Porte", "Communes", "Lesquelles"), "absent",
    ),
    Indicator(
        "creations", "when", "Les créations, année par année",
        "Structures du périmètre créées chaque année, ouvertes ou fermées depuis.",
        f"{AT_SEAT} La dernière année s’arrête au millésime.",
        REGISTERS, "structures", ("Année", "Structures"), "years",
    ),
    Indicator(
        "closures", "when", "Les fermetures, année par année",
        "Structures du périmètre fermées ou dissoutes chaque année, quand la date est connue.",
        f"{AT_SEAT} Beaucoup de structures s’endorment sans le déclarer : les fermetures sont sous-estimées.",
        REGISTERS, "structures", ("Année", "Structures"), "years",
    ),
    Indicator(
        "ages", "when", "Quel âge", "Structures ouvertes par âge.",
        "Année du millésime moins année de création ; sans date, non comptées.",
        REGISTERS, "structures", ("Âge", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "ages_families", "when", "Quel âge, selon la forme", "Âge médian des structures ouvertes, par famille.",
        "Année du millésime moins année de création ; sans date, non comptées. La médiane : la moitié est plus jeune, la moitié plus vieille.",
        REGISTERS, "années", ("Famille", "Âge médian", "Structures datées"), "table",
    ),
    Indicator(
        "news", "when", "Quand a-t-on eu de leurs nouvelles",
        "Structures ouvertes par ancienneté du dernier changement connu des registres.",
        "Sans nouvelle depuis longtemps, une association est peut-être endormie : aucun registre ne le dit.",
        REGISTERS, "structures", ("Dernier changement", "Structures", "Part (%)"), "bars",
    ),
    Indicator(
        "news_communes", "when", "Sans nouvelle depuis quinze ans, commune par commune",
        "Structures ouvertes dont le dernier changement connu des registres a quinze ans ou plus, et leur part.",
        f"{AT_SEAT} Sur les structures dont le dernier changement est daté. Une structure sans nouvelle n’est pas fermée pour autant.",
        REGISTERS, "structures", ("Commune", "Sans nouvelle", "Structures datées", "Part (%)"), "communes",
    ),
    Indicator(
        "comparison", "else", "Sa part, ici et ailleurs",
        "Part de l’ESS dans les établissements employeurs privés, ici et dans les territoires comparés.",
        f"{AT_PLACE} {PRIVATE}",
        SIRENE, "%", ("Territoire", "Part (%)", "ESS", "Employeurs privés", "Pourquoi"), "compared",
    ),
    Indicator(
        "comparison_density", "else", "Sa densité, ici et ailleurs",
        "Structures ouvertes pour 10\u202f000 habitants, ici et dans les territoires comparés.",
        f"{AT_SEAT} Population municipale.",
        (*REGISTERS, *PEOPLE),
        "pour 10\u202f000 habitants", ("Territoire", "Pour 10\u202f000 habitants", "Structures", "Habitants", "Pourquoi"), "compared",
    ),
    Indicator(
        "comparison_creations", "else", "Ses créations, ici et ailleurs",
        "Structures créées dans les douze mois avant le millésime, pour 100 structures ouvertes.",
        "Seules comptent les structures encore ouvertes.",
        REGISTERS, "pour 100 structures", ("Territoire", "Pour 100", "Créées", "Structures", "Pourquoi"), "compared",
    ),
    Indicator(
        "comparison_doors", "else", "Ses portes, ici et ailleurs",
        "Part des structures ouvertes derrière chaque porte, en pour cent.",
        "Portes déduites automatiquement ; une structure peut en avoir plusieurs.",
        REGISTERS, "%", ("Porte", "Ici", "Département", "Région", "France"), "table",
    ),
    Indicator(
        "peers", "else", "Qui lui ressemble", "Les cinq intercommunalités les plus proches, de la plus ressemblante à la moins.",
        "Plus proches voisines sur des variables nommées, centrées et réduites.",
        PEOPLE, "habitants", ("Intercommunalité", "Habitants", "Communes", "Part de la plus peuplée (%)"), "table",
    ),
    Indicator(
        "unknown", "limits", "Ce qu’on ne sait pas", "Structures ouvertes dont une information manque dans les registres.",
        "Un trou dans un registre n’est pas un zéro.",
        REGISTERS, "structures", ("Information absente", "Structures", "Part (%)"), "bars",
    ),
)  # fmt: skip
BY_CODE = {indicator.code: indicator for indicator in INDICATORS}


def reference() -> str:
    """The registry as a Markdown page (docs/reference/panorama.md)."""
    lines = [
        "# The indicators of the panorama",
        "",
        "Generated from `horizon/observatory/panorama/registry.py`; a test keeps it true. `horizon panorama CODE` and",
        "`/panorama/<code>/` show them for an EPCI, a commune, a department (`dep:86`), a region (`reg:75`) or `FR`. An",
        "indicator without any line for a territory is left out. Numbers of structures come from open register rows and are",
        "never masked; jobs follow statistical secrecy (`panorama/secrecy.py`). A territory whose registers cover less than",
        "90 % of its inhabitants says so, and is not compared.",
    ]
    for chapter, name in CHAPTERS.items():
        lines += [
            "",
            f"## {name}",
            "",
            "| code | indicator | definition | method | source | unit |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| `{item.code}` | {item.title} | {item.definition} | {item.method} | {item.source} | {item.unit} |"
            for item in INDICATORS
            if item.chapter == chapter
        ]  # fmt: skip
    return "\n".join(lines) + "\n"
