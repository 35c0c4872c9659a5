"""What waits among the actors: requests to join, orphan pages, notes to come back to; and what is kept of a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from horizon.actors import answered
from horizon.actors.access import is_operator, manages, may_answer, may_reopen
from horizon.actors.merged import acted_for, root
from horizon.actors.models import (
    Contact,
    ContactNote,
    Invitation,
    LeftName,
    Mandate,
    Membership,
    Organization,
    OrganizationLink,
    OrganizationRole,
    Person,
    SeenAgent,
)
from horizon.actors.queries import asked_of, unanswerable_links
from horizon.actors.services import agents, collective, names, people, teams
from horizon.actors.services import links as linking
from horizon.actors.services.upkeep import close_sessions_of
from horizon.actors.sessions import open_sessions
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Waiting, declare_personal_data, declare_waiting

AT_MOST = 300
UNANSWERED = timedelta(days=14)
ROWS = (
    "actors.OrganizationRole", "actors.Invitation", "actors.Membership", "actors.ContactNote", "actors.OrganizationLink", "actors.Contact",
    "actors.Mandate", "account.EmailAddress", "mfa.Authenticator", "actors.SeenAgent", "usersessions.UserSession",
)  # fmt: skip
TOLD_NO = "Le collectif ne donne pas suite pour le moment."


def declare() -> None:
    """Tells the desk and the privacy pages about this room."""
    declare_waiting(
        "membership", memberships, answer_membership, verbs=("accept",), answered=answered.memberships_decided
    )
    declare_waiting("invitation", invitations, answer_invitation)
    declare_waiting("note", notes, answer_note, verbs=("accept",), answered=answered.notes_done)
    declare_waiting("orphan", orphans, answer_orphan, verbs=("refuse",), answered=answered.orphans_left)
    declare_waiting("link", links, answer_link, verbs=("accept",))
    declare_waiting("silent-links", silent_links)
    declare_waiting("agent", seen_agents, answer_seen_agent, answered=answered.agents_answered)
    declare_waiting(
        "left-name", left_names, answer_left_name, verbs=("refuse",), answered=answered.names_left
    )
    declare_personal_data("actors", kept_of, let_go, rows=ROWS, identifies=phones_of)


def memberships(person: Person) -> Iterator[Waiting]:
    """Requests to join the collective."""
    if not is_operator(person):
        return
    rows = Membership.objects.filter(status=Membership.REQUESTED).select_related(
        "organization__canonical", "college"
    )
    for row in rows.order_by("requested_at")[:AT_MOST]:
        yield Waiting(
            key=str(row.pk), room="membership", title=f"{row.organization.whole.name} demande à rejoindre le collectif",
            since=row.requested_at, href=reverse("actors:decide", args=[row.pk]), 
            detail=f"{row.college.name}. {row.motive} {'D’après : ' + row.heard_from if row.heard_from else ''}".strip(),
            actions={"accept": "Accepter"}, alike=f"membership:{row.college.code}",
        )  # fmt: skip


def answer_membership(verb: str, key: str, person: Person) -> str:
    """Accepts, or undoes the answer. A refusal needs its own reason: it is written on the request's page."""
    row = Membership.objects.select_related("organization").filter(pk=int(key)).first()
    if row is None or not is_operator(person):
        raise Refused("Cette demande n’existe plus.")
    if verb == "undo":
        if row.status == Membership.LEFT:
            raise Refused("La structure est partie depuis : annulez son départ depuis sa page au bureau.")
        collective.reopen_membership(row, actor=person.actor)
        return f"{row.organization.name} : la demande attend de nouveau."
    collective.decide_membership(row, True, actor=person.actor)
    return f"{row.organization.name} est membre."


