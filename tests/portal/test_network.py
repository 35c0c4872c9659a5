"""The network as each public meets it: table, figures, drawing, exports, ways, and the pages where links are made."""

import csv
import io
import re
from unittest.mock import patch

import networkx as nx
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from horizon.actors.models import Mandate, Organization, OrganizationLink, Pole
from horizon.actors.services import links
from horizon.actors.services.merging import merge_organizations
from horizon.actors.services.poles import give_mandate
from horizon.crossings.network.reading import network
from horizon.crossings.network.selection import Asked
from horizon.crossings.network.study import study
from horizon.directory.models import Entry, Publication
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization
from horizon.exchange.services import dealing
from horizon.kernel.models import Event
from tests.actors.links_kit import a_link, a_sure_link, organization
from tests.exchange.kit import an_offer, two_sides
from tests.exchange.kit import organization as exchanging
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published):
    """The small territory."""


def text(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode().replace("\xa0", " ")


def rows(client, query=""):
    body = b"".join(client.get(f"/reseau.csv{query}").streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body), delimiter=";"))


def graph(client, query=""):
    return nx.parse_graphml(b"".join(client.get(f"/reseau.graphml{query}").streaming_content).decode())


def exchange():
    """A deal concluded between the two first structures; returns them."""
    offer = an_offer(0)
    holder, opener, deal = two_sides(offer)
    dealing.accept_deal(deal, author=holder)
    for person, side in ((opener, False), (holder, True)):
        dealing.agree(deal, {}, author=person, from_holder=side)
    return exchanging(0), exchanging(1)


def test_an_empty_network_invites(client):
    assert "Le premier lien peut être le vôtre" in text(client, "/reseau/")
    assert "que personne ne nomme encore" in text(client, "/reseau/sans-lien/")
    assert rows(client) == [] and graph(client).number_of_nodes() == 0


def test_the_table_says_each_link_and_its_filters_are_in_the_address(client):
    a_sure_link(0, 1, "supplies", since=2019)
    a_link(1, 2, "hosts")
    page = text(client, "/reseau/")
    assert (
        "2 liens entre 3 structures" in page and "1 est confirmé" in page and "1 attend une réponse" in page
    )
    assert "depuis </span>2019" in page and "<b>sans réponse</b>" in page
    assert (
        "héberge" not in text(client, "/reseau/?genre=supplies").split("<tbody", 1)[1].split("</tbody", 1)[0]
    )
    for query, kinds in {
        "?etat=confirmes": ["supplies"], "?etat=sans-reponse": ["hosts"], "?genre=member": [], "?porte=zzz": ["supplies", "hosts"],
        f"?autour={organization(0).public_id}": ["supplies"], "?autour=aaaaaaaaaa": [],
        f"?commune={organization(0).entry.commune_id}": ["supplies", "hosts"],
    }.items():  # fmt: skip
        assert sorted(row["genre"] for row in rows(client, query)) == sorted(kinds), query
    assert "n’existe pas : ce filtre" in text(client, "/reseau/?porte=zzz")
    assert "Aucun lien de ce genre" in text(client, "/reseau/?genre=member")
    assert "Cette structure n’a encore aucun lien" in text(client, "/reseau/?autour=aaaaaaaaaa")
    assert text(client, "/reseau/?imprimer=1&page=9").count('role="rowheader"') == 2
    with patch("horizon.portal.network.PRINTED_AT_MOST", 1):
        cut = text(client, "/reseau/?imprimer=1&porte=zzz")
    assert "s’arrête au 1<sup>e</sup> lien sur 2" in cut and f"{settings.ORIGIN}/reseau.csv" in cut


def test_a_concluded_exchange_is_a_link_with_its_date_and_number(client):
    one, other = exchange()
    made = rows(client)
    assert [(row["relation"], row["etat"], row["fois"]) for row in made] == [
        ("a échangé avec", "confirmé", "1")
    ]
    assert {made[0]["identifiant_de"], made[0]["identifiant_vers"]} == {one.public_id, other.public_id}
    assert made[0]["source"].startswith("un accord confirmé par les deux, le ")
    entry = text(client, f"/structures/{one.public_id}/")
    assert "Avec qui" in entry and "A échangé avec" in entry and escape(other.name) in entry


def test_figures_by_hand(client, published):
    """0–1–2 confirmed and 2–3 silent: 1 bridges the only pair of others, and without it one is cut off."""
    a_sure_link(0, 1)
    a_sure_link(1, 2, "hosts")
    a_link(2, 3, "partner")
    told = study(network(published), Asked())
    assert (len(told.ties), told.structures, told.confirmed, told.silent, told.groups) == (3, 4, 2, 1, (3,))
    assert [(b.node.pk, b.share, b.neighbours, b.apart) for b in told.bridges] == [
        (organization(1).pk, 1.0, 2, 1)
    ]
    same = {c.label: (c.across, c.known) for c in told.crossings}
    homes = [organization(n).entry.commune_id for n in range(3)]
    assert same["deux communes"] == ((homes[0] != homes[1]) + (homes[1] != homes[2]), 2)
    assert same["le public et le privé"] == (0, 2)
    assert len(told.drawing.dots) == 4 and [line.confirmed for line in told.drawing.lines].count(False) == 1
    tied = {organization(n).pk for n in range(4)}
    actors = Entry.objects.filter(is_actor=True)
    assert (told.actors, told.alone) == (actors.count(), actors.exclude(organization__in=tied).count())
    assert "Qui fait le pont" in text(client, "/reseau/")


