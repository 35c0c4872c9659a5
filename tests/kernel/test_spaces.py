"""French spaces: the signs hold to their words, and nothing that is sent back or run is touched."""

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from horizon.config.settings import MIDDLEWARE
from horizon.directory import services
from horizon.directory.models import Entry
from horizon.kernel.spaces import NARROW, NO_BREAK, french_spaces

PIECES = st.sampled_from(
    ["a ", " : ", " ; ", " ! ", " ? ", "« ", " »", "<b>", "</b>", '<i title="x : y ?">', "<textarea>", "</textarea>",
     "<code>", "</code>", "<pre>", "\n", "é", "12 %", "&gt; ", NO_BREAK, "<script>", "</script>", "<p"]
)  # fmt: skip


def ordinary(text):
    return text.replace(NO_BREAK, " ").replace(NARROW, " ")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Qui ? Nous : ici ; là !", "Qui. ? Nous_: ici.; là.!"),
        ("« Nous »", "«_Nous_»"),
        ("« <b>Nous</b> »", "«_<b>Nous</b>_»"),
        ("<b>Nous</b> : ici", "<b>Nous</b>_: ici"),
        ("10:30, a ::b", "10:30, a_::b"),
        ('<p title="a : b">', '<p title="a : b">'),
        ("<textarea>a : b ?</textarea> : c", "<textarea>a : b ?</textarea>_: c"),
        ("<script>a ? b : c</script>", "<script>a ? b : c</script>"),
        ("<code>x : y</code><pre>x ; y</pre>", "<code>x : y</code><pre>x ; y</pre>"),
        ("<codex> : ", "<codex>_: "),
    ],
)
def test_signs_hold_to_their_words(written, shown):
    expected = shown.replace(". ?", ".?").replace("_", NO_BREAK)
    assert french_spaces(written) == re.sub(r"\.(?=[;?!])", NARROW, expected)


@given(st.lists(PIECES).map("".join))
def test_only_spaces_change_and_once(page):
    shown = french_spaces(page)
    assert ordinary(shown) == ordinary(page) and len(shown) == len(page)
    assert french_spaces(shown) == shown


@given(st.text(alphabet="ab :;?!«»\n", max_size=40))
def test_what_is_typed_is_sent_back_as_it_was(typed):
    page = f'<input value="{typed}"><textarea name="t">{typed}</textarea>'
    assert french_spaces(page) == page


def test_the_pages_are_given_them(settings, client, published):
    settings.MIDDLEWARE = MIDDLEWARE
    answer = client.get("/annuaire/", {"q": "vélo : « x » ?"})
    page = answer.content.decode()
    shown = re.sub(r"<(script|style|textarea|pre|code)\b.*?</\1>|<[^>]*>", "", page, flags=re.S)
    assert answer.status_code == 200 and NO_BREAK + ":" in shown and not re.search(r" [:;?!»]|« ", shown)
    assert 'value="vélo : « x » ?"' in page
    assert int(answer["Content-Length"]) == len(answer.content)


def test_what_is_typed_without_end_takes_no_longer_than_its_length():
    """A million signs in one attribute: hours, were each looked at from all the others."""
    typed = " !" * 500_000
    assert french_spaces(
        f'<input value="{typed}"> : <p>{typed}'
    ) == f'<input value="{typed}">{NO_BREAK}: <p>' + typed.replace(" ", NARROW)


def test_a_file_is_given_as_it_is(settings, client, published):
    entry = Entry.objects.first()
    Entry.objects.filter(pk=entry.pk).update(name="Ici : là ?")
    services.forget()
    before = client.get("/annuaire.csv?vue=registre").getvalue()
    settings.MIDDLEWARE = MIDDLEWARE
    assert Client().get("/annuaire.csv?vue=registre").getvalue() == before and "Ici : là ?".encode() in before
