"""Writes about poles and mandates. A pole never disappears: it is closed and says what it became."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from horizon.actors.mandated import themes_said
from horizon.actors.models import College, Mandate, Organization, Person, Pole, PoleChange
from horizon.engine.labels import POLES
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import filed_under
from horizon.kernel.templatetags.atlas import day, plural

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
    """Opens a pole; the code of one that closed is not taken again. Raises Refused when an open one has that name."""
    _alone()
    wanted = code or slugify(name)[:30]
    if not name.strip() or not wanted:
        raise Refused("Donnez un nom au pôle.")
    _free(name)
    taken = set(Pole.objects.filter(code__startswith=wanted[:26]).values_list("code", flat=True))
    if code and code in taken:
        raise Refused(f"Un pôle s’appelle déjà ainsi ({code}).")
    free = (wanted, *(f"{wanted[:26]}-{number}" for number in range(2, 1000)))
    code = next(one for one in free if one not in taken)
    pole = Pole.objects.create(
        code=code, name=name.strip()[:120], rank=Pole.objects.count() if rank is None else rank
    )
    _tell(pole, "open", f"Ouvert sous le nom « {pole.name} ».", actor, decided_by)
    return pole


def _alone() -> None:
    """Poles change one after the other: what is read of them is kept under the number of their last change."""
    list(Pole.objects.select_for_update().order_by("pk").values_list("pk"))


def _free(name: str) -> None:
    borne = {one.casefold() for one in Pole.objects.filter(closed_at=None).values_list("name", flat=True)}
    if name.strip()[:120].casefold() in borne:
        raise Refused(f"Un pôle s’appelle déjà « {name.strip()[:120]} ».")


@transaction.atomic
def open_poles(names: list[str], *, actor: str, decided_by: str = "") -> list[Pole]:
    """Opens several poles, or none of them."""
    return [open_pole(name, actor=actor, decided_by=decided_by) for name in names]


@transaction.atomic
def rename_pole(pole: Pole, name: str, *, actor: str, decided_by: str = "") -> Pole:
    """Renames a pole; its code, its page and its history stay."""
    _alone()
    name = name.strip()[:120]
    if not name or name == pole.name:
        raise Refused("Donnez un nom différent.")
    if name.casefold() != pole.name.casefold():
        _free(name)
    before, pole.name = pole.name, name
    pole.save(update_fields=["name"])
    _tell(pole, "rename", f"« {before} » devient « {name} ».", actor, decided_by)
    return pole


@transaction.atomic
def split_pole(pole: Pole, names: list[str], *, actor: str, decided_by: str = "") -> list[Pole]:
    """Closes a pole into two or more new ones, of which one may keep its name. Raises Refused with fewer than two names."""
    _alone()
    names = [name.strip() for name in names if name.strip()]
    if len(names) < 2:
        raise Refused("Un partage donne au moins deux pôles : écrivez un nom par ligne.")
    _close(pole)
    made = [open_pole(name, actor=actor, rank=pole.rank, decided_by=decided_by) for name in names]
    pole.successors.set(made)
    _tell(
        pole, "split", "Partagé entre " + " et ".join(f"« {p.name} »" for p in made) + ".", actor, decided_by
    )
    return made


@transaction.atomic
def merge_poles(poles: list[Pole], name: str, *, actor: str, decided_by: str = "") -> Pole:
    """Closes several poles into one new pole, which may take the name of one of them."""
    _alone()
    if len(poles) < 2:
        raise Refused("Choisissez au moins deux pôles à réunir.")
    for pole in poles:
        _close(pole)
    made = open_pole(name, actor=actor, rank=min(pole.rank for pole in poles), decided_by=decided_by)
    for pole in poles:
        pole.successors.set([made])
        _tell(pole, "merge", f"Réuni dans « {made.name} ».", actor, decided_by)
    return made


@transaction.atomic
def reopen_poles(poles: list[Pole], *, actor: str) -> list[Pole]:
    """Undoes a split or a merge, for several poles at once so that those of a merge come back together; what they had become closes
    when nothing else leads to it. Raises Refused for one that is open, or when an
    open one bears the name of one of them."""
    _alone()
    for pole in poles:
        if pole.closed_at is None:
            raise Refused(f"« {pole.name} » est ouvert.")
        for successor in list(pole.successors.all()):
            pole.successors.remove(successor)
            if not successor.closed_at and not successor.predecessors.exists():
                successor.closed_at = timezone.now()
                successor.save(update_fields=["closed_at"])
    for pole in poles:
        _free(pole.name)
        pole.closed_at = None
        pole.save(update_fields=["closed_at"])
        _tell(pole, "reopen", "Rouvert.", actor, "")
    return poles


@transaction.atomic
def close_pole(pole: Pole, *, actor: str, decided_by: str = "") -> Pole:
    """Closes a pole that was opened by mistake; « rouvrir » undoes it. Raises Refused for one that is closed, that another became, or
    under which something is filed: that one is split or merged."""
    _alone()
    from_others = list(pole.predecessors.values_list("name", flat=True))
    if from_others:
        raise Refused(
            f"« {pole.name} » vient de « {' », « '.join(from_others)} » : rouvrez plutôt ce pôle-là."
        )
    today = timezone.localdate()
    held = Mandate.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), pole=pole).count()
    filed = [*([plural(held, "mandat", "mandats")] if held else []), *filed_under("pole", pole)]
    if filed:
        raise Refused(
            f"« {pole.name} » garde {', '.join(filed)} : rangez-les ailleurs, ou réunissez ce pôle avec un autre."
        )
    _close(pole)
    _tell(pole, "close", "Fermé : rien n’y était rangé.", actor, decided_by)
    return pole


@transaction.atomic
def describe_pole(pole: Pole, description: str, *, actor: str) -> bool:
    """Says what a pole is for: whether it changed. The first words of what it was stay in the journal, which keeps 200 characters."""
    locked = Pole.objects.select_for_update().get(pk=pole.pk)
    before, new = locked.description, description.strip()[:1000]
    if before == new:
        return False
    locked.description = new
    locked.save(update_fields=["description"])
    record_event(
        "describe", "pole", locked.code, actor=actor, private={"from": before[:200], "to": new[:200]}
    )
    return True


def _close(pole: Pole) -> None:
    pole.closed_at = Pole.objects.get(pk=pole.pk).closed_at
    if pole.closed_at:
        raise Refused(f"« {pole.name} » est déjà fermé.")
    pole.closed_at = timezone.now()
    pole.save(update_fields=["closed_at"])


def _tell(pole: Pole, kind: str, said: str, actor: str, decided_by: str) -> None:
    PoleChange.objects.create(pole=pole, kind=kind, said=said[:400], decided_by=decided_by[:200])
    record_event(kind, "pole", pole.code, actor=actor, payload={"said": said})


@transaction.atomic
def give_mandate(
    person: Person, function: str, *, actor: str, starts_on: date | None = None, ends_on: date | None = None,
    organization: Organization | None = None, pole: Pole | None = None, title: str = "",
    themes: list[str] | None = None, decided_by: str = "", public: bool = False, tell: bool = False,
) -> Mandate:  # fmt: skip
    """Gives a mandate; `tell` writes to its holder. Raises Refused when it would end before it starts, or a pole's contact has no pole."""
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
    if tell and person.actor != actor:
        until = f" au {day(ends_on)}" if ends_on else ""
        write_to(
            person.email, f"Un mandat vous est confié : {said_of(mandate)}",
            f"Bonjour,\n\nVous avez un mandat : {said_of(mandate)}, {'du' if ends_on else 'à partir du'} {day(starts_on)}{until}."
            f"\n\nVotre nom n’est montré que si vous l’acceptez, dans votre espace : {settings.ORIGIN}/moi/",
        )  # fmt: skip
    return mandate


