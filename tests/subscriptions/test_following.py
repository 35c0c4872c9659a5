"""Following with and without an account: confirm, change, pause, stop; what is kept and forgotten."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from horizon.actors.services.people import erase_person, export_person
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.subscriptions import keys, topics
from horizon.subscriptions.models import Message, Subscriber, Subscription, Told
from horizon.subscriptions.services import composing, following, sending
from tests.people import a_referent, an_operator, entry_named, somebody
from tests.subscriptions.kit import START, Bag, Rooms, subscriber

pytestmark = pytest.mark.django_db
LUSIGNAN = ("commune", "86139")
FOLLOW = "/abonnements/suivre/commune/86139/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh_rates():
    cache.clear()


def entered(person):
    """Somebody who has entered once."""
    person.last_login = START
    person.save(update_fields=["last_login"])
    return person


def link_of(message, words):
    """The address in a message whose path has these words, as a path."""
    return re.search(rf"http://[^/\s]+(\S*{words}\S*)", message.text)[1]


def test_from_the_page_of_a_commune_to_the_first_letter_and_out(client, published, monkeypatch):
    """Without an account: one field, one mailed link, one button; then out by one click without a cookie."""
    page = client.get("/communes/86139/").content.decode()
    assert FOLLOW in page
    asked = client.post(FOLLOW, {"email": "Lectrice@Example.org "})
    assert asked.headers["Location"] == reverse("subscriptions:asked")
    row = Subscription.objects.get()
    assert (row.confirmed_at, row.title, row.subscriber.email) == (None, "Lusignan", "lectrice@example.org")
    path = link_of(Message.objects.get(), "confirmer")
    assert "Confirmer" in client.get(path).content.decode()
    row.refresh_from_db()
    assert row.confirmed_at is None  # a mail scanner opens links
    said = client.post(path, follow=True).content.decode()
    assert "C’est fait, vous suivez : Lusignan." in said and "l…@example.org" in said
    assert "lectrice@" not in said

    rooms = Rooms(monkeypatch)
    rooms.happen("boulangerie", timezone.now(), LUSIGNAN)
    Message.objects.all().delete()
    assert composing.compose_digests(timezone.now() + DAY) == 1
    letter = Message.objects.get()
    assert letter.subject == "[Fictif] Une nouvelle : Lusignan"
    stop = link_of(letter, "arreter")
    assert "Tout arrêter" in client.get(stop).content.decode()
    assert Subscriber.objects.exists()
    bare = Client(enforce_csrf_checks=True)
    done = bare.post(stop, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert done.status_code == 200 and not done.cookies
    assert not Subscriber.objects.exists() and not Message.objects.exists() and not Told.objects.exists()
    assert bare.post(stop).status_code == 200  # again: the same answer
    assert "Votre adresse n’est plus ici" in bare.get(stop).content.decode()
    assert client.get(path).status_code == 410
    verbs = Event.objects.filter(record_type__in=["subscription", "subscriber", "letter"])
    assert [event.verb for event in verbs.order_by("pk")] == ["ask", "confirm", "write", "stop"]
    assert "example.org" not in str(list(verbs.values_list("payload", "actor")))


def test_a_wrong_key_opens_nothing(client, published):
    who = subscriber("lectrice@example.org", LUSIGNAN)
    other = subscriber("autre@example.org", LUSIGNAN)
    for path in (
        reverse("subscriptions:manage", args=[who.public_id, keys.key_of(keys.MANAGE, other.public_id)]),
        reverse("subscriptions:manage", args=[who.public_id, keys.stop_path(who, "nouvelles").split("/")[-2]]),
        reverse("subscriptions:stop", args=[who.public_id, "rappels", keys.stop_path(who, "nouvelles").split("/")[-2]]),
        reverse("subscriptions:confirm", args=[who.subscriptions.get().public_id, "0" * 32]),
    ):  # fmt: skip
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert Subscription.objects.count() == 2


def test_the_page_says_the_same_of_every_address(client, published):
    """Unknown, asked, confirmed, an account's: one answer; only the mailbox learns more."""
    subscriber("suit@example.org", LUSIGNAN)
    person = entered(somebody())
    answers = []
    for email in ("inconnue@example.org", "inconnue@example.org", "suit@example.org", person.email):
        answer = client.post(FOLLOW, {"email": email})
        answers.append((answer.status_code, answer.headers["Location"], len(Message.objects.all()) > 0))
    assert len(set(answers)) == 1
    assert "Vous suivez déjà" in Message.objects.get(subscriber__email="suit@example.org").text
    mine = Subscription.objects.get(subscriber__person=person)
    assert mine.confirmed_at is None and mine.subscriber.email == ""


def test_an_address_is_asked_three_times_a_day_and_a_connection_slows_down(client, published):
    for _ in range(5):
        client.post(FOLLOW, {"email": "cible@example.org"})
    assert Message.objects.count() == 3
    for n in range(25):
        assert client.post(FOLLOW, {"email": f"p{n}@example.org"}).status_code == 302
    refused = client.post(FOLLOW, {"email": "derniere@example.org"})
    assert refused.status_code == 422
    assert 'value="derniere@example.org"' in refused.content.decode()
    assert not Subscriber.objects.filter(email="derniere@example.org").exists()


