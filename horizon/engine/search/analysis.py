"""French words to terms: folded, without empty words, singular, stemmed.

The final s or x goes before the stem: the Snowball algorithm (Porter 2001) alone keeps « vélos » apart from « vélo ».
"""

from __future__ import annotations

from functools import lru_cache

import snowballstemmer

from horizon.engine.folding import fold

_STEMMER = snowballstemmer.stemmer("french")
_EMPTY_TEXT = """
a ai au aux avec c ce ces cet cette chez d dans de des du elle elles en entre est et etre eux il ils j je l la le les
leur leurs lui m ma mais me meme mes moi mon n ne nos notre nous on ou par pas pour qu que qui s sa sans se ses si son
sont sous sur t ta te tes toi ton tous tout toute toutes tu un une vers vos votre vous y
cherche chercher besoin trouver veux voudrais pres moi comment quel quelle quels quelles ou quoi quelqu quelque quelques
cher chers chere cheres aimerais souhaite faut peut peux
"""
EMPTY = frozenset(_EMPTY_TEXT.split())
_ASKING_TEXT = """
adresse aller ami amie amis ans annee annees acheter aurait aurais aurions aussi avant avoir beaucoup besoin bien bonjour bonsoir chose choses
coin comme contact
coordonnees demain deux dix dimanche donner endroit endroits existe faire fais fait famille fille fils frere gens gratuit
gratuite gratuitement habite habiter heure horaire horaires interesse interessee ici jour jours lieu lieux lundi maman
mail mardi matin merci mere midi mercredi mieux monde numero papa pere personne petit petite petits petites peu plus possible pouvoir prix
proche proches propose proposer proximite pres quartier rapidement sais salut samedi savoir semaine service services soeur soir
souhaiterais stp svp tarif tarifs telephone trois truc trucs urgent vendredi venir ville voir voisin voisine voudrait vraiment week end weekend
"""
ASKING = frozenset(_ASKING_TEXT.split())
"""Words of those who ask, that say nothing of what they look for: left out of a query when nobody here has them."""
_FORMS_TEXT = """
agence association atelier boutique bureau cabinet centre club comite cours ecole entreprise etablissement federation
garde groupe location maison magasin metier office pilote reparation salle salon societe stage tir union urgence vente
"""
FORMS = frozenset(_FORMS_TEXT.split())
"""Heads that say nothing without what follows (« agence de… », « salon de… »)."""
_WHOLE = {"st": "saint", "ste": "sainte"}


def words(text: str | None) -> list[str]:
    """The folded words of a text, in order; letters apart (C.A.R.A.) are joined into one word, St is Saint.

    >>> words("L'Atelier du C.A.R.A.")
    ['l', 'atelier', 'du', 'cara']
    """
    found: list[str] = []
    letters = ""
    for word in fold(text).split():
        if len(word) == 1 and word.isalpha() and (letters or word not in "acdjlmnsty" or _spelled(text)):
            letters += word
            continue
        if letters:
            found.append(letters)
            letters = ""
        found.append(_WHOLE.get(word, word))
    if letters:
        found.append(letters)
    return found


def _spelled(text: str | None) -> bool:
    """Whether the text has letters followed by dots, as acronyms are spelled."""
    return text is not None and text.count(".") >= 2


@lru_cache(maxsize=65_536)
def term(word: str) -> str:
    """The term of one folded word.

    >>> term("velos"), term("jeux"), term("associations") == term("association"), term("amap")
    ('velo', 'jeu', True, 'amap')
    >>> term("medicaux") == term("medical"), term("chateaux") == term("chateau")
    (True, True)
    """
    if len(word) > 5 and word.endswith("aux") and not word.endswith("eaux"):
        word = word[:-3] + "al"
    elif len(word) > 3 and word[-1] in "sx" and not word[:-1].isdigit():
        word = word[:-1]
    if len(word) <= 3 or any(letter.isdigit() for letter in word):
        return word
    return _STEMMER.stemWord(word)[:40]


def content_words(text: str | None) -> list[str]:
    """The words of a text that say something; all of them when none does."""
    found = words(text)
    return [word for word in found if word not in EMPTY] or found


def initials(name: str | None) -> str:
    """The acronym that people would make of a name: initials of its full words; empty under three.

    >>> initials("Association des parents d'élèves de Ligugé")
    'apel'
    """
    found = [word[0] for word in fold(name).split() if word not in EMPTY and word.isalpha()]
    return "".join(found) if 3 <= len(found) <= 8 else ""


def joined_pairs(found: list[str]) -> list[str]:
    """Neighbouring words written as one, for those who write « vélo école » « véloécole ».

    >>> joined_pairs(["velo", "ecole", "du"])
    ['veloecole', 'ecoledu']
    """
    return [a + b for a, b in zip(found, found[1:], strict=False) if 5 <= len(a + b) <= 30]
