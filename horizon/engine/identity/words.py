"""The French words that names of organisations are made of, and what each sort of word is worth in a comparison.

Added to by whoever finds a word missing: each table is a change that one can make and measure (`horizon duplicates evaluate`).
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _set(
    "a ai au aux avec c ce ces chez d dans de del des du e en entre est et etc ex ici l la le les leur leurs n ne nos notre "
    "on ou par pour qu que qui s sa sans se ses son sous sur un une vers vos votre y dit dite dits"
)
# Said of the legal form: names agree with or without them.
FORM = _set(
    "association associations loi 1901 societe scop scic sarl sas sasu sa eurl cooperative cooperatif capital variable "
    "ouvriere production anonyme interet collectif ues gie ei ess groupement limitee responsabilite directoire unipersonnelle "
    "participative declaree reconnue utilite lucratif but agreee simplifiee actions sem semis gip cae fonds dotation caes"
)
# Half of all associations have them: sharing one says little, and so does lacking one.
GENERIC = _set(
    "club comite amicale union federation ligue cercle groupe collectif centre maison office foyer ecole amis ami reseau "
    "atelier ateliers fetes fete loisirs loisir animation animations culture culturel culturelle sport sports sportif sportive "
    "social sociale sociaux solidaire solidaires solidarite local locale departemental departementale regional regionale "
    "national nationale intercommunal intercommunale municipal municipale jeunes jeunesse enfants famille familles familial "
    "familiale aines parents eleves anciens quartier village commune ville pays canton espace vie service services accueil "
    "aide entraide gestion developpement promotion defense sauvegarde protection organisation projet projets action actions "
    "ensemble public publique populaire rural rurale rurales ruraux urbain nord sud est ouest centre mutuelle fondation "
    "entreprise entreprises insertion emploi formation institut agence mission syndicat section antenne site magasin boutique "
    "theatre musique danse chorale choeur football basket tennis judo gym gymnastique petanque randonnee velo jardin jardins "
    "cafe epicerie ressourcerie recyclerie creche cinema residence cantine restaurant tiers lieu membre compagnie"
)
NUMBERS = {
    "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7", "huit": "8", "neuf": "9", "dix": "10",
    "premier": "1er", "premiere": "1er", "troisieme": "3e", "3eme": "3e",
}  # fmt: skip
SHORT = {
    "st": ("saint",), "ste": ("sainte", "societe"), "sts": ("saints",), "stes": ("saintes",), "ass": ("association",),
    "asso": ("association",), "assoc": ("association",), "cte": ("comite",), "ctre": ("centre",), "fed": ("federation",),
    "dep": ("departemental", "departementale"), "dpt": ("departemental", "departementale"), "nat": ("national", "nationale"),
    "reg": ("regional", "regionale"), "soc": ("societe", "social", "sociale"), "coop": ("cooperative",), "gd": ("grand",),
    "gde": ("grande",), "pt": ("petit",), "pte": ("petite",), "cult": ("culturel", "culturelle", "culture"),
    "sport": ("sportif", "sportive"), "spt": ("sport", "sportive"), "fam": ("familial", "familiale", "famille"),
    "bx": ("baillargeaux",), "ts": ("tous",), "ens": ("enseignement",), "enseign": ("enseignement",), "cie": ("compagnie",),
}  # fmt: skip
SPELLED = {
    acronym: tuple(said.split())
    for acronym, said in {
        "mjc": "maison jeunes culture", "ccas": "centre communal action sociale", "cuma": "utilisation materiel agricole",
        "mfr": "maison familiale rurale", "amap": "maintien agriculture paysanne", "sel": "systeme echange local",
        "csc": "centre socio culturel", "acca": "communale chasse agreee", "gem": "groupe entraide mutuelle",
        "esat": "etablissement service aide travail", "ehpad": "etablissement hebergement personnes agees dependantes",
        "ime": "institut medico educatif", "admr": "aide domicile milieu rural", "aep": "education populaire",
    }.items()
}  # fmt: skip

# Anybody may have an address there: it names no organisation.
MAILBOXES = _set(
    "gmail.com orange.fr wanadoo.fr free.fr laposte.net hotmail.fr hotmail.com yahoo.fr outlook.fr outlook.com sfr.fr "
    "yahoo.com live.fr aol.com neuf.fr bbox.fr numericable.fr icloud.com gmx.fr protonmail.com proton.me"
)
# Where many have a page of their own, named by what follows or what comes before.
PLATFORMS = _set(
    "facebook instagram linkedin youtube twitter helloasso wixsite jimdo jimdofree wordpress blogspot canalblog google sites "
    "view associations pages groups framasite webnode www https http emonsite assoconnect sportsregions overblog"
)
# What comes before the @ in anybody's address.
DESKS = _set(
    "contact contacts info infos accueil bonjour asso association secretariat president presidente presidence bureau direction "
    "mairie tresorier tresoriere admin administration webmaster communication gestion club comite coordination equipe"
)

# A part of something else: a section, a school's parents, a firm's staff. On one side only, they tell two organisations apart.
PARTS = _set(
    "section sections antenne delegation groupe unite comite cellule relais filiale branche agence "
    "membre adherent adherente"
)
BODIES = (
    ("parents", "parents eleves apel ape apeel fcpe peep"),
    ("governing", "ogec aepec"),
    ("friends", "amis ami"),
    ("former", "anciens anciennes"),
    ("staff", "personnel salaries employes"),
    ("families", "familles"),
    ("foyer", "fse"),
    ("sport", "unss"),
    ("town", "mairie commune ville municipalite"),
    ("ccas", "ccas cias"),
    ("foundation", "fondation"),
    ("school", "college lycee ecole groupe scolaire"),
    ("syndicat", "syndicat"),
    ("museum", "musee"),
    ("locals", "locataires"),
)
INSTITUTIONS = _set(
    "college lycee ecole musee hopital ehpad foyer creche club residence pole basilique eglise abbaye chateau centre "
    "universite prison mairie commune usine laiterie"
)
BODY_OF = {word: name for name, said in BODIES for word in said.split()}
HEADS = _set(
    "federation ligue union reseau departementale departemental regionale regional nationale national"
)
SITES = _set(
    "boutique magasin atelier entrepot drive site siege depot manufacture restaurant blanchisserie librairie friperie "
    "annexe agence chantier meubles"
)
AFTER = _set("dissoute dissous prefiguration repris reprise suite successeur remplace remplacee jusqu")
WAS = _set("ex ancien ancienne anciennement aujourd devenu devenue nouveau autrefois")

COMPANY, NONPROFIT, MUTUAL, FOUNDATION, PUBLIC = "company", "nonprofit", "mutual", "foundation", "public"
FORM_WORDS = {
    COMPANY: _set("scop scic sarl sas sa sasu eurl gaec earl cuma gie"),
    NONPROFIT: _set("association asso assoc amicale"),
    MUTUAL: frozenset(["mutuelle"]),
    FOUNDATION: frozenset(["fondation"]),
    PUBLIC: _set("mairie commune ville ccas"),
}


def form_of_category(category: str) -> str:
    """The sort of legal person that an INSEE legal category stands for; empty when it says nothing useful."""
    if category.startswith("93"):
        return FOUNDATION
    if category.startswith("92"):
        return NONPROFIT
    if category.startswith("82"):
        return MUTUAL
    if category[:1] == "7":
        return PUBLIC
    return COMPANY if category[:1] in {"5", "6"} else ""