@transaction.atomic
def end_mandate(mandate: Mandate, *, actor: str) -> Mandate:
    """Ends a mandate yesterday, so that it no longer counts today; one that has not begun never will. The holder is told.

    Raises Refused for a mandate that is over, or for the last operator.
    """
    _lock_animating(mandate)
    locked = _locked(mandate)
    today = timezone.localdate()
    if locked.function == Mandate.OPERATOR and locked.starts_on <= today and not others_animate(locked.pk):
        raise Refused("C’est la dernière personne qui anime : donnez d’abord ce mandat à quelqu’un d’autre.")
    record_event("end_mandate", "mandate", locked.pk, actor=actor, payload={"function": locked.function})
    if locked.person.actor != actor:
        write_to(
            locked.person.email, f"Fin de mandat : {said_of(locked)}",
            f"Bonjour,\n\nVotre mandat ({said_of(locked)}) prend fin aujourd’hui." if locked.starts_on <= today else
            f"Bonjour,\n\nVotre mandat ({said_of(locked)}), prévu à partir du {day(locked.starts_on)}, n’aura pas lieu.",
        )  # fmt: skip
    if locked.starts_on >= today:
        locked.delete()
        return locked
    locked.ends_on = date.fromordinal(today.toordinal() - 1)
    locked.shown_email = locked.shown_phone = ""
    locked.save(update_fields=["ends_on", "shown_email", "shown_phone"])
    return locked


