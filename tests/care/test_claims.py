"""Claiming a page: each proof, the taps it takes, what is refused, and both sides of a dispute."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.access import acts_for
from horizon.actors.models import Invitation
from horizon.actors.services import people
from horizon.actors.services.people import join_as_referent, leave_organization
from horizon.care import claims
from horizon.care.models import Claim
from horizon.care.registers import postal_addresses
from horizon.directory.models import Statement
from horizon.directory.said.services import publish_statement, state
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b")


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def with_email(organization, email="contact@exemple.fr"):
    state(organization, {"email": email}, origin=Statement.OPERATOR, actor="test", publish=True)


def claim_by(client, organization, method, said="trésorière"):
    return client.post(f"/structures/{organization.public_id}/revendiquer/", {"method": method, "said": said})


def test_by_the_functional_address_in_two_pages_and_three_fields(
    client, organization, django_capture_on_commit_callbacks
):
    with_email(organization)
    person = somebody()
    client.force_login(person)
    form = client.get(f"/structures/{organization.public_id}/revendiquer/").content.decode()
    assert len(re.findall(r'<(?:textarea|input type="text")', form)) == 1 and "contact@exemple.fr" in form
    with django_capture_on_commit_callbacks(execute=True):
        page = claim_by(client, organization, "email").url
    assert mail.outbox[-1].to == ["contact@exemple.fr"]
    code = CODE.search(mail.outbox[-1].body)[0]
    assert Event.objects.get(verb="send_code").record_id == Claim.objects.get().public_id
    assert not acts_for(person, organization)
    wrong = client.post(page, {"code": "AAAA-AAAA"})
    assert "Il reste 4 essais" in wrong.content.decode() and "AAAA-AAAA" in wrong.content.decode()
    assert (
        client.post(page, {"code": code.lower().replace("-", " ")}).url
        == f"/structures/{organization.public_id}/corriger/"
    )
    assert acts_for(person, organization)
    assert code not in str(list(Claim.objects.values())) + str(list(Event.objects.values()))


def test_ones_own_functional_address_needs_no_code(client, organization):
    person = somebody()
    with_email(organization, person.email)
    client.force_login(person)
    assert claim_by(client, organization, "email").url.endswith("/corriger/")
    assert acts_for(person, organization) and not mail.outbox


def test_five_wrong_codes_lock_and_an_old_code_expires(organization, django_capture_on_commit_callbacks):
    with_email(organization)
    with django_capture_on_commit_callbacks(execute=True):
        claim = claims.open_claim(organization, somebody(), "email", "moi")
    code = CODE.search(mail.outbox[-1].body)[0]
    for _ in range(5):
        with pytest.raises(Refused, match="pas le bon"):
            claims.enter_code(claim, "AAAA-AAAA")
    with pytest.raises(Refused, match="Trop d’essais"):
        claims.enter_code(claim, code)
    claim.refresh_from_db()
    code = claims.fresh_code(claim)
    Claim.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused, match="expiré"):
        claims.enter_code(claim, code)


def test_a_code_proves_only_its_own_claim(organization, published):
    one = claims.open_claim(organization, somebody(), "letter", "moi")
    other = claims.open_claim(entry_named("PAIN").organization, somebody(), "letter", "moi")
    code = claims.fresh_code(one)
    claims.fresh_code(other)
    with pytest.raises(Refused, match="pas le bon"):
        claims.enter_code(other, code)


def test_by_letter_to_the_register_address(client, organization, settings, small_marts):
    settings.MARTS = small_marts
    person, operator = somebody(), an_operator()
    client.force_login(person)
    page = claim_by(client, organization, "letter").url
    assert "Un courrier part" in client.get(page).content.decode()
    client.force_login(operator)
    claim = Claim.objects.get()
    assert "Courriers" in client.get("/bureau/").content.decode()
    printed = client.post("/bureau/courriers/", {"claim": claim.public_id}).content.decode()
    code = CODE.search(printed)[0]
    assert "LUSIGNAN" in printed.upper() and organization.name.split()[-1] in printed
    assert client.get("/bureau/?quoi=claim").content.decode().count('<li class="await') == 0
    client.force_login(person)
    client.post(page, {"code": code})
    assert acts_for(person, organization)


def test_the_letter_to_a_home_leaves_its_address_to_be_written_by_hand(
    client, settings, small_marts, published
):
    settings.MARTS = small_marts
    volunteer = entry_named("VONNE")
    assert volunteer.at_home and postal_addresses([volunteer.organization]) == {}
    claim = claims.open_claim(volunteer.organization, somebody(), "letter", "moi")
    client.force_login(an_operator())
    printed = client.post("/bureau/courriers/", {"claim": claim.public_id}).content.decode()
    assert CODE.search(printed) and "peut-être un domicile" in printed and "………" in printed


def test_an_address_that_the_public_proposed_proves_nothing(organization):
    made = state(organization, {"email": "pirate@exemple.fr"}, origin="visitor", actor="visitor")[0]
    publish_statement(made, actor="test")
    assert claims.functional_address(organization) == ""
    with pytest.raises(Refused, match="adresse électronique sûre"):
        claims.open_claim(organization, somebody(), "email", "moi")


@pytest.mark.parametrize(
    ("field", "method", "lie"),
    [("phone", "phone", "06 00 00 00 00"), ("website", "website", "https://pirate.example")],
)
def test_what_the_public_proposed_proves_nothing(client, organization, field, method, lie):
    """The telephone and the site, like the address: what the registers say, or nothing."""
    publish_statement(state(organization, {field: lie}, origin="visitor", actor="visitor")[0], actor="test")
    client.force_login(somebody())
    form = client.get(f"/structures/{organization.public_id}/revendiquer/").content.decode()
    assert lie not in form
    if field == "phone":
        assert f'value="{method}"' not in form
        with pytest.raises(Refused, match="ne permet pas cette preuve"):
            claims.open_claim(organization, somebody(), method, "moi")
        return
    page = claim_by(client, organization, method).url
    client.force_login(an_operator())
    judged = client.get(page).content.decode()
    assert "pedalier.example" in judged and lie not in judged


@pytest.mark.parametrize("method", ["phone", "website", "evidence"])
def test_what_the_operator_judges(client, organization, method, django_capture_on_commit_callbacks):
    state(
        organization,
        {"phone": "0536491234", "website": "exemple.fr"},
        origin="operator",
        actor="test",
        publish=True,
    )
    person, operator = somebody(), an_operator()
    client.force_login(person)
    page = claim_by(client, organization, method).url
    assert client.get(page).status_code == 200
    client.force_login(operator)
    judged = client.get(page).content.decode()
    assert "trésorière" in judged and "Accorder" in judged
    refused = client.post(page, {"verb": "refuse", "reason": ""})
    assert "lira cette raison" in refused.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"accept|claim/{Claim.objects.get().public_id}"})
    assert acts_for(person, organization) and mail.outbox[-1].to == [person.email]
    client.post("/bureau/", {"verb": "undo"})
    assert not acts_for(person, organization) and Claim.objects.get().status == "open"


def test_a_dispute_shows_both_sides(client, organization, django_capture_on_commit_callbacks):
    with_email(organization)
    holder, other, operator = a_referent(organization), somebody(), an_operator()
    client.force_login(other)
    with django_capture_on_commit_callbacks(execute=True):
        page = claim_by(client, organization, "email", "Nouvelle équipe").url
    assert mail.outbox[-1].to == [holder.email] and page in mail.outbox[-1].body
    assert client.post(page, {"code": "AAAA-AAAA"}).status_code == 422, "a disputed claim takes no code"
    client.force_login(holder)
    assert "Nouvelle équipe" in client.get("/bureau/").content.decode()
    client.post(page, {"words": "Nous sommes toujours là"})
    client.force_login(operator)
    judged = client.get(page).content.decode()
    assert "Nouvelle équipe" in judged and "Nous sommes toujours là" in judged
    client.force_login(somebody())
    assert client.get(page).status_code == 403


def test_one_claim_at_a_time_and_it_can_be_withdrawn(client, organization):
    client.force_login(somebody())
    page = claim_by(client, organization, "evidence").url
    assert client.get(f"/structures/{organization.public_id}/revendiquer/").url == page
    client.post(page, {"verb": "withdraw"})
    assert Claim.objects.get().status == "withdrawn" and "retirée" in client.get(page).content.decode()
    assert claim_by(client, organization, "evidence").url != page
    assert claim_by(client, organization, "pirate").status_code in (302, 422)


def test_a_method_the_entry_does_not_allow_is_refused(client, organization):
    client.force_login(somebody())
    answer = claim_by(client, organization, "email")
    assert answer.status_code == 422 and "trésorière" in answer.content.decode()


def test_an_answer_cannot_be_undone_over_a_newer_claim(client, organization):
    """The partial unique constraint speaks in words; nothing of the batch is lost."""
    person, operator = somebody(), an_operator()
    first = claims.open_claim(organization, person, "evidence", "moi")
    claims.refuse(first, "Non", actor=operator.actor)
    second = claims.open_claim(organization, person, "evidence", "encore moi")
    with pytest.raises(Refused, match="Une autre demande"):
        claims.reopen(first, actor=operator.actor)
    claims.withdraw(second)
    assert claims.reopen(first, actor=operator.actor).status == "open"


def test_undoing_a_claim_leaves_the_role_of_an_invitation(organization):
    person, operator = somebody(), an_operator()
    granted = claims.grant(claims.open_claim(organization, person, "evidence", "moi"), actor=operator.actor)
    leave_organization(person.organization_roles.get(), actor=person.actor)
    join_as_referent(person, organization, obtained_by="invitation", actor="test")
    claims.reopen(granted, actor=operator.actor)
    assert acts_for(again(person), organization)


def test_a_code_opens_nothing_once_somebody_holds_the_page(
    client, organization, django_capture_on_commit_callbacks
):
    """Two asked for a free page: the second is heard with the first, who holds it, before anything is given."""
    late, first, operator = somebody("Lou Tardive"), somebody("Nour Première"), an_operator()
    letter = claims.open_claim(organization, late, "letter", "trésorière")
    code = claims.fresh_code(letter)
    other = claims.open_claim(organization, first, "evidence", "présidente")
    client.force_login(operator)
    judged = client.get(f"/revendications/{other.public_id}/").content.decode()
    assert "D’autres demandent la même page" in judged and "Lou Tardive" in judged and "trésorière" in judged
    claims.grant(other, actor=operator.actor)
    client.force_login(late)
    page = f"/revendications/{letter.public_id}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page, {"code": code}, follow=True)
    assert "entend les deux côtés" in answer.content.decode() and not acts_for(again(late), organization)
    letter.refresh_from_db()
    assert (letter.status, letter.disputed, letter.digest) == ("open", True, "")
    assert mail.outbox[-1].to == [first.email] and page in mail.outbox[-1].body
    claims.answer_dispute(letter, first, "Je ne la connais pas")
    client.force_login(operator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "refuse", "reason": "Inconnue de la structure"})
    told = {message.to[0]: message.body for message in mail.outbox[-2:]}
    assert "Inconnue de la structure" in told[late.email] and "Inconnue" not in told[first.email]
    assert "vous tenez toujours" in told[first.email]
    with pytest.raises(Refused, match="déjà reçu une réponse"):
        claims.answer_dispute(letter, first, "trop tard")


def test_the_operator_reads_both_sides_before_granting_a_page_held_since(client, organization):
    operator = an_operator()
    late = claims.open_claim(organization, somebody(), "evidence", "moi")
    a_referent(organization)
    client.force_login(operator)
    said = client.post("/bureau/", {"one": f"accept|claim/{late.public_id}"}, follow=True).content.decode()
    late.refresh_from_db()
    assert "lisez les deux avis" in said and late.disputed and late.status == "open"
    claims.grant(late, actor=operator.actor)
    late.refresh_from_db()
    assert late.status == "granted", "read once, it may be granted beside those who hold the page"


def test_two_holders_are_both_heard(organization):
    claim = claims.open_claim(organization, somebody(), "evidence", "moi")
    holders = [a_referent(organization), a_referent(organization)]
    claims.grant(claim, actor="test")
    stale = [Claim.objects.get(), Claim.objects.get()]
    for row, holder, words in zip(stale, holders, ("Oui", "Non"), strict=True):
        claims.answer_dispute(row, holder, words)
    assert Claim.objects.get().other_side.count("\n") == 1


def test_codes_are_not_sent_without_end(client, organization, django_capture_on_commit_callbacks):
    with_email(organization)
    client.force_login(somebody())
    page = claim_by(client, organization, "email").url
    early = client.post(page, {"verb": "resend"}, follow=True).content.decode()
    assert "laissez-lui deux minutes" in early
    Claim.objects.update(expires_at=timezone.now() + timedelta(minutes=100))
    with django_capture_on_commit_callbacks(execute=True):
        assert "Un autre code" in client.post(page, {"verb": "resend"}, follow=True).content.decode()
    assert mail.outbox[-1].to == ["contact@exemple.fr"]
    client.post(page, {"verb": "withdraw"})
    for _ in range(2):
        again_page = claim_by(client, organization, "evidence").url
        client.post(again_page, {"verb": "withdraw"})
    refused = claim_by(client, organization, "evidence", "présidente depuis mars")
    text = refused.content.decode()
    assert (
        refused.status_code == 422
        and "attendez quelques minutes" in text
        and "présidente depuis mars" in text
    )


def test_the_link_of_the_mail_writes_the_code(client, organization, django_capture_on_commit_callbacks):
    """Only who asked may use it, and reading it changes nothing."""
    with_email(organization)
    person = somebody()
    client.force_login(person)
    with django_capture_on_commit_callbacks(execute=True):
        claim_by(client, organization, "email")
    link = re.search(r"/revendications/\w+/\?code=[A-Z2-9-]{9}", mail.outbox[-1].body)[0]
    text = client.get(link).content.decode()
    assert f'value="{link[-9:]}"' in text and Claim.objects.get().status == "open"
    client.force_login(somebody())
    assert client.get(link).status_code == 403


def test_a_letter_that_came_too_late_is_asked_again(client, organization):
    person = somebody()
    client.force_login(person)
    page = claim_by(client, organization, "letter").url
    assert "Demander un autre courrier" not in client.get(page).content.decode()
    claims.print_letters(list(Claim.objects.all()), actor="test")
    for _ in range(5):
        client.post(page, {"code": "AAAA-AAAA"})
    locked = client.post(page, {"code": "AAAA-AAAA"}).content.decode()
    assert "demandez un autre courrier" in locked and 'value="again"' in locked
    assert "Un autre courrier partira" in client.post(page, {"verb": "again"}, follow=True).content.decode()
    claim = Claim.objects.get()
    assert (claim.posted_at, claim.digest) == (None, "")
    client.force_login(an_operator())
    assert "Pédalier : page revendiquée" in client.get("/bureau/?quoi=claim").content.decode()


def test_an_operator_gives_a_disputed_page_to_one_and_takes_it_from_the_others(
    client, organization, django_capture_on_commit_callbacks
):
    holder, second, operator, other = (
        a_referent(organization), a_referent(organization), an_operator(), somebody(),
    )  # fmt: skip
    people.invite(organization, "complice@example.org", by=holder)
    claim = claims.open_claim(organization, other, "evidence", "Nouvelle équipe")
    page = f"/revendications/{claim.public_id}/"
    client.force_login(operator)
    assert "Accorder et retirer les autres" in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "accept-alone", "reason": "Procès-verbal du 3 mai"})
    assert acts_for(other, organization)
    assert not acts_for(holder, organization) and not acts_for(second, organization)
    assert not Invitation.objects.exists()
    told = {address: m.body for m in mail.outbox for address in m.to}
    assert all("Procès-verbal du 3 mai" in told[person.email] for person in (holder, second))
    client.post(page, {"verb": "reopen", "reason": ""})
    assert not acts_for(other, organization)
    assert acts_for(holder, organization) and acts_for(second, organization)


def test_a_letter_whose_answer_is_undone_is_to_be_posted_again(client, organization, settings, small_marts):
    """The answer took its code: the paper that left opens nothing any more."""
    settings.MARTS = small_marts
    operator = an_operator()
    claim = claims.open_claim(organization, somebody(), "letter", "moi")
    client.force_login(operator)
    client.post("/bureau/courriers/", {"claim": claim.public_id})
    claims.refuse(Claim.objects.get(), "Non", actor=operator.actor)
    claims.reopen(Claim.objects.get(), actor=operator.actor)
    assert Claim.objects.get().posted_at is None
    assert claim.public_id in client.get("/bureau/courriers/").content.decode()
