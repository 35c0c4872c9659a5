"""Shapes of what people type in care's pages; no decision here."""

from __future__ import annotations

import json
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError

from horizon.actors.models import RELATIONS
from horizon.care.models import ContentReport
from horizon.directory.models import Entry
from horizon.directory.said.fields import CORRECTED, FIELDS, clean
from horizon.kernel.forms import HouseForm, TrapField, address, choice, text
from horizon.kernel.pictures import PictureForm

SUBJECTS = [
    ("erreur", "Une information est fausse"),
    ("fermee", "Elle n’existe plus"),
    ("vivante", "Elle est bien vivante"),
    ("perimetre", "Elle est, ou n’est pas, de l’ESS"),
    ("porte", "La porte ou le pôle ne va pas"),
    ("doublon", "Elle a deux fiches, ou est réunie à tort avec une autre"),
    ("adresse", "L’adresse est celle d’un domicile, ou manque"),
    ("autre", "Autre chose"),
]


class ReportForm(forms.Form):
    """A reported error. `second_message` is a trap for robots: people do not see it."""

    subject = forms.ChoiceField(
        label="De quoi s’agit-il ?",
        choices=SUBJECTS,
        error_messages={"invalid_choice": "Choisissez l’un des sujets de la liste."},
    )
    message = forms.CharField(
        label="Votre message",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6, "aria-describedby": "hint-message id_message_error"}),
        error_messages={
            "required": "Écrivez ce qui est faux, même en trois mots.",
            "max_length": "Le message est trop long : 4 000 caractères au plus (il en a %(show_value)d).",
        },
    )
    email = forms.EmailField(
        label="Votre adresse électronique",
        required=False,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "aria-describedby": "hint-email id_email_error"}
        ),
        error_messages={
            "invalid": "Cette adresse n’est pas complète, par exemple nom@exemple.fr. Vous pouvez aussi la laisser vide."
        },
    )
    second_message = forms.CharField(
        label="Ne pas remplir",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )


class CorrectionForm(HouseForm):
    """All the fields that people may say, filled with what is published; `shown` remembers what was shown.

    `changes()` gives only what differs from what was shown, so that two people who correct different fields at the
    same moment do not undo each other.
    """

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args,
        values: dict,
        communes: list[tuple[str, str]],
        person: object = None,
        role: str = "visitor",
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.add(**{code: FIELDS[code].make() for code in CORRECTED})
        self.fields["commune"].choices = communes  # type: ignore[attr-defined]
        if role == "operator":
            self.add(
                heard_from=text(
                    "Pour qui, comment",
                    "Si quelqu’un vous l’a dit : par téléphone, sur papier, de qui.",
                    required=False,
                    limit=200,
                )
            )
        if role == "visitor":
            self.add(message=text("Comment le savez-vous ?", required=False, rows=3, limit=1000))
            if not getattr(person, "is_authenticated", False):
                self.add(
                    reply_to=address(
                        "Votre adresse électronique",
                        "Pour vous dire ce qu’il en advient ; effacée ensuite.",
                        required=False,
                    )
                )
            self.add(second_message=TrapField())
        self.initial = {
            **values,
            "shown": json.dumps(values, ensure_ascii=False, sort_keys=True),
            **self.initial,
        }

    def clean(self) -> dict:
        """Each field by its own rule."""
        data = super().clean() or {}
        for code in CORRECTED:
            if code in data:
                try:
                    data[code] = clean(code, data[code])
                except ValidationError as problem:
                    self.add_error(code, problem.messages[0])
        return data

    def changes(self) -> dict[str, object]:
        """What the person changed of what was shown."""
        try:
            shown = json.loads(self.cleaned_data.get("shown") or "{}")
        except ValueError:
            shown = {}
        return {
            code: self.cleaned_data[code]
            for code in CORRECTED
            if self.cleaned_data.get(code) != shown.get(code, "")
        }


SAID_TO_BE = [
    ("declared", "une structure de l’ESS, ou un groupe informel"),
    ("partner", "une structure de l’économie conventionnelle"),
    ("public", "une collectivité ou une administration"),
]


class MissingForm(HouseForm):
    """A structure that no register knows: three fields are enough."""

    name = text("Son nom", limit=300, missing="Écrivez son nom.")
    commune = choice("Sa commune", [])
    description = text("Ce qu’elle fait", "En mots simples.", rows=3, required=False, limit=2000)
    sure = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args, communes: list[tuple[str, str]], operator: bool = False, visitor: bool = True, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.fields["commune"].choices = [("", "choisissez"), *communes]  # type: ignore[attr-defined]
        if operator:
            self.add(
                kind=choice(
                    "C’est",
                    SAID_TO_BE,
                )
            )
            self.add(
                heard_from=text(
                    "Pour qui, comment", "Par téléphone, sur papier : de qui.", required=False, limit=200
                )
            )
        elif visitor:
            self.add(
                reply_to=address(
                    "Votre adresse électronique",
                    "Pour vous dire ce qu’il en advient ; effacée ensuite.",
                    required=False,
                )
            )
            self.add(second_message=TrapField())


