"""The door says what it is for when somebody was sent to it, and lets them go back."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("/echanges/ecrire/offre/", "Pour écrire une annonce, dites qui vous êtes"),
        ("/bureau/", "Pour voir ce qui vous attend, dites qui vous êtes"),
        ("/bureau/membres/", "Pour voir la page demandée, dites qui vous êtes"),
    ],
)
def test_the_page_asked_for_is_said(client, wanted, said):
    sent = client.get(wanted)
    assert sent.status_code == 302
    page = client.get(sent.url, headers={"referer": "http://testserver/echanges/?q=barnum"}).content.decode()
    assert said in page
    assert '<a href="/echanges/?q=barnum">Revenir sans entrer</a>' in page


@pytest.mark.parametrize("wanted", ["/", "/annuaire/", "/nulle-part/", "https://ailleurs.example/bureau/x"])
def test_nothing_is_said_where_nothing_was_refused(client, wanted):
    page = client.get("/entrer/", {"next": wanted}).content.decode()
    assert "dites qui vous êtes" not in page


@pytest.mark.parametrize(
    "referer", ["https://ailleurs.example/piege", "http://testserver//ailleurs.example/", "http://["]
)
def test_another_site_is_not_where_one_goes_back(client, referer):
    page = client.get("/entrer/?next=/bureau/", headers={"referer": referer})
    assert page.status_code == 200
    assert "Revenir sans entrer" not in page.content.decode()
