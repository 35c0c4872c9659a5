"""Public ids (identifiants publics): short, permanent, free of meaning, safe to read aloud."""

import hashlib
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
SHAPE = f"[{ALPHABET}]{{10}}"  # as a regular expression


def public_id(key: str) -> str:
    """Ten characters from a stable key such as `siren:…`: the same key gives the same id on every machine.

    50 bits: with 200,000 records the chance of one collision is about 2 in 100,000; the column is unique.
    """
    number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8, person=b"horizon").digest()) >> 14
    characters = []
    for _ in range(10):
        number, rest = divmod(number, 32)
        characters.append(ALPHABET[rest])
    return "".join(reversed(characters))


def random_id() -> str:
    """Ten random characters (50 bits), for records that no register names."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def fresh_once() -> str:
    """What tells one form sent twice from two forms."""
    return random_id() + random_id()
