"""Messages handed to a real SMTP server, which answers, refuses, hangs up before and after it has the text."""

import email
import email.policy
import re
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core import mail
from django.db import IntegrityError, transaction

from horizon.subscriptions.models import Message, Subscriber, Told
from horizon.subscriptions.postman import Postman
from horizon.subscriptions.services import composing, sending
from tests.subscriptions.kit import START, Bag, Rooms, subscriber

pytestmark = pytest.mark.django_db
LUSIGNAN = ("commune", "86139")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Server:
    """A mail server on this machine: keeps what it accepts, and misbehaves as `mood` says."""

    def __init__(self):
        self.kept: list[bytes] = []
        self.mood = ""
        self.sessions = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mood == "unknown":
            return "550 5.1.1 no such mailbox"
        if self.mood == "greylist":
            return "451 4.7.1 come back later"
        if self.mood == "hang up at RCPT":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.mood == "421":
            return "421 4.3.2 closing"
        if self.mood == "content":
            return "554 5.7.1 not that"
        if self.mood == "drop before keeping":
            server.transport.abort()
            return "250 nobody hears this"
        self.kept.append(envelope.original_content)
        if self.mood == "drop after keeping":
            server.transport.abort()
        return "250 OK"


class Quiet(Controller):
    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True, hostname="courrier.example.org")


