"""One way to compare French text: what two careful readers would call the same letters."""

import re
import unicodedata

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
)
# The accents of French; rarer marks are looked for letter by letter. U+034F is no mark: it ends a word.
_ACCENTS = re.compile("[\u0300-\u034e\u0350-\u036f]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str | None) -> str:
    """Lower case, without accents or ligatures; anything that is no letter or digit becomes one space.

    >>> fold("L’Œuvre d'Émile – N°2")
    'l oeuvre d emile n 2'
    """
    if not text:
        return ""
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", decomposed))
    if not bare.isascii():
        bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", bare).strip()
