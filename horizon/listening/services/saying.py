"""Saying a need, saying it too, saying where; and taking one's words back."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from horizon.actors.models import Person, Pole
from horizon.actors.plan import heir
from horizon.engine.wording import says_something
from horizon.kernel.journal import record_event
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.publicid import fresh_once as fresh_once
from horizon.kernel.refusal import Refused
from horizon.listening import themes
from horizon.listening.models import Need, Voice
from horizon.listening.services.settling import locked_together
from horizon.territory.models import Commune

LONGEST = 1000
SALT = "horizon.listening.voice"
SALT_ONCE = "horizon.listening.once"
SAID_ALREADY = "Vous l’avez déjà dit : votre voix compte."


def voice_key(voice: Voice) -> str:
    """What opens a voice to whoever said it, without an account: it goes in their link, and is kept nowhere."""
    return keyed(SALT, voice.public_id)


def opens(voice: Voice, key: str) -> bool:
    """Whether a key opens a voice."""
    return fits(SALT, voice.public_id, key)


def voice_path(voice: Voice) -> str:
    """The page where whoever said it follows it and may take their words back."""
    return reverse("listening:mine", args=[voice.public_id, voice_key(voice)])


def voice_link(voice: Voice) -> str:
    """The same as an address to send."""
    return settings.ORIGIN + voice_path(voice)


@transaction.atomic
def say_need(
    words: str, *, once: str, commune: Commune | None = None, public: str = "", origin: str = Voice.WEB,
    email: str = "", author: Person | None = None, heard_from: str = "", reference: str = "", actor: str = "visitor",
) -> Voice:  # fmt: skip  # noqa: PLR0913
    """Keeps what somebody says is missing, to be read before it is public. The same `once` again gives the same voice.

    Without a commune, the words are searched for one; door and pole are proposed. Raises Refused for words that say
    nothing, words too long, or a paper form typed already.
    """
    words = _checked(words)
    if not says_something(words):
        raise Refused("Dites en quelques mots ce qui manque.")
    once, known = _sent_before(once, words)
    if known is not None:
        return known
    reference = _fresh_reference(reference)
    door, _ = themes.door_of(words)
    code = themes.pole_code_of(words, door)
    need = Need.objects.create(
        text=words, commune=commune or themes.commune_of(words), door=door,
        pole=heir(Pole.objects.filter(code=code).first()) if code else None,
    )  # fmt: skip
    voice = Voice.objects.create(
        need=need, words=words, first=True, once=once, public=public, origin=origin, email=email.strip().lower(),
        author=author, heard_from=heard_from, reference=reference,
    )  # fmt: skip
    record_event(
        "say", "need", need.public_id, actor=actor, payload={"voice": voice.public_id, "origin": origin}
    )
    return voice


@transaction.atomic
def say_too(
    need: Need, *, once: str, words: str = "", public: str = "", origin: str = Voice.WEB, email: str = "",
    author: Person | None = None, heard_from: str = "", reference: str = "", actor: str = "visitor",
) -> Voice:  # fmt: skip  # noqa: PLR0913
    """Adds a voice to a published need ("moi aussi"); its own words, if any, are read before they are shown.

    The same `once` again gives the same voice. Raises Refused when the need is not public, or when a known person has
    said it already.
    """
    words = _checked(words)
    once, known = _sent_before(once, words, need)
    if known is not None:
        return known
    if need.status != Need.PUBLISHED:
        raise Refused("Ce besoin n’est pas publié.")
    if author and Voice.objects.filter(need=need, author=author).exists():
        raise Refused(SAID_ALREADY)
    try:
        with transaction.atomic():
            voice = Voice.objects.create(
                need=need, words=words, words_status=Voice.HELD if words else Voice.SHOWN, once=once, public=public,
                origin=origin, email=email.strip().lower(), author=author, heard_from=heard_from,
                reference=_fresh_reference(reference),
            )  # fmt: skip
    except IntegrityError:
        again = Voice.objects.filter(once=once).first()
        if again is None:
            raise Refused(SAID_ALREADY) from None
        return again
    record_event("say_too", "need", need.public_id, actor=actor, payload={"voice": voice.public_id})
    return voice


@transaction.atomic
def complete_voice(
    voice: Voice, *, commune: Commune | None, public: str = "", email: str = "", theme: tuple[str, Pole | None] | None = None,
    actor: str = "visitor",
) -> None:  # fmt: skip  # noqa: PLR0913
    """Adds what the first page did not ask: where, who speaks, where to tell, the theme (door and pole).

    The commune and the theme change only while it is not public, nor joined.
    """
    if voice.words_status == Voice.ERASED:
        raise Refused("Cette voix a été effacée.")
    voice.public, voice.email = public, email.strip().lower()
    voice.save(update_fields=["public", "email"])
    need = Need.objects.select_for_update(of=("self",)).get(pk=voice.need_id)
    if voice.first and need.status == Need.HELD and need.same_as_id is None:
        need.commune = commune
        if theme is not None:
            need.door, need.pole = theme
        need.save(update_fields=["commune", "door", "pole"])
    record_event("complete", "voice", voice.public_id, actor=actor)


@transaction.atomic
def join_need(voice: Voice, other: Need, *, actor: str = "visitor") -> None:
    """Whoever just spoke sees that it is said already: their need leads to the other one, their voice is counted there.

    Raises Refused when the other is not public, or theirs was answered meanwhile.
    """
    rows = locked_together(voice.need_id, other.pk, other.same_as_id)
    need, target = rows[voice.need_id], rows.get(rows[other.pk].same_as_id or other.pk)
    if target is None or target.status != Need.PUBLISHED or target.pk == need.pk:
        raise Refused("Ce besoin ne peut pas être rejoint.")
    if not voice.first or need.status != Need.HELD:
        raise Refused("Votre besoin est déjà publié : l’équipe d’animation peut le réunir à l’autre.")
    need.grouped.update(same_as=target)
    need.same_as = target
    need.save(update_fields=["same_as"])
    record_event("group", "need", need.public_id, actor=actor, payload={"with": target.public_id})


@transaction.atomic
def erase_voice(voice: Voice, *, actor: str = "visitor") -> None:
    """Whoever spoke takes their words, address and name back; the voice keeps its place in the count.

    The text of a need that nobody else says is taken from the site; when others say it too, it stays: it is theirs.
    """
    locked = Voice.objects.select_for_update(of=("self",)).select_related("need").get(pk=voice.pk)
    if locked.words_status == Voice.ERASED:
        return
    locked.words = locked.email = locked.heard_from = locked.reference = locked.reason = ""
    locked.author, locked.words_status = None, Voice.ERASED
    locked.save()
    pks = sorted(filter(None, (locked.need_id, locked.need.same_as_id)))
    for need in Need.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"):
        voices = Voice.objects.filter(Q(need=need) | Q(need__same_as=need))
        said = voices.exclude(words_status=Voice.ERASED).exists()
        if not said and need.voices.filter(first=True, words_status=Voice.ERASED).exists():
            need.text = "Un besoin dont les mots ont été repris par la personne qui l’avait dit."
            need.save(update_fields=["text"])
            themes.index_terms(need)
    record_event("erase", "voice", locked.public_id, actor=actor)


def said_by_others(voice: Voice) -> bool:
    """Whether somebody else whose voice is not erased says the same need: its text is then theirs too. One query."""
    others = Voice.objects.filter(Q(need=voice.need_id) | Q(need__same_as=voice.need_id)).exclude(pk=voice.pk)
    return others.exclude(words_status=Voice.ERASED).exists()


def text_stays(voice: Voice) -> bool:
    """Whether the public text of the need stays when whoever first said it takes their words back. One query at most."""
    need = voice.need
    theirs = voice.first and need.status == Need.PUBLISHED and need.same_as_id is None
    return theirs and said_by_others(voice)


def _sent_before(once: str, words: str, need: Need | None = None) -> tuple[str, Voice | None]:
    """The voice that this very form made already; else its `once`, another one when it comes back with other words.

    A page asked for again with « Précédent » holds the `once` of what was sent from it: other words there are another sending.
    """
    said = Voice.objects.select_related("need")
    known = said.filter(once=once).first()
    if known is None or _is_this(known, words, need):
        return once, known
    other = keyed(SALT_ONCE, f"{once}\n{need.public_id if need else ''}\n{words}", 32)
    return other, said.filter(once=other).first()


def _is_this(voice: Voice, words: str, need: Need | None) -> bool:
    same = voice.words == words or voice.words_status == Voice.ERASED
    return same and (need is None or voice.need_id == need.pk)


def _checked(words: str) -> str:
    words = words.replace("\x00", "").strip()
    if len(words) > LONGEST:
        raise Refused(f"C’est trop long : {LONGEST} caractères au plus, il y en a {len(words)}.")
    return words


def folded_reference(reference: str) -> str:
    """The reference of a paper form as it is kept, however it was copied: « ab12-cd34 » is AB12CD34."""
    return "".join(sign for sign in reference.upper() if sign.isalnum())[:12]


def _fresh_reference(reference: str) -> str:
    reference = folded_reference(reference)
    if reference and Voice.objects.filter(reference=reference).exists():
        raise Refused(f"La fiche {reference} est déjà saisie.")
    return reference
