"""What a user may reach of an operation: decided here, by what the view declares for each of its methods.

    owned_by = {
        "GET": Rows(customer="customer__party_id", provider="provider__party_id"),
        "POST": Named(customer="customerId"),
    }

A method that declares nothing is closed to users. Admins reach everything of their mode but what is CLOSED; customers
and providers what is theirs, through the column named for their standing, and nothing where none is named. What belongs
to others does not exist for them: it is not in lists, and its id answers as an id that nobody has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from core.errors import FieldError, Refusal
from core.oidc.enums import Standing
from core.oidc.users import User

M = TypeVar("M", bound=Model)


class NotForUsers(Refusal):
    """The operation is not for a user of this standing: it needs an API key, or an administrator."""

    code = "NOT_FOR_USERS"
    status = 403
    title = "Users may not do this"


class UserHasNoParty(Refusal):
    """The access token is good, and nobody has said which customer or provider its user is."""

    code = "USER_HAS_NO_PARTY"
    status = 403
    title = "The user is no party here"


class NotYourOwn(Refusal):
    """The request names a party that the user is not."""

    code = "NOT_YOUR_OWN"
    status = 403
    title = "Users act for themselves only"


@dataclass(frozen=True, slots=True)
class Call:
    """What a request names: `variables` in its path, and the JSON object `body`."""

    variables: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """The base: `customer` and `provider` say where the party of such a user stands; empty closes it to them."""

    customer: str = ""
    provider: str = ""

    def admit(self, user: User, call: Call) -> None:  # noqa: ARG002 (others look at the call)
        """Before the operation runs. Raises the refusals above."""
        if user.standing != Standing.ADMIN:
            self._place(user)

    def narrow(self, rows: QuerySet[M], user: User) -> QuerySet[M]:
        """Those of a list that are the user's. Nothing, unless the declaration says which."""
        return rows if user.standing == Standing.ADMIN else rows.none()

    def callers(self) -> dict[str, str]:
        """For the description: what each standing reaches."""
        reach = {Standing.CUSTOMER: self.customer, Standing.PROVIDER: self.provider}
        return {standing.value: "own" for standing, place in reach.items() if place} | {Standing.ADMIN.value: "all"}

    def _place(self, user: User) -> tuple[str, str]:
        place = {Standing.CUSTOMER: self.customer, Standing.PROVIDER: self.provider}.get(user.standing, "")
        if not place:
            raise NotForUsers
        if user.party_id is None:
            raise UserHasNoParty
        return place, user.party_id


class _Closed(Owner):
    def admit(self, user: User, call: Call) -> None:  # noqa: ARG002 (the same for everybody)
        raise NotForUsers("This operation needs an API key.")

    def narrow(self, rows: QuerySet[M], user: User) -> QuerySet[M]:  # noqa: ARG002 (the same for everybody)
        return rows.none()

    def callers(self) -> dict[str, str]:
        return {}


CLOSED = _Closed()
"""To users of every standing: API keys only."""
ADMINS = Owner()
"""To customers and providers."""


@dataclass(frozen=True, slots=True)
class Rows(Owner):
    """A list. The lookups lead from a row to the party's id, by a foreign key (`customer__party_id`) or without."""

    def narrow(self, rows: QuerySet[M], user: User) -> QuerySet[M]:
        if user.standing == Standing.ADMIN:
            return rows
        lookup, party_id = self._place(user)
        first, _, rest = lookup.partition("__")
        if not rest:
            return rows.filter(**{lookup: party_id})
        parties: Any = rows.model._meta.get_field(first).related_model
        # As one value, found first, so that an index on (party, created_at) also gives the order.
        party = parties._default_manager.filter(livemode=user.livemode, **{rest: party_id}).values("pk")[:1]
        return rows.filter(**{first: party})


@dataclass(frozen=True, slots=True, kw_only=True)
class One(Rows):
    """An object named in the path. `rows` gives those of a mode, `variable` of the path is its `key` column.

    What makes it somebody's (the party columns) never changes, so the operation may find it again by itself.
    """

    rows: Callable[..., QuerySet[Any]]
    variable: str
    key: str
    missing: type[Refusal]

    def admit(self, user: User, call: Call) -> None:
        if user.standing == Standing.ADMIN:
            return
        self._place(user)
        named = self.rows(livemode=user.livemode).filter(**{self.key: call.variables[self.variable]})
        if not self.narrow(named, user).exists():
            raise self.missing


@dataclass(frozen=True, slots=True)
class Named(Owner):
    """A request that names the party itself, in a field of its body that must be there."""

    def admit(self, user: User, call: Call) -> None:
        if user.standing == Standing.ADMIN:
            return
        field, party_id = self._place(user)
        if call.body.get(field) != party_id:
            raise NotYourOwn(errors=(FieldError(f"/{field}", "must be your own party id"),))
