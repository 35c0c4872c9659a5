"""Fifty voices at once on one need, each form sent twice, on a real server: nothing lost, nothing double."""

from tests.crowds import all_at_once, crowded
from tests.visitors import Browser

PEOPLE = 50


def test_fifty_voices_at_once(small_marts, tmp_path):
    with crowded(tmp_path, small_marts, HORIZON_PROXIES="1") as crowd:
        need = crowd.ask("tests.listening.crowd_kit", "prepare")
        with crowd.site() as address:

            def speak(number):
                browser = Browser(address, place=f"192.0.2.{number}")
                too = f"/besoins/{need}/moi-aussi/"
                filled = {**browser.form(too), "words": f"voix {number}"}
                said = {**browser.form("/besoins/dire/"), "words": f"Un banc numéro {number}"}
                return lambda: [
                    browser.open(path, form)[0]
                    for path, form in ((too, filled), (too, filled), ("/besoins/dire/", said))
                ]

            codes = sum(all_at_once(range(PEOPLE), speak), [])
        kept = crowd.ask("tests.listening.crowd_kit", "count")
    assert set(codes) == {302}
    assert kept["words"] == sorted(f"voix {number}" for number in range(PEOPLE))
    assert (kept["events"], kept["voices"]) == (PEOPLE, 2 * PEOPLE + 1)
    assert (kept["needs"], kept["said"]) == (PEOPLE + 1, PEOPLE + 1)
