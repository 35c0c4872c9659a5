"""Passkeys, one-time codes and recovery codes (django-allauth): their words, their letters, and secrets kept encrypted."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from cryptography.fernet import Fernet, MultiFernet
from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from horizon.actors.models import Person
from horizon.kernel.journal import record_event
from horizon.kernel.keyed import site_secrets
from horizon.kernel.mail import write_to

SITE = "Horizon Commun"
TOLD = {
    "totp_activated": "une application de codes protège votre compte",
    "totp_deactivated": "l’application de codes est retirée de votre compte",
    "webauthn_added": "une clé d’accès est ajoutée à votre compte",
    "webauthn_removed": "une clé d’accès est retirée de votre compte",
    "recovery_codes_generated": "de nouveaux codes de secours sont faits pour votre compte",
}


class MFAAdapter(DefaultMFAAdapter):
    """What allauth says of second factors, in plain words; what it keeps, encrypted under the site's secret."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Ce code ou cette clé ne va pas : essayez le code suivant, ou un code de secours.",
        "cannot_delete_authenticator": "Cette protection ne peut pas être retirée.",
        "cannot_generate_recovery_codes": "Ajoutez d’abord une clé d’accès ou une application de codes.",
        "unverified_email": "Entrez d’abord par le code reçu par courriel.",
    }

    def _get_site_name(self) -> str:
        return SITE

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002
        """A name to begin with: people rename it after the device."""
        return "Ma clé d’accès"

    def encrypt(self, text: str) -> str:
        """Encrypts a secret (AES-128-CBC with HMAC-SHA-256) under a key derived from the site's secret."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """Encrypts under the secret of today, decrypts under the former ones too."""
    return MultiFernet([_under(secret) for secret in site_secrets()])


def _under(secret: str) -> Fernet:
    key = hashlib.scrypt(secret.encode(), salt=b"horizon.actors.keys", n=2**12, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(key))


@transaction.atomic
def encrypt_again() -> int:
    """Encrypts every kept seed again under the secret of today, before a former one is forgotten. Returns how many rows.

    Raises cryptography's InvalidToken when one was written under a secret that is no longer known: nothing changes then.
    """
    cipher, changed = _cipher(), 0
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        kept = {name: _again(cipher, value) for name, value in row.data.items()}
        if kept != row.data:
            row.data = kept
            row.save(update_fields=["data"])
            changed += 1
    if changed:
        record_event("encrypt_again", "key", changed, actor="horizon secret")
    return changed


def _again(cipher: MultiFernet, value: object) -> object:
    if isinstance(value, list):
        return [_again(cipher, one) for one in value]
    if isinstance(value, str) and value.startswith("gAAAA"):
        return cipher.rotate(value.encode()).decode()
    return value


@transaction.atomic
def tell_of_key(template: str, person: Person) -> None:
    """Writes in the journal and to the person what changed in what protects their account."""
    what = template.rsplit("/", 1)[-1]
    record_event(what, "person", person.public_id, actor=person.actor)
    write_to(
        person.email, "Votre compte : un changement de protection",
        f"Bonjour,\n\nÀ l’instant, {TOLD.get(what, 'la protection de votre compte a changé')}.\n\n"
        f"Si ce n’est pas vous, fermez tous vos accès depuis « Moi » : {settings.ORIGIN}/moi/",
    )  # fmt: skip


class _Coded:
    """A field of code, as the house draws it."""

    fields: dict[str, forms.Field]

    def dress(self, hint: str) -> None:
        """Words and keyboard of the field."""
        field = self.fields["code"]
        field.label, field.help_text = "Le code", hint
        field.error_messages["required"] = "Écrivez le code."
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "20",
                              "aria-describedby": "hint-code id_code_error"}  # fmt: skip


class CodeForm(_Coded, AuthenticateForm):
    """The second step of entering."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dress("Celui de votre application, ou un code de secours.")


class ConfirmCodeForm(_Coded, ReauthenticateForm):
    """Confirming that it is still you."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dress("Celui de votre application, ou un code de secours.")


class AppForm(_Coded, ActivateTOTPForm):
    """The first code of an application."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dress("Les six chiffres que montre l’application, une fois l’image lue.")


class KeyForm(AddWebAuthnForm):
    """A new passkey."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])
        box = self.fields["passwordless"]
        box.label, box.initial = "Entrer avec cette clé seule, sans code par courriel", True
        box.help_text = (
            "Le téléphone ou l’ordinateur vérifie que c’est vous : empreinte, visage ou code de l’appareil."
        )
        box.widget.attrs["aria-describedby"] = "hint-passwordless"


class RenameKeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])


class RecoveryForm(GenerateRecoveryCodesForm):
    """New recovery codes."""


def _name(field: forms.Field) -> None:
    field.label, field.help_text = "Son nom", "Par exemple l’appareil : « mon téléphone »."
    field.error_messages["required"] = "Donnez-lui un nom."
    field.widget.attrs.update(
        {"aria-describedby": "hint-name id_name_error", "maxlength": "60", "autocomplete": "off"}
    )
