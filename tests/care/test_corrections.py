"""Correcting a page, by its people or by anybody; adding what is missing; pictures; the desk in batches."""

import io
import json
import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from horizon.actors.models import Organization
from horizon.care.contents import content_of
from horizon.care.models import Missing, Report
from horizon.care.services import receive_report
from horizon.directory.models import Confirmation, Entry, Photo, Statement
from horizon.directory.queries import live_entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import (
    put_statement_back,
    refuse_statement,
    state,
    take_statement_away,
    undo_statement,
)
from horizon.kernel.models import Event
from horizon.kernel.pictures import forget_removed, redraw
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def fill(client, page, **changes):
    """Posts the form as a browser would: everything it showed, then what the person changed."""
    text = client.get(page).content.decode()
    form = {}
    for name, value in re.findall(
        r'<input type="(?:text|hidden|email)" name="([^"]+)"(?: value="([^"]*)")?', text
    ):
        form[name] = value
    for name, body in re.findall(r'<textarea name="([^"]+)"[^>]*>\s*(.*?)</textarea>', text, re.S):
        form[name] = body
    for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        form[name] = chosen[1] if chosen else ""
    form["doors"] = re.findall(r'name="doors" value="(\w+)"[^>]* checked', text)
    import html

    form = {k: html.unescape(v) if isinstance(v, str) else v for k, v in form.items()}
    form.pop("csrfmiddlewaretoken", None)
    return client.post(page, {**form, **changes})


@pytest.mark.parametrize("doors", [[], ["nourrir", "instruire"]])
def test_the_form_sent_back_untouched_changes_nothing(client, organization, doors):
    """Doors are published by rank, and shown in one order for all: the order alone changes nothing."""
    Entry.objects.filter(organization=organization).update(doors=doors)
    client.force_login(a_referent(organization))
    answer = fill(client, f"/structures/{organization.public_id}/corriger/")
    assert (
        answer.status_code == 422
        and "Rien n’a changé" in answer.content.decode()
        and not Statement.objects.exists()
    )


def test_its_people_publish_at_once(client, organization):
    referent = a_referent(organization)
    client.force_login(referent)
    answer = fill(
        client, f"/structures/{organization.public_id}/corriger/", hours="Mardi 14 h", phone="05 36 49 12 34"
    )
    assert answer.status_code == 302
    assert {(s.field, s.status, s.origin, s.author) for s in Statement.objects.all()} == {
        ("hours", "published", "referent", referent), ("phone", "published", "referent", referent),
    }  # fmt: skip
    text = client.get(answer.url).content.decode()
    assert "05 36 49 12 34" in text and "Publié." in text


def test_two_people_correct_different_fields_at_once(client, organization):
    client.force_login(a_referent(organization))
    page = f"/structures/{organization.public_id}/corriger/"
    shown = re.search(r'name="shown" value="([^"]*)"', client.get(page).content.decode())[1]
    fill(client, page, hours="Mardi 14 h")
    import html

    values = json.loads(html.unescape(shown))
    client.post(page, {**values, "shown": html.unescape(shown), "acronym": "AP"})
    entry = live_entry(organization)
    assert (entry.hours, entry.acronym) == ("Mardi 14 h", "AP"), (
        "the second form did not know the new hours, and left them"
    )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [("website", "javascript:alert(1)", "pas complète"), ("phone", "douze", "dix chiffres"), ("email", "moi", "pas complète"),
     ("name", "", "a un nom"), ("hours", "x" * 601, "600"), ("commune", "75056", "dans la liste")],
)  # fmt: skip
def test_a_bad_value_comes_back_with_everything_typed(client, organization, field, typed, said):
    client.force_login(a_referent(organization))
    answer = fill(
        client,
        f"/structures/{organization.public_id}/corriger/",
        **{"description": "Gardez ceci", field: typed},
    )
    text = answer.content.decode()
    assert (
        answer.status_code == 422
        and said in text
        and "Gardez ceci" in text
        and not Statement.objects.exists()
    )
    assert f'id="id_{field}_error"' in text, "the error is tied to its field"


