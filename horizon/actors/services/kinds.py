"""What a structure that no register knows is said to be."""

from __future__ import annotations

from django.db import transaction

from horizon.actors.models import Organization, touch
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

SAID = (Organization.DECLARED, Organization.PARTNER, Organization.PUBLIC)


@transaction.atomic
def change_kind(organization: Organization, kind: str, *, actor: str) -> Organization:
    """Says that it is a structure of the social economy, of the conventional one, or an authority; the lists follow. Raises Refused
    for one that a register knows, and when nothing changes."""
    kept = Organization.objects.select_for_update().get(pk=organization.pk)
    if kept.kind not in SAID:
        raise Refused("Les registres disent ce qu’elle est : contestez plutôt son périmètre depuis sa page.")
    if kind not in SAID or kind == kept.kind:
        raise Refused("Choisissez ce qu’elle est, autre chose qu’aujourd’hui.")
    before, kept.kind = kept.kind, kind
    kept.save(update_fields=["kind"])
    touch(kept)
    record_event(
        "change_kind", "organization", kept.public_id, actor=actor, payload={"from": before, "to": kind}
    )
    return kept
