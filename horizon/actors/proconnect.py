"""ProConnect: how agents of public bodies enter (OpenID Connect, authorization code). Off unless configured.

The answer says who is there and for whom they work; it gives no right here. What comes back is believed only signed by the
configured issuer, for this site, for this very request.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from horizon.kernel.refusal import Refused

ALGORITHMS = ["RS256", "ES256"]
SCOPES = "openid given_name usual_name email siret"
ASKED, KNOWN, TOKEN = "proconnect.asked", "proconnect.known", "proconnect.token"
MINUTES, LEEWAY = 10, 60
AGAIN = 60  # seconds before an unknown key has the issuer asked for its keys once more
FAILED = "ProConnect n’a pas répondu comme attendu. Rien n’est perdu : recommencez, ou entrez par un code reçu par courriel."
LATE = (
    "Ce retour de ProConnect ne répond à aucune demande de ce navigateur, ou il est trop tard : recommencez."
)
DECLINED = "ProConnect ne vous a pas fait entrer. Vous pouvez recommencer, ou recevoir un code par courriel."


@dataclass(frozen=True)
class Agent:
    """Who ProConnect says is there."""

    email: str
    name: str
    siret: str


def is_on() -> bool:
    """Whether this site is configured for ProConnect."""
    return bool(
        settings.PROCONNECT_ISSUER and settings.PROCONNECT_CLIENT_ID and settings.PROCONNECT_CLIENT_SECRET
    )


def begin(request: HttpRequest, after: str) -> str:
    """The address where ProConnect asks who it is; the session keeps what its answer must match."""
    found = _discovery()
    asked: dict[str, Any] = {"state": secrets.token_urlsafe(32), "nonce": secrets.token_urlsafe(32), "until": time.time() + MINUTES * 60,
             "after": after, "verifier": secrets.token_urlsafe(48)}  # fmt: skip
    request.session[ASKED] = asked
    query = {
        "response_type": "code", "client_id": settings.PROCONNECT_CLIENT_ID, "redirect_uri": settings.PROCONNECT_CALLBACK,
        "scope": SCOPES, "state": asked["state"], "nonce": asked["nonce"],
    }  # fmt: skip
    if settings.PROCONNECT_ACR:
        query["acr_values"] = settings.PROCONNECT_ACR
    if "S256" in found.get(
        "code_challenge_methods_supported", ()
    ):  # ProConnect refuses what it does not know
        digest = hashlib.sha256(asked["verifier"].encode()).digest()
        query |= {
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
    return f"{found['authorization_endpoint']}?{urlencode(query)}"


def complete(request: HttpRequest) -> None:
    """Reads ProConnect's answer and keeps in the session who is there, for ten minutes. Raises Refused for anything else."""
    asked = request.session.pop(ASKED, None)
    state = request.GET.get("state", "")
    if not asked or asked["until"] < time.time() or not constant_time_compare(asked["state"], state):
        raise Refused(LATE)
    if "error" in request.GET or not request.GET.get("code"):
        raise Refused(DECLINED)
    try:
        found = _discovery()
        tokens = _post(
            found["token_endpoint"],
            {
                "grant_type": "authorization_code", "code": request.GET["code"], "redirect_uri": settings.PROCONNECT_CALLBACK,
                "client_id": settings.PROCONNECT_CLIENT_ID, "client_secret": settings.PROCONNECT_CLIENT_SECRET,
                **({"code_verifier": asked["verifier"]} if "S256" in found.get("code_challenge_methods_supported", ()) else {}),
            },
        )  # fmt: skip
        identity = _signed(
            tokens["id_token"],
            {"exp": {"essential": True}, "nonce": {"essential": True, "value": asked["nonce"]}},
        )
        answer = _client().get(
            found["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"}
        )
        answer.raise_for_status()
        if not answer.headers.get("Content-Type", "").startswith("application/jwt"):
            raise Refused(FAILED)
        about = _signed(answer.text, {"sub": {"essential": True, "value": identity["sub"]}})
        if settings.PROCONNECT_ACR and identity.get("acr") != settings.PROCONNECT_ACR:
            raise Refused(FAILED)
        agent = _agent(about)
    except (httpx.HTTPError, JoseError, KeyError, ValueError, TypeError) as problem:
        raise Refused(FAILED) from problem
    request.session[KNOWN] = {**agent.__dict__, "until": time.time() + MINUTES * 60, "after": asked["after"]}
    request.session[TOKEN] = tokens["id_token"]


