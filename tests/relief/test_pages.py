"""The pages of relief, as each public meets them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.kernel.registry import waiting_for
from horizon.relief import letters
from horizon.relief.forms import fresh_once
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.services import answering
from tests.people import a_referent, again, an_operator, somebody
from tests.relief.kit import a_call, a_volunteer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(territory):
    """Two communes, two structures, and nobody who sent too much."""
    cache.clear()


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def queries_of(client, address):
    with CaptureQueriesContext(connection) as seen:
        text(client, address)
    return len(seen)


def typed(**more):
    until = timezone.localtime(timezone.now() + timedelta(hours=6))
    return {
        "title": "Vider une cave inondée", "kind": "carry", "commune": "86139", "wanted": "2", "since_at": "",
        "until_at": until.strftime("%Y-%m-%dT%H:%M"), "callback": "05 36 49 00 09", "place": "12 chemin du Gué",
        "contact": "", "text": "", "once": fresh_once(), **more,
    }  # fmt: skip


def offered(**more):
    return {
        "skills": ["carry", "drive"], "commune": "86139", "km": "10", "days": ["0", "5"], "parts": ["morning", "evening"],
        "phone": "", "places": ["86194"], "adult": "on", **more,
    }  # fmt: skip


def the_organization(number=1):
    return Organization.objects.get(public_id=f"structure{number}")


def test_a_person_without_an_account_is_called_back_and_follows_by_a_link(client):
    an_operator()
    assert "Personne n’a besoin d’aide urgente" in text(client, "/entraide/")
    done = client.post("/entraide/demander/", typed())
    call = UrgentCall.objects.get()
    assert call.status == UrgentCall.HELD and done["Location"].startswith(
        f"/entraide/appels/{call.public_id}/suivre/"
    )
    page = text(client, done["Location"])
    assert "vous rappelle" in page and "12 chemin du Gué" in page
    assert client.get(f"/entraide/appels/{call.public_id}/").status_code == 404
    assert client.get(f"/entraide/appels/{call.public_id}/suivre/{'0' * 24}/").status_code == 404
    assert "Vider une cave" not in text(client, "/entraide/")
    client.post(done["Location"].replace("suivre", "agir"), {"verb": "cancel"})
    call.refresh_from_db()
    assert call.status == UrgentCall.CANCELLED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "quelques mots"),
        ({"until_at": ""}, "jusqu’à quand"),
        ({"until_at": "01/01/2020 18h"}, "passée"),
        ({"until_at": "bientôt"}, "27/11/2026 18:00"),
        ({"wanted": "0"}, "Une personne au moins"),
        ({"wanted": "1000"}, "100 personnes au plus"),
        ({"callback": ""}, "où vous rappeler"),
        ({"callback": "mon portable"}, "numéro de téléphone"),
        ({"commune": "75056"}, "Choisissez dans la liste"),
        ({"text": "chez Mme Dupontel"}, "tout le monde le lirait"),
    ],
)
def test_wrong_input_is_said_and_nothing_typed_is_lost(client, change, said):
    answer = client.post("/entraide/demander/", typed(**change))
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and "12 chemin du Gué" in page
    assert not UrgentCall.objects.exists()


def test_a_robot_and_a_flood_leave_nothing(client):
    client.post("/entraide/demander/", typed(second_message="x"))
    assert not UrgentCall.objects.exists()
    for _ in range(8):
        last = client.post("/entraide/demander/", typed())
    assert last.status_code == 422 and UrgentCall.objects.count() == 6


def test_a_structure_publishes_at_once_and_sees_who_comes(client, django_capture_on_commit_callbacks):
    one, lou = a_volunteer(), a_referent(the_organization())
    client.force_login(lou)
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/entraide/demander/", typed(speaks_for="structure1", callback=""))
    call = UrgentCall.objects.get()
    assert call.status == UrgentCall.OPEN and call.asker == "Association 1"
    link = re.search(r"/entraide/reponse/\S+", mail.outbox[0].body)[0]
    client.logout()
    page = text(client, link)
    assert (
        "J’y vais" in page
        and "12 chemin du Gué" not in page
        and Proposal.objects.get().status == Proposal.ASKED
    )
    assert client.post(link, {"verb": "yes"}).status_code == 302
    assert "12 chemin du Gué" in text(client, link)
    stranger = text(client, done["Location"])
    for private in ("12 chemin du Gué", "Nour Vonnelune", one.phone):
        assert private not in stranger
    client.force_login(again(lou))
    mine = text(client, done["Location"])
    assert "Nour Vonnelune" in mine and one.phone in mine
    client.post(f"/entraide/appels/{call.public_id}/agir/", {"verb": "want", "wanted": "beaucoup"})
    client.post(f"/entraide/appels/{call.public_id}/agir/", {"verb": "close", "thanks": "Merci !"})
    call.refresh_from_db()
    assert (call.status, call.thanks) == (UrgentCall.CLOSED, "Merci !")
    client.force_login(somebody())
    assert client.post(f"/entraide/appels/{call.public_id}/agir/", {"verb": "cancel"}).status_code == 404


def test_a_company_is_not_offered_volunteers(client):
    company = the_organization()
    company.kind = Organization.PARTNER
    company.save()
    client.force_login(a_referent(company))
    page = text(client, "/entraide/demander/")
    assert 'value="structure1"' not in page and "« Association 1 » : sa forme juridique" in page
    assert client.post("/entraide/demander/", typed(speaks_for="structure1")).status_code == 422


def test_the_link_of_a_message_needs_its_key_and_a_page_that_is_opened_changes_nothing(client):
    one = a_volunteer()
    call = a_call()
    proposal = call.proposals.get()
    link = letters.answer_path(proposal)
    assert client.get(link.replace(letters.proposal_key(proposal), "0" * 24)).status_code == 404
    for _ in range(2):
        client.get(link)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.ASKED
    client.post(link, {"verb": "no"})
    assert "vous ne pouvez pas cette fois" in text(client, link)
    client.post(link, {"verb": "yes"})
    proposal.refresh_from_db()
    assert proposal.status == Proposal.GOING
    UrgentCall.objects.update(status=UrgentCall.CLOSED)
    assert client.post(link, {"verb": "yes"}).status_code in {302, 422}
    assert "terminé" in text(client, link)
    one.delete()
    assert client.get(link).status_code == 404


def test_one_says_that_one_is_available_changes_pauses_and_erases(client):
    person = somebody()
    client.force_login(person)
    page = "/entraide/disponible/"
    assert client.post(page, offered(adult="")).status_code == 422
    wrong = client.post(page, offered(skills=[], phone="05 36 49 00 07"))
    assert wrong.status_code == 422 and "05 36 49 00 07" in wrong.content.decode()
    assert client.post(page, offered()).status_code == 302
    row = Volunteer.objects.get(person=person)
    assert (row.skills, row.days, row.km, [c.code for c in row.places.all()]) == (
        "carry drive",
        "0 5",
        10,
        ["86194"],
    )
    client.post(page, offered(km="40"))
    assert Volunteer.objects.get().km == 40
    client.post("/entraide/disponible/changer/", {"volunteer": row.public_id, "verb": "pause"})
    assert Volunteer.objects.get().paused and "En pause" in text(client, page)
    client.post("/entraide/disponible/changer/", {"volunteer": row.public_id, "verb": "erase"})
    assert not Volunteer.objects.exists()
    assert client.post("/entraide/disponible/changer/", {"volunteer": row.public_id}).status_code == 404


def test_a_structure_says_how_many_it_brings(client):
    client.force_login(a_referent(the_organization()))
    assert client.get("/entraide/disponible/?pour=structure2").status_code == 404
    client.post(
        "/entraide/disponible/?pour=structure1",
        offered(people="6", days=list("0123456"), parts=list(dict(Volunteer.PARTS))),
    )
    team = Volunteer.objects.get()
    assert (team.organization, team.people) == (the_organization(), 6)
    call = a_call(wanted=8)
    link = letters.answer_path(call.proposals.get())
    assert client.post(link, {"verb": "yes", "people": "zéro"}).status_code == 422
    client.post(link, {"verb": "yes", "people": "4"})
    assert "à 4" in text(client, link)


def test_somebody_not_asked_offers_to_go_from_the_page_of_the_call(client):
    call = a_call()
    person = somebody()
    client.force_login(person)
    page = f"/entraide/appels/{call.public_id}/"
    assert f"/entraide/disponible/?appel={call.public_id}" in text(client, page)
    assert client.post(f"{page}aider/", {}).status_code == 302 and not Proposal.objects.exists()
    saved = client.post(f"/entraide/disponible/?appel={call.public_id}", offered())
    assert saved["Location"] == page
    row = Volunteer.objects.get()
    done = client.post(f"{page}aider/", {"volunteer": row.public_id})
    assert "12 chemin du Gué" in text(client, done["Location"])
    stranger = a_volunteer()
    client.post(f"{page}aider/", {"volunteer": stranger.public_id})
    assert not Proposal.objects.filter(volunteer=stranger).exists(), "nobody answers for somebody else"


def test_urgent_things_come_first_at_the_desk_and_are_published_there(client):
    operator = an_operator()
    one = a_volunteer()
    call = a_call(publish=False, callback="05 36 49 00 09")
    assert waiting_for(operator)[0].room == "urgent"
    client.force_login(operator)
    assert "05 36 49 00 09" in text(client, "/bureau/?quoi=urgent")
    client.post("/bureau/", {"one": f"accept|urgent/{call.public_id}"})
    assert call.proposals.get().volunteer == one
    client.post("/bureau/", {"verb": "undo"})
    call.refresh_from_db()
    assert call.status == UrgentCall.HELD
    done = client.post(f"/bureau/entraide/{call.public_id}/ne-pas-publier/", {"reason": "Appelez le 18."})
    call.refresh_from_db()
    assert done.status_code == 302 and (call.status, call.reason) == (UrgentCall.REFUSED, "Appelez le 18.")
    assert "Passés" in text(client, "/bureau/entraide/")


def test_the_telephone_screen_finds_somebody_and_keeps_what_they_said(client):
    client.force_login(an_operator())
    near, far = (
        a_volunteer(somebody("Élie Clainbrume")),
        a_volunteer(somebody("Maé Palluneau"), commune="86194", km=5),
    )
    call = a_call(wanted=1)
    page = f"/bureau/entraide/{call.public_id}/"
    shown = text(client, page)
    assert "Élie Clainbrume" in shown and "tel:05 36 49 00 01" in shown and "Maé Palluneau" not in shown
    assert "Élie Clainbrume" in text(client, f"{page}?q=elie") and "pas pour ce moment" in text(
        client, f"{page}?q=Palluneau"
    )
    assert "Personne de ce nom" in text(client, f"{page}?q=zzz")
    client.post(page, {"one": f"away|{near.public_id}"})
    assert "appelé 1 fois sans réponse" in text(client, page)
    client.post(page, {"one": f"yes|{near.public_id}"})
    assert "1 sur 1" in text(client, page)
    client.post(page, {"one": f"yes|{far.public_id}"})
    assert Proposal.objects.get(volunteer=far).status == Proposal.WAITING
    client.post(page, {"one": f"unsay|{Proposal.objects.get(volunteer=near).public_id}"})
    client.post(page, {"one": "somebody|", "name": "Une voisine"})
    assert "Une voisine" in text(client, page)
    for wrong in ("yes|nobody", "dance|", ""):
        assert client.post(page, {"one": wrong}).status_code == 302
    client.post(page, {"one": "close|"})
    assert UrgentCall.objects.get().status == UrgentCall.CLOSED


def test_the_telephone_screen_asks_the_same_of_the_database_for_a_crowd(client):
    client.force_login(an_operator())
    a_volunteer()
    call = a_call(wanted=9)
    page = f"/bureau/entraide/{call.public_id}/"
    text(client, page)
    few = queries_of(client, page)
    for _ in range(6):
        answering.type_answer(call, "yes", actor="test", volunteer=a_volunteer())
        a_volunteer()
    assert queries_of(client, page) == few


def test_the_telephone_screen_is_for_those_who_animate(client):
    call = a_call()
    client.force_login(somebody())
    assert client.get(f"/bureau/entraide/{call.public_id}/").status_code == 403
    assert client.get("/bureau/entraide/").status_code == 403


def test_a_call_is_reported_like_any_text(client):
    call = a_call()
    assert client.get(f"/signaler/urgent_call/{call.public_id}/").status_code == 200
    assert "Signaler cet appel" in text(client, f"/entraide/appels/{call.public_id}/")


def test_html_is_shown_as_it_is(client):
    call = a_call(title="<b>Vider</b> la cave", text="<script>x</script>")
    page = text(client, f"/entraide/appels/{call.public_id}/")
    assert "&lt;b&gt;Vider" in page and "<script>x" not in page


def test_who_asked_may_leave_and_the_call_goes_on_for_the_structure(client):
    from horizon.kernel.registry import erase_personal_data

    lou = a_referent(the_organization())
    call = a_call(organization=the_organization(), author=lou)
    erase_personal_data(Person.objects.get(pk=lou.pk))
    call.refresh_from_db()
    assert call.status == UrgentCall.OPEN and call.author is None and call.place
