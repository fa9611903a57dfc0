"""Names of seats as people read them."""

from core.approvals.policy import Seat
from core.staff import roles


def seat_title(seat: Seat) -> str:
    """A role by its title, a permission by the titles of the roles that have it."""
    if seat.kind == "role":
        return roles.ROLES[seat.name].title if seat.name in roles.ROLES else seat.name
    titles = sorted(role.title for role in roles.ROLES.values() if roles.grants([role.code], seat.name))
    return " / ".join(titles) or seat.name
