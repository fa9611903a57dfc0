"""Values with a meaning for the wire."""

from typing import Any


class Verbatim(dict[str, Any]):
    """A dict whose names are not ours to rename: a client's metadata, an answer stored earlier."""
