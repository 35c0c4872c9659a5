"""Which legal forms are companies (entreprises): volunteers never go there, whatever its purpose."""

from __future__ import annotations

SOCIETIES = ("societe", "cooperative")
MUTUAL_INSURER = "6411"


def is_company(legal_category: str, family: str = "") -> bool:
    """Whether an INSEE legal category is that of a company; where no register gives one, whether the family is.

    Category 5458 (SCOP): a company, of the ESS or not. 9220 (association declared): not one.

    One who trades alone (1), commercial companies (5: SCOP, SCIC and SAS with an ESUS approval included) and other companies of the
    trade register (6: farms, civil cooperatives) are; not a mutual insurance society (6411), whose object the Code des assurances
    says not commercial, as it does the Code de la mutualité's (8).
    """
    if legal_category:
        return legal_category[0] in "156" and legal_category != MUTUAL_INSURER
    return family in SOCIETIES
