"""Codes read out on the telephone or written on a site: each proves a claim as one sent by letter does; somebody's eye stays the way round."""

from __future__ import annotations

import re
from html import unescape

from django.db import transaction

from horizon.care import claims
from horizon.care.models import Claim
from horizon.directory.models import SiteCheck
from horizon.directory.queries import live_entry
from horizon.directory.sites.services import read_once
from horizon.engine.webaddress import is_within, same_place
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

TAG = re.compile(r"<[^<>]*>")  # one "<" starts one search: a page full of them is read once
LONG_NUMBER = re.compile(r"&#[0-9]{8,};?")  # no character, and no integer that Python agrees to read
WAITS = "L’équipe d’animation ira voir aussi : vous n’avez rien d’autre à faire."
NO_PHONE = "La page n’a plus de numéro sûr : demandez une autre preuve."
NO_SITE = "La page n’a plus de site sûr : retirez votre demande et choisissez une autre preuve."


@transaction.atomic
def give_code(claim: Claim, *, actor: str) -> str:
    """A fresh code, that somebody who animates reads out to whoever answers the public number; shown once, kept nowhere.

    Raises Refused for a claim that is not proved by a call, and once the page has no telephone that proves something.
    """
    locked = claims.locked_claim(claim)
    if locked.status != Claim.OPEN or locked.method != Claim.PHONE or locked.disputed:
        raise Refused("Cette demande ne se prouve pas par un code au téléphone.")
    if not phone_of(locked):
        raise Refused(NO_PHONE)
    code = claims.fresh_code(locked)
    record_event("give_code", "claim", locked.public_id, actor=actor)
    return code


def phone_of(claim: Claim) -> str:
    """The telephone of a claim's page that proves something, or nothing: the one number to call."""
    entry = live_entry(claim.organization.whole)
    return claims.trusted(entry)["phone"] if entry else ""


def written_code(claim: Claim) -> str:
    """What is to be written on the site."""
    return f"horizon-commun {claim.public_id}"


def site_of(claim: Claim) -> str:
    """The site of a claim's page that proves something, or nothing."""
    entry = live_entry(claim.organization.whole)
    address = claims.trusted(entry)["website"] if entry else ""
    return address if not address or "://" in address else f"https://{address}"


def prove_by_site(claim: Claim) -> Claim:
    """Reads the site of the page once, and grants the claim when its code is written there; disputed when somebody holds the page since.

    Raises Refused, saying what was read. The site is asked outside any transaction: it may take seconds.
    """
    if claim.status != Claim.OPEN or claim.method != Claim.WEBSITE or claim.disputed:
        raise Refused("Cette demande ne se prouve pas par un site.")
    address = site_of(claim)
    if not address:
        raise Refused(NO_SITE)
    page = read_once(address, "lecture d’un code, à la demande de qui tient ce site")
    if page is None:
        raise Refused(f"D’ici, le site ne peut pas être lu. {WAITS}")
    if page.outcome not in SiteCheck.GOOD:
        raise Refused(f"{address} : {dict(SiteCheck.OUTCOMES)[page.outcome]}. Réessayez plus tard. {WAITS}")
    if not same_place(address, page.url):
        raise Refused(f"{address} renvoie vers un autre site, {page.url[:200]}, qui ne prouve rien. {WAITS}")
    if not is_within(address, page.url):
        raise Refused(f"{address} renvoie vers une autre page, {page.url[:200]}, qui ne prouve rien. {WAITS}")
    if not page.source:
        raise Refused(f"{address} n’accepte pas d’être lu par un programme. {WAITS}")
    if not is_written(claim, page.source):
        raise Refused(
            f"« {written_code(claim)} » n’est pas sur {page.url[:200]}. Écrivez-le sur cette page même, publiez-la, puis vérifiez de "
            f"nouveau ; un site met parfois quelques minutes à se mettre à jour. {WAITS}"
        )
    with transaction.atomic():
        locked = claims.locked_claim(claim)
        if site_of(locked) != address:
            raise Refused("L’adresse du site a changé entre-temps : vérifiez de nouveau.")
        record_event("read_site", "claim", locked.public_id, actor=locked.person.actor)
        return claims.grant_proved(locked)


def is_written(claim: Claim, source: str) -> bool:
    """Whether the code of a claim is in a page: in its text, whatever its tags and spaces, or in its source (a meta tag)."""
    code = re.compile(rf"horizon-commun[^0-9a-z]{{1,12}}{re.escape(claim.public_id.lower())}(?![0-9a-z])")
    texts = (source, TAG.sub("", source))
    return any(code.search(unescape(LONG_NUMBER.sub(" ", text)).lower()) for text in texts)
