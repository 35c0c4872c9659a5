"""What the law and the house ask of each kind, said where one offers, asks and answers."""

from __future__ import annotations

CONDITIONS = {
    "equipment": "Qui prête vérifie avec son assurance ; notez ensemble l’état au départ et au retour.",
    "goods": "Un don ou une vente se fait en l’état ; dites ce qui ne marche pas.",
    "materials": "Dites l’origine et l’état ; l’amiante et les produits dangereux sont exclus.",
    "service": "Une prestation payée se facture ; une association le peut si c’est dans son objet.",
    "skills": "Une formation professionnelle suppose un organisme déclaré ; une initiation, non.",
    "help": "L’aide bénévole va aux habitants, aux associations et aux collectivités, jamais à une entreprise, même de l’ESS (SCOP, SAS…).",
    "space": "Vérifiez l’assurance, la capacité du lieu et ses règles de sécurité.",
    "staff": (
        "Le prêt de personnel est permis sans but lucratif seulement, avec l’accord de la personne, une convention et un avenant "
        "(Code du travail, articles L. 8241-1 et L. 8241-2)."
    ),
}
ONLY_ORGANIZATIONS = "Le personnel se prête entre structures : choisissez au nom de laquelle vous parlez."
NEVER_TO_A_COMPANY = (
    "L’aide bénévole ne va jamais à une entreprise, et la forme juridique de celle-ci en est une, même dans l’ESS (SCOP, coopérative, SAS…) : "
    "proposez un prix, ou demandez un service."
)
STAFF_TERMS = "Le personnel se prête au prix coûtant ou gratuitement : choisissez « prix » (le coût, sans marge) ou « don »."


def problem_of(side: str, kind: str, who: str, terms: set[str]) -> str:
    """Why a holder of the sort `who` may not offer or ask this; empty when they may."""
    if kind == "staff" and who == "person":
        return ONLY_ORGANIZATIONS
    if kind == "staff" and terms - {"gift", "price"}:
        return STAFF_TERMS
    if side == "ask" and kind == "help" and who == "company":
        return NEVER_TO_A_COMPANY
    return ""
