"""Links between structures: said once, answered by the other, ended, undone; what the database itself guarantees."""

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from horizon.actors.access import may_reopen
from horizon.actors.models import RELATIONS, Organization, OrganizationLink
from horizon.actors.queries import links_of, unanswerable_links
from horizon.actors.services import links, people
from horizon.care import contents
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from tests.actors.links_kit import a_link, a_sure_link, organization
from tests.people import a_referent, again, an_operator

LINK = OrganizationLink


@pytest.fixture
def _site(published):
    """The small territory."""


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_site")]


def waiting(person, room="link"):
    return [item for item in waiting_for(again(person)) if item.room == room]


def test_to_buy_and_to_supply_are_one_link(django_capture_on_commit_callbacks):
    seller, buyer = a_referent(organization(0)), a_referent(organization(1))
    with django_capture_on_commit_callbacks(execute=True):
        made = a_link(0, 1, "supplies", author=seller, since=2021)
    assert (made.origin, made.target, made.side, made.status) == (
        organization(0),
        organization(1),
        LINK.ORIGIN,
        LINK.DECLARED,
    )
    assert (
        mail.outbox[-1].to == [buyer.email] and f"/liens/{made.public_id}/repondre/" in mail.outbox[-1].body
    )
    assert [item.key for item in waiting(buyer)] == [made.public_id] and waiting(seller) == []
    with pytest.raises(Refused, match="déjà noté"):
        a_link(0, 1, "supplies")
    with django_capture_on_commit_callbacks(execute=True):
        again_said = a_link(1, 0, "buys")
    assert again_said.pk == made.pk and again_said.status == LINK.CONFIRMED, (
        "said from the other end, it is confirmed"
    )
    assert mail.outbox[-1].to == [seller.email] and "confirme" in mail.outbox[-1].subject
    with pytest.raises(Refused, match="confirmé"):
        a_link(1, 0, "buys")
    assert a_link(1, 0, "supplies").pk != made.pk, "the other way round is another fact"
    assert [e.verb for e in Event.objects.filter(record_type="link", record_id=made.public_id)] == [
        "declare",
        "confirm",
    ]


def test_partners_are_stored_once_whoever_says_it():
    said = a_link(3, 1, "partner")
    assert (
        said.origin_id < said.target_id
        and said.speaker == organization(3)
        and said.listener == organization(1)
    )
    assert a_link(1, 3, "partner").status == LINK.CONFIRMED and LINK.objects.count() == 1


def test_desk_confirms_and_undoes_and_a_refusal_says_why():
    referent = a_referent(organization(1))
    made = a_link()
    assert "Confirmé" in act_on("link", "accept", made.public_id, referent)
    assert "attend de nouveau" in act_on("link", "undo", made.public_id, referent)
    with pytest.raises(Refused, match="pourquoi"):
        links.answer_link(made, False, actor="test")
    refused = links.answer_link(made, False, actor="test", reason="Plus depuis deux ans")
    assert refused.status == LINK.REFUSED and waiting(referent) == []
    with pytest.raises(Refused, match="a refusé ce lien : « Plus depuis deux ans »"):
        a_link()
    assert may_reopen(referent, refused) and not may_reopen(a_referent(organization(0)), refused)
    assert a_link(1, 0, "buys").status == LINK.DECLARED, "who refused may say it anew"
    with pytest.raises(Refused, match="de nouveau"):
        links.reopen_link(refused, actor="test")
    with pytest.raises(Refused, match="revient pas"):
        act_on("link", "accept", made.public_id, a_referent(organization(2)))


def test_nobody_to_answer_stays_silent_until_the_operator_has_evidence():
    operator = an_operator()
    with pytest.raises(Refused, match="d’où"):
        a_link(through=LINK.OPERATOR)
    made = a_link(through=LINK.OPERATOR, evidence="Appel du 12")
    assert "sans réponse" in made.told and list(unanswerable_links()) == [made]
    assert waiting(operator, "silent-links")[0].title == "Un lien que personne ne peut confirmer"
    with pytest.raises(Refused, match="pièce"):
        links.confirm_on_evidence(made, " ", actor="test")
    sure = links.confirm_on_evidence(made, "Convention 2025", actor="test")
    assert sure.told.endswith("sur pièce : Convention 2025") and waiting(operator, "silent-links") == []
    assert not may_reopen(a_referent(organization(1)), sure) and may_reopen(operator, sure)
    a_referent(organization(3))
    assert a_link(2, 3) not in unanswerable_links()


def test_an_end_is_dated_undone_and_said_again():
    made = a_sure_link()
    over = links.end_link(made, actor="test")
    assert over.until and not over.is_open
    with pytest.raises(Refused, match="déjà terminé"):
        links.end_link(made, actor="test")
    assert links.reopen_link(made, actor="test").status == LINK.CONFIRMED
    links.end_link(made, actor="test")
    assert a_link().pk != made.pk
    silent = a_link(0, 1, "hosts")
    links.end_link(silent, actor="test")
    assert links.reopen_link(silent, actor="test").status == LINK.DECLARED
    with pytest.raises(Refused, match="attend déjà"):
        links.reopen_link(silent, actor="test")


