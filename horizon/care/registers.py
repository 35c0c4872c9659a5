"""Postal addresses straight from the registers, for letters: read when printed. Homes are not even there."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q

from horizon.actors.merged import root
from horizon.actors.models import Organization
from horizon.directory.models import Identifier
from horizon.observatory.read import Marts, MartsMissing

SQL = """
SELECT o.siren, o.rna, e.address, e.postal_code, c.name AS commune
FROM organizations o JOIN establishments e ON e.org_id = o.org_id
LEFT JOIN communes c ON c.code = e.commune_code
WHERE ($kind = 'siren' AND o.siren = $key) OR ($kind = 'rna' AND o.rna = $key)
ORDER BY e.is_seat DESC, e.active DESC, e.siret
LIMIT 1
"""


def postal_addresses(organizations: Sequence[Organization]) -> dict[int, list[str]]:
    """Lines of the register's postal address by (canonical) organization id; those whose seat may be a home are left out."""
    found: dict[int, list[str]] = {}
    wanted = {one.root_id for one in organizations}
    about = Q(organization__in=wanted) | Q(organization__canonical__in=wanted)
    keys = Identifier.objects.filter(about).annotate(of_root=root()).order_by("organization", "-key")
    try:
        with Marts(settings.MARTS) as marts:
            for row in keys:
                kind, _, key = row.key.partition(":")
                if row.of_root in found or kind not in {"siren", "rna"}:
                    continue
                for line in marts.query(SQL, {"kind": kind, "key": key}):
                    if line["address"]:
                        found[row.of_root] = [
                            line["address"],
                            f"{line['postal_code'] or ''} {line['commune'] or ''}".strip(),
                        ]
    except MartsMissing:
        return {}
    return found