def invitations(person: Person) -> Iterator[Waiting]:
    """People who ask to act for my organizations, and invitations made to me; to operators, what nobody answered in two weeks."""
    mine, late = acted_for(person), timezone.now() - UNANSWERED
    to_answer = Q(organization__in=mine)
    if is_operator(person):
        to_answer |= Q(created_at__lt=late)
    rows = Invitation.objects.filter(status=Invitation.OPEN).filter(
        Q(to_answer, kind=Invitation.ASKED) | Q(kind=Invitation.INVITED, email=person.email)
    )
    for row in rows.select_related("organization__canonical", "made_by").order_by("created_at")[:AT_MOST]:
        asked, name = row.kind == Invitation.ASKED, row.organization.whole.name
        team = reverse("actors:team", args=[row.organization.public_id])
        yield Waiting(
            key=str(row.pk), room="invitation", since=row.created_at,
            detail=f"{row.message} Sans réponse depuis quatorze jours.".strip() if asked and row.created_at < late else row.message,
            title=f"{row.made_by or row.email} demande à agir pour {name}" if asked else f"Invitation à agir pour {name}",
            href=team if asked else reverse("actors:invitation", args=[row.token]),
            actions={"accept": "Accepter", "refuse": "Refuser"} if asked else {},
        )  # fmt: skip


def answer_invitation(verb: str, key: str, person: Person) -> str:
    """Accepts or refuses; an accepted person is taken off by « ne plus agir », not from here."""
    row = Invitation.objects.select_related("organization").filter(pk=int(key), kind=Invitation.ASKED).first()
    if row is None or not manages(person, row.organization):
        raise Refused("Cette demande ne vous revient pas.")
    if verb == "undo":
        people.reopen_request(row, by=person)
        return "La demande attend de nouveau."
    people.answer_invitation(row, verb == "accept", by=person)
    return "Demande acceptée." if verb == "accept" else "Demande refusée."


def notes(person: Person) -> Iterator[Waiting]:
    """Contacts to take up again, on their day."""
    if not is_operator(person):
        return
    rows = ContactNote.objects.filter(done_at=None, next_on__lte=timezone.localdate()).select_related(
        "organization"
    )
    for row in rows.order_by("next_on")[:AT_MOST]:
        assert row.next_on
        yield Waiting(
            key=str(row.pk), room="note", title=f"{row.organization.name} : à rappeler", detail=row.text,
            since=timezone.make_aware(datetime.combine(row.next_on, time(8))),
            href=reverse("actors:contact", args=[row.organization.public_id]), actions={"accept": "C’est fait"}, alike="note",
        )  # fmt: skip


def answer_note(verb: str, key: str, person: Person) -> str:
    """Done, or to do again."""
    row = ContactNote.objects.select_related("organization").filter(pk=int(key)).first()
    if row is None or not is_operator(person):
        raise Refused("Cette note n’existe plus.")
    row = collective.finish_note(row, verb != "undo", actor=person.actor)
    return f"{row.organization.name} : {'fait' if row.done_at else 'à rappeler'}."


def orphans(person: Person) -> Iterator[Waiting]:
    """Pages that nobody holds any more: what says so stays when the person and their roles are forgotten."""
    if not is_operator(person):
        return
    by_root = OrganizationRole.objects.order_by().annotate(of_root=root())
    last = by_root.filter(of_root=OuterRef("pk")).values("of_root").annotate(at=Max("until")).values("at")
    known = Q(orphan_since__isnull=False) | Q(merged__orphan_since__isnull=False)
    rows = (
        Organization.objects.filter(known | Q(pk__in=by_root.values("of_root")), canonical=None, orphan_left_at=None)
        .exclude(pk__in=by_root.filter(until=None).values("of_root"))
        .annotate(left=Coalesce("orphan_since", Max("merged__orphan_since"), Subquery(last)))
    )  # fmt: skip
    for row in rows.order_by("left", "pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="orphan", title=f"{row.name} : plus personne ne tient sa page", since=row.left,
            href=reverse("actors:contact", args=[row.public_id]), detail="Appelez-la, ou invitez quelqu’un.",
            actions={"refuse": "Laisser"}, alike="orphan",
        )  # fmt: skip


def answer_orphan(verb: str, key: str, person: Person) -> str:
    """Lets the page be, or undoes that; it stops waiting by itself once somebody holds it."""
    row = Organization.objects.filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Cette page n’existe plus.")
    if verb == "undo":
        teams.reopen_orphan(row, actor=person.actor)
        return f"{row.name} : la page attend de nouveau quelqu’un."
    if verb == "accept":
        raise Refused("Ouvrez la page : appelez la structure, ou invitez quelqu’un.")
    teams.leave_orphan(row, actor=person.actor)
    return f"{row.name} : la page reste sans personne."


