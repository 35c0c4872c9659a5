"""Reads of listening that pages share: lists with their voices counted, one need with its story, shares answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from horizon.actors.models import Pole
from horizon.actors.plan import plan
from horizon.engine.search.analysis import content_words, term
from horizon.kernel.registry import Aside
from horizon.listening.models import (
    AUTHORITY,
    CITIZEN,
    COMPANY,
    MEMBER,
    Answer,
    Need,
    NeedTerm,
    Sequel,
    Voice,
)
from horizon.territory.queries import is_small

PROMISE_DAYS = 60
FEW = 3
IN_A_POLE = 6
OF = {
    CITIZEN: "de personnes du territoire",
    MEMBER: "de structures de l’ESS",
    AUTHORITY: "de la collectivité",
    COMPANY: "d’entreprises conventionnelles",
}


def with_voices(needs: QuerySet[Need]) -> QuerySet[Need]:
    """Needs with `voice_count`: their voices and those of the needs grouped with them."""
    counted = (
        Voice.objects.order_by()
        .annotate(of=Coalesce("need__same_as", "need"))
        .filter(of=OuterRef("pk"))
        .values("of")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return needs.annotate(voice_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def public_needs(
    *, door: str = "", commune: str = "", state: str = "", words: str = "", order: str = ""
) -> QuerySet[Need]:  # fmt: skip
    """Published needs, newest first or (`order="voix"`) those that most people say. One query with its list."""
    found = Need.objects.filter(status=Need.PUBLISHED, same_as=None).select_related("commune", "pole")
    if door:
        found = found.filter(door=door)
    if commune:
        found = found.filter(commune_id=commune)
    if state:
        found = found.filter(state=state)
    for word in words.replace("\x00", " ").split()[:6]:
        found = found.filter(_says(word))
    found = with_voices(found)
    if order == "voix":
        return found.order_by(F("voice_count").desc(), "-published_at", "-pk")  # type: ignore[misc]
    return found


def missing_in(pole: Pole) -> Aside:
    """The last public needs of a pole, or addressed to it or to one that it came from. Two queries."""
    codes = plan().held(pole.code)
    found = public_needs().filter(Q(pole__code__in=codes) | Q(addressee_pole__code__in=codes))
    rows = tuple(
        (
            reverse("listening:need", args=[need.public_id]),
            Truncator(need.text).chars(120),
            need.commune.name if need.commune else "",
        )
        for need in found[:IN_A_POLE]
    )
    return Aside("Ce qui manque dans ce pôle", rows, empty="Rien n’y a encore été dit.", anchor="besoins")


def _says(word: str) -> Q:
    """Needs that say a word: by its term, without accents nor plural; or as it is written, in the cases that SQLite tells apart."""
    roots = list(map(term, content_words(word)))
    said = Q(pk__in=NeedTerm.objects.filter(term__in=roots).values("need")) if roots else Q()
    for written in {word, word.lower(), word.upper(), word.capitalize()}:
        said |= Q(text__icontains=written)
    return said


def answers_of(need: Need) -> list[Answer]:
    """The answers shown under a need, those given to what says the same too, oldest first. Two queries."""
    group = Q(need=need) | Q(need__same_as=need, need__status=Need.PUBLISHED)
    return list(
        Answer.objects.filter(group, status=Answer.SHOWN).prefetch_related("organizations__canonical")
    )


AGREED = Exists(
    Sequel.objects.filter(
        Q(need=OuterRef("pk")) | Q(need__same_as=OuterRef("pk")), kind=Sequel.AGREED
    ).order_by()
)


def agreed_for(needs: Collection[Need]) -> dict[int, Sequel]:
    """The last deal concluded for each of these needs or for those grouped with it, by need. One query."""
    keys = [need.pk for need in needs]
    rows = Sequel.objects.filter(Q(need__in=keys) | Q(need__same_as__in=keys), kind=Sequel.AGREED)
    return {
        row.need.same_as_id or row.need_id: row
        for row in rows.select_related("need", "organization__canonical")
    }


def noted_just_now(public_ids: list[str]) -> list[Voice]:
    """Voices typed for others, in the order in which they were. One query."""
    return list(
        Voice.objects.filter(public_id__in=public_ids)
        .exclude(origin=Voice.WEB)
        .select_related("need__commune", "need__same_as")
        .order_by("pk")
    )


def shown_voices(need: Need) -> QuerySet[Voice]:
    """The words that others added, oldest first; words not read yet, hidden or erased are not there.

    A need grouped before it was published never is: its words are read and shown as those of a voice. One that is read again after
    it was public says nothing meanwhile.
    """
    here = Q(need=need, need__status=Need.PUBLISHED)
    never = Q(need__status=Need.HELD, need__published_at=None)
    joined = Q(need__same_as=need) & (Q(need__status=Need.PUBLISHED) | never)
    return (
        Voice.objects.filter(here | joined, words_status=Voice.SHOWN)
        .exclude(words="")
        .exclude(need=need, first=True)
    )


@dataclass(frozen=True)
class Publics:
    """From which publics the voices of a need come; `said` is empty where it could point at somebody."""

    total: int
    said: list[tuple[str, int]]
    hidden_because: str = ""


def publics_of(need: Need) -> Publics:
    """The voices of a need by public. Nothing in a small commune, nor for fewer than three voices. One query.

    Sainte-Radégonde has 184 inhabitants: « une entreprise, un voix » would name it.
    """
    rows = (
        Voice.objects.filter(Q(need=need) | Q(need__same_as=need))
        .values_list("public")
        .annotate(n=Count("pk"))
        .order_by("-n", "public")
    )
    counts = dict(rows)
    total = sum(counts.values())
    if is_small(need.commune):
        return Publics(total, [], "petite commune")
    said = [(OF[code], n) for code, n in counts.items() if code in OF and n >= FEW]
    return Publics(total, said)


@dataclass(frozen=True)
class Share:
    """Of the needs published long enough ago, how many were answered in time; with how it is counted."""

    due: int
    in_time: int
    waiting: int
    total: int
    until: date

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None when nothing is old enough."""
        return self.in_time / self.due if self.due else None


