"""Every dependency has its line of reason, and no reason outlives its dependency."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {re.split(r"[\[<>=~!]", line)[0] for line in lines}


def test_each_dependency_is_explained() -> None:
    explained = set(re.findall(r"^\| ([a-z0-9-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M))
    assert explained - {"package", "---"} == _declared()


def test_each_dependency_is_locked() -> None:
    locked = set(re.findall(r'^name = "(.+)"', (ROOT / "uv.lock").read_text(), re.M))
    assert _declared() <= locked
