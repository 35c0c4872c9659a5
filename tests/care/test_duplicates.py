"""Two pages that are one: found, asked, merged, read as one in every room, parted with everything as before."""

import html

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from horizon.actors import access, queries
from horizon.actors.models import Membership, Organization, OrganizationRole
from horizon.actors.services import collective, people
from horizon.actors.services.merging import merge_organizations, split_organization
from horizon.care import duplicates, pairs
from horizon.care.finding import find_duplicates, likely_same
from horizon.care.models import DuplicateSuggestion, LookedAt
from horizon.directory.models import Entry, Identifier, Publication, Statement
from horizon.directory.queries import current_publication
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, state
from horizon.directory.services import publish_directory
from horizon.engine.identity import finding
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import parties_of
from horizon.exchange.queries import funnel, of_person, open_listings_of
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from horizon.observatory.read import Marts
from tests.care.merged_kit import a_suggestion, everything, live, twins
from tests.exchange.kit import values
from tests.people import a_referent, again, an_operator, entry_named, somebody
from tests.published import TERRITORY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


@pytest.fixture
def operator():
    return an_operator()


def same(first, second, operator):
    """The two are said to be one; the lists follow."""
    row = duplicates.say_same(a_suggestion(first, second), actor=operator.actor)
    refresh_directory()
    return row


