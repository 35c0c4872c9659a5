"""Shapes of what people type in relief; no decision here."""

from __future__ import annotations

from django import forms

from horizon.engine.calling import ANYTHING
from horizon.kernel.forms import HouseForm, TrapField, choice, text
from horizon.kernel.publicid import fresh_once
from horizon.relief.models import KINDS, MOST_PEOPLE, Volunteer

SEEN_BY = "Seules les personnes qui viennent, et l’équipe d’animation, le voient."


def how_many(label: str, hint: str = "", *, initial: int | None = 1) -> forms.IntegerField:
    """A number of people."""
    return forms.IntegerField(
        label=label, help_text=hint, min_value=1, max_value=MOST_PEOPLE, initial=initial,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1, "max": MOST_PEOPLE}),
        error_messages={
            "required": "Écrivez un nombre de personnes.", "invalid": "Écrivez un nombre entier.",
            "min_value": "Une personne au moins.", "max_value": f"{MOST_PEOPLE} personnes au plus.",
        },
    )  # fmt: skip


def moment(label: str, hint: str = "", *, required: bool = True) -> forms.DateTimeField:
    """A day and an hour, as the browser offers them or as jj/mm/aaaa hh:mm."""
    return forms.DateTimeField(
        label=label, help_text=hint, required=required,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %Hh%M", "%d/%m/%Y %Hh"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "invalid": "Écrivez un jour et une heure, par exemple 27/11/2026 18:00.",
            "required": "Dites jusqu’à quand : un jour et une heure.",
        },
    )  # fmt: skip


def phone(label: str, hint: str, *, required: bool, missing: str = "") -> forms.CharField:
    """A telephone number, kept as typed; six figures at least."""
    return forms.RegexField(
        r"^[+()\d\s.\-]*(?:\d[+()\s.\-]*){6,}$", label=label, help_text=hint, required=required, max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"invalid": "Écrivez un numéro de téléphone, par exemple 05 36 49 00 00.", "required": missing},
    )  # fmt: skip


class AskForm(HouseForm):
    """An urgent call: what, where, until when, how many."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)
    title = text(
        "De quoi avez-vous besoin",
        "Par exemple : vider une cave inondée.",
        limit=120,
        missing="Dites en quelques mots ce qu’il y a à faire.",
    )
    kind = choice("Il faudra surtout", KINDS)
    commune = choice("Dans quelle commune", [])
    wanted = how_many("Combien de personnes", initial=2)
    since_at = moment("À partir de", "Vide : dès maintenant.", required=False)
    until_at = moment("Jusqu’à quand", "Dans 72 heures au plus.")
    callback = phone(
        "Votre téléphone",
        "L’équipe d’animation vous rappelle avant de lancer l’appel ; la nuit, cela peut tarder. Ce numéro n’est montré à personne d’autre.",
        required=True,
        missing="Écrivez le numéro où vous rappeler.",
    )
    speaks_for = choice("Au nom de", [], radio=True)
    place = text(
        "Où exactement",
        f"{SEEN_BY} L’adresse ou la personne à appeler : l’une des deux suffit.",
        required=False,
        limit=200,
    )
    contact = text("Qui appeler sur place", SEEN_BY, required=False, limit=200)
    text = text("Précisions", "Ce qu’il faut apporter, l’accès. Ni nom, ni adresse, ni téléphone ici : tout le monde le lit.",
                rows=3, required=False, limit=1000)  # fmt: skip
    second_message = TrapField()

    def __init__(
        self,
        *args,
        communes: list[tuple[str, str]],
        askers: list[tuple[str, str]],
        trusted: set[str],
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("once", fresh_once())
        self.trusted = trusted
        self.one_of("place", "contact")
        self.fields["commune"].choices = [("", "Choisissez"), *communes]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choisissez"), *KINDS]  # type: ignore[attr-defined]
        if askers:
            self.fields["speaks_for"].choices = askers  # type: ignore[attr-defined]
            self.fields["speaks_for"].initial = askers[0][0]
        else:
            del self.fields["speaks_for"]
        if trusted:
            self.fields["callback"].required = False
            self.fields["callback"].help_text = "Si l’équipe d’animation doit vous rappeler."

    def clean(self) -> dict:
        """Whoever is called back first gives a number; who comes must know where to, or whom to call."""
        data = super().clean() or {}
        data["once"] = data.get("once") or fresh_once()
        if (
            data.get("speaks_for") not in self.trusted
            and not data.get("callback")
            and "callback" not in self.errors
        ):
            self.add_error("callback", "Écrivez le numéro où vous rappeler.")
        if not data.get("place") and not data.get("contact") and not {"place", "contact"} & set(self.errors):
            self.add_error(
                "place",
                "Dites où venir, ou qui appeler sur place : sinon, qui veut aider ne saura pas où aller.",
            )
        return data


class AvailableForm(HouseForm):
    """What one could do, where and when."""

    skills = choice(
        "Ce que je pourrais faire", [*KINDS[:-1], (ANYTHING, "n’importe quel coup de main")], many=True
    )
    commune = choice("Depuis quelle commune", [])
    km = choice("Jusqu’où", Volunteer.DISTANCES)
    days = choice("Quels jours", Volunteer.DAYS, many=True)
    parts = choice("À quels moments", Volunteer.PARTS, many=True)
    people = how_many("Combien de personnes pourraient venir")
    phone = phone(
        "Téléphone",
        "Vu par l’équipe d’animation, et par qui demande seulement quand vous dites « j’y vais ».",
        required=False,
    )
    places = forms.MultipleChoiceField(
        label="Et aussi à", required=False, help_text="Plus loin, là où vous allez souvent. Plusieurs choix : touche Ctrl.",
        widget=forms.SelectMultiple(attrs={"size": 5}), error_messages={"invalid_choice": "Choisissez dans la liste."},
    )  # fmt: skip
    adult = forms.BooleanField(
        label="J’ai 18 ans ou plus", required=True,
        error_messages={"required": "Il faut avoir 18 ans : cochez la case si c’est le cas."},
    )  # fmt: skip

    def __init__(self, *args, communes: list[tuple[str, str]], person: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["commune"].choices = [("", "Choisissez"), *communes]  # type: ignore[attr-defined]
        self.fields["places"].choices = communes  # type: ignore[attr-defined]
        self.fields["km"].initial = "10"
        del self.fields["people" if person else "adult"]


class PeopleForm(HouseForm):
    """How many come, for a structure."""

    people = how_many("Combien serez-vous")


class ThanksForm(HouseForm):
    """A few words for those who came."""

    thanks = text("Un mot pour les personnes venues", required=False, rows=3, limit=1000)


class ReasonForm(HouseForm):
    """Why a call is not published."""

    reason = text(
        "Pourquoi",
        "La personne lira cette raison.",
        rows=3,
        limit=500,
        missing="Dites pourquoi en quelques mots.",
    )
