"""What care keeps of people: claims, structures they said missing, reports; how it lets go, and when by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from horizon.actors.models import Person
from horizon.care.models import Claim, ContentReport, Missing, Report
from horizon.kernel.journal import record_events
from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import Kept, Processing, declare_processing
from horizon.kernel.registry import declare_personal_data

YEAR = timedelta(days=365)


def declare() -> None:
    """Tells the privacy pages about this room."""
    declare_personal_data("care", kept_of, let_go, rows=("care.Claim", "care.Missing"))
    declare_free_texts(
        FreeText("care.Report", ("message", "answer")),
        FreeText("care.Claim", ("said", "other_side", "reason")),
        FreeText("care.ContentReport", ("message", "reason", "appeal", "earlier_appeal")),
        FreeText("care.Missing", ("values", "reason")),
        FreeText("care.Import", ("name", "source", "notes", "problem")),
        FreeText("care.ImportLine", ("values", "problems", "notes", "changes"), by=("batch__author",)),
    )
    declare_processing(
        Processing(
            "reports", "Signalements et suggestions",
            "Corriger l’annuaire et lire ce qui est signalé, répondre à qui l’a écrit, dire pourquoi.",
            "L’intérêt légitime à un annuaire juste ; pour les contenus signalés, l’obligation légale (règlement sur les services "
            "numériques, articles 16, 17 et 20).",
            "Qui signale ou suggère, avec ou sans compte ; qui a écrit ce qui est signalé.",
            "Le message ; l’adresse électronique si elle est donnée, effacée avec la réponse, ou au bout d’un an sans réponse.",
            (
                Kept(("care.Report",), "Les erreurs signalées", "Le message, un an après la réponse.", forget=forget_old_reports),
                Kept(("care.ContentReport",), "Les contenus signalés", "Le message et la contestation, un an après la décision.",
                     forget=forget_old_content_reports),
                Kept(("care.Missing",), "Les structures proposées", "Refusées : un an. Ajoutées : la page reste ; qui l’a proposée, un an.",
                     forget=forget_old_missing),
            ),
        ),
        Processing(
            "claims", "Prouver qu’on agit pour une structure", "Ne donner une page qu’à qui en répond.",
            "L’intérêt légitime à ce qu’une page soit tenue par qui en répond (RGPD, article 6, 1, f).",
            "Qui revendique une page, et qui la tient déjà.", "Ce qui est dit pour preuve ; du code, une empreinte seulement.",
            (Kept(("care.Claim",), "Les demandes", "Un an après la décision.", forget=forget_old_claims),),
        ),
        Processing(
            "imports", "Les tableaux importés", "Faire d’une liste que quelqu’un tient des pages et des corrections.",
            "L’intérêt légitime à tenir l’annuaire (RGPD, article 6, 1, f).",
            "Les personnes que le tableau nomme par erreur : les colonnes qui le semblent sont laissées de côté.",
            "Les cellules retenues, qui a importé.",
            (
                Kept(("care.Import", "care.ImportFile"), "Le fichier et les brouillons", "Trente jours.", job="forget old imports"),
                Kept(("care.ImportLine",), "Les lignes", "Cent quatre-vingts jours, tant qu’on peut annuler.", job="forget old imports"),
                Kept(("care.ImportMapping",), "Les colonnes d’un tableau déjà vu", "Aucune donnée sur les personnes.", with_account=True),
            ),
        ),
    )  # fmt: skip


def kept_of(person: Person) -> object:
    """The claims of a person, the structures they said missing, their open reports."""
    return {
        "claims": [
            {"organization": row.organization.name, "by": row.method, "status": row.status, "said": row.said,
             "at": row.created_at.isoformat()}
            for row in Claim.objects.filter(person=person).select_related("organization")
        ],
        "missing": [
            {"values": row.values, "status": row.status, "at": row.created_at.isoformat()}
            for row in Missing.objects.filter(author=person) | Missing.objects.filter(email=person.email)
        ],
        "reports": [
            {"message": row.message, "at": row.created_at.isoformat()} for row in Report.objects.filter(email=person.email)
        ],
        "content_reports": [
            {"message": row.message, "at": row.created_at.isoformat()}
            for row in ContentReport.objects.filter(email=person.email)
        ],
    }  # fmt: skip


def let_go(person: Person) -> None:
    """Claims go with the person; what was proposed or reported stays, without who did; open reports keep what they say of others."""
    Missing.objects.filter(author=person).update(author=None)
    for model in (Missing, Report, ContentReport):
        model.objects.filter(email=person.email).update(email="")  # type: ignore[attr-defined]


@transaction.atomic
def forget_old_reports(now: datetime) -> int:
    """Empties the messages of reports answered a year ago, and the addresses of those that nobody answered in a year."""
    old = Report.objects.filter(closed_at__lt=now - YEAR).exclude(message="")
    record_events("forget", "report", list(old.values_list("public_id", flat=True)), actor="worker")
    return old.update(message="") + _forget_addresses(
        "report", Report.objects.filter(created_at__lt=now - YEAR)
    )


def _forget_addresses(record_type: str, rows: QuerySet) -> int:
    """Answered or not, an address that was left to be told the answer is not kept longer."""
    left = rows.exclude(email="")
    record_events(
        "forget_address", record_type, list(left.values_list("public_id", flat=True)), actor="worker"
    )
    return left.update(email="")


@transaction.atomic
def forget_old_content_reports(now: datetime) -> int:
    """Empties what was written about a content decided a year ago, and the addresses of who waited a year for a decision."""
    old = ContentReport.objects.filter(decided_at__lt=now - YEAR).exclude(
        message="", appeal="", earlier_appeal=""
    )
    record_events("forget", "content_report", list(old.values_list("public_id", flat=True)), actor="worker")
    silent = ContentReport.objects.filter(
        Q(appealed_at=None) | Q(appealed_at__lt=now - YEAR), created_at__lt=now - YEAR
    )
    return old.update(message="", appeal="", earlier_appeal="") + _forget_addresses("content_report", silent)


@transaction.atomic
def forget_old_missing(now: datetime) -> int:
    """Forgets the structures refused a year ago, who proposed those which were added, and the addresses that nobody answered."""
    past = Missing.objects.filter(decided_at__lt=now - YEAR)
    old = past.filter(status=Missing.REFUSED)
    added = past.filter(status=Missing.ADDED).exclude(author=None)
    ids, whose = (list(rows.values_list("public_id", flat=True)) for rows in (old, added))
    record_events("forget", "missing", ids, actor="worker")
    record_events("forget_author", "missing", whose, actor="worker")
    old.delete()
    added.update(author=None)
    return (
        len(ids)
        + len(whose)
        + _forget_addresses("missing", Missing.objects.filter(created_at__lt=now - YEAR))
    )


@transaction.atomic
def forget_old_claims(now: datetime) -> int:
    """Forgets the claims decided a year ago; the role that one gave stays."""
    old = Claim.objects.filter(decided_at__lt=now - YEAR)
    ids = list(old.values_list("public_id", flat=True))
    record_events("forget", "claim", ids, actor="worker")
    old.delete()
    return len(ids)