def text(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, address
    return html.unescape(answer.content.decode())


def test_merged_lived_under_both_ids_then_parted_all_is_as_before(client, operator):
    """Each room is lived in before and during; after the split, every row that was there is as it was."""
    known, other = twins()
    worlds = [live(known, 0), live(other, 1)]
    refresh_directory()
    before = everything()
    row = same(known, other, operator)
    kept = Organization.objects.get(pk=row.folded.canonical_id)
    folded = Organization.objects.get(pk=row.folded_id)
    assert before["actors.Organization"].keys() == set(Organization.objects.values_list("pk", flat=True))

    client.force_login(operator)
    newcomer = somebody("Maël Taillis")
    for address in (kept.public_id, folded.public_id):
        here = f"/structures/{address}"
        assert (
            client.post(
                f"/bureau/structures/{address}/",
                {"kind": "call", "text": f"Dit pour {address}", "next_on": ""},
            ).status_code
            == 302
        )
        assert (
            client.post(f"{here}/equipe/", {"email": f"{address}@example.org", "message": ""}).status_code
            == 302
        )
        assert (
            client.post(
                f"{here}/signaler/", {"subject": "autre", "message": "à voir", "email": ""}
            ).status_code
            == 201
        )
        assert client.get(f"{here}/historique/").status_code == 200
        assert client.get(f"{here}/corriger/").status_code == 200
        assert client.get(f"{here}/images/").status_code == 200
    people.join_as_referent(newcomer, folded, obtained_by="operator", actor="test")
    state(
        queries.organization_of(folded.public_id),
        {"email": "bonjour@pedalier.example"},
        origin=Statement.OPERATOR,
        actor="test",
        publish=True,
    )
    _exchanges(client, worlds, folded)
    with pytest.raises(Refused):
        collective.request_membership(folded, worlds[1]["membership"].college, by=None, actor="test")
    refresh_directory()

    client.force_login(operator)
    answer = client.post(f"/bureau/doublons/{row.pk}/separer/")
    assert answer.status_code == 302
    refresh_directory()
    after = everything()
    for table, rows in before.items():
        for key, value in rows.items():
            now, was = dict(after[table][key]), dict(value)
            now.pop("last_login", None), was.pop("last_login", None)
            if (
                table == "directory.Entry" and value["organization_id"] == kept.pk
            ):  # what was said meanwhile stays said of it
                for name in ("email", "base", "signs"):
                    now.pop(name), was.pop(name)
            assert now == was, (table, key)
    acts = {
        table: len(after[table]) - len(before.get(table, {}))
        for table in after
        if len(after[table]) != len(before.get(table, {}))
    }
    assert acts == {
        "actors.ContactNote": 2, "actors.Invitation": 2, "care.Report": 2, "actors.Person": 2, "actors.OrganizationRole": 2,
        "directory.Statement": 1, "exchange.Listing": 1, "exchange.ListingTerm": 1, "exchange.ListingMeaning": 1,
        "exchange.Deal": 1, "exchange.Message": 1,
    }  # fmt: skip
    assert {note.organization_id for note in kept.contact_notes.all()} == {
        kept.pk
    } and kept.contact_notes.count() == 3


def _exchanges(client, worlds, folded):
    """Somebody who held the folded page offers under the one that stays, and accepts what was proposed to the folded one."""
    referent = again(worlds[1]["referent"])
    client.force_login(referent)
    (code, _, party), _itself = parties_of(referent)
    form = {
        "title": "Une remorque", "kind": "equipment", "commune": "86139", "speaks_for": code, "text": "", "quantity": "", "unit": "",
        "terms": ["loan"], "price": "", "from_on": "", "until_on": "", "audience": "everybody", "once": fresh_once(),
    }  # fmt: skip
    assert client.post(reverse("exchange:write", args=["offre"]), form).status_code == 302
    made = Listing.objects.get(title="Une remorque")
    assert made.organization_id == folded.root_id
    assert client.get(reverse("exchange:deal", args=[worlds[0]["deal"].public_id])).status_code == 200
    others = a_referent(entry_named("Pain").organization)
    client.force_login(others)
    answer = client.post(
        reverse("exchange:propose", args=[made.public_id]),
        {"speaks_for": entry_named("Pain").organization.public_id, "text": "Bonjour", "once": fresh_once()},
    )
    assert answer.status_code == 302


def test_every_room_reads_the_two_as_one(client, operator):
    known, other = twins()
    one, two = live(known, 0), live(other, 1)
    refresh_directory()
    listed = Publication.objects.get(current=True).counts["register"]
    row = same(known, other, operator)
    kept, folded = queries.organization_of(known.public_id), Organization.objects.get(pk=row.folded_id)
    known.refresh_from_db(), other.refresh_from_db()
    assert kept.pk == row.folded.canonical_id
    # the page
    answer = client.get(f"/structures/{folded.public_id}/")
    assert (answer.status_code, answer.url) == (301, f"/structures/{kept.public_id}/#reunie")
    page = text(client, f"/structures/{kept.public_id}/")
    assert 'id="reunie"' in page and "Réunie avec" in page and folded.name in page and "même commune" in page
    assert "https://pedalier.example" in page and "Mardi 14 h" in page  # what is said of either
    assert "Barnum 0" in page and "Barnum 1" in page and page.count("membre du collectif") == 1
    # the list, the search, the counts
    assert Publication.objects.get(current=True).counts["register"] == listed - 1
    assert text(client, "/annuaire/?vue=registre&q=pedalier").count('class="entry"') == 1
    # the collective
    assert text(client, "/collectif/").count(f"/structures/{kept.public_id}/") == 1
    client.force_login(operator)
    assert text(client, "/bureau/membres/").count(f"/bureau/structures/{kept.public_id}/") == 1
    contact = text(client, f"/bureau/structures/{folded.public_id}/")
    assert contact.count("Rappeler lundi") == 2
    # people: each acts for the whole, once
    for world in (one, two):
        person = again(world["referent"])
        assert [party.key for _, _, party in parties_of(person)][0] == f"o{kept.pk}" and len(
            parties_of(person)
        ) == 2
        assert access.acts_for(person, known) and access.acts_for(person, other) and "member" in person.roles
        assert {row.pk for row in of_person(person)[0]} == {one["listing"].pk, two["listing"].pk}
        assert set(of_person(person)[1].values_list("pk", flat=True)) == {one["deal"].pk, two["deal"].pk}
        assert len([item for item in waiting_for(person) if item.room == "deal"]) == 2
    assert len(queries.roles_on(kept)) == 2 and queries.living_membership(folded).status == Membership.ACTIVE
    assert access.acts_for(a_referent(entry_named("VONNE").organization), known)  # the relay of either
    # needs, listings, deals say the name that stays
    need = text(client, f"/besoins/{two['need'].public_id}/")
    assert kept.name in need and folded.name not in need
    assert kept.name in text(client, f"/echanges/{two['listing'].public_id}/")
    assert len(open_listings_of(kept)) == 2 and open_listings_of(folded) == open_listings_of(kept)
    # one's own offer cannot be answered by the other half
    assert funnel().proposed == 2 and Deal.objects.count() == 2


def test_what_the_registers_publish_again_keeps_what_people_merged(operator, small_marts):
    first, second = entry_named("Pédalier").organization, entry_named("VONNE").organization
    row = same(first, second, operator)
    with Marts(small_marts) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    folded = Organization.objects.get(pk=row.folded_id)
    assert folded.canonical_id and folded.merged_by == "people" and folded.entry.folded
    duplicates.reopen(row, actor=operator.actor)
    refresh_directory()
    assert not Entry.objects.filter(folded=True).exists()


def test_a_page_whose_canonical_left_the_registers_is_still_answered(client, operator):
    first, second = entry_named("Pédalier").organization, entry_named("VONNE").organization
    row = same(first, second, operator)
    kept, folded = row.folded.canonical, row.folded
    Entry.objects.filter(organization=kept).delete()
    assert folded.name in text(client, f"/structures/{kept.public_id}/")
    assert client.get(f"/structures/{folded.public_id}/").status_code == 301


def test_a_chain_is_never_made_and_parting_gives_followers_back():
    one, two, three = (entry_named(words).organization for words in ("Pédalier", "VONNE", "PAIN"))
    merge_organizations(two, three, by="people", actor="test")
    followers = merge_organizations(one, two, by="people", actor="test")
    assert followers == [three.public_id]
    assert {o.root_id for o in Organization.objects.filter(pk__in=[one.pk, two.pk, three.pk])} == {one.pk}
    with pytest.raises(Refused):
        merge_organizations(three, one, by="people", actor="test")
    split_organization(two, actor="test", followers=followers)
    three.refresh_from_db(), two.refresh_from_db()
    assert (two.canonical_id, three.canonical_id) == (None, two.pk)
    assert Event.objects.filter(verb="merge").count() == 2 and Event.objects.filter(verb="split").count() == 1


def test_the_database_refuses_what_would_be_two_truths():
    first, second = sorted(
        (entry_named("Pédalier").organization, entry_named("VONNE").organization), key=lambda o: o.pk
    )
    a_suggestion(first, second)
    for wrong in (
        {"first": first, "second": second}, {"first": second, "second": first}, {"first": first, "second": first},
        {"first": first, "second": entry_named("Pain").organization, "status": "same"},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            DuplicateSuggestion.objects.create(score=0.5, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=first.pk).update(merged_by="people")


def test_the_job_files_what_looks_alike_asks_once_and_looks_only_at_what_changed(operator):
    known, other = twins()
    found = find_duplicates()
    assert found.compared == Entry.objects.filter(active=True).count() and found.suggested >= 1
    row = DuplicateSuggestion.objects.get(first=min(known.pk, other.pk), second=max(known.pk, other.pk))
    assert any("pedalier" in reason for reason in row.reasons)
    assert find_duplicates() == (0, 0, 0)
    with CaptureQueriesContext(connection) as seen:
        find_duplicates()
    assert len(seen) <= 6 and not [q for q in seen if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    duplicates.say_different(row, actor=operator.actor)
    LookedAt.objects.all().delete()
    find_duplicates()
    row.refresh_from_db()
    assert row.status == "different" and not [
        i for i in waiting_for(operator) if i.key == str(row.pk) and i.room == "duplicate"
    ]


def test_numbers_merge_alone_are_journalled_and_parted_in_one_action(client, operator):
    """The same RNA number and the same name twice, and no SIREN against it."""
    first, second = entry_named("Tricoteuses").organization, entry_named("Avenir").organization
    Entry.objects.filter(organization=second).update(name="Les Tricoteuses du Mardi", rna=first.entry.rna)
    referent = a_referent(second)
    mail.outbox.clear()
    assert find_duplicates().merged == 1
    row = DuplicateSuggestion.objects.get(automatic=True)
    assert row.folded_id == first.pk and "RNA" in row.reasons[0]  # the page that somebody holds stays
    event = Event.objects.get(verb="merge", record_id=first.public_id)
    assert event.payload["by"] == "numbers" and event.payload["canonical"] == second.public_id
    assert [message.to for message in mail.outbox] == [[referent.email]] and "contester" in mail.outbox[
        0
    ].body
    client.force_login(operator)
    assert "par leurs numéros" in text(client, f"/structures/{second.public_id}/reunions/")
    assert client.post(f"/bureau/doublons/{row.pk}/separer/").status_code == 302
    LookedAt.objects.all().delete()
    assert find_duplicates().merged == 0
    assert Organization.objects.get(pk=first.pk).canonical_id is None


def test_two_siren_under_one_rna_number_wait_for_somebody():
    first, second = entry_named("Pédalier").organization, entry_named("VONNE").organization
    Entry.objects.filter(organization=second).update(
        name="L’Atelier du Pédalier", rna=first.entry.rna, commune_id="86139"
    )
    assert find_duplicates().merged == 0
    assert DuplicateSuggestion.objects.filter(status="open", doubts__0__startswith="deux SIREN").exists()


def test_the_desk_shows_both_answers_and_undoes(client, operator):
    known, other = twins()
    row = a_suggestion(known, other)
    client.force_login(operator)
    desk = text(client, "/bureau/?quoi=duplicate")
    assert "Une ou deux structures ?" in desk and "Première fiche" in desk and "05 36 49 12 34" in desk
    page = text(client, f"/bureau/doublons/{row.pk}/")
    assert "Même commune" in page and "Demander aux structures" in page
    handle = f"duplicate/{row.pk}"
    answer = client.post("/bureau/", {"query": "", "one": f"accept|{handle}"}, follow=True).content.decode()
    assert "n’ont plus qu’une page" in answer and "Annuler la dernière réponse" in answer
    assert Organization.objects.exclude(canonical=None).count() == 1
    client.post("/bureau/", {"query": "", "verb": "undo"})
    assert Organization.objects.exclude(canonical=None).count() == 0
    row.refresh_from_db()
    assert row.status == "open" and row.folded is None
    assert (
        "ne sera plus posée"
        in client.post("/bureau/", {"query": "", "one": f"refuse|{handle}"}, follow=True).content.decode()
    )
    assert "Annuler cette réponse" in text(client, f"/bureau/doublons/{row.pk}/")
    with pytest.raises(Refused):
        act_on("duplicate", "accept", str(row.pk), somebody())


def test_those_who_hold_a_page_are_asked_and_only_they_answer(client, operator):
    known, other = twins()
    row = a_suggestion(known, other)
    page = f"/bureau/doublons/{row.pk}/"
    client.force_login(operator)
    assert "appelez l’une" in client.post(page, {"verb": "ask"}, follow=True).content.decode()
    referent = a_referent(known)
    mail.outbox.clear()
    assert (
        "Question envoyée à 1 personne." in client.post(page, {"verb": "ask"}, follow=True).content.decode()
    )
    assert mail.outbox[0].to == [referent.email] and page in mail.outbox[0].body
    client.force_login(referent)
    assert [item.room for item in waiting_for(referent)] == ["duplicate"]
    assert client.post(page, {"verb": "same"}).status_code == 302  # refused, and said
    row.refresh_from_db()
    assert row.status == "open"
    assert (
        "votre réponse est notée" in client.post(page, {"verb": "is_different"}, follow=True).content.decode()
    )
    client.force_login(operator)
    assert "ce sont deux structures" in text(client, page)
    client.force_login(somebody())
    assert client.get(page).status_code == 404


def test_what_a_page_was_merged_with_is_public_and_contested(client, operator):
    known, other = twins()
    row = same(known, other, operator)
    kept = row.folded.canonical
    page = text(client, f"/structures/{row.folded.public_id}/reunions/")
    assert "par une personne qui anime le collectif : même commune" in page and "sujet=doublon" in page
    assert "Séparer" not in page
    assert 'value="doublon" selected' in text(client, f"/structures/{kept.public_id}/signaler/?sujet=doublon")
    assert "Aucune fiche réunie" in text(
        client, f"/structures/{entry_named('Pain').organization.public_id}/reunions/"
    )


def test_about_one_that_was_merged_meanwhile_the_question_is_about_the_whole(operator):
    one, two, three = (entry_named(words).organization for words in ("Pédalier", "VONNE", "PAIN"))
    first = a_suggestion(one, two)
    second = a_suggestion(two, three)
    third = a_suggestion(one, three)
    duplicates.say_same(first, actor="test")
    made = duplicates.say_same(second, actor="test")
    assert len({Organization.objects.get(pk=o.pk).root_id for o in (one, two, three)}) == 1
    assert made.status == "same" and not [
        row for row in pairs.waiting_pairs(operator) if row.pk in (second.pk, third.pk)
    ]
    with pytest.raises(Refused):
        duplicates.say_same(third, actor="test")


@pytest.mark.parametrize(
    ("typed", "commune", "found"),
    [
        ("atelier pedalié", "86139", "DALIER"), ("Le théatre de la Vone", "", "VONNE"), ("xylophone zinzolin", "", ""),
        ("", "", ""), ("pa", "", ""), ("Pain vivant", "86194", "PAIN VIVANT"),
    ],
)  # fmt: skip
def test_a_name_being_typed_finds_what_is_there(typed, commune, found):
    names = [one.entry.name.upper() for one in likely_same(typed, current_publication(), commune=commune)]
    assert (found in names[0]) if found else names == []


def test_a_missing_structure_that_exists_is_said_before_it_is_sent(client):
    form = {
        "name": "Atelier du pédalier",
        "commune": "86139",
        "description": "",
        "second_message": "",
        "reply_to": "",
        "sure": "",
    }
    page = client.post("/ajouter/", form)
    body = page.content.decode()
    assert (
        page.status_code == 422
        and "existe peut-être déjà" in body
        and "C’est elle" in body
        and "continuer" in body
    )
    assert 'value="Atelier du pédalier"' in body
    sure = body.split('name="sure" value="')[1].split('"')[0]
    assert client.post("/ajouter/", {**form, "sure": html.unescape(sure)}).status_code == 302


def test_the_fragment_that_the_form_asks_for_while_one_types(client):
    found = text(client, "/ajouter/deja/?nom=atelier+pedali%C3%A9&commune=86139")
    assert "existe peut-être déjà" in found and "<html" not in found and "même commune" in found
    assert (
        text(client, "/ajouter/deja/?nom=xylophone").strip() == ""
        and text(client, "/ajouter/deja/").strip() == ""
    )


def test_joining_says_that_another_page_may_be_the_same(client, operator):
    _, other = twins()
    client.force_login(a_referent(other))
    page = f"/structures/{other.public_id}/adherer/"
    assert "existe peut-être déjà" in text(client, page)
    form = {"college": "associations", "motive": "apprendre"}
    refused = client.post(page, form)
    assert (
        refused.status_code == 422
        and "ouvrez sa page" in refused.content.decode()
        and "apprendre" in refused.content.decode()
    )
    assert client.post(page, {**form, "another": "on"}).status_code == 302
    client.force_login(a_referent(entry_named("Pain").organization))
    assert "existe peut-être" not in text(
        client, f"/structures/{entry_named('Pain').organization.public_id}/adherer/"
    )


def test_the_desk_asks_no_more_of_the_database_for_ten_pairs_than_for_two(client, operator):
    made = [
        declare_organization(
            {"name": f"Structure {n}", "commune": "86139"}, kind="declared", origin="operator", actor="test"
        )
        for n in range(11)
    ]
    refresh_directory()
    client.force_login(operator)

    def asked():
        with CaptureQueriesContext(connection) as seen:
            text(client, "/bureau/?quoi=duplicate")
        return len(seen)

    for n in range(2):
        a_suggestion(made[n], made[n + 1])
    few = asked()
    for n in range(2, 10):
        a_suggestion(made[n], made[n + 1])
    assert asked() == few


def test_one_who_is_erased_leaves_answers_that_name_nobody(operator):
    known, other = twins()
    row = a_suggestion(known, other)
    referent = a_referent(known)
    duplicates.answer_for(row, referent, True)
    people.erase_person(referent)
    row.refresh_from_db()
    assert (
        row.answers == {known.public_id: "same"}
        and not OrganizationRole.objects.filter(organization=known).exists()
    )
    assert Identifier.objects.exists() and values()["kind"] == "equipment"


def test_nobody_waits_to_write_while_records_are_compared(operator, monkeypatch):
    """SQLite has one writer: comparing takes seconds for a territory, so it is done before the transaction that keeps what was found."""
    twins()
    outside, seen = len(connection.savepoint_ids), []
    real = finding.compare
    monkeypatch.setattr(
        finding, "compare", lambda *given: seen.append(len(connection.savepoint_ids)) or real(*given)
    )
    assert find_duplicates().suggested >= 1
    assert seen and set(seen) == {outside}