def links(person: Person) -> Iterator[Waiting]:
    """Links that others said of my organizations, and that wait for a yes or a no."""
    for row in asked_of(person).order_by("declared_at")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="link", title=f"Un lien à confirmer : {linking.sentence(row)}", since=row.declared_at,
            href=reverse("actors:link-answer", args=[row.public_id]), detail=f"{row.told.capitalize()}.",
            actions={"accept": "Confirmer"}, alike=f"link:{row.listener.pk}",
        )  # fmt: skip


def answer_link(verb: str, key: str, person: Person) -> str:
    """Confirms, or undoes it. A refusal needs its own reason: it is written on the link's page."""
    row = (
        OrganizationLink.objects.select_related("origin__canonical", "target__canonical")
        .filter(public_id=key)
        .first()
    )
    if row is None or not may_answer(person, row):
        raise Refused("Ce lien ne vous revient pas.")
    if verb == "undo":
        if not may_reopen(person, row):
            raise Refused("L’animation a retiré ce lien, ou il ne vous revient pas de le reprendre.")
        linking.reopen_link(row, actor=person.actor)
        return f"« {row} » attend de nouveau votre réponse."
    linking.answer_link(row, True, actor=person.actor)
    return f"Confirmé : {row}."


def silent_links(person: Person) -> Iterator[Waiting]:
    """How many links nobody can confirm, in one line: they are read in the network, not one by one at the desk."""
    if not is_operator(person):
        return
    found = unanswerable_links().aggregate(n=Count("pk"), oldest=Min("declared_at"))
    if found["n"]:
        yield Waiting(
            key="silent-links", room="silent-links", since=found["oldest"], href=f"{reverse('portal:network')}?etat=sans-reponse",
            title=f"{found['n']} liens que personne ne peut confirmer" if found["n"] > 1 else "Un lien que personne ne peut confirmer",
            detail="L’autre structure n’a personne pour répondre : invitez-la, ou confirmez sur pièce depuis la page du lien.",
        )  # fmt: skip


def seen_agents(person: Person) -> Iterator[Waiting]:
    """People who entered by ProConnect and work for an authority of the territory."""
    if not is_operator(person):
        return
    for row in (
        SeenAgent.objects.filter(answered_at=None).select_related("person").order_by("seen_at")[:AT_MOST]
    ):
        yield Waiting(
            key=str(row.pk), room="agent", title=f"{row.person} travaille pour la collectivité, dit ProConnect", since=row.seen_at,
            href=reverse("actors:mandates"), detail=f"{row.person.email}, SIRET {row.siret}. Lui donner un mandat d’agent ?",
            actions={"accept": "Donner le mandat", "refuse": "Laisser"},
        )  # fmt: skip


def answer_seen_agent(verb: str, key: str, person: Person) -> str:
    """Gives the mandate or not; undone, it waits again and the mandate ends."""
    row = SeenAgent.objects.select_related("person").filter(pk=int(key)).first()
    if row is None or not is_operator(person):
        raise Refused("Cette demande n’existe plus.")
    if verb == "undo":
        agents.reopen_agent(row, actor=person.actor)
        return f"{row.person} : cela attend de nouveau."
    agents.answer_agent(row, verb == "accept", actor=person.actor)
    return f"{row.person} a un mandat d’agent." if verb == "accept" else f"{row.person} : aucun mandat donné."


def left_names(person: Person) -> Iterator[Waiting]:
    """Names that erasing somebody left in the texts of others."""
    if not is_operator(person):
        return
    for row in LeftName.objects.filter(status=LeftName.WAITING)[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="left-name", title=f"Un nom effacé se lit dans {row.texts} textes d’autres personnes",
            since=row.filed_at, href=reverse("actors:left-name", args=[row.public_id]),
            detail=f"« {row.word} » : lisez ces textes avant de le retirer partout.",
            actions={"refuse": "Laisser"},
        )  # fmt: skip


def answer_left_name(verb: str, key: str, person: Person) -> str:
    """Leaves it, or undoes that; it is taken out from its page alone, where the texts are read."""
    row = LeftName.objects.filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Cette question n’existe plus.")
    if verb == "undo":
        names.reopen_left_name(row, actor=person.actor)
        return "La question attend de nouveau."
    if verb == "accept":
        raise Refused("Ouvrez d’abord la page : un nom retiré ne revient pas.")
    names.leave_left_name(row, actor=person.actor)
    return "Le nom reste dans ces textes."


