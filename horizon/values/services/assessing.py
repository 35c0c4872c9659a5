"""Writes about a self-assessment: draft, publish, withdraw, and each undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person
from horizon.actors.spoken import record_spoken
from horizon.kernel.journal import record_event
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.values.criteria import criteria, current_edition
from horizon.values.models import Answer, Assessment

Said = Mapping[str, tuple[str, str, str]]
MEANWHILE = (
    "Votre équipe a gardé ou publié d’autres réponses pendant que vous écriviez. Vos réponses sont encore ici : relisez, puis enregistrez "
    "de nouveau pour les garder à la place."
)


@transaction.atomic
def keep_draft(organization: Organization, said: Said, *, by: Person, since: str | None = None) -> Assessment:
    """Keeps what is written so far: (answer, words, link) by criterion. `since` is the `stamp` of what was shown:
    raises Refused when somebody kept or published something else meanwhile."""
    whole = Organization.objects.select_for_update().get(pk=organization.root_id)
    draft = Assessment.objects.filter(organization=whole, status=Assessment.DRAFT).first()
    if since is not None and since != stamp(whole):
        raise Refused(MEANWHILE)
    if draft is None:
        draft = Assessment.objects.create(organization=whole, edition=current_edition(), author=by)
    draft.edition, draft.author, draft.changed_at = current_edition(), by, timezone.now()
    draft.save(update_fields=["edition", "author", "changed_at"])
    draft.answers.all().delete()
    Answer.objects.bulk_create(
        Answer(assessment=draft, criterion=one.code, answer=answer, words=words[:2000], link=link[:500])
        for one in criteria(draft.edition)
        for answer, words, link in [said.get(one.code, ("", "", ""))]
        if answer or words or link
    )
    record_spoken(
        whole, "draft", "values", draft.public_id, actor=by.actor, payload={"organization": whole.public_id}
    )
    return draft


def stamp(organization: Organization) -> str:
    """What tells one state of an organization's answers from another: its last version, and its draft. Two queries."""
    rows = Assessment.objects.filter(organization=organization.whole)
    draft = rows.filter(status=Assessment.DRAFT).first()
    number = rows.aggregate(last=Max("number"))["last"]
    return "".join([str(number or ""), f" {draft.changed_at.isoformat()}" if draft else ""]).strip()


@transaction.atomic
def publish(organization: Organization, said: Said, *, by: Person, since: str | None = None) -> Assessment:
    """Publishes a new version, dated today. Raises Refused without an answer, or where a yes does not say how.

    Sent twice, it is published once: the second time finds the version that says the same.
    """
    whole = Organization.objects.select_for_update().get(pk=organization.root_id)
    if since is not None and since != stamp(whole):
        last = Assessment.objects.filter(organization=whole).order_by("-number").exclude(number=None).first()
        if last and last.status == Assessment.PUBLISHED and since != str(last.number) and _says(last, said):
            return last
    draft = keep_draft(organization, said, by=by, since=since)
    rows = list(draft.answers.all())
    if not any(row.answer for row in rows):
        raise Refused("Répondez à un critère au moins. Vous pouvez laisser les autres pour plus tard.")
    short = [row.criterion for row in rows if row.answer == Answer.YES and not row.words.strip()]
    if short:
        labels = {one.code: one.label for one in criteria(draft.edition)}
        raise Refused(
            "« Oui, voici comment » : dites comment, même en une phrase, pour "
            + ", ".join(f"« {labels[code]} »" for code in short)
            + "."
        )
    numbers = Assessment.objects.filter(organization=draft.organization).aggregate(last=Max("number"))
    draft.number, draft.status = (numbers["last"] or 0) + 1, Assessment.PUBLISHED
    draft.published_at = timezone.now()
    draft.save(update_fields=["number", "status", "published_at"])
    record_spoken(
        whole,
        "publish",
        "values",
        draft.public_id,
        actor=by.actor,
        payload={"organization": draft.organization.public_id, "number": draft.number},
    )
    return draft


