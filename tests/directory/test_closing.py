"""A register says that a structure closed: its people are asked first; thirty days; each answer undone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Organization, Touched
from horizon.care.freshness import letters, waiting
from horizon.directory import news, services
from horizon.directory.listing import iter_entries
from horizon.directory.models import Closure, Entry, Publication, Statement
from horizon.directory.said.closing import answer_closure, close_after_patience, closure_of, reopen_closure
from horizon.directory.said.confirming import confirm_entry, undo_confirmation
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state, undo_statement
from horizon.directory.selection import Selection
from horizon.directory.services import publish_directory
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import establishment, unit, write_registers
from tests.people import a_referent, an_operator, entry_named, somebody
from tests.published import TERRITORY

pytestmark = pytest.mark.django_db
OPEN = [unit("111111111", "LA BOUTIQUE SANS ARGENT"), unit("222222222", "LE FOUR BANAL")]
CLOSED = [OPEN[0], unit("222222222", "LE FOUR BANAL", etatAdministratif="C", dateDebut="2026-10-01")]


THERE = [establishment("111111111"), establishment("222222222", etatAdministratifEtablissement="F")]
OTHER = [unit("333333333", "LE TIERS LIEU")]


@pytest.fixture(scope="module")
def marts(tmp_path_factory):
    """The marts of four days of the registers: both open, the oven closed, the oven without an establishment here, and
    neither of the two any more."""
    folder = tmp_path_factory.mktemp("closing")
    for name, registers in (
        ("open", (OPEN,)),
        ("closed", (CLOSED,)),
        ("left", (OPEN, THERE)),
        ("gone", (OTHER,)),
    ):
        observe(write_registers(folder / name, *registers), folder / f"{name}-marts")
    return folder


@pytest.fixture
def publish(marts):
    """`publish(day)`: publishes one of these days."""

    def _publish(day):
        with Marts(marts / f"{day}-marts") as read:
            return publish_directory(read, TERRITORY, actor="test")

    return _publish


def listed():
    return [entry.name for entry in iter_entries(Selection(view="registre"))]


@pytest.fixture
def closed(publish):
    """Two units; at the second publication, the register closes the oven."""
    publish("open")
    publish("closed")
    return Closure.objects.get()


def days_pass(closure, told=True):
    Closure.objects.filter(pk=closure.pk).update(
        due_on=timezone.localdate() - timedelta(days=1), told_at=timezone.now() if told else None
    )
    close_after_patience()
    refresh_directory()


def test_the_first_publication_asks_nothing(publish):
    publish("closed")
    assert not Closure.objects.exists() and not entry_named("FOUR").active


def test_the_page_and_the_list_stay_and_say_that_it_is_to_be_confirmed(closed, client):
    entry = entry_named("FOUR")
    assert entry.active and entry.closed_on is None and "LE FOUR BANAL" in listed()
    assert (closed.status, closed.why, str(closed.closed_on)) == ("waiting", "ceased", "2026-10-01")
    assert closed.due_on == timezone.localdate() + timedelta(days=30)
    page = client.get(f"/structures/{closed.organization.public_id}/").content.decode()
    assert "le registre la dit fermée depuis le 1er\u00a0octobre 2026 : à confirmer" in page
    assert "Cette structure est fermée" not in page
    assert not Event.objects.filter(verb="close").exists()


def test_published_again_it_is_asked_once(closed, publish):
    publish("closed")
    assert Closure.objects.get().pk == closed.pk and entry_named("FOUR").active


def test_without_an_answer_it_is_closed_after_thirty_days_once_told(closed, client, publish):
    days_pass(closed, told=False)
    assert entry_named("FOUR").active, "nobody could know yet"
    days_pass(closed)
    assert not entry_named("FOUR").active and listed() == ["LA BOUTIQUE SANS ARGENT"]
    page = client.get(f"/structures/{closed.organization.public_id}/").content.decode()
    assert "fermée depuis le 1er\u00a0octobre 2026" in page and "personne n’a répondu en trente jours" in page
    publish("closed")
    assert not entry_named("FOUR").active
    reopen_closure(closed, actor="test")
    refresh_directory()
    assert entry_named("FOUR").active and "LE FOUR BANAL" in listed()


def test_yes_closes_it_at_once_and_is_undone(closed, client):
    answer_closure(closed, "closed", origin="referent", actor="test")
    refresh_directory()
    assert not entry_named("FOUR").active
    page = client.get(f"/structures/{closed.organization.public_id}/").content.decode()
    assert "ce que la structure elle-même a confirmé" in page
    with pytest.raises(Refused, match="déjà reçu"):
        answer_closure(closed, "moved", origin="referent", actor="test")
    reopen_closure(closed, actor="test")
    refresh_directory()
    assert entry_named("FOUR").active
    with pytest.raises(Refused, match="pas de réponse"):
        reopen_closure(closed, actor="test")


@pytest.mark.parametrize("answer", ["moved", "taken_over", "mistake"])
def test_no_keeps_it_through_later_registers(closed, client, publish, answer):
    answer_closure(closed, answer, origin="referent", actor="test")
    days_pass(closed)
    publish("closed")
    assert entry_named("FOUR").active and Statement.objects.get().field == "state"
    assert "Le registre la dit fermée ; la structure elle-même répond" in client.get(
        f"/structures/{closed.organization.public_id}/"
    ).content.decode().replace("\u00a0", " ")
    reopen_closure(closed, actor="test")
    assert Statement.objects.get().status == "undone" and closure_of(closed.organization).status == "waiting"
    refresh_directory()
    assert entry_named("FOUR").active, "it waits again"


def test_a_register_that_takes_it_back_ends_the_question(closed, publish):
    publish("open")
    assert Closure.objects.get().status == "withdrawn" and closure_of(closed.organization) is None
    publish("closed")
    assert Closure.objects.count() == 2 and entry_named("FOUR").active


def test_a_structure_without_an_open_establishment_here_is_not_said_closed(publish, client):
    publish("open")
    publish("left")
    left = Closure.objects.get()
    assert left.why == "left"
    days_pass(left)
    assert not entry_named("FOUR").active
    page = client.get(f"/structures/{left.organization.public_id}/").content.decode()
    assert "ne lui connaissent plus d’établissement ouvert ici" in page and "est fermée" not in page
    hour = timedelta(hours=1)
    told = list(news.find(timezone.now() - hour, timezone.now() + hour))
    [gone] = [item for item in told if item.key.startswith("closed:")]
    assert gone.kind == "page" and "établissement ouvert ici" in gone.said and "ermée" not in gone.said


def test_after_the_register_corrected_itself_a_later_closure_is_asked_again(closed, publish):
    answer_closure(closed, "mistake", origin="referent", actor="test")
    publish("open")
    assert Statement.objects.get().status == "undone" and entry_named("FOUR").active
    publish("closed")
    asked = closure_of(closed.organization)
    assert asked and asked.pk != closed.pk and asked.status == "waiting"


@pytest.mark.parametrize(("said", "status"), [("closed", "confirmed"), ("open", "denied")])
def test_what_is_said_on_the_edit_page_answers_the_question(closed, said, status):
    state(closed.organization, {"state": said}, origin="referent", actor="test", publish=True)
    refresh_directory()
    closed.refresh_from_db()
    assert closed.status == status and entry_named("FOUR").active is (said == "open")
    days_pass(closed)
    assert entry_named("FOUR").active is (said == "open")
    undo_statement(Statement.objects.get(), actor="test")
    closed.refresh_from_db()
    assert (closed.status, closed.answer, closed.statement) == ("waiting", "", None)


def test_the_edit_page_says_that_it_is_closed(closed, client):
    client.force_login(a_referent(closed.organization))
    address = f"/structures/{closed.organization.public_id}/corriger/"
    shown = client.get(address).context["form"].initial
    typed = {name: value for name, value in shown.items() if value} | {"state": "closed"}
    assert client.post(address, typed).status_code == 302
    closed.refresh_from_db()
    assert closed.status == "confirmed"


def test_a_page_said_to_be_right_since_is_not_closed_by_silence(closed):
    confirmed = confirm_entry(closed.organization, by=a_referent(closed.organization), origin="referent")
    days_pass(closed)
    assert entry_named("FOUR").active
    undo_confirmation(confirmed, actor="test")
    days_pass(closed)
    assert not entry_named("FOUR").active


def test_the_question_goes_before_the_button(closed, client):
    client.force_login(a_referent(closed.organization))
    page = f"/structures/{closed.organization.public_id}/"
    entry, confirming = (client.get(page + path).content.decode() for path in ("", "confirmer/"))
    assert "Tout est exact : confirmer" not in entry
    assert "dites-nous d’abord si elle est fermée" in confirming and f"{page}fermeture/" in confirming
    assert "Tout est exact</button>" not in confirming
    answer_closure(closed, "mistake", origin="referent", actor="test")
    assert "Tout est exact</button>" in client.get(f"{page}confirmer/").content.decode()


def test_a_question_answered_meanwhile_loses_nothing(closed, client):
    client.force_login(a_referent(closed.organization))
    answer_closure(closed, "mistake", origin="referent", actor="test")
    late = client.post(
        f"/structures/{closed.organization.public_id}/fermeture/", {"answer": "closed", "note": "Mes mots"}
    )
    text = late.content.decode()
    assert late.status_code == 422 and "déjà reçu une réponse" in text and "Mes mots" in text
    assert "Déjà répondu" in text and closure_of(closed.organization).answer == "mistake"


def test_merged_into_another_it_asks_nothing_of_the_other(closed, mailoutbox):
    operator, shop = an_operator(), Organization.objects.get(name="LA BOUTIQUE SANS ARGENT")
    a_referent(shop)
    assert list(waiting.closures(operator))
    Organization.objects.filter(pk=closed.organization_id).update(canonical=shop)
    assert list(waiting.closures(operator)) == [] and letters.tell_closures() == "" and not mailoutbox
    days_pass(closed)
    closed.refresh_from_db()
    assert closed.status == "waiting"


def test_what_is_said_while_publishing_is_taken_in_the_next_minute(publish, monkeypatch):
    publish("open")
    shop, real = Organization.objects.get(name="LA BOUTIQUE SANS ARGENT"), services.said_of

    def then_somebody_speaks():
        found = real()
        state(shop, {"phone": "0549000000"}, origin="referent", actor="test", publish=True)
        return found

    monkeypatch.setattr(services, "said_of", then_somebody_speaks)
    publish("open")
    assert not Entry.objects.get(organization=shop).phone
    assert refresh_directory() == 1 and Entry.objects.get(organization=shop).phone
    publish("open")
    monkeypatch.undo()
    publish("open")
    assert not Touched.objects.exists(), "what was taken in is not taken in twice"


def test_what_people_already_say_of_its_existence_stays(publish):
    publish("open")
    oven = Organization.objects.get(name="LE FOUR BANAL")
    state(oven, {"state": "closed"}, origin="referent", actor="test", publish=True)
    refresh_directory()
    publish("closed")
    assert not Closure.objects.exists() and not entry_named("FOUR").active


def test_the_database_holds_one_question_and_says_what_was_answered(closed):
    with pytest.raises(IntegrityError), transaction.atomic():
        Closure.objects.create(
            organization=closed.organization, vintage=closed.vintage, due_on=closed.due_on, status="elapsed"
        )
    for wrong in ({"status": "confirmed"}, {"answer": "moved"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Closure.objects.filter(pk=closed.pk).update(**wrong)


def test_those_who_hold_it_are_told_once_and_answer_on_the_page(
    closed, client, mailoutbox, django_capture_on_commit_callbacks
):
    from horizon.care.freshness.letters import tell_closures

    people = [a_referent(closed.organization) for _ in range(2)]
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tell_closures()
    assert sorted(m.to[0] for m in mailoutbox) == sorted(p.email for p in people)
    address = f"/structures/{closed.organization.public_id}/fermeture/"
    assert address in mailoutbox[0].body and "30" not in mailoutbox[0].subject
    assert client.get(address).status_code == 302
    client.force_login(somebody())
    assert client.get(address).status_code == 403
    client.force_login(people[0])
    assert "fermée ?" in client.get("/bureau/").content.decode()
    wrong = client.post(address, {"note": "Reprise par la boutique"})
    assert wrong.status_code == 422 and "Reprise par la boutique" in wrong.content.decode()
    assert (
        client.post(address, {"answer": "taken_over", "note": "Reprise par la boutique"}).status_code == 302
    )
    said = client.get(address).content.decode()
    assert "Non, une autre structure" in said and "Annuler cette réponse" in said
    client.post(address, {"verb": "reopen"})
    assert closure_of(closed.organization).status == "waiting"
    client.force_login(people[1])
    client.post("/bureau/", {"one": f"accept|closure/{closed.pk}"})
    refresh_directory()
    assert not entry_named("FOUR").active
    client.post("/bureau/", {"verb": "undo"})
    refresh_directory()
    assert Entry.objects.get(organization=closed.organization).active


def test_a_page_that_somebody_holds_does_not_vanish_with_its_register(
    publish, client, mailoutbox, django_capture_on_commit_callbacks
):
    """Held, it stays and its people are asked, as when a register closes it; held by nobody, it says that it left."""
    publish("open")
    oven, shop = entry_named("FOUR"), entry_named("BOUTIQUE").organization.public_id
    holder, page = a_referent(oven.organization), f"/structures/{oven.organization.public_id}/"
    themes = list(oven.theme_rows.values_list("kind", "code", "reason"))
    sources = oven.organization.source_records.count()
    assert sources
    publish("gone")
    assert set(Event.objects.filter(verb="leave_registers").values_list("record_id", flat=True)) == {
        shop, oven.organization.public_id,
    }  # fmt: skip
    assert client.get(f"/structures/{shop}/").status_code == 410 and listed() == [
        "LE FOUR BANAL",
        "LE TIERS LIEU",
    ]
    shown = client.get(page).content.decode()
    assert "aucun registre ne la connaît plus ici : à confirmer" in shown
    kept = entry_named("FOUR")
    assert list(kept.theme_rows.values_list("kind", "code", "reason")) == themes
    assert kept.organization.source_records.count() == sources
    with django_capture_on_commit_callbacks(execute=True):
        letters.tell_closures()
    assert (
        mailoutbox[-1].to == [holder.email] and "aucun registre ne la connaît plus ici" in mailoutbox[-1].body
    )
    client.force_login(holder)
    assert client.get(f"{page}corriger/").status_code == 200
    publish("gone")
    assert Event.objects.filter(verb="leave_registers").count() == 2, "it left once"
    closure = Closure.objects.get()
    days_pass(closure)
    assert listed() == ["LE TIERS LIEU"]
    shown = client.get(page).content.decode()
    assert "Aucun registre public ne la connaît plus ici" in shown and "est fermée" not in shown
    publish("gone")
    assert client.get(page).status_code == 200 and not entry_named("FOUR").active
    answer_closure(closure, "mistake", origin="referent", actor="test")
    publish("gone")
    assert "LE FOUR BANAL" in listed()
    publish("open")
    assert entry_named("FOUR").active and Closure.objects.get().status == Closure.WITHDRAWN
    assert client.get(f"/structures/{shop}/").status_code == 200
    assert Event.objects.filter(verb="leave_registers").count() == 3, (
        "the one that only the other registers knew"
    )


def test_what_people_said_of_a_structure_outlives_its_register(publish):
    publish("open")
    oven = entry_named("FOUR").organization
    state(oven, {"hours": "Le mardi"}, origin=Statement.VISITOR, actor="test", publish=True)
    publish("gone")
    kept = entry_named("FOUR")
    assert kept.hours == "Le mardi" and kept.active and Closure.objects.get().why == Closure.GONE


def test_another_territory_published_asks_nobody(publish):
    publish("open")
    a_referent(entry_named("FOUR").organization)
    Publication.objects.update(territory_code="200000000")
    publish("gone")
    assert not Closure.objects.exists() and not Event.objects.filter(verb="leave_registers").exists()
