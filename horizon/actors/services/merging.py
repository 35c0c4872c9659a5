"""Merging organizations that are one, and parting them again. No foreign key moves, so parting gives everything back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization, touch
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

NUMBERS, PEOPLE = "numbers", "people"


@transaction.atomic
def merge_organizations(
    kept: Organization, folded: Organization, *, by: str, actor: str, why: Sequence[str] = ()
) -> list[str]:
    """Reads `folded`, and all that was merged into it, as `kept` from now on.

    Returns the public ids that followed `folded`: parting gives them back. Raises Refused when they are one already.
    """
    wanted = {kept.root_id, folded.root_id}
    rows = {
        row.pk: row for row in Organization.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    }
    if len(rows) < 2 or any(row.canonical_id for row in rows.values()):
        raise Refused("Ces deux fiches sont déjà réunies.")
    target, source = rows[kept.root_id], rows[folded.root_id]
    following = list(Organization.objects.select_for_update().filter(canonical=source).order_by("pk"))
    for row in following:
        row.canonical = target
        row.save(update_fields=["canonical"])
    source.canonical, source.merged_by, source.merged_at = target, by, timezone.now()
    source.save(update_fields=["canonical", "merged_by", "merged_at"])
    touch(source)
    followers = [row.public_id for row in following]
    record_event(
        "merge", "organization", source.public_id, actor=actor,
        payload={"canonical": target.public_id, "by": by, "why": list(why), "followers": followers},
    )  # fmt: skip
    return followers


@transaction.atomic
def split_organization(folded: Organization, *, actor: str, followers: Iterable[str] = ()) -> None:
    """Gives an organization its own page again, with those that had followed it. Raises Refused when it is not merged."""
    row = Organization.objects.select_for_update().get(pk=folded.pk)
    if row.canonical_id is None:
        raise Refused("Ces deux fiches sont déjà séparées.")
    kept = Organization.objects.get(pk=row.canonical_id)
    row.canonical, row.merged_by, row.merged_at = None, "", None
    row.save(update_fields=["canonical", "merged_by", "merged_at"])
    back = Organization.objects.select_for_update().filter(public_id__in=list(followers), canonical=kept)
    for follower in back:
        follower.canonical = row
        follower.save(update_fields=["canonical"])
    touch(row)
    touch(kept)
    record_event("split", "organization", row.public_id, actor=actor, payload={"canonical": kept.public_id})
