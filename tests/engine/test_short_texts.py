"""Short texts that people type: what to remark, which commune, what theme, what says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.likeness import alike, telling_terms
from horizon.engine.places import Places
from horizon.engine.themes import ThemeRules
from horizon.engine.wording import remarks, says_something

PLACES = Places(
    [
        ("86139", "Lusignan"), ("86031", "Bonnes"), ("86080", "Cloué"), ("86194", "Poitiers"), ("86214", "Saint-Benoît"),
        ("86202", "La Puye"), ("86222", "Saint-Georges-lès-Baillargeaux"), ("86115", "Jaunay-Clan"), ("86115", "Jaunay-Marigny"),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Il manque un café à Lusignan", "86139"),
        ("un cafe a lusignan svp", "86139"),
        ("LUSIGNAN : plus de boulangerie", "86139"),
        ("il faudrait de bonnes volontés", ""),
        ("à Bonnes, un atelier", "86031"),
        ("un volet cloué", ""),
        ("un bus de Lusignan à Poitiers", ""),
        ("vers St Benoit", "86214"),
        ("une crèche à saint georges les baillargeaux", "86222"),
        ("à Jaunay-Clan et Jaunay-Marigny", "86115"),
        ("une épicerie à la Puye", "86202"),
        ("", ""),
        ("un potier", ""),
    ],
)
def test_the_commune_that_words_name(text, code):
    assert PLACES.of(text) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Appelez le 06 12 34 56 78", ["phone"]),
        ("+33612345678", ["phone"]),
        ("il y a 0612 chaises et 12 345 678 euros", []),
        ("ecrivez a lou@example.org", ["email"]),
        ("chez Mme Dupontel, 12 rue des Lilas à Poitiers", ["address", "name"]),
        ("je m'appelle Sacha Vonne", ["name"]),
        ("je suis Poitevine", ["name"]),
        ("<script>alert(1)</script>", ["markup"]),
        ("www.a.example www.b.example www.c.example", ["spam"]),
        ("bande de connards", ["insult"]),
        ("Ta gueule, le maire", ["insult"]),
        ("pas pour les sales arabes", ["insult"]),
        ("bande de bâtards", ["insult"]),
        ("pas pour cette sale tapette", ["insult"]),
        ("dehors, espèce de grosse vache", ["insult"]),
        ("Livres à donner, fdp à votre charge", []),
        ("Une grosse vache laitière à vendre", []),
        ("Linge sale blanc à laver", []),
        ("Baguettes, bâtards et pains invendus du soir", []),
        ("Vends deux bâtards de berger", []),
        ("Deux tapettes pour les souris", []),
        ("Donne deux tapettes à souris et une tapette à mouches", []),
        ("Chorale de negro spirituals, et un pain bâtard", []),
        ("Chiots, croisés bâtards ; enduit bâtard à la chaux", []),
        ("La réputation de ce connecteur, une dispute de voisins, un député", []),
        ("Conseil, concert, cons­truction, salopette, enculturation, garçon", []),
        ("Le ramassage des ordures ménagères", []),
        ("IL N Y A PLUS DE MEDECIN DANS LE VILLAGE", ["shouting"]),
        ("aaaaaaaaaaaaaaaa", ["noise"]),
        ("Un lieu où réparer son vélo, le samedi, à Lusignan 🚲", []),
    ],
)
def test_what_a_careful_reader_remarks(text, codes):
    assert [remark.code for remark in remarks(text)] == codes


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    for remark in remarks(text):
        assert remark.sentence
    says_something(text)
    PLACES.of(text)


def test_nothing_is_said_by_an_emoji_or_a_dot():
    assert [says_something(text) for text in ("🥐", ".", " ", "a", "du pain")] == [
        False,
        False,
        False,
        False,
        True,
    ]


def test_the_longest_rule_reads_first_and_a_draw_decides_nothing():
    rules = ThemeRules(
        [("jardin", "nourrir", 500), ("jardin d enfants", "instruire", 1000), ("bal", "divertir", 200)]
    )
    assert [t.code for t in rules.of("un jardin d’enfants")] == ["instruire"]
    assert [t.code for t in rules.of("des jardins partagés")] == ["nourrir"]
    assert rules.of("un bal") == []


def test_rare_words_bring_texts_together_and_words_of_asking_do_not():
    texts = {
        1: "Il manque un endroit pour réparer les vélos",
        2: "Il manque un café",
        3: "atelier de réparation de vélo",
        4: "Il manque un endroit pour les jeunes",
    }
    terms = {key: telling_terms(text) for key, text in texts.items()}
    counts: dict[str, int] = {}
    for found in terms.values():
        for word in found:
            counts[word] = counts.get(word, 0) + 1
    found = alike(telling_terms("réparer mon vélo"), terms, counts, len(texts))
    assert found[0].key == 1 and 2 not in [one.key for one in found] and 4 not in [one.key for one in found]


@given(st.sets(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=5))
def test_a_text_is_wholly_like_itself(terms):
    best = alike(terms, {7: terms}, dict.fromkeys(terms, 1), 3)
    assert best[0].key == 7 and abs(best[0].likeness - 1) < 1e-6
