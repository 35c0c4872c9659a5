"""To whom one writes for a structure: who acts for it (or for its relay), who is noted as to reach, else the address that it publishes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from horizon.actors.merged import root
from horizon.actors.models import Contact, OrganizationRole, RelayConsent
from horizon.kernel.registry import published_addresses

AT_ONCE = 500
Row = TypeVar("Row")


@dataclass
class Reached:
    """The addresses of a structure, in lower case, each once."""

    acting: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    published: str = ""

    @property
    def all(self) -> list[str]:
        """A mailing list: those who act and those to reach; without any, the address that its page shows."""
        return list(dict.fromkeys([*self.acting, *self.noted])) or self._published

    @property
    def letter(self) -> list[str]:
        """A letter to the structure: those who act; without any, those to reach; without any, the address of its page."""
        return self.acting or self.noted or self._published

    @property
    def _published(self) -> list[str]:
        return [self.published] if self.published else []


def addresses_of(organizations: Collection[int]) -> dict[int, Reached]:
    """The addresses of whole organizations by their ids. Four queries, whatever the rows."""
    found = {pk: Reached() for pk in organizations}
    consents = RelayConsent.objects.filter(until=None).order_by("-pk")
    relays: dict[int, list[int]] = {}
    for group, relay in (
        consents.annotate(of_root=root("group"), by_root=root("relay"))
        .filter(of_root__in=found)
        .values_list("of_root", "by_root")
    ):
        relays.setdefault(group, []).append(relay)
    everyone = {*found, *(relay for several in relays.values() for relay in several)}
    acting: dict[int, list[str]] = {}
    roles = OrganizationRole.objects.filter(until=None, person__is_active=True).order_by("since", "pk")
    for pk, email in (
        roles.annotate(of_root=root()).filter(of_root__in=everyone).values_list("of_root", "person__email")
    ):
        acting.setdefault(pk, []).append(email.lower())
    for pk, one in found.items():
        own = acting.get(pk) or [email for relay in relays.get(pk, ()) for email in acting.get(relay, ())]
        one.acting = list(dict.fromkeys(own))
    noted = Contact.objects.exclude(email="").annotate(of_root=root()).filter(of_root__in=found)
    for pk, email in noted.values_list("of_root", "email"):
        if email.lower() not in found[pk].noted:
            found[pk].noted.append(email.lower())
    for pk, email in published_addresses(found).items():
        found[pk].published = email.lower()
    return found


def with_addresses(rows: Iterable[Row], whose: Callable[[Row], int]) -> Iterator[tuple[Row, Reached]]:
    """Each row with the addresses of its structure, read by the hundreds while they are written."""
    left = iter(rows)
    while batch := list(islice(left, AT_ONCE)):
        found = addresses_of({whose(row) for row in batch})
        yield from ((row, found[whose(row)]) for row in batch)
