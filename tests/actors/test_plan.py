"""Poles that change: their names, their structures, their contacts and their needs follow on every page."""

from html import unescape

import pytest
from django.http import QueryDict

from horizon.actors.models import Mandate, Pole
from horizon.actors.plan import heir, plan
from horizon.actors.queries import pole_contacts
from horizon.actors.services import poles
from horizon.directory.listing import list_entries
from horizon.directory.models import Entry, Statement
from horizon.directory.said.services import state
from horizon.directory.selection import Selection
from horizon.kernel.models import Event, PrivateReference
from horizon.kernel.refusal import Refused
from horizon.listening.services import reading, saying
from tests.people import an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


def pole(code):
    return Pole.objects.get(code=code)


def named(code):
    listing = list_entries(Selection.parse(QueryDict(f"vue=registre&pole={code}")))
    return {Entry.objects.get(pk=pk).name for pk in listing.ids}, listing


def test_a_renamed_pole_has_its_new_name_everywhere(client, operator):
    assert "Alimentation locale et saine" in client.get("/annuaire/?vue=registre").content.decode()
    entry = Entry.objects.filter(theme_rows__code="alimentation").first()
    poles.rename_pole(pole("alimentation"), "Bien manger", actor="test")
    pages = ["/annuaire/?vue=registre&pole=alimentation", "/reseau/", f"/structures/{entry.organization.public_id}/", "/methodes/",
             "/api/v1/vocabulaires"]  # fmt: skip
    for page in pages:
        said = client.get(page).content.decode()
        assert "Bien manger" in said and "Alimentation locale et saine" not in said, page


def test_the_halves_of_a_pole_show_its_structures_and_say_so(client, operator):
    before, _ = named("alimentation")
    assert before
    made = poles.split_pole(pole("alimentation"), ["Champs", "Cuisines"], actor="test")
    for half in made:
        found, listing = named(half.code)
        assert found == before
        assert f"« {half.name} » vient de « Alimentation locale et saine »" in " ".join(listing.explanation)
        counted = {value.code: value.count for value in listing.facets["pole"]}
        assert counted["champs"] == counted["cuisines"] == len(before) and "alimentation" not in counted
    found, listing = named("alimentation")
    assert found == before
    assert "a fermé, il se poursuit : « Champs » et « Cuisines »." in " ".join(listing.explanation)
    assert "n’existe pas" not in client.get("/annuaire/?pole=champs").content.decode()
    assert "n’existe pas" not in client.get("/reseau/?pole=champs").content.decode()
    assert "n’existe pas" in client.get("/annuaire/?pole=inconnu").content.decode()
    assert client.get("/api/v1/structures?pole=champs&vue=registre").json()["total"] == len(before)
    assert client.get("/api/v1/structures?pole=inconnu").status_code == 422


def test_two_poles_made_one_count_each_structure_once(operator):
    together = named("alimentation")[0] | named("habitat")[0]
    made = poles.merge_poles([pole("alimentation"), pole("habitat")], "Habitat et table", actor="test")
    found, listing = named(made.code)
    assert found == together and listing.total == len(together)


def test_a_pole_may_keep_its_name_when_it_is_merged_or_split(operator):
    made = poles.merge_poles([pole("sante"), pole("emploi")], "Bien vivre et bonne santé", actor="test")
    assert made.code == "bien-vivre-et-bonne-sante"
    again = poles.split_pole(made, ["Bien vivre et bonne santé", "Travail"], actor="test")
    assert (
        again[0].code == "bien-vivre-et-bonne-sante-2"
        and not made.successors.get(code=again[0].code).closed_at
    )
    with pytest.raises(Refused, match="déjà"):
        poles.open_pole("TRAVAIL", actor="test")
    with pytest.raises(Refused, match="déjà"):
        poles.rename_pole(pole("habitat"), "Travail", actor="test")


def test_a_merge_under_the_name_of_one_is_undone_by_reopening_them_together(operator):
    made = poles.merge_poles([pole("sante"), pole("emploi")], pole("sante").name, actor="test")
    with pytest.raises(Refused, match="déjà"):
        poles.reopen_poles([pole("sante")], actor="test")
    poles.reopen_poles([pole("sante"), pole("emploi")], actor="test")
    made.refresh_from_db()
    assert made.closed_at and not pole("sante").closed_at and not pole("emploi").closed_at
    with pytest.raises(Refused, match="est ouvert"):
        poles.reopen_poles([pole("sante")], actor="test")


