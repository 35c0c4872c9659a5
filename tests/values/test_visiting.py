"""A peer comes and looks: asked by one, accepted by the other, written, confirmed by both, old after three years."""

import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import College
from horizon.actors.services import collective
from horizon.actors.services.people import erase_person, join_as_referent
from horizon.kernel import news
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import waiting_for
from horizon.values import forms
from horizon.values.criteria import criteria
from horizon.values.models import Assessment, Visit
from horizon.values.queries import current
from horizon.values.services import visiting
from horizon.values.services.assessing import publish, withdraw
from horizon.values.services.visiting import (
    answer_visit,
    cancel_visit,
    confirm_visit,
    note_visit,
    propose_visit,
    reopen_visit,
    reply_to,
    write_report,
)
from horizon.values.views import visits
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
SEEN = {"but": ("seen", "L’atelier tourne."), "salaires": ("not_seen", "")}


@pytest.fixture
def sides(published):
    """The bike workshop published its values; the bakery is of the collective. Somebody acts for each."""
    operator = an_operator()
    bike, bread = entry_named("Pédalier").organization, entry_named("PAIN").organization
    people = a_referent(bike), a_referent(bread)
    asked = collective.request_membership(
        bread, College.objects.filter(partner=False).first(), by=people[1], actor="test", motive=""
    )
    collective.decide_membership(asked, True, actor=operator.actor)
    publish(bike, {"but": ("yes", "Réparer.", ""), "salaires": ("going", "", "")}, by=people[0])
    return bike, bread, *map(again, people), again(operator)


def today(days=0):
    return timezone.localdate() + timedelta(days=days)


def published_on(organization, days):
    """The last version of an organization, as if it was published some days from today."""
    version = current(organization)
    version.published_at = timezone.now() + timedelta(days=days)
    version.save()
    return version


def planned(sides, on=None, from_visitor=True):
    bike, bread, holder, baker, _ = sides
    visit = propose_visit(
        bike,
        bread,
        on or today(),
        "Deux bénévoles",
        by=baker if from_visitor else holder,
        from_visitor=from_visitor,
    )
    return answer_visit(visit, True, by=holder if from_visitor else baker)


def done(sides, on=None):
    _, _, holder, baker, _ = sides
    visit = write_report(planned(sides, on), SEEN, by=baker)
    confirm_visit(visit, "visitor", by=baker)
    return confirm_visit(visit, "visited", by=holder)


def shown_on(client, page):
    """Which text a page shows, as its form sends it back."""
    return {"stamp": re.search(r'name="stamp" value="(\w+)"', client.get(page).content.decode())[1]}


def test_nobody_confirms_a_text_that_they_did_not_read(client, sides):
    _, _, holder, baker, _ = sides
    visit = write_report(planned(sides), SEEN, by=baker)
    here = f"/visites/{visit.public_id}/"
    client.force_login(holder)
    read = shown_on(client, here)
    write_report(visit, {"but": ("not_seen", "Autre chose.")}, by=baker)
    confirm_visit(visit, "visitor", by=baker)
    for old in (read, {}):
        refused = client.post(f"{here}agir/", {"verb": "confirm"} | old, follow=True)
        assert "a changé depuis : relisez-le, puis confirmez" in refused.content.decode()
    assert Visit.objects.get().status == "accepted"
    client.post(f"{here}agir/", {"verb": "confirm"} | shown_on(client, here))
    assert Visit.objects.get().status == "done"


def test_what_is_written_over_a_text_that_changed_is_kept_and_sent_again(client, sides):
    _, _, holder, baker, _ = sides
    visit = write_report(planned(sides), SEEN, by=baker)
    here = f"/visites/{visit.public_id}/"
    for person, path, typed in (
        (baker, "compte-rendu/", {"but-verdict": "seen", "but-note": "Mes mots à moi"}),
        (holder, "reponse/", {"reply": "Mes mots à moi"}),
    ):
        client.force_login(person)
        read = shown_on(client, here + path)
        reply_to(visit, f"Merci, {path}", by=holder)
        late = client.post(here + path, typed | read)
        text = late.content.decode()
        assert late.status_code == 422 and "a changé depuis" in text and "Mes mots à moi" in text
        assert Visit.objects.get().reply == f"Merci, {path}"
        again_read = {"stamp": re.search(r'name="stamp" value="(\w+)"', text)[1]}
        assert client.post(here + path, typed | again_read).status_code == 302
    assert Visit.objects.get().seen.get().note == Visit.objects.get().reply == "Mes mots à moi"


