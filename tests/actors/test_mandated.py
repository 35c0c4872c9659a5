"""Who has a mandate, as everybody reads it; a mandate that was written wrong, corrected and corrected back."""

import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.models import Mandate, Pole
from horizon.actors.services import collective, people, poles
from horizon.actors.services.upkeep import forget_shown_contacts
from horizon.directory.said.refresh import refresh_directory
from horizon.kernel.models import Event, PrivateReference
from horizon.kernel.registry import export_personal_data
from horizon.opendata.dumps import write_dumps
from tests.people import an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db
NAMES = {
    "operator": "Solène Brumelac", "pole_referent": "Yanis Corvefeuille", "elected": "Marthe Quillevent",
    "agent": "Idriss Vauclairon", "office": "Perrine Aubetoile",
}  # fmt: skip


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def given(published):
    """A mandate of each function, for a structure or a pole, that nobody agreed to show."""
    first = an_operator()
    pole, where = Pole.objects.get(code="alimentation"), entry_named("Pédalier").organization
    made = {
        function: poles.give_mandate(
            somebody(name), function, actor=first.actor, title=f"titre {function}, {name}",
            decided_by=f"Vote du 3 mars, avec {name}", themes=["nourrir", "loger"], ends_on=in_days(90),
            pole=pole if function == "pole_referent" else None,
            organization=where if function in ("elected", "agent") else None,
        )
        for function, name in NAMES.items()
    }  # fmt: skip
    return first, made


def everything_public(client, tmp_path, settings):
    """What anybody may read of somebody: pages, search, lists, API, files."""
    settings.VAR = tmp_path
    words = [f"/annuaire/?q={name.split()[1]}" for name in NAMES.values()]
    organization = entry_named("Pédalier").organization
    pages = ["/collectif/", "/poles/", "/poles/alimentation/", "/annuaire/?vue=registre", "/annuaire.csv", "/api/v1/structures",
             f"/api/v1/structures/{organization.public_id}", "/api/v1/vocabulaires", "/flux/structures.atom", "/plan-du-site/",
             f"/structures/{organization.public_id}/", "/vie-privee/registre/"]  # fmt: skip
    said = {page: client.get(page).getvalue().decode() for page in pages}
    for page in words:
        said[page] = client.get(page).content.decode().replace(page.split("=")[1], "")
    for path in write_dumps().folder.iterdir():
        said[path.name] = path.read_bytes().decode("latin-1")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                said[path.name] += "".join(packed.read(one).decode("latin-1") for one in packed.namelist())
    return said


def test_a_mandate_that_nobody_agreed_to_show_never_names_who_holds_it(client, given, tmp_path, settings):
    refresh_directory()
    said = everything_public(client, tmp_path, settings)
    for page, text in said.items():
        for name in NAMES.values():
            first, last = name.split()
            assert last not in text and last not in text.encode("latin-1", "ignore").decode(
                "utf-8", "ignore"
            ), page
    page = said["/collectif/"]
    for function, label in Mandate.FUNCTIONS:
        assert f"itre {function}" not in page and label[0].upper() + label[1:] in page
    assert "Vote du 3 mars" not in page and "Se nourrir" in page


def test_what_the_desk_typed_of_a_mandate_is_not_read_of_somebody_who_has_not_agreed(client, given):
    for name in ("", "Quillevent", "Marthe Quillevent"):
        poles.give_mandate(somebody(name), "elected", actor="test", title="Mme Quillevent, vice-présidente",
                           decided_by="Vote pour Mme Quillevent")  # fmt: skip
    page = client.get("/collectif/").content.decode()
    assert "Quillevent" not in page and "vice-présidente" not in page and "Personne élue" in page