def _says(version: Assessment, said: Said) -> bool:
    """Whether a version answers just this."""
    nothing = ("", "", "")
    answers = {row.criterion: row.said for row in version.answers.all()}
    return all(
        answers.get(one.code, nothing) == said.get(one.code, nothing) for one in criteria(version.edition)
    )


@transaction.atomic
def drop_draft(organization: Organization, *, by: Person) -> None:
    """Throws a draft away. Raises Refused when there is none."""
    draft = (
        Assessment.objects.select_for_update()
        .filter(organization=organization.whole, status=Assessment.DRAFT)
        .first()
    )
    if draft is None:
        raise Refused("Il n’y a pas de brouillon.")
    record_spoken(organization, "drop_draft", "values", draft.public_id, actor=by.actor)
    draft.delete()


@transaction.atomic
def withdraw(organization: Organization, *, actor: str) -> int:
    """Withdraws every version: the page says nothing any more of its values. Raises Refused when none is published."""
    rows = Assessment.objects.select_for_update().filter(of(organization), status=Assessment.PUBLISHED)
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        raise Refused("Rien n’est publié.")
    Assessment.objects.filter(pk__in=ids).update(status=Assessment.WITHDRAWN, withdrawn_at=timezone.now())
    record_spoken(
        organization, "withdraw", "values", organization.whole.public_id, actor=actor,
        payload={"versions": len(ids)},
    )  # fmt: skip
    return len(ids)


@transaction.atomic
def restore(organization: Organization, *, actor: str) -> int:
    """Undoes a withdrawal: the versions that were withdrawn together are shown again. Raises Refused when none was."""
    rows = Assessment.objects.select_for_update().filter(of(organization), status=Assessment.WITHDRAWN)
    last = rows.aggregate(last=Max("withdrawn_at"))["last"] if rows.exists() else None
    if last is None:
        raise Refused("Il n’y a rien à remettre.")
    count = Assessment.objects.filter(
        of(organization), status=Assessment.WITHDRAWN, withdrawn_at=last
    ).update(status=Assessment.PUBLISHED, withdrawn_at=None)
    record_spoken(
        organization,
        "restore",
        "values",
        organization.whole.public_id,
        actor=actor,
        payload={"versions": count},
    )
    return count


@transaction.atomic
def take_away(assessment: Assessment, reason: str, *, actor: str) -> None:
    """A reported version is no longer shown, for a reason that its structure reads."""
    kept = Assessment.objects.select_for_update().get(pk=assessment.pk)
    kept.status, kept.reason, kept.withdrawn_at = Assessment.REMOVED, reason.strip()[:500], timezone.now()
    kept.save(update_fields=["status", "reason", "withdrawn_at"])
    record_event("take_away", "values", kept.public_id, actor=actor, payload={"reason": kept.reason})


@transaction.atomic
def put_back(assessment: Assessment, *, actor: str) -> None:
    """Undoes it. What its structure withdrew since it was published stays withdrawn, for the structure to restore."""
    kept = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("organization__canonical")
        .get(pk=assessment.pk)
    )
    kept.status, kept.reason, kept.withdrawn_at = Assessment.PUBLISHED, "", None
    since = _withdrawn_since(kept)
    if since:
        kept.status, kept.withdrawn_at = Assessment.WITHDRAWN, since
    kept.save(update_fields=["status", "reason", "withdrawn_at"])
    record_event("put_back", "values", kept.public_id, actor=actor)


def _withdrawn_since(assessment: Assessment) -> datetime | None:
    """When its structure withdrew it, with the others, and did not restore them: a removed row does not say it itself."""
    whole = assessment.organization.whole
    last = (
        Event.objects.filter(
            record_type="values", record_id=whole.public_id, verb__in=["withdraw", "restore"]
        )
        .order_by("pk")
        .last()
    )
    if (
        last is None
        or last.verb == "restore"
        or not assessment.published_at
        or last.at < assessment.published_at
    ):
        return None
    others = Assessment.objects.filter(of(whole), status=Assessment.WITHDRAWN)
    return others.aggregate(last=Max("withdrawn_at"))["last"] or last.at
