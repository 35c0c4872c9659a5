"""What people say, laid over what registers say; taken off again, the register's values are back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from horizon.actors.models import Membership, Organization
from horizon.directory.models import Entry, Statement
from horizon.directory.said.fields import FIELDS

BASED = (
    "name", "acronym", "description", "website", "phone", "email", "hours", "address", "postal_code", "lat", "lon",
    "at_home", "commune_id", "doors", "poles", "family", "active", "closed_on", "signs", "reasons", "is_actor",
)  # fmt: skip
CONFIRMED_DAYS = 730
CONFIRMING = {Statement.REFERENT, Statement.RELAY}


@dataclass
class Said:
    """What is said of one organization: the published statements by field, and its place in the collective."""

    statements: dict[str, Statement] = field(default_factory=dict)
    member: bool = False
    partner: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether the organization itself said something in the last two years."""
        limit = timezone.now() - timedelta(days=CONFIRMED_DAYS)
        return any(
            s.origin in CONFIRMING and (s.decided_at or s.created_at) >= limit
            for s in self.statements.values()
        )

    def __bool__(self) -> bool:
        return bool(self.statements or self.member or self.partner)


def said_of(organization_ids: Iterable[int] | None = None) -> dict[int, Said]:
    """What is said of these organizations (of all, with None). Two queries."""
    statements = Statement.objects.filter(status=Statement.PUBLISHED)
    memberships = Membership.objects.filter(status=Membership.ACTIVE)
    if organization_ids is not None:
        wanted = list(organization_ids)
        statements = statements.filter(organization_id__in=wanted)
        memberships = memberships.filter(organization_id__in=wanted)
    found: dict[int, Said] = defaultdict(Said)
    for statement in statements:
        found[statement.organization_id].statements[statement.field] = statement
    for organization, partner in memberships.values_list("organization_id", "college__partner"):
        if partner:
            found[organization].partner = True
        else:
            found[organization].member = True
    return found


def lay(entry: Entry, said: Said) -> None:
    """Lays what is said over the entry, in memory; what the registers said stays in `base`. Lays nothing twice."""
    take_off(entry)
    if not said:
        return
    entry.base = {name: _plain(getattr(entry, name)) for name in BASED}
    for code, statement in sorted(said.statements.items()):
        if code in FIELDS:
            FIELDS[code].lay(entry, statement.value)
    signs = [sign for sign in entry.signs if sign not in {"confirmed", "member"}]
    signs += ["confirmed"] if said.confirmed else []
    signs += ["member"] if said.member else []
    entry.signs = signs
    entry.is_actor = entry.active and entry.in_perimeter and bool(signs)


def take_off(entry: Entry) -> None:
    """Gives the entry back what the registers say."""
    for name, value in entry.base.items():
        setattr(entry, name, date.fromisoformat(value) if name == "closed_on" and value else value)
    entry.base = {}


def register_value(entry: Entry, code: str) -> object:
    """What the registers say of a field, whatever is laid over it."""
    bare = Entry(**{name: entry.base.get(name, getattr(entry, name)) for name in BASED})
    return FIELDS[code].read(bare)


def declared_entry(organization: Organization, said: Said) -> Entry:
    """The bare entry of an organization that no register knows: everything else comes from what is said of it."""
    commune = said.statements.get("commune")
    return Entry(
        organization=organization,
        name=organization.name,
        family="autre",
        commune_id=str(commune.value) if commune else "",
        at_home=True,
        active=True,
        in_perimeter=organization.kind == Organization.DECLARED,
        reasons=["declared"] if organization.kind == Organization.DECLARED else [],
        exclusions=[] if organization.kind == Organization.DECLARED else [organization.kind],
        signs=["declared"] if organization.kind == Organization.DECLARED else [],
        created_on=None,
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
