"""Visitors of a running site: as many as a test needs, each with its own cookies, without a Chromium each."""

import html
import re
import urllib.error
import urllib.parse
import urllib.request


class Browser:
    """As much of a browser as a form needs."""

    def __init__(self, address, session="", place="127.0.0.1"):
        self.address, self.place = address, place
        jar = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(jar, _Stay())
        self.session, self.jar = session, jar.cookiejar

    def open(self, path, form=None):
        body = urllib.parse.urlencode(form, doseq=True).encode() if form is not None else None
        cookies = "; ".join(
            [f"sessionid={self.session}", *(f"{c.name}={c.value}" for c in self.jar if c.name == "csrftoken")]
        )
        request = urllib.request.Request(
            self.address + path,
            body,
            {"Cookie": cookies, "Referer": self.address + path, "X-Forwarded-For": self.place},
        )
        try:
            with self.opener.open(request, timeout=90) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()

    def form(self, path):
        """What the form at an address holds, as a browser would send it back."""
        text = self.open(path)[1]
        found = {
            n: html.unescape(v)
            for n, v in re.findall(r'<input type="(?:text|hidden)" name="([^"]+)"(?: value="([^"]*)")?', text)
        }
        for name, body in re.findall(r'<textarea name="([^"]+)"[^>]*>\s*(.*?)</textarea>', text, re.S):
            found[name] = html.unescape(body)
        for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
            found[name] = re.search(r'value="([^"]*)" selected', body)[1]
        return found


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def session_of(person) -> str:
    """The key of a session in which somebody is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return session.session_key
