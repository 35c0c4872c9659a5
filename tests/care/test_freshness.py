"""« Toujours exact » : confirming, the filter, the yearly letter once whatever happens, and the calls to make."""

import socket
from datetime import date, timedelta

import pytest
from django.core import signing
from django.db import IntegrityError, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.models import OrganizationRole, Person, RelayConsent, Touched
from horizon.actors.services.people import erase_person, export_person, join_as_referent
from horizon.care.freshness import letters, reminders
from horizon.care.freshness.models import Reminder
from horizon.care.freshness.queries import pages_to_call
from horizon.directory.models import Closure, Confirmation, Entry, Publication, SiteCheck, Statement
from horizon.directory.said.confirming import confirm_entry, let_confirmations_age, undo_confirmation
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def bike(published):
    return entry_named("Pédalier").organization


def older(days, model=Confirmation, name="at"):
    model.objects.update(**{name: timezone.now() - days * DAY})


@pytest.fixture
def letters_after(django_capture_on_commit_callbacks, mailoutbox, monkeypatch):
    """`letters_after(days)`: who was written to when the job runs so many days from now."""

    def run(days=0):
        before, real = len(mailoutbox), timezone.localdate
        today = timezone.localdate() + days * DAY
        monkeypatch.setattr(reminders.timezone, "localdate", lambda *a: real(*a) if a else today)
        with django_capture_on_commit_callbacks(execute=True):
            reminders.remind_pages()
        monkeypatch.undo()
        return sorted(message.to[0] for message in mailoutbox[before:])

    return run


def test_one_button_dates_the_page_and_the_list(client, bike):
    client.force_login(a_referent(bike))
    page = f"/structures/{bike.public_id}/"
    shown = client.get(f"{page}confirmer/").content.decode()
    assert "L&#x27;Atelier du Pédalier" in shown and "Lusignan" in shown and "Tout est exact" in shown
    assert client.post(f"{page}confirmer/").status_code == 302
    assert (
        "confirmée le" in client.get(page).content.decode()
        and "par elle-même" in client.get(page).content.decode()
    )
    assert "Pédalier" not in client.get("/annuaire/?confirmee=1").content.decode()
    refresh_directory()
    text = client.get("/annuaire/?confirmee=1").content.decode()
    assert "Pédalier" in text and "par elle-même" in text and "PAIN VIVANT" not in text
    assert "Confirmée depuis un an" in text
    assert Event.objects.filter(verb="confirm", record_id=bike.public_id).count() == 1
    client.post(f"{page}confirmer/annuler/")
    refresh_directory()
    entry = Entry.objects.get(organization=bike)
    assert (entry.confirmed_on, entry.fresh, entry.base) == (None, False, {})


def test_by_phone_it_says_from_whom(client, bike):
    client.force_login(an_operator())
    address = f"/structures/{bike.public_id}/confirmer/"
    refused = client.post(address, {"heard_from": ""})
    assert refused.status_code == 422 and "De qui le tenez-vous" in refused.content.decode()
    client.post(address, {"heard_from": "la trésorière, au téléphone"})
    page = client.get(f"/structures/{bike.public_id}/").content.decode()
    assert "par elle-même, au téléphone" in page and "trésorière" not in page
    assert "L’annuler" in client.get(address).content.decode(), "noted on the wrong page, it is taken back"
    with pytest.raises(IntegrityError), transaction.atomic():
        Confirmation.objects.update(heard_from="")
    with pytest.raises(Refused):
        confirm_entry(bike, by=somebody(), origin="operator")


def test_the_filter_forgets_after_a_year_and_the_sign_after_two(bike):
    confirm_entry(bike, by=a_referent(bike), origin="referent")
    refresh_directory()
    for days, fresh, sign in ((364, True, True), (370, False, True), (735, False, False)):
        older(days)
        Entry.objects.filter(organization=bike).update(confirmed_on=timezone.localdate() - days * DAY)
        let_confirmations_age()
        refresh_directory()
        entry = Entry.objects.get(organization=bike)
        assert (entry.fresh, "confirmed" in entry.signs) == (fresh, sign)
    let_confirmations_age()
    assert not Touched.objects.exists(), "what has aged is not counted again each day"


def test_a_confirmation_is_undone_once(bike):
    made = confirm_entry(bike, by=a_referent(bike), origin="referent")
    undo_confirmation(made, actor="test")
    with pytest.raises(Refused):
        undo_confirmation(made, actor="test")