class ContentReportForm(HouseForm):
    """Why a public text should not be there."""

    ground = choice("Qu’est-ce qui ne va pas ?", ContentReport.GROUNDS, radio=True)
    message = text("En quelques mots", required=False, rows=3, limit=2000)
    email = address("Votre adresse électronique", "Pour vous dire la décision.", required=False)
    second_message = TrapField()


class ContestForm(HouseForm):
    """Why a decision on a content is wrong."""

    words = text(
        "Pourquoi cette décision est-elle injuste ?",
        rows=4,
        limit=2000,
        missing="Dites en quelques mots pourquoi.",
    )
    email = address("Votre adresse électronique", "Pour vous dire la suite.", required=False)


class ClaimForm(HouseForm):
    """How one proves that one acts for an organization."""

    method = choice("Comment le prouver", [], radio=True)
    said = text("Qui êtes-vous pour elle ?", "Par exemple : trésorière depuis 2024.", rows=3, limit=2000,
                missing="Dites en trois mots qui vous êtes pour elle.")  # fmt: skip

    def __init__(self, *args, methods: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = methods  # type: ignore[attr-defined]
        self.fields["method"].initial = methods[0][0]


class CodeForm(HouseForm):
    """A code received."""

    code = text("Le code reçu", limit=20, missing="Recopiez le code.", autocomplete="one-time-code")


class SideForm(HouseForm):
    """The answer of those who hold the page."""

    words = text("Votre avis", "L’équipe d’animation le lira à côté de la demande.", rows=4, limit=1500)


class ReasonForm(HouseForm):
    """Why."""

    reason = text("Pourquoi", "La personne lira cette raison.", required=False, rows=3, limit=500)


class MissingAnswerForm(ReasonForm):
    """What a structure said to be missing is, or why it is not added."""

    field_order = ("kind", "reason")

    kind = choice("C’est", SAID_TO_BE)


class PhotoForm(PictureForm):
    """A picture of a structure."""

    field_order = ("file", "kind", "alt", "author", "licence")

    kind = choice("C’est", [("photo", "une photo"), ("logo", "le logo")], radio=True)


class LinkForm(HouseForm):
    """A link with another structure, which is found by words: several may be meant, then one chooses among them."""

    words = text("Avec quelle structure", "Quelques mots de son nom, ou le lien de sa page.", limit=200,
                 missing="Écrivez quelques mots de son nom.")  # fmt: skip
    relation = choice("Quelle relation", [("", "Choisir"), *((code, row[2]) for code, row in RELATIONS.items())],
                      "« Nous » est la structure pour laquelle vous parlez.")  # fmt: skip
    since = forms.IntegerField(
        label="Depuis quelle année", required=False, min_value=1800, max_value=2200,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Écrivez une année, par exemple 2021."),
    )  # fmt: skip
    evidence = text("D’où vous le savez", "Appel du 12 mars, rapport d’activité 2025, réunion… Ce sera montré.", rows=2, limit=300,
                    missing="Dites d’où vous le savez.")  # fmt: skip

    def __init__(self, *args, find: Callable[[str], list[Entry]], prove: bool, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["since" if prove else "evidence"]
        words = str(self.data.get("words", "") if self.is_bound else self.initial.get("words", "")).strip()
        self.found = find(words) if words else []
        if not self.is_bound and len(self.found) == 1:
            self.initial["words"] = self.found[0].name
        if len(self.found) > 1:
            among = [(e.organization.public_id, f"{e.name}, {e.commune.name}") for e in self.found]
            self.add(
                which=choice(
                    "Laquelle", among, "Aucune de celles-ci ? Changez les mots ci-dessus.", radio=True
                )
            )
            self.fields["which"].error_messages["required"] = (
                "Plusieurs structures ont ces mots : choisissez-en une."
            )
            self.order_fields(["words", "which", "relation"])

    def clean(self):
        """One structure, or a choice to make."""
        data = super().clean() or {}
        if not data.get("words"):
            return data
        chosen = [e for e in self.found if e.organization.public_id == data.get("which")] or self.found
        if len(chosen) == 1:
            data["other"] = chosen[0]
        elif not chosen:
            self.add_error(
                "words",
                "Personne n’a ces mots dans l’annuaire. Essayez-en d’autres, ou ajoutez d’abord la structure depuis le pied de page.",
            )
        return data
