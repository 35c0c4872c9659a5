"""What each room declares and the desk, the privacy pages and the worker read, so that rooms need not know each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from horizon.kernel.refusal import Refused


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for somebody (ce qui m’attend). `actions` maps a POST verb to its French label.

    `before` and `after` are shown side by side under `sides`; things with the same `alike` may be answered together. A room that
    offers actions also answers the verb `undo`. `urgent` is late; `now` is a person at the end of a telephone.
    """

    key: str
    room: str
    title: str
    since: datetime
    href: str
    detail: str = ""
    before: str = ""
    after: str = ""
    alike: str = ""
    sides: tuple[str, str] = ("Aujourd’hui", "Proposé")
    actions: dict[str, str] = field(default_factory=dict)
    urgent: bool = False
    now: bool = False


@dataclass(frozen=True)
class PersonalData:
    """What a room keeps of people who enter: `rows` are the models that point to a person, `identifies` gives words by which
    somebody is known here beside their name and address (a telephone)."""

    export: Callable[[Any], object]
    erase: Callable[[Any], None]
    rows: tuple[str, ...] = ()
    identifies: Callable[[Any], Iterable[str]] | None = None


Waits = Callable[[Any], Iterable[Waiting]]
Answered = Callable[[Any, datetime], Iterable[Waiting]]
Act = Callable[[str, str, Any], str]
BOTH = ("accept", "refuse")
_waiting: dict[str, tuple[Waits, Act | None, frozenset[str]]] = {}
_answered: dict[str, Answered] = {}
_personal: dict[str, PersonalData] = {}
_published_phones: list[Callable[[Any], Iterable[str]]] = []


def declare_waiting(
    room: str,
    waits: Waits,
    act: Act | None = None,
    *,
    verbs: tuple[str, ...] = BOTH,
    answered: Answered | None = None,
) -> None:
    """A room says what waits for a person; `act(verb, key, person)` does one action and returns what was done.

    `verbs` are the answers that it takes without its page, beside `undo`; `act` is called with no other. `answered(person, since)`
    gives what had its answer since then and that `undo` undoes, each dated by its answer.
    """
    _waiting[room] = (waits, act, frozenset({*verbs, "undo"}))
    if answered:
        _answered[room] = answered


def waiting_for(person: object) -> list[Waiting]:
    """Everything that waits for a person: who must be called now, what is late, then the oldest first."""
    found = [item for waits, *_ in _waiting.values() for item in waits(person)]
    return sorted(found, key=lambda item: (not item.now, not item.urgent, item.since, item.key))


def answered_for(person: object, since: datetime) -> list[Waiting]:
    """Everything that had its answer since then and that this person may undo, the latest first."""
    found = [item for answered in _answered.values() for item in answered(person, since)]
    return sorted(found, key=lambda item: (item.since, item.room, item.key), reverse=True)


def act_on(room: str, verb: str, key: str, person: object) -> str:
    """Does one action on one item and says what was done. Raises KeyError for an unknown room, Refused for an answer that
    the room takes on its own page alone."""
    _, act, verbs = _waiting[room]
    if act is None:
        raise KeyError(room)
    if verb not in verbs:
        raise Refused("Cette réponse se donne sur sa page : ouvrez-la.")
    return act(verb, key, person)


@dataclass(frozen=True)
class Content:
    """Something that somebody wrote and others read (contenu): what it is called, its words, where it is shown, to whom.

    `readers` says whether somebody reads it; None: everybody does.
    """

    kind: str
    text: str
    href: str
    readers: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class ContentKind:
    """How a room reads its contents, takes one away for a reason, and puts it back.

    `read` gives those of these keys that are public, or all that are still there, in as many queries for one as for many;
    `authors` gives the addresses of those who wrote it, to tell them why. `put_back` raises Refused when it can no longer be.
    `bar` keeps from coming back what its author has withdrawn already.
    """

    read: Callable[[Collection[str], bool], dict[str, Content]]
    take_away: Callable[[str, str, str], object]
    put_back: Callable[[str, str], object]
    authors: Callable[[str], Iterable[str]]
    bar: Callable[[str, str, str], object] | None = None

    def find(self, key: str) -> Content | None:
        """A content that is public."""
        return self.read([key], True).get(key)

    def recall(self, key: str) -> Content | None:
        """A content, taken away or not."""
        return self.read([key], False).get(key)


_contents: dict[str, ContentKind] = {}


def declare_content(record_type: str, kind: ContentKind) -> None:
    """A room says that its records may be reported (signaler un contenu)."""
    _contents[record_type] = kind


def content_kinds() -> tuple[str, ...]:
    """Every kind that may be reported."""
    return tuple(sorted(_contents))


def content_kind(record_type: str) -> ContentKind | None:
    """How to treat a kind of content; None when no room declared it."""
    return _contents.get(record_type)


_contestable: list[Callable[[str], set[str]]] = []


def declare_contestable(find: Callable[[str], set[str]]) -> None:
    """The room that receives reports says which records of a kind must be kept, because a decision may still change."""
    _contestable.append(find)


def contestable(record_type: str) -> set[str]:
    """The records of a kind whose report waits, or was decided lately enough to be contested."""
    return set().union(*(find(record_type) for find in _contestable))