def test_a_mistyped_address_and_a_robot(client, published):
    wrong = client.post(FOLLOW, {"email": "pas une adresse"})
    assert wrong.status_code == 422 and "pas une adresse" in wrong.content.decode()
    client.post(FOLLOW, {"email": "robot@example.org", "second_message": "acheter"})
    assert not Subscriber.objects.exists()


def test_with_an_account_one_button(client, published):
    person = entered(somebody())
    client.force_login(person)
    page = client.get(FOLLOW).content.decode()
    assert 'type="email"' not in page and person.email in page
    done = client.post(FOLLOW, follow=True).content.decode()
    assert "Vous suivez : Lusignan." in done and "jamais" in done
    client.post(FOLLOW)
    assert Subscription.objects.get().confirmed_at
    assert not Message.objects.exists()
    kept = export_person(person)["subscriptions"]
    assert kept["follows"][0]["title"] == "Lusignan"
    client.post("/mes-abonnements/", {"verb": "rhythm", "every_days": "30", "reminders": "daily"})
    row = Subscriber.objects.get()
    assert (row.every_days, row.reminders) == (30, "daily")
    wrong = client.post("/mes-abonnements/", {"verb": "rhythm", "every_days": "1", "reminders": "daily"})
    assert wrong.status_code == 422
    erase_person(person)
    assert not Subscriber.objects.exists()


def test_what_an_address_followed_becomes_its_accounts(published):
    """Somebody who followed without an account, then enters: one letter, not two, and nothing told twice."""
    person = entered(somebody())
    before = subscriber(person.email, LUSIGNAN, ("porte", "nourrir"), last_digest_at=START)
    message = Message.objects.create(
        subscriber=before, kind="digest", status="sent", created_at=START, next_try_at=START
    )
    Told.objects.create(subscriber=before, event="a", message=message, at=START)
    mine = following.subscriber_of(person, START)
    following.follow(mine, topics.find_topic(*LUSIGNAN), START)
    assert Subscriber.objects.get() == mine
    assert mine.subscriptions.count() == 2
    assert mine.told.get().event == "a"
    assert mine.last_digest_at == START


def test_change_pause_undo_and_the_last_one(client, published):
    who = subscriber("lectrice@example.org", LUSIGNAN, ("porte", "nourrir"))
    path = keys.manage_path(who)
    page = client.get(path).content.decode()
    assert "2\xa0choses suivies" in page and "Le rappel" not in page
    client.post(path, {"verb": "pause"})
    who.refresh_from_db()
    assert who.paused_until > timezone.localdate()
    assert "En pause" in client.get(path).content.decode()
    client.post(path, {"verb": "resume"})
    client.post(path, {"verb": "rhythm", "every_days": "30"})
    who.refresh_from_db()
    assert (who.paused_until, who.every_days) == (None, 30)
    row = who.subscriptions.get(kind="commune")
    undo = client.post(path, {"verb": "unfollow", "what": row.public_id}, follow=True).content.decode()
    assert "Vous ne suivez plus : commune 86139." in undo
    client.post(path, {"verb": "follow", "kind": "commune", "value": "86139"})
    assert who.subscriptions.filter(kind="commune").exclude(confirmed_at=None).exists()
    for row in list(who.subscriptions.all()):
        last = client.post(path, {"verb": "unfollow", "what": row.public_id})
    assert "Votre adresse n’est plus ici" in last.content.decode()
    assert not Subscriber.objects.exists()
    assert client.get(path).status_code == 200
    assert client.post(path, {"verb": "pause"}).status_code == 200


def test_addresses_that_never_answer_are_forgotten(published):
    topic = topics.find_topic(*LUSIGNAN)
    following.ask_to_follow("muette@example.org", topic, START)
    kept = subscriber("lectrice@example.org", LUSIGNAN)
    following.forget_old(START + 6 * DAY)
    assert Subscriber.objects.count() == 2
    following.forget_old(START + 8 * DAY)
    assert Subscriber.objects.get() == kept


def test_forty_things_at_most(published):
    who = subscriber("lectrice@example.org", *(("commune", str(n)) for n in range(40)))
    with pytest.raises(Refused):
        following.follow(who, topics.find_topic(*LUSIGNAN), START)
    following.ask_to_follow(who.email, topics.find_topic(*LUSIGNAN), START)
    assert "40 choses" in Message.objects.get().text
    assert who.subscriptions.count() == 40


def test_nothing_leaves_during_a_pause_and_what_happened_is_told_after(monkeypatch):
    rooms = Rooms(monkeypatch)
    who = subscriber("lectrice@example.org", LUSIGNAN, paused_until=(START + 30 * DAY).date())
    rooms.happen("vieille", START, LUSIGNAN)
    rooms.happen("fraîche", START + 20 * DAY, LUSIGNAN)
    assert composing.compose_digests(START + 29 * DAY) == 0
    assert composing.compose_digests(START + 40 * DAY) == 1
    assert {mark.event for mark in who.told.all()} == {"vieille", "fraîche"}


