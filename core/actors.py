"""Who acts: a staff member, an API key, a user with an access token, or the program itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `kind` is one of API_KEY, STAFF, SYSTEM, USER; `id` its public id; `roles` what it may do.

    A USER is named `<issuer code>/<sub>`: never a member of the staff, and never by an e-mail address.
    """

    kind: str
    id: str
    roles: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


SYSTEM = Actor("SYSTEM", "holdfast")