def test_several_poles_open_together_or_not_at_all(client, operator):
    client.force_login(operator)
    page = client.post(
        "/bureau/poles/", {"verb": "open", "names": "Culture\nEmploi et création d’entreprises"}
    )
    assert page.status_code == 422 and "Culture" in page.content.decode()
    assert not Pole.objects.filter(name="Culture").exists()


def test_contacts_stay_until_somebody_is_named(client, operator):
    person = somebody("Lise Ex")
    poles.give_mandate(person, Mandate.POLE, actor="test", pole=pole("sante"), public=True)
    poles.split_pole(pole("sante"), ["Corps", "Âme"], actor="test")
    page = client.get("/poles/corps/").content.decode()
    assert "Lise Ex" in page and "contact de « Bien vivre et bonne santé »" in page
    assert "Lise Ex" in client.get("/poles/sante/").content.decode()
    other = somebody("Paul Ex")
    poles.give_mandate(other, Mandate.POLE, actor="test", pole=pole("corps"), public=True)
    found = {code: [str(row.person) for row in rows] for code, rows in pole_contacts().items()}
    assert (found["corps"], found["ame"], found["sante"]) == (
        ["Paul Ex"],
        ["Lise Ex"],
        ["Lise Ex", "Paul Ex"],
    )


def test_a_need_goes_to_the_only_pole_that_its_own_became(operator):
    made = poles.merge_poles([pole("habitat"), pole("emploi")], "Toit et travail", actor="test")
    need = saying.say_need("Des vélos à réparer à Poitiers", once="x" * 20).need
    assert need.pole == made
    reading.publish_need(need, actor="test")
    need.refresh_from_db()
    assert need.addressee_pole == made
    poles.split_pole(made, ["Toit", "Travail"], actor="test")
    assert heir(pole("habitat")) is None and heir(pole("toit")) == pole("toit") and heir(None) is None


def test_before_any_pole_is_open_the_plan_is_shown(published):
    assert plan().open["sante"] == "Bien vivre et bonne santé" and plan().carried(["sante"]) == ("sante",)


def test_the_page_of_a_pole_says_how_many_and_what_is_missing(client, operator, settings):
    settings.CONTACT = "bonjour@example.org"
    page = client.get("/poles/habitat/").content.decode()
    listing = list_entries(Selection(pole="habitat"))
    assert f"{listing.total} acteur" in page and "Rien n’y a encore été dit." in page
    employers = list_entries(Selection(pole="habitat", employer=True)).total
    assert f'?pole=habitat&amp;employeur=1">{employers} employeur' in page
    assert "en nommant le pôle" not in page
    need = saying.say_need("Des vélos à réparer à Poitiers", once="x" * 20).need
    reading.publish_need(need, actor="test")
    bakery = entry_named("PAIN").organization
    poles.give_mandate(
        somebody("Lise Ex"),
        Mandate.POLE,
        actor="test",
        pole=pole("habitat"),
        public=True,
        organization=bakery,
    )
    page = client.get("/poles/habitat/").content.decode()
    assert "Des vélos à réparer" in page and f"/besoins/{need.public_id}/" in page
    assert "Pour joindre cette personne : bonjour@example.org, en nommant le pôle." in page
    assert f'/structures/{bakery.public_id}/">' in page


def test_a_mandate_says_for_which_structure(client, operator):
    bakery = entry_named("PAIN").organization
    enter(client, operator)
    given = {"email": "elue@example.org", "function": "elected", "name": "", "title": "maire", "pole": "", "starts_on": "", "ends_on": "",
             "decided_by": ""}  # fmt: skip
    page = client.post("/bureau/mandats/nouveau/", {**given, "organization": "introuvablement"})
    assert page.status_code == 422 and "ne porte ces mots" in page.content.decode()
    page = client.post("/bureau/mandats/nouveau/", {**given, "organization": "association"})
    assert page.status_code == 422 and "Laquelle ?" in page.content.decode()
    client.post("/bureau/mandats/nouveau/", {**given, "organization": bakery.name})
    assert Mandate.objects.get(function="elected").organization == bakery
    assert bakery.name in unescape(client.get("/bureau/mandats/").content.decode())
    client.post("/bureau/mandats/nouveau/", {**given, "email": "autre@example.org", "organization": ""})
    assert Mandate.objects.filter(function="elected", organization=None).count() == 1


