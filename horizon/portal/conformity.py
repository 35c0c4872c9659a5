"""What the site may say of its accessibility (RGAA): only an audit gives a rate; without one, the law's word is « non conforme »."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings

WORDS = {"full": "totalement conforme", "partly": "partiellement conforme", "not": "non conforme"}


@dataclass(frozen=True)
class Conformity:
    """The rate of an audit, its day, who made it; `rate` is None when there was none."""

    rate: float | None = None
    on: date | None = None
    by: str = ""

    @property
    def word(self) -> str:
        """The word that the law asks for: all criteria, half of them at least, or less."""
        if self.rate is None or self.rate < 50:
            return WORDS["not"]
        return WORDS["full"] if self.rate >= 100 else WORDS["partly"]


def conformity() -> Conformity:
    """What `HORIZON_RGAA_AUDIT` says: « 82,5 2027-03-01 Cabinet Untel »; anything else counts as no audit."""
    parts = settings.RGAA_AUDIT.split(maxsplit=2)
    try:
        rate, on = float(parts[0].rstrip("%").replace(",", ".")), date.fromisoformat(parts[1])
    except (IndexError, ValueError):
        return Conformity()
    return Conformity(rate, on, parts[2] if len(parts) > 2 else "") if 0 <= rate <= 100 else Conformity()
