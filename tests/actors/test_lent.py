"""Who one may enter as in the demonstration: each thing that one can be, few people, whatever their number."""

import pytest

from horizon.actors.lent import lent_people
from horizon.actors.models import Mandate, Person
from horizon.actors.services import people, poles
from horizon.directory.models import Entry
from tests.people import an_operator, somebody

pytestmark = pytest.mark.django_db


def invented(name: str) -> Person:
    person = somebody(name)
    Person.objects.filter(pk=person.pk).update(demo=True)
    person.refresh_from_db()
    return person


def test_a_few_of_each_and_those_who_hold_a_page(published, django_assert_num_queries):
    an_operator()  # a real one is not lent
    for name in ("Ana", "Bea", "Cleo"):
        poles.give_mandate(invented(name), Mandate.OPERATOR, actor="test", decided_by="réunion")
    poles.give_mandate(invented("Élue"), Mandate.ELECTED, actor="test", decided_by="vote")
    entries = list(Entry.objects.select_related("organization").order_by("pk")[:5])
    holders = [invented(name) for name in ("Dalia", "Emma", "Fatou", "Gaëlle", "Hanna")]
    for holder, entry in zip(holders, entries, strict=True):
        people.join_as_referent(holder, entry.organization, obtained_by="operator", actor="test")
    people.rename_person(holders[-1], "Ines")
    invented("Zoé")
    with django_assert_num_queries(4):
        lent = [(str(person), said) for person, said in lent_people()]
    assert [name for name, _ in lent] == [
        "Ana", "Bea", "Élue", "Ines", "Dalia", "Emma", "Zoé",
    ]  # fmt: skip
    assert lent[3][1] == f"tient la page de {entries[4].organization.name}"
    assert lent[-1][1] == "personne du territoire"