def answered_share(days: int = PROMISE_DAYS) -> Share:
    """The share of needs that got an official answer within so many days of their publication. One query.

    Counted over needs published at least that long ago, or answered already: a need published yesterday says nothing yet.
    """
    now = timezone.now()
    limit = now - timedelta(days=days)
    base = Need.objects.filter(status=Need.PUBLISHED, same_as=None)
    in_time = Q(answered_at__lte=F("published_at") + timedelta(days=days))
    counts = base.aggregate(
        total=Count("pk"),
        waiting=Count("pk", filter=Q(state=Need.WAITING)),
        due=Count("pk", filter=Q(published_at__lte=limit) | in_time),
        in_time=Count("pk", filter=in_time),
    )
    return Share(until=timezone.localdate(), **counts)


def needs_summary(*, door: str = "", commune: str = "", limit: int = 5) -> tuple[list[Need], int, int]:
    """For the page of a door or a commune: its newest needs, how many, how many wait. Two queries."""
    found = public_needs(door=door, commune=commune)
    counts = found.order_by().aggregate(total=Count("pk"), waiting=Count("pk", filter=Q(state=Need.WAITING)))
    return list(found[:limit]), counts["total"], counts["waiting"]


def days_late(need: Need) -> int:
    """How many days ago an answer should have come; nought when one came, or there is still time."""
    waits = need.status == Need.PUBLISHED and need.state == Need.WAITING
    return max((timezone.localdate() - need.due_on).days, 0) if waits and need.due_on else 0


def desk_needs() -> QuerySet[Need]:
    """Needs with everything their desk page shows."""
    return Need.objects.select_related(
        "commune", "pole", "addressee_pole", "addressee_organization__canonical", "addressee_mandate__person", "owner", "same_as"
    ).prefetch_related(
        Prefetch("voices", Voice.objects.select_related("author")),
        Prefetch("answers", Answer.objects.select_related("author").prefetch_related("organizations__canonical")),
        Prefetch("grouped", Need.objects.order_by("pk")),
    )  # fmt: skip
