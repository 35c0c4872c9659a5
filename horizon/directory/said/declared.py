"""Structures that came with a table: the keys that registers may know them by, and taking them back whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from horizon.actors.models import Organization, touch
from horizon.directory.models import Entry, Identifier, Statement
from horizon.kernel.journal import record_event


@transaction.atomic
def identify(organization: Organization, keys: Iterable[str], *, actor: str) -> list[str]:
    """Ties register keys (`siren:…`, `rna:…`) that nobody has yet to a declared organization; returns them.

    A register that knows one of them some day finds this page instead of making another.
    """
    wanted = list(dict.fromkeys(keys))
    taken = set(Identifier.objects.filter(key__in=wanted).values_list("key", flat=True))
    made = [key for key in wanted if key not in taken]
    Identifier.objects.bulk_create(Identifier(key=key, organization=organization) for key in made)
    if made:
        record_event("identify", "organization", organization.public_id, actor=actor, payload={"keys": made})
    return made


@transaction.atomic
def take_back(
    organization: Organization, statements: Sequence[Statement], keys: Iterable[str], *, actor: str
) -> None:
    """Takes an organization that only a table declared out of the directory, as if the table had not come.

    Its public id stays for ever, and what was said of it stays in its history as undone. A page that a register has
    joined since keeps its entry: only the table's words go. The entry itself leaves with the lists (`refresh`).
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    Statement.objects.filter(pk__in=[s.pk for s in statements], status=Statement.PUBLISHED).update(
        status=Statement.UNDONE
    )
    entry = Entry.objects.filter(organization=organization).first()
    if entry is not None and (entry.siren or entry.rna):
        organization.kind = Organization.REGISTER
        organization.save(update_fields=["kind"])
    else:
        Identifier.objects.filter(organization=organization, key__in=list(keys)).delete()
    touch(organization)
    record_event("take_back", "organization", organization.public_id, actor=actor)


def only_tables_spoke(organization_ids: Iterable[int]) -> set[int]:
    """Those of these organizations of which nobody but tables ever said anything. One query."""
    wanted = set(organization_ids)
    spoken = Statement.objects.filter(organization_id__in=wanted)
    by_others = set(spoken.exclude(origin=Statement.TABLE).values_list("organization_id", flat=True))
    by_tables = set(spoken.filter(origin=Statement.TABLE).values_list("organization_id", flat=True))
    return by_tables - by_others


@transaction.atomic
def give_back(
    organization: Organization, statements: Sequence[Statement], keys: Iterable[str], *, actor: str
) -> list[str]:
    """Undoes `take_back`: what was said of the organization is published again, its keys are its own again."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    published = set(
        Statement.objects.filter(organization=organization, status=Statement.PUBLISHED).values_list(
            "field", flat=True
        )
    )
    wanted = {s.field: s.pk for s in statements if s.status == Statement.UNDONE and s.field not in published}
    Statement.objects.filter(pk__in=wanted.values()).update(status=Statement.PUBLISHED)
    tied = identify(organization, keys, actor=actor)
    touch(organization)
    record_event("give_back", "organization", organization.public_id, actor=actor)
    return tied
