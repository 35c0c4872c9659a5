"""A claim proved by a code read out on the telephone, or written on the site of the structure and read there."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from horizon.actors.access import acts_for
from horizon.actors.services.people import join_as_referent
from horizon.care import claims, proofs
from horizon.care.models import Claim
from horizon.directory.models import Entry, Publication
from horizon.directory.said.services import publish_statement, state
from horizon.directory.sites.fetching import PAGE_AT_MOST, Policy, read_page
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import waiting_for
from tests.directory.web_kit import web_site
from tests.people import a_referent, again, an_operator, entry_named, somebody

CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b")
HERE = Policy(agent="HorizonCommun/test", loopback=True)


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def organization(operator):
    found = entry_named("Pédalier").organization
    Entry.objects.filter(organization=found).update(phone="05 36 49 12 34")
    return found


@pytest.fixture(scope="module")
def site():
    with web_site() as server:
        yield server


@pytest.fixture
def there(site, organization, settings):
    """The site of the structure, on this machine."""
    settings.SITE_CHECKS_LOOPBACK = True
    site.pages.clear()
    site.seen.clear()
    Entry.objects.filter(organization=organization).update(website=f"{site.address}/chez-nous")
    return site


def asked(organization, method):
    return claims.open_claim(organization, somebody(), method, "trésorière")


def at_the_desk(operator):
    return {item.key for item in waiting_for(again(operator)) if item.room == "claim"}


# By telephone


@pytest.mark.django_db
def test_a_code_read_out_opens_the_page(client, operator, organization):
    """The operator sees it once; the claimant types it where mailed codes are typed; nobody waits for an answer."""
    claim = asked(organization, Claim.PHONE)
    page = f"/revendications/{claim.public_id}/"
    client.force_login(operator)
    assert "Donner un code" in client.get(page).content.decode() and claim.public_id in at_the_desk(operator)
    given_out = client.post(page, {"verb": "code", "reason": ""})
    text = given_out.content.decode()
    code = CODE.search(text)[0]
    assert given_out.status_code == 200 and "05 36 49 12 34" in text
    assert "no-store" in given_out["Cache-Control"]
    assert (
        code not in client.get(page).content.decode()
        and "peut encore servir" in client.get(page).content.decode()
    )
    assert code not in str(list(Claim.objects.values())) + str(list(Event.objects.values())) + str(
        dict(client.session)
    )
    assert Event.objects.get(verb="give_code").actor == operator.actor
    assert at_the_desk(operator) == set(), "it waits for who heard it"
    client.force_login(claim.person)
    assert "en attente du code" in client.get("/moi/").content.decode()
    assert "Le code reçu" in client.get(page).content.decode()
    assert "Il reste 4 essais" in client.post(page, {"code": "AAAA-AAAA"}).content.decode()
    typed = code.lower().replace("-", " ")
    assert client.post(page, {"code": typed}).url == f"/structures/{organization.public_id}/corriger/"
    assert acts_for(claim.person, organization)
    assert Event.objects.get(verb="granted").actor == claim.person.actor


@pytest.mark.django_db
def test_before_it_is_read_a_code_says_to_wait_and_another_takes_its_place(client, operator, organization):
    claim = asked(organization, Claim.PHONE)
    with pytest.raises(Refused, match="dira au téléphone"):
        claims.enter_code(claim, "AAAA-AAAA")
    first, second = (proofs.give_code(claim, actor=operator.actor) for _ in range(2))
    assert first != second
    with pytest.raises(Refused, match="Il reste 4 essais"):
        claims.enter_code(claim, first)
    assert claims.enter_code(claim, second).status == Claim.GRANTED


@pytest.mark.django_db
def test_a_code_of_yesterday_or_tried_five_times_waits_at_the_desk_again(operator, organization):
    claim = asked(organization, Claim.PHONE)
    code = proofs.give_code(claim, actor=operator.actor)
    for _ in range(5):
        with pytest.raises(Refused, match="pas le bon"):
            claims.enter_code(claim, "AAAA-AAAA")
    assert at_the_desk(operator) == {claim.public_id}
    with pytest.raises(Refused, match="vous en lira un autre"):
        claims.enter_code(claim, code)
    code = proofs.give_code(claim, actor=operator.actor)
    assert at_the_desk(operator) == set()
    Claim.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert at_the_desk(operator) == {claim.public_id}
    with pytest.raises(Refused, match="expiré"):
        claims.enter_code(claim, code)


@pytest.mark.django_db
def test_no_code_for_another_proof_a_dispute_or_an_answered_claim(client, operator, organization):
    client.force_login(operator)
    letter = asked(organization, Claim.EVIDENCE)
    page = f"/revendications/{letter.public_id}/"
    assert "Donner un code" not in client.get(page).content.decode()
    answer = client.post(page, {"verb": "code"}, follow=True)
    assert "ne se prouve pas par un code" in answer.content.decode() and not CODE.search(
        answer.content.decode()
    )
    claim = asked(organization, Claim.PHONE)
    code = proofs.give_code(claim, actor=operator.actor)
    join_as_referent(somebody(), organization, obtained_by="operator", actor="test")
    assert claims.enter_code(claim, code).status == Claim.OPEN, (
        "somebody holds it since: both sides are heard"
    )
    claim.refresh_from_db()
    assert claim.disputed
    with pytest.raises(Refused, match="ne se prouve pas"):
        proofs.give_code(claim, actor=operator.actor)


@pytest.mark.django_db
def test_who_claims_gives_no_code_to_themselves(client, organization):
    claim = asked(organization, Claim.PHONE)
    client.force_login(claim.person)
    client.post(f"/revendications/{claim.public_id}/", {"verb": "code"})
    claim.refresh_from_db()
    assert claim.digest == "" and not Event.objects.filter(verb="give_code").exists()


@pytest.mark.django_db
def test_no_code_is_read_at_a_number_that_the_public_proposed(client, operator, organization):
    """The page had a number of the register; since then it shows only the one that a visitor proposed."""
    claim = asked(organization, Claim.PHONE)
    Entry.objects.filter(organization=organization).update(phone="", base={"phone": ""})
    made = state(organization, {"phone": "06 12 34 56 78"}, origin="visitor", actor="visitor")[0]
    publish_statement(made, actor="test")
    client.force_login(operator)
    page = f"/revendications/{claim.public_id}/"
    text = client.get(page).content.decode()
    assert "Donner un code" not in text and "plus de numéro sûr" in text
    answer = client.post(page, {"verb": "code"}, follow=True).content.decode()
    assert "plus de numéro sûr" in answer and not CODE.search(answer)
    with pytest.raises(Refused, match="plus de numéro sûr"):
        proofs.give_code(claim, actor=operator.actor)
    claim.refresh_from_db()
    assert claim.digest == ""


# On the site


@pytest.mark.django_db
def test_a_code_written_on_the_site_opens_the_page_at_once(client, organization, there):
    claim = asked(organization, Claim.WEBSITE)
    page = f"/revendications/{claim.public_id}/"
    client.force_login(claim.person)
    text = client.get(page).content.decode()
    assert (
        f"horizon-commun {claim.public_id}" in text
        and there.address in text
        and "C’est écrit, vérifiez" in text
    )
    assert there.seen == [], "reading the page asks nothing of anybody"
    refused = client.post(page, {})
    assert refused.status_code == 422 and "n’est pas sur" in refused.content.decode()
    assert not acts_for(claim.person, organization)
    there.pages["/chez-nous"] = f"<p>horizon-commun&nbsp;<b>{claim.public_id}</b></p>".encode()
    assert client.post(page, {}).url == f"/structures/{organization.public_id}/corriger/"
    assert acts_for(claim.person, organization)
    assert [(verb, path) for verb, path, _ in there.seen] == [("GET", "/chez-nous")] * 2, "once each time"
    assert "lecture d" in there.seen[0][2]
    assert Event.objects.get(verb="read_site").record_id == claim.public_id


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/chez-nous", "n’est pas sur"),
        ("/status/404", "n’existe plus"),
        ("/status/403", "n’accepte pas d’être lu"),
        ("/status/500", "répond par une erreur"),
        ("/garbage", "ne répond pas"),
        ("/loop/1", "répond par une erreur"),
    ],
)
def test_what_the_site_answers_is_said_and_nothing_is_granted(organization, there, path, said):
    claim = asked(organization, Claim.WEBSITE)
    Entry.objects.filter(organization=organization).update(website=f"{there.address}{path}")
    with pytest.raises(Refused, match=said):
        proofs.prove_by_site(claim)
    claim.refresh_from_db()
    assert claim.status == Claim.OPEN and not acts_for(claim.person, organization)


@pytest.mark.django_db
def test_a_site_that_leads_elsewhere_proves_nothing(organization, there):
    claim = asked(organization, Claim.WEBSITE)
    there.pages["/chez-nous"] = proofs.written_code(claim).encode()
    port = there.server_address[1]
    Entry.objects.filter(organization=organization).update(
        website=f"{there.address}/to/302/http://localhost:{port}/chez-nous"
    )
    with pytest.raises(Refused, match="vers un autre site"):
        proofs.prove_by_site(claim)
    Entry.objects.filter(organization=organization).update(website=f"{there.address}/to/302//chez-nous")
    with pytest.raises(Refused, match="vers une autre page"):
        proofs.prove_by_site(claim)
    Entry.objects.filter(organization=organization).update(website=f"{there.address}/chez-nous/")
    there.pages["/chez-nous/"] = there.pages["/chez-nous"]
    assert proofs.prove_by_site(claim).status == Claim.GRANTED


@pytest.mark.django_db
def test_only_a_public_site_that_proves_something_is_asked(organization, there, settings):
    claim = asked(organization, Claim.WEBSITE)
    there.pages["/chez-nous"] = proofs.written_code(claim).encode()
    settings.SITE_CHECKS_LOOPBACK = False
    Publication.objects.update(synthetic=False, demo=False)
    with pytest.raises(Refused, match="n’est pas celle d’un site public"):
        proofs.prove_by_site(claim)
    settings.SITE_CHECKS = 0
    with pytest.raises(Refused, match="ne peut pas être lu"):
        proofs.prove_by_site(claim)
    settings.SITE_CHECKS, settings.SITE_CHECKS_LOOPBACK = 200, True
    made = state(organization, {"website": "https://pirate.example"}, origin="visitor", actor="visitor")[0]
    publish_statement(made, actor="test")
    Entry.objects.filter(organization=organization).update(website="", base={"website": ""})
    with pytest.raises(Refused, match="plus de site sûr"):
        proofs.prove_by_site(claim)
    assert there.seen == []


@pytest.mark.django_db
def test_a_page_held_meanwhile_is_disputed_not_given(client, organization, there):
    claim = asked(organization, Claim.WEBSITE)
    there.pages["/chez-nous"] = proofs.written_code(claim).encode()
    a_referent(organization)
    client.force_login(claim.person)
    answer = client.post(f"/revendications/{claim.public_id}/", {}, follow=True)
    assert "entend les deux côtés" in answer.content.decode()
    claim.refresh_from_db()
    assert claim.disputed and not acts_for(claim.person, organization)
    with pytest.raises(Refused, match="ne se prouve pas"):
        proofs.prove_by_site(claim)


@pytest.mark.django_db
def test_a_proof_sent_twice_does_not_decide_a_dispute(organization, there):
    """Both requests read the claim before the page was found held: the second hears both sides as the first does."""
    claim, again_ = asked(organization, Claim.WEBSITE), Claim.objects.get()
    there.pages["/chez-nous"] = proofs.written_code(claim).encode()
    a_referent(organization)
    assert proofs.prove_by_site(claim).disputed
    assert not again_.disputed and proofs.prove_by_site(again_).status == Claim.OPEN
    assert claims.grant_proved(again_).status == Claim.OPEN, "as enter_code, once the code was found right"
    assert not acts_for(claim.person, organization)


@pytest.mark.django_db
def test_a_site_is_read_ten_times_an_hour_at_most(client, organization, there):
    cache.clear()
    claim = asked(organization, Claim.WEBSITE)
    client.force_login(claim.person)
    for _ in range(11):
        client.post(f"/revendications/{claim.public_id}/", {})
    assert len(there.seen) == 10


@pytest.mark.django_db
def test_the_operators_eye_stays(client, operator, organization, there):
    claim = asked(organization, Claim.WEBSITE)
    client.force_login(operator)
    page = f"/revendications/{claim.public_id}/"
    assert f"À chercher sur {there.address}/chez-nous" in client.get(page).content.decode()
    client.post(page, {"verb": "accept", "reason": ""})
    assert acts_for(claim.person, organization)


def test_a_long_page_is_read_to_a_megabyte_and_no_further(site):
    site.pages["/long"] = b"a" * (3 * PAGE_AT_MOST)
    page = read_page(f"{site.address}/long", HERE)
    assert page.outcome == "answers" and PAGE_AT_MOST // 2 < len(page.source) <= PAGE_AT_MOST
    assert read_page("ftp://exemple.fr/", HERE).outcome == "refused"
    assert (
        read_page(f"{site.address}/drip", Policy(agent="x", loopback=True, seconds=0.5)).outcome == "silent"
    )


def test_what_counts_as_written():
    claim = Claim(public_id="ab3d5f7h9k")
    for source in (
        "horizon-commun ab3d5f7h9k", "HORIZON-COMMUN&nbsp;: AB3D5F7H9K.", "<b>horizon-commun</b>\n <i>ab3d5f7h9k</i>",
        '<meta name="proof" content="horizon-commun ab3d5f7h9k">', "<p>Horizon-Commun <span>ab3d5</span>f7h9k</p>",
    ):  # fmt: skip
        assert proofs.is_written(claim, source), source
    for source in (
        "", "ab3d5f7h9k", "horizon-commun", "horizon-commun ab3d5f7h9k2", "horizon-commun ab3d5f7h9", "horizon-communab3d5f7h9k",
        "horizon-commun et d’autres, puis ab3d5f7h9k",
    ):  # fmt: skip
        assert not proofs.is_written(claim, source), source


def test_a_hostile_page_is_read_in_one_go_and_refused():
    claim = Claim(public_id="ab3d5f7h9k")
    for source in (
        "<" * 768_000,
        "<a" * 384_000,
        "&#" + "1" * 5000,
        "&#<b>" + "1" * 5000,
        "&&#00000000#" + "1" * 5000,
    ):
        assert not proofs.is_written(claim, source), source[:20]
        assert proofs.is_written(claim, f"{source} horizon-commun ab3d5f7h9k"), source[:20]


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_code_is_found_whatever_surrounds_it(before, after):
    claim = Claim(public_id="ab3d5f7h9k")
    assert proofs.is_written(claim, f"{before} horizon-commun ab3d5f7h9k {after}")
