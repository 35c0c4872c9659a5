"""Who may do what about values; deny by default."""

from __future__ import annotations

from horizon.actors.access import acts_for, is_operator
from horizon.values.models import Visit


def side_of(person: object, visit: Visit) -> str:
    """On which side of a visit somebody stands: `visitor`, `visited`, or neither (an empty string)."""
    if acts_for(person, visit.organization.whole):
        return "visited"
    return "visitor" if acts_for(person, visit.visitor.whole) else ""


def may_see(person: object, visit: Visit) -> bool:
    """A visit that both confirmed is public while what it read is published; else its two sides and operators see it."""
    return visit.public or is_operator(person) or bool(side_of(person, visit))


def may_answer(person: object, visit: Visit) -> bool:
    """Who accepts or declines: those who act for the side that was asked."""
    return visit.status == Visit.PROPOSED and acts_for(person, visit.asked)
