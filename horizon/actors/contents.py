"""What the actors show that may be reported: links between organizations."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from horizon.actors.models import OrganizationLink
from horizon.actors.services.links import DEPTH, referents_of, reopen_link, sentence, take_link_away
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about links."""
    declare_content("link", ContentKind(_links, _take_away, _put_back, _authors))


def _links(keys: Collection[str], public: bool) -> dict[str, Content]:
    return {
        link.public_id: Content(
            "Le lien", f"{sentence(link)} ({link.told})", reverse("actors:link", args=[link.public_id])
        )
        for link in OrganizationLink.objects.select_related(*DEPTH).filter(public_id__in=keys)
        if not public or link.is_open
    }


def _authors(key: str) -> list[str]:
    link = OrganizationLink.objects.select_related(*DEPTH, "author").filter(public_id=key).first()
    if link is None:
        return []
    spoke = [link.author] if link.author else referents_of(link.speaker)
    return [person.email for person in spoke]


def _take_away(key: str, reason: str, actor: str) -> None:
    take_link_away(OrganizationLink.objects.get(public_id=key), reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    link = OrganizationLink.objects.get(public_id=key)
    if link.status != OrganizationLink.REMOVED:
        raise Refused(f"Le lien est {link.get_status_display()}.")
    reopen_link(link, actor=actor)
