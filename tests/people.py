"""People and small acts that several rooms' tests need."""

from itertools import count
from time import time

from django.utils import timezone

from horizon.actors.models import Mandate, Organization, Person
from horizon.actors.services.people import find_or_create_person, join_as_referent
from horizon.actors.services.poles import give_mandate, seed_actors
from horizon.directory.models import Entry

_numbers = count(1)


def somebody(name: str = "Nour Vonnelune") -> Person:
    """A new person."""
    person = find_or_create_person(f"personne{next(_numbers)}@example.org", actor="test", name=name)
    Person.objects.filter(pk=person.pk).update(of_age_at=timezone.now())
    return again(person)


def an_operator() -> Person:
    """Somebody who animates the collective; poles and colleges are open."""
    seed_actors(actor="test")
    person = somebody("Ade Auxanciel")
    give_mandate(person, Mandate.OPERATOR, actor="test")
    return again(person)


def a_referent(organization: Organization) -> Person:
    """Somebody who acts for an organization."""
    person = somebody("Lou Paludeclair")
    join_as_referent(person, organization, obtained_by="operator", actor="test")
    return again(person)


def enter(client, person: Person) -> None:
    """Enters as somebody who just proved who they are: what cannot be undone asks for it."""
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


def again(person: Person) -> Person:
    """The same person, read again: roles are kept during a request."""
    return Person.objects.get(pk=person.pk)


def entry_named(words: str) -> Entry:
    """The published entry whose name has these words."""
    return Entry.objects.select_related("organization", "commune").get(name__icontains=words)
