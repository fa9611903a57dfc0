"""The recorded stream of the Fraud Detection Handbook, where it lies beside the checkout. Never part of the product."""

from pathlib import Path

import pytest

PLACE = Path(__file__).resolve().parents[3] / "shared/data/fraud"


def place() -> Path:
    """The directory of the stream; skips the test where there is none."""
    if not any(PLACE.glob("transactions_*.parquet")):
        pytest.skip("the recorded stream is not in ../shared/data/fraud")
    return PLACE
