"""Shape of what subscriptions ask."""

from django import forms

from horizon.kernel.forms import HouseForm, TrapField, address
from horizon.subscriptions.models import Subscriber


class AddressForm(HouseForm):
    """Where to write: one field."""

    email = address("Votre adresse électronique", "Un message y part : le bouton de sa page confirme.")
    second_message = TrapField()


class RhythmForm(HouseForm):
    """How often letters leave; what waits is asked only of those who enter."""

    every_days = forms.TypedChoiceField(
        label="La lettre de ce que vous suivez", choices=Subscriber.RHYTHMS, coerce=int,
        error_messages={"invalid_choice": "Choisissez dans la liste.", "required": "Choisissez dans la liste."},
    )  # fmt: skip
    reminders = forms.ChoiceField(
        label="Le rappel de ce qui vous attend", choices=Subscriber.REMINDERS,
        help_text="Quand quelque chose attend votre réponse. Rien n’attend : rien ne part.",
        error_messages={"invalid_choice": "Choisissez dans la liste.", "required": "Choisissez dans la liste."},
    )  # fmt: skip

    def __init__(self, *args, entered: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not entered:
            del self.fields["reminders"]
