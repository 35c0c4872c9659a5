"""Duplicates planted in a population of which all is known, to count the merges that would be wrong.

Each seed record gets, in turn, one of the ways a register, a federation or a telephone call says it again, and one of the
ways a different organisation looks like it. The truth is the key of the seed: `seed#…` is the same, `other#…` is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from stdnum import luhn

from horizon.engine.identity.records import Record

SAME, OTHER = "#", "/"


def plant(seeds: Sequence[Record], rng: Random) -> list[Record]:
    """The seeds, their duplicates and their look-alikes, in a drawn order. The same seed of chance gives the same records."""
    found = list(seeds)
    for number, seed in enumerate(seeds):
        found += _again(seed, number, rng)
        found += _unlike(seed, number, rng, seeds)
    rng.shuffle(found)
    return found


def truly_same(one: str, other: str) -> bool:
    """Whether two keys of planted records name the same organisation."""
    return _root(one) == _root(other)


def _root(key: str) -> str:
    return key if OTHER in key else key.partition(SAME)[0]


def _again(seed: Record, number: int, rng: Random) -> Iterator[Record]:
    key = f"{seed.key}{SAME}{number % 6}"
    bare = Record(key=key, name=_retyped(seed.name, rng), commune=seed.commune, postal_code=seed.postal_code)
    way = number % 6
    if way == 0 and seed.siren:
        yield replace(bare, siren=seed.siren)
    elif way == 1 and seed.rna:
        yield replace(bare, rna=seed.rna)
    elif way == 2 and seed.siren:
        yield replace(
            bare, siren=seed.siren, siret=seed.siret, name=f"{seed.name.title()} (antenne d’accueil)"
        )
    elif way == 3 and seed.rna:
        yield replace(bare, rna=seed.rna, commune="", postal_code="", name=seed.acronym or seed.name.upper())
    elif way == 4:
        yield replace(bare, name=seed.name.capitalize())
    elif way == 5 and seed.siren:
        yield replace(bare, siren=seed.siren, rna=seed.rna, name=f"Association {seed.name.title()}")


def _unlike(seed: Record, number: int, rng: Random, seeds: Sequence[Record]) -> Iterator[Record]:
    key = f"{seed.key}{OTHER}{number % 8}"
    same = Record(key=key, name=seed.name, commune=seed.commune, postal_code=seed.postal_code)
    way = number % 8
    if way == 0 and seed.siren:  # another establishment: its page is its own
        yield replace(
            same, siren=seed.siren, siret=_other_siret(seed), commune=_other_commune(seed, seeds, rng)
        )
    elif way == 1 and seed.siren:  # the number of somebody else, one digit away
        yield replace(same, siren=_other_siren(seed.siren, rng))
    elif way == 2 and seed.rna:
        yield replace(same, rna=f"{seed.rna[:-1]}{(int(seed.rna[-1]) + 1 + rng.randrange(8)) % 10}")
    elif way == 3:
        yield replace(same, commune=_other_commune(seed, seeds, rng), siren=_new_siren(rng))
    elif way == 4:
        yield replace(same, name=f"Les amis de {seed.name}")
    elif way == 5 and seed.siren:  # who took over, at the same place
        yield replace(
            same, siren=_new_siren(rng), legal_category="5710", name=f"SCIC {seed.name}", street=seed.street
        )
    elif way == 6 and seed.siren:  # a misread number, with a wrong check digit
        wrong = f"{seed.siren[:-1]}{(int(seed.siren[-1]) + 1) % 10}"
        yield replace(same, siren=wrong, name=f"{seed.name} section jeunes")
    elif way == 7 and seed.siren and seed.rna:  # the RNA number of one, the SIREN of another
        yield replace(same, siren=_new_siren(rng), rna=seed.rna, name=f"Fédération {seed.name}")


def _retyped(name: str, rng: Random) -> str:
    if len(name) < 8:
        return name
    place = rng.randrange(2, len(name) - 2)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def _new_siren(rng: Random) -> str:
    stem = f"{rng.randrange(30_000_000, 99_999_999)}"
    return stem + luhn.calc_check_digit(stem)


def _other_siren(siren: str, rng: Random) -> str:
    place = rng.randrange(1, 8)
    stem = siren[:place] + str((int(siren[place]) + 1 + rng.randrange(8)) % 10) + siren[place + 1 : 8]
    return stem + luhn.calc_check_digit(stem)


def _other_siret(seed: Record) -> str:
    nic = (int(seed.siret[9:13]) if seed.siret else 1) + 7
    stem = f"{seed.siren}{nic:04d}"
    return stem + luhn.calc_check_digit(stem)


def _other_commune(seed: Record, seeds: Sequence[Record], rng: Random) -> str:
    others = sorted({one.commune for one in seeds} - {seed.commune, ""})
    return rng.choice(others) if others else seed.commune
