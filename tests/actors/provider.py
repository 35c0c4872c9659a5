"""A small OpenID Connect provider that answers as ProConnect does: signed tokens, userinfo as a signed JWT."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "horizon", "un secret"


class Provider:
    """What it says of who is there, and how it may be made to lie."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, auto_kid=True)
        self.stranger = RSAKey.generate_key(2048, {"kid": self.key.kid})
        self.about = {"given_name": "Camille", "usual_name": "Ferrandeau", "email": "Camille.F@collectivite.example",
                      "siret": "20006985400019"}  # fmt: skip
        self.keys_given = 0
        self.lies: dict[str, object] = {}
        self.codes: dict[str, dict] = {}
        self.asked: list[dict] = []
        self.used_methods = ["S256"]
        self.issuer = ""

    def change_key(self) -> None:
        """What it signs with from now on, under another name."""
        self.key = RSAKey.generate_key(2048, auto_kid=True)

    def authorize(self, query: dict[str, str]) -> str:
        """The code that the browser would bring back."""
        self.asked.append(query)
        code = f"code{len(self.codes)}"
        self.codes[code] = query
        return code

    def discovery(self) -> dict:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": self.lies.get("userinfo_endpoint", f"{self.issuer}/userinfo"), "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/session/end", "code_challenge_methods_supported": self.used_methods,
        }  # fmt: skip

    def token(self, form: dict[str, str]) -> tuple[int, dict]:
        query = self.codes.pop(form.get("code", ""), None)
        fits = query and (form["client_id"], form["client_secret"], form["redirect_uri"]) == (
            CLIENT,
            SECRET,
            query["redirect_uri"],
        )
        if fits and "code_challenge" in query:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            fits = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query["code_challenge"]
        if not fits:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "abc", "nonce": query["nonce"], "exp": now + 60, "iat": now, "acr": "eidas1",
                  **self.lies.get("id_token", {})}  # fmt: skip
        return 200, {
            "access_token": "jeton",
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.sign(claims, "id"),
        }

    def userinfo(self, bearer: str) -> tuple[int, str, str]:
        if bearer != "Bearer jeton":
            return 400, "application/json", "{}"
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "abc",
            **self.about,
            **self.lies.get("userinfo", {}),
        }
        if self.lies.get("plain"):
            return 200, "application/json", json.dumps(claims)
        return 200, "application/jwt", self.sign(claims, "userinfo")

    def sign(self, claims: dict, what: str) -> str:
        if self.lies.get("unsigned") == what:
            parts = [{"alg": "none"}, claims]
            return (
                ".".join(
                    base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts
                )
                + "."
            )
        key = self.stranger if self.lies.get("forged") == what else self.key
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider on a local port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            path = urlsplit(self.path).path
            if path.endswith("/openid-configuration"):
                self._json(200, provider.discovery())
            elif path.endswith("/jwks"):
                provider.keys_given += 1
                self._json(200, KeySet([provider.key]).as_dict(private=False))
            elif path.endswith("/userinfo"):
                self._send(*provider.userinfo(self.headers.get("Authorization", "")))
            else:
                self._json(404, {})

        def do_POST(self):  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._json(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _json(self, status, value):
            self._send(status, "application/json;charset=utf-8", json.dumps(value))

        def _send(self, status, kind, text):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provider.issuer = f"http://127.0.0.1:{server.server_port}/api/v2"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