def test_anybody_proposes_and_is_told(client, organization, django_capture_on_commit_callbacks):
    page = f"/structures/{organization.public_id}/corriger/"
    fill(client, page, hours="<b>Samedi</b> 🚲", message="J’y étais", reply_to="Passant@Exemple.fr")
    statement = Statement.objects.get()
    assert (statement.status, statement.origin, statement.email) == (
        "proposed",
        "visitor",
        "passant@exemple.fr",
    )
    assert "Samedi" not in client.get(f"/structures/{organization.public_id}/").content.decode()
    referent = a_referent(organization)
    client.force_login(referent)
    desk = client.get("/bureau/").content.decode()
    assert "&lt;b&gt;Samedi" in desk and "J’y étais" in desk and "Aujourd’hui" in desk
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"accept|suggestion/{statement.pk}"})
    assert mail.outbox[-1].to == ["passant@exemple.fr"] and "est publiée" in mail.outbox[-1].body
    assert Statement.objects.get().email == ""
    assert "🚲" in client.get(f"/structures/{organization.public_id}/").content.decode()
    client.post("/bureau/", {"verb": "undo"})
    assert Statement.objects.get().status == "proposed"


def test_a_refusal_says_why(client, organization, django_capture_on_commit_callbacks):
    fill(
        client,
        f"/structures/{organization.public_id}/corriger/",
        hours="Dimanche",
        reply_to="passant@exemple.fr",
    )
    statement = Statement.objects.get()
    client.force_login(an_operator())
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/bureau/suggestions/{statement.pk}/", {"verb": "refuse", "reason": "Fermé le dimanche"})
    assert "Fermé le dimanche" in mail.outbox[-1].body
    assert (
        "Fermé le dimanche"
        in client.get(f"/structures/{organization.public_id}/historique/").content.decode()
    )


def test_the_structure_is_asked(client, organization, django_capture_on_commit_callbacks):
    fill(client, f"/structures/{organization.public_id}/corriger/", hours="Dimanche")
    referent = a_referent(organization)
    client.force_login(an_operator())
    page = f"/bureau/suggestions/{Statement.objects.get().pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "ask"})
    assert mail.outbox[-1].to == [referent.email] and page in mail.outbox[-1].body
    assert "Demandé à la structure le" in client.get("/bureau/").content.decode()


def test_a_stranger_answers_nothing(client, organization):
    fill(client, f"/structures/{organization.public_id}/corriger/", hours="Dimanche")
    statement = Statement.objects.get()
    client.force_login(somebody())
    assert client.get(f"/bureau/suggestions/{statement.pk}/").status_code == 404
    client.post("/bureau/", {"one": f"accept|suggestion/{statement.pk}"})
    assert Statement.objects.get().status == "proposed"


def test_a_robot_is_thanked_and_forgotten(client, organization):
    fill(client, f"/structures/{organization.public_id}/corriger/", hours="SPAM", second_message="achetez")
    assert not Statement.objects.exists()


def test_the_operator_enters_for_somebody(client, organization):
    operator = an_operator()
    client.force_login(operator)
    fill(
        client,
        f"/structures/{organization.public_id}/corriger/",
        hours="Mardi",
        heard_from="Mme X, trésorière, au téléphone",
    )
    statement = Statement.objects.get()
    assert (statement.origin, statement.heard_from) == ("operator", "Mme X, trésorière, au téléphone")
    history = f"/structures/{organization.public_id}/historique/"
    words = "Écrit par Ade Auxanciel. D’après : Mme X, trésorière, au téléphone."
    assert words in client.get(history).content.decode()
    client.force_login(a_referent(organization))
    assert words in client.get(history).content.decode(), "the structure reads who wrote for it"
    for other in (None, somebody()):
        client.logout()
        if other:
            client.force_login(other)
        for page in (history, f"/structures/{organization.public_id}/"):
            text = client.get(page).content.decode()
            assert "trésorière" not in text and "Auxanciel" not in text and "Écrit par" not in text
    told = Event.objects.get(verb="state").payload
    assert told["entered_for_somebody"] is True and "Mme X" not in json.dumps(told)


def test_a_batch_of_what_is_alike_is_answered_and_undone(client, published):
    for entry in Entry.objects.filter(in_perimeter=True, active=True):
        fill(client, f"/structures/{entry.organization.public_id}/corriger/", hours="Mardi")
    client.force_login(an_operator())
    desk = client.get("/bureau/?quoi=suggestion&semblables=visitor:hours").content.decode()
    handles = re.findall(r'name="item" value="([^"]+)"', desk)
    assert len(handles) == 7
    client.post("/bureau/", {"item": handles, "verb": "accept", "query": "quoi=suggestion"})
    assert Statement.objects.filter(status="published").count() == 7
    assert "Annuler les dernières réponses" in client.get("/bureau/").content.decode()
    client.post("/bureau/", {"verb": "undo"})
    assert Statement.objects.filter(status="proposed").count() == 7
    assert "Rien n’était coché" in client.post("/bureau/", {"verb": "accept"}, follow=True).content.decode()
    assert (
        "n’attend plus"
        in client.post("/bureau/", {"verb": "accept", "item": "nulle/1"}, follow=True).content.decode()
    )


