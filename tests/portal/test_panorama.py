"""The panorama's pages."""

import pytest

from horizon.directory.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def marts(settings, small_marts):
    settings.MARTS = small_marts


def test_the_panorama_of_the_published_territory(client, published, django_assert_max_num_queries):
    client.get("/panorama/200069854/")
    with django_assert_max_num_queries(6):
        text = client.get("/panorama/200069854/").content.decode()
    for words in ("Combien", "Quelles formes", "Voir le tableau", "Données fictives", "Source\u00a0:"):
        assert words in text


def test_pages_say_the_vintage_of_each_source_and_of_populations(client, published):
    home, commune = client.get("/").content.decode(), client.get("/communes/86194/").content.decode()
    for text in (home, commune):
        assert "Liste ESS France, 2026" in text and "1er\u00a0novembre 2026" in text
    assert "population municipale 2023, Insee" in commune
    assert "population municipale 2023, Insee" in client.get("/panorama/200069854/").content.decode()


def test_without_the_list_an_entry_says_nothing_of_the_rule_of_the_state(client, published):
    address = f"/structures/{Entry.objects.get(name='THEATRE DE LA VONNE').organization.public_id}/"
    said = "ne la retient pas"
    assert said in client.get(address).content.decode()
    published.sources = [row for row in published.sources if row["source"] != "ess_france_list"]
    published.save()
    assert said not in client.get(address).content.decode()


def test_any_territory_is_found_by_its_name(client, published):
    text = client.get("/panorama/?q=chauvigny").content.decode()
    assert "/panorama/86070/" in text
    assert "Aucun territoire ne porte ce nom" in client.get("/panorama/?q=atlantide").content.decode()


@pytest.mark.parametrize(
    ("query", "address"),
    [("vienne", "/panorama/dep:86/"), ("nouvelle aquitaine", "/panorama/reg:75/"), ("86194", "/panorama/86194/"),
     ("grand poitiers", "/panorama/200069854/"), ("france", "/panorama/FR/")],
)  # fmt: skip
def test_every_level_is_found(client, published, query, address):
    assert address in client.get("/panorama/", {"q": query}).content.decode()


def test_nothing_inline_and_a_table_behind_each_chart(client, published):
    text = client.get("/panorama/200069854/").content.decode()
    assert " style=" not in text and "<script>" not in text
    assert text.count('<svg class="chart"') <= text.count('<details class="behind')
    assert "portal/panorama" in text


def test_the_json_is_whole(client, published):
    found = client.get("/panorama/86139/?format=json").json()
    assert found["territory"]["name"] == "Lusignan"
    assert all(item["method"] for item in found["indicators"])


def test_a_vanished_territory_says_what_replaced_it(client, published):
    answer = client.get("/panorama/200035459/")
    assert answer.status_code == 404 and "n’existe plus" in answer.content.decode()


def test_what_was_unpacked_or_refused_once_is_not_again(client, published, monkeypatch):
    from horizon.observatory import shipped
    from horizon.territory import panorama as kept

    client.get("/panorama/?q=chauvigny")
    client.get("/panorama/999999999/")
    monkeypatch.setattr(shipped, "rows", lambda name: pytest.fail(f"{name} is unpacked again"))
    monkeypatch.setattr(kept, "Marts", lambda *_, **__: pytest.fail("the marts are opened again"))
    text = client.get("/panorama/?q=lusignan").content.decode()
    assert "/panorama/86139/" in text and "/panorama/86194/" in text
    again = client.get("/panorama/999999999/")
    assert again.status_code == 404 and "Aucune intercommunalité" in again.content.decode()


def test_the_csv_has_definitions(client, published):
    answer = client.get("/panorama/200069854/?format=csv")
    assert "definition" in answer.content.decode("utf-8-sig").splitlines()[0]
    assert "attachment" in answer["Content-Disposition"]


def test_without_marts_the_site_says_what_to_run(client, db, settings, tmp_path):
    settings.MARTS = tmp_path
    assert "horizon observe" in client.get("/panorama/200069854/").content.decode()


def test_a_panorama_known_for_a_run_is_not_computed_again(client, published, monkeypatch):
    client.get("/panorama/86194/")

    def forbidden(*args, **kwargs):
        raise AssertionError("computed twice")

    monkeypatch.setattr("horizon.territory.panorama.panorama", forbidden)
    assert client.get("/panorama/86194/").status_code == 200


def test_the_page_prints_and_gives_its_own_files(client, published, monkeypatch):
    """At the head and at the foot; the PDF only where weasyprint is installed, made once, one at a time."""
    from django.core.cache import cache

    from horizon.observatory.panorama import formats

    monkeypatch.setattr(formats, "can_make_pdf", lambda: False)
    text = client.get("/panorama/86194/").content.decode()
    assert (
        text.count("data-print") == text.count('href="?format=csv"') == text.count('href="?format=json"') == 2
    )
    assert "kernel/print" in text and "<noscript>" in text and "format=pdf" not in text
    assert "<h1>Poitiers</h1>" in client.get("/panorama/86194/?format=pdf").content.decode()

    made = []
    monkeypatch.setattr(formats, "can_make_pdf", lambda: True)
    monkeypatch.setattr(
        formats, "to_pdf", lambda found: made.append(found["territory"]["code"]) or b"%PDF-1.7"
    )
    assert client.get("/panorama/86194/").content.decode().count('href="?format=pdf"') == 2
    cache.add("panorama-pdf", "1")
    busy = client.get("/panorama/86194/?format=pdf")
    assert (
        busy.status_code == 503 and busy["Retry-After"] and "Revenez dans une minute" in busy.content.decode()
    )
    cache.delete("panorama-pdf")
    answers = [client.get("/panorama/86194/?format=pdf") for _ in range(2)]
    assert [answer.content for answer in answers] == [b"%PDF-1.7"] * 2 and made == ["86194"]
    assert answers[0]["Content-Disposition"] == 'attachment; filename="panorama-86194.pdf"'
