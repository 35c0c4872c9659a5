"""The pages of the needs, as each public meets them."""

import csv
import gzip
import io
import re

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.models import Mandate
from horizon.actors.services.poles import give_mandate
from horizon.listening import queries
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import reading, saying
from tests.people import again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
WORDS = "Il manque un endroit pour réparer les vélos à Lusignan"


@pytest.fixture(autouse=True)
def _site(published):
    """The small territory."""


def public(words=WORDS, **more):
    voice = saying.say_need(words, once=saying.fresh_once(), **more)
    return reading.publish_need(voice.need, actor="test")


def hidden(client, address, name):
    return re.search(rf'name="{name}" value="([^"]*)"', client.get(address).content.decode())[1]


def test_one_field_one_button_then_a_page_of_ones_own(client):
    once = hidden(client, "/besoins/dire/", "once")
    done = client.post("/besoins/dire/", {"words": WORDS, "once": once})
    assert done.status_code == 302 and done["Location"].startswith("/besoins/voix/")
    again_ = client.post("/besoins/dire/", {"words": WORDS, "once": once})
    assert again_["Location"] == done["Location"] and Need.objects.count() == 1
    page = client.get(done["Location"]).content.decode()
    assert "Lusignan" in page and "Merci" in page
    kept = client.post(
        done["Location"], {"commune": "86194", "public": "citizen", "email": "lou@example.org"}
    )
    assert kept.status_code == 302
    voice = Voice.objects.get()
    assert (voice.need.commune_id, voice.public, voice.email) == ("86194", "citizen", "lou@example.org")
    assert client.get(done["Location"][:-3] + "00/").status_code == 404


def test_the_first_page_is_light():
    """HTML, style and script: three requests, 40 kB at most as they travel; no font is asked for."""
    from django.test import Client

    page = Client().get("/besoins/dire/").content
    assert b"preload" not in page and b'class="light"' in page
    linked = re.findall(rb'(?:<link rel="stylesheet" href|<script[^>]* src)="/static/([^"]+)"', page)
    assert len(linked) == 2
    sizes = [len(gzip.compress(page))]
    for path in linked:
        with open(finders.find(path.decode()), "rb") as stream:  # noqa: PTH123
            sizes.append(len(gzip.compress(stream.read())))
    assert sum(sizes) <= 40_000


def test_a_telephone_number_is_warned_before_anything_is_sent(client):
    words = "Appelez-moi au 06 12 34 56 78 pour un jardin"
    first = client.post("/besoins/dire/", {"words": words, "once": "a" * 20})
    page = first.content.decode()
    assert first.status_code == 422 and "06 12 34 56 78" in page and not Need.objects.exists()
    sure = re.search(r'name="sure" value="([^"]*)"', page)[1]
    assert client.post("/besoins/dire/", {"words": words, "once": "a" * 20, "sure": sure}).status_code == 302
    other = {"words": "Appelez le 06 99 99 99 99", "once": "b" * 20, "sure": sure}
    assert client.post("/besoins/dire/", other).status_code == 422


@pytest.mark.parametrize(
    "words", ["", " ", "🥐", "x" * 1001, "<script>alert(1)</script>" * 60], ids=["empty", "blank", "emoji", "long", "huge"]
)  # fmt: skip
def test_bad_words_come_back_with_what_was_typed(client, words):
    answer = client.post("/besoins/dire/", {"words": words, "once": "c" * 20})
    assert answer.status_code == 422 and not Need.objects.exists()
    assert "<script>alert" not in answer.content.decode()


def test_markup_is_shown_as_text(client):
    need = public("<b>gras</b> un banc <script>alert(1)</script>")
    page = client.get(f"/besoins/{need.public_id}/").content.decode()
    assert "&lt;script&gt;" in page and "<script>alert" not in page


def test_a_robot_gets_the_same_answer_and_nothing_is_kept(client):
    assert client.post("/besoins/dire/", {"words": WORDS, "second_message": "x"}).status_code == 302
    assert not Need.objects.exists()


