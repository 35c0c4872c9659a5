"""Writes about poles and mandates. A pole never disappears: it is closed and says what it became."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from horizon.actors.models import College, Mandate, Organization, Person, Pole, PoleChange
from horizon.engine.labels import POLES
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

COLLEGES = [
    ("associations", "Associations", False),
    ("cooperatives", "Coopératives et sociétés de l’ESS", False),
    ("mutuelles-fondations", "Mutuelles et fondations", False),
    ("lieux", "Tiers-lieux et lieux de coopération", False),
    ("collectivites", "Collectivités", False),
    ("partenaires", "Partenaires de l’économie conventionnelle", True),
]


@transaction.atomic
def seed_actors(*, actor: str) -> None:
    """Opens the seven poles of the plan and the first colleges where there are none; safe to run again."""
    if not Pole.objects.exists():
        for rank, (code, name) in enumerate(POLES.items()):
            open_pole(name, code=code, rank=rank, decided_by="Plan d’action ESS", actor=actor)
    if not College.objects.exists():
        for rank, (code, name, partner) in enumerate(COLLEGES):
            College.objects.create(code=code, name=name, partner=partner, rank=rank)
            record_event("create", "college", code, actor=actor)


@transaction.atomic
def open_pole(
    name: str, *, actor: str, code: str = "", rank: int | None = None, decided_by: str = ""
) -> Pole:
    """Opens a pole. Raises Refused when one has that name already."""
    code = code or slugify(name)[:30]
    if not name.strip() or not code:
        raise Refused("Donnez un nom au pôle.")
    if Pole.objects.filter(code=code).exists():
        raise Refused(f"Un pôle s’appelle déjà ainsi ({code}).")
    pole = Pole.objects.create(
        code=code, name=name.strip()[:120], rank=Pole.objects.count() if rank is None else rank
    )
    _tell(pole, "open", f"Ouvert sous le nom « {pole.name} ».", actor, decided_by)
    return pole


@transaction.atomic
def rename_pole(pole: Pole, name: str, *, actor: str, decided_by: str = "") -> Pole:
    """Renames a pole; its code, its page and its history stay."""
    name = name.strip()[:120]
    if not name or name == pole.name:
        raise Refused("Donnez un nom différent.")
    before, pole.name = pole.name, name
    pole.save(update_fields=["name"])
    _tell(pole, "rename", f"« {before} » devient « {name} ».", actor, decided_by)
    return pole


@transaction.atomic
def split_pole(pole: Pole, names: list[str], *, actor: str, decided_by: str = "") -> list[Pole]:
    """Closes a pole into two or more new ones. Raises Refused with fewer than two names."""
    names = [name.strip() for name in names if name.strip()]
    if len(names) < 2:
        raise Refused("Un partage donne au moins deux pôles : écrivez un nom par ligne.")
    made = [open_pole(name, actor=actor, rank=pole.rank, decided_by=decided_by) for name in names]
    _close(pole, made)
    _tell(
        pole, "split", "Partagé entre " + " et ".join(f"« {p.name} »" for p in made) + ".", actor, decided_by
    )
    return made


@transaction.atomic
def merge_poles(poles: list[Pole], name: str, *, actor: str, decided_by: str = "") -> Pole:
    """Closes several poles into one new pole."""
    if len(poles) < 2:
        raise Refused("Choisissez au moins deux pôles à réunir.")
    made = open_pole(name, actor=actor, rank=min(pole.rank for pole in poles), decided_by=decided_by)
    for pole in poles:
        _close(pole, [made])
        _tell(pole, "merge", f"Réuni dans « {made.name} ».", actor, decided_by)
    return made


@transaction.atomic
def reopen_pole(pole: Pole, *, actor: str) -> Pole:
    """Undoes a split or a merge: the pole is open again; what it had become closes when nothing else leads to it."""
    for successor in list(pole.successors.all()):
        pole.successors.remove(successor)
        if not successor.predecessors.exists():
            successor.closed_at = timezone.now()
            successor.save(update_fields=["closed_at"])
    pole.closed_at = None
    pole.save(update_fields=["closed_at"])
    _tell(pole, "reopen", "Rouvert.", actor, "")
    return pole


def _close(pole: Pole, successors: list[Pole]) -> None:
    if pole.closed_at:
        raise Refused(f"« {pole.name} » est déjà fermé.")
    pole.closed_at = timezone.now()
    pole.save(update_fields=["closed_at"])
    pole.successors.set(successors)


def _tell(pole: Pole, kind: str, said: str, actor: str, decided_by: str) -> None:
    PoleChange.objects.create(pole=pole, kind=kind, said=said[:400], decided_by=decided_by[:200])
    record_event(kind, "pole", pole.code, actor=actor, payload={"said": said})


@transaction.atomic
def give_mandate(
    person: Person, function: str, *, actor: str, starts_on: date | None = None, ends_on: date | None = None,
    organization: Organization | None = None, pole: Pole | None = None, title: str = "",
    themes: list[str] | None = None, decided_by: str = "", public: bool = False,
) -> Mandate:  # fmt: skip
    """Gives a mandate. Raises Refused when it would end before it starts, or a pole's contact has no pole."""
    starts_on = starts_on or timezone.localdate()
    if ends_on and ends_on < starts_on:
        raise Refused("La fin vient avant le début.")
    if function == Mandate.POLE and pole is None:
        raise Refused("Choisissez le pôle.")
    mandate = Mandate.objects.create(
        person=person, function=function, title=title[:160], organization=organization, pole=pole,
        themes=themes or [], starts_on=starts_on, ends_on=ends_on, decided_by=decided_by[:200], public=public,
        published_at=timezone.now() if public else None,
    )  # fmt: skip
    record_event(
        "give_mandate", "mandate", mandate.pk, actor=actor,
        payload={"person": person.public_id, "function": function},
        private={"decided_by": decided_by[:200]} if decided_by else None,
    )  # fmt: skip
    return mandate


