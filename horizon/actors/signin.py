"""Signing in by a code sent by e-mail (django-allauth): no password, no form to create an account."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import RequestLoginCodeForm
from django import forms
from django.urls import reverse

from horizon.actors.fresh import is_fresh
from horizon.actors.keys import tell_of_key
from horizon.actors.models import Person
from horizon.actors.services.people import find_or_create_person
from horizon.kernel.rates import client_address


class AddressForm(RequestLoginCodeForm):
    """The only field of the door. An unknown address becomes a person who exists for good once the code is typed."""

    email = forms.EmailField(
        label="Votre adresse électronique",
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "aria-describedby": "hint-email id_email_error"}
        ),
        error_messages={
            "required": "Écrivez votre adresse électronique, par exemple nom@exemple.fr.",
            "invalid": "Cette adresse n’est pas complète, par exemple nom@exemple.fr.",
        },
    )

    _user: Person | None

    def clean_email(self) -> str:
        """The address in lower case; finds or prepares its person, after allauth's rate limit."""
        self.cleaned_data["email"] = self.cleaned_data["email"].strip().lower()
        email = super().clean_email()
        if self._user is None and not Person.objects.filter(email=email).exists():
            self._user = find_or_create_person(email)
        return email


class Adapter(DefaultAccountAdapter):
    """What allauth says, in plain words, and nothing by a message when the page itself says it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": "Ce code n’est pas le bon : vérifiez les six chiffres du dernier message reçu.",
        "too_many_login_attempts": "Trop d’essais : attendez quelques minutes, puis demandez un nouveau code.",
        "rate_limited": "Beaucoup de codes sont partis vers cette adresse : servez-vous du dernier, ou attendez une minute, une heure "
        "si vous en avez demandé beaucoup.",
    }

    def add_message(
        self, request, level, message_template=None, message_context=None, extra_tags="", message=None
    ):  # noqa: PLR0913
        """Only messages given in words; those of allauth's templates repeat what the page shows."""
        if message:
            super().add_message(request, level, None, None, extra_tags, message)

    def get_client_ip(self, request) -> str:
        """What limits count: one line, as everywhere on the site."""
        return client_address(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """One rule for the whole site: who it is was proved in the last quarter of an hour."""
        return not is_fresh(self.request)

    def get_reauthentication_methods(self, user) -> list[dict]:
        """One page confirms, whatever protects the account."""
        return [{"id": "confirm", "description": "Confirmer", "url": reverse("account_reauthenticate")}]

    def send_notification_mail(self, template_prefix, user, context=None, email=None) -> None:
        """What changes in what protects an account is journalled and told to its address."""
        if template_prefix.startswith("mfa/"):
            tell_of_key(template_prefix, user)
