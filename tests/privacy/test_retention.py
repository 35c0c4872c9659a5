"""What is kept is declared with its term, the terms are applied each day, and the public register says the same."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import models
from django.utils import timezone
from django.utils.http import int_to_base36

from horizon.actors.models import ContactNote, Invitation, Membership, OrganizationRole, Person, SeenAgent
from horizon.actors.services import people, upkeep
from horizon.care import contents, services
from horizon.care.models import Claim, ContentReport, Missing, Report
from horizon.directory.models import Closure, Confirmation, Statement
from horizon.directory.said.services import state
from horizon.exchange.models import Deal, Listing, Message
from horizon.kernel import naming, periodic, processing
from horizon.kernel.models import Event
from horizon.kernel.processing import forget_what_is_past, processings
from horizon.listening.services import saying
from horizon.subscriptions.models import Subscriber
from horizon.subscriptions.services import following
from horizon.subscriptions.topics import find_topic
from horizon.values.models import Visit
from tests.people import again, an_operator, entry_named, somebody
from tests.privacy import everywhere_kit as kit

pytestmark = pytest.mark.django_db
YEARS = timedelta(days=366)


@pytest.fixture
def site(published, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return published


def test_every_table_about_people_has_a_declared_term():
    declared = {label for one in processings() for kept in one.kept for label in kept.tables}
    personal = {model._meta.label for model, _ in kit.people_fields()}
    personal |= {text.model for text in naming.free_texts()} - {
        "actors.Pole",
        "actors.PoleChange",
        "actors.RelayConsent",
    }
    personal |= {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label != "directory" or model is Statement
        for field in model._meta.concrete_fields
        if isinstance(field, models.EmailField)
    }
    assert personal - declared - {"account.EmailConfirmation"} == set()
    assert all(apps.get_model(label) for label in declared)


def test_every_term_is_applied_by_something_that_exists():
    jobs = {job.name for job in periodic.jobs()}
    assert "keep no longer than said" in jobs
    for one in processings():
        for kept in one.kept:
            ways = [kept.forget is not None, bool(kept.job), kept.with_account]
            assert sum(ways) == 1, f"{one.code}: {kept.what}"
            assert not kept.job or kept.job in jobs, kept.job


def test_the_register_says_every_processing_and_who_answers_for_it(client, settings):
    settings.OPERATOR, settings.CONTACT = "Coopérative de l’Exemple", "donnees@example.org"
    page = client.get("/vie-privee/registre/").content.decode()
    assert "Coopérative de l’Exemple" in page and "donnees@example.org" in page
    for one in processings():
        assert one.title in page and one.purpose in page and one.basis in page
        assert all(kept.how_long in page for kept in one.kept)
    assert "/vie-privee/registre/" in client.get("/vie-privee/").content.decode()


def test_nothing_goes_before_its_term(site):
    kit.live_everywhere()
    before = kit.every_word()
    assert forget_what_is_past(timezone.now() + timedelta(days=80)) == ""
    assert kit.every_word() == before


def test_what_is_past_goes_once_and_is_journalled(site):
    who = kit.live_everywhere()
    Claim.objects.update(status=Claim.GRANTED, decided_at=timezone.now())
    services.close_report(Report.objects.get(), status=Report.DONE, answer="Oui", actor="test")
    services.refuse_missing(Missing.objects.get(), "Non", actor="test")
    OrganizationRole.objects.filter(person=who).update(until=timezone.now())
    Listing.objects.filter(person=who).update(status=Listing.EXPIRED)
    Deal.objects.filter(status__in=Deal.OPEN).update(status=Deal.CANCELLED)
    Statement.objects.filter(message="gentiane").update(status=Statement.REPLACED)
    SeenAgent.objects.update(answered_at=timezone.now())
    gone = forget_what_is_past(timezone.now() + 4 * YEARS)
    for part in (
        "roles 1",
        "roles 3",
        "roles 4",
        "collective 1",
        "claims 1",
        "reports 1",
        "reports 3",
        "exchanges 1",
        "exchanges 2",
        "exchanges 4",
        "collective 5",
        "statements 1",
        "freshness 1",
        "freshness 2",
        "values 3",
    ):
        assert part in gone, part
    assert not Invitation.objects.exists() and not ContactNote.objects.exists() and not Claim.objects.exists()
    assert not OrganizationRole.objects.filter(person=who).exists() and Report.objects.get().message == ""
    assert not Missing.objects.exists() and not Message.objects.exclude(text="").exists()
    assert (
        not Listing.objects.filter(person=who).exists()
        and Listing.objects.filter(title="Annonce reprise").exists()
    )
    assert not Statement.objects.filter(message="gentiane").exists()
    assert not Listing.objects.exclude(heard_from="").exists()
    assert not Membership.objects.exclude(heard_from="").exists()
    assert set(Confirmation.objects.values_list("heard_from", flat=True)) == {"", naming.ERASED}
    assert not Closure.objects.exclude(note="").exists()
    assert [visit.status for visit in Visit.objects.all()] == [Visit.DONE]
    assert Event.objects.filter(actor="worker", verb__startswith="forget").count() >= 9
    assert forget_what_is_past(timezone.now() + 4 * YEARS) == ""


def test_a_silent_account_is_asked_then_erased_and_one_that_enters_stays(
    django_capture_on_commit_callbacks, client
):
    now = timezone.now()
    quiet, back, held = somebody("Nour Vonnelune"), somebody("Lou Paludeclair"), somebody("Ade Auxanciel")
    Person.objects.filter(pk__in=[quiet.pk, back.pk, held.pk]).update(last_login=now - timedelta(days=1070))
    from horizon.actors.models import Mandate
    from horizon.actors.services.poles import give_mandate

    give_mandate(held, Mandate.ELECTED, actor="test")
    with django_capture_on_commit_callbacks(execute=True):
        forget_what_is_past(now)
    assert sorted(message.to[0] for message in mail.outbox) == sorted([quiet.email, back.email])
    assert "effaçons dans un mois" in mail.outbox[0].body and "/entrer/" in mail.outbox[0].body
    client.force_login(back)
    with django_capture_on_commit_callbacks(execute=True):
        assert "accounts 1: 1" in forget_what_is_past(now + timedelta(days=31))
    assert len(mail.outbox) == 2
    assert not Person.objects.filter(pk=quiet.pk).exists()
    assert again(back) and again(held)
    with django_capture_on_commit_callbacks(execute=True):
        forget_what_is_past(now + timedelta(days=1200))
    assert len(mail.outbox) == 3 and Person.objects.filter(pk=back.pk).exists(), (
        "silent again: asked again first"
    )


def test_sessions_that_are_over_go(client):
    client.force_login(somebody())
    assert Session.objects.count() == 1
    forget_what_is_past(timezone.now())
    assert Session.objects.count() == 1
    forget_what_is_past(timezone.now() + timedelta(days=91))
    assert Session.objects.count() == 0


def test_erasing_closes_the_sessions_of_that_person_only(client, django_capture_on_commit_callbacks):
    who, other, near = somebody(), somebody(), somebody()
    Person.objects.filter(pk=near.pk).update(email=f"x{who.email}.example")
    for one in (who, other, near):
        type(client)().force_login(one)
    theirs, quoting = other.email, {"words": f"écrire à {who.email}", "_auth_user_id": str(other.pk)}
    kept = [
        {"account_login": {"email": f"x{who.email}", "user_pk": None}},
        {"account_login": {"email": theirs, "user_pk": int_to_base36(other.pk), "state": {}}},
        {"account_login": {"email": None, "user_pk": None, "state": {"next": f"/?q={who.email}"}}},
        {"proconnect.known": {"email": f"{who.email}.example"}},
        quoting,
    ]
    gone = [
        {"account_login": {"email": who.email, "user_pk": None, "state": {}}},
        {"account_login": {"email": None, "user_pk": int_to_base36(who.pk), "state": None}},
        {"proconnect.known": {"email": who.email}},
    ]
    for session in [*kept, *gone]:
        store = SessionStore()
        store.update(session)
        store.save()
    before = Session.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        people.erase_person(who)
        assert Session.objects.count() == before, "not before the erasure is written"
    left = [row.get_decoded() for row in Session.objects.all()]
    assert [one for one in kept if one not in left] == [] and [one for one in gone if one in left] == []
    assert sorted({one["_auth_user_id"] for one in left if "_auth_user_id" in one}) == sorted(
        [str(other.pk), str(near.pk)]
    )
    assert len(left) == before - 4


def test_a_term_that_fails_stops_no_other(site, client, monkeypatch):
    client.force_login(somebody())
    one = next(p for p in processings() if p.code == "accounts")
    broken = replace(one, kept=(replace(one.kept[0], forget=lambda now: 1 / 0), *one.kept[1:]))
    monkeypatch.setitem(processing._declared, "accounts", broken)
    said = forget_what_is_past(timezone.now() + timedelta(days=91))
    assert said.startswith("failed: accounts 1") and "accounts 5: 1" in said
    assert Session.objects.count() == 0


def test_somebody_who_cannot_be_erased_stops_nobody_else(monkeypatch):
    now = timezone.now()
    stuck, gone, near = somebody(), somebody(), somebody()
    for one, days in ((stuck, 1200), (gone, 1200), (near, 1070)):
        Person.objects.filter(pk=one.pk).update(last_login=now - timedelta(days=days))
    Person.objects.filter(pk__in=[stuck.pk, gone.pk]).update(asked_to_stay_at=now - timedelta(days=40))
    erase = upkeep.erase_person
    monkeypatch.setattr(upkeep, "erase_person", lambda who: 1 / 0 if who.pk == stuck.pk else erase(who))
    assert "failed: accounts 1" in forget_what_is_past(now)
    assert set(Person.objects.values_list("pk", flat=True)) == {stuck.pk, near.pk}
    assert again(near).asked_to_stay_at == now


def test_who_proposed_a_structure_that_was_added_is_forgotten_after_a_year(site):
    operator, who = an_operator(), somebody()
    services.suggest_missing({"name": "Le Bol", "commune": "86139"}, author=who)
    services.add_missing(Missing.objects.get(), actor=operator.actor)
    forget_what_is_past(timezone.now() + timedelta(days=300))
    assert Missing.objects.get().author == who
    assert "reports 3: 1" in forget_what_is_past(timezone.now() + YEARS)
    assert Missing.objects.get().author is None and Event.objects.filter(verb="forget_author").count() == 1
    assert "reports 3" not in forget_what_is_past(timezone.now() + YEARS)


def test_an_address_that_nobody_answers_goes_after_a_year(site):
    """A report, a reported content, a structure said missing, a suggestion: the question stays, the address does not."""
    address = "attend@example.org"
    bike = entry_named("Pédalier").organization
    services.receive_report(bike, subject="erreur", message="faux", email=address)
    services.suggest_missing({"name": "Le Lavoir", "commune": "86139"}, email=address)
    state(bike, {"hours": "Mardi"}, origin=Statement.VISITOR, actor="visitor", email=address)
    kept = state(bike, {"description": "Un atelier."}, origin=Statement.OPERATOR, actor="test", publish=True)[
        0
    ]
    row = contents.report_content("statement", str(kept.pk), ground="false", message="", email=address)
    waits = (Report, Missing, Statement, ContentReport)
    now = timezone.now()
    forget_what_is_past(now + timedelta(days=364))
    assert all(model.objects.filter(email=address).count() == 1 for model in waits)
    ContentReport.objects.update(status=ContentReport.CONTESTED, appealed_at=now + timedelta(days=300))
    forget_what_is_past(now + timedelta(days=366))
    assert [model.objects.filter(email=address).count() for model in waits] == [0, 0, 0, 1], "contested since"
    forget_what_is_past(now + timedelta(days=666))
    assert not ContentReport.objects.exclude(email="").exists()
    assert Report.objects.get().message == "faux" and ContentReport.objects.get().pk == row.pk
    assert Event.objects.filter(verb="forget_address", actor="worker").count() == 4
    assert sum("un an sans réponse" in one.data for one in processings()) == 2


def test_the_export_covers_the_address_as_erasure_does(site):
    """What the same address said and followed before it had an account is in the export, then goes with it."""
    person = somebody("Nour Vonnelune")
    voice = saying.say_need("Un banc à Lusignan", once=saying.fresh_once(), email=person.email)
    topic = find_topic("commune", "86139")
    following.ask_to_follow(person.email, topic, timezone.now())
    told = people.export_person(person)
    assert [one["need"] for one in told["listening"]["voices"]] == [voice.need.public_id]
    assert [one["value"] for one in told["subscriptions"]["without_account"]["follows"]] == ["86139"]
    people.erase_person(person)
    assert not Subscriber.objects.exists()
    voice.refresh_from_db()
    assert voice.email == ""