def test_the_desk_costs_the_same_with_more_rows(client, published, django_assert_max_num_queries):
    for entry in Entry.objects.filter(in_perimeter=True, active=True):
        fill(client, f"/structures/{entry.organization.public_id}/corriger/", hours="Mardi", acronym="X")
        receive_report(entry.organization, subject="erreur", message="faux")
    client.force_login(an_operator())
    with django_assert_max_num_queries(56):
        text = client.get("/bureau/").content.decode()
    assert text.index("faux") > text.index("horaires"), "oldest first"


def test_three_fields_add_a_structure_by_phone(client, published):
    client.force_login(an_operator())
    typed = {
        "name": "Le Repas du dimanche",
        "commune": "86139",
        "description": "On cuisine ensemble",
        "kind": "declared",
    }
    answer = client.post("/ajouter/", typed)
    assert answer.status_code == 302
    refresh_directory()
    assert entry_named("Repas").organization.kind == Organization.DECLARED
    twin = client.post("/ajouter/", {**typed, "name": "Repas du dimanche"})
    text = twin.content.decode()
    assert twin.status_code == 422 and "existe peut-être déjà" in text and "On cuisine ensemble" in text
    sure = re.search(r'name="sure" value="([^"]*)"', text)[1]
    assert client.post("/ajouter/", {**typed, "name": "Repas du dimanche", "sure": sure}).status_code == 302
    assert client.post("/ajouter/", {"name": "", "commune": ""}).status_code == 422


def test_anybody_says_what_is_missing(client, published, django_capture_on_commit_callbacks):
    client.post(
        "/ajouter/", {"name": "La Laverie qui chante", "commune": "86139", "reply_to": "passant@exemple.fr"}
    )
    row = Missing.objects.get()
    client.force_login(an_operator())
    assert "La Laverie qui chante" in client.get("/bureau/").content.decode()
    assert client.get(f"/bureau/manquantes/{row.public_id}/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"accept|missing/{row.public_id}"})
    row.refresh_from_db()
    assert (
        row.email == ""
        and row.organization.name == "La Laverie qui chante"
        and mail.outbox[-1].to == ["passant@exemple.fr"]
    )
    client.post("/bureau/", {"verb": "undo"})
    refresh_directory()
    row.refresh_from_db()
    assert row.status == "open" and not Entry.objects.filter(name__contains="Laverie", active=True).exists()


def test_a_report_is_answered_and_reopened(client, organization, django_capture_on_commit_callbacks):
    report = receive_report(organization, subject="erreur", message="faux", email="passant@exemple.fr")
    client.force_login(an_operator())
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"accept|report/{report.public_id}"})
    assert mail.outbox[-1].to == ["passant@exemple.fr"] and Report.objects.get().status == "done"
    client.post("/bureau/", {"verb": "undo"})
    assert Report.objects.get().status == "open"


def picture(width=900, height=600, kind="JPEG", exif=None):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind, **({"exif": exif} if exif else {}))
    return SimpleUploadedFile("photo.jpg", out.getvalue(), content_type="image/jpeg")


def gps():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825)[2] = (46.0, 34.0, 49.0)
    return exif.tobytes()


