"""What each kind of timer does. Importing it declares what escrow itself knows; others declare theirs."""

from escrow.services.firings import agreements, clauses, money, questions

__all__ = ["agreements", "clauses", "money", "questions"]
