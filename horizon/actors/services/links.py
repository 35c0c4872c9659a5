"""Writes about links between organizations: said by one, answered by the other, ended, and each step undone."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import acting_for
from horizon.actors.merged import of
from horizon.actors.models import RELATIONS, Organization, OrganizationLink, OrganizationRole, Person
from horizon.actors.spoken import record_spoken
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused

DEPTH = ("origin__canonical", "target__canonical")


@transaction.atomic
def declare_link(
    mine: Organization, relation: str, other: Organization, *, actor: str, author: Person | None = None,
    through: str = OrganizationLink.REFERENT, since: int | None = None, evidence: str = "",
) -> OrganizationLink:  # fmt: skip  # noqa: PLR0913
    """One organization says what it is to another (`relation` is a code of RELATIONS). The other is asked by e-mail.

    What the other had already said is confirmed instead. Raises Refused for a link to itself, one that is already there,
    one that the other refused, or an operator's without evidence.
    """
    kind, backwards, _ = RELATIONS[relation]
    mine, other = mine.canonical or mine, other.canonical or other
    if mine.pk == other.pk:
        raise Refused("C’est la même structure : choisissez-en une autre.")
    if through == OrganizationLink.OPERATOR and not evidence.strip():
        raise Refused("Dites d’où vous le savez : un appel, un rapport d’activité, une réunion.")
    origin, target = (other, mine) if backwards else (mine, other)
    if kind in OrganizationLink.SYMMETRIC and origin.pk > target.pk:
        origin, target = target, origin
    side = OrganizationLink.ORIGIN if origin.pk == mine.pk else OrganizationLink.TARGET
    known = _alike(kind, origin, target).filter(status__in=OrganizationLink.OPEN).first()
    if known is not None:
        return _said_again(known, mine, actor=actor, through=through)
    closed = _alike(kind, origin, target).order_by("-declared_at", "-pk").first()
    if closed is not None and through != OrganizationLink.OPERATOR:
        _refuse_what_was_refused(closed, mine, other)
    try:
        with transaction.atomic():
            link = OrganizationLink.objects.create(
                kind=kind, origin=origin, target=target, side=side, through=through, author=author, since=since,
                evidence=evidence.strip()[:300],
            )  # fmt: skip
    except IntegrityError:  # the other said it at the same moment
        return _said_again(
            _alike(kind, origin, target).get(status__in=OrganizationLink.OPEN),
            mine,
            actor=actor,
            through=through,
        )
    record_spoken(
        mine, "declare", "link", link.public_id, actor=actor,
        payload={"kind": kind, "origin": origin.public_id, "target": target.public_id, "side": side, "said_by": through},
    )  # fmt: skip
    for person in referents_of(other):
        write_to(
            person.email, f"{mine.name} vous nomme parmi ses liens",
            f"Bonjour,\n\n{mine.name} a noté dans l’annuaire : « {sentence(link)} ».\n\n"
            f"Est-ce juste ? Confirmer ou refuser : {answer_address(link)}\n\n"
            "Le lien ouvre une page ; rien ne change tant que vous n’avez pas choisi. Sans réponse, il reste « sans réponse ».",
        )  # fmt: skip
    return link


def _alike(kind: str, origin: Organization, target: Organization):
    """Links of this kind between these two, whatever they were called before a merge; in either order when it goes both ways."""
    between = of(origin, "origin") & of(target, "target")
    if kind in OrganizationLink.SYMMETRIC:
        between |= of(target, "origin") & of(origin, "target")
    return OrganizationLink.objects.select_related(*DEPTH).filter(between, kind=kind)


def _refuse_what_was_refused(closed: OrganizationLink, mine: Organization, other: Organization) -> None:
    if closed.status == OrganizationLink.REMOVED:
        raise Refused(f"L’animation a retiré ce lien : « {closed.reason} ». Écrivez-lui si c’est une erreur.")
    if closed.status == OrganizationLink.REFUSED and closed.speaker.pk == mine.pk:
        raise Refused(
            f"{other.name} a refusé ce lien : « {closed.reason} ». Parlez-en ; si elle est d’accord, c’est à elle de le noter."
        )


def _said_again(known: OrganizationLink, mine: Organization, *, actor: str, through: str) -> OrganizationLink:
    if known.status == OrganizationLink.CONFIRMED:
        raise Refused("Ce lien est déjà noté, et confirmé.")
    if known.speaker.pk == mine.pk or through == OrganizationLink.OPERATOR:
        raise Refused(f"Ce lien est déjà noté : il attend la réponse de {known.listener.name}.")
    return answer_link(known, True, actor=actor)


@transaction.atomic
def answer_link(link: OrganizationLink, accept: bool, *, actor: str, reason: str = "") -> OrganizationLink:
    """The other side confirms, or refuses with a reason that the first reads. Raises Refused when it is answered."""
    locked = _locked(link)
    if locked.status != OrganizationLink.DECLARED:
        raise Refused(f"Ce lien est déjà {locked.get_status_display()}.")
    if not accept and not reason.strip():
        raise Refused(f"Dites pourquoi en quelques mots : {locked.speaker.name} lira cette raison.")
    locked.status = OrganizationLink.CONFIRMED if accept else OrganizationLink.REFUSED
    locked.confirmed_by = OrganizationLink.BY_OTHER if accept else ""
    locked.reason = "" if accept else reason.strip()[:500]
    locked.answered_at = timezone.now()
    locked.save()
    record_spoken(locked.listener, "confirm" if accept else "refuse", "link", locked.public_id, actor=actor)
    for person in referents_of(locked.speaker):
        write_to(
            person.email, f"{locked.listener.name} {'confirme' if accept else 'ne confirme pas'} votre lien",
            f"Bonjour,\n\n« {sentence(locked)} » : {'c’est confirmé.' if accept else f'ce n’est pas confirmé. « {locked.reason} »'}\n\n"
            f"{page_address(locked)}",
        )  # fmt: skip
    return locked


@transaction.atomic
def confirm_on_evidence(link: OrganizationLink, evidence: str, *, actor: str) -> OrganizationLink:
    """An operator confirms for somebody who cannot answer, and says on what. Raises Refused without evidence."""
    locked = _locked(link)
    if locked.status != OrganizationLink.DECLARED:
        raise Refused(f"Ce lien est déjà {locked.get_status_display()}.")
    if not evidence.strip():
        raise Refused("Dites sur quelle pièce : un appel, un rapport d’activité, une convention.")
    locked.evidence, locked.confirmed_by = evidence.strip()[:300], OrganizationLink.BY_EVIDENCE
    locked.status, locked.answered_at = OrganizationLink.CONFIRMED, timezone.now()
    locked.save()
    record_event("confirm_on_evidence", "link", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def end_link(link: OrganizationLink, *, actor: str) -> OrganizationLink:
    """Either side says that it is over, or takes back what nobody confirmed. Raises Refused when it is not open."""
    locked = _locked(link)
    if not locked.is_open:
        raise Refused(f"Ce lien est déjà {locked.get_status_display()}.")
    locked.status, locked.until = OrganizationLink.ENDED, timezone.localdate()
    locked.save()
    record_spoken((locked.speaker, locked.listener), "end", "link", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def reopen_link(link: OrganizationLink, *, actor: str) -> OrganizationLink:
    """Undoes the last step: an ended link holds again as it did, an answer waits again.

    Raises Refused when there is nothing to undo, or the same link was said anew meanwhile.
    """
    locked = _locked(link)
    if locked.status == OrganizationLink.DECLARED:
        raise Refused("Ce lien attend déjà une réponse.")
    if locked.status in {OrganizationLink.ENDED, OrganizationLink.REMOVED}:
        locked.until, locked.reason = None, ""
        locked.status = OrganizationLink.CONFIRMED if locked.confirmed_by else OrganizationLink.DECLARED
    else:
        locked.status, locked.confirmed_by, locked.reason, locked.answered_at = (
            OrganizationLink.DECLARED, "", "", None,
        )  # fmt: skip
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError:
        raise Refused("Ce lien a été noté de nouveau depuis : il n’y a rien à reprendre.") from None
    record_spoken((locked.speaker, locked.listener), "reopen", "link", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def take_link_away(link: OrganizationLink, reason: str, *, actor: str) -> OrganizationLink:
    """A reported link is no longer shown, for a reason that both sides read."""
    locked = _locked(link)
    locked.status, locked.reason, locked.until = OrganizationLink.REMOVED, reason.strip()[:500], None
    locked.save()
    record_event("take_away", "link", locked.public_id, actor=actor, payload={"reason": locked.reason})
    return locked


def referents_of(organization: Organization) -> list[Person]:
    """Those who may answer for an organization: its referents, and those of the relay that stands for it. One query."""
    held = OrganizationRole.objects.filter(acting_for(organization), until=None)
    return list(Person.objects.filter(organization_roles__in=held, is_active=True).distinct().order_by("pk"))


def sentence(link: OrganizationLink) -> str:
    """« A fournit B, depuis 2021 »."""
    return f"{link}" + (f", depuis {link.since}" if link.since else "")


def page_address(link: OrganizationLink) -> str:
    """The address of a link's page, for messages."""
    return settings.ORIGIN + reverse("actors:link", args=[link.public_id])


def answer_address(link: OrganizationLink) -> str:
    """The address of the page that asks the other side, for messages."""
    return settings.ORIGIN + reverse("actors:link-answer", args=[link.public_id])


def _locked(link: OrganizationLink) -> OrganizationLink:
    return OrganizationLink.objects.select_for_update(of=("self",)).select_related(*DEPTH).get(pk=link.pk)