def test_a_photo_is_drawn_again_without_what_it_hid(client, organization, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(a_referent(organization))
    page = f"/structures/{organization.public_id}/images/"
    typed = {"kind": "photo", "alt": "L’atelier", "author": "Lou", "licence": "cc-by"}
    assert client.post(page, {**typed, "file": picture(3000, 1500, exif=gps())}).status_code == 302
    photo = Photo.objects.get()
    body = b"".join(client.get(f"/photos/{photo.public_id}.webp").streaming_content)
    with Image.open(io.BytesIO(body)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (800, 1600), {})
    assert b"SECRETCAMERA" not in body
    assert 'alt="L’atelier"' in client.get(f"/structures/{organization.public_id}/").content.decode()
    client.post(f"{page}{photo.public_id}/")
    assert client.get(f"/photos/{photo.public_id}.webp").status_code == 404
    client.post(f"{page}{photo.public_id}/")
    assert client.get(f"/photos/{photo.public_id}.webp").status_code == 200
    assert client.post(page, {**typed, "alt": "", "file": picture()}).status_code == 422
    client.post(f"{page}{photo.public_id}/")
    from datetime import timedelta

    assert forget_removed(Photo, timedelta(0)) == 1 and not list(tmp_path.rglob("*.webp"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"\0" * 40,
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        b"\x89PNG\r\n\x1a\n" + b"x" * 30,
    ],
)
def test_what_is_no_picture_is_refused(body):
    with pytest.raises(Refused):
        redraw(SimpleUploadedFile("a.jpg", body))


def test_a_picture_too_large_is_refused(monkeypatch):
    from horizon.kernel import pictures

    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    with pytest.raises(Refused, match="pixels"):
        redraw(picture(100, 100))
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    with pytest.raises(Refused, match="12 Mo"):
        redraw(picture())


def test_confirming_says_it_lives(client, organization):
    client.force_login(a_referent(organization))
    page = f"/structures/{organization.public_id}/"
    client.post(f"{page}confirmer/")
    client.post(f"{page}confirmer/")
    assert Confirmation.objects.get().origin == "referent" and not Statement.objects.exists()
    assert "par elle-même" in client.get(page).content.decode()
    client.force_login(somebody())
    assert client.post(f"{page}confirmer/").status_code == 403


def test_a_home_corrected_away_is_seen_by_nobody_else(client, organization):
    """A corrected address, telephone or e-mail leaves the public history; other words stay, and may be reported."""
    referent = a_referent(organization)
    here = f"/structures/{organization.public_id}"
    before = {
        "address": "3 rue du Domicile 86600 Lusignan",
        "phone": "06 12 34 56 78",
        "email": "moi@example.org",
    }
    after = {
        "address": "Place de la Mairie 86600 Lusignan",
        "phone": "05 49 00 00 00",
        "email": "contact@example.org",
    }
    for values in (before | {"hours": "Mardi 14 h"}, after | {"hours": "Jeudi 15 h"}):
        state(organization, values, origin="referent", actor=referent.actor, author=referent, publish=True)
    text = client.get(f"{here}/historique/").content.decode()
    assert [value for value in before.values() if value in text] == []
    assert all(value in text for value in after.values()) and "Mardi 14 h" in text and "remplacée" in text
    client.force_login(referent)
    assert all(value in client.get(f"{here}/historique/").content.decode() for value in before.values())
    hours, home = Statement.objects.get(value="Mardi 14 h"), Statement.objects.get(value=before["address"])
    assert f"/signaler/statement/{hours.pk}/" in text and content_of("statement", str(home.pk)) is None
    assert content_of("statement", str(hours.pk)) is not None
    take_statement_away(hours, "Faux", actor="test")
    client.logout()
    assert "Mardi 14 h" not in client.get(f"{here}/historique/").content.decode()
    put_statement_back(hours, actor="test")
    hours.refresh_from_db()
    assert hours.status == "replaced" and live_entry(organization).hours == "Jeudi 15 h"


def test_only_what_was_published_is_history_for_everybody(client, organization):
    here = f"/structures/{organization.public_id}"
    fill(client, f"{here}/corriger/", description="Ce sont des voleurs")
    operator, referent = an_operator(), a_referent(organization)
    said = {"origin": Statement.REFERENT, "actor": referent.actor, "author": referent, "publish": True}
    for value in ("Mardi 14 h", "Jeudi 15 h"):
        state(organization, {"hours": value}, **said)
    away, undone = (
        state(organization, {field: value}, **said)[0]
        for field, value in (("description", "Des menteurs"), ("acronym", "RETIREE"))
    )
    take_statement_away(away, "Injurieux, raison dite", actor=operator.actor)
    undo_statement(undone, actor=referent.actor)
    refuse_statement(
        state(organization, {"hours": "Des escrocs"}, origin=Statement.VISITOR, actor="visitor")[0],
        "Faux, raison dite", actor=operator.actor,
    )  # fmt: skip
    kept = ["des voleurs", "Des menteurs", "Des escrocs", "RETIREE", "raison dite"]
    for one in (None, somebody()):
        if one:
            client.force_login(one)
        text = client.get(f"{here}/historique/").content.decode()
        assert [words for words in kept if words in text] == []
        assert "Mardi 14 h" in text and "Jeudi 15 h" in text and "annulée" in text
        assert "le reste est gardé" in text
    for one in (operator, referent):
        client.force_login(one)
        text = client.get(f"{here}/historique/").content.decode()
        assert [words for words in kept if words not in text] == []