@pytest.fixture(scope="module")
def listening():
    handler = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Quiet(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def server(listening, settings):
    handler, port = listening
    handler.kept.clear()
    handler.mood = ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    settings.DEFAULT_FROM_EMAIL = "horizon@example.org"
    settings.ORIGIN = "https://horizon.example.org"
    return handler


@pytest.fixture
def rooms(monkeypatch):
    made = Rooms(monkeypatch)
    made.happen("boulangerie", START + HOUR, LUSIGNAN)
    return made


def send(now):
    with Postman() as postman:
        return sending.empty_outbox(postman, lambda: now)


def read(raw):
    """What the standard library's parser, which did not write it, understands."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_letter_arrives_with_its_headers(server, rooms, settings):
    settings.CONTACT = "bonjour@example.org"
    who = subscriber("lectrice@example.org", LUSIGNAN)
    assert composing.compose_digests(START + DAY) == 1
    assert send(START + DAY) == {"sent": 1}
    [got] = map(read, server.kept)
    assert not got.defects
    assert got["to"].addresses[0].addr_spec == "lectrice@example.org"
    assert got["from"].addresses[0].addr_spec == "horizon@example.org"
    assert got["from"].addresses[0].display_name == "Horizon Commun"
    assert got["reply-to"].addresses[0].addr_spec == "bonjour@example.org"
    row = Message.objects.get()
    assert got["message-id"] == f"<{row.public_id}@horizon.example.org>"
    assert got["auto-submitted"] == "auto-generated"
    [address] = re.fullmatch(r"<(https://[^>]+)>", got["list-unsubscribe"].strip()).groups()
    assert got["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert got["list-id"].endswith("<nouvelles.horizon.example.org>")
    plain, rich = got.get_body(("plain",)).get_content(), got.get_body(("html",)).get_content()
    for text in (plain, rich):
        assert "Nouvelle boulangerie" in text
        assert "https://horizon.example.org/structures/boulangerie/" in text
        assert address in text
        assert "commune 86139" in text.lower()
        assert "Vous pouvez répondre à ce message." in text
    assert len(server.kept[0]) < 10_000
    assert (row.status, row.text, row.subject) == (Message.SENT, "", "")
    who.refresh_from_db()
    assert who.last_digest_at == START + DAY


@pytest.mark.parametrize("mood", ["421", "greylist", "hang up at RCPT"])
def test_what_was_surely_not_taken_leaves_later_once(server, rooms, mood):
    """Refused in words, or cut before the text: the same message, with the same id, leaves at the next try."""
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    server.mood = mood
    assert send(START + DAY) == {"later": 1}
    assert Message.objects.get().status == Message.READY
    assert send(START + DAY + timedelta(minutes=4)) == {}
    server.mood = ""
    assert composing.compose_digests(START + 2 * DAY - HOUR) == 0  # the open one is enough
    assert send(START + DAY + timedelta(minutes=5)) == {"sent": 1}
    assert len(server.kept) == 1
    assert Message.objects.get().attempts == 2


@pytest.mark.parametrize(("mood", "arrived"), [("drop after keeping", 1), ("drop before keeping", 0)])
def test_cut_after_the_text_nobody_knows_and_it_is_said(server, rooms, mood, arrived):
    """The two cases look the same from here: never again, and the next letter says where to read what may be missing."""
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    server.mood = mood
    assert send(START + DAY) == {"unsure": 1}
    assert len(server.kept) == arrived
    server.mood = ""
    assert send(START + 3 * DAY) == {}
    rooms.happen("marché", START + 4 * DAY, LUSIGNAN)
    assert composing.compose_digests(START + 7 * DAY) == 0  # seven days from what may have arrived
    assert composing.compose_digests(START + 8 * DAY) == 1
    assert send(START + 8 * DAY) == {"sent": 1}
    said = read(server.kept[-1]).get_body(("plain",)).get_content()
    assert "La lettre du 3 novembre 2026 est partie sans que le serveur de messagerie nous réponde" in said
    assert "Nouvelle marché" in said and "boulangerie" not in said


def test_a_request_to_confirm_is_sent_again_when_nobody_knows(server):
    """Twice does no harm; never would leave somebody waiting."""
    who = subscriber("lectrice@example.org")
    Message.objects.create(
        subscriber=who, kind=Message.CONFIRM, subject="À confirmer", text="Oui ?", html="<p>Oui ?</p>", created_at=START,
        next_try_at=START,
    )  # fmt: skip
    server.mood = "drop after keeping"
    assert send(START) == {"unsure": 1}
    server.mood = ""
    assert send(START + HOUR) == {"sent": 1}
    assert len(server.kept) == 2
    assert "list-unsubscribe" not in read(server.kept[0])


@pytest.mark.parametrize("mood", ["unknown", "content"])
def test_refused_for_good_is_not_tried_again_before_a_week(server, rooms, mood):
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    server.mood = mood
    assert send(START + DAY) == {"refused": 1}
    rooms.happen("marché", START + 2 * DAY, LUSIGNAN)
    assert composing.compose_digests(START + 3 * DAY) == 0
    assert composing.compose_digests(START + 8 * DAY) == 1


def test_one_connection_for_many_and_the_refused_do_not_stop_the_others(server, rooms):
    for n in range(5):
        subscriber(f"p{n}@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    before = server.sessions
    assert send(START + DAY) == {"sent": 5}
    assert server.sessions == before + 1


def test_no_server_no_attempt(server, rooms, settings):
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    settings.EMAIL_PORT = 1
    assert send(START + DAY) == {}
    assert Message.objects.get().attempts == 0


def test_without_a_mail_server_messages_are_kept_by_django(rooms):
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    assert send(START + DAY) == {"sent": 1}
    assert mail.outbox[0].to == ["lectrice@example.org"]


def test_a_worker_that_died_while_it_spoke(rooms):
    """Taken and never settled: after a quarter of an hour, unsure; another worker does not take it meanwhile."""
    who = subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    Message.objects.update(status=Message.SENDING, taken_at=START + DAY)
    bag = Bag()
    assert sending.empty_outbox(bag, lambda: START + DAY + timedelta(minutes=14)) == {}
    assert Message.objects.get().status == Message.SENDING
    assert sending.empty_outbox(bag, lambda: START + DAY + timedelta(minutes=16)) == {}
    assert Message.objects.get().status == Message.UNSURE
    assert not bag.taken
    who.refresh_from_db()
    assert who.last_digest_at == START + DAY


def test_what_no_server_took_for_two_days_is_written_again_as_it_is_then(rooms):
    """The bakery was withdrawn meanwhile: it is not told; the market is."""
    subscriber("lectrice@example.org", LUSIGNAN)
    rooms.happen("marché", START + 2 * HOUR, LUSIGNAN)
    composing.compose_digests(START + DAY)
    bag = Bag(up=False)
    sending.empty_outbox(bag, lambda: START + 2 * DAY)
    assert Told.objects.count() == 2
    rooms.items.pop(0)
    sending.empty_outbox(bag, lambda: START + 4 * DAY)
    assert not Message.objects.exists()
    assert not Told.objects.exists()
    assert composing.compose_digests(START + 4 * DAY) == 1
    assert Told.objects.get().event == "marché"


def test_the_database_refuses_two_open_letters_and_two_marks(rooms):
    who = subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    kept = Message.objects.get()
    for wrong in (
        lambda: Message.objects.create(
            subscriber=who, kind=Message.DIGEST, created_at=START, next_try_at=START
        ),
        lambda: Told.objects.create(subscriber=who, event="boulangerie", message=kept, at=START),
        lambda: Message.objects.filter(pk=kept.pk).update(status=Message.SENT),
        lambda: Subscriber.objects.create(email="LECTRICE@example.org", created_at=START),
        lambda: Subscriber.objects.create(created_at=START),
        lambda: Subscriber.objects.filter(pk=who.pk).update(every_days=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_who_leaves_while_a_letter_waits_receives_nothing(rooms):
    who = subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    from horizon.subscriptions.services import following

    assert following.stop(who.public_id, "nouvelles")
    bag = Bag()
    assert sending.empty_outbox(bag, lambda: START + DAY) == {}
    assert not Subscriber.objects.exists()


def test_many_news_of_one_page_are_one_line_and_the_rest_is_on_the_page(rooms, settings):
    rooms.items.clear()
    for n in range(3):
        rooms.happen(
            f"h{n}", START + HOUR, LUSIGNAN, kind="page", said=f"Horaires {n}.", href="/structures/x/"
        )
    for n in range(15):
        rooms.happen(f"s{n:02}", START + HOUR, LUSIGNAN)
    subscriber("lectrice@example.org", LUSIGNAN)
    composing.compose_digests(START + DAY)
    row = Message.objects.get()
    assert row.subject == "16 nouvelles : commune 86139"
    assert row.text.count("\n- ") == 12
    assert "Et 4 autres" in row.text.replace("\xa0", " ")
    assert Told.objects.count() == 18
    for node in ("<script", "style=", "<img"):
        assert node not in row.html


def test_a_month_then_a_pause_then_an_outage_lose_nothing(rooms):
    """Monthly, paused for thirty days, then nothing ran for ten days: told seventy days later, and never again."""
    from horizon.engine.digests import LATELY, WINDOW
    from horizon.subscriptions import queries
    from horizon.subscriptions.services import following

    rooms.items.clear()
    who = subscriber("lectrice@example.org", LUSIGNAN, every_days=30, last_digest_at=START)
    rooms.happen("verger", START + HOUR, LUSIGNAN)
    following.pause(who, START + 60 * DAY)
    assert composing.compose_digests(START + 31 * DAY) == 0
    late = START + 70 * DAY
    assert composing.compose_digests(late) == 1
    assert Told.objects.get().event == "verger"
    sending.empty_outbox(Bag(), lambda: late)
    followed = list(who.subscriptions.all())
    assert queries.lately(followed, late, 10) == [], "the page shows one month"
    assert [item.key for item in queries.lately(followed, START + LATELY, 10)] == ["verger"]
    Subscriber.objects.update(last_digest_at=START)
    following.forget_old(START + WINDOW)
    assert composing.compose_digests(START + WINDOW) == 0, "marks outlive the window"
    assert following.TOLD_KEPT > WINDOW + 30 * DAY