def known(request: HttpRequest) -> tuple[Agent, str] | None:
    """Who ProConnect said is there, and where they were going; None when it is too late."""
    kept = request.session.get(KNOWN)
    if not kept or kept["until"] < time.time():
        return None
    return Agent(kept["email"], kept["name"], kept["siret"]), kept["after"]


def goodbye(token: str) -> str:
    """The address that closes the session at ProConnect too, or an empty string."""
    try:
        end = _discovery().get("end_session_endpoint", "")
    except Refused:
        return ""
    query = {
        "id_token_hint": token,
        "state": secrets.token_urlsafe(32),
        "post_logout_redirect_uri": f"{settings.ORIGIN}/",
    }
    return f"{end}?{urlencode(query)}" if end else ""


def _agent(about: dict[str, Any]) -> Agent:
    email = str(about["email"]).strip().lower()
    siret = "".join(str(about.get("siret") or "").split())
    if "@" not in email or len(email) > 254:
        raise ValueError("no e-mail address")
    name = " ".join(str(about.get(part) or "").strip() for part in ("given_name", "usual_name")).strip()
    return Agent(email, name[:120], siret if siret.isdigit() and len(siret) == 14 else "")


def _signed(token: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token signed by the issuer, for this site. Raises JoseError or ValueError otherwise."""
    try:
        read = jwt.decode(token, _keys(), algorithms=ALGORITHMS)
    except InvalidKeyIdError:
        if not cache.add("proconnect.keys.again", True, AGAIN):
            raise
        read = jwt.decode(token, _keys(anew=True), algorithms=ALGORITHMS)
    if any(not isinstance(read.claims.get(name, 0), (int, float)) for name in ("exp", "nbf", "iat")):
        raise ValueError("a date that is none")
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY, iss={"essential": True, "value": settings.PROCONNECT_ISSUER},
        aud={"essential": True, "value": settings.PROCONNECT_CLIENT_ID}, **wanted,
    )  # fmt: skip
    rules.validate(read.claims)
    return dict(read.claims)


def _discovery() -> dict[str, Any]:
    kept = cache.get("proconnect.discovery")
    if kept:
        return kept
    try:
        found = _get(f"{settings.PROCONNECT_ISSUER}/.well-known/openid-configuration")
    except (httpx.HTTPError, ValueError) as problem:
        raise Refused(FAILED) from problem
    ours = urlsplit(settings.PROCONNECT_ISSUER)
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        parts = urlsplit(str(found.get(name, "")))
        if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            raise Refused(FAILED)
    if found.get("issuer") != settings.PROCONNECT_ISSUER:
        raise Refused(FAILED)
    cache.set("proconnect.discovery", found, 3600)
    return found


def _keys(anew: bool = False) -> KeySet:
    """The issuer's keys, kept five minutes; `anew` asks for them now: it signed with one that it did not have then."""
    kept: Any = None if anew else cache.get("proconnect.keys")
    if kept is None:
        kept = _get(_discovery()["jwks_uri"])
        cache.set("proconnect.keys", kept, 300)
    return KeySet.import_key_set(kept)


def _client() -> httpx.Client:
    return httpx.Client(timeout=5, follow_redirects=False, trust_env=False)


def _get(address: str) -> dict[str, Any]:
    answer = _client().get(address)
    answer.raise_for_status()
    return dict(answer.json())


def _post(address: str, form: dict[str, str]) -> dict[str, Any]:
    answer = _client().post(address, data=form)
    answer.raise_for_status()
    return dict(answer.json())
