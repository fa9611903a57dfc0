"""Pages of compliance. Importing this package registers them with the console."""

from compliance.views import bank_accounts, parties, referrals, standing

__all__ = ["bank_accounts", "parties", "referrals", "standing"]