@pytest.mark.parametrize("function", NAMES)
def test_each_function_shown_by_its_holder_is_on_the_page_of_the_collective(client, given, function):
    mandate = given[1][function]
    client.force_login(mandate.person)
    client.post(f"/moi/mandats/{mandate.pk}/", {"verb": "show"})
    mine = client.get("/moi/").content.decode()
    assert "Votre nom est montré sur" in mine and "Thèmes :" in mine
    client.logout()
    page = client.get("/collectif/").content.decode()
    shown = page[page.index('id="mandats"') :]
    assert f">{NAMES[function]}</td>" in shown
    assert f"Titre {function}" in shown and "Vote du 3 mars" in shown
    for other in set(NAMES) - {function}:
        assert NAMES[other].split()[1] not in shown
    client.force_login(mandate.person)
    client.post(f"/moi/mandats/{mandate.pk}/", {"verb": "hide"})
    client.logout()
    assert NAMES[function].split()[1] not in client.get("/collectif/").content.decode()


def test_what_is_over_or_to_come_is_not_listed_and_the_queries_do_not_grow(
    client, given, django_assert_max_num_queries
):
    for start, end in ((-20, -1), (5, 20)):
        poles.give_mandate(somebody(), "elected", actor="test", title=f"hors {start}",
                           starts_on=in_days(start), ends_on=in_days(end))  # fmt: skip
    page = client.get("/collectif/").content.decode()
    assert "Hors" not in page and "pas encore" not in page
    for number in range(40):
        poles.give_mandate(
            somebody(),
            "elected",
            actor="test",
            organization=entry_named("PAIN").organization,
            title=f"{number}",
        )
    with django_assert_max_num_queries(14):
        client.get("/collectif/")


def test_a_mandate_is_corrected_told_and_corrected_back(client, given, django_capture_on_commit_callbacks):
    operator, made = given
    enter(client, operator)
    mandate = made["elected"]
    page = f"/bureau/mandats/{mandate.pk}/corriger/"
    shown = client.get("/bureau/mandats/").content.decode()
    assert page in shown and "Se nourrir, Se loger" in shown
    was = {name: getattr(mandate, name) for name in poles.CORRECTED}
    new = {"title": "maire", "themes": ["soigner"], "starts_on": in_days(-10).isoformat(), "ends_on": "",
           "decided_by": "Conseil du 4"}  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(page, new).url == "/bureau/mandats/"
    mandate.refresh_from_db()
    assert (mandate.title, mandate.themes, mandate.starts_on, mandate.ends_on) == (
        "maire",
        ["soigner"],
        in_days(-10),
        None,
    )
    assert mail.outbox[-1].to == [mandate.person.email] and "Se soigner" in mail.outbox[-1].body
    event = Event.objects.get(verb="correct_mandate")
    assert event.payload["from"]["themes"] == ["nourrir", "loger"] and event.payload["to"]["ends_on"] is None
    assert "Conseil" not in str(event.payload) and event.actor == operator.actor
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, new)
    assert Event.objects.filter(verb="correct_mandate").count() == 1 and len(mail.outbox) == 1
    client.post(
        page, {**was, "starts_on": was["starts_on"].isoformat(), "ends_on": was["ends_on"].isoformat()}
    )
    mandate.refresh_from_db()
    assert sorted(mandate.themes) == sorted(was["themes"]) and mandate.decided_by == was["decided_by"]
    wrong = client.post(page, {**new, "ends_on": in_days(-30).isoformat()})
    assert wrong.status_code == 422 and "Conseil du 4" in wrong.content.decode()


def test_no_correction_leaves_nobody_who_animates(client, published):
    operator = an_operator()
    enter(client, operator)
    mandate = Mandate.objects.get(person=operator)
    page = f"/bureau/mandats/{mandate.pk}/corriger/"
    for days in ({"starts_on": in_days(3).isoformat(), "ends_on": ""},
                 {"starts_on": in_days(-9).isoformat(), "ends_on": in_days(-2).isoformat()}):  # fmt: skip
        refused = client.post(page, {"title": "", "decided_by": "", **days})
        assert refused.status_code == 422 and "personne pour animer" in refused.content.decode()
    poles.give_mandate(somebody(), "operator", actor="test")
    assert (
        client.post(page, {"title": "", "decided_by": "", "starts_on": in_days(3).isoformat()}).status_code
        == 302
    )


