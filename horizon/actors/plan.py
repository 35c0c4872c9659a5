"""The poles as they are today, over the codes that entries carry: those of the founding plan, whatever was renamed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from horizon.actors.models import Pole, PoleChange
from horizon.engine.labels import POLES


@dataclass(frozen=True)
class Plan:
    """`names` of every pole; `open` those that are, in their order; `before` and `after`: what each came from and became, itself
    left out, however many steps away."""

    names: dict[str, str]
    open: dict[str, str]
    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]

    def carried(self, codes: Iterable[str]) -> tuple[str, ...]:
        """These codes, and the poles that they became: a structure filed under a pole that was split is in both halves."""
        found = dict.fromkeys(codes)
        for code in list(found):
            found |= dict.fromkeys(self.after.get(code, ()))
        return tuple(found)

    def held(self, code: str) -> tuple[str, ...]:
        """The codes that a structure of this pole may carry."""
        return (code, *self.before.get(code, ()))

    def name(self, code: str) -> str:
        """The name that the pole has today, and what it became."""
        name, became = self.names.get(code, code), self._became(code)
        return f"{name} (aujourd’hui : {became})" if became else name

    def choices(self) -> list[tuple[str, str]]:
        """The open poles, then those that closed and that something may still be filed under."""
        closed = [(code, self.name(code)) for code in self.names if code not in self.open]
        return [*self.open.items(), *closed]

    def said_of(self, code: str) -> str:
        """Why a selection by this pole shows what it shows; empty when there is nothing to say."""
        if code not in self.names:
            return ""
        if code not in self.open:
            became = self._became(code)
            return f"Le pôle « {self.names[code]} » a fermé" + (
                f", il se poursuit : {became}." if became else "."
            )
        before = [f"« {self.names[one]} »" for one in self.before[code]]
        if not before:
            return ""
        return f"« {self.names[code]} » vient de {' et de '.join(before)} : les structures rangées sous ce nom sont montrées."

    def _became(self, code: str) -> str:
        return " et ".join(f"« {self.open[one]} »" for one in self.after.get(code, ()) if one in self.open)


def plan(stamp: int | None = None) -> Plan:
    """The poles today; `stamp` is that of their last change when it is known. One query, three when something changed."""
    return _read(last_change() if stamp is None else stamp)


def last_change() -> int:
    """What grows whenever a pole is opened, renamed, split, merged or reopened."""
    return PoleChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def with_last_change(rows: QuerySet) -> QuerySet:
    """These rows with that stamp on each, so that reading it costs no query of its own."""
    last = PoleChange.objects.order_by("-pk").values("pk")[:1]
    return rows.annotate(poles_stamp=Coalesce(Subquery(last), 0))


@lru_cache(maxsize=2)
def _read(stamp: int) -> Plan:
    poles = list(Pole.objects.all())
    codes = {pole.pk: pole.code for pole in poles}
    steps: dict[str, list[str]] = {code: [] for code in (*POLES, *codes.values())}
    back: dict[str, list[str]] = {code: [] for code in steps}
    links = Pole.successors.through.objects.order_by(
        "to_pole__rank", "to_pole__code", "from_pole__rank", "pk"
    )
    for origin, target in links.values_list("from_pole_id", "to_pole_id"):
        steps[codes[origin]].append(codes[target])
        back[codes[target]].append(codes[origin])
    return Plan(
        {pole.code: pole.name for pole in poles} or dict(POLES),
        {pole.code: pole.name for pole in poles if pole.closed_at is None} if poles else dict(POLES),
        {code: _reached(code, back) for code in back},
        {code: _reached(code, steps) for code in steps},
    )


def _reached(code: str, steps: dict[str, list[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(steps[code])
    while waiting:
        one = waiting.pop(0)
        if one not in found and one != code:
            found[one] = None
            waiting += steps[one]
    return tuple(found)


def heir(pole: Pole | None) -> Pole | None:
    """The pole itself while it is open, else the only one that it leads to; None when there is none, or several."""
    seen: set[int] = set()
    while pole is not None and pole.closed_at is not None and pole.pk not in seen:
        seen.add(pole.pk)
        became = list(pole.successors.all()[:2])
        pole = became[0] if len(became) == 1 else None
    return pole if pole is not None and pole.closed_at is None else None


def forget() -> None:
    """Drops what is kept in memory, between tests."""
    _read.cache_clear()
