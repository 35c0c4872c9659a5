"""Writes about a peer's visit: asked, accepted, written, confirmed by both; each step told to the other side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import acts_for
from horizon.actors.models import Organization, Person
from horizon.actors.queries import roles_on
from horizon.actors.spoken import record_spoken
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day
from horizon.values.criteria import criteria
from horizon.values.models import Assessment, Seen, Visit
from horizon.values.queries import current, in_collective, version_on

DEPTH = ("organization__canonical", "visitor__canonical", "assessment")
CONFIRMED = ("visitor_agreed_at", "visited_agreed_at", "heard_visitor", "heard_visited")
VISITOR, VISITED = "visitor", "visited"
CHANGED = "Le compte rendu a changé depuis : relisez-le, puis confirmez."
WRITTEN_MEANWHILE = "Le compte rendu a changé depuis que vous écriviez. Vos mots sont encore ici : relisez, puis gardez de nouveau."


@transaction.atomic
def propose_visit(
    organization: Organization, visitor: Organization, on: date, who: str, *, by: Person, from_visitor: bool
) -> Visit:  # noqa: PLR0913
    """One of the two asks for a visit of `visitor` to `organization`. Raises Refused: nothing to look at, not of the
    collective, itself, already asked, or by somebody of both sides: one person never stands for the two."""
    organization, visitor = organization.whole, visitor.whole
    seen = _version_to_see(organization, visitor)
    if acts_for(by, organization) and acts_for(by, visitor):
        raise Refused("Vous agissez pour les deux : une autre personne doit demander ou répondre.")
    try:
        with transaction.atomic():
            visit = Visit.objects.create(
                organization=organization, visitor=visitor, assessment=seen, asked_by_visitor=from_visitor, on=on,
                who=who.strip()[:200], author=by,
            )  # fmt: skip
    except IntegrityError:
        raise Refused("Une visite est déjà prévue entre vous deux.") from None
    record_spoken(
        visitor if from_visitor else organization, "propose", "visit", visit.public_id, actor=by.actor,
        payload={"organization": organization.public_id, "visitor": visitor.public_id},
    )  # fmt: skip
    asked = (
        f"{visitor.name} propose de vous visiter"
        if from_visitor
        else f"{organization.name} vous invite à la visiter"
    )
    _tell(visit, visit.asked, f"{asked} le {day(on)}",
          f"{asked} le {day(on)}, pour voir ce qu’elle dit de ses valeurs." if not from_visitor
          else f"{asked} le {day(on)}, pour voir ce que vous dites de vos valeurs.")  # fmt: skip
    return visit


def _version_to_see(organization: Organization, visitor: Organization) -> Assessment:
    """What is visited. Raises Refused."""
    if organization.pk == visitor.pk:
        raise Refused("On ne se visite pas soi-même : choisissez une autre structure.")
    seen = current(organization)
    if seen is None:
        raise Refused(
            f"{organization.name} n’a encore rien publié de ses valeurs : il n’y a rien à regarder."
        )
    if not in_collective().filter(pk=visitor.pk).exists():
        raise Refused("Seule une structure du collectif fait une visite.")
    return seen


@transaction.atomic
def note_visit(
    organization: Organization, visitor: Organization, on: date, who: str, seen: Mapping[str, tuple[str, str]], *, by: Person,
    heard_visitor: str, heard_visited: str = "", reply: str = "",
) -> Visit:  # fmt: skip  # noqa: PLR0913
    """Somebody who animates types a visit that was told on paper or by telephone, in the name of whoever told it.

    It is tied to the version that was read that day. A side that was heard has confirmed, and is told so; the other is asked
    as ever. Raises Refused: to come, before anything was published, empty, heard of nobody, or what `propose_visit` refuses.
    """
    organization, visitor = organization.whole, visitor.whole
    _version_to_see(organization, visitor)
    if on > timezone.localdate():
        raise Refused("Cette visite est à venir : on note ici une visite déjà faite.")
    version, now = version_on(organization, on), timezone.now()
    if version is None:
        raise Refused("Rien n’était encore publié ce jour-là.")
    if not heard_visitor.strip():
        raise Refused("Dites de qui vous tenez ce compte rendu, en quelle qualité.")
    if not any(seen.get(one.code, ("", ""))[0] for one in criteria(version.edition)):
        raise Refused("Le compte rendu est vide : dites au moins un principe, vu ou pas vu.")
    both = bool(heard_visited.strip())
    try:
        with transaction.atomic():
            visit = Visit.objects.create(
                organization=organization, visitor=visitor, assessment=version, asked_by_visitor=True, on=on, author=by,
                who=who.strip()[:200], reply=reply.strip()[:2000], heard_visitor=heard_visitor.strip()[:200],
                heard_visited=heard_visited.strip()[:200], visitor_agreed_at=now, visited_agreed_at=now if both else None,
                status=Visit.DONE if both else Visit.ACCEPTED,
            )  # fmt: skip
    except IntegrityError:
        raise Refused("Une visite est déjà prévue entre elles : ouvrez-la pour la suivre.") from None
    _keep_seen(visit, seen)
    record_event(
        "note", "visit", visit.public_id, actor=by.actor,
        payload={"organization": organization.public_id, "visitor": visitor.public_id, "both": both},
    )  # fmt: skip
    told = f"L’équipe d’animation a noté la visite du {day(on)} ({visit}), d’après ce qui lui a été dit."
    wrong = "Une erreur ? « Signaler cette visite », sur sa page, la fait relire."
    _tell(visit, visitor, "Votre visite est notée", f"{told} {wrong}")
    if both:
        _tell(visit, organization, "La visite reçue est notée", f"{told} {wrong}")
    else:
        _tell(
            visit,
            organization,
            "Une visite à confirmer",
            f"{told} À vous de lire le compte rendu, et de le confirmer.",
        )
    return visit


def _unconfirmed(visit: Visit) -> None:
    visit.visitor_agreed_at = visit.visited_agreed_at = None
    visit.heard_visitor = visit.heard_visited = ""


def _keep_seen(visit: Visit, seen: Mapping[str, tuple[str, str]]) -> None:
    Seen.objects.bulk_create(
        Seen(visit=visit, criterion=one.code, verdict=verdict, note=note[:500])
        for one in criteria(visit.assessment.edition)
        for verdict, note in [seen.get(one.code, ("", ""))]
        if verdict or note
    )


@transaction.atomic
def answer_visit(
    visit: Visit, accept: bool, *, by: Person, on: date | None = None, reason: str = ""
) -> Visit:
    """The other side accepts, with another day if it wants, or declines with a reason that the first reads."""
    kept = _locked(visit)
    if kept.status != Visit.PROPOSED:
        raise Refused(f"Cette visite est déjà {kept.get_status_display()}.")
    if not accept and not reason.strip():
        raise Refused(f"Dites pourquoi en quelques mots : {kept.asker.name} lira cette raison.")
    kept.status = Visit.ACCEPTED if accept else Visit.DECLINED
    kept.on, kept.reason = (on or kept.on) if accept else kept.on, "" if accept else reason.strip()[:500]
    kept.save(update_fields=["status", "on", "reason"])
    record_spoken(kept.asked, "accept" if accept else "decline", "visit", kept.public_id, actor=by.actor)
    said = (
        f"La visite aura lieu le {day(kept.on)}."
        if accept
        else f"La visite n’aura pas lieu : « {kept.reason} »"
    )
    _tell(kept, kept.asker, f"{kept.asked.name} {'accepte' if accept else 'décline'} la visite", said)
    return kept


@transaction.atomic
def cancel_visit(visit: Visit, *, by: Person) -> Visit:
    """Either side gives up before both confirmed."""
    kept = _locked(visit)
    if kept.status not in Visit.OPEN:
        raise Refused(f"Cette visite est déjà {kept.get_status_display()}.")
    kept.status = Visit.CANCELLED
    kept.save(update_fields=["status"])
    record_spoken((kept.organization, kept.visitor), "cancel", "visit", kept.public_id, actor=by.actor)
    for side in (kept.organization.whole, kept.visitor.whole):
        _tell(kept, side, "La visite est annulée", f"La visite du {day(kept.on)} ({kept}) est annulée.")
    return kept


@transaction.atomic
def reopen_visit(visit: Visit, *, by: Person) -> Visit:
    """Undoes an answer or a cancellation: the visit is proposed again, and nobody has confirmed it yet.

    Raises Refused when another was asked since, when it is accepted and its visitor confirmed, or when it was declined and
    somebody else than who declined undoes it.
    """
    kept = _locked(visit)
    if kept.status not in {Visit.ACCEPTED, Visit.DECLINED, Visit.CANCELLED} or (
        kept.status == Visit.ACCEPTED and kept.visitor_agreed_at
    ):
        raise Refused("Il n’y a pas de réponse à annuler.")
    if kept.status == Visit.DECLINED and not acts_for(by, kept.asked):
        raise Refused(f"{kept.asked.name} a décliné : elle seule peut revenir sur sa réponse.")
    kept.status, kept.reason = Visit.PROPOSED, ""
    _unconfirmed(kept)
    try:
        with transaction.atomic():
            kept.save(update_fields=["status", "reason", *CONFIRMED])
    except IntegrityError:
        raise Refused("Une autre visite est prévue entre vous depuis.") from None
    record_spoken((kept.organization, kept.visitor), "reopen", "visit", kept.public_id, actor=by.actor)
    return kept


def stamp(visit: Visit) -> str:
    """What tells one text of a report from another: who came, what was seen, what is answered."""
    seen = sorted((row.criterion, row.verdict, row.note) for row in visit.seen.all())
    return sha256(json.dumps([visit.who, visit.reply, seen]).encode()).hexdigest()


@transaction.atomic
def write_report(
    visit: Visit, seen: Mapping[str, tuple[str, str]], *, by: Person, who: str = "", since: str | None = None
) -> Visit:  # noqa: PLR0913
    """The visitor writes what they saw, (verdict, note) by criterion. What was confirmed is asked again.

    `since` is the `stamp` of what was shown, here and below: raises Refused when the text changed meanwhile.
    """
    kept = _written(visit, since, WRITTEN_MEANWHILE)
    kept.seen.all().delete()
    _keep_seen(kept, seen)
    kept.who = (who.strip() or kept.who)[:200]
    _unconfirmed(kept)
    kept.save(update_fields=["who", *CONFIRMED])
    record_spoken(kept.visitor, "write", "visit", kept.public_id, actor=by.actor)
    return kept


@transaction.atomic
def reply_to(visit: Visit, reply: str, *, by: Person, since: str | None = None) -> Visit:
    """The visited structure answers, in its own words, shown under the report. What was confirmed is asked again."""
    kept = _written(visit, since, WRITTEN_MEANWHILE)
    kept.reply = reply.strip()[:2000]
    _unconfirmed(kept)
    kept.save(update_fields=["reply", *CONFIRMED])
    record_spoken(kept.organization, "reply", "visit", kept.public_id, actor=by.actor)
    return kept


@transaction.atomic
def confirm_visit(visit: Visit, side: str, *, by: Person, since: str | None = None) -> Visit:
    """One side confirms the report as it read it; the second confirmation makes it public. Raises Refused before its day, or
    while nothing is written."""
    kept = _written(visit, since, CHANGED)
    if kept.on > timezone.localdate():
        raise Refused(f"La visite est prévue le {day(kept.on)} : elle se confirme une fois faite.")
    if not kept.seen.exclude(verdict="").exists():
        raise Refused("Le compte rendu est vide : qui a visité dit d’abord ce qui a été vu.")
    name = "visitor_agreed_at" if side == VISITOR else "visited_agreed_at"
    setattr(kept, name, getattr(kept, name) or timezone.now())
    done = bool(kept.visitor_agreed_at and kept.visited_agreed_at)
    kept.status = Visit.DONE if done else kept.status
    kept.save(update_fields=[name, "status"])
    mine = kept.visitor if side == VISITOR else kept.organization
    record_spoken(mine, "conclude" if done else "confirm", "visit", kept.public_id, actor=by.actor)
    if done:
        for one in (kept.organization.whole, kept.visitor.whole):
            _tell(
                kept,
                one,
                "La visite est publiée",
                "Vous avez tous les deux confirmé : la visite est sur la page des valeurs.",
            )
    else:
        other = kept.organization.whole if side == VISITOR else kept.visitor.whole
        _tell(
            kept,
            other,
            "Une visite à confirmer",
            "L’autre structure confirme le compte rendu. À vous de le lire.",
        )
    return kept


@transaction.atomic
def take_away(visit: Visit, reason: str, *, actor: str) -> None:
    """A reported visit is no longer shown, for a reason that both sides read."""
    kept = _locked(visit)
    kept.status, kept.reason = Visit.REMOVED, reason.strip()[:500]
    kept.save(update_fields=["status", "reason"])
    record_event("take_away", "visit", kept.public_id, actor=actor, payload={"reason": kept.reason})


@transaction.atomic
def put_back(visit: Visit, *, actor: str) -> None:
    """Undoes it."""
    kept = _locked(visit)
    kept.status, kept.reason = Visit.DONE, ""
    kept.save(update_fields=["status", "reason"])
    record_event("put_back", "visit", kept.public_id, actor=actor)


def _written(visit: Visit, since: str | None, changed: str) -> Visit:
    kept = _locked(visit)
    if kept.status != Visit.ACCEPTED:
        raise Refused(
            "Cette visite est publiée : elle ne change plus."
            if kept.status == Visit.DONE
            else f"Cette visite est {kept.get_status_display()}."
        )
    if since is not None and since != stamp(kept):
        raise Refused(changed)
    return kept


def _locked(visit: Visit) -> Visit:
    return Visit.objects.select_for_update(of=("self",)).select_related(*DEPTH).get(pk=visit.pk)


def _tell(visit: Visit, side: Organization, subject: str, said: str) -> None:
    link = settings.ORIGIN + reverse("values:visit", args=[visit.public_id])
    for role in roles_on(side):
        write_to(role.person.email, subject, f"Bonjour,\n\n{said}\n\nPour voir et répondre : {link}")