def test_a_year_of_letters(bike, letters_after):
    """Two people hold the page: each is told, on the day, once more a month later, and again a year after."""
    people = sorted(person.email for person in (a_referent(bike), a_referent(bike)))
    assert letters_after(365) == []
    assert letters_after(366) == people
    assert letters_after(366) == letters_after(380) == [], "the worker was restarted"
    assert letters_after(396) == people
    assert letters_after(397) == letters_after(700) == []
    assert letters_after(366 * 2) == people
    assert Reminder.objects.count() == 2 and Event.objects.filter(verb="remind").count() == 3


def test_a_mail_server_that_is_away_burns_no_letter(bike, letters_after, settings, mailoutbox):
    """Neither the year's, nor that of a closure, nor that of a site: each leaves once the server is back."""
    holder = a_referent(bike)
    older(400, OrganizationRole, "since")
    today, now = timezone.localdate(), timezone.now()
    Entry.objects.filter(organization=bike).update(website="https://pedalier.example")
    Closure.objects.create(organization=bike, vintage=today, due_on=today + 30 * DAY)
    SiteCheck.objects.create(
        organization=bike, address="https://pedalier.example", outcome="silent", checked_at=now, failing_since=now - 8 * DAY
    )  # fmt: skip
    there = settings.EMAIL_BACKEND
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, never listening: whoever connects is refused
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = nobody.getsockname()
        assert letters_after() == [] and letters.tell_closures() == "" == letters.tell_failing_sites()
    assert (
        not Reminder.objects.exists()
        and not Event.objects.filter(verb__in=["remind", "tell_closure", "tell_site"]).exists()
    )
    settings.EMAIL_BACKEND = there
    assert letters_after() == [holder.email]
    assert letters.tell_closures() and letters.tell_failing_sites()


def test_the_first_answer_suffices(bike, letters_after):
    first, _ = a_referent(bike), a_referent(bike)
    older(400, OrganizationRole, "since")
    assert len(letters_after()) == 2
    confirm_entry(bike, by=first, origin="referent")
    assert letters_after(31) == letters_after(300) == []
    assert len(letters_after(368)) == 2, "a year after the answer"


def test_a_correction_counts_as_an_answer(bike, letters_after):
    a_referent(bike)
    older(800, OrganizationRole, "since")
    state(bike, {"hours": "Mardi"}, origin="referent", actor="test", publish=True)
    assert letters_after() == []
    Statement.objects.update(decided_at=timezone.now() - 400 * DAY)
    assert len(letters_after()) == 1


def test_two_workers_send_one_letter(bike, letters_after):
    a_referent(bike)
    older(400, OrganizationRole, "since")
    today = timezone.localdate()
    due = reminders.pages_due(today)
    assert due == [bike.pk]
    assert reminders.remind(bike.pk, today) and not reminders.remind(bike.pk, today)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(organization=bike, year=today.year, first_on=today)


def test_the_letter_gives_a_day_when_somebody_confirmed_or_says_that_nobody_did(
    bike, letters_after, mailoutbox
):
    person = a_referent(bike)
    older(400, OrganizationRole, "since")
    letters_after()
    body = mailoutbox[-1].body
    assert "dans l’annuaire depuis le" in body and "personne de votre équipe ne l’a encore confirmée" in body
    assert "pour la dernière fois" not in body
    confirm_entry(bike, by=person, origin="referent")
    letters_after(400)
    assert "pour la dernière fois le" in mailoutbox[-1].body


def test_a_page_held_through_a_relay_gets_the_letter(client, bike, letters_after, mailoutbox):
    """Somebody who animates as well holds the relay: the letter opens the page for them too."""
    relay = entry_named("PAIN").organization
    operator = an_operator()
    join_as_referent(operator, relay, obtained_by="operator", actor="test")
    RelayConsent.objects.create(relay=relay, group=bike, consent="En réunion")
    assert letters_after() == []
    older(400, RelayConsent, "since")
    assert letters_after() == [operator.email]
    [link] = [word for word in mailoutbox[-1].body.split() if "/toujours-exact/" in word]
    assert client.post("/" + link.split("/", 3)[3]).status_code == 302
    assert Confirmation.objects.get().origin == "relay"


def test_a_relay_whose_people_left_leaves_a_page_to_call(bike):
    relay = entry_named("PAIN").organization
    person = a_referent(relay)
    RelayConsent.objects.create(relay=relay, group=bike, consent="En réunion")
    state(bike, {"hours": "x"}, origin="operator", actor="test", publish=True)
    refresh_directory()
    Statement.objects.update(decided_at=timezone.now() - 400 * DAY)
    assert pages_to_call() == []
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert [one.entry.organization for one in pages_to_call()] == [bike]