def kept_of(person: Person) -> dict:
    """What this room keeps of a person."""
    return {
        "email": person.email,
        "name": person.name,
        "since": person.created_at.isoformat(),
        "last_sign_in": person.last_login.isoformat() if person.last_login else None,
        "acts_for": [
            {"organization": r.organization.name, "since": r.since.isoformat(), "until": r.until.isoformat() if r.until else None,
             "public": r.public, "by": r.obtained_by, "ended_because": r.end_reason}
            for r in OrganizationRole.objects.filter(person=person).select_related("organization")
        ],
        "mandates": [
            {"function": m.function, "title": m.title, "from": m.starts_on.isoformat(), "to": m.ends_on.isoformat() if m.ends_on else None,
             "for": m.organization.whole.name if m.organization else "", "pole": m.pole.name if m.pole else "", "themes": m.themes,
             "decided_by": m.decided_by, "public": m.public, "agreed_at": m.published_at.isoformat() if m.public and m.published_at else None,
             "shown_email": m.shown_email, "shown_phone": m.shown_phone}
            for m in Mandate.objects.filter(person=person).select_related("organization__canonical", "pole")
        ],
        "links": [
            {"link": str(row), "status": row.status, "evidence": row.evidence, "at": row.declared_at.isoformat()}
            for row in OrganizationLink.objects.filter(author=person).select_related("origin__canonical", "target__canonical")
        ],
        "said_to_be_fifteen_or_more": person.of_age_at.isoformat() if person.of_age_at else None,
        "seen_by_proconnect": [
            {"siret": row.siret, "at": row.seen_at.isoformat()} for row in SeenAgent.objects.filter(person=person)
        ],
        "keys": [
            {"kind": key.type, "name": str(key), "since": key.created_at.isoformat(),
             "last_used": key.last_used_at.isoformat() if key.last_used_at else None}
            for key in Authenticator.objects.filter(user=person)
        ],
        "open_sessions": [
            {"device": row.user_agent, "since": row.created_at.isoformat(), "last_used": row.last_seen_at.isoformat()}
            for row in open_sessions(person)
        ],
        "memberships": [
            {"organization": row.organization.name, "status": row.status, "motive": row.motive,
             "heard_from": row.heard_from, "at": row.requested_at.isoformat()}
            for row in Membership.objects.filter(requested_by=person).select_related("organization")
        ],
        "contact_notes": [
            {"organization": row.organization.name, "kind": row.kind, "text": row.text, "at": row.created_at.isoformat()}
            for row in ContactNote.objects.filter(author=person).select_related("organization")
        ],
        "to_reach_at": [
            {"organization": row.organization.name, "name": row.name, "function": row.function, "phone": row.phone, "email": row.email,
             "at": row.changed_at.isoformat()}
            for row in Contact.objects.filter(email=person.email).select_related("organization")
        ],
        "contacts_noted": [
            {"organization": row.organization.name, "at": row.created_at.isoformat()}
            for row in Contact.objects.filter(author=person).select_related("organization")
        ],
        "invitations": [
            {"organization": i.organization.name, "kind": i.kind, "status": i.status, "message": i.message}
            for i in Invitation.objects.filter(Q(email=person.email) | Q(made_by=person)).select_related("organization")
        ],
    }  # fmt: skip


def phones_of(person: Person) -> list[str]:
    """The telephones under which those who animate know somebody, or that they chose to show."""
    noted = Contact.objects.filter(email=person.email).exclude(phone="").values_list("phone", flat=True)
    shown = (
        Mandate.objects.filter(person=person).exclude(shown_phone="").values_list("shown_phone", flat=True)
    )
    return [*noted, *shown]


def let_go(person: Person) -> None:
    """Sessions close, requests and invitations go; links, memberships and notes stay with their structures, without who wrote
    them; roles and mandates go with the person."""
    close_sessions_of(person)
    UserSession.objects.filter(user=person).delete()
    OrganizationLink.objects.filter(author=person).update(author=None)
    Membership.objects.filter(requested_by=person).update(requested_by=None)
    ContactNote.objects.filter(author=person).update(author=None)
    Contact.objects.filter(email=person.email).delete()
    Contact.objects.filter(author=person).update(author=None)
    Invitation.objects.filter(Q(email=person.email) | Q(made_by=person, kind=Invitation.ASKED)).delete()
    Invitation.objects.filter(made_by=person).update(message="", made_by=None)