def test_partners_cross_the_frontier_and_are_marked(client, published):
    partner = declare_organization(
        {"name": "Quincaillerie des Ponts", "commune": "86194"}, kind=Organization.PARTNER, origin="operator", actor="test"
    )  # fmt: skip
    refresh_directory()
    links.answer_link(links.declare_link(organization(0), "buys", partner, actor="test"), True, actor="test")
    published.refresh_from_db()
    crossings = study(network(published), Asked()).crossings
    assert [c.across for c in crossings if "l’ESS" in c.label] == [1]
    assert "partenaire, hors ESS" in text(client, "/reseau/") and "<polygon" in text(client, "/reseau/")
    referent = a_referent(organization(1))
    client.force_login(referent)
    form = {"words": "quincaillerie", "relation": "buys", "since": ""}
    made = client.post(f"/structures/{organization(1).public_id}/relier/", form)
    assert made.status_code == 302 and OrganizationLink.objects.filter(origin=partner).count() == 2


def test_graphml_is_what_networkx_reads(client):
    a_sure_link(0, 1, since=2020)
    a_link(0, 1, "hosts")
    a_link(2, 1, "partner")
    read = graph(client)
    assert read.is_directed() and read.number_of_nodes() == 3 and read.number_of_edges() == 3
    assert read.nodes[organization(0).public_id]["nom"] == organization(0).entry.name
    kinds = {data["genre"]: data for _, _, data in read.edges(data=True)}
    assert kinds["supplies"]["depuis"] == "2020" and kinds["partner"]["sans_direction"] is True
    assert kinds["hosts"]["etat"] == "sans réponse" and kinds["supplies"]["fois"] == 1
    formula = [row for row in rows(client) if "CMD" in row["de"] + row["vers"]]
    assert all(cell[:1] != "=" for row in formula for cell in row.values())


def test_merged_links_are_one(published):
    kept = a_sure_link(0, 1)
    a_link(0, 2)
    Organization.objects.filter(pk=organization(2).pk).update(canonical=organization(1))
    published.revision += 1  # as the publication that merges them
    published.save()
    ties = network(published).ties
    assert [(tie.key, tie.confirmed) for tie in ties] == [(kept.public_id, True)]


def test_a_merged_structure_is_no_node_and_its_old_name_leads_to_the_whole(client):
    gone, kept, other = organization(2), organization(1), organization(0)
    a_sure_link(0, 1)
    before = len(network(Publication.objects.get()).nodes)
    merge_organizations(kept, gone, by="people", actor="test")
    refresh_directory()
    found = network(Publication.objects.get())
    assert gone.pk not in found.nodes and len(found.nodes) == before - 1
    assert found.named(gone.public_id) is found.nodes[kept.pk]
    page = text(client, f"/reseau/par-qui-passer/?de={other.public_id}&a={gone.public_id}")
    assert "se connaissent déjà" in page


def test_through_whom_to_pass(client):
    ids = [organization(n).public_id for n in range(5)]
    names = [escape(organization(n).entry.name) for n in range(5)]
    assert "Personne ne vous relie encore" in text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[2]}")
    a_sure_link(0, 1, "supplies", since=2018)
    a_sure_link(2, 1, "buys")
    page = text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[2]}")
    assert (
        f"Passez par {names[1]}, qui connaît les deux" in page and "depuis 2018" in page and "fournit" in page
    )
    a_link(2, 3, "partner")
    page = text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[3]}")
    assert "Aucun chemin n’est entièrement confirmé" in page and "sans réponse" in page
    assert "se connaissent déjà" in text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[1]}")
    assert "la même structure" in text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[0]}")
    a_sure_link(0, 4), a_sure_link(4, 2)
    assert text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[2]}").count("qui connaît les deux") == 1
    assert "Ou par" in text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[2]}")
    a_link(0, 2, "owns")
    page = text(client, f"/reseau/par-qui-passer/?de={ids[0]}&a={ids[2]}")
    assert "Plus court, mais pas entièrement confirmé" in page and "qui connaît les deux" in page


def test_words_find_the_ends_of_a_way_and_what_may_stand_in_is_said_as_such(client):
    an_operator()
    bike, bread = entry_named("Pédalier"), entry_named("PAIN")
    pole = Pole.objects.get(code=bread.poles[0])
    give_mandate(somebody("Sacha Vonnelune"), Mandate.POLE, actor="test", pole=pole, public=True)
    page = text(client, "/reseau/par-qui-passer/?de=pedalier&a=pain")
    assert "Personne ne vous relie encore" in page and "Ce n’est pas un lien" in page
    assert "Sacha Vonnelune est le contact du pôle" in page
    assert f"relier/?avec={bread.organization.public_id}" in page and bike.organization.public_id in page
    assert "Personne ne s’appelle « zzzz »" in text(client, "/reseau/par-qui-passer/?de=zzzz&a=pain")
    assert "Laquelle" in text(client, "/reseau/par-qui-passer/?de=association&a=pain")