def test_a_closed_page_is_not_asked_about(bike, letters_after):
    a_referent(bike)
    older(400, OrganizationRole, "since")
    Entry.objects.filter(organization=bike).update(active=False)
    assert letters_after() == []


def test_the_letter_opens_one_button_without_an_account(client, bike, letters_after, mailoutbox):
    person = a_referent(bike)
    older(400, OrganizationRole, "since")
    letters_after()
    [link] = [word for word in mailoutbox[-1].body.split() if "/toujours-exact/" in word]
    path = "/" + link.split("/", 3)[3]
    shown = client.get(path)
    assert shown.status_code == 200 and "Tout est exact" in shown.content.decode()
    assert not Confirmation.objects.exists(), "looking writes nothing"
    assert client.post(path).status_code == 302
    assert Confirmation.objects.get().author == person
    client.post(path)
    assert Confirmation.objects.count() == 1
    OrganizationRole.objects.update(until=timezone.now())
    assert client.post(path).status_code == 410, "who no longer holds the page confirms nothing"
    for broken in (path[:-3] + "xx/", "/toujours-exact/rien/", "/toujours-exact/a:b:c/"):
        assert client.get(broken).status_code == 410


def test_a_key_opens_its_page_only_and_ends(bike):
    person = somebody()
    key = letters.key_for(bike, person)
    assert letters.opened_by(key) == (bike.public_id, person.public_id)
    assert letters.opened_by(signing.dumps([bike.public_id, person.public_id], salt="autre")) is None
    assert letters.opened_by(signing.dumps("x", salt=letters.SALT)) is None


def test_pages_that_nobody_holds_are_called(client, published, bike):
    bread = entry_named("PAIN").organization
    for one in (bike, bread):
        state(one, {"phone": "0536491234"}, origin="operator", actor="test", publish=True)
    refresh_directory()
    operator = an_operator()
    client.force_login(operator)
    assert pages_to_call() == [] and "Aucune fiche" in client.get("/bureau/fraicheur/").content.decode()
    Statement.objects.update(decided_at=timezone.now() - 400 * DAY)
    desk = client.get("/bureau/?quoi=stale").content.decode()
    assert "Lusignan : 1\u00a0fiche à rappeler" in desk and "Poitiers : 1\u00a0fiche à rappeler" in desk
    calls = client.get("/bureau/fraicheur/?commune=86139").content.decode()
    assert "Pédalier" in calls and "PAIN" not in calls and "05 36 49 12 34" in calls
    printed = client.get("/bureau/fraicheur/?imprimer=1").content.decode()
    assert "PAIN" in printed and "Noté pendant l’appel" in printed
    client.post(f"/structures/{bike.public_id}/confirmer/", {"heard_from": "une bénévole"})
    assert [one.entry.organization for one in pages_to_call()] == [bread]
    a_referent(bread)
    assert pages_to_call() == [], "somebody holds it: they get the letter"


def test_the_calls_cost_the_same_with_more_rows(client, published, django_assert_max_num_queries):
    from django.db import connection

    client.force_login(an_operator())

    def count():
        with CaptureQueriesContext(connection) as seen:
            client.get("/bureau/fraicheur/")
        return len(seen)

    entries = list(Entry.objects.filter(active=True))
    state(entries[0].organization, {"hours": "x"}, origin="operator", actor="test", publish=True)
    Statement.objects.update(decided_at=timezone.now() - 400 * DAY)
    one = count()
    for entry in entries[1:]:
        state(entry.organization, {"hours": "x"}, origin="operator", actor="test", publish=True)
    Statement.objects.update(decided_at=timezone.now() - 400 * DAY)
    assert len(pages_to_call()) > 4 and count() == one


def test_what_is_kept_of_a_person_is_given_and_forgotten(bike):
    person = a_referent(bike)
    confirm_entry(bike, by=person, origin="referent")
    assert export_person(person)["freshness"]["confirmations"][0]["organization"] == bike.name
    erase_person(person)
    assert Confirmation.objects.get().author is None


def test_the_lists_do_not_depend_on_the_vintage(bike):
    """A confirmation counts from the day that it was given, not from the registers' day."""
    Publication.objects.update(vintage=date(2020, 1, 1))
    confirm_entry(bike, by=a_referent(bike), origin="referent")
    refresh_directory()
    assert Entry.objects.get(organization=bike).fresh
