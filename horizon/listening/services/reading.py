"""Reading before it is public (modération), placing a need, addressing it, grouping and splitting."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import current_mandates
from horizon.actors.models import Mandate, Organization, Person, Pole
from horizon.actors.plan import heir
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day
from horizon.listening import themes
from horizon.listening.asked import people_asked, pole_people
from horizon.listening.models import Need, Voice
from horizon.listening.services.saying import voice_link
from horizon.listening.services.settling import DUE_AFTER, locked_together, settle
from horizon.territory.models import Commune


@transaction.atomic
def publish_need(need: Need, *, actor: str) -> Need:
    """Makes a need public, addressed to whoever has its theme, who follows it, due in thirty days; tells who said it.

    Raises Refused when it is public already.
    """
    locked = _locked(need)
    if locked.status == Need.PUBLISHED:
        raise Refused("Ce besoin est déjà publié.")
    now = timezone.now()
    locked.status, locked.reason = Need.PUBLISHED, ""
    locked.published_at = locked.published_at or now
    locked.due_on = locked.due_on or timezone.localdate() + DUE_AFTER
    first_time = locked.published_at == now
    if not _addressed(locked):
        _address_by_theme(locked)
    if locked.owner is None:
        locked.owner = _owner_by_default(locked)
    locked.save()
    locked.voices.filter(first=True, words_status=Voice.HELD).update(words_status=Voice.SHOWN)
    themes.index_terms(locked)
    record_event(
        "publish", "need", locked.public_id, actor=actor, payload={"due_on": locked.due_on.isoformat()}
    )
    _settle_group(locked, actor)
    tell_voices(locked, "Ce que vous avez dit est publié", "Votre besoin est publié.", firsts=True)
    if first_time:
        _ask_to_answer(locked, people_asked(locked), actor)
    return locked


@transaction.atomic
def refuse_need(need: Need, reason: str, *, actor: str, told: bool = True) -> Need:
    """Keeps a need from the public, or takes it away, with a reason that whoever said it is told; those who only added their voice
    learn that it is gone, unless another need carries it now. `told`: a report has its own letter. Raises Refused without a reason.
    """
    locked = _locked_with_group(need)
    reason = reason.strip()[:500]
    if not reason:
        raise Refused("Dites pourquoi : la personne lira cette raison.")
    was_public = locked.status == Need.PUBLISHED
    locked.status, locked.reason = Need.REFUSED, reason
    locked.save(update_fields=["status", "reason"])
    themes.index_terms(locked)
    _hand_over(locked, actor)
    if locked.same_as_id is None:  # nobody public carries it: what is held with it is read for itself
        locked.grouped.filter(status=Need.HELD).update(same_as=None)
    _settle_group(locked, actor)
    record_event("refuse", "need", locked.public_id, actor=actor)
    firsts = _to_tell(locked.voices.filter(first=True))
    if told:
        _tell(firsts, "Ce que vous avez dit n’est pas publié", f"Votre besoin n’est pas publié : {reason}")
    if was_public and locked.same_as_id is None:
        others = _to_tell(locked.voices.filter(first=False))
        said = "Le besoin auquel vous avez ajouté votre voix n’est plus publié."
        known = [_address_of(one) for one in firsts]
        _tell(others, "Un besoin n’est plus publié", said, besides=known, quoted=False)
    return locked


@transaction.atomic
def hold_need(need: Need, *, actor: str) -> Need:
    """Undoes a publication or a refusal: the need waits to be read again; its days are kept."""
    locked = _locked_with_group(need)
    locked.status, locked.reason = Need.HELD, ""
    locked.save(update_fields=["status", "reason"])
    themes.index_terms(locked)
    _hand_over(locked, actor)
    _settle_group(locked, actor)
    record_event("hold", "need", locked.public_id, actor=actor)
    return locked


def _locked_with_group(need: Need) -> Need:
    return locked_together(need.pk, *need.grouped.values_list("pk", flat=True))[need.pk]


def _hand_over(need: Need, actor: str) -> None:
    """What leaves the public takes nobody with it: the oldest public need of its group leads it, with all its voices."""
    heir = need.grouped.filter(status=Need.PUBLISHED).order_by("published_at", "pk").first()
    if heir is None:
        return
    need.grouped.exclude(pk=heir.pk).update(same_as=heir)
    heir.same_as, need.same_as = None, heir
    for one in (heir, need):
        one.save(update_fields=["same_as"])
    record_event("lead", "need", heir.public_id, actor=actor, payload={"instead_of": need.public_id})


def _settle_group(need: Need, actor: str) -> None:
    """What somebody reads again, or no longer sees, no longer answers the others of its group, and the reverse."""
    if need.same_as_id or need.grouped.exists():
        settle(need, actor)


@transaction.atomic
def edit_need(
    need: Need, *, text: str, commune: Commune | None, door: str, pole: Pole | None, actor: str
) -> Need:
    """Corrects the public text and the themes. What each voice said is never changed; the change is journalled."""
    locked = _locked(need)
    locked.text, locked.commune, locked.door, locked.pole = text.strip(), commune, door, pole
    locked.save(update_fields=["text", "commune", "door", "pole"])
    themes.index_terms(locked)
    record_event(
        "edit",
        "need",
        locked.public_id,
        actor=actor,
        payload={"door": door, "pole": pole.code if pole else ""},
    )
    return locked


@transaction.atomic
def address_need(
    need: Need, *, actor: str, pole: Pole | None = None, organization: Organization | None = None,
    mandate: Mandate | None = None, owner: Person | None = None, due_on: date | None = None,
) -> Need:  # fmt: skip
    """Says who is asked to answer, who follows it, and until when. Raises Refused for a day before the publication."""
    locked = _locked(need)
    before = {person.pk for person in people_asked(locked)}
    if due_on and locked.published_at and due_on < timezone.localdate(locked.published_at):
        raise Refused("L’échéance vient avant la publication.")
    locked.addressee_pole, locked.addressee_organization, locked.addressee_mandate = (
        pole,
        organization,
        mandate,
    )
    locked.owner, locked.due_on = owner, due_on or locked.due_on
    if locked.due_on and locked.due_on >= timezone.localdate():
        locked.escalated_at = None
    locked.save()
    record_event(
        "address", "need", locked.public_id, actor=actor,
        payload={
            "pole": pole.code if pole else "", "organization": organization.public_id if organization else "",
            "mandate": mandate.pk if mandate else None, "owner": owner.public_id if owner else "",
        },
    )  # fmt: skip
    if locked.status == Need.PUBLISHED and locked.state == Need.WAITING:
        _ask_to_answer(locked, [one for one in people_asked(locked) if one.pk not in before], actor)
    return locked


@transaction.atomic
def group_needs(need: Need, other: Need, *, actor: str) -> None:
    """Says that a need is the same as another: its page leads there, its voices and answers count there, none moves.

    Raises Refused when it would lead to itself, or when either was joined elsewhere meanwhile.
    """
    rows = locked_together(need.pk, need.same_as_id, other.pk, other.same_as_id)
    locked, target = rows[need.pk], rows.get(rows[other.pk].same_as_id or other.pk)
    if target is None or locked.same_as_id not in {None, *rows}:
        raise Refused("L’un des deux vient d’être réuni à un autre : regardez-les de nouveau.")
    if target.pk == locked.pk:
        raise Refused("C’est le même besoin.")
    before = rows.get(locked.same_as_id or 0)
    waited = [
        pk for one in (locked, target) if one.status == Need.PUBLISHED and one.state == Need.WAITING
        for pk in (one.pk, *one.grouped.values_list("pk", flat=True))
    ]  # fmt: skip
    locked.grouped.update(same_as=target)
    locked.same_as = target
    locked.save(update_fields=["same_as"])
    for one in dict.fromkeys(filter(None, (before, target))):
        settle(one, actor)
    if target.state != Need.WAITING:
        _write_to_voices(
            waited, "Une réponse à ce que vous avez dit",
            f"Votre besoin est réuni à un autre, qui a une réponse : {target.get_state_display()}.",
        )  # fmt: skip
    record_event("group", "need", locked.public_id, actor=actor, payload={"with": target.public_id})
    if locked.status == Need.HELD and target.status == Need.PUBLISHED:
        tell_voices(
            locked, "Votre besoin est réuni à un autre",
            f"Votre besoin est réuni à un autre, qui dit la même chose : « {target.text} ». Votre voix y compte.",
        )  # fmt: skip


@transaction.atomic
def split_need(need: Need, *, actor: str) -> None:
    """Undoes a grouping: the need has its own page again, with the voices that were said there."""
    rows = locked_together(need.pk, need.same_as_id)
    locked = rows[need.pk]
    before, locked.same_as = locked.same_as, None
    locked.save(update_fields=["same_as"])
    for one in filter(None, (before, locked)):
        settle(one, actor, left=before)
    record_event("split", "need", locked.public_id, actor=actor)


@transaction.atomic
def read_voice(voice: Voice, shown: bool, *, actor: str, reason: str = "", told: bool = True) -> Voice:
    """Shows the words of a voice, or does not, for a reason that whoever said them is told; the voice counts either way.

    `told`: nobody else tells them (a report has its own letter). Raises Refused for words not shown without a reason.
    """
    locked = Voice.objects.select_for_update().get(pk=voice.pk)
    if locked.words_status == Voice.ERASED:
        raise Refused("Cette voix a été effacée par la personne qui parlait.")
    reason = "" if shown else reason.strip()[:500]
    if not shown and not reason:
        raise Refused("Dites pourquoi : la personne lira cette raison.")
    before, status = locked.words_status, Voice.SHOWN if shown else Voice.HIDDEN
    if (before, locked.reason) == (status, reason):
        return locked
    locked.words_status, locked.reason = status, reason
    locked.save(update_fields=["words_status", "reason"])
    record_event("show" if shown else "hide", "voice", locked.public_id, actor=actor)
    if told and not shown:
        said = f"Vos mots ne sont pas montrés : {reason}\n\nVotre voix compte quand même."
        _tell([locked], "Vos mots ne sont pas montrés", said)
    elif told and before == Voice.HIDDEN:
        _tell([locked], "Vos mots sont montrés", "Vos mots, qui ne l’étaient pas, sont maintenant montrés.")
    return locked


@transaction.atomic
def hold_voice(voice: Voice, *, actor: str) -> None:
    """Undoes the reading of a voice's words. Raises Refused for what was erased, or waits already."""
    locked = Voice.objects.select_for_update().get(pk=voice.pk)
    if locked.words_status not in {Voice.SHOWN, Voice.HIDDEN}:
        raise Refused("Ces mots ont changé depuis : il n’y a rien à annuler.")
    locked.words_status, locked.reason = Voice.HELD, ""
    locked.save(update_fields=["words_status", "reason"])
    record_event("hold", "voice", voice.public_id, actor=actor)


