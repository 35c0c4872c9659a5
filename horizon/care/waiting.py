"""What waits in care: suggestions, missing structures, claims, reports; and how each is answered and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for
from horizon.actors.models import Person
from horizon.care import answered, claims, contents, pairs, services
from horizon.care.finding import likely_there
from horizon.care.models import Claim, ContentReport, Missing, Report
from horizon.directory.models import Entry, Statement
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.overlay import register_value
from horizon.directory.said.services import publish_statement, refuse_statement, undo_statement
from horizon.kernel.mail import put_by, try_again, write_to
from horizon.kernel.models import OutgoingMail
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Aside, Waiting, declare_beside, declare_waiting
from horizon.kernel.templatetags.atlas import day
from horizon.territory.models import Commune

AT_MOST = 300
ACCEPT = {"accept": "Accepter", "refuse": "Refuser"}
SAID_NO = "Après vérification, cette proposition n’a pas été retenue."


def declare() -> None:
    """Tells the desk about this room."""
    declare_waiting("suggestion", suggestions, answer_suggestion, answered=answered.suggestions)
    declare_waiting("missing", missing, answer_missing, answered=answered.missing)
    declare_waiting("claim", open_claims, answer_claim, answered=answered.claims)
    declare_waiting("report", reports, answer_report, answered=answered.reports)
    declare_waiting("content", reported_contents, answer_content, answered=answered.contents_decided)
    declare_waiting("duplicate", pairs.desk_pairs, pairs.answer_pair, answered=answered.pairs_decided)
    declare_waiting("unsent", unsent, send_again, verbs=("accept",))
    declare_beside("me", my_claims)
    declare_beside("entry", pairs.read_as_one)
    declare_beside("joining", pairs.perhaps_there_already)


def suggestions(person: Person) -> Iterator[Waiting]:
    """Proposed statements: all for operators, those about their organizations for referents. Three queries."""
    rows = Statement.objects.filter(status=Statement.PROPOSED).select_related(
        "organization__canonical", "author"
    )
    if not is_operator(person):
        rows = rows.filter(organization__in=acts_or_relays_for(person))
    found = list(rows.order_by("created_at", "pk")[:AT_MOST])
    ids = {s.organization_id for s in found}
    entries = {entry.organization_id: entry for entry in Entry.objects.filter(organization__in=ids)}
    published = {
        (s.organization_id, s.field): s.value
        for s in Statement.objects.filter(organization__in=ids, status=Statement.PUBLISHED)
    }
    for s in found:
        field = FIELDS.get(s.field)
        if field is None:
            continue
        entry = entries.get(s.organization_id)
        now = published.get((s.organization_id, s.field), register_value(entry, s.field) if entry else "")
        yield Waiting(
            key=str(s.pk),
            room="suggestion",
            title=f"{s.organization.whole.name} : {field.label.lower()}",
            since=s.created_at,
            href=reverse("care:suggestion", args=[s.pk]),
            before=field.shown(now) or "(rien)",
            after=field.shown(s.value) or "(rien)",
            detail=" ".join(
                part
                for part in (f"Origine : {s.get_origin_display()}.", asked(s), s.written_by, s.message)
                if part
            ),
            actions=ACCEPT,
            alike=f"{s.origin}:{s.field}",
        )


def asked(s: Statement) -> str:
    """When its structure was asked, for the desk; empty when it never was."""
    return f"Demandé à la structure le {day(s.asked_at)}." if s.asked_at else ""


@transaction.atomic
def answer_suggestion(verb: str, key: str, person: Person) -> str:
    """Accepts, refuses or undoes one suggestion; its author is told."""
    s = Statement.objects.select_related("organization__canonical", "author").filter(pk=int(key)).first()
    if s is None or not _may_answer(person, s):
        raise Refused("Cette proposition n’existe plus, ou ne vous revient pas.")
    if not is_operator(person) and verb != "refuse":
        contents.keep_away("statement", [str(pk) for pk in (s.pk, s.previous_id) if pk])
        if verb == "accept":
            contents.keep_words_away(s.organization, {s.field: s.value})
    email, label = address_of(s, person), FIELDS[s.field].label.lower()
    link = f"{settings.ORIGIN}/structures/{s.organization.whole.public_id}/"
    if verb == "accept":
        publish_statement(s, actor=person.actor)
        write_to(
            email,
            f"{s.organization.whole.name} : merci",
            f"Bonjour,\n\nVotre proposition ({label}) est publiée.\n\n{link}",
        )
        return f"{s.organization.whole.name}, {label} : publié."
    if verb == "refuse":
        refuse_statement(s, SAID_NO, actor=person.actor)
        write_to(
            email,
            f"{s.organization.whole.name} : votre proposition",
            f"Bonjour,\n\nVotre proposition ({label}) : {SAID_NO}\n\n{link}",
        )
        return f"{s.organization.whole.name}, {label} : refusé."
    undo_statement(s, actor=person.actor)
    return f"{s.organization.whole.name}, {label} : la réponse est annulée."


def address_of(s: Statement, answerer: Person) -> str:
    """Where to tell the answer: the address left for it, which the first answer erased, else that of a known author."""
    known = s.author.email if s.author and s.author != answerer else ""
    return s.email or (known if s.origin == Statement.VISITOR else "")


def _may_answer(person: Person, s: Statement) -> bool:
    return is_operator(person) or acts_or_relays_for(person).filter(pk=s.organization_id).exists()


def missing(person: Person) -> Iterator[Waiting]:
    """Structures said to be missing, where, and what they may be. Five queries."""
    if not is_operator(person):
        return
    rows = list(Missing.objects.filter(status=Missing.OPEN)[:AT_MOST])
    asked = {row.pk: (str(row.values.get("name", "")), str(row.values.get("commune", ""))) for row in rows}
    communes = dict(
        Commune.objects.filter(code__in={c for _, c in asked.values()}).values_list("code", "name")
    )
    there = likely_there(asked.values())
    for row in rows:
        name, commune = asked[row.pk]
        same = there.get((name[:300], commune))
        told = [
            communes.get(commune, commune),
            str(row.values.get("description", "")),
            f"Existe peut-être déjà : {same.name}." if same else "",
        ]
        yield Waiting(
            key=row.public_id, room="missing", title=f"Structure manquante : {row.values.get('name', '')}", since=row.created_at,
            href=reverse("care:missing-answer", args=[row.public_id]), detail=" · ".join(part for part in told if part),
            actions={"accept": "Ajouter", "refuse": "Refuser"}, alike="missing",
        )  # fmt: skip


def answer_missing(verb: str, key: str, person: Person) -> str:
    """Adds or refuses a structure; undone, it waits again."""
    row = Missing.objects.filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Cette proposition n’existe plus.")
    if verb == "accept":
        services.add_missing(row, actor=person.actor)
        return f"{row.values['name']} est ajoutée."
    if verb == "refuse":
        services.refuse_missing(row, SAID_NO, actor=person.actor)
        return f"{row.values['name']} n’est pas ajoutée."
    services.reopen_missing(row, actor=person.actor)
    return f"{row.values['name']} attend de nouveau."


def open_claims(person: Person) -> Iterator[Waiting]:
    """Claims that somebody must answer: operators, and for disputes those who hold the page."""
    rows = Claim.objects.filter(status=Claim.OPEN).select_related("organization__canonical", "person")
    if not is_operator(person):
        rows = rows.filter(
            disputed=True, other_side="",
            organization__in=acts_or_relays_for(person),
        )  # fmt: skip
    else:
        rows = (
            rows.exclude(method=Claim.EMAIL, disputed=False)
            .exclude(method=Claim.LETTER, posted_at__isnull=False, disputed=False)
            .exclude(claims.read_out())
        )
    for claim in rows[:AT_MOST]:
        letter = claim.method == Claim.LETTER and not claim.disputed
        yield Waiting(
            key=claim.public_id, room="claim", since=claim.created_at,
            title=f"{claim.organization.whole.name} : {'page disputée' if claim.disputed else 'page revendiquée'}",
            href=reverse("care:letters") if letter else reverse("care:claim", args=[claim.public_id]),
            detail=f"{claim.person} ({claim.person.email}), par {claim.get_method_display()}. {claim.said}",
            actions={} if letter or not is_operator(person) else {"accept": "Accorder", "refuse": "Refuser"},
            alike=f"claim:{claim.method}",
        )  # fmt: skip


def my_claims(person: Person) -> Aside | None:
    """The pages that a person asks to hold, and what each waits for. One query."""
    rows = []
    for claim in Claim.objects.filter(person=person, status=Claim.OPEN).select_related(
        "organization__canonical"
    ):
        coded = not claim.disputed and (
            claim.method in {Claim.EMAIL, Claim.LETTER}
            or claim.method == Claim.PHONE
            and claims.has_code(claim)
        )
        rows.append(
            (
                reverse("care:claim", args=[claim.public_id]),
                claim.organization.whole.name,
                "en attente du code" if coded else "en attente de l’équipe",
            )
        )
    return Aside("Pages que je demande à tenir", tuple(rows)) if rows else None


def answer_claim(verb: str, key: str, person: Person) -> str:
    """Grants or refuses a claim; undone, it waits again."""
    claim = Claim.objects.select_related("organization__canonical", "person").filter(public_id=key).first()
    if claim is None or not is_operator(person):
        raise Refused("Cette demande ne vous revient pas.")
    if verb == "accept":
        if claims.grant(claim, actor=person.actor).status != Claim.GRANTED:
            raise Refused("Quelqu’un d’autre tient cette page depuis : lisez les deux avis avant d’accorder.")
        return f"{claim.person} tient la page de {claim.organization.whole.name}."
    if verb == "refuse":
        claims.refuse(
            claim,
            "L’équipe d’animation n’a pas pu vérifier que vous agissez pour cette structure.",
            actor=person.actor,
        )
        return "Demande refusée."
    claims.reopen(claim, actor=person.actor)
    return "La réponse est annulée, la demande attend de nouveau."


def reports(person: Person) -> Iterator[Waiting]:
    """Reported errors."""
    if not is_operator(person):
        return
    for row in (
        Report.objects.filter(status=Report.OPEN)
        .select_related("organization__canonical")
        .order_by("created_at", "pk")[:AT_MOST]
    ):
        yield Waiting(
            key=row.public_id, room="report", title=f"{row.organization.whole.name} : signalement", since=row.created_at,
            href=reverse("directory:entry", args=[row.organization.whole.public_id]), detail=row.message,
            actions={"accept": "Corrigé", "refuse": "Rien à corriger"}, alike=f"report:{row.subject}",
        )  # fmt: skip


@transaction.atomic
def answer_report(verb: str, key: str, person: Person) -> str:
    """Closes a report, tells who sent it; undone, it is open again, without the address."""
    row = Report.objects.select_related("organization__canonical").filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Ce signalement n’existe plus.")
    if verb == "undo":
        services.reopen_report(row, actor=person.actor)
        return "Le signalement est de nouveau ouvert."
    done = verb == "accept"
    answer = "C’est corrigé, merci." if done else "Après vérification, il n’y avait rien à corriger."
    link = f"{settings.ORIGIN}/structures/{row.organization.whole.public_id}/"
    email = row.email
    services.close_report(
        row, status=Report.DONE if done else Report.REFUSED, answer=answer, actor=person.actor
    )
    write_to(email, f"Votre signalement sur {row.organization.whole.name}", f"Bonjour,\n\n{answer}\n\n{link}")
    return f"Signalement fermé : {answer.lower()}"


def reported_contents(person: Person) -> Iterator[Waiting]:
    """Public texts that somebody reported."""
    if not is_operator(person):
        return
    rows = list(ContentReport.objects.filter(status__in=ContentReport.WAITING)[:AT_MOST])
    alike = Counter((row.record_type, row.record_id) for row in rows)
    known = contents.recalled_all(rows)
    for row in rows:
        others = alike[row.record_type, row.record_id] - 1
        shared = (
            f"Signalé aussi {others} autre{'s' if others > 1 else ''} fois : la même réponse vaut pour tout."
            if others
            else ""
        )
        content = known.get((row.record_type, row.record_id))
        leads = content and (content.readers is None or content.readers(person))
        text = content.text if content else "(n’existe plus)"
        contested = row.status == ContentReport.CONTESTED
        before = (
            f"D’abord contesté par {row.get_earlier_side_display()} : « {row.earlier_appeal} »."
            if row.earlier_side
            else ""
        )
        told = (
            f"{before} Contesté par {row.get_appeal_side_display()} : « {row.appeal} »".strip()
            if contested
            else ""
        )
        where = f"Aujourd’hui {'retiré' if row.away else 'en place'}." if contested else ""
        yield Waiting(
            key=row.public_id, room="content", title=f"{'Décision contestée' if contested else 'Signalé'} : {text[:90]}",
            since=row.appealed_at or row.created_at, href=content.href if content and leads else reverse("care:desk"),
            detail=" ".join(part for part in (f"{row.get_ground_display()}.", row.message, f"« {text} »", told, where, shared) if part),
            actions={"accept": "Retirer", "refuse": "Laisser"}, alike=f"content:{row.ground}:{contested}",
        )  # fmt: skip


def answer_content(verb: str, key: str, person: Person) -> str:
    """Takes a reported text away or leaves it; undone, it is as before and the report waits.

    Reports of one content picked together are answered by the first: the others say the same.
    """
    row = ContentReport.objects.filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Ce signalement n’existe plus.")
    if verb == "undo" and row.status in ContentReport.WAITING:
        return "Le signalement attend de nouveau."
    if verb == "undo":
        problem = contents.reopen_content(row, actor=person.actor)
        said = "Le signalement attend de nouveau"
        return f"{said} ; le contenu ne peut plus être remis : {problem}." if problem else f"{said}."
    asked = ContentReport.TAKEN_AWAY if verb == "accept" else ContentReport.LEFT
    if row.status == asked:
        return row.reason
    return contents.decide_content(row, verb == "accept", actor=person.actor).reason


def unsent(person: Person) -> Iterator[Waiting]:
    """Messages that could not leave in four days: somebody waits for them, by telephone perhaps."""
    if not is_operator(person):
        return
    for row in OutgoingMail.objects.exclude(given_up_at=None).order_by("given_up_at", "pk")[:AT_MOST]:
        yield Waiting(
            key=str(row.pk), room="unsent", title=f"Un courriel n’a pas pu partir : {row.subject}",
            since=row.given_up_at or row.written_at, href=f"{reverse('care:desk')}?quoi=unsent",
            detail=f"Pour {row.to}, écrit le {day(row.written_at)}, essayé {row.tries} fois. Vérifiez l’adresse, ou appelez.",
            actions={"accept": "Réessayer"}, alike="unsent",
        )  # fmt: skip


def send_again(verb: str, key: str, person: Person) -> str:
    """Has the worker try again; undone, the message waits at the desk if it has not left."""
    if not is_operator(person):
        raise Refused("Ce courriel ne vous revient pas.")
    done = (
        try_again(int(key), actor=person.actor) if verb == "accept" else put_by(int(key), actor=person.actor)
    )
    if not done:
        raise Refused("Ce courriel est parti, ou n’attend plus.")
    return "Il repart dans la minute." if verb == "accept" else "Il attend de nouveau au bureau."
