"""What values keep of people: who wrote a version or a visit, and who may be named in their words; how it lets go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors.models import Person
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.models import Event
from horizon.kernel.naming import ERASED, FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.kernel.registry import declare_personal_data
from horizon.values.models import Answer, Assessment, Seen, Visit

YEAR = timedelta(days=365)
NEVER_MADE = [Visit.PROPOSED, Visit.DECLINED, Visit.CANCELLED]
WROTE = ["decline", "write", "reply"]


def declare() -> None:
    """Tells the privacy pages about this room."""
    declare_personal_data("values", kept_of, let_go, rows=("values.Assessment", "values.Visit"))
    declare_free_texts(
        FreeText("values.Assessment", ("reason",), _version_changed),
        FreeText("values.Answer", ("words", "link"), _answer_changed, by=("assessment__author",)),
        FreeText(
            "values.Visit", ("who", "reply", "reason", "heard_visitor", "heard_visited"), _visit_changed
        ),
        FreeText("values.Seen", ("note",), _seen_changed, by=("visit__author",)),
    )
    declare_processing(
        Processing(
            "values", "Les valeurs et les visites", "Dire comment une structure vit les principes de l’économie sociale et solidaire, et le faire "
            "voir par ses pairs.",
            "L’intérêt légitime des structures à dire ce qu’elles font, et du public à le lire (RGPD, article 6, 1, f).",
            "Qui écrit pour sa structure ; qui fait une visite.",
            "Qui a écrit une version ou proposé une visite ; les mots écrits, où personne ne doit être nommé.",
            (
                Kept(("values.Assessment", "values.Answer"), "Les versions et leurs réponses", "Elles sont à la structure, qui peut les retirer ; "
                     "qui les a écrites, tant que dure son compte.", with_account=True),
                Kept(("values.Visit", "values.Seen"), "Les visites faites", "Elles sont aux deux structures ; qui les a proposées, tant que "
                     "dure son compte.", with_account=True),
                Kept(("values.Visit",), "Les visites qui n’ont pas eu lieu", "Un an après le jour prévu, quand elles sont restées sans réponse, "
                     "déclinées ou annulées.", forget=forget_visits_never_made),
            ),
            recipients="Tout le monde lit ce qui est publié, sans qui l’a écrit ; les autres visites : leurs deux côtés et l’équipe d’animation.",
        ),
    )  # fmt: skip


def kept_of(person: Person) -> object:
    """The versions that a person wrote, and the visits that they proposed, told or answered, with their words.

    A visit has one author, who proposed it: the journal says who wrote in it since.
    """
    wrote = Event.objects.filter(actor=person.actor, record_type="visit", verb__in=WROTE).values("record_id")
    visits = Visit.objects.filter(Q(author=person) | Q(public_id__in=wrote)).select_related(
        "organization__canonical", "visitor__canonical"
    )
    versions = Assessment.objects.filter(author=person).select_related("organization")
    return {
        "values": [
            {
                "organization": row.organization.name, "number": row.number, "status": row.status, "at": row.changed_at.isoformat(),
                "answers": [
                    {"criterion": one.criterion, "answer": one.answer, "words": one.words, "link": one.link}
                    for one in row.answers.all()
                ],
            }
            for row in versions.prefetch_related("answers")
        ],
        "visits": [
            {
                "visit": str(row), "on": row.on.isoformat(), "status": row.status, "who": row.who, "reply": row.reply,
                "reason": row.reason, "heard": [row.heard_visitor, row.heard_visited],
                "seen": [
                    {"criterion": one.criterion, "verdict": one.verdict, "note": one.note} for one in row.seen.all()
                ],
            }
            for row in visits.prefetch_related("seen")
        ],
    }  # fmt: skip


def let_go(person: Person) -> None:
    """What was said in the name of a structure stays; nothing says any more who wrote it."""
    Assessment.objects.filter(author=person).update(author=None)
    Visit.objects.filter(author=person).update(author=None)


@transaction.atomic
def forget_visits_never_made(now: datetime) -> int:
    """Deletes the visits that did not take place, a year after their day."""
    over = Visit.objects.filter(status__in=NEVER_MADE, on__lt=timezone.localdate(now - YEAR))
    keys = list(over.values_list("pk", "public_id"))
    record_events("forget", "visit", [public_id for _, public_id in keys], actor="worker")
    Visit.objects.filter(pk__in=[pk for pk, _ in keys]).delete()
    return len(keys)


def _version_changed(row: Assessment) -> None:
    record_event("forget_name", "values", row.public_id, actor="erasure")


def _answer_changed(row: Answer) -> None:
    """A link without a part of its address leads nowhere: it is taken off."""
    if ERASED in row.link:
        row.link = ""
        row.save(update_fields=["link"])
    _version_changed(row.assessment)


def _visit_changed(row: Visit) -> None:
    record_event("forget_name", "visit", row.public_id, actor="erasure")


def _seen_changed(row: Seen) -> None:
    _visit_changed(row.visit)
