"""Claiming a page: proofs, codes, disputes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, OrganizationRole, Person
from horizon.actors.services.people import join_as_referent, leave_organization
from horizon.actors.services.teams import end_role_of, give_back_role
from horizon.actors.spoken import record_spoken
from horizon.care.models import Claim
from horizon.directory.models import Entry, Statement
from horizon.directory.queries import live_entry
from horizon.directory.said.overlay import register_value, said_of
from horizon.kernel.journal import record_event
from horizon.kernel.keyed import site_secrets
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused

ATTEMPTS = 5
LIFE = {Claim.EMAIL: timedelta(hours=2), Claim.LETTER: timedelta(days=60), Claim.PHONE: timedelta(days=1)}
BETWEEN_CODES = timedelta(minutes=2)
AGAIN = {
    Claim.EMAIL: "demandez un autre code",
    Claim.LETTER: "demandez un autre courrier",
    Claim.PHONE: "l’équipe d’animation, prévenue, vous en lira un autre",
}
NOT_YET = "Aucun code n’a encore été lu pour cette demande : l’équipe d’animation le dira au téléphone."
HEARD_BOTH = "L’équipe d’animation a entendu les deux côtés, et a confié la page à une autre personne."
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no 0 O 1 I L: read on paper and aloud


def functional_address(organization: Organization) -> str:
    """The published e-mail address of an organization, unless it comes from the public: that one proves nothing."""
    said = Statement.objects.filter(of(organization), field="email", status=Statement.PUBLISHED)
    trusted = said.exclude(origin=Statement.VISITOR).order_by("pk")
    found = min(trusted, key=lambda s: (s.organization_id != organization.root_id, s.pk), default=None)
    return str(found.value) if found else ""


def trusted(entry: Entry) -> dict[str, str]:
    """The telephone and the site of a page, unless the public proposed them: then those of the registers, which prove something."""
    root = entry.organization.root_id
    said = said_of([root])[root].statements
    by_public = {field for field, one in said.items() if one.origin == Statement.VISITOR}
    return {
        field: str(register_value(entry, field) or "") if field in by_public else str(getattr(entry, field))
        for field in ("phone", "website")
    }


def methods(entry: Entry | None, person: Person) -> list[tuple[str, str]]:
    """The proofs that this entry allows, the quickest first."""
    offered = []
    email = functional_address(entry.organization.whole) if entry else ""
    sure = trusted(entry) if entry else {}
    if email:
        offered.append((Claim.EMAIL, f"Recevoir un code à {_masked(email, person)}"))
    if phone := sure.get("phone"):
        offered.append((Claim.PHONE, f"Être appelé au {phone}, le numéro public de la structure"))
    if entry and (entry.siren or entry.rna):
        offered.append((Claim.LETTER, "Recevoir un code par courrier, à l’adresse que donne le registre"))
    if website := sure.get("website"):
        offered.append((Claim.WEBSITE, f"Montrer un code sur {website}"))
    offered.append((Claim.EVIDENCE, "Expliquer à l’équipe d’animation, qui vérifie"))
    return offered


def _masked(email: str, person: Person) -> str:
    return f"{email} (c’est la vôtre : rien à attendre)" if email == person.email else email


def new_code() -> str:
    """A code to write down: eight signs in two groups, 30 bits and more."""
    signs = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def digest(claim: Claim, code: str, secret: str = "") -> str:
    """The keyed digest of a code, tied to its claim; case, spaces and dashes do not count."""
    plain = "".join(character for character in code.upper() if character in LETTERS)
    return hmac.new(
        (secret or settings.SECRET_KEY).encode(), f"claim:{claim.public_id}:{plain}".encode(), sha256
    ).hexdigest()


@transaction.atomic
def open_claim(organization: Organization, person: Person, method: str, said: str) -> Claim:
    """Opens a claim; the functional address that is the person's own grants it at once, unless the page is held.

    Raises Refused when the person already acts for it, or already claims it, or the page does not allow that proof.
    """
    organization = organization.whole
    if method == Claim.EMAIL and not functional_address(organization):
        raise Refused("La structure n’a pas d’adresse électronique sûre : choisissez une autre preuve.")
    if method not in dict(methods(live_entry(organization), person)):
        raise Refused("Cette page ne permet pas cette preuve : choisissez-en une autre.")
    Organization.objects.select_for_update().get(pk=organization.pk)
    roles = OrganizationRole.objects.filter(of(organization), until=None)
    if Claim.objects.filter(of(organization), person=person, status=Claim.OPEN).exists():
        raise Refused("Vous avez déjà une demande en cours pour cette page.")
    if roles.filter(person=person).exists():
        raise Refused("Vous tenez déjà cette page.")
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                organization=organization,
                person=person,
                method=method,
                said=said.strip()[:2000],
                disputed=roles.exists(),
            )
    except IntegrityError as problem:
        raise Refused("Vous avez déjà une demande en cours pour cette page.") from problem
    record_event(
        "open",
        "claim",
        claim.public_id,
        actor=person.actor,
        payload={"organization": organization.public_id, "method": method},
    )
    email = functional_address(organization)
    if claim.disputed:
        _hear(claim, _held(claim))
    elif method == Claim.EMAIL and email == person.email:
        return grant(claim, actor=person.actor)
    elif method == Claim.EMAIL:
        send_code(claim, email)
    return claim


def claim_link(claim: Claim, code: str = "") -> str:
    """The page of a claim, with its code already written if there is one: its author alone may use it."""
    page = f"{settings.ORIGIN}/revendications/{claim.public_id}/"
    return f"{page}?code={code}" if code else page


@transaction.atomic
def resend_code(claim: Claim) -> None:
    """Sends another code to the functional address. Raises Refused when one left just now, or the page has no address any more."""
    locked = locked_claim(claim)
    if locked.status != Claim.OPEN or locked.method != Claim.EMAIL or locked.disputed:
        raise Refused("Cette demande n’attend pas de code.")
    sent_at = locked.expires_at - LIFE[Claim.EMAIL] if locked.expires_at else None
    if sent_at and sent_at > timezone.now() - BETWEEN_CODES:
        raise Refused("Un code vient de partir : laissez-lui deux minutes, puis demandez-en un autre.")
    email = functional_address(locked.organization.whole)
    if not email:
        raise Refused(
            "La page n’a plus d’adresse électronique sûre : retirez votre demande et choisissez une autre preuve."
        )
    send_code(locked, email)


def letter_is_spent(claim: Claim) -> bool:
    """Whether the code of a letter that left opens nothing any more: too old, or tried too often."""
    waits = claim.status == Claim.OPEN and claim.method == Claim.LETTER and not claim.disputed
    return waits and claim.posted_at is not None and not has_code(claim)


def has_code(claim: Claim) -> bool:
    """Whether a code was given that still opens the page: not too old, nor tried too often."""
    late = claim.expires_at is not None and claim.expires_at < timezone.now()
    return bool(claim.digest) and not late and claim.attempts < ATTEMPTS


def read_out() -> Q:
    """The claims whose code was read out on the telephone and still opens the page: they wait for who heard it, not for the desk."""
    return Q(
        ~Q(digest=""),
        method=Claim.PHONE,
        disputed=False,
        expires_at__gt=timezone.now(),
        attempts__lt=ATTEMPTS,
    )


@transaction.atomic
def ask_letter_again(claim: Claim) -> Claim:
    """A letter whose code is spent waits again among those to post. Raises Refused otherwise."""
    locked = locked_claim(claim)
    if not letter_is_spent(locked):
        raise Refused("Le code de votre courrier peut encore servir.")
    locked.posted_at, locked.digest = None, ""
    locked.save(update_fields=["posted_at", "digest"])
    record_event("ask_letter_again", "claim", locked.public_id, actor=locked.person.actor)
    return locked


@transaction.atomic
def send_code(claim: Claim, email: str) -> None:
    """Sends a fresh code to the functional address of the entry."""
    code = fresh_code(claim)
    write_to(
        email,
        f"Code pour tenir la page de {claim.organization.whole.name}",
        f"Bonjour,\n\n{claim.person} demande à tenir la page de {claim.organization.whole.name} dans l’annuaire de l’ESS.\n\n"
        f"Si cette personne est bien des vôtres, donnez-lui ce code, valable deux heures :\n\n    {code}\n\n"
        f"Ou transférez-lui ce message : ce lien, ouvert depuis son espace, l’écrit à sa place.\n{claim_link(claim, code)}\n\n"
        "Sinon, ne faites rien : sans lui, rien ne change.",
    )
    record_event("send_code", "claim", claim.public_id, actor=claim.person.actor)


def fresh_code(claim: Claim) -> str:
    """A new code for a claim; the former no longer works, and attempts start again."""
    code = new_code()
    claim.digest, claim.attempts = digest(claim, code), 0
    claim.expires_at = timezone.now() + LIFE.get(claim.method, timedelta(days=30))
    claim.save(update_fields=["digest", "attempts", "expires_at"])
    return code


def enter_code(claim: Claim, code: str) -> Claim:
    """Proves a claim by its code: granted, or disputed when somebody else holds the page since.

    Raises Refused: wrong (five times at most), too old, or none sent.
    A wrong attempt is counted even though it is refused.
    """
    with transaction.atomic():
        locked = Claim.objects.select_for_update().get(pk=claim.pk)
        if locked.status != Claim.OPEN or not locked.digest or locked.disputed:
            called = locked.status == Claim.OPEN and locked.method == Claim.PHONE and not locked.disputed
            raise Refused(NOT_YET if called else "Cette demande n’attend pas de code.")
        if locked.expires_at and locked.expires_at < timezone.now():
            raise Refused(f"Ce code a expiré : {AGAIN[locked.method]}.")
        if locked.attempts >= ATTEMPTS:
            raise Refused(f"Trop d’essais : {AGAIN[locked.method]}.")
        right = any(hmac.compare_digest(locked.digest, digest(locked, code, one)) for one in site_secrets())
        if not right:
            locked.attempts += 1
            locked.save(update_fields=["attempts"])
    if not right:
        left = ATTEMPTS - locked.attempts
        raise Refused(f"Ce code n’est pas le bon. Il reste {left} essai{'s' if left > 1 else ''}.")
    return grant_proved(locked)


@transaction.atomic
def grant_proved(claim: Claim) -> Claim:
    """Grants a claim that its proof alone answers. Disputed meanwhile, it stays so: the proof sent twice does not decide."""
    return _decide(claim, Claim.GRANTED, "", claim.person.actor, proved=True)


@transaction.atomic
def grant(claim: Claim, *, actor: str) -> Claim:
    """Grants a claim: the person acts for the organization."""
    return _decide(claim, Claim.GRANTED, "", actor)


@transaction.atomic
def grant_alone(claim: Claim, *, by: Person, reason: str = "") -> Claim:
    """Grants a disputed claim, and ends the roles of all who held the page: each reads why."""
    granted = _decide(claim, Claim.GRANTED, "", by.actor, alone=True)
    if granted.status != Claim.GRANTED:
        return granted
    others = _held(granted).exclude(person=granted.person).select_related("organization__canonical", "person")
    for role in _each_person(others):
        end_role_of(role, by=by, reason=reason.strip() or HEARD_BOTH, at=granted.decided_at)
    return granted


@transaction.atomic
def refuse(claim: Claim, reason: str, *, actor: str) -> Claim:
    """Refuses a claim, with the reason that the person reads."""
    return _decide(claim, Claim.REFUSED, reason, actor)


@transaction.atomic
def withdraw(claim: Claim) -> Claim:
    """The person gives up."""
    return _decide(claim, Claim.WITHDRAWN, "", claim.person.actor)


def locked_claim(claim: Claim) -> Claim:
    """The claim, its page locked first, as everywhere: two claims on one page are decided one after the other."""
    Organization.objects.select_for_update().get(pk=claim.organization.root_id)
    rows = Claim.objects.select_for_update(of=("self",)).select_related("person", "organization__canonical")
    return rows.get(pk=claim.pk)


def _held(claim: Claim) -> QuerySet[OrganizationRole]:
    """The roles on the page of a claim."""
    return OrganizationRole.objects.filter(of(claim.organization), until=None).select_related("person")


def _dispute(claim: Claim, holders: QuerySet[OrganizationRole], actor: str) -> Claim:
    """The page of an open claim is held: its code opens nothing any more, and those who hold it say their side."""
    claim.disputed, claim.digest = True, ""
    claim.save(update_fields=["disputed", "digest"])
    record_event("dispute", "claim", claim.public_id, actor=actor)
    _hear(claim, holders)
    return claim


def _hear(claim: Claim, holders: QuerySet[OrganizationRole]) -> None:
    name = claim.organization.whole.name
    for role in _each_person(holders):
        write_to(
            role.person.email,
            f"Quelqu’un d’autre demande à tenir la page de {name}",
            f"Bonjour,\n\n{claim.person} demande à tenir la page de {name}, que vous tenez.\n\n« {claim.said} »\n\n"
            f"Dites ce que vous en pensez ; l’équipe d’animation lira les deux avis :\n{claim_link(claim)}",
        )


def _decide(
    claim: Claim, status: str, reason: str, actor: str, *, alone: bool = False, proved: bool = False
) -> Claim:
    locked = locked_claim(claim)
    if locked.status != Claim.OPEN:
        raise Refused("Cette demande a déjà reçu une réponse.")
    if proved and locked.disputed:
        return locked
    others = _held(locked).exclude(person=locked.person)
    if status == Claim.GRANTED and not locked.disputed and others.exists():
        return _dispute(locked, others, actor)
    if locked.disputed and not alone:
        _tell_holders(locked, status, list(others))
    locked.status, locked.reason, locked.digest, locked.decided_at = (
        status,
        reason.strip()[:500],
        "",
        timezone.now(),
    )
    locked.save()
    record_event(
        status,
        "claim",
        locked.public_id,
        actor=actor,
        payload={"organization": locked.organization.public_id},
    )
    if status == Claim.GRANTED:
        join_as_referent(
            locked.person, locked.organization, obtained_by=f"claim:{locked.method}", actor=actor
        )
    if status in {Claim.GRANTED, Claim.REFUSED} and actor != locked.person.actor:
        answer = (
            "Vous tenez désormais sa page."
            if status == Claim.GRANTED
            else f"Votre demande n’est pas retenue : {locked.reason}"
        )
        write_to(
            locked.person.email,
            f"La page de {locked.organization.whole.name}",
            f"Bonjour,\n\n{answer}\n\n{settings.ORIGIN}/structures/{locked.organization.whole.public_id}/",
        )
    return locked


def _tell_holders(claim: Claim, status: str, holders: list[OrganizationRole]) -> None:
    """Those who were heard are told what became of it."""
    name = claim.organization.whole.name
    became = {
        Claim.GRANTED: f"{claim.person} tient désormais la page de {name}, avec vous.",
        Claim.REFUSED: f"La demande de {claim.person} n’est pas retenue : vous tenez toujours la page de {name}.",
        Claim.WITHDRAWN: f"{claim.person} a retiré sa demande : vous tenez toujours la page de {name}.",
    }[status]
    for role in _each_person(holders):
        write_to(
            role.person.email,
            f"La page de {name} : la réponse à la demande",
            f"Bonjour,\n\n{became}\n\n{settings.ORIGIN}/structures/{claim.organization.whole.public_id}/equipe/",
        )


@transaction.atomic
def reopen(claim: Claim, *, actor: str) -> Claim:
    """Undoes an answer: the claim waits again; the role that it gave ends, not one that an invitation gave, and those that it ended hold again.

    Raises Refused when the person asked again meanwhile.
    """
    locked = locked_claim(claim)
    granted = locked.status == Claim.GRANTED
    ended = _ended_by(locked) if granted else []
    if not granted and locked.status != Claim.REFUSED:
        raise Refused("Il n’y a pas de réponse à annuler.")
    locked.status, locked.reason, locked.decided_at = Claim.OPEN, "", None
    if locked.method == Claim.LETTER:
        locked.posted_at = None  # the answer took its code: another letter is to be posted
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as problem:
        raise Refused("Une autre demande a été faite depuis : répondez à celle-là.") from problem
    if granted:
        for role in _held(locked).filter(person=locked.person, obtained_by=f"claim:{locked.method}"):
            leave_organization(role, actor=actor, alone=True)
        for role in ended:
            give_back_role(role, actor=actor)
    record_event("reopen", "claim", locked.public_id, actor=actor)
    return locked


def _ended_by(claim: Claim) -> list[OrganizationRole]:
    """The roles that granting this claim ended: they ended at the very moment of the decision."""
    roles = OrganizationRole.objects.filter(of(claim.organization)).exclude(person=claim.person)
    ended = roles.filter(until=claim.decided_at).exclude(person__in=roles.filter(until=None).values("person"))
    return _each_person(ended.select_related("organization", "person"))


def _each_person(roles: Iterable[OrganizationRole]) -> list[OrganizationRole]:
    """One role of each person: somebody who held two pages that are one has two."""
    return list({role.person_id: role for role in roles}.values())


@transaction.atomic
def answer_dispute(claim: Claim, person: Person, words: str) -> Claim:
    """Those who hold the page say their side, one after the other. Raises Refused once the claim is answered."""
    locked = locked_claim(claim)
    if locked.status != Claim.OPEN or not locked.disputed:
        raise Refused("Cette demande a déjà reçu une réponse : l’équipe d’animation ne lira plus d’avis.")
    said = f"{locked.other_side}\n{person} : {words.strip()}".strip()
    if len(said) > 2000:
        raise Refused("Tous les avis tiennent en 2 000 signes : raccourcissez le vôtre.")
    locked.other_side = said
    locked.save(update_fields=["other_side"])
    record_spoken(locked.organization, "answer", "claim", locked.public_id, actor=person.actor)
    return locked


@transaction.atomic
def print_letters(claims: list[Claim], *, actor: str) -> list[tuple[Claim, str]]:
    """A fresh code for each letter, to print now: `(claim, code)`. Printed again, the former letters no longer work."""
    printed = []
    for claim in claims:
        code = fresh_code(claim)
        claim.posted_at = timezone.now()
        claim.save(update_fields=["posted_at"])
        record_event("print_letter", "claim", claim.public_id, actor=actor)
        printed.append((claim, code))
    return printed