def test_a_visit_cancelled_after_a_confirmation_comes_back_unconfirmed(sides):
    _, _, holder, baker, _ = sides
    visit = write_report(planned(sides), SEEN, by=baker)
    confirm_visit(visit, "visitor", by=baker)
    with pytest.raises(Refused):
        reopen_visit(visit, by=holder)
    cancel_visit(visit, by=holder)
    back = reopen_visit(visit, by=baker)
    assert (back.status, back.visitor_agreed_at, back.visited_agreed_at) == ("proposed", None, None)


def test_who_was_refused_does_not_erase_the_refusal(client, sides):
    bike, bread, holder, baker, _ = sides
    visit = propose_visit(bike, bread, today(), "", by=baker, from_visitor=True)
    answer_visit(visit, False, by=holder, reason="Pas avant l’été")
    page = f"/visites/{visit.public_id}/"
    client.force_login(baker)
    assert "Revenir en arrière" not in client.get(page).content.decode()
    client.post(f"{page}agir/", {"verb": "reopen"})
    assert Visit.objects.get().reason == "Pas avant l’été"
    client.force_login(holder)
    assert "Revenir en arrière" in client.get(page).content.decode()
    client.post(f"{page}agir/", {"verb": "reopen"})
    assert Visit.objects.get().status == "proposed"


def test_the_whole_way_by_its_pages(client, sides, mailoutbox, django_capture_on_commit_callbacks):
    bike, bread, holder, baker, _ = sides
    page = f"/structures/{bike.public_id}/valeurs/"
    client.force_login(baker)
    assert "Proposer de venir voir" in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(
            f"{page}visite/", {"other": bread.public_id, "on": today().isoformat(), "who": "Deux bénévoles"}
        )
    visit = Visit.objects.get()
    here = f"/visites/{visit.public_id}/"
    assert sent["Location"] == here and mailoutbox[-1].to == [holder.email] and here in mailoutbox[-1].body
    client.force_login(holder)
    assert "Visite à accepter" in client.get("/bureau/").content.decode()
    refused = client.post(f"{here}repondre/", {"verb": "decline", "reason": ""})
    assert refused.status_code == 422 and "Dites pourquoi" in refused.content.decode()
    assert client.post(f"{here}repondre/", {"verb": "accept", "on": ""}).status_code == 302
    client.force_login(baker)
    assert "Visite à raconter" in client.get("/bureau/").content.decode()
    assert "Réparer." in client.get(f"{here}compte-rendu/").content.decode(), "what it answered is beside"
    client.post(
        f"{here}compte-rendu/",
        {"who": "Deux bénévoles", "but-verdict": "seen", "but-note": "L’atelier tourne."}
        | shown_on(client, f"{here}compte-rendu/"),
    )
    client.post(f"{here}agir/", {"verb": "confirm"} | shown_on(client, here))
    client.logout()
    assert client.get(here).status_code == 302 and "atelier tourne" not in client.get(page).content.decode()
    client.force_login(holder)
    assert "Visite à confirmer" in client.get("/bureau/").content.decode()
    client.post(f"{here}reponse/", {"reply": "Merci d’être venus."} | shown_on(client, f"{here}reponse/"))
    assert not Visit.objects.get().visitor_agreed_at, "a word changed asks the other again"
    for person in (holder, baker):
        client.force_login(person)
        client.post(f"{here}agir/", {"verb": "confirm"} | shown_on(client, here))
    client.logout()
    shown = client.get(page).content.decode()
    assert "<b>Vu</b> par SCOP LE PAIN VIVANT" in shown and "L’atelier tourne." in shown
    assert "Merci d’être venus." in client.get(here).content.decode()
    assert "Vu,\u00a0" in client.get(f"/structures/{bike.public_id}/").content.decode()
    assert any(
        item.said.startswith("Visitée par")
        for item in news.news_between(timezone.now() - timedelta(days=1), timezone.now())
    )