def test_only_those_who_animate_correct_a_mandate(client, given):
    mandate = given[1]["office"]
    client.force_login(mandate.person)
    assert client.get(f"/bureau/mandats/{mandate.pk}/corriger/").status_code == 403


def test_who_shows_their_name_may_show_how_to_reach_them_and_nothing_of_it_is_open_data(
    client, given, tmp_path, settings
):
    mandate = given[1]["pole_referent"]
    page = f"/moi/mandats/{mandate.pk}/joindre/"
    client.force_login(mandate.person)
    values = {"email": "Pole-Alimentation@example.org", "phone": "05 36 49 77 88"}
    early = client.post(page, values)
    assert early.status_code == 422 and "Montrez d’abord votre nom" in early.content.decode()
    assert page not in client.get("/moi/").content.decode()
    client.post(f"/moi/mandats/{mandate.pk}/", {"verb": "show"})
    assert page in client.get("/moi/").content.decode()
    for public in ("/collectif/", "/poles/alimentation/"):
        shown = client.get(public).content.decode()
        assert "@example.org" not in shown and "77 88" not in shown, "off by default"
    wrong = client.post(page, {**values, "phone": "au bureau"})
    assert wrong.status_code == 422 and 'value="au bureau"' in wrong.content.decode()
    assert client.post(page, values).url == "/moi/"
    event = Event.objects.get(verb="show_contacts")
    assert event.payload == {"shown": ["email", "phone"]}
    client.logout()
    refresh_directory()
    said = everything_public(client, tmp_path, settings)
    for where, text in said.items():
        beside_the_name = where in ("/collectif/", "/poles/alimentation/")
        assert ("pole-alimentation@example.org" in text) == beside_the_name, where
        assert ("05 36 49 77 88" in text) == beside_the_name, where
    client.force_login(given[1]["office"].person)
    assert client.get(page).status_code == 404, "nobody else decides"