def tell_voices(
    need: Need, subject: str, said: str, *, firsts: bool = False, besides: Collection[str] = ()
) -> int:
    """Writes to whoever spoke and left an address, or has an account: once to each address, but for those `besides`, who know
    already. Returns to how many."""
    group = [need.pk, *need.grouped.values_list("pk", flat=True)]
    return _write_to_voices(group, subject, said, firsts=firsts, besides=besides)


def _write_to_voices(
    needs: Sequence[int], subject: str, said: str, *, firsts: bool = False, besides: Collection[str] = ()
) -> int:
    voices = Voice.objects.filter(need__in=needs)
    if firsts:
        voices = voices.filter(first=True)
    return _tell(_to_tell(voices), subject, said, besides)


def _to_tell(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    return voices.exclude(words_status=Voice.ERASED).select_related("author", "need")


def _address_of(voice: Voice) -> str:
    return voice.email or (voice.author.email if voice.author else "")


def _tell(
    voices: Iterable[Voice], subject: str, said: str, besides: Collection[str] = (), *, quoted: bool = True
) -> int:
    """`quoted`: whoever said nothing of their own reads the words of the need, unless these were taken away."""
    told = {address.lower() for address in besides}
    before = len(told)
    for voice in voices:
        email = _address_of(voice)
        if email and email.lower() not in told:
            told.add(email.lower())
            words = voice.words or (voice.need.text if quoted else "")
            spoken = f"Vous avez dit : « {words} »" if words else "Vous avez ajouté votre voix à un besoin."
            body = f"Bonjour,\n\n{spoken}\n\n{said}\n\nLe suivre, ou reprendre vos mots : {voice_link(voice)}"
            write_to(email, subject, body)
    return len(told) - before


def _ask_to_answer(need: Need, people: Sequence[Person], actor: str) -> None:
    """Writes once to each that a need waits for their answer, whether they entered the site already or not; not to who says so.

    What is grouped is answered on the page of the one that leads.
    """
    if need.same_as_id:
        return
    where = f" ({need.commune.name})" if need.commune else ""
    page = settings.ORIGIN + reverse("listening:answer", args=[need.public_id])
    for person in people:
        if person.actor != actor:
            write_to(
                person.email, "Un besoin attend votre réponse",
                f"Bonjour,\n\nQuelqu’un a dit{where} : « {need.text} »\n\nVotre réponse est attendue avant le {day(need.due_on)}. "
                f"Pour répondre : {page}\n\nVous y entrez avec cette adresse électronique : un code vous est envoyé.",
            )  # fmt: skip


def _owner_by_default(need: Need) -> Person | None:
    """Who follows a need that nobody was chosen for: the holder of the mandate, or the first contact of the pole."""
    if need.addressee_mandate is not None:
        return need.addressee_mandate.person
    contacts = pole_people(need.addressee_pole.code) if need.addressee_pole else []
    return contacts[0] if contacts else None


def _addressed(need: Need) -> bool:
    return bool(need.addressee_pole_id or need.addressee_organization_id or need.addressee_mandate_id)


def _address_by_theme(need: Need) -> None:
    """The agent, else the elected person, whose mandate has the need's door; else its pole; else nobody but the desk."""
    if need.door:
        found = [
            mandate
            for mandate in current_mandates().filter(function__in=[Mandate.AGENT, Mandate.ELECTED])
            if need.door in mandate.themes
        ]
        if found:
            found.sort(key=lambda m: (m.function != Mandate.AGENT, m.starts_on, m.pk))
            need.addressee_mandate = found[0]
            return
    need.addressee_pole = heir(need.pole)


def _locked(need: Need) -> Need:
    return Need.objects.select_for_update(of=("self",)).get(pk=need.pk)
