"""Writes about people: who acts for which organization, invitations, leaving, export and erasure."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors import queries
from horizon.actors.access import current_mandates, manages
from horizon.actors.merged import of
from horizon.actors.models import (
    Invitation,
    Mandate,
    Organization,
    OrganizationRole,
    Person,
    RelayConsent,
)
from horizon.actors.services.names import file_left_names
from horizon.actors.services.poles import others_animate
from horizon.engine.folding import fold
from horizon.kernel.journal import erase_private, erase_private_of, record_event
from horizon.kernel.mail import write_to
from horizon.kernel.models import Event
from horizon.kernel.naming import checked_name, may_be_a_name, names_of, rows_by, take_names_out
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import (
    erase_personal_data,
    export_personal_data,
    published_phones,
    words_that_name,
)

log = logging.getLogger(__name__)
NOT_THE_RELAY = "Seules les personnes qui tiennent elles-mêmes la page, ou l’équipe d’animation, font entrer quelqu’un dans l’équipe."


@transaction.atomic
def find_or_create_person(
    email: str, *, actor: str = "visitor", name: str = "", demo: bool = False
) -> Person:
    """The person of an address, made at the first time; two requests at once make one person.

    What cannot be a name (figures, an address) is left out, whoever brings it.
    """
    name = name if may_be_a_name(name) else ""
    email = email.strip().lower()
    person = Person.objects.filter(email=email).first()
    if person:
        return person
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, name=name[:120], demo=demo)
    except IntegrityError:
        return Person.objects.get(email=email)
    record_event("create", "person", person.public_id, actor=actor)
    return person


@transaction.atomic
def join_as_referent(
    person: Person, organization: Organization, *, obtained_by: str, actor: str
) -> OrganizationRole:
    """Makes a person act for an organization; the same person twice is the same role."""
    organization = organization.whole
    existing = OrganizationRole.objects.filter(of(organization), person=person, until=None).first()
    if existing:
        return existing
    try:
        with transaction.atomic():
            role = OrganizationRole.objects.create(
                person=person, organization=organization, obtained_by=obtained_by
            )
    except IntegrityError:  # somebody gave it at the same moment
        return OrganizationRole.objects.get(person=person, organization=organization, until=None)
    held_again(organization)
    record_event(
        "give_role", "organization", organization.public_id, actor=actor,
        payload={"person": person.public_id, "by": obtained_by},
    )  # fmt: skip
    return role


@transaction.atomic
def leave_organization(
    role: OrganizationRole, *, actor: str, reason: str = "", at: datetime | None = None, alone: bool = False
) -> bool:
    """Ends a role, and those that the same person has through what is one with the organization, unless `alone`.

    Returns True when nobody acts for the organization any more (page orpheline). Raises Refused when it is over.
    """
    whole = Organization.objects.select_for_update().get(pk=role.organization.root_id)
    locked = (
        OrganizationRole.objects.select_for_update(of=("self",))
        .select_related("organization", "person")
        .get(pk=role.pk)
    )
    if locked.until:
        raise Refused(f"{locked.person} n’agit déjà plus pour {whole.name}.")
    locked.until, locked.left, locked.end_reason = at or timezone.now(), actor == locked.person.actor, reason
    locked.save(update_fields=["until", "left", "end_reason"])
    if not alone:
        same = OrganizationRole.objects.filter(of(whole), person=locked.person, until=None)
        same.update(until=locked.until, left=locked.left, end_reason=reason)
    orphan = not OrganizationRole.objects.filter(of(whole), until=None).exists()
    if orphan:
        whole.orphan_since, whole.orphan_left_at = locked.until, None
        whole.save(update_fields=["orphan_since", "orphan_left_at"])
    record_event(
        "end_role", "organization", locked.organization.public_id, actor=actor,
        payload={"person": locked.person.public_id, "orphan": orphan},
    )  # fmt: skip
    return orphan


def held_again(organization: Organization) -> None:
    """Somebody acts for the organization: it is no orphan, nor what is one with it."""
    one = Organization.objects.filter(Q(pk=organization.root_id) | Q(canonical=organization.root_id))
    one.exclude(orphan_since=None).update(orphan_since=None, orphan_left_at=None)


@transaction.atomic
def publish_role(role: OrganizationRole, public: bool, *, actor: str) -> None:
    """Shows or hides, on the organization's page, that this person acts for it: only the person decides."""
    role.public = public
    role.save(update_fields=["public"])
    record_event(
        "publish_role" if public else "hide_role", "organization", role.organization.public_id, actor=actor
    )


