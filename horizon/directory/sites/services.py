"""Which sites are asked, and what is kept of the answer. At most so many in a run, one request at a time for each host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization, touch
from horizon.directory.models import Entry, Publication, SiteCheck
from horizon.directory.sites.fetching import Page, Policy, Seen, look, read_page
from horizon.kernel.journal import record_event
from horizon.kernel.periodic import stopping
from horizon.kernel.refusal import Refused

MONTH, WEEK = timedelta(days=30), timedelta(days=7)
AT_ONCE = 6
WHILE_SOMEBODY_WAITS = 8.0


@dataclass(frozen=True)
class Site:
    """A declared address to ask."""

    organization_id: int
    address: str


def ask_for_checks() -> str:
    """Gives the month's checks to the queue of tasks: they last, and periodic jobs run one after the other."""
    from horizon.directory.tasks import check_sites_task

    if not settings.SITE_CHECKS:
        return ""
    check_sites_task.enqueue()
    return "asked"


def policy(why: str = "vérification mensuelle d’un lien") -> Policy:
    """How this site presents itself to the others: its name, why it comes, its address, and how to reach who runs it."""
    contact = f"; {settings.CONTACT}" if settings.CONTACT else ""
    said = f"HorizonCommun/1.0 ({why}; +{settings.ORIGIN}{contact})"
    plain = said.encode("ascii", "ignore").decode().replace("\n", " ").replace("\r", " ")
    return Policy(agent=plain[:300], loopback=settings.SITE_CHECKS_LOOPBACK)


def read_once(address: str, why: str) -> Page | None:
    """Reads one page now, for somebody who says that it is theirs and waits for the answer. None where no site is asked anything."""
    publication = Publication.objects.filter(current=True).first()
    if publication is None or not settings.SITE_CHECKS or not _may_ask(publication):
        return None
    return read_page(address, replace(policy(why), seconds=WHILE_SOMEBODY_WAITS))


def _may_ask(publication: Publication) -> bool:
    """Nothing is asked for an invented directory: its sites are nobody's, or somebody else's."""
    return not (publication.demo or publication.synthetic) or settings.SITE_CHECKS_LOOPBACK


def sites_to_ask(limit: int) -> list[Site]:
    """The addresses whose turn has come: a new one, one not asked for a month, one that failed a week ago or more.

    The longest waited for first. Nothing is asked for an invented directory. Two queries.
    """
    publication = Publication.objects.filter(current=True).first()
    if publication is None or not _may_ask(publication):
        return []
    entries = Entry.objects.filter(publication=publication, active=True, folded=False).exclude(website="")
    seen = {row.organization_id: row for row in SiteCheck.objects.all()}
    now, never = timezone.now(), timezone.now() - timedelta(days=36_500)
    waiting = []
    for pk, address in entries.order_by("pk").values_list("organization_id", "website"):
        row = seen.get(pk)
        if row is None or row.address != address:
            waiting.append((never, Site(pk, address)))
        elif now - row.checked_at >= _rhythm(row):
            waiting.append((row.checked_at, Site(pk, address)))
    waiting.sort(key=lambda pair: (pair[0], pair[1].organization_id))
    return [site for _, site in waiting[:limit]]


def _rhythm(row: SiteCheck) -> timedelta:
    """A first failure is looked at again after a week; all else after a month."""
    first = row.failing_since is not None and row.checked_at - row.failing_since < WEEK
    return WEEK if first else MONTH


def check_sites(*, actor: str = "worker", using: Policy | None = None) -> str:
    """Asks the sites whose turn has come, at most `HORIZON_SITE_CHECKS` of them, and keeps what was seen of each."""
    sites = sites_to_ask(settings.SITE_CHECKS)
    if not sites:
        return ""
    kept = 0
    for site, seen in _look_at_all(sites, using or policy()):
        kept += keep_check(site, seen, actor=actor) is not None
    with transaction.atomic():
        record_event("check_sites", "directory", "sites", actor=actor, payload={"asked": kept})
    return f"{kept} sites demandés"


def _look_at_all(sites: Iterable[Site], using: Policy) -> Iterable[tuple[Site, Seen]]:
    """Several hosts at once, in threads that touch no database; what shares a host waits for its turn (`Policy.turn`)."""
    by_host: dict[str, list[Site]] = defaultdict(list)
    for site in sites:
        by_host[_host(site.address)].append(site)

    def ask_one(group: list[Site]) -> list[tuple[Site, Seen]]:
        return [(site, look(site.address, using)) for site in group if not stopping()]

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for found in pool.map(ask_one, by_host.values()):
            yield from found


def _host(address: str) -> str:
    """The host of an address; what cannot be read has none, and `look` refuses it."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


@transaction.atomic
def keep_check(site: Site, seen: Seen, *, actor: str) -> SiteCheck | None:
    """Keeps what was seen of a site; None when the organization is gone. The list follows where something changed."""
    organization = Organization.objects.select_for_update().filter(pk=site.organization_id).first()
    if organization is None:
        return None
    now = timezone.now()
    before = SiteCheck.objects.filter(organization=organization).first()
    same = before is not None and before.address == site.address
    good = seen.outcome in SiteCheck.GOOD
    failing = same and before is not None and before.failing_since is not None and not good
    assert before is not None or not failing
    row, _ = SiteCheck.objects.update_or_create(
        organization=organization,
        defaults={
            "address": site.address[:300],
            "outcome": seen.outcome,
            "checked_at": now,
            "leads_to": seen.leads_to[:2000],
            "failing_since": None if good else (before.failing_since if failing and before else now),
            "told_at": before.told_at if failing and before else None,
            "seen_at": before.seen_at if failing and before else None,
        },
    )
    if not same or before is None or before.outcome != seen.outcome:
        touch(organization)
        record_event(
            "see_site", "organization", organization.public_id, actor=actor, payload={"outcome": seen.outcome}
        )
    return row


@transaction.atomic
def put_aside(check: SiteCheck, aside: bool, *, actor: str) -> SiteCheck:
    """The desk saw that a site fails; it comes back when it fails again after an answer. Undone, it is shown again."""
    kept = SiteCheck.objects.select_for_update().get(pk=check.pk)
    if kept.failing_since is None:
        raise Refused("Ce site répond de nouveau.")
    kept.seen_at = timezone.now() if aside else None
    kept.save(update_fields=["seen_at"])
    record_event("put_aside" if aside else "take_up", "site_check", kept.pk, actor=actor)
    return kept
