"""Erasing somebody who acted in every room: no trace of them anywhere, counts unchanged, seals whole; and what is declared."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.actors.services import people
from horizon.directory.models import Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.kernel import naming, registry, sealing
from horizon.kernel.mail import send_waiting
from horizon.kernel.models import Event, PrivateReference
from horizon.kernel.verify import verify
from tests.people import enter
from tests.privacy import everywhere_kit as kit

pytestmark = pytest.mark.django_db
ROOMS = {
    "kernel",
    "actors",
    "directory",
    "listening",
    "exchange",
    "relief",
    "pages",
    "subscriptions",
    "care",
    "values",
}
# Fields of people's tables where nobody writes freely, and why.
NOT_FREE = {
    "codes and keys": {
        "actors.OrganizationRole.obtained_by", "actors.Invitation.token", "directory.Statement.licence", "directory.Entry.website",
        "care.Import.digest", "care.Import.licence", "care.ImportMapping.licence", "care.ImportLine.key_id", "care.Claim.digest",
        "care.LookedAt.digest", "exchange.Listing.terms", "exchange.ListingTerm.term", "listening.NeedTerm.term",
        "relief.Volunteer.skills", "relief.Volunteer.parts", "pages.Path.answers", "pages.Version.code", "pages.Path.ticks", "kernel.Event.verb",
        "kernel.Event.record_type", "kernel.Event.record_id", "kernel.SealedEvent.hash", "kernel.Seal.head",
        "kernel.PeriodicRun.name", "subscriptions.Subscription.value", "subscriptions.Told.event", "care.DuplicateSuggestion.reasons",
        "care.DuplicateSuggestion.doubts", "care.DuplicateSuggestion.followers", "care.DuplicateSuggestion.answers",
        "actors.Mandate.themes", "care.ImportLine.candidates", "care.ImportLine.keys", "care.ImportLine.key_name", "care.Import.headers",
        "care.Import.mapping", "care.ImportMapping.key", "care.ImportMapping.mapping", "care.ImportMapping.source",
    },
    "the person's own row, erased with them": {"actors.Person.name", "actors.Person.password"},
    "opened by an erasable row": {"kernel.Event.actor", "kernel.Event.payload", "kernel.PrivateReference.name",
                                  "kernel.PrivateReference.value"},
    "the name that was erased, until the desk answers": {"actors.LeftName.word", "actors.LeftName.rows"},
    "a job's own words": {"kernel.PeriodicRun.outcome"},
    "tied to no person, gone within the hour": {"kernel.InterruptedPost.key", "kernel.InterruptedPost.path", "kernel.InterruptedPost.came_from",
                                                "kernel.InterruptedPost.fields", "kernel.InterruptedPost.files"},
    "names of structures, poles and colleges": {"actors.Organization.name", "actors.College.name", "actors.Pole.name",
                                                "actors.Pole.description"},
}  # fmt: skip
# Made again from registers and statements each minute or at each publication; the check of a site, by the worker.
DERIVED = {"directory.Entry", "directory.EntryReason", "directory.EntryTheme", "directory.SearchTerm", "directory.SourceRecord",
           "directory.Publication", "directory.Identifier", "directory.SiteCheck"}  # fmt: skip


@pytest.fixture
def site(published, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return published


def traces(words):
    """The tables where these words are, whatever the case and the spaces of a telephone."""
    found = {}
    for table, text in kit.every_word().items():
        folded = text.casefold()
        close = folded.replace(" ", "").replace(".", "")
        seen = [word for word in words if word in folded or word.isdigit() and word in close]
        if seen:
            found[table] = seen
    return found


def test_somebody_who_acted_everywhere_leaves_no_trace(site, client):
    who = kit.live_everywhere()
    enter(client, who)
    assert client.post("/moi/", {"name": kit.NAME}).status_code == 302
    refresh_directory()
    send_waiting(
        timezone.now() + timedelta(hours=1)
    )  # what was written to others has left, as the worker does
    sealing.seal_committed()
    kept_head = sealing.last_seal().head
    absent = [
        f"{model._meta.label}.{field.name}"
        for model, field in kit.people_fields()
        if not model._default_manager.filter(**{field.name: who}).exists()
    ]
    assert absent == [], "the person of this test must stand in each of these fields"
    assert len(traces(kit.WORDS)) >= 20 and set(kit.PRIVATE) == {
        w for t in traces(kit.PRIVATE).values() for w in t
    }
    before, events = kit.counts(), Event.objects.count()

    assert client.post("/moi/effacer/").status_code == 302
    refresh_directory()

    assert not Person.objects.filter(email=kit.EMAIL).exists()
    assert traces([*kit.WORDS, *kit.PRIVATE]) == {}
    assert kit.counts() == before
    assert not PrivateReference.objects.filter(value__in=[kit.EMAIL, kit.NAME]).exists()
    sealing.seal_committed()
    lines = list(sealing.export_lines())
    proof = verify(lines, heads=[kept_head], published=sealing.published_lines())
    assert proof.events == Event.objects.count() > events
    assert not any(word.encode() in line.lower() for line in lines for word in kit.WORDS)


def test_what_others_wrote_stays_without_the_name(site):
    who = kit.live_everywhere()
    people.erase_person(who)
    refresh_directory()
    note = apps.get_model("actors.ContactNote").objects.get(text__startswith="Parlé")
    assert note.text == "Parlé à (effacé), (effacé), (effacé)"
    said = {
        row.field: (row.value, row.status)
        for row in Statement.objects.filter(author=None, origin=Statement.REFERENT)
    }
    assert said["description"] == ("Demandez (effacé) au (effacé)", Statement.PUBLISHED)
    assert said["email"] == ("", Statement.UNDONE) and said["phone"] == ("", Statement.UNDONE)
    shared = apps.get_model("listening.Need").objects.get(text__contains="banc")
    assert "chez (effacé) à Lusignan" in shared.text and shared.voices.count() == 2
    published = apps.get_model("values.Assessment").objects.get(status="published")
    answer = published.answers.get()
    assert (answer.words, answer.link) == ("Réparer, avec (effacé).", "") and published.author is None
    visit = apps.get_model("values.Visit").objects.get(status="done")
    assert visit.who == "deux bénévoles, (effacé) les reçoit" and visit.reply == "Merci ! (effacé), (effacé)"
    assert visit.seen.get().note == "(effacé) nous a montré l’atelier."
    heard = apps.get_model("directory.Confirmation").objects.get(origin=Statement.OPERATOR)
    assert heard.heard_from == "(effacé), trésorière, au (effacé)"
    notes = apps.get_model("directory.Closure").objects.values_list("note", flat=True)
    assert sorted(notes) == ["", "(effacé) dit que non"]


def test_the_export_holds_every_row_that_points_to_the_person(site, client):
    """One unmistakable piece of each declared table is in the file that the person takes away."""
    who = kit.live_everywhere()
    taken = json.dumps(people.export_person(who), ensure_ascii=False)
    for words in (
        *kit.PRIVATE, "chargée de mission", "note écrite par elle", "le veut", "convention signée de", "Le Bol", "trésorière",
        "liste de", "laverie", kit.PHONE, "86139", "loger", "C’est à l’étude", "répare",
        "Réparer, avec", "Brouillon de", "les reçoit", "nous a montré", "Merci !", "Pas en ce moment",
    ):  # fmt: skip
        assert words in taken, words


def test_every_table_that_points_to_a_person_is_declared():
    declared = {label for one in registry.personal_data().values() for label in one.rows}
    pointing = {model._meta.label for model, _ in kit.people_fields()}
    assert pointing - declared == set(), "declare_personal_data(rows=…) with what exports and erases them"
    assert {label for label in declared if apps.get_model(label) is None} == set()


def test_every_text_where_somebody_may_be_named_is_declared():
    free = {f"{text.model}.{field}" for text in naming.free_texts() for field in text.fields}
    known = free | {field for fields in NOT_FREE.values() for field in fields}
    for model in apps.get_models():
        label = model._meta.label
        if label.split(".")[0] not in ROOMS or label in DERIVED:
            continue
        for field in model._meta.concrete_fields:
            if not isinstance(field, (models.CharField, models.TextField, models.JSONField)) or field.choices:
                continue
            if isinstance(field, (models.EmailField, models.FileField)) or (field.max_length or 99) < 40:
                continue
            assert f"{label}.{field.name}" in known, f"{label}.{field.name}: may somebody be named there?"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Voir zélie QUERCANTOREL.", "Voir (effacé)."),
        ("Zélie\nQuercantorel", "(effacé)"),
        ("Zélie Quercantorelle", "Zélie Quercantorelle"),
        ("Zélie vient", "Zélie vient"),
        ("au 06.98.76.54.32 ou +33 6 98 76 54 32", "au (effacé) ou (effacé)"),
        ("+33 (0)6-98-76-54-32", "(effacé)"),
        ("06 98 76 54 321", "06 98 76 54 321"),
        ("06 98 76 54 33", "06 98 76 54 33"),
        ("ZELIE.QUERCANTOREL@example.org, vite", "(effacé), vite"),
        ("Zelie \u00a0Quercantorel", "(effacé)"),
        ("QUERCANTOREL, Zélie", "(effacé)"),
        ("une zélie quercantorel", "une zélie quercantorel"),
        ({"a": ["Zélie Quercantorel", 3, None]}, {"a": ["(effacé)", 3, None]}),
    ],
)
def test_what_names_somebody_by_hand(text, left):
    names = naming.names_of(kit.NAME, kit.EMAIL, [kit.PHONE])
    assert naming.without(text, names) == left


def test_taking_names_out_is_done_with_the_erasure_or_not_at_all(site, monkeypatch):
    who = kit.live_everywhere()
    before = traces(kit.WORDS)
    monkeypatch.setattr(people, "take_names_out", lambda *words: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        people.erase_person(who)
    assert traces(kit.WORDS) == before