@transaction.atomic
def end_mandate(mandate: Mandate, *, actor: str) -> Mandate:
    """Ends a mandate yesterday, so that it no longer counts today. Raises Refused for the last operator."""
    today = timezone.localdate()
    if mandate.function == Mandate.OPERATOR:
        others = Mandate.objects.select_for_update().filter(function=Mandate.OPERATOR, starts_on__lte=today)
        if not [m for m in others if m.pk != mandate.pk and (m.ends_on is None or m.ends_on >= today)]:
            raise Refused(
                "C’est la dernière personne qui anime : donnez d’abord ce mandat à quelqu’un d’autre."
            )
    if mandate.starts_on >= today:
        record_event(
            "end_mandate", "mandate", mandate.pk, actor=actor, payload={"function": mandate.function}
        )
        mandate.delete()
        return mandate
    mandate.ends_on = date.fromordinal(today.toordinal() - 1)
    mandate.save(update_fields=["ends_on"])
    record_event("end_mandate", "mandate", mandate.pk, actor=actor, payload={"function": mandate.function})
    return mandate


@transaction.atomic
def publish_mandate(mandate: Mandate, public: bool, *, actor: str) -> None:
    """Shows or hides the holder's name under a mandate: only the person decides."""
    if public and not mandate.public:
        mandate.published_at = timezone.now()
    mandate.public = public
    mandate.save(update_fields=["public", "published_at"])
    record_event("publish_mandate" if public else "hide_mandate", "mandate", mandate.pk, actor=actor)


@transaction.atomic
def hand_over(mandate: Mandate, successor: Person, *, actor: str) -> Mandate:
    """Gives the same mandate to somebody else, then ends the first (passation)."""
    given = give_mandate(
        successor, mandate.function, actor=actor, organization=mandate.organization, pole=mandate.pole,
        title=mandate.title, themes=mandate.themes, decided_by=mandate.decided_by,
    )  # fmt: skip
    end_mandate(mandate, actor=actor)
    return given