def test_the_visited_invites_and_the_visitor_accepts(client, sides):
    bike, bread, holder, baker, _ = sides
    client.force_login(holder)
    form = client.get(f"/structures/{bike.public_id}/valeurs/visite/").content.decode()
    assert "SCOP LE PAIN VIVANT" in form and "Qui inviter" in form
    client.post(
        f"/structures/{bike.public_id}/valeurs/visite/",
        {"other": bread.public_id, "on": today(9).isoformat()},
    )
    visit = Visit.objects.get()
    assert not visit.asked_by_visitor
    assert client.get(f"/visites/{visit.public_id}/repondre/").status_code == 403, "not one's own invitation"
    client.force_login(baker)
    client.post("/bureau/", {"one": f"accept|visit/{visit.public_id}"})
    assert Visit.objects.get().status == "accepted"
    client.post("/bureau/", {"verb": "undo"})
    assert Visit.objects.get().status == "proposed"


def test_who_may_not(client, sides):
    bike, bread, holder, baker, operator = sides
    stage = entry_named("VONNE").organization
    with pytest.raises(Refused, match="du collectif"):
        propose_visit(bike, stage, today(), "", by=baker, from_visitor=True)
    with pytest.raises(Refused, match="soi-même"):
        propose_visit(bike, bike, today(), "", by=holder, from_visitor=True)
    with pytest.raises(Refused, match="rien publié"):
        propose_visit(stage, bread, today(), "", by=baker, from_visitor=True)
    visit = planned(sides)
    with pytest.raises(Refused, match="déjà prévue"):
        propose_visit(bike, bread, today(), "", by=baker, from_visitor=True)
    here = f"/visites/{visit.public_id}/"
    client.force_login(somebody())
    for path in ("", "repondre/", "compte-rendu/", "reponse/"):
        assert client.get(here + path).status_code == 403, path
    assert client.post(f"{here}agir/", {"verb": "cancel"}).status_code == 403
    assert client.get(f"/structures/{bike.public_id}/valeurs/visite/").status_code == 302
    client.force_login(holder)
    assert client.get(f"{here}compte-rendu/").status_code == 403, "who is visited does not write the report"
    client.force_login(baker)
    assert client.get(f"{here}reponse/").status_code == 403
    client.force_login(operator)
    assert (
        client.get(here).status_code == 200
        and client.post(f"{here}agir/", {"verb": "confirm"}).status_code == 403
    )


def test_nothing_is_confirmed_before_its_day_or_while_empty(sides):
    _, _, holder, baker, _ = sides
    visit = planned(sides, on=today(3))
    write_report(visit, SEEN, by=baker)
    with pytest.raises(Refused, match="une fois faite"):
        confirm_visit(visit, "visitor", by=baker)
    Visit.objects.update(on=today())
    write_report(visit, {}, by=baker)
    with pytest.raises(Refused, match="vide"):
        confirm_visit(visit, "visitor", by=baker)


def test_a_published_visit_no_longer_changes(sides):
    _, _, holder, baker, _ = sides
    visit = done(sides)
    assert visit.status == "done"
    for change in (
        lambda: write_report(visit, {}, by=baker),
        lambda: reply_to(visit, "x", by=holder),
        lambda: cancel_visit(visit, by=baker),
    ):
        with pytest.raises(Refused):
            change()


def test_declining_and_cancelling_are_undone(sides):
    bike, bread, holder, baker, _ = sides
    visit = propose_visit(bike, bread, today(), "", by=baker, from_visitor=True)
    answer_visit(visit, False, by=holder, reason="Pas avant l’été")
    assert reopen_visit(visit, by=holder).status == "proposed"
    cancel_visit(visit, by=baker)
    assert reopen_visit(visit, by=baker).status == "proposed"
    with pytest.raises(Refused):
        reopen_visit(visit, by=baker)


def test_a_visit_stands_on_its_version_and_fades_after_three_years(client, sides):
    bike, _, holder, _, _ = sides
    visit = done(sides)
    publish(bike, {"but": ("yes", "Réparer encore.", "")}, by=holder)
    page = f"/structures/{bike.public_id}/valeurs/"
    assert "(version 1)" in client.get(page).content.decode()
    assert (Visit(on=date(2024, 2, 29)).fades_on, visit.old) == (date(2027, 2, 28), False)
    Visit.objects.update(on=today(-3 * 366))
    assert Visit.objects.get().old
    assert "Visite ancienne" in client.get(page).content.decode()
    assert "(visite ancienne)" in client.get(f"/structures/{bike.public_id}/").content.decode()
    assert "cette visite est ancienne" in client.get(f"/visites/{visit.public_id}/").content.decode()


def test_the_desk_sees_what_nobody_moves(sides):
    *_, operator = sides
    planned(sides, on=today(-40))
    assert not [item for item in waiting_for(operator) if item.room == "visit"]
    Visit.objects.update(proposed_at=timezone.now() - timedelta(days=60))
    assert [item.title for item in waiting_for(operator) if item.room == "visit"][0].startswith(
        "Visite en attente"
    )


