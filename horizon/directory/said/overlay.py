"""What people say, laid over what registers say; taken off again, the register's values are back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from horizon.actors.models import Membership, Organization
from horizon.directory.models import Entry, Statement
from horizon.directory.said.fields import FIELDS

BASED = (
    "name", "acronym", "description", "website", "phone", "email", "hours", "address", "postal_code", "lat", "lon",
    "at_home", "commune_id", "doors", "poles", "family", "active", "closed_on", "signs", "reasons", "is_actor",
)  # fmt: skip
ADDED = frozenset({"acronym", "description", "doors", "poles", "hours", "phone", "email", "website"})
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
    """What is said of these organizations (of all, with None). Two queries.

    What is said of one merged into another completes what is said of the other: `ADDED` fields that it does not say, the
    latest first, and its place in the collective.
    """
    statements = Statement.objects.filter(status=Statement.PUBLISHED)
    memberships = Membership.objects.filter(status=Membership.ACTIVE)
    if organization_ids is not None:
        wanted = list(organization_ids)
        about = Q(organization__in=wanted) | Q(organization__canonical__in=wanted)
        statements, memberships = statements.filter(about), memberships.filter(about)
    found: dict[int, Said] = defaultdict(Said)
    added: list[tuple[int, Statement]] = []
    for statement in statements.select_related("organization"):
        found[statement.organization_id].statements[statement.field] = statement
        if statement.organization.canonical_id and statement.field in ADDED:
            added.append((statement.organization.canonical_id, statement))
    for whole, statement in sorted(
        added, key=lambda pair: pair[1].decided_at or pair[1].created_at, reverse=True
    ):
        found[whole].statements.setdefault(statement.field, statement)
    for organization, canonical, partner in memberships.values_list(
        "organization_id", "organization__canonical_id", "college__partner"
    ):
        for pk in {organization, canonical or organization}:
            if partner:
                found[pk].partner = True
            else:
                found[pk].member = True
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
