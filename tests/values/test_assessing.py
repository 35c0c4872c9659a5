"""What a structure says of its values: drafts, versions, differences, withdrawing; and never a score."""

import csv
import html
import io
import json
import re

import pytest
from django.db import IntegrityError, transaction
from django.http import QueryDict

from horizon.actors.services.people import erase_person, export_person
from horizon.directory.catalogue import catalogue
from horizon.directory.models import Entry
from horizon.directory.said.services import declare_organization
from horizon.directory.selection import SORTS, Selection
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.values.criteria import criteria
from horizon.values.models import Answer, Assessment
from horizon.values.queries import current, draft_of, lines, versions
from horizon.values.services.assessing import (
    drop_draft,
    keep_draft,
    publish,
    put_back,
    restore,
    stamp,
    take_away,
    withdraw,
)
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
SAID = {
    "but": ("yes", "Réparer plutôt que jeter.", "https://exemple.fr/statuts.pdf"),
    "salaires": ("going", "", ""),
}


@pytest.fixture
def bike(published):
    return entry_named("Pédalier").organization


@pytest.fixture
def referent(bike):
    return a_referent(bike)


def typed(verb, said=SAID, **more):
    form = {"verb": verb, "since": ""}
    for code, (answer, words, link) in said.items():
        form |= {f"{code}-answer": answer, f"{code}-words": words, f"{code}-link": link}
    return form | more


def test_a_draft_is_kept_then_published_then_changed(client, bike, referent):
    client.force_login(referent)
    page = f"/structures/{bike.public_id}/valeurs/"
    assert client.post(f"{page}ecrire/", typed("draft")).status_code == 302
    assert "Réparer plutôt que jeter." in client.get(f"{page}ecrire/").content.decode()
    client.logout()
    assert "Réparer" not in client.get(page).content.decode(), "a draft is its people's"
    client.force_login(referent)
    since = stamp(bike)
    assert client.post(f"{page}ecrire/", typed("publish", since=since)).status_code == 302
    more = {**SAID, "but": ("yes", "Réparer ensemble.", ""), "ethique": ("no", "", "")}
    client.post(f"{page}ecrire/", typed("publish", more, since=stamp(bike)))
    shown = client.get(page).content.decode()
    assert "version 2" in shown and "Réparer ensemble." in shown and "2\u00a0réponses ont changé" in shown
    assert "Avant : <b>Oui, voici comment</b>" in shown and "Avant : <b>sans réponse</b>" in shown
    first = client.get(f"{page}1/").content.decode()
    assert (
        "Réparer plutôt que jeter." in first
        and "Il y en a une plus récente" in first
        and "https://exemple.fr/statuts.pdf" in first
    )
    assert client.get(f"{page}3/").status_code == 404
    entry = client.get(f"/structures/{bike.public_id}/").content.decode()
    assert (
        entry.index("Pourquoi cette structure est ici")
        < entry.index("Ce qu’elle dit de ses valeurs")
        < entry.index("Signes de vie")
    )
    assert "L’Insee" in shown or "Sa forme juridique est de l’ESS" in shown, "the legal reasons stand beside"


def test_bad_input_loses_nothing(client, bike, referent):
    client.force_login(referent)
    page = f"/structures/{bike.public_id}/valeurs/ecrire/"
    for said, word in (
        ({"but": ("yes", "", "")}, "dites comment"),
        ({"but": ("going", "Mes mots à garder", "pas une adresse")}, "n’est pas complète"),
        ({"but": ("", "Mes mots à garder", "")}, "un critère au moins"),
        ({"but": ("going", "a" * 2001, "")}, "trop long"),
    ):
        answer = client.post(page, typed("publish", said))
        text = answer.content.decode()
        assert answer.status_code == 422 and word in text and "Rien n’est perdu" in text
        assert said["but"][1][:20] in text
    assert not versions(bike).exists()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://exemple.fr", "//exemple.fr"])
def test_a_link_leads_to_the_web(client, bike, referent, link):
    client.force_login(referent)
    answer = client.post(
        f"/structures/{bike.public_id}/valeurs/ecrire/", typed("draft", {"but": ("going", "", link)})
    )
    assert answer.status_code == 422


def test_two_who_write_at_once_do_not_undo_each_other(client, bike, referent):
    keep_draft(bike, SAID, by=referent)
    client.force_login(referent)
    page = f"/structures/{bike.public_id}/valeurs/ecrire/"
    mine = {"but": ("no", "Mes mots à moi", "")}
    late = client.post(page, typed("draft", mine))
    assert (
        late.status_code == 422
        and "pendant que vous écriviez" in late.content.decode()
        and "Mes mots à moi" in late.content.decode()
    )
    assert draft_of(bike).answers.get(criterion="but").answer == "yes"
    since = re.search(r'name="since" value="([^"]+)"', late.content.decode())[1]
    assert client.post(page, typed("draft", mine, since=since)).status_code == 302
    assert draft_of(bike).answers.get(criterion="but").answer == "no"


