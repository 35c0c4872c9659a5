"""An offer and an ask as plain values, and the hard facts between them: kinds, law, days, terms, distance, quantity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from horizon.engine.distance import distance_km
from horizon.engine.pairing.days import DAYS, weekdays

GOODS, EQUIPMENT, MATERIALS, SERVICE, SKILLS, HELP, SPACE, STAFF = (
    "goods", "equipment", "materials", "service", "skills", "help", "space", "staff"
)  # fmt: skip
KINDS = (GOODS, EQUIPMENT, MATERIALS, SERVICE, SKILLS, HELP, SPACE, STAFF)
LOAN, PRICE, GIFT, SWAP, LOCAL = "loan", "price", "gift", "swap", "local_currency"
TERMS = (GIFT, LOAN, SWAP, PRICE, LOCAL)
COMPANY, PERSON = "company", "person"
# How far one goes for it, in km: a choice of the house, said on the methods page.
FAR = {GOODS: 25, EQUIPMENT: 25, MATERIALS: 25, SERVICE: 40, SKILLS: 40, HELP: 25, SPACE: 25, STAFF: 40}
_NEAR_KINDS = [{GOODS, EQUIPMENT}, {GOODS, MATERIALS}, {SERVICE, SKILLS}, {SERVICE, HELP}, {SKILLS, HELP}]
LEAST = 0.1


@dataclass(frozen=True)
class Side:
    """An offer or an ask as plain values. `lat`, `lon` in degrees; `quantity` in `unit`; days may be open (None).

    `quantity` is what is left of `total`, when some of it was promised; `back`: what is lent comes back, for other days.
    """

    key: str
    title: str
    text: str = ""
    kind: str = ""
    who: str = ""
    holder: str = ""
    quantity: float | None = None
    unit: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    since: date | None = None
    until: date | None = None
    terms: frozenset[str] = frozenset()
    confirmed: date | None = None
    deals: int = 0
    total: float | None = None
    back: bool = False


def missing_facts(ask: Side, offer: Side) -> list[str]:
    """What keeps an offer from being used, each in a few French words; nothing when it may be."""
    km = distance(ask, offer)
    said = (
        _left(ask, offer),
        _law(ask, offer),
        _days(ask, offer),
        _weekdays(ask, offer),
        _terms(ask, offer),
        _far(ask, offer, km),
    )
    return [one for one in said if one]


def usable(ask: Side, offer: Side) -> bool:
    """Whether no fact keeps an offer from being used, and at least a tenth of the quantity is there."""
    covers = covered(ask, offer)
    return not missing_facts(ask, offer) and (covers is None or covers >= LEAST)


def kinship(asked: str, offered: str) -> float:
    """How near two kinds are, from 0.75 to 1; unsaid kinds are no obstacle."""
    if not asked or not offered or asked == offered:
        return 1.0
    return 0.92 if {asked, offered} in _NEAR_KINDS else 0.75


def _left(ask: Side, offer: Side) -> str:
    if offer.quantity is None or offer.quantity > 0:
        return ""
    if offer.back and ask.since is None and ask.until is None:
        return "tout est prêté, sans date de retour"
    return "tout est déjà réservé pour ces jours-là" if offer.back else "il n’en reste plus"


def _law(ask: Side, offer: Side) -> str:
    """Volunteers never for a company; staff is lent without profit only (Code du travail, L. 8241-1, L. 8241-2)."""
    if ask.who == COMPANY and HELP in {ask.kind, offer.kind}:
        return "l’aide bénévole ne va jamais à une entreprise"
    if offer.kind == STAFF and ask.who == PERSON:
        return "le personnel se prête entre structures seulement"
    return ""


def _days(ask: Side, offer: Side) -> str:
    if offer.until and ask.since and offer.until < ask.since:
        return f"l’offre s’arrête le {offer.until:%d/%m/%Y}"
    if offer.since and ask.until and offer.since > ask.until:
        return f"l’offre commence le {offer.since:%d/%m/%Y}"
    if (
        offer.until
        and ask.until
        and offer.until < ask.until
        and offer.kind in {EQUIPMENT, SPACE}
        and ask.since
    ):
        return f"l’offre s’arrête le {offer.until:%d/%m/%Y}"
    return ""


def _weekdays(ask: Side, offer: Side) -> str:
    offered = weekdays(f"{offer.title} . {offer.text}")
    if not offered:
        return ""
    wanted = weekdays(f"{ask.title} . {ask.text}") or _days_between(ask.since, ask.until)
    if not wanted or wanted & offered:
        return ""
    return "proposée le " + ", le ".join(DAYS[day] for day in sorted(offered))


def _days_between(since: date | None, until: date | None) -> frozenset[int]:
    if since is None or until is None or (until - since).days > 5:
        return frozenset()
    return frozenset((since + timedelta(days=n)).weekday() for n in range((until - since).days + 1))


def _terms(ask: Side, offer: Side) -> str:
    if ask.terms and offer.terms and not ask.terms & offer.terms:
        return "les conditions ne se rejoignent pas"
    return ""


def _far(ask: Side, offer: Side, km: float | None) -> str:
    limit = FAR.get(offer.kind, 25)
    return f"à {km:.0f} km" if km is not None and km > limit else ""


def distance(ask: Side, offer: Side) -> float | None:
    if ask.lat is None or ask.lon is None or offer.lat is None or offer.lon is None:
        return None
    return distance_km(ask.lat, ask.lon, offer.lat, offer.lon)


def covered(ask: Side, offer: Side) -> float | None:
    """The share of the quantity that the offer holds; None when the two are not counted alike."""
    if not ask.quantity or offer.quantity is None or ask.unit != offer.unit:
        return None
    return min(offer.quantity / ask.quantity, 1.0)
