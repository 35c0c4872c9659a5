"""Writes about duplicates: filing a pair, saying that it is one or two, asking those concerned, undoing."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import acts_for
from horizon.actors.merged import of
from horizon.actors.models import Membership, Organization, OrganizationRole, Person
from horizon.actors.queries import roles_on
from horizon.actors.services.merging import NUMBERS, PEOPLE, merge_organizations, split_organization
from horizon.actors.spoken import record_spoken
from horizon.care.models import DuplicateSuggestion
from horizon.directory.models import Identifier
from horizon.engine.identity.weighing import Verdict
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused

OPEN, SAME, DIFFERENT = DuplicateSuggestion.OPEN, DuplicateSuggestion.SAME, DuplicateSuggestion.DIFFERENT


@transaction.atomic
def file_suggestion(first: Organization, second: Organization, verdict: Verdict) -> DuplicateSuggestion:
    """Keeps a question about a pair, or brings it up to date; what was answered stays answered."""
    made, created = DuplicateSuggestion.objects.get_or_create(
        first=first, second=second,
        defaults={"score": verdict.score, "reasons": list(verdict.reasons), "doubts": list(verdict.doubts)},
    )  # fmt: skip
    if not created and made.status == OPEN:
        made.score, made.reasons, made.doubts = verdict.score, list(verdict.reasons), list(verdict.doubts)
        made.save(update_fields=["score", "reasons", "doubts"])
    if created:
        record_event("suggest", "duplicate", made.pk, actor="worker", payload=_pair(made))
    return made


@transaction.atomic
def merge_pair(
    first: Organization, second: Organization, *, why: Sequence[str], actor: str
) -> DuplicateSuggestion:
    """Merges two organizations that their numbers prove to be one; told to those who hold them, undone in one action."""
    row, _ = DuplicateSuggestion.objects.get_or_create(
        first=first, second=second, defaults={"score": 1.0, "reasons": list(why)}
    )
    row = _locked(row)
    row.score, row.reasons, row.automatic = 1.0, list(why), True
    return _merge(row, by=NUMBERS, actor=actor)


@transaction.atomic
def say_same(row: DuplicateSuggestion, *, actor: str) -> DuplicateSuggestion:
    """Somebody who animates says that the two are one: one page from now on.

    Raises Refused when it was answered, or when some record of the one and some of the other were said to be two.
    """
    locked = _locked(row)
    if locked.status == SAME:
        raise Refused("Ces deux fiches sont déjà réunies.")
    one, other = sorted((locked.first.whole, locked.second.whole), key=lambda whole: whole.pk)
    if one.pk == other.pk:
        raise Refused("Ces deux fiches sont déjà réunies.")
    said = DuplicateSuggestion.objects.filter(status=DIFFERENT).exclude(pk=locked.pk)
    parted = said.filter(of(one, "first"), of(other, "second")) | said.filter(
        of(other, "first"), of(one, "second")
    )
    if against := parted.select_related("first", "second").first():
        raise Refused(
            f"« {against.first.name} » et « {against.second.name} » ont été dites deux structures : "
            f"annulez d’abord cette réponse ({reverse('care:duplicate', args=[against.pk])})."
        )
    if (one.pk, other.pk) != (
        locked.first_id,
        locked.second_id,
    ):  # one of them was merged meanwhile: it is about the whole
        row, _ = DuplicateSuggestion.objects.get_or_create(
            first=one,
            second=other,
            defaults={"score": locked.score, "reasons": locked.reasons, "doubts": locked.doubts},
        )
        locked = _locked(row)
    locked.automatic = False
    return _merge(locked, by=PEOPLE, actor=actor)


@transaction.atomic
def say_different(row: DuplicateSuggestion, *, actor: str) -> DuplicateSuggestion:
    """They are two: each has its page, and nobody asks again. Parts them when they had been merged."""
    locked = _locked(row)
    if locked.status == DIFFERENT:
        raise Refused("C’est déjà noté : ce sont deux structures.")
    if locked.folded is not None:
        split_organization(locked.folded, actor=actor, followers=locked.followers)
    return _settle(locked, DIFFERENT, actor)


@transaction.atomic
def reopen(row: DuplicateSuggestion, *, actor: str) -> DuplicateSuggestion:
    """Undoes an answer: the question waits again, and what was merged has its two pages. Numbers no longer decide it."""
    locked = _locked(row)
    if locked.status == OPEN:
        raise Refused("Il n’y a pas de réponse à annuler.")
    if locked.folded is not None:
        split_organization(locked.folded, actor=actor, followers=locked.followers)
    return _settle(locked, OPEN, actor, by_people=True)


@transaction.atomic
def ask_structures(row: DuplicateSuggestion, *, actor: str) -> int:
    """Asks those who hold either page, by e-mail. Returns how many people were written to."""
    locked = _locked(row)
    if locked.status != OPEN:
        raise Refused("Cette question a déjà sa réponse.")
    link = f"{settings.ORIGIN}{reverse('care:duplicate', args=[locked.pk])}"
    people = {role.person_id: role.person for one in (locked.first, locked.second) for role in roles_on(one)}
    for person in people.values():
        write_to(
            person.email, f"{locked.first.name} : une ou deux structures ?",
            f"Bonjour,\n\nL’annuaire a deux fiches : « {locked.first.name} » et « {locked.second.name} ».\n"
            f"Est-ce la même structure ? Votre réponse, en un clic après lecture : {link}",
        )  # fmt: skip
    if people:
        locked.asked_at = timezone.now()
        locked.save(update_fields=["asked_at"])
        record_event("ask", "duplicate", locked.pk, actor=actor, payload={"people": len(people)})
    return len(people)


@transaction.atomic
def answer_for(row: DuplicateSuggestion, person: Person, same: bool) -> DuplicateSuggestion:
    """Those who hold one of the pages say what they know; somebody who animates decides."""
    locked = _locked(row)
    if locked.status != OPEN:
        raise Refused("Cette question a déjà sa réponse.")
    noted = False
    for one in (locked.first, locked.second):
        if acts_for(person, one):
            locked.answers[one.public_id] = "same" if same else "different"
            noted = True
    if not noted:
        raise Refused("Vous n’agissez plus pour aucune des deux.")
    locked.save(update_fields=["answers"])
    record_spoken(
        (locked.first, locked.second),
        "answer",
        "duplicate",
        locked.pk,
        actor=person.actor,
        payload={"same": same},
    )
    return locked


def _merge(row: DuplicateSuggestion, *, by: str, actor: str) -> DuplicateSuggestion:
    kept, source = sorted((row.first, row.second), key=weight)
    if kept.canonical_id or source.canonical_id:
        raise Refused("L’une des deux est déjà réunie à une autre.")
    row.folded = source
    row.followers = merge_organizations(kept, source, by=by, actor=actor, why=row.reasons)
    source.refresh_from_db()
    row.status, row.decided_at = SAME, timezone.now()
    row.save()
    record_event(
        "same", "duplicate", row.pk, actor=actor, payload={**_pair(row), "folded": source.public_id, "by": by}
    )
    _tell_merged(row, kept)
    return row


def weight(one: Organization) -> tuple:
    """The least stays: held by somebody, then a member, then the surest number, then the older."""
    whole = one.whole
    keys = set(Identifier.objects.filter(of(whole)).values_list("key", flat=True))
    return (
        not OrganizationRole.objects.filter(of(whole), until=None).exists(),
        not Membership.objects.filter(of(whole), status=Membership.ACTIVE).exists(),
        not any(key.startswith("siren:") for key in keys),
        not keys,
        whole.pk,
    )


def _tell_merged(row: DuplicateSuggestion, kept: Organization) -> None:
    link = f"{settings.ORIGIN}{reverse('care:merged', args=[kept.public_id])}"
    for role in roles_on(kept):
        write_to(
            role.person.email, f"{kept.name} : deux fiches réunies",
            f"Bonjour,\n\nLes fiches « {row.first.name} » et « {row.second.name} » n’en font plus qu’une "
            f"({', '.join(row.reasons)}).\n\nRien n’est perdu. Pour voir, ou contester : {link}",
        )  # fmt: skip


def _settle(
    row: DuplicateSuggestion, status: str, actor: str, *, by_people: bool = False
) -> DuplicateSuggestion:
    row.status, row.folded, row.followers, row.automatic = status, None, [], by_people
    row.decided_at = None if status == OPEN else timezone.now()
    row.save()
    record_event("reopen" if status == OPEN else status, "duplicate", row.pk, actor=actor, payload=_pair(row))
    return row


def _pair(row: DuplicateSuggestion) -> dict:
    return {"first": row.first.public_id, "second": row.second.public_id}


def _locked(row: DuplicateSuggestion) -> DuplicateSuggestion:
    return (
        DuplicateSuggestion.objects.select_for_update(of=("self",))
        .select_related("first__canonical", "second__canonical", "folded__canonical")
        .get(pk=row.pk)
    )