def test_a_letter_written_before_the_pause_is_taken_back(monkeypatch):
    rooms = Rooms(monkeypatch)
    who = subscriber("lectrice@example.org", LUSIGNAN)
    rooms.happen("boulangerie", START, LUSIGNAN)
    composing.compose_digests(START + DAY)
    following.pause(who, START + 5 * DAY)
    assert not Told.objects.exists()
    assert composing.compose_digests(START + 6 * DAY) == 1


def test_what_waits_is_told_apart_weekly_then_as_chosen(client, published, settings):
    """An operator has things to read: one reminder; not a second within the week; daily when chosen; never when off."""
    operator = entered(an_operator())
    visitor = entered(somebody("Sans rôle"))
    assert composing.compose_reminders(START) == 0  # nothing waits
    from horizon.listening.services.saying import say_need

    say_need("Un banc à l’ombre devant l’école", once="a")
    bag = Bag()

    def day(n):
        count = composing.compose_reminders(START + n * DAY)
        sending.empty_outbox(bag, lambda: START + n * DAY)
        return count

    assert [day(n) for n in range(8)] == [1, 0, 0, 0, 0, 0, 0, 1]
    row = Subscriber.objects.get(person=operator)
    assert not Subscriber.objects.filter(person=visitor).exists()
    text = bag.taken[0][-1].body
    assert "Une chose attend une réponse de vous." in text and "banc à l’ombre" in text
    assert "nouvelles" not in bag.taken[0][-1].extra_headers["List-Unsubscribe"]
    following.change(row, every_days=7, reminders=Subscriber.DAILY)
    assert [day(n) for n in (8, 9)] == [1, 1]
    stop = keys.stop_path(row, keys.REMINDERS)
    assert Client().post(stop).status_code == 200
    assert day(20) == 0
    row.refresh_from_db()
    assert row.reminders == Subscriber.OFF  # the refusal is remembered
    client.force_login(operator)
    assert "Mes abonnements et rappels" in client.get("/moi/").content.decode()


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("porte/nourrir/", "Se nourrir"),
        ("liste/annuaire/?q=p%C3%A9dalier&commune=86139&page=3&tri=nom&inconnu=1", "Annuaire : « pédalier », Lusignan"),
        ("liste/besoins/?commune=86139&porte=deplacer", "Besoins : Se déplacer, Lusignan"),
        ("liste/echanges/?sens=offres&genre=space&commune=86139", "Échanges : ce qui est proposé, un lieu, une place, Lusignan"),
        ("liste/echanges/", "Tous les échanges"),
        ("structure/ENTRY/", "L&#x27;Atelier du Pédalier"),
        ("pole/alimentation/", "Pôle"),
    ],
)  # fmt: skip
def test_what_may_be_followed(client, published, path, title):
    an_operator()
    path = path.replace("ENTRY", entry_named("Pédalier").organization.public_id)
    page = client.get("/abonnements/suivre/" + path)
    assert page.status_code == 200, path
    assert title.lower() in page.content.decode().lower()
    client.post("/abonnements/suivre/" + path, {"email": "lectrice@example.org"})
    row = Subscription.objects.get()
    again = topics.again(row.kind, row.value)
    assert again.value == row.value and again.title == row.title
    assert client.get(topics.page_of(row.kind, row.value)).status_code == 200
    assert client.get(topics.follow_path(again)).status_code == 200


@pytest.mark.parametrize(
    "path", ["commune/99999/", "porte/voler/", "pole/x/", "structure/0000000000/", "liste/x/", "autre/x/"]
)
def test_what_may_not(client, published, path):
    assert client.get("/abonnements/suivre/" + path).status_code == 404


@pytest.mark.parametrize(
    "page", ["/communes/86139/", "/portes/nourrir/", "/poles/alimentation/", "/annuaire/?q=pain", "/besoins/?porte=loger",
             "/echanges/?genre=goods&commune=86139", "ENTRY"],
)  # fmt: skip
def test_the_button_is_on_the_page_and_leads_to_a_filled_form(client, published, page):
    an_operator()
    page = page.replace("ENTRY", f"/structures/{entry_named('PAIN').organization.public_id}/")
    html = client.get(page).content.decode()
    [href] = set(re.findall(r'href="(/abonnements/suivre/[^"]+)"', html))
    found = client.get(href.replace("&amp;", "&")).content.decode()
    assert found.count("<input type=") <= 4 and 'type="email"' in found
    words = {"/annuaire/?q=pain": "« pain »", "/besoins/?porte=loger": "Se loger"}.get(page, "Suivre : ")
    assert words in found


def test_the_space_costs_the_same_for_one_or_many(client, published, django_assert_max_num_queries):
    a_referent(entry_named("PAIN").organization)
    who = subscriber("lectrice@example.org", LUSIGNAN)
    path = keys.manage_path(who)
    client.get(path)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(path)
    for n in range(20):
        Subscription.objects.create(
            subscriber=who, kind="commune", value=f"x{n}", title="x", confirmed_at=START, created_at=START
        )
    with django_assert_max_num_queries(len(few)):
        client.get(path)