@pytest.mark.parametrize("drafted", [True, False])
def test_published_twice_by_a_double_click_it_is_one_version(client, bike, referent, drafted):
    client.force_login(referent)
    if drafted:
        keep_draft(bike, SAID, by=referent)
    twice = typed("publish", since=stamp(bike))
    for _ in range(2):
        assert client.post(f"/structures/{bike.public_id}/valeurs/ecrire/", twice).status_code == 302
    assert [row.number for row in versions(bike)] == [1] and draft_of(bike) is None


def test_a_version_is_not_written_over_one_that_a_colleague_published(client, bike, referent):
    client.force_login(referent)
    page = f"/structures/{bike.public_id}/valeurs/ecrire/"
    publish(bike, SAID, by=referent)
    mine = {"but": ("no", "Mes mots à moi", "")}
    late = client.post(page, typed("publish", mine)).content.decode()
    assert "pendant que vous écriviez" in late and "Mes mots à moi" in late
    assert [row.number for row in versions(bike)] == [1]
    since = re.search(r'name="since" value="([^"]+)"', late)[1]
    assert client.post(page, typed("publish", mine, since=since)).status_code == 302
    assert current(bike).number == 2


def test_it_says_who_sees_a_draft(client, bike, referent):
    keep_draft(bike, SAID, by=referent)
    page = f"/structures/{bike.public_id}/valeurs/"
    for person, sees in ((referent, True), (an_operator(), True), (somebody(), False)):
        client.force_login(person)
        text = client.get(page).content.decode()
        assert ("votre équipe et l’animation le voient" in text) is sees
    assert client.get(f"{page}ecrire/").status_code == 403


def test_any_structure_whatever_its_form(client, published):
    """A conventional company too: a partner of the collective."""
    shop = declare_organization(
        {"name": "Quincaillerie des Ponts", "commune": "86194"},
        kind="partner",
        origin="operator",
        actor="test",
    )
    publish(
        shop, {"territoire": ("yes", "Nous achetons à moins de cent kilomètres.", "")}, by=a_referent(shop)
    )
    from horizon.directory.said.refresh import refresh_directory

    refresh_directory()
    shown = client.get(f"/structures/{shop.public_id}/valeurs/").content.decode()
    assert "Nous achetons à moins" in shown and "De l’économie conventionnelle" in shown
    entry = client.get(f"/structures/{shop.public_id}/").content.decode()
    assert "Ce qu’elle dit de ses valeurs" in entry and "Pourquoi cette structure est ici" not in entry


def test_withdrawn_it_is_read_by_nobody_and_comes_back_whole(client, bike, referent):
    for words in ("un", "deux"):
        publish(bike, {"but": ("yes", f"Version {words}", "")}, by=referent)
    page = f"/structures/{bike.public_id}/valeurs/"
    client.force_login(referent)
    client.post(f"{page}retirer/")
    assert "Remettre ce qui était publié" in client.get(page).content.decode()
    client.logout()
    assert (
        "Version deux" not in client.get(page).content.decode() and client.get(f"{page}1/").status_code == 404
    )
    assert client.get(f"/structures/{bike.public_id}/valeurs.csv").status_code == 404
    client.force_login(referent)
    client.post(f"{page}retirer/", {"verb": "restore"})
    assert current(bike).number == 2 and versions(bike).count() == 2
    with pytest.raises(Refused):
        restore(bike, actor="test")
    withdraw(bike, actor="test")
    with pytest.raises(Refused):
        withdraw(bike, actor="test")
    assert publish(bike, SAID, by=referent).number == 3 and versions(bike).count() == 1


def test_a_draft_is_thrown_away(bike, referent):
    with pytest.raises(Refused):
        drop_draft(bike, by=referent)
    keep_draft(bike, SAID, by=referent)
    drop_draft(bike, by=referent)
    assert draft_of(bike) is None


def test_others_write_nothing(client, bike, referent):
    page = f"/structures/{bike.public_id}/valeurs/"
    for path in ("ecrire/", "retirer/"):
        assert client.post(page + path).status_code == 403
    client.force_login(somebody())
    assert (
        client.get(f"{page}ecrire/").status_code == 403 and client.post(f"{page}retirer/").status_code == 403
    )
    client.force_login(an_operator())
    assert client.get(f"{page}ecrire/").status_code == 200, "somebody who animates types it in"


