"""Entering by ProConnect, against a real local provider: the whole way, what is forged is refused, and no right is given."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from joserfc import jwt

from horizon.actors.models import Mandate, Person, SeenAgent
from horizon.actors.services.people import find_or_create_person
from horizon.config.environment import proconnect_issuer
from horizon.kernel.registry import act_on, waiting_for
from tests.actors.provider import CLIENT, SECRET, running_provider
from tests.people import again, an_operator

pytestmark = pytest.mark.django_db
BEGIN, BACK = "/entrer/proconnect/", "/entrer/proconnect/retour/"


@pytest.fixture
def provider(settings):
    with running_provider() as running:
        settings.PROCONNECT_ISSUER, settings.PROCONNECT_CLIENT_ID, settings.PROCONNECT_CLIENT_SECRET = (
            running.issuer,
            CLIENT,
            SECRET,
        )
        settings.AUTHORITIES = frozenset({"200069854"})
        cache.clear()
        yield running
    cache.clear()


def go(client, provider, after=""):
    """To the provider and back: the answer of the page that reads what it says."""
    sent = urlsplit(client.get(BEGIN, {"next": after} if after else {}).url)
    query = {name: values[0] for name, values in parse_qs(sent.query).items()}
    return client.get(BACK, {"code": provider.authorize(query), "state": query["state"]})


def test_the_whole_way_in_and_out(client, provider):
    assert BEGIN in client.get("/entrer/").content.decode()
    page = go(client, provider, "/moi/securite/")
    assert page.status_code == 200 and "Camille Ferrandeau" in page.content.decode()
    assert not Person.objects.exists(), "coming back writes nothing: the button enters"
    asked = provider.asked[0]
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
        "code",
        CLIENT,
        "S256",
    )
    assert set(asked["scope"].split()) == {"openid", "given_name", "usual_name", "email", "siret"}
    assert len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32 and asked["redirect_uri"].endswith(BACK)
    assert client.post(BACK).url == "/moi/securite/"
    person = Person.objects.get()
    assert (person.email, person.name) == ("camille.f@collectivite.example", "Camille Ferrandeau")
    assert client.get("/moi/").url.startswith("/moi/age/")
    left = urlsplit(client.post("/sortir/").url)
    assert left.path.endswith("/session/end") and "id_token_hint" in left.query
    assert client.get("/moi/").url.startswith("/entrer/")


def test_the_siret_gives_no_right_and_asks_the_desk_once(client, provider):
    go(client, provider)
    client.post(BACK)
    person = Person.objects.get()
    assert "agent" not in again(person).roles and SeenAgent.objects.get().siret == "20006985400019"
    operator = an_operator()
    item = next(one for one in waiting_for(operator) if one.room == "agent")
    assert "Camille Ferrandeau" in item.title
    act_on("agent", "accept", item.key, operator)
    assert "agent" in again(person).roles
    act_on("agent", "undo", item.key, operator)
    assert "agent" not in again(person).roles and any(one.room == "agent" for one in waiting_for(operator))
    act_on("agent", "refuse", item.key, operator)
    client.logout()
    go(client, provider)
    client.post(BACK)
    assert not any(one.room == "agent" for one in waiting_for(operator)), "put aside, it is not asked again"
    assert not Mandate.objects.filter(person=person, function=Mandate.AGENT, ends_on=None).exists()


def test_another_employer_leaves_no_trace_and_a_known_address_is_the_same_person(client, provider):
    known = find_or_create_person("camille.f@collectivite.example", actor="test", name="Cam")
    provider.about["siret"] = "12345678200010"
    go(client, provider)
    client.post(BACK)
    assert Person.objects.get() == known and again(known).name == "Cam" and not SeenAgent.objects.exists()


def test_without_pkce_at_the_provider_nothing_unknown_is_sent(client, provider):
    provider.used_methods = []
    assert go(client, provider).status_code == 200
    assert "code_challenge" not in provider.asked[0] and "acr_values" not in provider.asked[0]


@pytest.mark.parametrize(
    "lie",
    [
        {"forged": "id"}, {"forged": "userinfo"}, {"unsigned": "id"}, {"unsigned": "userinfo"}, {"plain": True},
        {"id_token": {"nonce": "autre"}}, {"id_token": {"aud": "autre"}}, {"id_token": {"iss": "https://autre.example"}},
        {"id_token": {"exp": 1}}, {"id_token": {"exp": "demain"}}, {"userinfo": {"sub": "quelqu’un"}}, {"userinfo": {"aud": "autre"}},
        {"userinfo": {"email": "pas une adresse"}}, {"userinfo": {"email": None}},
        {"userinfo_endpoint": "http://169.254.169.254/userinfo"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_forged_or_for_somebody_else_opens_nothing(client, provider, lie):
    provider.lies = lie
    try:
        answer = go(client, provider)
    except AssertionError:
        raise
    except KeyError:  # refused before it left
        answer = client.get(BEGIN)
    assert answer.status_code == 302 and answer.url == "/entrer/"
    assert "recommencez" in client.get("/entrer/").content.decode()
    assert client.post(BACK).url == "/entrer/" and not Person.objects.exists()


def test_a_key_that_the_provider_has_just_changed_is_asked_for_once(client, provider):
    assert go(client, provider).status_code == 200 and provider.keys_given == 1
    provider.change_key()
    assert go(client, provider).status_code == 200, "nobody waits until what is kept is old"
    assert provider.keys_given == 2
    provider.change_key()
    assert go(client, provider).url == "/entrer/" and provider.keys_given == 2, "but once a minute"
    cache.delete("proconnect.keys.again")
    assert go(client, provider).status_code == 200 and provider.keys_given == 3


def test_a_key_that_it_does_not_publish_opens_nothing(client, provider):
    assert go(client, provider).status_code == 200
    published = provider.key
    provider.change_key()
    signing, provider.key = provider.key, published
    provider.sign, signed = (lambda claims, what: signed_by(signing, claims)), provider.sign
    assert go(client, provider).url == "/entrer/" and provider.keys_given == 2
    provider.sign = signed


def signed_by(key, claims):
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(client, provider):
    query = {name: values[0] for name, values in parse_qs(urlsplit(client.get(BEGIN).url).query).items()}
    code = provider.authorize(query)
    other = type(client)()
    assert other.get(BACK, {"code": code, "state": query["state"]}).url == "/entrer/"
    assert client.get(BACK, {"code": code, "state": "x" * 43}).url == "/entrer/"
    assert client.get(BACK, {"code": code, "state": query["state"]}).url == "/entrer/", "a state serves once"


def test_a_refusal_and_a_silent_provider_say_what_to_do(client, provider, settings):
    query = parse_qs(urlsplit(client.get(BEGIN).url).query)
    client.get(BACK, {"error": "access_denied", "state": query["state"][0]})
    assert "recevoir un code par courriel" in client.get("/entrer/").content.decode()
    cache.clear()
    settings.PROCONNECT_ISSUER = "http://127.0.0.1:9/api/v2"
    assert client.get(BEGIN).url == "/entrer/"


def test_a_level_that_was_asked_must_be_reached(client, provider, settings):
    settings.PROCONNECT_ACR = "eidas2"
    assert go(client, provider).status_code == 302
    settings.PROCONNECT_ACR = "eidas1"
    assert go(client, provider).status_code == 200 and provider.asked[-1]["acr_values"] == "eidas1"


def test_off_it_is_not_there(client, settings):
    settings.PROCONNECT_ISSUER = ""
    assert client.get(BEGIN).status_code == client.get(BACK).status_code == 404
    assert BEGIN not in client.get("/entrer/").content.decode()


def test_the_issuer_is_https_or_this_machine():
    assert proconnect_issuer("https://fca.example/api/v2/") == "https://fca.example/api/v2"
    with pytest.raises(ValueError, match="https"):
        proconnect_issuer("http://fca.example/api/v2")
