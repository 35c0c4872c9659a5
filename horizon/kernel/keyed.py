"""What opens a record to whom has its link: computed from the site's secret, kept nowhere, and still good after the secret changed."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def keyed(salt: str, value: str, length: int = 24) -> str:
    """The key of a value under the site's secret of today."""
    return salted_hmac(salt, value).hexdigest()[:length]


def fits(salt: str, value: str, key: str, length: int = 24) -> bool:
    """Whether a key is that of a value, under the secret of today or a former one that is still accepted."""
    return any(
        constant_time_compare(salted_hmac(salt, value, secret=secret).hexdigest()[:length], key)
        for secret in site_secrets()
    )


def site_secrets() -> list[str]:
    """The secret of today, then the former ones."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
