"""What a table of roles answers: who may do what, and which roles exclude each other. Pure; nothing is read here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PEOPLE = "staff."


@dataclass(frozen=True, slots=True)
class Role:
    """`permissions` beyond the one that opens the console, which every role has. One that `stands_alone` excludes every
    other."""

    code: str
    title: str
    purpose: str
    permissions: frozenset[str]
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`pairs` are (making, checking) permissions nobody has together; `money` the verbs that move money or decide
    about it, which nobody has together with a verb over people."""

    roles: Mapping[str, Role]
    pairs: tuple[tuple[str, str], ...]
    money: frozenset[str]

    def grants(self, codes: Iterable[str], permission: str) -> bool:
        """Whether any of the roles allows it. An unknown role allows nothing."""
        accepted = covering(permission)
        return any(self.roles[code].permissions & accepted for code in codes if code in self.roles)

    def reaches(self, codes: Iterable[str], app: str) -> bool:
        """Whether any of the roles allows anything in the app."""
        return any(
            permission.partition(".")[0] in (app, "*")
            for code in codes
            if code in self.roles
            for permission in self.roles[code].permissions
        )

    def conflict(self, codes: Iterable[str]) -> str:
        """Why one person cannot hold these roles together; empty when they can."""
        held = sorted(set(codes))
        for code in held:
            if code not in self.roles:
                return f"There is no role {code}."
            if self.roles[code].stands_alone and len(held) > 1:
                return f"{self.roles[code].title} cannot be combined with another role."
        return self.mixture(frozenset().union(*(self.roles[code].permissions for code in held)))

    def mixture(self, permissions: frozenset[str]) -> str:
        """Why one person cannot have all these permissions; empty when they can."""
        for making, checking in self.pairs:
            if {making, checking} <= permissions:
                return f"One person would both make and check: {making} and {checking}."
        if (people := sorted(filter(is_power_over_people, permissions))) and (
            money := sorted(permissions & self.money)
        ):
            return f"Power over people and over money would meet: {people[0]} and {money[0]}."
        return ""


def covering(permission: str) -> set[str]:
    """Every entry of a role that allows it: itself, and for views the patterns."""
    app, _, verb = permission.partition(".")
    return {permission, f"{app}.view_*", "*.view_*"} if verb.startswith("view_") else {permission}


def is_power_over_people(permission: str) -> bool:
    return permission.startswith(PEOPLE) and not permission.startswith(f"{PEOPLE}view_")
