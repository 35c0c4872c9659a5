"""Reading an activity code (NAF rev. 2, the French version of NACE rev. 2, Eurostat 2008)."""

_FIRST_DIVISIONS = [
    (1, "A"), (5, "B"), (10, "C"), (35, "D"), (36, "E"), (41, "F"), (45, "G"), (49, "H"), (55, "I"), (58, "J"),
    (64, "K"), (68, "L"), (69, "M"), (77, "N"), (84, "O"), (85, "P"), (86, "Q"), (90, "R"), (94, "S"), (97, "T"),
    (99, "U"),
]  # fmt: skip


def section(naf: str | None) -> str:
    """The section (A to U) of a code such as `88.99B`; empty when there is no readable code.

    >>> section("88.99B"), section(""), section("00.00Z")
    ('Q', '', '')
    """
    if not naf or not naf[:2].isdecimal():
        return ""
    division = int(naf[:2])
    letter = ""
    for first, candidate in _FIRST_DIVISIONS:
        if division >= first:
            letter = candidate
    return letter
