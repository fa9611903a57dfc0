"""Acts of fraud that need a second signature. Importing this package registers them."""

from fraud.approvals import (
    lists,
    promotions,
    rules,
)

__all__ = [
    "lists",
    "promotions",
    "rules",
]
