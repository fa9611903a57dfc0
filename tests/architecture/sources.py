"""The product's own source files, parsed: what the architecture tests look at."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "core", "ledger", "compliance", "fraud", "ach", "payments", "escrow", "ops")
# From the ground up. An app may know what stands before it.
LAYERS = ("core", "ledger", "compliance", "fraud", "ach", "payments", "escrow", "ops")


class Source(NamedTuple):
    """`path` is relative to the root of the repository."""

    path: str
    tree: ast.Module


@cache
def every() -> tuple[Source, ...]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name:
                found.append(parse(name, path.read_text()))
    return tuple(found)


def parse(path: str, text: str) -> Source:
    return Source(path, ast.parse(text))


def imported(source: Source) -> Iterator[str]:
    """Every dotted name a file imports, at any depth: `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(source: Source) -> Iterator[str]:
    """Every call as it is written, for example `clock.now`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def is_service(path: str) -> bool:
    return "/services/" in path or path.endswith(("/services.py", "/sealing.py"))


def is_selector(path: str) -> bool:
    return "/selectors/" in path or path.endswith("/selectors.py")


def is_model(path: str) -> bool:
    return "/models/" in path or path.endswith("/models.py")