@transaction.atomic
def invite(organization: Organization, email: str, *, by: Person, message: str = "") -> Invitation:
    """Invites an address to act for an organization, by e-mail. Who had asked is accepted; an open invitation is sent again.

    Raises Refused when that person acts for it already.
    """
    roles = OrganizationRole.objects.filter(of(organization), until=None)
    if roles.filter(person__email=email.strip().lower()).exists():
        raise Refused("Cette personne tient déjà la page.")
    if not manages(by, organization):
        raise Refused(NOT_THE_RELAY)
    invitation, _ = _open(organization, email, Invitation.INVITED, by, message)
    if invitation.kind == Invitation.ASKED:
        answer_invitation(invitation, True, by=by)
        return invitation
    name = invitation.organization.whole.name
    write_to(
        invitation.email, f"Invitation à tenir la page de {name}",
        f"Bonjour,\n\n{by} vous invite à tenir la page de {name} dans l’annuaire de l’ESS.\n\n"
        + (f"« {invitation.message} »\n\n" if invitation.message else "")
        + f"Accepter ou refuser : {settings.ORIGIN}/invitations/{invitation.token}/\n\n"
        "Le lien ouvre une page ; rien ne change tant que vous n’avez pas choisi.",
    )  # fmt: skip
    return invitation


@transaction.atomic
def ask_to_join(organization: Organization, *, by: Person, message: str = "") -> Invitation:
    """A person asks an organization's referents to act for it too; they are written to once.

    Raises Refused when nobody could answer, when there is nothing to ask, or when they asked already.
    """
    roles = queries.roles_on(organization)
    if not roles:
        raise Refused("Personne ne tient encore cette page : revendiquez-la plutôt.")
    if any(role.person_id == by.pk for role in roles):
        raise Refused("Vous tenez déjà cette page.")
    invitation, created = _open(organization, by.email, Invitation.ASKED, by, message)
    if not created:
        raise Refused(
            "Vous avez déjà une demande en cours pour cette page : les personnes qui la tiennent l’ont reçue."
            if invitation.kind == Invitation.ASKED
            else "Une invitation à tenir cette page vous attend déjà dans votre espace : acceptez-la."
        )
    name = invitation.organization.whole.name
    for role in roles:
        write_to(
            role.person.email, f"{by} demande à agir pour {name}",
            f"Bonjour,\n\n{by} ({by.email}) demande à tenir avec vous la page de {name}.\n\n« {message} »\n\n"
            f"Pour répondre : {settings.ORIGIN}/structures/{invitation.organization.whole.public_id}/equipe/",
        )  # fmt: skip
    return invitation


def _open(
    organization: Organization, email: str, kind: str, by: Person, message: str
) -> tuple[Invitation, bool]:
    organization = organization.whole
    known = Invitation.objects.filter(
        of(organization), email=email.strip().lower(), status=Invitation.OPEN
    ).first()
    if known is not None:
        return known, False
    invitation, created = Invitation.objects.get_or_create(
        organization=organization,
        email=email.strip().lower(),
        status=Invitation.OPEN,
        defaults={"kind": kind, "made_by": by, "message": message[:500]},
    )
    if created:
        record_event(
            "open_invitation",
            "organization",
            organization.public_id,
            actor=by.actor,
            payload={"kind": kind},
        )
    return invitation, created


