"""The shape of a report; no decision here."""

from django import forms

SUBJECTS = [
    ("erreur", "Une information est fausse"),
    ("fermee", "Elle n’existe plus"),
    ("vivante", "Elle est bien vivante"),
    ("perimetre", "Elle est, ou n’est pas, de l’ESS"),
    ("porte", "La porte ou le pôle ne va pas"),
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
