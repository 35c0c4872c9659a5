"""Thirty people say yes at once, twice each, for seven places, on a real server; then three leave at once."""

from tests.crowds import all_at_once, crowded
from tests.relief.crowd_kit import CROWD, LEAVE, WANTED
from tests.visitors import Browser


def test_thirty_people_at_once_never_overbook(small_marts, tmp_path):
    with crowded(tmp_path, small_marts) as crowd:
        links = crowd.ask("tests.relief.crowd_kit", "prepare")["links"]
        with crowd.site() as address:

            def answers(verb, times):
                def fill(link):
                    browser = Browser(address)
                    form = {**browser.form(link), "verb": verb}
                    return lambda: [browser.open(link, form) for _ in range(times)]

                return fill

            found = all_at_once(links, answers("yes", 2))
            assert {code for one in found for code, _ in one} == {302}
            full = crowd.ask("tests.relief.crowd_kit", "count")
            said = {link: Browser(address).open(link)[1] for link in links}
            going = [link for link in links if "Vous y allez" in said[link]]
            left = all_at_once(going[:LEAVE], answers("no", 1))
            assert {code for one in left for code, _ in one} == {302}
        after = crowd.ask("tests.relief.crowd_kit", "count")
    assert full["taken"] == WANTED and full["statuses"] == {"going": WANTED, "waiting": CROWD - WANTED}
    assert (full["events"]["go"], full["events"]["wait"]) == (WANTED, CROWD - WANTED), "said twice, kept once"
    assert len(going) == WANTED
    assert after["taken"] == WANTED
    assert after["statuses"] == {"going": WANTED, "waiting": CROWD - WANTED - LEAVE, "cancelled": LEAVE}
