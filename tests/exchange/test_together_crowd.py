"""Four people write to one set while two take the last of one of its offers, all at once on a real server: once each, or not at all."""

import html

from tests.crowds import all_at_once, crowded
from tests.exchange.together_kit import RIVALS, TEAM
from tests.visitors import Browser


def test_a_set_is_written_to_once_or_says_what_was_taken(small_marts, tmp_path):
    with crowded(tmp_path, small_marts) as crowd:
        made = crowd.ask("tests.exchange.together_kit", "prepare")
        here = f"/echanges/{made['ask']}/ensemble/"
        acts = [(session, here, {"text": f"Message {n}"}) for n, session in enumerate(made["team"])]
        acts += [
            (session, f"/accords/{deal}/confirmer/", {"quantity": "40"}) for session, deal in made["rivals"]
        ]
        with crowd.site() as address:

            def fill(what):
                session, path, typed = what
                browser = Browser(address, session)
                form = {**browser.form(path), **typed}
                return lambda: [browser.open(path, form) for _ in range(2)]

            answers = all_at_once(acts, fill)
        kept = crowd.ask("tests.exchange.together_kit", "count")
    team, rivals = answers[:TEAM], answers[TEAM:]
    assert len(rivals) == RIVALS and sum(codes[0][0] == 302 for codes in rivals) == 1, (
        "the last of an offer goes once"
    )
    won = [codes for codes in team if codes[0][0] == 302]
    assert len(won) <= 1 and all(second[0] == 302 for _, second in won), (
        "sent again, it is what was sent already"
    )
    sets = len(set(kept["offers"]))
    assert kept == {"concluded": 1, "offers": kept["offers"], "messages": sets, "events": sets}
    assert len(kept["offers"]) == sets == (2 if won else 0), "one with each, or none"
    for number, codes in enumerate(team):
        for code, page in codes:
            if code != 302:
                said = html.unescape(page)
                assert code == 422 and f"Message {number}" in said
                why = ("déjà en cours", "n’est plus ouverte", "Il n’en reste plus pour ces jours-là")
                assert any(one in said for one in why), said[said.find("<main") :][:3000]