def test_too_many_from_one_place_are_asked_to_wait_and_lose_nothing(client):
    for i in range(60):
        client.post("/besoins/dire/", {"words": f"Un banc {i}", "once": f"{i:020}"})
    last = client.post("/besoins/dire/", {"words": "Un banc de trop", "once": "z" * 20})
    assert last.status_code == 429 and "Un banc de trop" in last.content.decode()
    elsewhere = client.post(
        "/besoins/dire/", {"words": "Ailleurs", "once": "y" * 20}, REMOTE_ADDR="192.0.2.7"
    )
    assert elsewhere.status_code == 302


def test_nothing_held_or_refused_is_public(client):
    held = saying.say_need("Un secret", once=saying.fresh_once()).need
    refused = saying.say_need("Une insulte", once=saying.fresh_once()).need
    reading.refuse_need(refused, "Elle vise quelqu’un.", actor="test")
    for need in (held, refused):
        assert client.get(f"/besoins/{need.public_id}/").status_code == 404
        assert client.get(f"/besoins/{need.public_id}/moi-aussi/").status_code == 404
    assert "secret" not in client.get("/besoins/").content.decode()
    assert "secret" not in client.get("/besoins.csv").getvalue().decode()


def test_moi_aussi_by_one_button_and_erased_by_one(client):
    need = public()
    address = f"/besoins/{need.public_id}/moi-aussi/"
    done = client.post(address, {"once": hidden(client, address, "once")})
    assert done.status_code == 302 and queries.public_needs().get().voice_count == 2
    assert "Reprendre mes mots" in client.get(done["Location"] + "effacer/").content.decode()
    assert Voice.objects.filter(words_status="erased").count() == 0
    client.post(done["Location"] + "effacer/")
    assert Voice.objects.filter(words_status="erased").count() == 1
    assert "Vos mots sont effacés" in client.get(done["Location"]).content.decode()


def test_the_list_filters_and_the_empty_list_invites(client):
    bike, bread = public(), public("Un four à pain à Poitiers")
    Need.objects.filter(pk=bread.pk).update(state=Need.STUDIED, answered_at=timezone.now())
    saying.say_too(bike, once="filters")

    def listed(query):
        page = client.get(f"/besoins/?{query}").content.decode()
        places = {need: page.find(f"/besoins/{need.public_id}/") for need in (bike, bread)}
        return sorted((need for need in places if places[need] >= 0), key=places.__getitem__)

    assert listed("") == [bread, bike] and listed("tri=voix") == [bike, bread]
    for one, other, queries_ in (
        (bike, bread, ("commune=86139", "porte=deplacer", "reponse=waiting", "q=velos")),
        (bread, bike, ("commune=86194", f"porte={bread.door}", "reponse=studied", "q=four")),
    ):
        for query in queries_:
            assert listed(query) == [one], query
        assert listed("&".join(queries_)) == [one] and listed(f"{queries_[0]}&q={other.text[:9]}") == []
    empty = client.get("/besoins/?q=zzz").content.decode()
    assert "Personne n’a dit cela" in empty and "?quoi=zzz" in empty
    assert client.get("/besoins/?commune=x&porte=y&reponse=z&page=99").status_code == 200


def test_no_page_does_more_queries_with_more_rows(client):
    def count(address):
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
            assert answer.status_code == 200 and answer.getvalue()
        return len(seen)

    need = public()
    public(f"{WORDS} aussi")
    saying.say_too(need, once=saying.fresh_once(), words="Oui")
    pages = ("/besoins/", f"/besoins/{need.public_id}/", "/besoins.csv", "/besoins/dire/")
    for page in pages:
        count(page)
    before = [count(page) for page in pages]
    for i in range(40):
        saying.say_too(public(f"{WORDS} numéro {i}"), once=saying.fresh_once(), words="Oui")
        saying.say_too(need, once=saying.fresh_once(), words=f"Oui {i}")
    Voice.objects.update(words_status=Voice.SHOWN)
    after = [count(page) for page in pages]
    assert all(b <= a for a, b in zip(before, after, strict=True)) and max(before) <= 18


