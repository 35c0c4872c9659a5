"""The accessibility statement says what was measured, and nothing that was not."""

import pytest

from horizon.portal.conformity import conformity


@pytest.mark.parametrize(
    ("audit", "word"),
    [
        ("", "non conforme"), ("bientôt", "non conforme"), ("120 2027-03-01", "non conforme"), ("49,9 2027-03-01 X", "non conforme"),
        ("82,5 2027-03-01 Cabinet Untel", "partiellement conforme"), ("50% 2027-03-01", "partiellement conforme"),
        ("100 2027-03-01 X", "totalement conforme"),
    ],
)  # fmt: skip
def test_the_word_follows_the_audit(settings, audit, word):
    settings.RGAA_AUDIT = audit
    assert conformity().word == word


@pytest.mark.django_db
def test_the_page_and_the_footer_say_it(client, settings):
    page = client.get("/accessibilite/").content.decode()
    assert "Accessibilité : non conforme" in page and "aucun audit" in page and "Défenseur des droits" in page
    settings.RGAA_AUDIT = "82,5 2027-03-01 Cabinet Untel"
    page = client.get("/accessibilite/").content.decode()
    assert "82,5 %" in page and "Cabinet Untel" in page and "partiellement conforme" in page
