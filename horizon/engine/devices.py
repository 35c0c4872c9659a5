"""On which device is an account open? A browser's long line said in plain words, so that the line itself need not be kept."""

from __future__ import annotations

BROWSERS = (  # the first that is found: most browsers also name those that they descend from
    ("SamsungBrowser", "Samsung Internet"), ("Edg", "Edge"), ("OPR", "Opera"), ("Vivaldi", "Vivaldi"), ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chromium", "Chromium"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "un iPhone"), ("iPad", "un iPad"), ("Android", "Android"), ("CrOS", "un Chromebook"), ("Windows", "Windows"),
    ("Macintosh", "un Mac"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN = "Un appareil que nous ne reconnaissons pas"


def device_in_words(user_agent: str) -> str:
    """The browser and the system of a `User-Agent`, in French.

    >>> device_in_words("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox sur Linux'
    >>> device_in_words("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) … Version/18.5 Mobile/15E148 Safari/604.1")
    'Safari sur un iPhone'
    >>> device_in_words("curl/8.5.0")
    'Un appareil que nous ne reconnaissons pas'
    """
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if browser and system:
        return f"{browser} sur {system}"
    return browser or (f"Un navigateur sur {system}" if system else UNKNOWN)
