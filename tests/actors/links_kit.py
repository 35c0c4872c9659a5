"""Small acts that the tests of links share."""

from horizon.actors.models import Organization
from horizon.actors.services import links


def organization(number: int = 0) -> Organization:
    return Organization.objects.filter(
        kind=Organization.REGISTER, canonical=None, entry__active=True
    ).order_by("pk")[number]


def a_link(one=0, other=1, relation="supplies", **more):
    """A declared link between the structures of these ranks."""
    return links.declare_link(organization(one), relation, organization(other), actor="test", **more)


def a_sure_link(one=0, other=1, relation="supplies", **more):
    """The same, confirmed by the other."""
    return links.answer_link(a_link(one, other, relation, **more), True, actor="test")
