"""A table of five hundred lines, sixty of which are doubles and forty broken, and the small directory it comes to."""

import csv
import hashlib
import io

from horizon.engine.tables.mapping import Mapping
from tests.observatory.registers_kit import association, establishment, unit

HEADERS = [
    "Nom de l'association",
    "SIREN",
    "RNA",
    "Code postal",
    "Ville",
    "Téléphone",
    "Courriel",
    "Site",
    "Objet",
    "Président",
]
COLUMNS = {
    "name": ("Nom de l'association",), "siren": ("SIREN",), "rna": ("RNA",), "postal_code": ("Code postal",),
    "city": ("Ville",), "phone": ("Téléphone",), "email": ("Courriel",), "website": ("Site",), "description": ("Objet",),
}  # fmt: skip
MAPPING = Mapping(columns=COLUMNS, source="Ville de Lusignan, liste 2026", licence="lo")
EXPECTED = {"new": 385, "completes": 10, "same": 20, "likely": 20, "twice": 10, "outside": 15, "broken": 40}
KNOWN = 60


def word(number: int, salt: str = "") -> str:
    """A word of its own for each number, far from the others."""
    digest = hashlib.md5(f"{salt}{number}".encode(), usedforsecurity=False).digest()
    return "".join(
        "bcdfglmnprstvz"[a % 14] + "aeiou"[b % 5] for a, b in zip(digest[:5], digest[5:10], strict=True)
    )


def siren(number: int) -> str:
    """A SIREN whose key is right."""
    bare = f"{number:08d}"
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10))
        for place, digit in enumerate(reversed(bare))
    )
    return f"{bare}{-total % 10}"


def known_name(number: int) -> str:
    return f"Atelier {word(number, 'a')} {word(number, 'b')}"


def known_registers():
    """Sixty structures at Lusignan that registers know: forty by SIREN, twenty by RNA alone."""
    place = {
        "codeCommune": "86139",
        "codePostal": "86600",
        "libelleCommune": "LUSIGNAN",
        "caractereEmployeur": "O",
    }
    units = [unit(siren(40_000_000 + n), known_name(n).upper(), caractereEmployeur="O") for n in range(40)]
    seats = [establishment(siren(40_000_000 + n), **place) for n in range(40)]
    rna = [
        association(
            f"W86{n:07d}",
            titre=known_name(n),
            adrs_codeinsee="86139",
            adrs_codepostal="86600",
            adrs_libcommune="LUSIGNAN",
        )
        for n in range(40, KNOWN)
    ]
    return units, seats, rna


def lines() -> list[list[str]]:
    """The five hundred lines, in an order that mixes them, always the same."""
    rows = []
    for n in range(20):  # known by their SIREN: ten bring a telephone, ten nothing
        rows.append(
            [
                known_name(n),
                siren(40_000_000 + n),
                "",
                "86600",
                "Lusignan",
                f"05 49 00 10 {n:02d}" if n < 10 else "",
            ]
        )
    for n in range(40, 50):  # known by their RNA number
        rows.append([f"{known_name(n)} !", "", f"W86{n:07d}", "86600", "LUSIGNAN"])
    for n in range(20):  # the same names without an identifier: likely, never sure
        name = known_name(20 + n)
        rows.append([f"Association {name}" if n % 2 else name + "s", "", "", "86600", "Lusignan"])
    broken = [
        ["", "", "", "86000", "Poitiers"],
        ["SIREN faux", "123456789", "", "86000", "Poitiers"],
        ["Commune inconnue", "", "", "86000", "Trifouillis"],
        ["Courriel faux", "", "", "86000", "Poitiers", "", "contact@"],
    ]
    rows += [[row[0] and f"{row[0]} {word(n)}", *row[1:]] for n in range(10) for row in broken]
    rows += [[f"Club {word(n, 'c')}", "", "", "79000", "Niort"] for n in range(15)]
    fresh = [
        [f"{word(n, 'd').capitalize()} {word(n, 'e')}", siren(50_000_000 + n) if n % 3 == 0 else "", "", "86000", "POITIERS",
         f"0549{n:06d}", f"contact@{word(n, 'd')}.example", f"www.{word(n, 'd')}.example", "Faire ensemble", "Mme Vonnelune"]
        for n in range(385)
    ]  # fmt: skip
    rows += fresh + [list(row) for row in fresh[:10]]  # and ten of them again
    assert len(rows) == 500
    first = sorted(range(490), key=lambda n: word(n, "order"))
    return [(row + [""] * 10)[:10] for row in [rows[n] for n in first] + rows[490:]]


def table(rows: list[list[str]] | None = None, encoding: str = "cp1252") -> bytes:
    """The table as an old spreadsheet writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADERS)
    writer.writerows(rows if rows is not None else lines())
    return out.getvalue().encode(encoding)
