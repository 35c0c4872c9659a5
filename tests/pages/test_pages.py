"""The guided path and the examples: shipped with sources, kept by a link, written over with versions."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from horizon.actors.models import Mandate, Pole
from horizon.actors.services.poles import give_mandate, seed_actors
from horizon.kernel.doors import DOOR_BY_CODE, POLES
from horizon.kernel.models import Event
from horizon.kernel.pictures import LICENCES
from horizon.kernel.refusal import Refused
from horizon.listening.services import reading, saying
from horizon.pages import queries, services, shipped
from horizon.pages.kept import kept_of, let_go
from horizon.pages.models import Path, Version
from horizon.pages.services import forget_paths, write_version
from horizon.pages.views import path_key, read_key
from tests.people import again, an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _calm():
    cache.clear()


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def example(**more):
    return {
        "title": "Une laverie dans la gare", "where": "Nulle-Part", "what": "On y lave en attendant le train.", "doors": "vetir",
        "poles": "", "source": "Journal", "url": "https://example.org/laverie", "source_on": "2026-01-02", "licence": "cc-by", **more,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["step", "example"])
def test_every_shipped_text_has_its_source_its_date_and_its_themes(kind):
    for code, values in shipped.texts(kind).items():
        assert values["source"] and values["title"], code
        date.fromisoformat(values["seen_on" if kind == "step" else "source_on"])
        assert values["url"].startswith("https://") or (
            kind == "step" and values["source"] == "Horizon Commun"
        ), code
        if kind == "step":
            assert not values["pole"] or values["pole"] in POLES
        else:
            assert set(values["doors"].split()) <= set(DOOR_BY_CODE) and values["doors"]
            assert set(values["poles"].split()) <= set(POLES) and values["licence"] in LICENCES


def test_answers_give_steps_and_each_option_gives_one_of_its_own():
    always = {step.code for step in queries.path_steps({"stade": frozenset({"x"})})}
    assert always == {"parler", "assurer"}
    for question in shipped.questions():
        for option, _ in question.options:
            found = {step.code for step in queries.path_steps({question.code: frozenset({option})})}
            assert found > always, option


def test_the_path_of_an_idea_in_one_address(client):
    page = text(client, "/parcours/")
    assert "Où en êtes-vous" in page and "Les étapes" not in page
    page = text(client, "/parcours/?stade=idee&projet=subvention&projet=%3Cscript%3E&autre=1")
    for words in (
        "Déclarer l’association",
        "numéro Siren",
        "engagement républicain",
        "legifrance.gouv.fr",
        "À préparer",
    ):
        assert words in page
    assert "Déclarer l’embauche" not in page and "<script>" not in page.split("<main")[1]
    assert not Path.objects.exists(), "a page that is opened keeps nothing"


def test_the_contacts_of_the_poles_that_agreed_are_named(client):
    seed_actors(actor="test")
    from horizon.actors.models import Pole

    for name, public in (("Nour Vonnelune", True), ("Sacha Clainbrume", False)):
        give_mandate(
            somebody(name), Mandate.POLE, actor="test", pole=Pole.objects.get(code="proximite"), public=public
        )
    page = text(client, "/parcours/?stade=idee")
    assert "Nour Vonnelune" in page and "Sacha Clainbrume" not in page


def test_a_path_is_kept_ticked_and_erased_by_its_link_alone(client):
    done = client.post("/parcours/garder/", {"stade": "idee", "projet": ["don", "salarie"]})
    path = Path.objects.get()
    assert done["Location"] == f"/parcours/{path.public_id}/{path_key(path)}/"
    assert path.answers == {"stade": ["idee"], "projet": ["don", "salarie"]}
    client.post(done["Location"], {"fait": ["declarer", "nothing"]})
    path.refresh_from_db()
    assert path.ticks == ["declarer"]
    page = text(client, done["Location"])
    assert "1 sur" in page and 'value="declarer" checked' in page
    assert client.get(f"/parcours/{path.public_id}/{'0' * 24}/").status_code == 404
    client.post(done["Location"], {"verb": "erase"})
    assert not Path.objects.exists() and client.get(done["Location"]).status_code == 404
    assert client.post("/parcours/garder/", {}).status_code == 302 and not Path.objects.exists()


def test_an_idea_becomes_a_project_and_what_is_done_stays(client):
    own = client.post("/parcours/garder/", {"stade": "idee"})["Location"]
    path = Path.objects.get()
    client.post(own, {"fait": ["parler"]})
    page = text(client, own)
    assert "changer mes réponses" in page and 'value="idee" checked' in page
    only_idea = {step.code for step in queries.path_steps({"stade": frozenset({"idee"})})} - {
        step.code for step in queries.path_steps({"projet": frozenset({"salarie"})})
    }
    client.post(own, {"fait": ["parler", *only_idea]})
    client.post(own, {"verb": "answers", "stade": "zzz"})
    path.refresh_from_db()
    assert path.answers == {"stade": ["idee"]}, "no answer changes nothing"
    client.post(own, {"verb": "answers", "projet": "salarie"})
    path.refresh_from_db()
    assert path.answers == {"projet": ["salarie"]} and set(path.ticks) == {"parler", *only_idea}
    page = text(client, own)
    assert "Déclarer l’embauche" in page and 'value="parler" checked' in page
    client.post(own, {"fait": []})
    client.post(own, {"verb": "answers", "stade": "idee"})
    path.refresh_from_db()
    assert set(path.ticks) == only_idea, "what the page did not show was not unticked"
    assert Event.objects.filter(verb="change", record_type="path").count() == 2


def test_a_path_is_shared_to_be_read_and_nothing_more(client):
    own = client.post("/parcours/garder/", {"stade": "idee"})["Location"]
    path = Path.objects.get()
    client.post(own, {"fait": ["declarer"]})
    shared = f"/parcours/lire/{path.public_id}/{read_key(path)}/"
    assert f"http://testserver{shared}" in text(client, own)
    page = text(client, shared)
    main = page.split("<main")[1].split("</main>")[0]
    assert "Un parcours partagé" in main and "Fait" in main and "<form" not in main
    assert path_key(path) not in page and own not in page, "it does not lead to what changes and erases"
    for verb in ("erase", "answers", ""):
        assert client.post(shared, {"verb": verb, "projet": "don"}).status_code == 405
    assert client.get(f"/parcours/{path.public_id}/{read_key(path)}/").status_code == 404
    assert client.post(f"/parcours/{path.public_id}/{read_key(path)}/", {"verb": "erase"}).status_code == 404
    assert client.get(f"/parcours/lire/{path.public_id}/{path_key(path)}/").status_code == 404
    client.post(own, {"verb": "erase"})
    assert client.get(shared).status_code == 404


def test_a_path_left_alone_is_forgotten():
    old, new = services.keep_path({"stade": ["idee"]}), services.keep_path({"stade": ["idee"]})
    Path.objects.filter(pk=old.pk).update(used_on=timezone.localdate() - timedelta(days=401))
    forget_paths()
    assert list(Path.objects.all()) == [new]


def test_examples_by_door_as_a_page_and_a_file(client):
    assert "Éole" in text(client, "/ailleurs/?porte=nourrir") and "Rezo Pouce" not in text(
        client, "/ailleurs/?porte=nourrir"
    )
    assert "Pas encore d’exemple" in text(client, "/ailleurs/?porte=instruire")
    rows = list(
        csv.DictReader(io.StringIO(client.get("/ailleurs.csv").getvalue().decode("utf-8-sig")), delimiter=";")
    )
    assert len(rows) == len(shipped.texts("example")) and all(
        row["adresse"] and row["licence"] for row in rows
    )


def test_examples_stand_beside_a_need_and_on_the_page_of_its_door(client, published):
    need = saying.say_need("Plus de bus vers Lusignan le soir", once="x").need
    need = reading.publish_need(need, actor="test")
    assert need.door == "deplacer"
    assert "Rezo Pouce" in text(client, f"/besoins/{need.public_id}/")
    assert "Rezo Pouce" in text(client, "/portes/deplacer/")


def test_an_example_is_attached_to_a_need_then_comes_by_door_then_by_pole(client, published):
    operator = an_operator()
    need = saying.say_need("Plus de bus vers Lusignan le soir", once="x").need
    need = reading.publish_need(need, actor="test")
    write_version("example", "par-pole", example(title="Par le pôle", poles="habitat"), by=operator)
    reading.edit_need(
        need, text=need.text, commune=need.commune, door="deplacer",
        pole=Pole.objects.get(code="habitat"), actor="test",
    )  # fmt: skip
    client.force_login(operator)
    sent = {**example(title="Attaché à la main"), "doors": ["vetir"], "poles": [], "over": "0"}
    here = "/bureau/textes/exemples/ecrire/"
    assert "dix signes" in client.post(here, {**sent, "needs": "celui du bus"}).content.decode()
    asked = f"https://x.example/besoins/{need.public_id}/ {need.public_id}"
    assert client.post(here, {**sent, "needs": asked}).status_code == 302
    found = queries.examples_for(need.public_id, "deplacer", "habitat", 20)
    assert found[0].values["title"] == "Attaché à la main" and found[0].needs == [need.public_id]
    behind = ["deplacer" in text.doors for text in found[1:]]
    assert found[-1].code == "par-pole" and behind == sorted(behind, reverse=True)
    assert "Attaché à la main" in text(client, f"/besoins/{need.public_id}/")
    page = text(client, "/ailleurs/?porte=vetir")
    assert '/poles/habitat/">Pôle' in page


def test_an_operator_writes_a_version_and_goes_back(client):
    client.force_login(an_operator())
    page = "/bureau/textes/etapes/declarer/"
    form = {**shipped.texts("step")["declarer"], "over": "0", "title": "Déclarer en ligne"}
    form["body"] = form.pop("text")
    assert client.post(f"{page}ecrire/", form).status_code == 302
    assert "Déclarer en ligne" in text(client, "/parcours/?stade=idee")
    assert "Texte livré" in text(client, page) and "Éole" in text(client, "/bureau/textes/exemples/eole/")
    late = client.post(f"{page}ecrire/", {**form, "title": "Trop tard"})
    assert late.status_code == 422 and "vient d’être changé" in late.content.decode()
    assert "Trop tard" in late.content.decode(), "what was typed is still there"
    client.post(page, {"number": "0"})
    assert "Déclarer en ligne" not in text(client, "/parcours/?stade=idee")
    assert [row.number for row in Version.objects.filter(code="declarer")] == [2, 1]
    client.post(page, {"verb": "hide"})
    assert "Déclarer l’association" not in text(client, "/parcours/?stade=idee")
    client.post(page, {"number": "1"})
    assert "Déclarer en ligne" in text(client, "/parcours/?stade=idee")
    assert Event.objects.filter(record_type="page_step").count() == 4
    client.post(page, {"number": "99"})
    assert Version.objects.filter(code="declarer").count() == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": ""}, "source"),
        ({"url": "javascript:alert(1)"}, "https://"),
        ({"source_on": "hier"}, "2026-11-26"),
        ({"doors": "cuisine"}, "portes"),
        ({"licence": "à moi"}, "licence"),
    ],
)
def test_a_text_without_a_source_is_not_published(change, said):
    with pytest.raises(Refused, match=said):
        write_version("example", "laverie", example(**change), by=somebody())


def test_a_new_example_is_written_at_the_desk_and_shown(client):
    client.force_login(an_operator())
    sent = {**example(), "doors": ["vetir"], "poles": [], "over": "0"}
    assert client.post("/bureau/textes/exemples/ecrire/", sent).status_code == 302
    assert "Une laverie dans la gare" in text(client, "/ailleurs/?porte=vetir")
    assert "Une laverie dans la gare" in text(client, "/bureau/textes/")
    assert client.get("/bureau/textes/exemples/nothing/").status_code == 404
    assert client.get("/bureau/textes/chansons/ecrire/").status_code == 404


def test_texts_are_for_those_who_animate_and_authors_are_let_go(client):
    person = somebody()
    client.force_login(person)
    assert client.get("/bureau/textes/").status_code == 403
    write_version("example", "laverie", example(), by=person)
    assert kept_of(person)["versions"][0]["text"] == "laverie"
    let_go(again(person))
    assert kept_of(person)["versions"] == [] and queries.current_values("example", "laverie")