def test_merged_structures_are_followed_and_never_linked_to_themselves():
    made = a_link(0, 1)
    Organization.objects.filter(pk=made.target_id).update(canonical=organization(2))
    followed = LINK.objects.get(pk=made.pk)
    assert followed.second == followed.listener == Organization.objects.get(pk=followed.target.canonical_id)
    assert list(links_of(followed.second)) == [made]
    referent = a_referent(followed.second)
    assert [item.key for item in waiting(referent)] == [made.public_id]
    with pytest.raises(Refused, match="déjà noté"):
        links.declare_link(followed.first, "supplies", followed.second, actor="test")
    with pytest.raises(Refused, match="même structure"):
        links.declare_link(followed.target, "supplies", followed.second, actor="test")


def test_a_partnership_is_one_link_whichever_was_merged():
    """1 and 2 are partners; 2 is then read as 0, whose row is older: said again from either side, it is the same link."""
    made = a_sure_link(1, 2, "partner")
    kept, other = organization(0), organization(1)
    Organization.objects.filter(pk=organization(2).pk).update(canonical=kept)
    for mine, theirs in ((kept, other), (other, kept)):
        with pytest.raises(Refused, match="déjà noté, et confirmé"):
            links.declare_link(mine, "partner", theirs, actor="test")
    assert LINK.objects.get().pk == made.pk


def test_the_words_of_a_link_are_those_of_who_speaks():
    assert [row[2] for row in RELATIONS.values()] == [
        "Nous la fournissons", "Nous lui achetons", "Nous l’hébergeons", "Elle nous héberge", "Nous en sommes membres",
        "Elle est membre chez nous", "Nous détenons des parts chez elle", "Elle détient des parts chez nous", "Nous sommes partenaires",
    ]  # fmt: skip
    assert str(a_link(0, 1, "hosted")) == f"{organization(1).name} héberge {organization(0).name}"


def test_a_relay_answers_for_its_group():
    helper = a_referent(organization(2))
    people.give_relay(organization(2), organization(1), "Accord de vive voix", actor="test")
    made = a_link(0, 1)
    assert [item.key for item in waiting(helper)] == [made.public_id]
    assert links.referents_of(organization(1)) == [helper]
    people.leave_organization(helper.organization_roles.get(), actor="test")
    assert links.referents_of(organization(1)) == [] and waiting(helper) == []


def test_a_reported_link_is_taken_away_and_put_back():
    made = a_sure_link()
    row = contents.report_content("link", made.public_id, ground="false", message="Jamais")
    contents.decide_content(row, True, actor="test")
    assert LINK.objects.get(pk=made.pk).status == LINK.REMOVED
    with pytest.raises(Refused, match="L’animation a retiré"):
        a_link()
    with pytest.raises(Refused, match="L’animation a retiré"):
        act_on("link", "undo", made.public_id, a_referent(made.listener))
    row.refresh_from_db()
    contents.reopen_content(row, actor="test")
    assert LINK.objects.get(pk=made.pk).status == LINK.CONFIRMED


def test_who_wrote_it_takes_it_along_and_is_forgotten():
    author = a_referent(organization(0))
    made = a_link(author=author)
    kept = people.export_person(author)["actors"]["links"]
    assert kept[0]["link"] == str(made) and kept[0]["status"] == "declared"
    people.erase_person(author)
    assert LINK.objects.get(pk=made.pk).author is None
    assert author.email not in str(list(Event.objects.values_list("payload", "actor")))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"target": 0}, "link_never_to_itself"),
        ({"kind": "partner", "origin": 1, "target": 0}, "symmetric_link_stored_once"),
        ({}, "one_open_link_a_kind_and_pair"),
        ({"kind": "hosts", "status": "confirmed"}, "confirmed_link_says_by_whom"),
        ({"kind": "hosts", "confirmed_by": "other"}, "declared_link_is_not_confirmed"),
        ({"kind": "hosts", "status": "refused"}, "refusal_has_a_reason"),
        ({"kind": "hosts", "status": "removed"}, "refusal_has_a_reason"),
        ({"kind": "hosts", "status": "ended"}, "ended_link_has_its_day"),
        ({"kind": "hosts", "since": 20}, "link_since_a_year"),
    ],
)
def test_the_database_refuses(changes, name):
    a_link()
    values = {"kind": "supplies", "origin": 0, "target": 1, "side": "origin", **changes}
    for end in ("origin", "target"):
        values[end] = organization(values[end])
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        LINK.objects.create(**values)
    if connection.vendor == "postgresql":
        assert name in str(refused.value)
