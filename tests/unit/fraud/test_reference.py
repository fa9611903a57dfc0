"""The page on rules says what the catalogue says."""

from pathlib import Path

from fraud.rules import reference
from fraud.rules.catalogue import VARIABLES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "fraud-rules.md"


def test_the_page_ends_with_what_the_program_writes():
    """`manage.py rules reference` writes it."""
    assert PAGE.read_text().endswith(reference.written() + "\n")


def test_every_variable_is_explained():
    assert all(f"| `{name}` |" in reference.written() for name in VARIABLES)