@dataclass(frozen=True)
class Aside:
    """What another room shows beside a record: a title, rows of (address, name, why), and where it comes from."""

    title: str
    rows: tuple[tuple[str, str, str], ...]
    source: str = ""
    empty: str = ""
    anchor: str = ""


_beside: dict[str, list[Callable[[Any], Aside | None]]] = {}


def declare_beside(record_type: str, show: Callable[[Any], Aside | None]) -> None:
    """A crossing says what it shows beside the records of a room, which need not know it."""
    _beside.setdefault(record_type, []).append(show)


def beside(record_type: str, record: object) -> list[Aside]:
    """What other rooms show beside a record."""
    return [aside for show in _beside.get(record_type, ()) if (aside := show(record)) is not None]


@dataclass(frozen=True)
class Cell:
    """One cell of a table, with the address that it leads to, if any."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Table:
    """What another room shows in the middle of a record: rows under a head, where they come from, addresses to go on.

    `acts` are for those who may change the record. `near` names the part of the record that it is shown beside, if any.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    source: str = ""
    links: tuple[tuple[str, str], ...] = ()
    acts: tuple[tuple[str, str], ...] = ()
    near: str = ""


_filed: dict[str, list[Callable[[Any], str]]] = {}


def declare_filed(record_type: str, say: Callable[[Any], str]) -> None:
    """A room says in a few words what it keeps filed under a record of another room (« 3 besoins »); empty when nothing is."""
    _filed.setdefault(record_type, []).append(say)


def filed_under(record_type: str, record: object) -> list[str]:
    """What every room keeps filed under a record: while something is, the record may not go."""
    return [said for say in _filed.get(record_type, ()) if (said := say(record))]


Finder = Callable[[str], list[tuple[str, str]]]
_finders: list[Finder] = []


def declare_structures_named(find: Finder) -> None:
    """A room says which structures somebody may mean by a few words or the address of a page: (public id, name and place)."""
    _finders.append(find)


def structures_named(words: str) -> list[tuple[str, str]]:
    """The structures that somebody may mean, each once."""
    return list(dict(one for find in _finders for one in find(words)).items())


@dataclass(frozen=True)
class Narrowing:
    """One way to narrow a list of structures that the room of the list does not know: `named` as in the address, `choices` of
    (code, label), `organizations` the ids of those of one code, to use as a subquery."""

    named: str
    label: str
    choices: Callable[[], Iterable[tuple[str, str]]]
    organizations: Callable[[str], Any]


_narrowings: list[Narrowing] = []


def declare_narrowing(*ways: Narrowing) -> None:
    """A room says how structures may be chosen by what it knows of them."""
    _narrowings.extend(ways)


def narrowings() -> tuple[Narrowing, ...]:
    """Every way declared."""
    return tuple(_narrowings)


_tables: dict[str, list[Callable[[Any], Table]]] = {}


def declare_table(record_type: str, show: Callable[[Any], Table]) -> None:
    """A crossing says which table it shows in the records of a room, which need not know it."""
    _tables.setdefault(record_type, []).append(show)


def tables(record_type: str, record: object) -> list[Table]:
    """The tables that other rooms show in a record."""
    return [show(record) for show in _tables.get(record_type, ())]


def declare_personal_data(
    room: str, export: Callable[[Any], object], erase: Callable[[Any], None], *, rows: tuple[str, ...] = (),
    identifies: Callable[[Any], Iterable[str]] | None = None,
) -> None:  # fmt: skip
    """A room says what it keeps of a person, and how it lets go."""
    _personal[room] = PersonalData(export, erase, rows, identifies)


def declare_published_phones(phones: Callable[[Any], Iterable[str]]) -> None:
    """A room says which telephones it publishes as those of structures, beside what a person themselves wrote."""
    _published_phones.append(phones)


def published_phones(person: object) -> list[str]:
    """The telephones of structures: who types one as theirs takes it out of nothing."""
    return [phone for phones in _published_phones for phone in phones(person)]


_published_addresses: list[Callable[[Collection[int]], Mapping[int, str]]] = []


def declare_published_addresses(addresses: Callable[[Collection[int]], Mapping[int, str]]) -> None:
    """A room says which functional e-mail address it publishes for structures, by their ids."""
    _published_addresses.append(addresses)


def published_addresses(organizations: Collection[int]) -> dict[int, str]:
    """The functional address of each structure that publishes one."""
    return {pk: email for find in _published_addresses for pk, email in find(organizations).items()}


_unnamed: list[Callable[[], Collection[int]]] = []


def declare_unnamed(find: Callable[[], Collection[int]]) -> None:
    """A room says whose name is shown on pages and not given in files, for its licence: the ids of these structures."""
    _unnamed.append(find)


def unnamed_structures() -> frozenset[int]:
    """The ids of the structures that a file names by their public id alone."""
    return frozenset(pk for find in _unnamed for pk in find())


def personal_data() -> dict[str, PersonalData]:
    """What every room declared."""
    return dict(sorted(_personal.items()))


def export_personal_data(person: object) -> dict:
    """What every room keeps of a person, as plain values."""
    return {room: declared.export(person) for room, declared in sorted(_personal.items())}


def words_that_name(person: object) -> list[str]:
    """What every room knows somebody by, beside their name and address."""
    return [w for one in _personal.values() if one.identifies for w in one.identifies(person)]


def erase_personal_data(person: object) -> None:
    """Every room lets go of a person."""
    for declared in _personal.values():
        declared.erase(person)