CORRECTED = ("title", "themes", "starts_on", "ends_on", "decided_by")
IN_CLEAR = ("themes", "starts_on", "ends_on")


@transaction.atomic
def correct_mandate(mandate: Mandate, values: dict, *, actor: str) -> bool:
    """Corrects the title, themes, days or decision of a mandate, over or not: whether something changed. The holder is told. One that was
    over and is not any more shows no name until its holder agrees anew, as one given today.

    Raises Refused when it would end before it starts, or leave nobody who animates.
    """
    _lock_animating(mandate)
    locked = (
        Mandate.objects.select_for_update(of=("self",)).select_related("person", "pole").get(pk=mandate.pk)
    )
    was_over = locked.is_over
    new = {**values, "title": values["title"].strip()[:160], "decided_by": values["decided_by"].strip()[:200]}
    before = {name: getattr(locked, name) for name in CORRECTED}
    if set(new["themes"]) == set(before["themes"]):
        new["themes"] = before["themes"]
    changed = {name: new[name] for name in CORRECTED if new[name] != before[name]}
    if not changed:
        return False
    if new["ends_on"] and new["ends_on"] < new["starts_on"]:
        raise Refused("La fin vient avant le début.")
    for name, value in changed.items():
        setattr(locked, name, value)
    in_force = not (locked.is_to_come or locked.is_over)
    if locked.function == Mandate.OPERATOR and not in_force and not others_animate(locked.pk):
        raise Refused(
            "Ces jours ne laisseraient personne pour animer aujourd’hui : donnez d’abord ce mandat à quelqu’un d’autre."
        )
    hidden = locked.public and was_over and not locked.is_over
    if hidden:
        locked.public, locked.published_at, locked.shown_email, locked.shown_phone = False, None, "", ""
    locked.save(
        update_fields=[
            *changed,
            *(("public", "published_at", "shown_email", "shown_phone") if hidden else ()),
        ]
    )
    record_event(
        "correct_mandate", "mandate", locked.pk, actor=actor,
        payload={"from": _in_clear(before, changed), "to": _in_clear(new, changed), **({"name_hidden": True} if hidden else {})},
        private={f"{when}_{name}": said[name] for when, said in (("from", before), ("to", new)) for name in changed if name not in IN_CLEAR},
    )  # fmt: skip
    if locked.person.actor != actor:
        until = f" au {day(locked.ends_on)}" if locked.ends_on else ", sans date de fin"
        themes = ", ".join(themes_said(locked))
        again = (
            "\n\nIl était fini : votre nom n’y est plus montré, sauf si vous l’acceptez de nouveau."
            if hidden
            else ""
        )
        write_to(
            locked.person.email, f"Votre mandat est corrigé : {said_of(locked)}",
            f"Bonjour,\n\nVotre mandat se lit maintenant ainsi : {said_of(locked)}, du {day(locked.starts_on)}{until}."
            f"\n\nThèmes confiés : {themes or 'aucun'}.\nDécidé par : {locked.decided_by or 'non précisé'}.{again}"
            f"\n\nVos mandats : {settings.ORIGIN}/moi/",
        )  # fmt: skip
    return True