def test_the_csv_gives_no_voice_and_no_formula(client):
    need = public("=HYPERLINK(1) un banc")
    saying.say_too(need, once=saying.fresh_once(), words="mot privé")
    rows = list(
        csv.DictReader(io.StringIO(client.get("/besoins.csv").getvalue().decode("utf-8-sig")), delimiter=";")
    )
    assert rows[0]["besoin"].startswith("'=") and rows[0]["voix"] == "2"
    assert "mot privé" not in str(rows)


def test_an_agent_answers_two_at_once(client):
    person = somebody()
    give_mandate(person, Mandate.AGENT, actor="test", title="chargée de mission")
    client.force_login(again(person))
    needs = [public("Un banc rouge"), public("Un banc vert")]
    assert "Cocher" in client.get("/besoins/").content.decode()
    address = "/besoins/repondre/ensemble/?" + "&".join(f"besoin={n.public_id}" for n in needs)
    missing = client.post(
        address, {"kind": "exists", "structures": "Inconnue", "text": "Oui", "speaks_as": "0"}
    )
    assert missing.status_code == 422 and "pas dans l’annuaire" in missing.content.decode()
    bike = entry_named("Pédalier").organization
    done = client.post(
        address,
        {"kind": "exists", "structures": "atelier du pédalier", "text": "Le samedi", "speaks_as": "0"},
    )
    assert done.status_code == 302 and Answer.objects.count() == 2
    page = client.get(f"/besoins/{needs[0].public_id}/").content.decode()
    assert bike.public_id in page and "chargée de mission" in page and "Cela existe déjà" in page


def test_a_visitor_is_asked_to_enter_and_a_citizen_leaves_a_lead(client):
    need = public()
    address = f"/besoins/{need.public_id}/repondre/"
    assert client.get(address).status_code == 302
    client.force_login(somebody())
    assert "Une piste" in client.get(address).content.decode()
    assert client.post(address, {"kind": "impossible", "text": "Non", "speaks_as": "0"}).status_code == 422
    client.post(address, {"kind": "lead", "text": "Au lycée", "speaks_as": "0"})
    assert Answer.objects.get().status == Answer.HELD


def test_the_desk_reads_corrects_addresses_groups_and_refuses(client):
    operator = an_operator()
    client.force_login(operator)
    voice = saying.say_need(WORDS, once=saying.fresh_once())
    need, other = voice.need, public("Réparer un vélo")
    here = f"/bureau/besoins/{need.public_id}/"
    assert "Publier" in client.get(here).content.decode()
    client.post(
        here, {"text": "Réparer les vélos", "commune": "86139", "door": "deplacer", "pole": "habitat"}
    )
    client.post(here, {"verb": "publish"})
    need.refresh_from_db()
    assert (need.status, need.text, voice.words) == (Need.PUBLISHED, "Réparer les vélos", WORDS)
    past = {"to": "pole:habitat", "owner": operator.public_id, "due_on": "2020-01-01"}
    assert client.post(here + "adresser/", past).status_code == 422
    assert client.post(here + "adresser/", past | {"due_on": "2030-01-01"}).status_code == 302
    client.post(here + "reunir/", {"other": f"https://x.example/besoins/{other.public_id}/"})
    need.refresh_from_db()
    assert need.same_as == other
    assert client.get(f"/besoins/{need.public_id}/")["Location"] == f"/besoins/{other.public_id}/"
    client.post(here + "separer/")
    assert client.post(here + "ne-pas-publier/", {"reason": " "}).status_code == 422
    client.post(here + "ne-pas-publier/", {"reason": "Déjà dit."})
    need.refresh_from_db()
    assert (need.status, need.reason, need.same_as) == (Need.REFUSED, "Déjà dit.", None)


