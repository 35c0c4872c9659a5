"""Thirty people confirm one deal, eight take the same last unit, all at once on a real server: once each."""

from tests.crowds import all_at_once, crowded
from tests.exchange.crowd_kit import RIVALS, SIDE
from tests.visitors import Browser


def test_thirty_people_confirm_one_deal_and_the_last_unit_goes_once(small_marts, tmp_path):
    with crowded(tmp_path, small_marts) as crowd:
        made = crowd.ask("tests.exchange.crowd_kit", "prepare")
        acts = [(session, made["deal"], "2") for session in made["people"]]
        acts += [(session, deal, "1") for session, deal in made["rivals"]]
        with crowd.site() as address:

            def confirm(what):
                session, deal, quantity = what
                browser, path = Browser(address, session), f"/accords/{deal}/confirmer/"
                lent = "2030-06-01" if deal == made["deal"] else ""
                form = {**browser.form(path), "quantity": quantity, "from_on": lent}
                return lambda: [browser.open(path, form)[0] for _ in range(2)]

            codes = all_at_once(acts, confirm)
        kept = crowd.ask("tests.exchange.crowd_kit", "count")
    assert set(sum(codes[: 2 * SIDE], [])) == {302}
    won = [found for found in codes[2 * SIDE :] if found == [302, 302]]
    assert len(won) == 1 and len(codes) == 2 * SIDE + RIVALS
    assert all(found == [422, 422] for found in codes[2 * SIDE :] if found not in won)
    assert kept == {"concluded": ["Deux barnums", "Un lit"], "events": 2, "talking": RIVALS - 1, "closed": 1}
