"""The demo's credentials file, as the supervisor sees it: without starting Django."""

import contextlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 10


def known(path: Path, base_url: str) -> dict[str, Any] | None:
    """The facts of an earlier start, at today's address; None where there are none or the key opens nothing.

    A key that opens nothing belongs to another database than the one in use now.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_text())
        if not _opens(f"{base_url}/v1/payments?limit=1", str(facts["apiKey"])):
            return None
    except (FileNotFoundError, ValueError, KeyError):
        return None
    if facts["baseUrl"] != base_url:
        facts["curl"] = facts["curl"].replace(facts["baseUrl"], base_url)
        facts["baseUrl"] = base_url
        _write(path, facts)
    return facts


def welcome(facts: dict[str, Any], seconds: float) -> None:
    out = sys.stdout
    print(f"\n  Holdfast is up ({seconds:.0f} s).  Console: {facts['baseUrl']}/admin/\n", file=out)
    print(f"  {'e-mail':34}{'password':26}{'TOTP secret':36}role", file=out)
    for person in facts["staff"]:
        print(f"  {person['email']:34}{person['password']:26}{person['totpSecret']:36}{person['role']}", file=out)
    print(f"\n  API key: {facts['apiKey']}\n  Take a payment:\n\n  {facts['curl']}\n", file=out)
    print("  Ctrl-C stops everything; data stays in var/; `make reset` forgets it.\n", file=out, flush=True)


def _opens(url: str, key: str) -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
        return True
    return False


def _write(path: Path, facts: dict[str, Any]) -> None:
    """Mode 0600 from the first byte; a reader sees the old file or the new one."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
    fresh.replace(path)