def test_several_heard_at_once_are_kept_or_given_back(client):
    client.force_login(an_operator())
    page = client.get("/bureau/besoins/saisir/").content.decode()
    data = dict(re.findall(r'name="(\d-once)" value="([^"]*)"', page))
    data |= {"origin": "paper", "heard_from": "permanence de Sanxay"}
    data |= {"0-words": "Un café à Sanxay", "0-reference": "AAAA1111", "1-words": "🥐", "2-words": "Un bus"}
    done = client.post("/bureau/besoins/saisir/", data)
    page = done.content.decode()
    assert (
        done.status_code == 422
        and "2 besoins sont notés" in page.replace("\xa0", " ")
        and "🥐" in page
        and "Un bus" not in page
    )
    assert sorted(Voice.objects.values_list("words", "origin", "reference")) == [
        ("Un bus", "paper", ""), ("Un café à Sanxay", "paper", "AAAA1111"),
    ]  # fmt: skip


def test_empty_lines_say_nothing_and_a_line_without_words_is_not_lost(client):
    """One line fails: the others are not marked; a commune, a reference or an address alone is given back, with why."""
    client.force_login(an_operator())
    here = "/bureau/besoins/saisir/"
    once = dict(re.findall(r'name="(\d-once)" value="([^"]*)"', client.get(here).content.decode()))
    data = once | {
        "origin": "paper",
        "0-words": "Un café à Sanxay",
        "1-email": "a@example.org",
        "3-words": "🥐",
    }
    page = client.post(here, data).content.decode()
    assert page.count("Rien n’est perdu.") == 2 and page.count("videz cette ligne") == 1
    assert 'value="a@example.org"' in page and Voice.objects.get().words == "Un café à Sanxay"
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})
    described = {one for found in re.findall(r'aria-describedby="([^"]+)"', page) for one in found.split()}
    assert {"id_1-words_error", "id_3-words_error"} <= described & set(ids)
    page = client.post(here, once | {"origin": "paper"}).content.decode()
    assert "Écrivez au moins un besoin" in page and Voice.objects.count() == 1
    done = client.post(here, once | {"origin": "paper", "2-words": "Un bus le soir"})
    assert "Un bus le soir" in client.get(done["Location"]).content.decode()


def test_a_paper_form_says_me_too_and_from_which_public(client):
    """Typed by the desk, it is counted with the public need that says the same, and keeps its words."""
    known = public("Il manque un pédalier à Lusignan")
    client.force_login(an_operator())
    here = "/bureau/besoins/saisir/"
    once = dict(re.findall(r'name="(\d-once)" value="([^"]*)"', client.get(here).content.decode()))
    words = "Moi aussi je voudrais un pédalier"
    done = client.post(here, once | {"origin": "paper", "0-words": words, "0-public": "company"})["Location"]
    page = client.get(done).content.decode()
    assert "Est-ce la même chose ?" in page and known.public_id in page
    voice = Voice.objects.get(words=words)
    assert voice.public == "company"
    asked = {"voice": voice.public_id, "other": known.public_id}
    assert client.post(done, asked)["Location"] == done
    voice.refresh_from_db()
    assert (voice.need.same_as, voice.words, voice.origin) == (known, words, "paper")
    page = client.get(done).content.decode()
    assert "Compté avec" in page and "Est-ce la même chose ?" not in page
    client.logout()
    assert client.post(done, asked).status_code == 403
    mine = saying.say_need("Un pédalier sur le site", once="web-1")
    client.force_login(an_operator())
    assert client.post(here, asked | {"voice": mine.public_id}).status_code == 404, "not typed for somebody"