def test_a_referent_notes_a_link_in_three_fields_and_loses_nothing(client):
    mine, other = organization(0), entry_named("Tricoteuses").organization
    page = f"/structures/{mine.public_id}/relier/"
    assert client.get(page).status_code == 302, "a visitor signs in first"
    client.force_login(somebody())
    assert client.get(page).status_code == 403
    client.force_login(a_referent(mine))
    assert len(re.findall(r'<(?:input type="text"|select|textarea)', text(client, page))) == 3
    assert escape(entry_named("Tricoteuses").name) in text(client, f"{page}?avec={other.public_id}")
    wrong = client.post(page, {"words": "tricot", "relation": "", "since": "hier"})
    body = wrong.content.decode()
    assert (
        wrong.status_code == 422
        and 'value="tricot"' in body
        and 'value="hier"' in body
        and "par exemple 2021" in body
    )
    nobody = client.post(page, {"words": "zzzz", "relation": "buys"}).content.decode()
    assert "Personne n’a ces mots" in nobody
    many = client.post(page, {"words": "association", "relation": "buys"})
    assert many.status_code == 422 and 'name="which"' in many.content.decode()
    which = re.findall(r'name="which" value="(\w+)"', many.content.decode())[0]
    done = client.post(page, {"words": "association", "which": which, "relation": "buys", "since": "2021"})
    made = OrganizationLink.objects.get()
    assert (
        done["Location"] == f"/liens/{made.public_id}/" and made.since == 2021 and made.through == "referent"
    )
    assert "Personne ne tient encore la page" in text(client, done["Location"])
    again = client.post(page, {"words": "association", "which": which, "relation": "buys", "since": "2021"})
    assert again.status_code == 422 and "déjà noté" in again.content.decode()


def test_the_other_side_answers_from_its_message_and_comes_back(client):
    made = a_link(0, 1)
    page = f"/liens/{made.public_id}/"
    assert "Confirmer ou refuser" not in text(client, page)
    client.force_login(a_referent(organization(0)))
    assert client.get(f"{page}repondre/").status_code == 403
    answering = a_referent(organization(1))
    client.force_login(answering)
    assert "Ce lien est-il juste ?" in text(client, f"{page}repondre/")
    assert Event.objects.filter(record_id=made.public_id).count() == 1, "looking writes nothing"
    refused = client.post(f"{page}repondre/", {"verb": "refuse", "reason": ""})
    assert refused.status_code == 422 and "Dites pourquoi" in refused.content.decode()
    client.post(f"{page}repondre/", {"verb": "refuse", "reason": "Plus depuis longtemps"})
    assert "Plus depuis longtemps" in text(client, page) and rows(client) == []
    client.post(f"{page}reprendre/")
    client.post(f"{page}repondre/", {"verb": "accept", "reason": ""})
    assert "confirmé" in text(client, page)
    client.post(f"{page}fin/")
    assert "Revenir en arrière" in text(client, page)
    mine = text(client, f"/structures/{organization(1).public_id}/liens/")
    assert "Ce qui est terminé ou refusé" in mine
    client.logout()
    assert client.get(page).status_code == 404 and client.post(f"{page}reprendre/").status_code == 403
    client.force_login(somebody())
    assert (
        client.post(f"{page}reprendre/").status_code == 403 and client.post(f"{page}fin/").status_code == 403
    )


def test_the_operator_confirms_on_evidence(client):
    made = a_link(0, 1)
    client.force_login(an_operator())
    assert "liens/" in text(client, "/bureau/") or "que personne ne peut confirmer" in text(
        client, "/bureau/"
    )
    page = f"/liens/{made.public_id}/"
    assert "Confirmer sur pièce" in text(client, page)
    client.post(f"{page}preuve/", {"evidence": "Rapport 2025"})
    assert "sur pièce : Rapport 2025" in text(client, page)
    assert "D’où vous le savez" in text(client, f"/structures/{organization(2).public_id}/relier/")


def test_the_number_of_queries_does_not_grow(client):
    one = organization(1)
    a_sure_link(0, 1)
    a_link(2, 1)
    client.force_login(a_referent(one))
    pages = [
        "/reseau/", "/reseau/sans-lien/", "/reseau.csv", f"/reseau/par-qui-passer/?de={organization(0).public_id}&a={one.public_id}",
        f"/structures/{one.public_id}/", f"/structures/{one.public_id}/liens/", "/bureau/",
    ]  # fmt: skip

    def counts():
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as seen:
                answer = client.get(page)
                if answer.streaming:
                    b"".join(answer.streaming_content)
            found.append(len(seen))
        return found

    counts()
    before = counts()
    for relation in ("hosts", "member", "owns", "partner"):
        for number in (0, 2, 3, 4):
            a_sure_link(number, 1, relation)
        a_link(5, 1, relation)
    counts()
    assert counts() == before and max(before) <= 22, before