def _in_clear(values: dict, changed: dict) -> dict:
    kept = {name: values[name] for name in IN_CLEAR if name in changed}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}


def others_animate(*but: int) -> bool:
    """Whether somebody else than the holders of these mandates animates today. Locks the mandates: two who leave at once wait."""
    today = timezone.localdate()
    held = Mandate.objects.select_for_update().filter(function=Mandate.OPERATOR, starts_on__lte=today)
    return any(m.pk not in but and (m.ends_on is None or m.ends_on >= today) for m in held.order_by("pk"))


def _lock_animating(mandate: Mandate) -> None:
    """Locks what `others_animate` will lock before the one that changes: two who change each their own would wait for each other."""
    if mandate.function == Mandate.OPERATOR:
        rows = Mandate.objects.select_for_update().filter(function=Mandate.OPERATOR)
        list(rows.order_by("pk").values_list("pk"))


def last_day_of_animating() -> date | None:
    """The last day on which somebody animates, as mandates stand; None when no end is in sight. One query."""
    animating = Mandate.objects.filter(function=Mandate.OPERATOR).filter(
        Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    )
    days = list(animating.values_list("ends_on", flat=True))
    return None if None in days else max(filter(None, days), default=None)


def said_of(mandate: Mandate) -> str:
    """A mandate in a few words."""
    parts = [mandate.title or mandate.get_function_display(), mandate.pole.name if mandate.pole else ""]
    return ", ".join(part for part in parts if part)


def _locked(mandate: Mandate) -> Mandate:
    """A mandate in force or to come. Raises Refused for another."""
    found = Mandate.objects.select_for_update(of=("self",)).select_related("person").filter(pk=mandate.pk)
    locked = found.first()
    if locked is None or locked.ends_on and locked.ends_on < timezone.localdate():
        raise Refused("Ce mandat est déjà fini.")
    return locked


@transaction.atomic
def publish_mandate(mandate: Mandate, public: bool, *, actor: str) -> None:
    """Shows or hides the holder's name under a mandate: only the person decides. Hidden, how to reach them goes too."""
    written = ["public", "published_at"]
    if public and not mandate.public:
        mandate.published_at = timezone.now()
    mandate.public = public
    if not public:
        mandate.shown_email = mandate.shown_phone = ""
        written += ["shown_email", "shown_phone"]
    mandate.save(update_fields=written)
    record_event("publish_mandate" if public else "hide_mandate", "mandate", mandate.pk, actor=actor)


@transaction.atomic
def show_contacts(mandate: Mandate, email: str, phone: str, *, actor: str) -> Mandate:
    """Shows, beside a name that is shown, an address and a telephone that its holder chose; empty, they go. The journal knows which
    of both is shown, not what it says.

    Raises Refused while the name is not shown, or for a mandate that is over.
    """
    locked = _locked(mandate)
    if not locked.public:
        raise Refused("Montrez d’abord votre nom pour ce mandat.")
    new = (email.strip().lower(), phone.strip()[:30])
    if new != (locked.shown_email, locked.shown_phone):
        locked.shown_email, locked.shown_phone = new
        locked.save(update_fields=["shown_email", "shown_phone"])
        shown = [name for name, value in zip(("email", "phone"), new, strict=True) if value]
        record_event("show_contacts", "mandate", locked.pk, actor=actor, payload={"shown": shown})
    return locked


@transaction.atomic
def hand_over(mandate: Mandate, successor: Person, *, actor: str) -> Mandate:
    """Gives the same mandate to somebody else until the same day, then ends the first (passation). Both are written to.

    Raises Refused for a mandate that is over, or somebody who holds it already.
    """
    _lock_animating(mandate)
    locked = _locked(mandate)
    if locked.person_id == successor.pk:
        raise Refused("Cette personne a déjà ce mandat : donnez l’adresse de qui prend la suite.")
    given = give_mandate(
        successor, locked.function, actor=actor, organization=locked.organization, pole=locked.pole,
        title=locked.title, themes=locked.themes, decided_by=locked.decided_by, ends_on=locked.ends_on,
        starts_on=max(locked.starts_on, timezone.localdate()), tell=True,
    )  # fmt: skip
    end_mandate(locked, actor=actor)
    return given
