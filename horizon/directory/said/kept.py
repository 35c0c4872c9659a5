"""What the directory keeps of people: who said what of a structure, of its page, of its end, who gave a picture; how it lets go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from horizon.actors.models import Person, touch
from horizon.directory.models import Closure, Confirmation, Entry, Statement
from horizon.directory.said.overlay import CONFIRMED_DAYS
from horizon.directory.said.photos import Photo
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.naming import ERASED, FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.kernel.registry import declare_personal_data, declare_published_phones

YEAR = timedelta(days=365)
CONTACTS = ("email", "phone")


def declare() -> None:
    """Tells the privacy pages about this room."""
    declare_personal_data("directory", kept_of, let_go, rows=("directory.Statement", "directory.Photo"))
    declare_personal_data(
        "freshness", kept_of_pages, let_go_of_pages, rows=("directory.Confirmation", "directory.Closure")
    )
    declare_published_phones(published_phones)
    declare_free_texts(
        FreeText(
            "directory.Statement",
            ("value", "base", "heard_from", "message", "reason"),
            _renamed,
            contacts=("value", "base"),
        ),
        FreeText("directory.Photo", ("alt", "author", "reason")),
        FreeText("directory.Confirmation", ("heard_from",), _confirmation_changed),
        FreeText("directory.Closure", ("note",), _closure_changed),
    )
    declare_processing(
        Processing(
            "statements", "Ce qui est dit des structures", "Tenir l’annuaire juste, savoir d’où vient chaque information, pouvoir annuler.",
            "L’intérêt légitime à un annuaire juste (RGPD, article 6, 1, f).",
            "Qui corrige ou suggère ; qui a dit quelque chose au téléphone ; qui a fait une image.",
            "Qui l’a écrit, de qui on le tient, le message à l’équipe ; l’adresse d’une suggestion, effacée avec la réponse, ou au bout "
            "d’un an sans réponse.",
            (
                Kept(("directory.Statement",), "Les corrections", "Elles sont à la structure. Le message et de qui on le tient : un an "
                     "après qu’elles ne sont plus montrées.", forget=forget_old_words),
                Kept(("directory.Photo",), "Les images", "Trente jours après leur retrait, six mois après une décision quand elles sont signalées ; "
                     "qui les a ajoutées, tant que dure le compte.",
                     job="delete removed pictures"),
            ),
            recipients="Tout le monde lit la valeur publiée ; qui l’a écrite n’est vu que de l’équipe et de la structure.",
        ),
        Processing(
            "freshness", "Les pages confirmées et les fermetures", "Savoir de quand date une page, et demander avant de montrer une structure fermée.",
            "L’intérêt légitime à un annuaire juste (RGPD, article 6, 1, f).",
            "Qui confirme une page ou répond d’une fermeture ; qui l’a dit au téléphone.",
            "Qui a répondu, et quand ; de qui on le tient, par sa fonction ; une note à l’équipe.",
            (
                Kept(("directory.Confirmation",), "Les confirmations", "Elles sont à la structure ; qui les a données, tant que dure son compte. "
                     "De qui on le tient : deux ans, le temps qu’elles valent.", forget=forget_who_was_heard),
                Kept(("directory.Closure",), "Les fermetures", "La réponse est à la structure ; qui l’a donnée, tant que dure son compte. La note : "
                     "un an.", forget=forget_old_notes),
            ),
            recipients="Tout le monde lit le jour de la confirmation et la réponse ; le reste n’est vu que de l’équipe et de la structure.",
        ),
    )  # fmt: skip


def kept_of(person: Person) -> object:
    """What a person said of structures, and the pictures that they added."""
    return {
        "statements": [
            {"organization": row.organization.name, "field": row.field, "value": row.value, "status": row.status,
             "message": row.message, "at": row.created_at.isoformat()}
            for row in Statement.objects.filter(Q(author=person) | Q(email=person.email)).select_related("organization")
        ],
        "photos": [
            {"organization": row.organization.name, "alt": row.alt, "author": row.author, "at": row.created_at.isoformat()}
            for row in Photo.objects.filter(added_by=person).select_related("organization")
        ],
    }  # fmt: skip


def published_phones(person: Person) -> list[str]:
    """The telephones that pages show, save those which this person wrote there."""
    own = Statement.objects.filter(author=person, field="phone").values("organization")
    return list(Entry.objects.exclude(phone="").exclude(organization__in=own).values_list("phone", flat=True))


def let_go(person: Person) -> None:
    """What was said of structures stays with them, without who said it; their own address is no longer a structure's contact."""
    Statement.objects.filter(author=person).update(author=None, author_erased=True, message="", heard_from="")
    Statement.objects.filter(email=person.email).update(email="", message="")
    Photo.objects.filter(added_by=person).update(added_by=None)


