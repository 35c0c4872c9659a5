"""verify.py finds every tampering of an export, names its first bad line, and needs nothing but Python."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from horizon.kernel import sealing, verify
from horizon.kernel.journal import record_event
from horizon.kernel.verify import Altered

pytestmark = pytest.mark.django_db
SCRIPT = Path(verify.__file__)
ZEROS = "0" * 64


@pytest.fixture
def lines():
    """An export of 60 events under seals of 7, with accents, numbers and commitments."""
    draw = random.Random(5)
    for number in range(60):
        record_event(
            draw.choice(["create", "close", "publish"]),
            "organization",
            f"o{number}",
            actor=draw.choice(["visitor", "person:0a1b2c", "horizon publish"]),
            payload={"said": f"Café n° {number}", "n": [number, number / 8, None], "deep": {"é": {}}},
            private={"email": f"{number}@example.org"} if number % 9 == 0 else None,
        )
    while sealing.seal_batch(7):
        pass
    return list(sealing.export_lines())


def head(lines):
    return json.loads(lines[0])["head"]


def altered(lines, **options):
    """The complaint about these lines; fails when there is none."""
    with pytest.raises(Altered) as caught:
        verify.verify(lines, **options)
    return caught.value


def _by_newline(whole):
    """The lines of a file, as a file opened in binary gives them."""
    parts = whole.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def test_an_untouched_export_verifies(lines):
    found = verify.verify(lines, heads=[head(lines)], published=sealing.published_lines())
    assert (found.events, found.seals, found.head) == (60, 9, head(lines))
    assert found.last_seal_at == sealing.instant(sealing.last_seal().at)


def flip_a_byte(draw, lines):
    """Any bit pattern, anywhere: braces, spaces that appear, newlines, digits, letters, the header."""
    whole = bytearray(b"".join(lines))
    place = draw.randrange(len(whole))
    whole[place] ^= draw.randrange(1, 256)
    return _by_newline(bytes(whole)), b"".join(lines)[:place].count(b"\n") + 1


def drop_a_byte(draw, lines):
    whole = b"".join(lines)
    place = draw.randrange(len(whole))
    return _by_newline(whole[:place] + whole[place + 1 :]), whole[:place].count(b"\n") + 1


def insert_a_byte(draw, lines):
    """A space, a line end or anything else; before a twin of itself it makes the same file as after."""
    whole = b"".join(lines)
    place = draw.randrange(len(whole) + 1)
    added = draw.choice(
        [b" ", b"\n", b"\r", b"\t", b"0", b"\x00", b"\xef\xbb\xbf", bytes([draw.randrange(256)])]
    )
    return _by_newline(whole[:place] + added + whole[place:]), None


def remove_a_line(draw, lines):
    place = draw.randrange(len(lines))
    return lines[:place] + lines[place + 1 :], None


def swap_two_lines(draw, lines):
    one, other = draw.sample(range(len(lines)), 2)
    changed = list(lines)
    changed[one], changed[other] = changed[other], changed[one]
    return changed, min(one, other) + 1


def repeat_a_line(draw, lines):
    place = draw.randrange(len(lines))
    return lines[: place + 1] + lines[place:], place + 2


def truncate_anywhere(draw, lines):
    whole = b"".join(lines)
    return _by_newline(whole[: draw.randrange(len(whole))]), None


def change_a_value(draw, lines):
    """Still canonical JSON, with the old hash."""
    place = draw.choice([n for n, line in enumerate(lines) if b'"event"' in line])
    parsed = json.loads(lines[place])
    field = draw.choice(sorted(parsed["event"]))
    parsed["event"][field] = draw.choice([None, True, "", "x", [], 1, 1.0, {}])
    return [*lines[:place], _canonical(parsed), *lines[place + 1 :]], place + 1


def restyle_a_line(draw, lines):
    """The same value, written otherwise: what only a comparison of bytes can see."""
    place = draw.randrange(len(lines))
    parsed = json.loads(lines[place])
    style = draw.choice([
        {"separators": (", ", ":")}, {"separators": (",", ": ")}, {"ensure_ascii": False, "indent": 0},
    ])  # fmt: skip
    text = json.dumps(parsed, sort_keys=True, **{"separators": (",", ":"), **style}).replace("\n", " ")
    if text.encode() + b"\n" == lines[place]:
        text = text.replace('"', ' "', 1)
    return [*lines[:place], text.encode() + b"\n", *lines[place + 1 :]], place + 1


PLAIN = [
    flip_a_byte, drop_a_byte, insert_a_byte, remove_a_line, swap_two_lines, repeat_a_line, truncate_anywhere,
    change_a_value, restyle_a_line,
]  # fmt: skip


def truncate_and_hide_it(draw, lines):
    """The tail removed at a seal and the header written again: whole by itself, short of the published head."""
    seals = [n for n, line in enumerate(lines) if line.startswith(b'{"hash"')]
    return rebuild(lines[1 : draw.choice(seals[:-1]) + 1])


def rewrite_history(draw, lines):
    """One event changed, removed or added by somebody who computes every hash again."""
    kept = lines[1:]
    place = draw.choice([n for n, line in enumerate(kept) if b'"event"' in line])
    parsed = json.loads(kept[place])
    parsed["event"]["actor"] = "somebody else"
    how = draw.choice(["change", "remove", "add"])
    kept[place : place + 1] = {
        "change": [_canonical(parsed)],
        "remove": [],
        "add": [kept[place], _canonical(parsed)],
    }[how]
    return rebuild(kept)


def redate_a_seal(draw, lines):
    kept = lines[1:]
    place = draw.choice([n for n, line in enumerate(kept) if line.startswith(b'{"hash"')])
    parsed = json.loads(kept[place])
    parsed["seal"]["at"] = "2020-01-01T00:00:00.000000Z"
    kept[place] = _canonical(parsed)
    return rebuild(kept)


HIDDEN = [truncate_and_hide_it, rewrite_history, redate_a_seal]


def _canonical(parsed):
    return json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def rebuild(kept):
    """What a forger who knows the format would write: every position, hash and seal right, and the header too."""
    chain, position, number, first, made = ZEROS, 0, 0, 1, []
    for line in kept:
        parsed = json.loads(line)
        if "event" in parsed:
            position += 1
            chain = sealing.chained(chain, sealing.canonical(parsed["event"]))
            made.append(_canonical({"event": parsed["event"], "hash": chain, "position": position}))
        elif position >= first:
            number += 1
            seal = {**parsed["seal"], "number": number, "first": first, "last": position}
            chain, first = sealing.chained(chain, sealing.canonical(seal)), position + 1
            made.append(_canonical({"hash": chain, "seal": seal}))
    header = {"events": position, "format": sealing.FORMAT, "head": chain, "seals": number}
    return [_canonical(header), *made]


def attack(count, lines):
    """`count` seeded tamperings of every kind; returns how many were found."""
    found = 0
    whole, noted = b"".join(lines), head(lines)
    for seed in range(count):
        draw = random.Random(seed)
        kind = (PLAIN + HIDDEN)[seed % len(PLAIN + HIDDEN)]
        if kind in HIDDEN:
            changed = kind(draw, lines)
            verify.verify(changed)  # whole by itself: only what was published gives it away
            assert head(changed) != noted
            altered(changed, published=sealing.published_lines())
        else:
            changed, line = kind(draw, lines)
            assert b"".join(changed) != whole, (kind.__name__, seed)
            complaint = altered(changed)
            assert line is None or complaint.line == line, (kind.__name__, seed, str(complaint))
        altered(changed, heads=[noted])
        found += 1
    return found


def test_sixty_tamperings_are_found(lines):
    assert attack(60, lines) == 60


@pytest.mark.long
def test_a_thousand_tamperings_are_found(lines):
    assert attack(1000, lines) == 1000


def test_each_byte_of_a_small_export_counts(lines):
    """Every byte of the first lines and of the last, each changed in three ways: nothing goes unseen."""
    small = rebuild(lines[1:9])
    whole = b"".join(small)
    for place in range(len(whole)):
        for mask in (1, 0x20, 0x80):
            changed = bytearray(whole)
            changed[place] ^= mask
            assert altered(_by_newline(bytes(changed))).line == whole[:place].count(b"\n") + 1


EVENT = {
    "actor": "a", "at": "2026-11-24T10:00:00.000000Z", "id": 1, "payload": {}, "record_id": "r", "record_type": "t", "verb": "v",
}  # fmt: skip
SEAL = {"at": "2026-11-24T10:00:10.000000Z", "first": 1, "last": 1, "number": 1}


def forge(*items, positions=None, **header):
    """A file whose every hash is right, whatever the items say of themselves."""
    chain, made, position = ZEROS, [], 0
    for item in items:
        chain = sealing.chained(chain, sealing.canonical(item))
        if "verb" in item:
            position += 1
            told = positions[position - 1] if positions else position
            made.append(_canonical({"event": item, "hash": chain, "position": told}))
        else:
            made.append(_canonical({"hash": chain, "seal": item}))
    told = {"events": position, "head": chain, "seals": len(items) - position, **header}
    return [_canonical({"format": sealing.FORMAT, **told}), *made]


def test_what_the_forge_makes_is_whole_when_the_items_are():
    assert verify.verify(forge(EVENT, SEAL)).events == 1
    assert verify.verify(forge(EVENT, SEAL, EVENT, {**SEAL, "first": 2, "last": 2, "number": 2})).seals == 2


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (forge(EVENT, {**SEAL, "number": 2}), 3, "sceau 1 attendu"),
        (forge(EVENT, {**SEAL, "number": True}), 3, "sceau 1 attendu"),
        (forge(EVENT, {**SEAL, "first": 1.0}), 3, "ne ferme pas"),
        (forge(EVENT, EVENT, {**SEAL, "first": 2, "last": 2}), 4, "ne ferme pas"),
        (forge(EVENT, EVENT, SEAL), 4, "ne ferme pas"),
        (forge(EVENT, SEAL, {**SEAL, "first": 2, "number": 2}), 4, "aucun événement"),
        (forge(EVENT, {**SEAL, "more": 1}), 3, "champs"),
        (forge(EVENT, {**SEAL, "at": 1}), 3, "champs"),
        (forge({**EVENT, "more": 1}, SEAL), 2, "champs"),
        (forge({"verb": 1}, SEAL), 2, "champs"),
        (forge(EVENT, SEAL, positions=[True]), 2, "position 1"),
        (forge(EVENT, SEAL, positions=[1.0]), 2, "position 1"),
        (forge(EVENT, SEAL, positions=[2]), 2, "position 1"),
        (forge(EVENT, SEAL, EVENT, events=1), 4, "sans sceau"),
        (forge(EVENT), 2, "sans sceau"),
        (forge(EVENT, SEAL, seals=True), 1, "en-tête"),
        (forge(EVENT, SEAL, events=2), 1, "en-tête"),
        (forge(EVENT, SEAL, head=ZEROS), 1, "en-tête"),
        (forge(EVENT, SEAL, format="horizon-journal-2"), 1, "en-tête"),
        (forge(EVENT, SEAL, more=1), 1, "en-tête"),
        ([line.replace(b'"hash"', b' "hash"') if n == 2 else line for n, line in enumerate(forge(EVENT, SEAL))], 3, "canonique"),
        ([line.replace(b'"id"', b' "id"') if n == 1 else line for n, line in enumerate(forge(EVENT, SEAL))], 2, "canonique"),
        ([*forge(EVENT, SEAL), b"[]\n"], 4, "objet"),
        ([*forge(EVENT, SEAL), b"{}\n"], 4, "ni un événement, ni un sceau"),
        ([*forge(EVENT, SEAL), b"\n"], 4, "JSON"),
        ([*forge(EVENT, SEAL), b"[" * 100_000 + b"\n"], 4, "JSON"),
        ([], 1, "vide"),
    ],
)  # fmt: skip
def test_a_file_with_right_hashes_and_a_wrong_form_is_refused(lines, line, words):
    complaint = altered(lines)
    assert complaint.line == line and words in str(complaint)


def test_a_head_noted_long_ago_is_found_in_a_longer_journal(lines):
    noted = head(lines)
    record_event("create", "organization", "more", actor="test")
    sealing.seal_committed()
    longer = list(sealing.export_lines())
    assert verify.verify(longer, heads=[noted, head(longer)]).events == 61
    assert "fin manque" in str(altered(lines, heads=[head(longer)]))
    assert "fin manque" in str(altered(lines, published=sealing.published_lines()))


def test_a_published_list_that_says_otherwise_is_refused(lines):
    published = list(sealing.published_lines())
    number, at, first, last, hash_ = published[3].split()
    for lie in (
        f"{number} {at} {first} {last} {'0' * 64}\n", f"{number} {at} {first}1 {last} {hash_}\n",
        f"{number} 2020-01-01T00:00:00.000000Z {first} {last} {hash_}\n",
    ):  # fmt: skip
        assert "liste publiée" in str(altered(lines, published=[*published[:3], lie, *published[4:]]))


def run(*arguments):
    """The script alone, with a Python that sees nothing of this project."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line(lines, tmp_path):
    export, listing = tmp_path / "journal.jsonl", tmp_path / "sceaux.txt"
    export.write_bytes(b"".join(lines))
    listing.write_text("".join(sealing.published_lines()))
    plain = run(export)
    assert plain.returncode == 0 and "Intact : 60 événements, 9 sceaux" in plain.stdout
    assert "Comparé à lui-même seulement" in plain.stdout
    noted = run(export, "--head", head(lines).upper(), "--seals", listing)
    assert noted.returncode == 0 and f"retrouvée : {head(lines)}" in noted.stdout
    assert "Comparé à lui-même" not in noted.stdout

    missing = run(export, "--head", "a" * 64)
    assert missing.returncode == 1 and "n’est celle d’aucun sceau" in missing.stdout
    export.write_bytes(b"".join([*lines[:4], lines[4].replace(b"Caf", b"caf"), *lines[5:]]))
    changed = run(export)
    assert changed.returncode == 1 and "ALTÉRÉ, ligne 5 :" in changed.stdout
    export.write_bytes(b"")
    assert run(export).returncode == 1
    for wrong in ([tmp_path / "nowhere"], [export, "--head", "abc"], [export, "--seals", export.parent], []):
        assert run(*wrong).returncode == 2
    listing.write_text("1 2 3\n")
    assert run(export, "--seals", listing).returncode == 2


def test_it_stands_alone_and_is_short():
    text = SCRIPT.read_text()
    assert "horizon." not in text.replace("horizon journal", "") and "import django" not in text
    assert len(text.splitlines()) <= 300