def test_a_pole_opened_by_mistake_closes_and_opens_again(client, operator):
    enter(client, operator)
    poles.open_pole("Erreur", actor="test")
    page = "/bureau/poles/"
    client.post(page, {"verb": "close", "pole": "erreur", "decided_by": "Bureau du 3"})
    assert pole("erreur").closed_at and "erreur" not in plan().open
    shown = client.get("/poles/erreur/").content.decode()
    assert "Ce pôle a fermé" in shown and "Bureau du 3" in shown
    assert "Erreur" not in client.get("/bureau/mandats/nouveau/").content.decode()
    twice = client.post(page, {"verb": "close", "pole": "erreur"})
    assert twice.status_code == 422 and "déjà fermé" in twice.content.decode()
    client.post(page, {"verb": "reopen", "pole": "erreur"})
    assert pole("erreur").closed_at is None and "erreur" in plan().open
    none = client.post(page, {"verb": "close", "pole": ["erreur", "alimentation"]})
    assert none.status_code == 422 and "un seul" in none.content.decode()


def test_a_pole_under_which_something_is_filed_does_not_close(operator):
    with pytest.raises(Refused, match="structure"):
        poles.close_pole(pole("alimentation"), actor="test")
    half, other = poles.split_pole(pole("alimentation"), ["Champs", "Cuisines"], actor="test")
    with pytest.raises(Refused, match="vient de « Alimentation"):
        poles.close_pole(half, actor="test")
    opened = poles.open_pole("Erreur", actor="test")
    mandate = poles.give_mandate(somebody(), Mandate.POLE, actor="test", pole=opened)
    with pytest.raises(Refused, match="1\xa0mandat"):
        poles.close_pole(opened, actor="test")
    poles.end_mandate(mandate, actor="test")
    need = saying.say_need("Un banc à Lusignan", once=saying.fresh_once()).need
    reading.edit_need(need, text=need.text, commune=need.commune, door=need.door, pole=opened, actor="test")
    with pytest.raises(Refused, match="1\xa0besoin"):
        poles.close_pole(opened, actor="test")
    reading.edit_need(need, text=need.text, commune=need.commune, door=need.door, pole=None, actor="test")
    state(
        entry_named("Pédalier").organization, {"poles": ["erreur"]}, origin=Statement.VISITOR, actor="visitor"
    )
    with pytest.raises(Refused, match="1\xa0structure"):
        poles.close_pole(opened, actor="test")
    Statement.objects.all().delete()
    assert poles.close_pole(opened, actor="test").closed_at


def test_a_pole_says_what_it_is_for(client, operator):
    enter(client, operator)
    page = "/bureau/poles/alimentation/"
    assert page in client.get("/bureau/poles/").content.decode()
    assert page in client.get("/poles/alimentation/").content.decode()
    long = client.post(page, {"description": "a" * 1001})
    assert long.status_code == 422 and "C’est trop long" in long.content.decode()
    client.post(page, {"description": "Des champs à l’assiette."})
    assert Event.objects.get(verb="describe").record_id == "alimentation"
    client.post(page, {"description": "Des champs à l’assiette."})
    assert Event.objects.filter(verb="describe").count() == 1
    for words in ("b" * 900, "Des champs à l’assiette."):
        client.post(page, {"description": words})
    kept = PrivateReference.objects.filter(event__verb="describe").values_list("value", flat=True)
    assert len(kept) == 6 and max(map(len, kept)) == 200, "what PostgreSQL takes"
    client.logout()
    shown = client.get("/poles/alimentation/").content.decode()
    assert "Des champs à l’assiette." in shown and page not in shown
    assert client.get(page).status_code == 302
