"""Who acts when a command is typed at a terminal."""

import getpass

from core.actors import Actor


def at_terminal() -> Actor:
    """The machine's account name: a command has no login of its own."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return Actor("SYSTEM", f"terminal:{name}"[:120])
