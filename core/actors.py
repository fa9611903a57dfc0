"""Who acts: a staff member, an API key, or the program itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `kind` is one of API_KEY, STAFF, SYSTEM; `id` its public id; `roles` what it may do."""

    kind: str
    id: str
    roles: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


SYSTEM = Actor("SYSTEM", "holdfast")
