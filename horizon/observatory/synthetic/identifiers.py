"""Made-up identifiers with the shape and the check digits of the real ones.

Made-up SIREN are drawn from 160 000 000 to 169 999 999, a block the register has not reached; one in twenty
starts with two zeros, so that a list which reads SIREN as integers loses something. Made-up RNA numbers of
the Vienne start at W863900000, far above the last number given.
"""

from collections.abc import Iterator
from random import Random


def luhn_digit(digits: str) -> str:
    """Check digit that makes `digits` + digit pass the Luhn test (INSEE's rule for SIREN and SIRET)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def make_siren(block: int, leading_zeros: bool = False) -> str:
    """SIREN number `block` (0 to 999,999) of the made-up range."""
    digits = f"{'00' if leading_zeros else '16'}{block:06d}"
    return digits + luhn_digit(digits)


def make_siret(siren: str, rank: int) -> str:
    """SIRET of the establishment of that rank (1 for the first)."""
    digits = f"{siren}{rank:04d}"
    return digits + luhn_digit(digits)


def draw_sirens(rng: Random) -> Iterator[str]:
    """Endless SIREN, all different, in increasing blocks with irregular steps."""
    block = 1000
    while True:
        block += rng.randint(1, 37)
        yield make_siren(block, leading_zeros=rng.random() < 0.05)


def draw_rna_numbers(rng: Random) -> Iterator[str]:
    """Endless RNA numbers of the Vienne, all different."""
    number = 900_000
    while True:
        number += rng.randint(1, 9)
        yield f"W863{number:06d}"