def _renamed(statement: Statement) -> None:
    """A contact that was a person's is taken off; the lists follow."""
    if statement.field in CONTACTS and ERASED in str(statement.value):
        statement.value, statement.base, statement.previous = "", None, None
        if statement.status == Statement.PUBLISHED:
            statement.status = Statement.UNDONE
        statement.save(update_fields=["value", "base", "previous", "status"])
    record_event(
        "forget_name", "organization", statement.organization.public_id, actor="erasure", payload={"field": statement.field}
    )  # fmt: skip
    touch(statement.organization)


@transaction.atomic
def forget_old_words(now: datetime) -> int:
    """Empties what was told beside statements that have not been shown for a year, and the addresses that waited as long for an answer."""
    over = Statement.objects.filter(
        status__in=[Statement.REFUSED, Statement.REPLACED, Statement.UNDONE], created_at__lt=now - YEAR
    ).filter(Q(decided_at=None) | Q(decided_at__lt=now - YEAR))
    old = over.exclude(message="", heard_from="")
    record_events("forget_words", "statement", list(old.values_list("pk", flat=True)), actor="worker")
    silent = Statement.objects.filter(created_at__lt=now - YEAR).exclude(email="")
    record_events("forget_address", "statement", list(silent.values_list("pk", flat=True)), actor="worker")
    return old.update(message="", heard_from="") + silent.update(email="")


def kept_of_pages(person: Person) -> object:
    """The confirmations and the answers about closures that a person gave."""
    return {
        "confirmations": [
            {"organization": row.organization.name, "at": row.at.isoformat(), "heard_from": row.heard_from}
            for row in Confirmation.objects.filter(author=person).select_related("organization")
        ],
        "closures": [
            {"organization": row.organization.name, "answer": row.answer, "note": row.note,
             "at": row.answered_at.isoformat() if row.answered_at else None}
            for row in Closure.objects.filter(author=person).select_related("organization")
        ],
    }  # fmt: skip


def let_go_of_pages(person: Person) -> None:
    """What was confirmed or answered stays; nothing says any more who did, or from whom they heard it."""
    Confirmation.objects.filter(author=person).exclude(heard_from="").update(heard_from=ERASED)
    Confirmation.objects.filter(author=person).update(author=None)
    Closure.objects.filter(author=person).update(author=None, note="")


def _confirmation_changed(row: Confirmation) -> None:
    record_event("forget_name", "organization", row.organization.public_id, actor="erasure")


def _closure_changed(row: Closure) -> None:
    record_event("forget_name", "organization", row.organization.public_id, actor="erasure")


@transaction.atomic
def forget_who_was_heard(now: datetime) -> int:
    """Once a confirmation counts no more, from whom it was heard is let go; that it was heard stays."""
    old = Confirmation.objects.filter(at__lt=now - timedelta(days=CONFIRMED_DAYS)).exclude(
        heard_from__in=["", ERASED]
    )
    record_events("forget_words", "confirmation", list(old.values_list("pk", flat=True)), actor="worker")
    return old.update(heard_from=ERASED)


@transaction.atomic
def forget_old_notes(now: datetime) -> int:
    """Empties the note beside an answer about a closure, a year after."""
    old = Closure.objects.filter(answered_at__lt=now - YEAR).exclude(note="")
    record_events("forget_words", "closure", list(old.values_list("pk", flat=True)), actor="worker")
    return old.update(note="")
