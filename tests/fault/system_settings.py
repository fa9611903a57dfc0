"""The settings of `make run` with a state directory of the test's own."""

from pathlib import Path

from config import env
from config.settings.local import *  # noqa: F403

HOLDFAST_STATE_DIR = Path(env.text("HOLDFAST_STATE_DIR"))
HOLDFAST_AUDIT_ANCHORS = str(HOLDFAST_STATE_DIR / "anchors.jsonl")
