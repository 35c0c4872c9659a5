"""What people say, laid over what registers say; taken off again, the register's values are back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from horizon.actors.models import Membership, Organization
from horizon.directory.models import Closure, Confirmation, Entry, SiteCheck, Statement
from horizon.directory.said.fields import FIELDS

BASED = (
    "name", "acronym", "description", "website", "phone", "email", "hours", "address", "postal_code", "lat", "lon",
    "at_home", "hidden_why", "commune_id", "doors", "poles", "family", "active", "closed_on", "signs", "reasons", "is_actor",
    "confirmed_on", "fresh",
)  # fmt: skip
ADDED = frozenset({"acronym", "description", "doors", "poles", "hours", "phone", "email", "website"})
DAYS = frozenset({"closed_on", "confirmed_on"})
CONFIRMED_DAYS, FRESH_DAYS, SITE_DAYS = 730, 365, 100
OVERLAID = frozenset({"confirmed", "member", "site"})
APART = {Organization.PARTNER, Organization.PUBLIC}
CONFIRMING = {Statement.REFERENT, Statement.RELAY}


@dataclass
class Said:
    """What is said of one organization: the published statements by field, its last confirmation, its place in the
    collective, what a register says of its end, and whether its site answers."""

    statements: dict[str, Statement] = field(default_factory=dict)
    member: bool = False
    partner: bool = False
    confirmation: Confirmation | None = None
    closure: Closure | None = None
    site: SiteCheck | None = None

    @property
    def confirmed_at(self) -> datetime | None:
        """When the organization itself last said something of its page, or that all of it is right."""
        said = [s.decided_at or s.created_at for s in self.statements.values() if s.origin in CONFIRMING]
        return max([*said, *([self.confirmation.at] if self.confirmation else [])], default=None)

    @property
    def confirmed_how(self) -> str:
        """By whom, in words."""
        last = self.confirmation
        return last.get_origin_display() if last and last.at == self.confirmed_at else "par elle-même"

    @property
    def confirmed(self) -> bool:
        """Whether the organization itself said something in the last two years."""
        return self._since(CONFIRMED_DAYS)

    @property
    def fresh(self) -> bool:
        """Whether it did in the last year."""
        return self._since(FRESH_DAYS)

    def _since(self, days: int) -> bool:
        at = self.confirmed_at
        return at is not None and at >= timezone.now() - timedelta(days=days)

    @property
    def ending(self) -> Closure | None:
        """The closure that nobody answered yet; what people say of its existence goes first."""
        waits = self.closure is not None and self.closure.status == Closure.WAITING
        return self.closure if waits and "state" not in self.statements else None

    def site_answers(self, address: str) -> bool:
        """Whether the site, under the address that the page gives, answered when it was last asked."""
        seen = self.site
        return bool(
            seen
            and seen.good
            and seen.address == address
            and seen.checked_at >= timezone.now() - timedelta(days=SITE_DAYS)
        )

    def __bool__(self) -> bool:
        return bool(
            self.statements or self.member or self.partner or self.confirmation or self.closure or self.site
        )


def said_of(organization_ids: Iterable[int] | None = None) -> dict[int, Said]:
    """What is said of these organizations (of all, with None). Five queries.

    What is said of one merged into another completes what is said of the other: `ADDED` fields that it does not say, the
    latest first, and its place in the collective.
    """
    statements = Statement.objects.filter(status=Statement.PUBLISHED)
    memberships = Membership.objects.filter(status=Membership.ACTIVE)
    beside = [
        Confirmation.objects.filter(undone_at=None).order_by("at", "pk"),
        Closure.objects.exclude(status=Closure.WITHDRAWN),
        SiteCheck.objects.all(),
    ]
    if organization_ids is not None:
        wanted = list(organization_ids)
        about = Q(organization__in=wanted) | Q(organization__canonical__in=wanted)
        statements, memberships = statements.filter(about), memberships.filter(about)
        beside = [rows.filter(about) for rows in beside]
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
    _add_beside(found, *beside)
    return found


def _add_beside(found: dict[int, Said], confirmations, closures, checks) -> None:
    """Confirmations count for the whole; a closure and a site are those of the row itself."""
    for confirmation in confirmations.select_related("organization"):
        for pk in {confirmation.organization_id, confirmation.organization.root_id}:
            last = found[pk].confirmation
            if last is None or last.at <= confirmation.at:
                found[pk].confirmation = confirmation
    for closure in closures:
        found[closure.organization_id].closure = closure
    for check in checks:
        found[check.organization_id].site = check


def lay(entry: Entry, said: Said) -> None:
    """Lays what is said over the entry, in memory; what the registers said stays in `base`. Lays nothing twice."""
    take_off(entry)
    if not said:
        return
    entry.base = {name: _plain(getattr(entry, name)) for name in BASED}
    for code, statement in sorted(said.statements.items()):
        if code in FIELDS:
            FIELDS[code].lay(entry, statement.value)
    if said.ending and not entry.active:
        entry.active, entry.closed_on = True, None
    entry.confirmed_on = timezone.localdate(said.confirmed_at) if said.confirmed_at else None
    entry.fresh = said.fresh
    signs = [sign for sign in entry.signs if sign not in OVERLAID]
    signs += ["site"] if said.site_answers(entry.website) else []
    signs += ["confirmed"] if said.confirmed else []
    signs += ["member"] if said.member else []
    entry.signs = signs
    entry.is_actor = entry.active and entry.in_perimeter and bool(signs)


def take_off(entry: Entry) -> None:
    """Gives the entry back what the registers say."""
    for name, value in entry.base.items():
        setattr(entry, name, date.fromisoformat(value) if name in DAYS and value else value)
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
        hidden_why="unknown",
        active=True,
        in_perimeter=organization.kind == Organization.DECLARED,
        reasons=["declared"] if organization.kind == Organization.DECLARED else [],
        exclusions=[] if organization.kind == Organization.DECLARED else [organization.kind],
        signs=["declared"] if organization.kind == Organization.DECLARED else [],
        created_on=None,
    )


def withdrawn(organization: Organization, said: Said, entry: Entry | None) -> bool:
    """Whether a structure that no register knows was taken back: of it, nobody says anything any more."""
    unknown = organization.kind != Organization.REGISTER and not (entry and (entry.siren or entry.rna))
    return unknown and not said.statements


def follow_kind(entry: Entry, organization: Organization) -> bool:
    """A structure that no register knows is in the directory, or shown beside it, by what it is said to be. Whether that changed."""
    bare = declared_entry(organization, Said())
    reasons = entry.base.get("reasons", entry.reasons)
    known = not set(reasons) <= {"declared"} or not set(entry.exclusions) <= APART
    if organization.kind == Organization.REGISTER or known or entry.exclusions == bare.exclusions:
        return False
    take_off(entry)
    for name in ("in_perimeter", "reasons", "exclusions", "signs"):
        setattr(entry, name, getattr(bare, name))
    return True


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
