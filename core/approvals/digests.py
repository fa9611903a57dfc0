"""What a signature covers, as one canonical text, and how two such texts differ. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.approvals.actions import Content
from core.audit.chain import JSON, details_text


class Change(NamedTuple):
    """`path` like `version.legs[0].amountMinor`; None stands for what is not there."""

    path: str
    before: JSON
    after: JSON


def covered(
    *, action: str, subject: str, given: Mapping[str, JSON], asked_by: str, reason: str, content: Content
) -> str:
    """Canonical JSON of everything a signer agrees to. Raises NotCanonical for floats and foreign objects.

    `signers` is in it only where they are named: what was covered before there were any keeps its digest.
    """
    named = {} if content.signers is None else {"signers": sorted(person.lower() for person in content.signers)}
    return details_text(
        {
            "action": action,
            "subject": subject,
            "given": given,
            "askedBy": asked_by,
            "reason": reason,
            "summary": content.summary,
            "version": content.version,
            "evidence": content.evidence,
            "facts": content.facts,
            "people": sorted(person.lower() for person in content.people),
            "parties": sorted(content.parties),
            **named,
        }
    )


def digest(text: str) -> str:
    """SHA-256 in hexadecimal; the database compares it with the text it stores."""
    return hashlib.sha256(text.encode()).hexdigest()


def difference(before: JSON, after: JSON) -> list[Change]:
    """Every leaf that differs, in the order of paths."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return [
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if path not in old or path not in new or old[path] != new[path]
    ]


def leaves(value: JSON, path: str = "") -> Iterator[tuple[str, JSON]]:
    """Every value that is no object and no list, with its path. An empty object or list counts as a value."""
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from leaves(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple) and value:
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path, value