def test_the_database_holds_what_a_visit_is(sides):
    bike, bread, *_ = sides
    visit = planned(sides)
    for wrong in ({"visitor": bike}, {"status": "done"}, {"status": "declined"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(
            organization=bike, visitor=bread, assessment=visit.assessment, asked_by_visitor=True, on=today()
        )


def test_a_person_who_leaves_leaves_the_visit(sides):
    _, _, _, baker, _ = sides
    done(sides)
    erase_person(baker)
    assert Visit.objects.get().author is None


def test_the_entry_costs_the_same_with_more_visits(client, sides, django_assert_max_num_queries):
    bike = sides[0]
    done(sides)
    client.get(f"/structures/{bike.public_id}/")
    with django_assert_max_num_queries(23):
        client.get(f"/structures/{bike.public_id}/")
    for years in range(1, 4):
        done(sides, on=today(-years * 400))
    with django_assert_max_num_queries(23):
        client.get(f"/structures/{bike.public_id}/")


def test_who_animates_notes_a_visit_told_by_telephone_and_the_other_side_confirms(
    client, sides, mailoutbox, django_capture_on_commit_callbacks
):
    bike, bread, holder, baker, operator = sides
    page = f"/structures/{bike.public_id}/valeurs/visite/noter/"
    client.force_login(holder)
    assert client.get(page).status_code == 403
    client.force_login(operator)
    published_on(bike, -10)
    assert page in client.get(f"/structures/{bike.public_id}/valeurs/").content.decode()
    typed = {
        "other": bread.public_id, "on": today(-3).isoformat(), "who": "Deux bénévoles", "heard_visitor": "la gérante, au téléphone",
        "heard_visited": "", "reply": "Merci", "but-verdict": "seen", "but-note": "L’atelier tourne.",
    }  # fmt: skip
    wrong = client.post(page, {**typed, "on": today(3).isoformat()})
    assert (
        wrong.status_code == 422
        and "déjà faite" in wrong.content.decode()
        and "L’atelier tourne." in wrong.content.decode()
    )
    assert (
        "Dites de qui" in client.post(page, {**typed, "heard_visitor": " "}).content.decode()
        or not Visit.objects.exists()
    )
    assert "compte rendu est vide" in client.post(page, {**typed, "but-verdict": ""}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page, typed, follow=True)
    assert "dit à l’équipe d’animation (la gérante, au téléphone)" in answer.content.decode()
    visit = Visit.objects.get()
    assert (visit.status, bool(visit.visitor_agreed_at), visit.visited_agreed_at) == ("accepted", True, None)
    assert sorted((m.to[0] == holder.email, "confirmer" in m.subject) for m in mailoutbox) == [
        (False, False),
        (True, True),
    ]
    client.force_login(holder)
    here = f"/visites/{visit.public_id}/"
    client.post(f"{here}agir/", {"verb": "confirm", **shown_on(client, here)})
    visit.refresh_from_db()
    assert visit.status == "done"
    assert [e.verb for e in Event.objects.filter(record_type="visit").order_by("pk")] == ["note", "conclude"]
    client.logout()
    assert "L’atelier tourne." in client.get(f"/structures/{bike.public_id}/valeurs/").content.decode()


def test_a_visit_heard_from_both_is_published_and_changed_words_ask_them_again(sides):
    bike, bread, holder, baker, operator = sides
    with pytest.raises(Refused, match="soi-même"):
        note_visit(bike, bike, today(), "", SEEN, by=operator, heard_visitor="x")
    visit = note_visit(
        bike, bread, today(), "", SEEN, by=operator, heard_visitor="la gérante", heard_visited="le trésorier"
    )
    assert visit.status == "done" and visit.seen.count() == 2
    other = note_visit(bike, bread, today(), "", SEEN, by=operator, heard_visitor="la gérante")
    with pytest.raises(Refused, match="déjà prévue"):
        note_visit(bike, bread, today(), "", SEEN, by=operator, heard_visitor="la gérante")
    changed = write_report(other, SEEN, by=baker)
    assert (changed.visitor_agreed_at, changed.heard_visitor) == (None, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=other.pk).update(heard_visitor="x")


def test_a_noted_visit_is_of_the_version_that_was_read_that_day(client, sides):
    bike, bread, holder, _, operator = sides
    older = published_on(bike, -10)
    publish(bike, {"but": ("no", "Plus maintenant.", "")}, by=holder)
    newer = published_on(bike, -2)
    with pytest.raises(Refused, match="Rien n’était encore publié ce jour-là"):
        note_visit(bike, bread, today(-11), "", SEEN, by=operator, heard_visitor="la gérante")
    for days, version in ((-10, older), (-3, older), (-2, newer), (0, newer)):
        visit = note_visit(
            bike, bread, today(days), "", SEEN, by=operator, heard_visitor="la gérante", heard_visited="x"
        )
        assert visit.assessment == version, days
    Assessment.objects.filter(pk=older.pk).update(status="removed", withdrawn_at=timezone.now())
    with pytest.raises(Refused, match="Rien n’était encore publié"):
        note_visit(bike, bread, today(-3), "", SEEN, by=operator, heard_visitor="la gérante")


def test_the_form_of_a_noted_visit_follows_the_version_of_its_day(client, sides, monkeypatch):
    """The older version answers an edition with one principle more: the form asks for it, and keeps what was typed."""
    bike, bread, holder, _, operator = sides
    older, known = published_on(bike, -10), list(criteria())
    publish(bike, {"but": ("no", "Plus maintenant.", "")}, by=holder)
    newer = published_on(bike, -2)
    Assessment.objects.filter(pk=older.pk).update(edition="2020-01-01")
    editions = {"2020-01-01": [*known, known[0]._replace(code="ancien", label="Un principe ancien")]}
    for module in (forms, visiting, visits):
        monkeypatch.setattr(module, "criteria", lambda edition="": editions.get(edition, known))
    client.force_login(operator)
    page = f"/structures/{bike.public_id}/valeurs/visite/noter/"
    assert f'name="stamp" value="{newer.public_id}"' in client.get(page).content.decode()
    typed = {"other": bread.public_id, "on": today(-3).isoformat(), "heard_visitor": "la gérante", "but-verdict": "seen",
             "but-note": "L’atelier tourne.", "stamp": newer.public_id}  # fmt: skip
    answer = client.post(page, typed)
    text = answer.content.decode()
    assert answer.status_code == 422 and "une autre version" in text and "L’atelier tourne." in text
    assert "Un principe ancien" in text and "Réparer." in text and f'value="{older.public_id}"' in text
    assert not Visit.objects.exists()
    client.post(page, {**typed, "stamp": older.public_id, "ancien-verdict": "seen"})
    visit = Visit.objects.get()
    assert visit.assessment == older and set(visit.seen.values_list("criterion", flat=True)) == {
        "but",
        "ancien",
    }
    refused = client.post(page, {**typed, "on": today(-30).isoformat()}).content.decode()
    assert "Rien n’était encore publié ce jour-là." in refused and "L’atelier tourne." in refused


def test_what_was_seen_of_an_older_version_says_which_one(client, sides):
    bike, _, holder, *_ = sides
    done(sides)
    page = f"/structures/{bike.public_id}/"
    assert "(version" not in client.get(page).content.decode()
    publish(bike, {"but": ("no", "Plus maintenant.", ""), "salaires": ("going", "", "")}, by=holder)
    assert "Vu,\xa0" in client.get(page).content.decode()
    assert "(version\xa01)" in client.get(page).content.decode()


def test_one_person_does_not_stand_for_both_sides(sides):
    bike, bread, holder, baker, _ = sides
    join_as_referent(holder, bread, obtained_by="operator", actor="test")
    for from_visitor in (True, False):
        with pytest.raises(Refused, match="Vous agissez pour les deux"):
            propose_visit(bike, bread, today(), "", by=again(holder), from_visitor=from_visitor)
    assert propose_visit(bike, bread, today(), "", by=baker, from_visitor=True).pk


def test_a_visit_of_what_was_withdrawn_is_for_its_sides_alone(client, sides):
    bike, _, holder, *_ = sides
    here = f"/visites/{done(sides).public_id}/"
    assert client.get(here).status_code == 200
    withdraw(bike, actor="test")
    assert "/entrer/" in client.get(here).url
    client.force_login(somebody())
    assert client.get(here).status_code == 403
    publish(bike, {"but": ("yes", "De nouveau.", "")}, by=holder)
    assert here not in client.get(f"/structures/{bike.public_id}/valeurs/").content.decode()
    client.force_login(holder)
    assert client.get(here).status_code == 200