def test_what_reaches_somebody_goes_with_their_name_with_the_mandate_and_with_them(client, given):
    operator, made = given
    mandate = made["elected"]

    def shown(one):
        poles.publish_mandate(one, True, actor="test")
        poles.show_contacts(one, "elue@example.org", "05 36 49 77 88", actor="test")
        one.refresh_from_db()
        return one

    poles.publish_mandate(shown(mandate), False, actor="test")
    mandate.refresh_from_db()
    assert (mandate.shown_email, mandate.shown_phone) == ("", "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=mandate.pk).update(shown_phone="05 36 49 77 88")
    shown(mandate)
    held = export_personal_data(mandate.person)["actors"]["mandates"][0]
    assert held["shown_email"] == "elue@example.org" and held["shown_phone"] == "05 36 49 77 88"
    bike = entry_named("Pédalier").organization
    note = collective.note_contact(bike, "La joindre au 05.36.49.77.88", by=operator)
    Mandate.objects.filter(pk=mandate.pk).update(starts_on=in_days(-9), ends_on=in_days(-1))
    assert "elue@example.org" not in client.get("/collectif/").content.decode()
    assert forget_shown_contacts(timezone.now()) == 1 and forget_shown_contacts(timezone.now()) == 0
    other = shown(made["agent"])
    Mandate.objects.filter(pk=other.pk).update(starts_on=in_days(-9))
    given_on = poles.hand_over(other, somebody(), actor="test")
    other.refresh_from_db()
    assert given_on.shown_email == other.shown_email == "", "who takes over chooses anew"
    people.erase_person(shown(made["office"]).person)
    note.refresh_from_db()
    assert (
        "05.36.49.77.88" not in note.text
        and not Mandate.objects.filter(shown_email="elue@example.org").exists()
    )
    assert "choisit de montrer" in client.get("/vie-privee/registre/").content.decode()


def test_a_mandate_that_was_over_shows_no_name_again_without_a_new_agreement(
    client, given, django_capture_on_commit_callbacks
):
    operator, made = given
    mandate = made["elected"]
    poles.publish_mandate(mandate, True, actor="test")
    poles.show_contacts(mandate, "elue@example.org", "", actor="test")
    Mandate.objects.filter(pk=mandate.pk).update(starts_on=in_days(-9), ends_on=in_days(-1))
    mandate.refresh_from_db()
    values = {name: getattr(mandate, name) for name in poles.CORRECTED}
    poles.correct_mandate(mandate, {**values, "ends_on": in_days(-2)}, actor="test")
    assert Mandate.objects.get(pk=mandate.pk).public, "still over: nothing shows"
    with django_capture_on_commit_callbacks(execute=True):
        poles.correct_mandate(mandate, {**values, "ends_on": None}, actor=operator.actor)
    mandate.refresh_from_db()
    assert (mandate.public, mandate.published_at, mandate.shown_email) == (False, None, "")
    assert NAMES["elected"] not in client.get("/collectif/").content.decode()
    assert "votre nom n’y est plus montré" in mail.outbox[-1].body
    assert Event.objects.filter(verb="correct_mandate").last().payload["name_hidden"] is True


def test_titles_and_decisions_go_from_the_journal_with_the_holder_alone(given):
    operator, made = given
    mandate, kept = made["elected"], made["agent"]
    for one in (mandate, kept):
        values = {name: getattr(one, name) for name in poles.CORRECTED}
        poles.correct_mandate(one, {**values, "title": "maire de Callac"}, actor="test")
    early = poles.give_mandate(
        mandate.person, "office", actor="test", decided_by="Vote du 9", starts_on=in_days(4)
    )
    ended = early.pk
    poles.end_mandate(early, actor="test")
    people.erase_person(mandate.person)
    left = PrivateReference.objects.filter(event__record_type="mandate")
    assert not left.filter(event__record_id__in=[str(mandate.pk), str(ended)]).exists()
    assert left.filter(event__record_id=str(kept.pk), value="maire de Callac").exists()


def test_the_export_of_a_holder_has_what_is_read_of_their_mandate(given):
    for function in ("elected", "pole_referent"):
        mandate = given[1][function]
        poles.publish_mandate(mandate, True, actor="test")
        (held,) = export_personal_data(mandate.person)["actors"]["mandates"]
        assert (held["for"], held["pole"]) == (
            mandate.organization.name if mandate.organization else "",
            mandate.pole.name if mandate.pole else "",
        )
        assert held["public"] and held["agreed_at"] == mandate.published_at.isoformat()


@pytest.mark.parametrize("write", ["end", "correct", "hand_over"])
def test_every_mandate_to_animate_is_locked_before_the_one_that_changes(given, write):
    first = Mandate.objects.get(person=given[0])
    values = {name: getattr(first, name) for name in poles.CORRECTED}
    with CaptureQueriesContext(connection) as asked:
        if write == "end":
            poles.end_mandate(first, actor="test")
        elif write == "correct":
            poles.correct_mandate(first, {**values, "title": "animatrice"}, actor="test")
        else:
            poles.hand_over(first, somebody("Ode Merlevent"), actor="test")
    reads = [
        one["sql"] for one in asked if one["sql"].startswith("SELECT") and "actors_mandate" in one["sql"]
    ]
    assert reads[0].split("WHERE")[1].split("ORDER BY")[0].strip().endswith("= 'operator'"), (
        "all of them, in order"
    )


def test_a_mandate_to_come_is_not_said_to_be_read(client, given):
    holder = somebody("Maël Pervenchet")
    mandate = poles.give_mandate(holder, "elected", actor="test", starts_on=in_days(6))
    client.force_login(holder)
    assert "sans votre nom" in client.get("/moi/").content.decode()
    client.post(f"/moi/mandats/{mandate.pk}/", {"verb": "show"})
    mine = client.get("/moi/").content.decode()
    assert (
        "Pas encore commencé" in mine and "avec votre nom" in mine and "Votre nom est montré sur" not in mine
    )
