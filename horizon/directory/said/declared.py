"""Structures that come with a table, many at once: declared, tied to the keys of registers, taken back whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person, Touched
from horizon.directory.models import Entry, Identifier, Statement
from horizon.directory.said.fields import FIELDS, clean
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.publicid import random_id
from horizon.kernel.refusal import Refused


@dataclass
class Draft:
    """A structure to declare: its values by field, the register keys it has, where the words come from."""

    values: dict[str, object]
    keys: list[str] = field(default_factory=list)
    message: str = ""


@dataclass
class Declared:
    """A structure as it was declared, given back or to be taken back, with what was written for it."""

    organization: Organization
    statements: list[Statement]
    keys: list[str]


@transaction.atomic
def declare_many(
    drafts: Sequence[Draft], *, actor: str, author: Person | None = None, licence: str = ""
) -> list[Declared]:
    """What `declare_organization` does for one, for the lines of a table, in a few queries. Raises Refused."""
    now, made, statements = timezone.now(), [], []
    for draft in drafts:
        try:
            values = {
                code: clean(code, value)
                for code, value in draft.values.items()
                if value not in ("", None, [])
            }
        except ValidationError as problem:
            raise Refused(problem.messages[0]) from problem
        if not values.get("name") or not values.get("commune"):
            raise Refused("Il faut au moins son nom et sa commune.")
        organization = Organization(
            public_id=random_id(), name=str(values["name"])[:300], kind=Organization.DECLARED
        )
        batch = random_id()
        spoken = [
            Statement(
                organization=organization, field=code, value=value, origin=Statement.TABLE, author=author, batch=batch,
                message=draft.message[:1000], licence=licence, status=Statement.PUBLISHED, decided_at=now,
            )
            for code, value in values.items()
        ]  # fmt: skip
        made.append(Declared(organization, spoken, list(dict.fromkeys(draft.keys))))
        statements += spoken
    Organization.objects.bulk_create([one.organization for one in made])
    Statement.objects.bulk_create(statements, batch_size=500)
    _tie(made)
    _tell("declare", made, actor)
    return made


@transaction.atomic
def take_back(many: Sequence[Declared], *, actor: str) -> None:
    """Takes organizations that only a table declared out of the directory, as if the table had not come.

    Public ids stay for ever, and what was said stays in the history as undone. A page that a register has joined since
    keeps its entry and its keys: only the table's words go. The entries of the others leave with the lists (`refresh`).
    """
    _lock(many)
    _restate(many, Statement.PUBLISHED, Statement.UNDONE)
    ids = [one.organization.pk for one in many]
    joined = {
        entry.organization_id
        for entry in Entry.objects.filter(organization__in=ids)
        if entry.siren or entry.rna
    }
    Organization.objects.filter(pk__in=joined).update(kind=Organization.REGISTER)
    keys = [key for one in many if one.organization.pk not in joined for key in one.keys]
    Identifier.objects.filter(key__in=keys, organization__in=ids).delete()
    _tell("take_back", many, actor)


@transaction.atomic
def give_back(many: Sequence[Declared], *, actor: str) -> None:
    """Undoes `take_back`: what was said is published again, and the keys that nobody took since are tied again."""
    _lock(many)
    Organization.objects.filter(pk__in=[one.organization.pk for one in many]).update(
        kind=Organization.DECLARED
    )
    _restate(many, Statement.UNDONE, Statement.PUBLISHED)
    _tie(many)
    _tell("give_back", many, actor)


@transaction.atomic
def tie_numbers(organization: Organization, keys: Sequence[str], *, actor: str) -> list[str]:
    """Ties register keys that nobody has to a structure that was there; returns those that are tied now and were not."""
    taken = set(Identifier.objects.filter(key__in=keys).values_list("key", flat=True))
    free = [key for key in dict.fromkeys(keys) if key not in taken]
    Identifier.objects.bulk_create(Identifier(key=key, organization=organization) for key in free)
    if free:
        record_event("tie", "organization", organization.public_id, actor=actor, payload={"keys": free})
    return free


@transaction.atomic
def untie_numbers(organization: Organization, keys: Sequence[str], *, actor: str) -> None:
    """Undoes `tie_numbers`, but for what a register has come to say of the structure since."""
    entries = list(Entry.objects.filter(of(organization)))
    said = {f"siren:{one.siren}" for one in entries} | {f"rna:{one.rna}" for one in entries}
    gone = [key for key in keys if key not in said]
    if Identifier.objects.filter(of(organization), key__in=gone).delete()[0]:
        record_event("untie", "organization", organization.public_id, actor=actor, payload={"keys": gone})


def changed_by_people(many: Sequence[Declared]) -> dict[int, list[str]]:
    """What anybody did since with organizations that a table brought, by key: words of their own, a team, a deal…

    Every room's references to an organization count. A query for each kind of record, however many organizations.
    """
    ids = [one.organization.pk for one in many]
    ours = {statement.pk for one in many for statement in one.statements}
    found: dict[int, list[str]] = defaultdict(list)
    spoken = Statement.objects.filter(organization__in=ids).exclude(status=Statement.UNDONE)
    for pk, organization, origin, status, code in spoken.values_list(
        "pk", "organization", "origin", "status", "field"
    ):
        if pk not in ours or origin != Statement.TABLE or status == Statement.REPLACED:
            label = FIELDS[code].label if code in FIELDS else code
            if label not in found[organization]:
                found[organization].append(label)
    followed = {Entry, Identifier, Statement, Touched}
    for relation in Organization._meta.related_objects:
        model = relation.related_model
        if model in followed or model.__name__ in {"SourceRecord", "ImportLine"}:
            continue
        name = relation.field.name
        for organization in (
            model._base_manager.filter(**{f"{name}__in": ids}).values_list(name, flat=True).distinct()
        ):
            found[organization].append(NAMES.get(model.__name__, "ce que d’autres y ont relié"))
    return dict(found)


NAMES = {
    "OrganizationRole": "son équipe",
    "Membership": "son adhésion",
    "Claim": "une revendication",
    "ContactNote": "une note d’appel",
    "Contact": "une personne à joindre",
    "Photo": "ses images",
    "Listing": "ses annonces",
    "Deal": "ses échanges",
    "Report": "un signalement",
}


def _lock(many: Sequence[Declared]) -> None:
    ids = sorted(one.organization.pk for one in many)
    list(
        Organization.objects.select_for_update()
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _restate(many: Sequence[Declared], before: str, after: str) -> None:
    published: set[tuple[int, str]] = set()
    if after == Statement.PUBLISHED:
        ids = [one.organization.pk for one in many]
        rows = Statement.objects.filter(organization__in=ids, status=Statement.PUBLISHED)
        published = set(rows.values_list("organization_id", "field"))
    wanted = [s.pk for one in many for s in one.statements if (s.organization_id, s.field) not in published]
    Statement.objects.filter(pk__in=wanted, status=before).update(status=after)


def _tie(many: Sequence[Declared]) -> None:
    """Ties register keys that nobody has: a register that knows one some day finds this page, and makes no other."""
    wanted = [key for one in many for key in one.keys]
    taken = dict(Identifier.objects.filter(key__in=wanted).values_list("key", "organization_id"))
    for one in many:
        free = [key for key in one.keys if taken.get(key, one.organization.pk) == one.organization.pk]
        Identifier.objects.bulk_create(
            Identifier(key=key, organization=one.organization) for key in free if key not in taken
        )
        taken.update(dict.fromkeys(free, one.organization.pk))
        one.keys = free


def _tell(verb: str, many: Sequence[Declared], actor: str) -> None:
    Touched.objects.bulk_create(Touched(organization=one.organization) for one in many)
    record_events(verb, "organization", [one.organization.public_id for one in many], actor=actor)