def test_no_list_is_sorted_or_filtered_by_the_yes(client, bike, referent):
    """No score anywhere: no parameter, no facet, no column, no order but the alphabet."""
    bread = entry_named("PAIN").organization
    publish(bike, {one.code: ("yes", "Oui.", "") for one in criteria()}, by=referent)
    publish(bread, {"but": ("no", "", "")}, by=a_referent(bread))
    words = {"valeur", "valeurs", "oui", "score", "critere", "note", "yes", "values"}
    assert not words & set(SORTS) and not words & {name for name, _ in Selection().pairs()}
    tried = QueryDict("valeurs=1&oui=15&tri=valeurs&score=1&critere=but")
    assert Selection.parse(tried).without_paging() == Selection()
    assert not words & set(catalogue(Entry.objects.first().publication).facets.facets)
    assert not {f.name for f in Entry._meta.get_fields()} & words
    assert not {f.name for f in Assessment._meta.get_fields()} & {"score", "total", "count", "yes"}
    plain = html.unescape(client.get("/valeurs/").content.decode())
    order = [plain.index(one.name) for one in sorted((bike, bread), key=lambda one: one.name)]
    assert order == sorted(order)
    strip = lambda text: re.sub(r'name="csrf\S+" value="\S+"', "", text)  # noqa: E731
    for query in ("tri=valeurs", "tri=oui", "ordre=-oui", "oui=15", "critere=but&reponse=yes"):
        assert strip(html.unescape(client.get(f"/valeurs/?{query}").content.decode())) == strip(plain)
    shown = client.get(f"/structures/{bike.public_id}/valeurs/").content.decode()
    assert not re.search(r"\b15\s*(/|sur|oui)|\b15 réponses|100\s*%", shown)


def test_the_order_is_that_of_the_criteria(bike, referent):
    publish(bike, {"ethique": ("yes", "a", ""), "but": ("no", "", "")}, by=referent)
    assert [line.criterion for line in lines(current(bike))] == list(criteria())


def test_the_spreadsheet_has_every_version_and_runs_nothing(client, bike, referent):
    publish(bike, {"but": ("yes", "=1+1", "")}, by=referent)
    publish(bike, {"but": ("yes", "Deux", "")}, by=referent)
    text = client.get(f"/structures/{bike.public_id}/valeurs.csv").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 30 and rows[0]["comment"] == "Deux" and rows[15]["comment"] == "'=1+1"


def test_the_database_holds_drafts_and_numbers(bike, referent):
    publish(bike, SAID, by=referent)
    keep_draft(bike, SAID, by=referent)
    for wrong in ({"status": "published"}, {"number": 9}, {"status": "withdrawn"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assessment.objects.filter(status="draft").update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(organization=bike, edition="2026-11-26")
    row = Answer.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.create(assessment=row.assessment, criterion=row.criterion)


def test_a_reported_version_is_taken_away_with_a_reason(client, bike, referent):
    made = publish(bike, SAID, by=referent)
    assert client.post(
        f"/signaler/values/{made.public_id}/", {"ground": "false", "message": "Faux", "email": ""}
    ).status_code in {200, 302}
    client.force_login(an_operator())
    from horizon.care.models import ContentReport

    report = ContentReport.objects.get()
    client.post("/bureau/", {"one": f"accept|content/{report.public_id}"})
    assert current(bike) is None
    client.force_login(referent)
    assert (
        "retirée après un signalement"
        in client.get(f"/structures/{bike.public_id}/valeurs/").content.decode()
    )
    with pytest.raises(Refused):
        restore(bike, actor="test")


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_what_its_structure_withdrew_is_not_shown_again_by_an_undone_decision(
    bike, referent, withdrawn_first
):
    made = publish(bike, SAID, by=referent)
    if withdrawn_first:
        withdraw(bike, actor="test")
        take_away(made, "Signalé", actor="test")
    else:
        publish(bike, SAID, by=referent)
        take_away(made, "Signalé", actor="test")
        withdraw(bike, actor="test")
    put_back(made, actor="test")
    assert current(bike) is None
    restore(bike, actor="test")
    assert made in versions(bike), "its structure alone shows it again"
    take_away(made, "Signalé", actor="test")
    put_back(made, actor="test")
    assert made in versions(bike)


def test_it_is_journalled_without_its_words_and_forgets_its_author(bike, referent):
    publish(bike, SAID, by=referent)
    events = Event.objects.filter(record_type="values")
    assert [event.verb for event in events] == ["draft", "publish"]
    assert "Réparer" not in json.dumps([event.payload for event in events])
    assert export_person(referent)["values"]["values"][0]["number"] == 1
    erase_person(referent)
    assert current(bike).author is None and current(bike).answers.count() == 2


def test_the_page_costs_the_same_with_more_versions(client, bike, referent, django_assert_max_num_queries):
    publish(bike, SAID, by=referent)
    page = f"/structures/{bike.public_id}/valeurs/"
    with django_assert_max_num_queries(20):
        client.get(page)
    for _ in range(4):
        publish(bike, {one.code: ("yes", "Oui.", "") for one in criteria()}, by=referent)
    with django_assert_max_num_queries(20):
        client.get(page)
    with django_assert_max_num_queries(8):
        client.get("/valeurs/")