@transaction.atomic
def answer_invitation(invitation: Invitation, accept: bool, *, by: Person) -> OrganizationRole | None:
    """Answers once: the invited person for an invitation, a referent for a request. Raises Refused otherwise."""
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organization", "made_by")
        .get(pk=invitation.pk)
    )
    if locked.status != Invitation.OPEN:
        raise Refused("Cette demande a déjà reçu une réponse.")
    invited = locked.kind == Invitation.INVITED
    if invited and locked.email != by.email:
        raise Refused("Cette invitation a été envoyée à une autre adresse : entrez avec celle-là.")
    if not invited and not manages(by, locked.organization):
        raise Refused(NOT_THE_RELAY)
    locked.status = Invitation.ACCEPTED if accept else Invitation.REFUSED
    locked.decided_at = timezone.now()
    locked.save(update_fields=["status", "decided_at"])
    record_event(
        "accept_invitation" if accept else "refuse_invitation",
        "organization",
        locked.organization.public_id,
        actor=by.actor,
    )
    person = by if invited else locked.made_by
    if not invited:
        name = locked.organization.whole.name
        write_to(
            person.email if person else locked.email, f"Votre demande pour {name}",
            f"Bonjour,\n\n{'Vous pouvez désormais agir pour' if accept else 'Votre demande n’a pas été retenue pour'} {name}.\n\n"
            f"{settings.ORIGIN}/moi/",
        )  # fmt: skip
    if not accept or person is None:
        return None
    return join_as_referent(
        person, locked.organization, obtained_by="invitation" if invited else "request", actor=by.actor
    )


@transaction.atomic
def reopen_request(invitation: Invitation, *, by: Person) -> None:
    """Undoes the answer to somebody's request: a role it gave ends."""
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=invitation.pk)
    )
    if locked.status == Invitation.OPEN:
        raise Refused("Cette demande attend déjà.")
    newer = Invitation.objects.filter(of(locked.organization), email=locked.email, status=Invitation.OPEN)
    if newer.exists():
        raise Refused("Une demande plus récente attend déjà.")
    if locked.status == Invitation.ACCEPTED and locked.made_by_id:
        role = OrganizationRole.objects.filter(
            of(locked.organization), person_id=locked.made_by_id, until=None
        ).first()
        if role:
            leave_organization(role, actor=by.actor)
    locked.status, locked.decided_at = Invitation.OPEN, None
    try:
        with transaction.atomic():
            locked.save(update_fields=["status", "decided_at"])
    except IntegrityError as problem:
        raise Refused("Une demande plus récente attend déjà.") from problem
    record_event("reopen_invitation", "organization", locked.organization.public_id, actor=by.actor)
    name = locked.organization.whole.name
    write_to(
        locked.email, f"Votre demande pour {name}",
        f"Bonjour,\n\nLa réponse à votre demande est reprise : elle attend de nouveau. Vous n’agissez pas encore pour {name}.",
    )  # fmt: skip


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: Person) -> None:
    """Takes an open invitation back. Raises Refused when it was answered meanwhile."""
    locked = Invitation.objects.select_for_update().select_related("organization").get(pk=invitation.pk)
    if locked.status != Invitation.OPEN:
        raise Refused("Cette invitation a déjà reçu une réponse.")
    record_event("withdraw_invitation", "organization", locked.organization.public_id, actor=by.actor)
    locked.delete()


@transaction.atomic
def say_of_age(person: Person) -> None:
    """Keeps that somebody said they are fifteen or more, and when; said once."""
    if person.of_age_at is None:
        person.of_age_at = timezone.now()
        person.save(update_fields=["of_age_at"])
        record_event("say_of_age", "person", person.public_id, actor=person.actor)


@transaction.atomic
def just_came(person: Person) -> bool:
    """Whether an account is of today and nobody gave it anything yet: erasing it loses nothing."""
    new = timezone.now() - person.created_at < timedelta(days=1)
    return new and person.roles <= {"citizen"}


def refuse_minor(person: Person) -> None:
    """Lets go at once of somebody who says that they are younger than fifteen: nothing of them is kept."""
    erase_person(person)


@transaction.atomic
def rename_person(person: Person, name: str) -> None:
    """The name a person gives for themselves; the journal keeps that it changed, not what it is. Raises Refused for a
    number or an address.
    """
    if not may_be_a_name(name):
        raise Refused("Un nom ne contient ni chiffre ni adresse électronique.")
    person.name = name.strip()[:120]
    person.save(update_fields=["name"])
    record_event("rename", "person", person.public_id, actor=person.actor)


@transaction.atomic
def end_sessions(person: Person, but: str | None = None) -> None:
    """Closes every session of a person: the secret that sessions are tied to changes. What is kept of the session `but`, which
    goes on under another key, stays."""
    person.set_unusable_password()
    person.save(update_fields=["password"])
    UserSession.objects.filter(user=person).exclude(session_key=but or "").delete()
    record_event("end_sessions", "person", person.public_id, actor=person.actor)