def test_the_theme_is_proposed_to_who_speaks_and_never_required(client):
    """Shown as computed, changed by who spoke while nobody has read it; out of reach once it is public."""
    an_operator()
    voice = saying.say_need(WORDS, once="theme-1")
    need = voice.need
    assert need.door == "deplacer"
    here = f"/besoins/voix/{voice.public_id}/{saying.voice_key(voice)}/"
    page = client.get(here).content.decode()
    assert 'value="deplacer" selected' in page and "Proposé d’après vos mots" in page
    client.post(here, {"commune": "86139", "door": "habiter-la-lune", "pole": ""})
    need.refresh_from_db()
    assert need.door == "deplacer", "what is no choice is refused"
    client.post(here, {"commune": "86139", "door": "divertir", "pole": "habitat"})
    need.refresh_from_db()
    assert (need.door, need.pole.code) == ("divertir", "habitat")
    client.post(here, {"commune": "86139", "door": "", "pole": ""})
    need.refresh_from_db()
    assert (need.door, need.pole) == ("", None)
    reading.publish_need(need, actor="test")
    page = client.get(here).content.decode()
    assert "Proposé d’après vos mots" not in page
    client.post(here, {"door": "vetir", "pole": "habitat"})
    need.refresh_from_db()
    assert need.door == ""


def test_paper_forms_have_each_their_reference(client):
    page = client.get("/besoins/papier/?n=12").content.decode()
    assert len(set(re.findall(r"Fiche <b>(\w{8})</b>", page))) == 12
    assert client.get("/besoins/papier/?n=zzz").status_code == 200


def test_beside_a_need_who_could_answer(client):
    need = public("Il manque un pédalier")
    page = client.get(f"/besoins/{need.public_id}/").content.decode()
    assert "Qui pourrait répondre" in page and "Atelier du Pédalier" in page.replace("&#x27;", "'")


def test_a_search_with_a_null_character_is_a_search(client):
    public("Il manque un pédalier")
    assert (
        client.get("/besoins/?q=%00pedalier").status_code
        == client.get("/besoins.csv?q=%00").status_code
        == 200
    )


def test_one_delay_is_said_everywhere_and_how_to_be_told(client):
    asked = "une réponse est demandée sous trente jours"
    assert asked in client.get("/besoins/dire/").content.decode()
    page = client.get(
        client.post("/besoins/dire/", {"words": WORDS, "once": "d" * 20}, REMOTE_ADDR="192.0.2.9")["Location"]
    ).content.decode()
    assert asked in page and "Pour être prévenu par courriel, laissez une adresse plus bas" in page
    need = reading.publish_need(Need.objects.get(), actor="test")
    page = client.get(f"/besoins/{need.public_id}/").content.decode()
    assert (
        "demandée sous trente jours ; la liste compte celles venues en 60 jours" in page
        and "promise" not in page
    )


def test_the_place_is_asked_only_where_it_changes_something(client):
    need = public()
    too = saying.say_too(need, once="t" * 20)
    first = saying.say_need("Un four à pain", once="f" * 20)
    asked = "Où cela manque-t-il"
    assert asked in client.get(saying.voice_path(first)).content.decode()
    assert asked not in client.get(saying.voice_path(too)).content.decode()
    late = client.post(saying.voice_path(too), {"commune": "86194", "public": "", "email": ""}, follow=True)
    assert "sauf le lieu" in late.content.decode()
    kept = client.post(saying.voice_path(too), {"public": "citizen", "email": ""}, follow=True)
    assert "C’est noté." in kept.content.decode()
    need.refresh_from_db()
    assert need.commune_id == "86139"
    saying.join_need(first, need)
    place = first.need.commune_id
    assert asked not in client.get(saying.voice_path(first)).content.decode()
    client.post(saying.voice_path(first), {"public": "citizen", "email": ""})
    first.need.refresh_from_db()
    assert first.need.commune_id == place


def test_every_voice_that_was_read_is_shown_however_many(client):
    need = public()
    for number in range(61):
        saying.say_too(need, once=saying.fresh_once(), words=f"voix numéro {number:03}")
    Voice.objects.update(words_status=Voice.SHOWN)
    page = f"/besoins/{need.public_id}/"
    first, second = (client.get(page + more).content.decode() for more in ("", "?page=2"))
    assert "voix numéro 059" in first and "voix numéro 060" not in first and "?page=2" in first
    assert "Les mots de 61 voix" in first
    assert "voix numéro 060" in second and "voix numéro 059" not in second
