"""French wording: articles, elision, contraction, register capitals, acronyms."""

import re
import unicodedata

_VOWELS = "aeiouyàâäéèêëîïôöùûüœæ"
_ASPIRATED = (
    "hameau",
    "haricot",
    "hérisson",
    "halle",
    "haie",
    "houblon",
    "hibou",
    "haut",
    "héron",
    "hutte",
    "hangar",
    "hand",
    "hip",
    "hockey",
)
_SMALL = frozenset(
    ("de", "du", "des", "d", "l", "la", "le", "les", "et", "en", "à", "au", "aux", "a", "un", "une")
    + ("pour", "par", "sur", "sous", "dans", "chez", "s")
)


def starts_with_vowel(word: str) -> bool:
    """True when `word` takes elision (mute h included, aspirated h not)."""
    lowered = word.lower()
    if lowered.startswith("h"):
        return not lowered.startswith(_ASPIRATED)
    return lowered[:1] in _VOWELS and not lowered.startswith(("yo", "ya"))


def with_de(text: str) -> str:
    """'le Clain' -> 'du Clain', 'les Rocs' -> 'des Rocs', 'Iteuil' -> "d'Iteuil"."""
    if text.startswith("le "):
        return "du " + text[3:]
    if text.startswith("les "):
        return "des " + text[4:]
    if text.startswith(("la ", "l'")):
        return "de " + text
    return ("d'" if starts_with_vowel(text) else "de ") + text


def with_a(text: str) -> str:
    """'le Clain' -> 'au Clain', 'les Rocs' -> 'aux Rocs', 'Rouillé' -> 'à Rouillé'."""
    if text.startswith("le "):
        return "au " + text[3:]
    if text.startswith("les "):
        return "aux " + text[4:]
    return "à " + text


def without_article(text: str) -> str:
    """'la Vonne' -> 'Vonne', "l'Auxance" -> 'Auxance'."""
    return re.sub(r"^(le |la |les |l')", "", text)


def upper_noun(text: str) -> str:
    """'la lanterne' -> 'la Lanterne', "l'ajonc" -> "l'Ajonc"."""
    noun = without_article(text)
    return text[: len(text) - len(noun)] + upper_first(noun)


def upper_first(text: str) -> str:
    """Capital on the first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def strip_accents(text: str) -> str:
    """Latin letters without accents; œ and æ opened."""
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE").replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def register_capitals(text: str) -> str:
    """The way SIRENE writes names: capitals, no accents, no quotes."""
    plain = strip_accents(text).upper()
    plain = re.sub(r"[«»\"()]", " ", plain).replace("–", "-").replace(" : ", " ").replace(", ", " ")
    return re.sub(r"\s+", " ", plain).strip()


def acronym(name: str) -> str | None:
    """Initials of the words that carry meaning, when there are three to six of them."""
    words = [w for w in re.split(r"[\s'’\-–(),.:«»]+", name) if w and w.lower() not in _SMALL]
    letters = "".join(strip_accents(w)[0].upper() for w in words)
    return letters if 3 <= len(letters) <= 6 and letters.isalpha() else None