@transaction.atomic
def give_relay(relay: Organization, group: Organization, consent: str, *, actor: str) -> RelayConsent:
    """A relay structure may act for an informal group that agreed. Raises Refused without the words of the consent."""
    if not consent.strip():
        raise Refused("Dites qui, dans le groupe, a donné son accord, quand et comment.")
    relay, group = relay.whole, group.whole
    if relay.pk == group.pk:
        raise Refused("C’est la même structure : donnez le lien de la page de la structure relais.")
    row, created = RelayConsent.objects.get_or_create(
        relay=relay, group=group, until=None, defaults={"consent": consent.strip()[:300]}
    )
    if created:
        record_event(
            "give_relay", "organization", group.public_id, actor=actor, payload={"relay": relay.public_id}
        )
    return row


@transaction.atomic
def end_relay(row: RelayConsent, *, actor: str) -> None:
    """The group takes its consent back."""
    row.until = timezone.now()
    row.save(update_fields=["until"])
    record_event(
        "end_relay", "organization", row.group.public_id, actor=actor, payload={"relay": row.relay.public_id}
    )


def export_person(person: Person) -> dict:
    """Everything kept about a person, room by room (GDPR article 15 and 20), as plain values."""
    return export_personal_data(person)


@transaction.atomic
def erase_person(person: Person) -> None:
    """Erases a person (GDPR article 17): rooms let go first; the journal keeps a reference that names nobody; what others
    wrote stays, without the name, the address and the telephones that named them. What stands in more than twenty texts of
    others is left there, which the journal tells and the desk is asked about.

    Raises Refused for the last operator: the collective would have nobody to answer.
    """
    own_mandates = current_mandates().filter(person=person, function=Mandate.OPERATOR)
    held = set(own_mandates.values_list("pk", flat=True))
    if held and not others_animate(*held):
        raise Refused("Vous êtes la dernière personne qui anime : passez d’abord la main à quelqu’un.")
    own, name = rows_by(person), _name_to_look_for(person)
    named = names_of(name, person.email, words_that_name(person), not_phones=published_phones(person))
    erase_personal_data(person)
    for role in OrganizationRole.objects.filter(person=person, until=None).select_related("organization"):
        leave_organization(role, actor=person.actor, alone=True)
    record_event("erase", "person", person.public_id, actor=person.actor)
    for word in filter(None, (person.email, name)):
        erase_private(word)
    public_id = person.public_id
    _forget_words_of_mandates([public_id])
    person.delete()
    taken = take_names_out(named, own)
    file_left_names(taken)
    left = sum(taken.left.values())
    if left:
        record_event("leave_name", "person", public_id, actor="erasure", payload={"rows": left})
        log.warning(
            "erasing person %s: what names them is in %s texts of others, too many: left there",
            public_id,
            left,
        )


def _forget_words_of_mandates(public_ids: list[str]) -> None:
    """Titles and decisions that the journal keeps of the mandates of these people, those deleted before they began too."""
    given = Event.objects.filter(verb="give_mandate", record_type="mandate", payload__person__in=public_ids)
    erase_private_of("mandate", given.values_list("record_id", flat=True))


def _name_to_look_for(person: Person) -> str:
    """The name, unless it tells nobody apart or is that of a structure: others then speak of the structure."""
    name = checked_name(person.name)
    if not name:
        return ""
    words = sorted(fold(name).split())
    structures = Organization.objects.values_list("name", flat=True).iterator(chunk_size=2000)
    return "" if any(sorted(fold(one).split()) == words for one in structures) else name


@transaction.atomic
def forget_strangers(older_than: timedelta = timedelta(days=2)) -> int:
    """Forgets people who asked for a code two days ago and never entered, unless somebody gave them a part to play."""
    strangers = Person.objects.filter(
        last_login=None,
        created_at__lt=timezone.now() - older_than,
        demo=False,
        organization_roles=None,
        mandates=None,
    )
    ids = list(strangers.values_list("public_id", flat=True))
    for public_id in ids:
        record_event("forget", "person", public_id, actor="worker")
    _forget_words_of_mandates(ids)
    strangers.filter(public_id__in=ids).delete()
    return len(ids)
