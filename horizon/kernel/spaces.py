"""French spaces: a sign that stands apart from its word never begins a line without it.

The source of templates and sentences keeps ordinary spaces, which whoever edits them can see; pages are given the others on their
way out, in one place, whatever wrote the text.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

NO_BREAK = "\u00a0"
NARROW = "\u202f"

# What is kept as it was written: tags with their attributes, which are sent back or compared, code, and what somebody typed.
_AS_WRITTEN = re.compile(r"<(script|style|textarea|pre|code)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL)
_HELD = tuple(
    (held.replace("_", " "), held.replace("_", space))
    for space, all_held in ((NO_BREAK, ("_:", "_»", "«_")), (NARROW, ("_;", "_?", "_!")))
    for held in all_held
)


def french_spaces(html: str) -> str:
    """A page whose texts hold « : » and guillemets by a no-break space, « ; ? ! » by a narrow one (Imprimerie nationale, Lexique
    des règles typographiques); tags, scripts and what is typed in stay as they are.

    >>> french_spaces('<p title="a : b">Qui ? « Nous » : <code>a : b</code></p>').replace(NO_BREAK, "_").replace(NARROW, ".")
    '<p title="a : b">Qui.? «_Nous_»_: <code>a : b</code></p>'
    """
    parts = []
    start = 0
    for kept in _AS_WRITTEN.finditer(html):
        parts += [_spaced(html[start : kept.start()]), kept[0]]
        start = kept.end()
    parts.append(_spaced(html[start:]))
    return "".join(parts)


def _spaced(text: str) -> str:
    if " " not in text:
        return text
    for plain, held in _HELD:
        text = text.replace(plain, held)
    return text


class FrenchSpacesMiddleware:
    """Gives every page of HTML its French spaces."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; its content changed when it is a whole page or a part of one."""
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            response.content = french_spaces(response.content.decode(response.charset))
        return response
