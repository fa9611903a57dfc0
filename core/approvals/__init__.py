"""Acts that one person asks for and others sign. An app declares each of its acts in `<app>/approvals.py`.

    from core import approvals

    approvals.register(OpenASwitch())

How to write one: docs/approvals.md.
"""

from core.approvals.actions import Action, Content, Execution
from core.approvals.registry import register

__all__ = ["Action", "Content", "Execution", "register"]
